// SPDX-License-Identifier: GPL-2.0
/* The system call tables of x86-64 kernels, and what they leave over */

#include <linux/audit.h>
#include <linux/limits.h>
#include <linux/types.h>

#include "spaces.h"

/*
 * Tables of about the size that Linux 7.3 has. Tests only need numbers. Natively
 * the kernel goes on to the last number of x32's.
 */
#define NR_NATIVE	548
#define NR_COMPAT	473
#define NR_X32		548
#define X32		0x40000000U

/* Ranges that follow each other are asked for together, as the kernel does. */
const struct named_space spaces[SPACES] = {
	{ "x86-64", { AUDIT_ARCH_X86_64, 0, NR_NATIVE - 1, false } },
	{ "beyond x86-64", { AUDIT_ARCH_X86_64, NR_NATIVE, X32 - 1, true } },
	{ "beyond x32", { AUDIT_ARCH_X86_64, X32 + NR_X32, U32_MAX, true } },
	{ "i386", { AUDIT_ARCH_I386, 0, NR_COMPAT - 1, false } },
	{ "beyond i386", { AUDIT_ARCH_I386, NR_COMPAT, U32_MAX, true } },
	{ "x32", { AUDIT_ARCH_X86_64, X32, X32 + NR_X32 - 1, false } },
};
