/* SPDX-License-Identifier: GPL-2.0 */
/* What a pure eBPF seccomp program always returns to a system call */

#ifndef _KERNEL_SECCOMP_PROBE_H
#define _KERNEL_SECCOMP_PROBE_H

#include <linux/types.h>

#include "analyze.h"

struct bpf_insn;
struct seccomp_probe;

bool seccomp_probe_is_pure(const struct bpf_insn *insns, unsigned int len);
struct seccomp_probe *seccomp_probe_alloc(const struct bpf_insn *insns, unsigned int len);
void seccomp_probe_add_function(struct seccomp_probe *p, unsigned int start);
int seccomp_probe_verdicts(struct seccomp_probe *p, const struct seccomp_space *space,
			   struct seccomp_verdict *verdicts);
void seccomp_probe_free(struct seccomp_probe *p);

#endif /* _KERNEL_SECCOMP_PROBE_H */
