// SPDX-License-Identifier: GPL-2.0
/* The system call numbers of each ABI, and what its table leaves over */

#include <linux/audit.h>
#include <linux/limits.h>
#include <linux/seccomp.h>
#include <string.h>

#include "windows.h"

#define TABLE(abi_, slot_, arch_, base_, nr)				\
	{ .abi = abi_, .base = base_, .slot = slot_,			\
	  .space = { .arch = arch_, .first = base_, .last = (base_) + (nr) - 1 } }
#define RANGE(abi_, base_, slot_, arch_, first_, last_)			\
	{ .abi = abi_, .base = base_, .slot = slot_,			\
	  .space = { .arch = arch_, .first = first_, .last = last_, .whole = true } }
/* A quarter of all numbers each, for filters ask for bits 30 and 31; and -1. */
#define REST(abi, slot, arch, first_0, abi_1, base_1, first_1)		\
	RANGE(abi, 0, (slot) + 0, arch, first_0, 0x3fffffff),		\
	RANGE(abi_1, base_1, (slot) + 1, arch, first_1, 0x7fffffff),	\
	RANGE(abi, 0, (slot) + 2, arch, 0x80000000, 0xbfffffff),	\
	RANGE(abi, 0, (slot) + 3, arch, 0xc0000000, U32_MAX - 1),	\
	RANGE(abi, 0, (slot) + 4, arch, U32_MAX, U32_MAX)

#define IA32		(NR_X86_64 + RANGES)
#define X32		(IA32 + NR_IA32 + RANGES)

/* In the order of seccomp_slots, see kernel/seccomp/slots.c. */
const struct window windows[WINDOWS] = {
	TABLE(ABI_X86_64, 0, AUDIT_ARCH_X86_64, 0, NR_X86_64),
	REST(ABI_X86_64, NR_X86_64, AUDIT_ARCH_X86_64, NR_X86_64, ABI_X32, X32_BIT,
	     X32_BIT + NR_X32),
	TABLE(ABI_IA32, IA32, AUDIT_ARCH_I386, 0, NR_IA32),
	REST(ABI_IA32, IA32 + NR_IA32, AUDIT_ARCH_I386, NR_IA32, ABI_IA32, 0, 0x40000000),
	TABLE(ABI_X32, X32, AUDIT_ARCH_X86_64, X32_BIT, NR_X32),
};

/* As the kernel's files in /proc have them. */
static const char *const names[ABIS] = {
	[ABI_X86_64] = "x86_64",
	[ABI_IA32] = "ia32",
	[ABI_X32] = "x32",
};

/**
 * abi_name - what is an ABI called?
 * @abi: the ABI
 *
 * Return: its name.
 */
const char *abi_name(enum abi abi)
{
	return names[abi];
}

/**
 * abi_named - which ABI is called so?
 * @name: the name
 * @abi: set to it
 *
 * Return: false if none is.
 */
bool abi_named(const char *name, enum abi *abi)
{
	for (int i = 0; i < ABIS; i++) {
		if (!strcmp(name, names[i])) {
			*abi = i;
			return true;
		}
	}
	return false;
}

/**
 * abi_pinned - which ABI does a pin allow?
 * @pin_arch: as PTRACE_SECCOMP_GET_METADATA tells it
 *
 * Return: its name.
 */
const char *abi_pinned(u32 pin_arch)
{
	switch (pin_arch) {
	case AUDIT_ARCH_X86_64:
		return names[ABI_X86_64];
	case AUDIT_ARCH_I386:
		return names[ABI_IA32];
	case SECCOMP_PIN_ARCH_X32:
		return names[ABI_X32];
	default:
		return "unknown";
	}
}
