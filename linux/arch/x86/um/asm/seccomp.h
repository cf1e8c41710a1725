/* SPDX-License-Identifier: GPL-2.0 */
/* The ABI of user-mode Linux on x86: only the native one, with no x32 */
#ifndef __UM_ASM_SECCOMP_H
#define __UM_ASM_SECCOMP_H

#include <asm/unistd.h>
#include <uapi/linux/audit.h>

#ifdef CONFIG_X86_32
#define __NR_seccomp_sigreturn		__NR_sigreturn

#define SECCOMP_ARCH_NATIVE		AUDIT_ARCH_I386
#define SECCOMP_ARCH_NATIVE_NAME	"ia32"
#else
#define SECCOMP_ARCH_NATIVE		AUDIT_ARCH_X86_64
#define SECCOMP_ARCH_NATIVE_NAME	"x86_64"
#endif
#define SECCOMP_ARCH_NATIVE_NR		NR_syscalls

#include <asm-generic/seccomp.h>

#endif /* __UM_ASM_SECCOMP_H */
