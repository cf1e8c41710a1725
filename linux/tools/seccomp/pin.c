// SPDX-License-Identifier: GPL-2.0
/* A pin of an architecture, as the filter that it is */

#include <linux/array_size.h>
#include <linux/audit.h>
#include <linux/elf-em.h>
#include <linux/limits.h>
#include <linux/seccomp.h>

#include "pin.h"
#include "windows.h"

#define PIN_X32		(EM_X86_64 | __AUDIT_ARCH_LE)

/* Numbers that x32 has for itself. */
#define FIRST_X32_OWN	512
#define LAST_X32_OWN	547

/* Numbers that it has not: those that syscall_64.tbl calls "64". */
static const u16 x86_64_own[] = {
	13, 15, 16, 19, 20, 45, 46, 47, 54, 55, 59, 101, 127, 128, 129, 131, 134, 156, 174,
	177, 178, 180, 205, 206, 209, 211, 214, 215, 222, 236, 244, 246, 247, 273, 274, 278,
	279, 295, 296, 297, 299, 307, 310, 311, 322, 327, 328,
};

/* What x32's vDSO falls back to: gettimeofday, clock_gettime, clock_getres. */
static const u16 x32_vdso[] = { 96, 228, 229 };

struct writer {
	struct sock_filter *insns;
	unsigned int len;
};

static void load(struct writer *w, u32 offset)
{
	w->insns[w->len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
}

static void otherwise(struct writer *w, u32 ret)
{
	w->insns[w->len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ret);
}

/* If what was loaded is so, then return @ret. */
static void when(struct writer *w, u16 test, u32 k, u32 ret)
{
	w->insns[w->len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, k, 0, 1);
	otherwise(w, ret);
}

static void unless_equal(struct writer *w, u32 k, u32 ret)
{
	w->insns[w->len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 1, 0);
	otherwise(w, ret);
}

static void write_x86_64(struct writer *w, u32 ret)
{
	when(w, BPF_JGE, X32_BIT, ret);
	when(w, BPF_JGT, LAST_X32_OWN, SECCOMP_RET_ALLOW);
	when(w, BPF_JGE, FIRST_X32_OWN, ret);
	otherwise(w, SECCOMP_RET_ALLOW);
}

static void write_x32(struct writer *w, u32 ret)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(x32_vdso); i++)
		when(w, BPF_JEQ, x32_vdso[i], SECCOMP_RET_ALLOW);
	for (unsigned int i = 0; i < ARRAY_SIZE(x86_64_own); i++)
		when(w, BPF_JEQ, X32_BIT | x86_64_own[i], ret);
	when(w, BPF_JGE, 2 * X32_BIT, ret);
	when(w, BPF_JGE, X32_BIT, SECCOMP_RET_ALLOW);
	otherwise(w, ret);
}

/**
 * pin_program - write what a pin does as a filter
 * @insns: where to, PIN_INSNS_MAX instructions
 * @arch: the pin's architecture, as PTRACE_SECCOMP_GET_METADATA tells it
 * @ret: what is done to calls of others
 *
 * Return: Its length, 0 if the architecture is not known.
 */
unsigned int pin_program(struct sock_filter *insns, u32 arch, u32 ret)
{
	struct writer w = { .insns = insns };

	load(&w, offsetof(struct seccomp_data, arch));
	unless_equal(&w, arch == PIN_X32 ? AUDIT_ARCH_X86_64 : arch, ret);
	load(&w, offsetof(struct seccomp_data, nr));
	/* By this number tracers skip a call. */
	when(&w, BPF_JEQ, U32_MAX, SECCOMP_RET_ALLOW);
	switch (arch) {
	case AUDIT_ARCH_X86_64:
		write_x86_64(&w, ret);
		return w.len;
	case PIN_X32:
		write_x32(&w, ret);
		return w.len;
	case AUDIT_ARCH_I386:
		otherwise(&w, SECCOMP_RET_ALLOW);
		return w.len;
	default:
		return 0;
	}
}
