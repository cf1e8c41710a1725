/* SPDX-License-Identifier: GPL-2.0 */
/* Seccomp filters that are eBPF programs */

#ifndef _KERNEL_SECCOMP_EBPF_H
#define _KERNEL_SECCOMP_EBPF_H

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/types.h>

struct bpf_prog;
struct seccomp_program;

#ifdef CONFIG_SECCOMP_FILTER_EXTENDED
struct bpf_prog *seccomp_ebpf_get(int fd);
#else
static inline struct bpf_prog *seccomp_ebpf_get(int fd)
{
	return ERR_PTR(-EINVAL);
}
#endif /* CONFIG_SECCOMP_FILTER_EXTENDED */

#if defined(CONFIG_SECCOMP_FILTER_EXTENDED) && defined(CONFIG_SECCOMP_ACTION_TABLES)
struct seccomp_program *seccomp_ebpf_program(struct bpf_prog *prog, bool fits);
#else
static inline struct seccomp_program *seccomp_ebpf_program(struct bpf_prog *prog, bool fits)
{
	return ERR_PTR(-EINVAL);
}
#endif

#endif /* _KERNEL_SECCOMP_EBPF_H */
