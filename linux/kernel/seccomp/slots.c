// SPDX-License-Identifier: GPL-2.0
/* A place in a table for each system call number of each ABI */

#include <linux/build_bug.h>
#include <linux/seccomp.h>

#include "slots.h"

#define QUARTER(n)	((u32)(n) << SECCOMP_QUARTER_BITS)

/*
 * The alternate numbers begin at the second quarter of the native ones, and all of it
 * is theirs.
 */
#ifdef SECCOMP_ARCH_ALT_NR
#define NATIVE_1_NAME	SECCOMP_ARCH_ALT_NAME
#define NATIVE_1_BASE	SECCOMP_ARCH_ALT_FIRST
#define NATIVE_1_FIRST	(SECCOMP_ARCH_ALT_FIRST + SECCOMP_ARCH_ALT_NR)
#else
#define NATIVE_1_NAME	SECCOMP_ARCH_NATIVE_NAME
#define NATIVE_1_BASE	0
#define NATIVE_1_FIRST	QUARTER(1)
#endif

#define TABLE(abi, slot, arch_, first_, nr)				\
	{ abi, first_, slot, { .arch = arch_, .first = first_, .last = (first_) + (nr) - 1 } }
#define RANGE(abi, base_, slot, arch_, first_, last_)			\
	{ abi, base_, slot, { .arch = arch_, .first = first_, .last = last_, .whole = true } }
#define REST(abi, slot, arch, first_0, abi_1, base_1, first_1)		\
	RANGE(abi, 0, (slot) + 0, arch, first_0, QUARTER(1) - 1),	\
	RANGE(abi_1, base_1, (slot) + 1, arch, first_1, QUARTER(2) - 1), \
	RANGE(abi, 0, (slot) + 2, arch, QUARTER(2), QUARTER(3) - 1),	\
	RANGE(abi, 0, (slot) + 3, arch, QUARTER(3), SECCOMP_LAST_NR - 1), \
	RANGE(abi, 0, (slot) + 4, arch, SECCOMP_LAST_NR, SECCOMP_LAST_NR)

const struct seccomp_slots seccomp_slots[] = {
	TABLE(SECCOMP_ARCH_NATIVE_NAME, SECCOMP_SLOT_NATIVE, SECCOMP_ARCH_NATIVE,
	      0, SECCOMP_ARCH_NATIVE_SLOTS),
	REST(SECCOMP_ARCH_NATIVE_NAME, SECCOMP_SLOT_NATIVE_RANGES, SECCOMP_ARCH_NATIVE,
	     SECCOMP_ARCH_NATIVE_SLOTS, NATIVE_1_NAME, NATIVE_1_BASE, NATIVE_1_FIRST),
#ifdef SECCOMP_ARCH_COMPAT
	TABLE(SECCOMP_ARCH_COMPAT_NAME, SECCOMP_SLOT_COMPAT, SECCOMP_ARCH_COMPAT,
	      0, SECCOMP_ARCH_COMPAT_NR),
	REST(SECCOMP_ARCH_COMPAT_NAME, SECCOMP_SLOT_COMPAT_RANGES, SECCOMP_ARCH_COMPAT,
	     SECCOMP_ARCH_COMPAT_NR, SECCOMP_ARCH_COMPAT_NAME, 0, QUARTER(1)),
#endif
#ifdef SECCOMP_ARCH_ALT_NR
	TABLE(SECCOMP_ARCH_ALT_NAME, SECCOMP_SLOT_ALT, SECCOMP_ARCH_NATIVE,
	      SECCOMP_ARCH_ALT_FIRST, SECCOMP_ARCH_ALT_NR),
#endif
	{ },
};

/* Else a filter could not be analyzed, and not be attached. */
static_assert(SECCOMP_ARCH_NATIVE_SLOTS >= SECCOMP_ARCH_NATIVE_NR);
static_assert(SECCOMP_ARCH_NATIVE_SLOTS <= SECCOMP_SPACE_MAX);
#ifdef SECCOMP_ARCH_COMPAT
static_assert(SECCOMP_ARCH_COMPAT_NR <= SECCOMP_SPACE_MAX);
#endif
#ifdef SECCOMP_ARCH_ALT_NR
static_assert(SECCOMP_ARCH_ALT_NR <= SECCOMP_SPACE_MAX);
static_assert(SECCOMP_ARCH_ALT_FIRST >> SECCOMP_QUARTER_BITS == 1);
#endif
