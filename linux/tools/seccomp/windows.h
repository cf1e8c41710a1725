/* SPDX-License-Identifier: GPL-2.0 */
/* The system call numbers of each ABI, and what its table leaves over */

#ifndef _WINDOWS_H
#define _WINDOWS_H

#include <linux/types.h>

#include "analyze.h"

#ifndef __x86_64__
#error "Only the system call tables of x86-64 kernels are known here."
#endif

enum abi {
	ABI_X86_64,
	ABI_IA32,
	ABI_X32,
	ABIS,
};

/* The bit that tells numbers of x32 from those of x86-64. */
#define X32_BIT		0x40000000U

/*
 * How many numbers the tables of this kernel have, and where there is x32, natively
 * as many as x32 has: some are x32's alone.
 */
#define NR_X86_64	NR_X32
#define NR_IA32		473
#define NR_X32		548

/* What a table leaves over of the numbers is in five ranges. */
#define RANGES		5
#define WINDOWS		(ABIS + 2 * RANGES)
#define SLOTS		(NR_X86_64 + RANGES + NR_IA32 + RANGES + NR_X32)

/**
 * struct window - numbers that are analyzed in one go
 * @abi: whose they are
 * @base: what is taken off the number that a filter sees to get the ABI's
 * @slot: the place of the first one among all answers; a range has one answer
 * @space: the numbers, as a filter sees them
 */
struct window {
	enum abi abi;
	u32 base;
	unsigned int slot;
	struct seccomp_space space;
};

extern const struct window windows[WINDOWS];

/* How many answers there are for @w. */
static inline unsigned int window_size(const struct window *w)
{
	return w->space.whole ? 1 : w->space.last - w->space.first + 1;
}

const char *abi_name(enum abi abi);
bool abi_named(const char *name, enum abi *abi);
const char *abi_pinned(u32 pin_arch);

#endif
