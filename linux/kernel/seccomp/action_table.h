/* SPDX-License-Identifier: GPL-2.0 */
/* The constant actions of a filter and its ancestors, by system call */

#ifndef _KERNEL_SECCOMP_ACTION_TABLE_H
#define _KERNEL_SECCOMP_ACTION_TABLE_H

#include <linux/types.h>

struct seccomp_action_table;
struct seccomp_allow;
struct seccomp_filter;
struct seccomp_verdict;
struct seq_file;
struct sock_fprog_kern;

/**
 * struct seccomp_action - what is done to a system call, without a filter run
 * @ret: the SECCOMP_RET_* value, data included
 * @log: @match was attached with SECCOMP_FILTER_FLAG_LOG
 * @match: the filter that decides, NULL if @ret is SECCOMP_RET_ALLOW
 */
struct seccomp_action {
	u32 ret;
	bool log;
	struct seccomp_filter *match;
};

extern const struct seccomp_action_table seccomp_table_no_filter;

struct seccomp_verdict *seccomp_table_verdicts(const struct sock_fprog_kern *prog);
const struct seccomp_action_table *
seccomp_table_build(const struct seccomp_verdict *verdicts,
		    struct seccomp_filter *filter, bool log,
		    const struct seccomp_action_table *parent);
const struct seccomp_allow *
seccomp_table_allow(const struct seccomp_action_table *table);
void seccomp_table_show(struct seq_file *m, const struct seccomp_action_table *table);

#ifdef CONFIG_SECCOMP_ACTION_TABLES
extern bool seccomp_action_tables;

void seccomp_table_free(const struct seccomp_action_table *table);
const struct seccomp_action *
seccomp_table_lookup(const struct seccomp_action_table *table, u32 arch, u32 nr);
#else
/* So nobody gets to call the functions above, nor has a table. */
#define seccomp_action_tables	false

static inline void seccomp_table_free(const struct seccomp_action_table *table)
{
}

static inline const struct seccomp_action *
seccomp_table_lookup(const struct seccomp_action_table *table, u32 arch, u32 nr)
{
	return NULL;
}
#endif /* CONFIG_SECCOMP_ACTION_TABLES */

#endif /* _KERNEL_SECCOMP_ACTION_TABLE_H */
