/* SPDX-License-Identifier: GPL-2.0 */
/* User space ABI of seccomp */

#ifndef _SHIM_LINUX_SECCOMP_H
#define _SHIM_LINUX_SECCOMP_H

#include <stddef.h>
#include_next <linux/seccomp.h>

/* What older headers do not have yet. */
#ifndef SECCOMP_FILTER_FLAG_BPF_PROG_FD
#define SECCOMP_FILTER_FLAG_BPF_PROG_FD	0x10000UL
#endif
#ifndef SECCOMP_METADATA_PIN
#define SECCOMP_METADATA_PIN	0x100000000ULL
#define SECCOMP_PIN_ARCH_X32	0x4000003eU
#endif

#endif
