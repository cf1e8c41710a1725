/* SPDX-License-Identifier: GPL-2.0 */
/* User space ABI of ptrace */

#ifndef _SHIM_LINUX_PTRACE_H
#define _SHIM_LINUX_PTRACE_H

#include_next <linux/ptrace.h>

/* What older headers do not have yet. */
#ifndef SECCOMP_PIN_ARCH_X32
#define SECCOMP_PIN_ARCH_X32	0x4000003eU
#endif

#endif
