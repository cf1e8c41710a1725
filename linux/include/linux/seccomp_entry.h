/* SPDX-License-Identifier: GPL-2.0 */
/* The seccomp test that is inlined at system call entry */
#ifndef _LINUX_SECCOMP_ENTRY_H
#define _LINUX_SECCOMP_ENTRY_H

#include <linux/bitops.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#include <asm/syscall.h>

/**
 * enum seccomp_window - the system call tables that an entry point serves
 * @SECCOMP_WINDOW_NONE: not known; nothing is decided at entry
 * @SECCOMP_WINDOW_NATIVE: the numbers of SECCOMP_ARCH_NATIVE, and of
 *	SECCOMP_ARCH_ALT_* where there are any
 * @SECCOMP_WINDOW_COMPAT: the numbers of SECCOMP_ARCH_COMPAT
 *
 * A window stands for what syscall_get_arch() would say of the call, so an
 * entry point may name one only if it serves no other ABI: a compat call that
 * is looked up as a native one fails open. Where tasks of several ABIs share
 * an entry point, SECCOMP_WINDOW_NONE is the only right answer.
 */
enum seccomp_window {
	SECCOMP_WINDOW_NONE,
	SECCOMP_WINDOW_NATIVE,
	SECCOMP_WINDOW_COMPAT,
};

#ifdef CONFIG_SECCOMP_ACTION_TABLES
/**
 * struct seccomp_allow - the system calls that need no further question
 * @native: a bit for each number of SECCOMP_ARCH_NATIVE
 * @compat: a bit for each number of SECCOMP_ARCH_COMPAT
 * @alt: a bit for each number from SECCOMP_ARCH_ALT_FIRST on
 *
 * A bit that is set means that a filter and all of its ancestors allow the call
 * whatever its arguments are.
 */
struct seccomp_allow {
	DECLARE_BITMAP(native, SECCOMP_ARCH_NATIVE_NR);
#ifdef SECCOMP_ARCH_COMPAT
	DECLARE_BITMAP(compat, SECCOMP_ARCH_COMPAT_NR);
#endif
#ifdef SECCOMP_ARCH_ALT_NR
	DECLARE_BITMAP(alt, SECCOMP_ARCH_ALT_NR);
#endif
};

/* Is bit @idx of @nr_bits set? The caller has compared already. */
#define __seccomp_allow_bit(bits, idx, nr_bits)				\
	test_bit(array_index_nospec(idx, nr_bits), bits)

/**
 * seccomp_allows - is a system call allowed, with nothing else asked?
 * @allow: the bits of a filter and its ancestors
 * @window: the system call tables, known when the caller is compiled
 * @nr: the number as the entry point got it, all of its bits
 *
 * The number is compared at its full width. FRED hands over 64 bits of which
 * the slow path keeps 32, so one that is not its own sign-extended int must
 * not be taken for the number that it is truncated to. Negative numbers lie
 * beyond every window as well.
 *
 * Context: any; reads nothing but @allow.
 * Return: true if every filter that @allow speaks for allows the call whatever
 * its arguments; false if that is not known.
 */
static __always_inline bool seccomp_allows(const struct seccomp_allow *allow,
					   enum seccomp_window window, long nr)
{
	unsigned long idx = nr;

	switch (window) {
	case SECCOMP_WINDOW_NATIVE:
		if (likely(idx < SECCOMP_ARCH_NATIVE_NR))
			return __seccomp_allow_bit(allow->native, idx, SECCOMP_ARCH_NATIVE_NR);
#ifdef SECCOMP_ARCH_ALT_NR
		idx -= SECCOMP_ARCH_ALT_FIRST;
		if (likely(idx < SECCOMP_ARCH_ALT_NR))
			return __seccomp_allow_bit(allow->alt, idx, SECCOMP_ARCH_ALT_NR);
#endif
		return false;
#ifdef SECCOMP_ARCH_COMPAT
	case SECCOMP_WINDOW_COMPAT:
		if (likely(idx < SECCOMP_ARCH_COMPAT_NR))
			return __seccomp_allow_bit(allow->compat, idx, SECCOMP_ARCH_COMPAT_NR);
		return false;
#endif
	default:
		return false;
	}
}

/**
 * seccomp_entry_allows - may current make this call with nothing else asked?
 * @window: the system call tables that the entry point serves
 * @nr: the number as the entry point got it, all of its bits
 *
 * current->seccomp.allow is never NULL and leads to a set bit only while
 * current is in filter mode, so neither pointer nor mode is tested here. How
 * it is published to a running thread is told at seccomp_set_allow().
 *
 * Context: system call entry, SYSCALL_WORK_SECCOMP set.
 * Return: true if the call is allowed. False decides nothing: the caller asks
 * __seccomp_permit_syscall().
 */
static __always_inline bool seccomp_entry_allows(enum seccomp_window window, long nr)
{
	return seccomp_allows(READ_ONCE(current->seccomp.allow), window, nr);
}
#else
static __always_inline bool seccomp_entry_allows(enum seccomp_window window, long nr)
{
	return false;
}
#endif /* CONFIG_SECCOMP_ACTION_TABLES */

#endif /* _LINUX_SECCOMP_ENTRY_H */
