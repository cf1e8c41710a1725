/* SPDX-License-Identifier: GPL-2.0 */
/* What one filter says to each system call, by itself */

#ifndef _FILTER_H
#define _FILTER_H

#include <linux/bitops.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/types.h>

#include "windows.h"

/**
 * struct code - a program that has to run to find out what a filter says
 * @insns: what is left of the filter; NULL if nobody can tell
 * @len: how many instructions that are
 * @longest: how many of them a run takes at most, with those in front that find
 *	the right one of all that is left of the filter
 * @bpf_prog_id: instead of @insns, the eBPF program
 */
struct code {
	const struct sock_filter *insns;
	unsigned int len;
	unsigned int longest;
	u32 bpf_prog_id;
};

/**
 * struct answer - what a filter says to a system call
 * @code: what has to run; NULL if it always says the same
 * @ret: what it says; or the smallest action that @code can return
 */
struct answer {
	const struct code *code;
	u32 ret;
};

/**
 * struct filter - a filter of a task
 * @insns: its instructions; NULL if it cannot be read
 * @len: how many there are
 * @flags: with which it was attached, SECCOMP_FILTER_FLAG_* and SECCOMP_METADATA_*
 * @bpf_prog_id: if it is an eBPF program, which
 * @pin_action: if it is a pin, what is done to other calls
 * @pin_arch: and which calls it has not in mind
 * @answers: what it says in each slot
 */
struct filter {
	struct sock_filter *insns;
	unsigned int len;
	u64 flags;
	u32 bpf_prog_id;
	u32 pin_action;
	u32 pin_arch;
	struct answer answers[SLOTS];
};

void filter_analyze(struct filter *f);

#endif
