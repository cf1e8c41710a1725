/* SPDX-License-Identifier: GPL-2.0 */
/* What system call entry hands to seccomp if verdicts are verified */
#ifndef _LINUX_SECCOMP_VERIFY_H
#define _LINUX_SECCOMP_VERIFY_H

#include <linux/jump_label.h>
#include <linux/seccomp.h>
#include <linux/seccomp_entry.h>

#ifdef CONFIG_SECCOMP_ACTION_TABLES
DECLARE_STATIC_KEY_FALSE(seccomp_verify_key);

bool __cold seccomp_verify_syscall(enum seccomp_window window, long nr);
#endif

/**
 * seccomp_entry_permit - ask seccomp about a call that the bit test did not allow
 * @window: the system call tables that the entry point serves
 * @nr: the number as the entry point got it, all of its bits
 *
 * If verdicts are verified, no call is allowed at entry, and what the bit would
 * have been is found out later, with the window and the number from here.
 *
 * Context: system call entry, SYSCALL_WORK_SECCOMP set.
 *
 * Return: True if the call is to be made.
 */
static __always_inline bool seccomp_entry_permit(enum seccomp_window window, long nr)
{
#ifdef CONFIG_SECCOMP_ACTION_TABLES
	if (static_branch_unlikely(&seccomp_verify_key))
		return seccomp_verify_syscall(window, nr);
#endif
	return __seccomp_permit_syscall();
}

#endif /* _LINUX_SECCOMP_VERIFY_H */
