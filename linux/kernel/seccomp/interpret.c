// SPDX-License-Identifier: GPL-2.0
/* Run a classic filter that was not compiled */

/*
 * A filter is compiled only as far as system calls of the kernel's own ABIs may
 * run it. Where syscall_get_arch() returns a value that is none of SECCOMP_ARCH_*,
 * the filter has to run whole, and mostly there is only what user space installed.
 * Slow, and meant to be: such an architecture has a mistake in its asm/seccomp.h.
 */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/string.h>

#include "interpret.h"

/* The result of an ALU instruction, but for division by zero */
static u32 interpret_alu(u16 op, u32 a, u32 operand)
{
	switch (op) {
	case BPF_ADD:
		return a + operand;
	case BPF_SUB:
		return a - operand;
	case BPF_MUL:
		return a * operand;
	case BPF_DIV:
		return a / operand;
	case BPF_AND:
		return a & operand;
	case BPF_OR:
		return a | operand;
	case BPF_XOR:
		return a ^ operand;
	/* As the interpreter of eBPF shifts: the checker bounds only constants. */
	case BPF_LSH:
		return a << (operand & 31);
	case BPF_RSH:
		return a >> (operand & 31);
	case BPF_NEG:
		return -a;
	}
	return 0;
}

static bool interpret_jump(u16 op, u32 a, u32 operand)
{
	switch (op) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGT:
		return a > operand;
	case BPF_JGE:
		return a >= operand;
	case BPF_JSET:
		return a & operand;
	}
	return false;
}

static u32 interpret_field(const struct seccomp_data *sd, u32 offset)
{
	u32 value;

	memcpy(&value, (const u8 *)sd + offset, sizeof(value));
	return value;
}

/**
 * seccomp_interpret - run a classic filter as user space installed it
 * @fprog: the filter, which bpf_check_classic() and seccomp have accepted
 * @sd: the system call
 *
 * Returns what the interpreter of eBPF would. Of JITs some leave 0 where X shifts
 * by 32 or more, which the checker does not bound.
 *
 * Context: Any. Does not allocate.
 *
 * Return: The SECCOMP_RET_* value, data included.
 */
u32 seccomp_interpret(const struct sock_fprog_kern *fprog, const struct seccomp_data *sd)
{
	u32 a = 0, x = 0, mem[BPF_MEMWORDS] = { };

	for (unsigned int pc = 0; pc < fprog->len; pc++) {
		const struct sock_filter insn = fprog->filter[pc];
		u32 operand = BPF_SRC(insn.code) == BPF_X ? x : insn.k;

		switch (BPF_CLASS(insn.code)) {
		case BPF_LD:
			a = BPF_MODE(insn.code) == BPF_ABS ? interpret_field(sd, insn.k) :
			    BPF_MODE(insn.code) == BPF_MEM ? mem[insn.k] :
			    BPF_MODE(insn.code) == BPF_LEN ? sizeof(*sd) : insn.k;
			break;
		case BPF_LDX:
			x = BPF_MODE(insn.code) == BPF_MEM ? mem[insn.k] :
			    BPF_MODE(insn.code) == BPF_LEN ? sizeof(*sd) : insn.k;
			break;
		case BPF_ST:
			mem[insn.k] = a;
			break;
		case BPF_STX:
			mem[insn.k] = x;
			break;
		case BPF_ALU:
			if (BPF_OP(insn.code) == BPF_DIV && !operand)
				return 0;
			a = interpret_alu(BPF_OP(insn.code), a, operand);
			break;
		case BPF_JMP:
			if (BPF_OP(insn.code) == BPF_JA)
				pc += insn.k;
			else if (interpret_jump(BPF_OP(insn.code), a, operand))
				pc += insn.jt;
			else
				pc += insn.jf;
			break;
		case BPF_RET:
			return BPF_RVAL(insn.code) == BPF_A ? a : insn.k;
		case BPF_MISC:
			if (BPF_MISCOP(insn.code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		}
	}
	/* The checker lets no filter run off its end. */
	return SECCOMP_RET_KILL_PROCESS;
}
