/* SPDX-License-Identifier: GPL-2.0 */
/* eBPF programs made of random bytes */

#ifndef _EBPF_PROGRAM_H
#define _EBPF_PROGRAM_H

#include <linux/bpf.h>
#include <linux/types.h>

#include "program.h"

#define EBPF_INSNS_MAX		512
#define EBPF_FUNCTIONS_MAX	18

/*
 * A program, and how it looks when the kernel has made it ready to run: with where
 * its functions begin, unless it is for the interpreter. In one that is @strange, a
 * call is not what this kernel would have left.
 */
struct ebpf_program {
	unsigned int len;
	struct bpf_insn insns[EBPF_INSNS_MAX];
	unsigned int ready_len;
	struct bpf_insn ready[EBPF_INSNS_MAX * 8];
	unsigned int nr_starts;
	unsigned int starts[EBPF_FUNCTIONS_MAX];
	bool strange;
};

void make_ebpf_program(struct bytes *bytes, u32 number, struct ebpf_program *p);
void print_ebpf_program(const struct bpf_insn *insns, unsigned int len);

#endif
