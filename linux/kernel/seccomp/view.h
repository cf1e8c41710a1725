/* SPDX-License-Identifier: GPL-2.0 */
/* The policy of a task as text, see /proc/PID/seccomp_policy */

#ifndef _KERNEL_SECCOMP_VIEW_H
#define _KERNEL_SECCOMP_VIEW_H

struct seccomp_action_table;
struct seccomp_filter;
struct seq_file;

/**
 * struct seccomp_view_subject - a stack of filters to be shown
 * @newest: the newest filter
 * @depth: the number of filters
 * @unanalyzed: how many of them were not fully analyzed
 * @shown: how many filters, from the newest on, the reader may see one by one
 * @index: returns the position of a filter, 0 for the newest
 */
struct seccomp_view_subject {
	const struct seccomp_filter *newest;
	unsigned int depth;
	unsigned int unanalyzed;
	unsigned int shown;
	unsigned int (*index)(const struct seccomp_filter *newest,
			      const struct seccomp_filter *filter);
};

void seccomp_view_show(struct seq_file *m, const struct seccomp_action_table *table,
		       const struct seccomp_view_subject *subject);

#endif /* _KERNEL_SECCOMP_VIEW_H */
