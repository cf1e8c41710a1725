/* SPDX-License-Identifier: GPL-2.0 */
/* What a stack of filters does to one call, by running all of them */

#ifndef _TRUTH_H
#define _TRUTH_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/types.h>

#define STACK_MAX	64

/**
 * enum kind - the kinds of filters
 * @CLASSIC: classic BPF
 * @PIN: SECCOMP_PIN_ARCHITECTURE
 * @EBPF: an eBPF program that always returns the same
 */
enum kind {
	CLASSIC,
	PIN,
	EBPF,
};

/**
 * struct stack - filters to attach, the oldest first
 * @nr: how many
 * @kind: of which kind
 * @len: if classic, their lengths
 * @insns: and their instructions
 * @abi: if a pin, to which ABI
 * @ret: what it does to other calls; or what the eBPF program returns
 * @fd: the eBPF program
 */
struct stack {
	unsigned int nr;
	enum kind kind[STACK_MAX];
	unsigned int len[STACK_MAX];
	const struct sock_filter *insns[STACK_MAX];
	int abi[STACK_MAX];
	u32 ret[STACK_MAX];
	int fd[STACK_MAX];
};

/* The ABIs, as the tool names them. */
enum {
	X86_64,
	IA32,
	X32,
	ABIS,
};

#define X32_BIT		0x40000000U

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
