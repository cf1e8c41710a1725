// SPDX-License-Identifier: GPL-2.0
/* What seccomp accepts, and what it then returns, one call at a time */

#include <string.h>

#include "interp.h"

#define CODE(class, rest)	(BPF_##class | (rest))

/* Does the instruction read scratch memory, does it write any? */
static bool reads(u16 code)
{
	return code == CODE(LD, BPF_MEM) || code == CODE(LDX, BPF_MEM);
}

static bool writes(u16 code)
{
	return code == BPF_ST || code == BPF_STX;
}

/* One instruction by itself, and its targets. */
static bool plausible(const struct sock_filter *insn, unsigned int left)
{
	u16 op = BPF_OP(insn->code);

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		if (insn->code == CODE(LD, BPF_W | BPF_ABS))
			return insn->k < sizeof(struct seccomp_data) && insn->k % 4 == 0;
		if (BPF_MODE(insn->code) == BPF_LEN)
			return insn->code == CODE(LD, BPF_W | BPF_LEN) ||
			       insn->code == CODE(LDX, BPF_W | BPF_LEN);
		if (reads(insn->code))
			return insn->k < BPF_MEMWORDS;
		return insn->code == CODE(LD, BPF_IMM) || insn->code == CODE(LDX, BPF_IMM);
	case BPF_ST:
	case BPF_STX:
		return writes(insn->code) && insn->k < BPF_MEMWORDS;
	case BPF_ALU:
		if (insn->code == CODE(ALU, BPF_NEG))
			return true;
		if (insn->code != CODE(ALU, op | BPF_K) && insn->code != CODE(ALU, op | BPF_X))
			return false;
		if (op == BPF_NEG || op > BPF_XOR || op == BPF_MOD)
			return false;
		if (BPF_SRC(insn->code) == BPF_X)
			return true;
		if (op == BPF_DIV)
			return insn->k;
		return (op != BPF_LSH && op != BPF_RSH) || insn->k < 32;
	case BPF_JMP:
		if (insn->code == CODE(JMP, BPF_JA))
			return insn->k < left;
		if (insn->code != CODE(JMP, op | BPF_K) && insn->code != CODE(JMP, op | BPF_X))
			return false;
		return op >= BPF_JEQ && op <= BPF_JSET && insn->jt < left && insn->jf < left;
	case BPF_RET:
		return insn->code == CODE(RET, BPF_K) || insn->code == CODE(RET, BPF_A);
	default:
		return insn->code == CODE(MISC, BPF_TAX) || insn->code == CODE(MISC, BPF_TXA);
	}
}

/**
 * refused_at - find the first instruction that seccomp(2) refuses
 * @insns: the program
 * @len: its number of instructions, one that a program can have
 *
 * Return: The instruction that is not known, jumps out of the program, or loads
 * memory that is not written on every way to it; @len if there is none.
 */
unsigned int refused_at(const struct sock_filter *insns, unsigned int len)
{
	static u16 written[BPF_MAXINSNS + 1];
	u16 now = 0;

	/*
	 * Which cells are written on all ways here: all, until a way comes. A
	 * return is no end to that, though nothing comes from there.
	 */
	memset(written, 0xff, sizeof(written));
	for (unsigned int pc = 0; pc < len; pc++) {
		const struct sock_filter *insn = &insns[pc];

		now &= written[pc];
		if (!plausible(insn, len - pc - 1))
			return pc;
		if (reads(insn->code) && !(now >> insn->k & 1))
			return pc;
		if (writes(insn->code))
			now |= 1 << insn->k;

		if (BPF_CLASS(insn->code) != BPF_JMP)
			continue;
		if (insn->code == CODE(JMP, BPF_JA)) {
			written[pc + 1 + insn->k] &= now;
		} else {
			written[pc + 1 + insn->jt] &= now;
			written[pc + 1 + insn->jf] &= now;
		}
		now = 0xffff;
	}
	return len;
}

/**
 * accepted - would seccomp(2) attach this program?
 * @insns: the program
 * @len: its number of instructions
 *
 * Return: true if no instruction is refused and the last one returns.
 */
bool accepted(const struct sock_filter *insns, unsigned int len)
{
	return len && len <= BPF_MAXINSNS && BPF_CLASS(insns[len - 1].code) == BPF_RET &&
	       refused_at(insns, len) == len;
}

static u32 calculate(u16 op, u32 a, u32 b, bool mask_shift)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return a / b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_NEG:
		return -a;
	}

	/* Processors mask the count, C compilers may do anything. */
	if (b > 31 && !mask_shift)
		return 0;
	return op == BPF_LSH ? a << (b & 31) : a >> (b & 31);
}

static bool jumps(u16 op, u32 a, u32 b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default:
		return a & b;
	}
}

/**
 * interpret - run a program that is accepted()
 * @insns: the program
 * @data: the call
 * @mask_shift: what to do with shifts by 32 or more: mask, or give 0
 *
 * Return: what it returns.
 */
u32 interpret(const struct sock_filter *insns, const struct seccomp_data *data, bool mask_shift)
{
	u32 a = 0, x = 0, mem[BPF_MEMWORDS] = { 0 };

	for (;; insns++) {
		u16 op = BPF_OP(insns->code);
		u32 operand = BPF_SRC(insns->code) == BPF_X ? x : insns->k;

		switch (BPF_CLASS(insns->code)) {
		case BPF_LD:
		case BPF_LDX: {
			u32 value = insns->k;

			if (BPF_MODE(insns->code) == BPF_ABS)
				memcpy(&value, (const char *)data + insns->k, sizeof(value));
			else if (BPF_MODE(insns->code) == BPF_LEN)
				value = sizeof(*data);
			else if (BPF_MODE(insns->code) == BPF_MEM)
				value = mem[insns->k];
			if (BPF_CLASS(insns->code) == BPF_LD)
				a = value;
			else
				x = value;
			break;
		}
		case BPF_ST:
			mem[insns->k] = a;
			break;
		case BPF_STX:
			mem[insns->k] = x;
			break;
		case BPF_ALU:
			if (op == BPF_DIV && !operand)
				return 0;
			a = calculate(op, a, operand, mask_shift);
			break;
		case BPF_JMP:
			if (op == BPF_JA)
				insns += insns->k;
			else
				insns += jumps(op, a, operand) ? insns->jt : insns->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(insns->code) == BPF_A ? a : insns->k;
		default:
			if (insns->code == CODE(MISC, BPF_TAX))
				x = a;
			else
				a = x;
		}
	}
}
