/* SPDX-License-Identifier: GPL-2.0 */
/* What asm/seccomp.h has to declare of the ABIs of an architecture */

#ifndef _KERNEL_SECCOMP_ARCH_H
#define _KERNEL_SECCOMP_ARCH_H

#include <linux/seccomp.h>

#if defined(CONFIG_HAVE_SECCOMP_ARCH_NATIVE) && !defined(SECCOMP_ARCH_NATIVE)
#error "HAVE_SECCOMP_ARCH_NATIVE is selected, but asm/seccomp.h has no SECCOMP_ARCH_NATIVE"
#endif

#if defined(SECCOMP_ARCH_NATIVE) && !defined(CONFIG_HAVE_SECCOMP_ARCH_NATIVE)
#error "asm/seccomp.h has SECCOMP_ARCH_NATIVE: select HAVE_SECCOMP_ARCH_NATIVE"
#endif

#if defined(SECCOMP_ARCH_NATIVE) && \
	(!defined(SECCOMP_ARCH_NATIVE_NR) || !defined(SECCOMP_ARCH_NATIVE_NAME))
#error "asm/seccomp.h has SECCOMP_ARCH_NATIVE without its NR or NAME"
#endif

#if defined(SECCOMP_ARCH_COMPAT) && !defined(SECCOMP_ARCH_NATIVE)
#error "asm/seccomp.h has SECCOMP_ARCH_COMPAT without SECCOMP_ARCH_NATIVE"
#endif

#if defined(SECCOMP_ARCH_COMPAT) && \
	(!defined(SECCOMP_ARCH_COMPAT_NR) || !defined(SECCOMP_ARCH_COMPAT_NAME))
#error "asm/seccomp.h has SECCOMP_ARCH_COMPAT without its NR or NAME"
#endif

#if defined(SECCOMP_ARCH_ALT_NR) && \
	(!defined(SECCOMP_ARCH_ALT_FIRST) || !defined(SECCOMP_ARCH_ALT_NAME))
#error "asm/seccomp.h has SECCOMP_ARCH_ALT_NR without its FIRST or NAME"
#endif

#endif /* _KERNEL_SECCOMP_ARCH_H */
