/* SPDX-License-Identifier: GPL-2.0 */
/* System calls that no filter decides about */

#ifndef _KERNEL_SECCOMP_EXEMPT_H
#define _KERNEL_SECCOMP_EXEMPT_H

#include <linux/seccomp.h>
#include <linux/types.h>
#include <linux/unistd.h>
#include <uapi/linux/audit.h>

/**
 * seccomp_is_exempt - test if a system call is exempt from filtering
 * @arch: AUDIT_ARCH_* of the call, from syscall_get_arch()
 * @nr: its system call number
 *
 * No program makes the calls of uprobes: the kernel plants them in a task that
 * is traced. A filter that does not know them would kill the task for that.
 *
 * Context: Any.
 *
 * Return: True if the call is allowed, and no filter runs.
 */
static inline bool seccomp_is_exempt(u32 arch, u32 nr)
{
#ifdef SECCOMP_ARCH_NATIVE
	if (arch != SECCOMP_ARCH_NATIVE)
		return false;
#ifdef __NR_uretprobe
	if (nr == __NR_uretprobe)
		return true;
#endif
#ifdef __NR_uprobe
	if (nr == __NR_uprobe)
		return true;
#endif
#endif /* SECCOMP_ARCH_NATIVE */
	return false;
}

#endif /* _KERNEL_SECCOMP_EXEMPT_H */
