/* SPDX-License-Identifier: GPL-2.0 */
/* What is left of a classic seccomp filter once number and ABI are known */

#ifndef _KERNEL_SECCOMP_RESIDUAL_H
#define _KERNEL_SECCOMP_RESIDUAL_H

#include <linux/types.h>

struct seccomp_analyzer;
struct seccomp_residuals;
struct seccomp_space;
struct sock_filter;

/*
 * The most entries that one program may have. A byte tells them and all other
 * verdicts of a filter apart.
 */
#define SECCOMP_RESIDUALS_MAX	128

struct seccomp_residuals *
seccomp_residuals_alloc(const struct sock_filter *insns, unsigned int len);
int seccomp_residual_add(struct seccomp_residuals *rs, struct seccomp_analyzer *an,
			 const struct seccomp_space *space, unsigned int start);
u32 seccomp_residual_smallest(const struct seccomp_residuals *rs, unsigned int entry);
unsigned int seccomp_residuals_finish(struct seccomp_residuals *rs,
				      struct sock_filter **insns);
void seccomp_residuals_free(struct seccomp_residuals *rs);

#endif /* _KERNEL_SECCOMP_RESIDUAL_H */
