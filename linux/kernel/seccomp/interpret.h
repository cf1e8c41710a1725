/* SPDX-License-Identifier: GPL-2.0 */
/* Run a classic filter that was not compiled */

#ifndef _KERNEL_SECCOMP_INTERPRET_H
#define _KERNEL_SECCOMP_INTERPRET_H

#include <linux/types.h>

struct seccomp_data;
struct sock_fprog_kern;

u32 seccomp_interpret(const struct sock_fprog_kern *fprog, const struct seccomp_data *sd);

#endif /* _KERNEL_SECCOMP_INTERPRET_H */
