/* SPDX-License-Identifier: GPL-2.0 */
/* Hold the analysis of a filter against running it */

#ifndef _COMPARE_H
#define _COMPARE_H

#include <linux/filter.h>
#include <linux/types.h>

struct bytes;

struct comparison {
	u64 constant;	/* numbers found constant, and equal in each run */
	u64 missed;	/* numbers that were equal in each run, but not found */
	u64 varying;	/* numbers that were not equal */
	u64 residual;	/* numbers that a residual was run for */
	u64 inside;	/* those of them whose residual begins inside the filter */
	u64 far;	/* jumps to targets that are too far for a conditional one */
	u64 whole;	/* numbers that the filter itself has to run for */
	const char *wrong;	/* what is wrong, or NULL */
};

void compare(const struct sock_filter *insns, unsigned int len, struct bytes *bytes, bool all,
	     struct comparison *result);
void print_program(const struct sock_filter *insns, unsigned int len);

#endif
