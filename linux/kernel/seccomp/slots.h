/* SPDX-License-Identifier: GPL-2.0 */
/* A place in a table for each system call number of each ABI */

#ifndef _KERNEL_SECCOMP_SLOTS_H
#define _KERNEL_SECCOMP_SLOTS_H

#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/nospec.h>
#include <linux/seccomp.h>
#include <linux/types.h>

#include <asm/syscall.h>

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

/* How many native numbers have a slot each: those of the syscall table at least. */
#ifndef SECCOMP_ARCH_NATIVE_SLOTS
#define SECCOMP_ARCH_NATIVE_SLOTS	SECCOMP_ARCH_NATIVE_NR
#endif

enum {
	SECCOMP_SLOT_NATIVE	= 0,
	SECCOMP_SLOT_NATIVE_RANGES = SECCOMP_SLOT_NATIVE + SECCOMP_ARCH_NATIVE_SLOTS,
	SECCOMP_SLOT_COMPAT	= SECCOMP_SLOT_NATIVE_RANGES + SECCOMP_RANGES,
#ifdef SECCOMP_ARCH_COMPAT
	SECCOMP_SLOT_COMPAT_RANGES = SECCOMP_SLOT_COMPAT + SECCOMP_ARCH_COMPAT_NR,
	SECCOMP_SLOT_ALT	= SECCOMP_SLOT_COMPAT_RANGES + SECCOMP_RANGES,
#else
	SECCOMP_SLOT_ALT	= SECCOMP_SLOT_COMPAT,
#endif
#ifdef SECCOMP_ARCH_ALT_NR
	SECCOMP_SLOTS		= SECCOMP_SLOT_ALT + SECCOMP_ARCH_ALT_NR,
#else
	SECCOMP_SLOTS		= SECCOMP_SLOT_ALT,
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
 * seccomp_slot - find the slot of a system call
 * @arch: AUDIT_ARCH_* of the call, from syscall_get_arch()
 * @nr: its system call number, from syscall_get_nr()
 *
 * Return: The slot; SECCOMP_SLOTS if @arch is none of SECCOMP_ARCH_*.
 */
static __always_inline unsigned int seccomp_slot(u32 arch, u32 nr)
{
	if (likely(arch == SECCOMP_ARCH_NATIVE)) {
		if (nr < SECCOMP_ARCH_NATIVE_SLOTS)
			return SECCOMP_SLOT_NATIVE +
			       array_index_nospec(nr, SECCOMP_ARCH_NATIVE_SLOTS);
#ifdef SECCOMP_ARCH_ALT_NR
		if (nr - SECCOMP_ARCH_ALT_FIRST < SECCOMP_ARCH_ALT_NR)
			return SECCOMP_SLOT_ALT + array_index_nospec(nr - SECCOMP_ARCH_ALT_FIRST,
								     SECCOMP_ARCH_ALT_NR);
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
