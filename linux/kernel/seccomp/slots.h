/* SPDX-License-Identifier: GPL-2.0 */
/* A place in a table for each system call number of each ABI */

#ifndef _KERNEL_SECCOMP_SLOTS_H
#define _KERNEL_SECCOMP_SLOTS_H

#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/nospec.h>
#include <linux/seccomp.h>
#include <linux/types.h>

#include "analyze.h"

#ifdef CONFIG_SECCOMP_ACTION_TABLES
/*
 * What the system call tables leave over of an architecture's numbers is in
 * five ranges: a quarter of all numbers each, since filters ask for bits 30
 * and 31, and the very last number, which tracers use to skip a call.
 */
#define SECCOMP_QUARTERS	4
#define SECCOMP_QUARTER_BITS	30
#define SECCOMP_RANGES		(SECCOMP_QUARTERS + 1)
#define SECCOMP_LAST_NR		U32_MAX

/*
 * On x86-64, with or without x32, natively each number up to x32's last has a
 * slot: some are x32's alone, and filters tell them from those of nobody.
 */
#ifdef X32_NR_syscalls
#define SECCOMP_NATIVE_SLOTS	X32_NR_syscalls
#else
#define SECCOMP_NATIVE_SLOTS	SECCOMP_ARCH_NATIVE_NR
#endif

enum {
	SECCOMP_SLOT_NATIVE	= 0,
	SECCOMP_SLOT_NATIVE_RANGES = SECCOMP_SLOT_NATIVE + SECCOMP_NATIVE_SLOTS,
	SECCOMP_SLOT_COMPAT	= SECCOMP_SLOT_NATIVE_RANGES + SECCOMP_RANGES,
#ifdef SECCOMP_ARCH_COMPAT
	SECCOMP_SLOT_COMPAT_RANGES = SECCOMP_SLOT_COMPAT + SECCOMP_ARCH_COMPAT_NR,
	SECCOMP_SLOT_X32	= SECCOMP_SLOT_COMPAT_RANGES + SECCOMP_RANGES,
#else
	SECCOMP_SLOT_X32	= SECCOMP_SLOT_COMPAT,
#endif
#ifdef SECCOMP_ARCH_X32_NR
	SECCOMP_SLOTS		= SECCOMP_SLOT_X32 + SECCOMP_ARCH_X32_NR,
#else
	SECCOMP_SLOTS		= SECCOMP_SLOT_X32,
#endif
};

/**
 * struct seccomp_slots - numbers with consecutive slots
 * @name: what /proc calls them
 * @base: what is taken off the number to be shown there
 * @slot: the first slot
 * @space: the numbers
 */
struct seccomp_slots {
	const char *name;
	u32 base;
	unsigned int slot;
	struct seccomp_space space;
};

/* All there are, in the order of the slots, with an empty name at the end. */
extern const struct seccomp_slots seccomp_slots[];

static inline unsigned int seccomp_nr_slots(const struct seccomp_slots *s)
{
	return s->space.whole ? 1 : s->space.last - s->space.first + 1;
}

/* The place of a number that no system call table has among the ranges. */
static inline unsigned int seccomp_range_of(u32 nr)
{
	return nr == SECCOMP_LAST_NR ? SECCOMP_QUARTERS : nr >> SECCOMP_QUARTER_BITS;
}

/**
 * seccomp_slot - where is a system call to be looked up?
 * @arch: what syscall_get_arch() says
 * @nr: what syscall_get_nr() says
 *
 * Return: The slot, SECCOMP_SLOTS for an @arch that the kernel does not have.
 */
static __always_inline unsigned int seccomp_slot(u32 arch, u32 nr)
{
	if (likely(arch == SECCOMP_ARCH_NATIVE)) {
		if (nr < SECCOMP_NATIVE_SLOTS)
			return SECCOMP_SLOT_NATIVE +
			       array_index_nospec(nr, SECCOMP_NATIVE_SLOTS);
#ifdef SECCOMP_ARCH_X32_NR
		if (nr - SECCOMP_ARCH_X32_BIT < SECCOMP_ARCH_X32_NR)
			return SECCOMP_SLOT_X32 + array_index_nospec(nr - SECCOMP_ARCH_X32_BIT,
								     SECCOMP_ARCH_X32_NR);
#endif
		return SECCOMP_SLOT_NATIVE_RANGES + seccomp_range_of(nr);
	}
#ifdef SECCOMP_ARCH_COMPAT
	if (likely(arch == SECCOMP_ARCH_COMPAT)) {
		if (nr < SECCOMP_ARCH_COMPAT_NR)
			return SECCOMP_SLOT_COMPAT +
			       array_index_nospec(nr, SECCOMP_ARCH_COMPAT_NR);
		return SECCOMP_SLOT_COMPAT_RANGES + seccomp_range_of(nr);
	}
#endif
	return SECCOMP_SLOTS;
}

#else
#define SECCOMP_SLOTS	0

static inline unsigned int seccomp_slot(u32 arch, u32 nr)
{
	return SECCOMP_SLOTS;
}
#endif /* CONFIG_SECCOMP_ACTION_TABLES */

#endif /* _KERNEL_SECCOMP_SLOTS_H */
