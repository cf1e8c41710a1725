// SPDX-License-Identifier: GPL-2.0
/* Filters that refuse the system calls of other ABIs than one */

/**
 * DOC: Pins
 *
 * SECCOMP_PIN_ARCHITECTURE attaches a filter that the kernel has written. It
 * allows what belongs to one ABI, and does the same to everything else:
 *
 *	=============  ===================================================
 *	x86-64	       numbers below bit 30, but not 512 to 547
 *	x32	       numbers with bit 30, not 31, but not those of x86-64 alone;
 *		       and what the x32 vDSO falls back to
 *	i386	       every number
 *	=============  ===================================================
 *
 * The two that share AUDIT_ARCH_X86_64 are told apart by bit 30 and by more. A
 * number that only one of them has, in the encoding of the other, belongs to
 * neither: 512 to 547 are x32's, and what syscall_64.tbl calls "64" has another
 * number there. Bit 31 is set in no number but -1, which belongs to both: it is
 * how a tracer skips a call.
 *
 * The x32 vDSO is compiled as 64-bit code. What it cannot answer by itself it
 * hands to the kernel with the number that x86-64 has for it. The vsyscall page
 * is of x86-64; its gettimeofday() cannot be told from the vDSO's.
 *
 * Uprobes are exempt, as from all filters, so nothing is said of them here.
 */

#include <linux/array_size.h>
#include <linux/audit.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/seccomp_pin.h>

#include <asm/unistd.h>

/* Marks of jumps, until it is known how far away the ends are. */
enum {
	NEXT	= 0,
	ALLOW	= 0xfe,
	REFUSE	= 0xff,
};

static_assert(SECCOMP_PIN_INSNS_MAX < ALLOW);

/**
 * struct writer - a program that is being written
 * @insns: where to
 * @nr: how many there are
 */
struct writer {
	struct sock_filter *insns;
	unsigned int nr;
};

static void write(struct writer *w, struct sock_filter insn)
{
	if (!WARN_ON_ONCE(w->nr == SECCOMP_PIN_INSNS_MAX))
		w->insns[w->nr++] = insn;
}

static void load(struct writer *w, u32 offset)
{
	write(w, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

/* Go on at @yes if A @op @k, else at @no. */
static void jump(struct writer *w, u16 op, u32 k, u8 yes, u8 no)
{
	write(w, (struct sock_filter)BPF_JUMP(BPF_JMP | op | BPF_K, k, yes, no));
}

/* Write both ends, and where the marks lead. */
static void finish(struct writer *w, u32 ret)
{
	unsigned int nr = w->nr;

	write(w, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	write(w, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ret));
	for (unsigned int pc = 0; pc < nr; pc++) {
		struct sock_filter *insn = &w->insns[pc];

		if (BPF_CLASS(insn->code) != BPF_JMP)
			continue;
		if (insn->jt >= ALLOW)
			insn->jt += nr - pc - 1 - ALLOW;
		if (insn->jf >= ALLOW)
			insn->jf += nr - pc - 1 - ALLOW;
	}
}

#ifdef CONFIG_X86_64
/* See syscall_64.tbl: these stay x32's, numbers from 548 on do not differ. */
#define X32_ONLY_FIRST	512
#define X32_ONLY_END	548

/* What syscall_64.tbl calls "64": x32 has another number for it, or none. */
static const u16 x86_64_only[] = {
#include <asm/syscall_nrs_64.h>
};

/* What the functions of the x32 vDSO call: all of lib/vdso/gettimeofday.c. */
static const u16 x32_vdso[] = {
	__NR_gettimeofday, __NR_clock_gettime, __NR_clock_getres,
};

static_assert(ARRAY_SIZE(x86_64_only) + ARRAY_SIZE(x32_vdso) + 8 <= SECCOMP_PIN_INSNS_MAX);

/* Load the number. What follows is for those without bit 31. */
static void write_number(struct writer *w)
{
	load(w, offsetof(struct seccomp_data, nr));
	jump(w, BPF_JEQ, -1, ALLOW, NEXT);
	jump(w, BPF_JGE, 1U << 31, REFUSE, NEXT);
}

static void write_x86_64(struct writer *w)
{
	write_number(w);
	jump(w, BPF_JGE, __X32_SYSCALL_BIT, REFUSE, NEXT);
	jump(w, BPF_JGE, X32_ONLY_END, ALLOW, NEXT);
	jump(w, BPF_JGE, X32_ONLY_FIRST, REFUSE, ALLOW);
}

static void write_x32(struct writer *w)
{
	write_number(w);
	jump(w, BPF_JGE, __X32_SYSCALL_BIT, ARRAY_SIZE(x32_vdso), NEXT);
	for (unsigned int i = 0; i < ARRAY_SIZE(x32_vdso); i++)
		jump(w, BPF_JEQ, x32_vdso[i], ALLOW,
		     i + 1 < ARRAY_SIZE(x32_vdso) ? NEXT : REFUSE);
	for (unsigned int i = 0; i < ARRAY_SIZE(x86_64_only); i++)
		jump(w, BPF_JEQ, __X32_SYSCALL_BIT + x86_64_only[i], REFUSE, NEXT);
}
#endif /* CONFIG_X86_64 */

/**
 * seccomp_pin_abi - which ABI does a system call belong to?
 * @arch: what syscall_get_arch() says
 * @nr: what syscall_get_nr() says
 *
 * Context: Any.
 *
 * Return: AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, or SECCOMP_PIN_ARCH_X32. 0 if it
 * is not known.
 */
u32 seccomp_pin_abi(u32 arch, u32 nr)
{
	switch (arch) {
	case AUDIT_ARCH_I386:
		return arch;
	case AUDIT_ARCH_X86_64:
		return nr & __X32_SYSCALL_BIT ? SECCOMP_PIN_ARCH_X32 : arch;
	default:
		return 0;
	}
}

/**
 * seccomp_pin_write - write the filter that allows the calls of one ABI
 * @insns: where to; room for SECCOMP_PIN_INSNS_MAX of them
 * @abi: which, from seccomp_pin_abi()
 * @ret: the SECCOMP_RET_* value for all other calls
 *
 * Context: Any.
 *
 * Return: How many instructions it has, 0 for an @abi that this kernel lacks.
 */
unsigned int seccomp_pin_write(struct sock_filter *insns, u32 abi, u32 ret)
{
	struct writer w = { .insns = insns };
	u32 arch = abi == SECCOMP_PIN_ARCH_X32 ? AUDIT_ARCH_X86_64 : abi;

	load(&w, offsetof(struct seccomp_data, arch));
	jump(&w, BPF_JEQ, arch, NEXT, REFUSE);
	switch (abi) {
	case AUDIT_ARCH_I386:
		break;
#ifdef CONFIG_X86_64
	case AUDIT_ARCH_X86_64:
		write_x86_64(&w);
		break;
	case SECCOMP_PIN_ARCH_X32:
		write_x32(&w);
		break;
#endif
	default:
		return 0;
	}
	finish(&w, ret);
	return w.nr;
}
