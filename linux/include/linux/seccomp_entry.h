/* SPDX-License-Identifier: GPL-2.0 */
/* The seccomp test that is inlined at system call entry */
#ifndef _LINUX_SECCOMP_ENTRY_H
#define _LINUX_SECCOMP_ENTRY_H

#include <linux/bitops.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

/**
 * enum seccomp_window - the system call table that an entry point serves
 * @SECCOMP_WINDOW_NONE: not known; nothing is decided at entry
 * @SECCOMP_WINDOW_NATIVE: the numbers of SECCOMP_ARCH_NATIVE
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

#ifdef SECCOMP_ARCH_NATIVE
/**
 * struct action_cache - per-filter cache of seccomp actions per
 * arch/syscall pair
 *
 * @allow_native: A bitmap where each bit represents whether the
 *		  filter will always allow the syscall, for the
 *		  native architecture.
 * @allow_compat: A bitmap where each bit represents whether the
 *		  filter will always allow the syscall, for the
 *		  compat architecture.
 */
struct action_cache {
	DECLARE_BITMAP(allow_native, SECCOMP_ARCH_NATIVE_NR);
#ifdef SECCOMP_ARCH_COMPAT
	DECLARE_BITMAP(allow_compat, SECCOMP_ARCH_COMPAT_NR);
#endif
};
#endif /* SECCOMP_ARCH_NATIVE */

#ifdef CONFIG_SECCOMP_ALLOW_AT_ENTRY
/**
 * action_cache_allows - does a cache always allow a system call?
 * @cache: the allow bits of a filter and its ancestors
 * @window: the system call table, known when the caller is compiled
 * @nr: the number as the entry point got it, all of its bits
 *
 * The number is compared at its full width. FRED hands over 64 bits of which
 * the slow path keeps 32, so one that is not its own sign-extended int must
 * not be taken for the number that it is truncated to. Negative numbers and
 * those with the x32 bit lie beyond every window as well.
 *
 * Context: any; reads nothing but @cache.
 * Return: true if every filter that @cache speaks for allows the call whatever
 * its arguments; false if that is not known.
 */
static __always_inline bool action_cache_allows(const struct action_cache *cache,
						enum seccomp_window window, long nr)
{
	unsigned long idx = nr;

	switch (window) {
	case SECCOMP_WINDOW_NATIVE:
		if (unlikely(idx >= SECCOMP_ARCH_NATIVE_NR))
			return false;
		idx = array_index_nospec(idx, SECCOMP_ARCH_NATIVE_NR);
		return test_bit(idx, cache->allow_native);
#ifdef SECCOMP_ARCH_COMPAT
	case SECCOMP_WINDOW_COMPAT:
		if (unlikely(idx >= SECCOMP_ARCH_COMPAT_NR))
			return false;
		idx = array_index_nospec(idx, SECCOMP_ARCH_COMPAT_NR);
		return test_bit(idx, cache->allow_compat);
#endif
	default:
		return false;
	}
}

/**
 * seccomp_entry_allows - may current make this call with nothing else asked?
 * @window: the system call table that the entry point serves
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
	return action_cache_allows(READ_ONCE(current->seccomp.allow), window, nr);
}
#else
static __always_inline bool seccomp_entry_allows(enum seccomp_window window, long nr)
{
	return false;
}
#endif /* CONFIG_SECCOMP_ALLOW_AT_ENTRY */

#endif /* _LINUX_SECCOMP_ENTRY_H */
