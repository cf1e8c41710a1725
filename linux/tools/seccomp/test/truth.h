/* SPDX-License-Identifier: GPL-2.0 */
/* What a stack of filters does to one call, by running all of them */

#ifndef _TRUTH_H
#define _TRUTH_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/types.h>

#define STACK_MAX	64

/**
 * struct stack - filters to attach, the oldest first
 * @nr: how many
 * @len: their lengths
 * @insns: their instructions
 */
struct stack {
	unsigned int nr;
	unsigned int len[STACK_MAX];
	const struct sock_filter *insns[STACK_MAX];
};

/**
 * struct truth - what is done to a call
 * @ret: the SECCOMP_RET_* value
 * @filter: which filter decides, 0 is the newest; -1 if the call is allowed
 */
struct truth {
	u32 ret;
	int filter;
};

struct truth truth_of(const struct stack *s, const struct seccomp_data *call, bool mask_shift);

#endif
