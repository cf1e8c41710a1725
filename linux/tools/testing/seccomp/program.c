// SPDX-License-Identifier: GPL-2.0
/* Filters made of random bytes */

#include <linux/audit.h>
#include <linux/seccomp.h>

#include "interp.h"
#include "program.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Cells of scratch memory in use. */
#define CELLS	3

/* One program of so many writes them first, so that it may read them anywhere. */
#define ALL_WRITTEN	8

/**
 * choose - a number less than @n
 * @bytes: what decides
 * @n: how many there are to choose from, at most 65536
 *
 * Return: the number, 0 if no bytes are left.
 */
unsigned int choose(struct bytes *bytes, unsigned int n)
{
	unsigned int i = 0;

	for (unsigned int range = 1; range < n && bytes->next < bytes->end; range <<= 8)
		i = i << 8 | *bytes->next++;
	return i % n;
}

/**
 * choose_number - a number that filters might ask for
 * @bytes: what decides
 *
 * Return: the number.
 */
u32 choose_number(struct bytes *bytes)
{
	u32 n = choose(bytes, 600);

	switch (choose(bytes, 9)) {
	case 0:
		return AUDIT_ARCH_X86_64;
	case 1:
		return AUDIT_ARCH_I386;
	case 2:
		return 0x40000000 + n;
	case 3:
		return 1U << (n % 32);
	case 4:
		return (1U << (n % 32)) - 1;
	case 5:
		return -1 - n % 4;
	default:
		return n;
	}
}

static u32 choose_return(struct bytes *bytes)
{
	static const u32 actions[] = {
		SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS,
		SECCOMP_RET_TRAP, SECCOMP_RET_KILL_THREAD, 0x12340000,
	};

	return actions[choose(bytes, ARRAY_SIZE(actions))] | choose(bytes, 3);
}

static struct sock_filter stmt(u16 code, u32 k)
{
	return (struct sock_filter)BPF_STMT(code, k);
}

/* An instruction that @left others follow. */
static struct sock_filter make_insn(struct bytes *bytes, unsigned int left)
{
	static const u16 alu[] = {
		BPF_AND, BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH,
	};
	static const u16 jumps[] = { BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET };
	static const u16 moves[] = {
		BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA, BPF_ALU | BPF_NEG, BPF_LD | BPF_W | BPF_LEN,
		BPF_LDX | BPF_W | BPF_LEN,
	};
	static const u16 memory[] = { BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM, BPF_ST, BPF_STX };
	u16 op, source;
	u32 k;

	switch (choose(bytes, 16)) {
	case 0 ... 2:
		return stmt(BPF_LD | BPF_W | BPF_ABS, 0);
	case 3:
		return stmt(BPF_LD | BPF_W | BPF_ABS, choose(bytes, 16) * 4);
	case 4:
		return stmt(BPF_RET | BPF_K, choose_return(bytes));
	case 5:
		if (!choose(bytes, 4))
			return stmt(BPF_RET | BPF_A, 0);
		return stmt(BPF_JMP | BPF_JA, choose(bytes, left));
	case 6:
		return stmt(moves[choose(bytes, ARRAY_SIZE(moves))], 0);
	case 7:
		return stmt(memory[choose(bytes, ARRAY_SIZE(memory))], choose(bytes, CELLS));
	case 8:
		k = choose_number(bytes);
		return stmt(choose(bytes, 2) ? BPF_LDX | BPF_IMM : BPF_LD | BPF_IMM, k);
	case 9 ... 10:
		op = alu[choose(bytes, ARRAY_SIZE(alu))];
		k = choose_number(bytes);
		if (!choose(bytes, 3))
			return stmt(BPF_ALU | op | BPF_X, 0);
		if (op == BPF_LSH || op == BPF_RSH)
			k %= 32;
		return stmt(BPF_ALU | op | BPF_K, k ?: 1);
	default:
		op = jumps[choose(bytes, ARRAY_SIZE(jumps))];
		k = choose_number(bytes);
		source = choose(bytes, 6) ? BPF_K : BPF_X;
		left = left > 255 ? 255 : left;
		return (struct sock_filter)BPF_JUMP(BPF_JMP | op | source, k,
						    choose(bytes, left), choose(bytes, left));
	}
}

static struct sock_filter load_argument(struct bytes *bytes)
{
	return stmt(BPF_LD | BPF_W | BPF_ABS, 16 + choose(bytes, 4) * 4);
}

/*
 * Some instructions that a random choice of each would hardly bring together, if
 * there is room for @left. Returns how many.
 */
static unsigned int make_piece(struct bytes *bytes, struct sock_filter *insns, unsigned int left)
{
	u32 cell = choose(bytes, CELLS);

	if (left < 4)
		return 0;
	switch (choose(bytes, 16)) {
	case 0:
		/* Two loads of arguments, one for some numbers, and one for the others. */
		insns[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
							choose(bytes, 600), 0, 2);
		insns[1] = load_argument(bytes);
		insns[2] = stmt(BPF_JMP | BPF_JA, 1);
		insns[3] = load_argument(bytes);
		return 4;
	case 1:
		/* A cell that is needed after a test. */
		insns[0] = load_argument(bytes);
		insns[1] = stmt(BPF_ST, cell);
		insns[2] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
							choose_number(bytes), 0,
							choose(bytes, left - 3));
		insns[3] = stmt(BPF_LD | BPF_MEM, cell);
		return 4;
	default:
		return 0;
	}
}

/**
 * make_program - make a program that seccomp accepts
 * @bytes: what decides
 * @insns: where to write it
 * @max: how long it may be, at least CELLS + 1
 *
 * Most do not begin with stores, after which no residual could begin anywhere but
 * at the first instruction.
 *
 * Return: its number of instructions.
 */
unsigned int make_program(struct bytes *bytes, struct sock_filter *insns, unsigned int max)
{
	unsigned int len = CELLS + 1 + choose(bytes, max - CELLS), pc = 0;

	for (; pc < CELLS && len % ALL_WRITTEN == 0; pc++)
		insns[pc] = stmt(pc % 2 ? BPF_STX : BPF_ST, pc);
	while (pc < len - 1) {
		unsigned int piece = make_piece(bytes, &insns[pc], len - 1 - pc);

		if (!piece) {
			insns[pc] = make_insn(bytes, len - 1 - pc);
			piece = 1;
		}
		pc += piece;
	}
	insns[pc] = stmt(BPF_RET | BPF_K, choose_return(bytes));

	/* What loads a cell that is not written loads a constant instead. */
	for (pc = refused_at(insns, len); pc < len; pc = refused_at(insns, len))
		insns[pc].code = BPF_CLASS(insns[pc].code) | BPF_IMM;
	return len;
}
