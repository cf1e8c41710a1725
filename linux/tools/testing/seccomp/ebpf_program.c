// SPDX-License-Identifier: GPL-2.0
/* eBPF programs made of random bytes */

#include <stdio.h>
#include <string.h>

#include <linux/audit.h>
#include <linux/limits.h>
#include <linux/seccomp.h>

#include "ebpf_program.h"

#define STACK_BYTES	64
#define LINES_MAX	(EBPF_INSNS_MAX * 8)

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define ALU64_K(op, d, i)	INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define ALU64_X(op, d, s)	INSN(BPF_ALU64 | (op) | BPF_X, d, s, 0, 0)
#define ALU32_K(op, d, i)	INSN(BPF_ALU | (op) | BPF_K, d, 0, 0, i)
#define ALU32_X(op, d, s)	INSN(BPF_ALU | (op) | BPF_X, d, s, 0, 0)
#define JUMP_TO			INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0)
#define RETURN			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* An instruction, and where it jumps to, or what it calls; or NOWHERE. */
struct line {
	struct bpf_insn insn;
	int to;
	bool inner;	/* nobody jumps here */
};

#define NOWHERE	(-1)

struct lines {
	unsigned int nr;
	struct line line[LINES_MAX];
};

struct maker {
	struct bytes *bytes;
	u32 number;
	unsigned int functions;
	unsigned int max;
	struct lines *lines;
};

static void add_to(struct lines *lines, struct bpf_insn insn, int to)
{
	if (lines->nr < LINES_MAX)
		lines->line[lines->nr++] = (struct line){ .insn = insn, .to = to };
}

static void add(struct maker *m, struct bpf_insn insn)
{
	add_to(m->lines, insn, NOWHERE);
}

/* One that belongs to the one before. */
static void add_inner(struct maker *m, struct bpf_insn insn)
{
	add(m, insn);
	m->lines->line[m->lines->nr - 1].inner = true;
}

static unsigned int pick(struct maker *m, unsigned int n)
{
	return choose(m->bytes, n);
}

/* A constant, mostly one that the number is near to. */
static s32 pick_constant(struct maker *m)
{
	static const s32 edges[] = { 0, 1, -1, 2, 7, 8, 31, 32, S32_MAX, -S32_MAX - 1, 0x40000000 };

	switch (pick(m, 8)) {
	case 0 ... 2:
		return m->number + pick(m, 12);
	case 3:
		return m->number - pick(m, 4);
	case 4:
		return edges[pick(m, ARRAY_SIZE(edges))];
	case 5:
		return 1U << pick(m, 32);
	case 6:
		return (1U << pick(m, 32)) - 1;
	default:
		return choose_number(m->bytes);
	}
}

/* All but the context and the frame. */
static u8 pick_reg(struct maker *m)
{
	static const u8 regs[] = { 7, 0, 1, 2, 3, 4, 5, 8, 9, 7 };

	return regs[pick(m, ARRAY_SIZE(regs))];
}

static s16 pick_slot(struct maker *m, unsigned int size)
{
	return -(int)(size * (1 + pick(m, STACK_BYTES / size)));
}

static void add_alu(struct maker *m)
{
	static const u8 ops[] = {
		BPF_ADD, BPF_SUB, BPF_MOV, BPF_AND, BPF_OR, BPF_XOR, BPF_MUL, BPF_DIV, BPF_MOD,
		BPF_LSH, BPF_RSH, BPF_ARSH, BPF_NEG, BPF_END, BPF_MOV, BPF_MOV,
	};
	static const s16 extends[] = { 0, 8, 16, 32 };
	u8 op = ops[pick(m, ARRAY_SIZE(ops))];
	bool wide = pick(m, 2), shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
	struct bpf_insn insn = { .code = (wide ? BPF_ALU64 : BPF_ALU) | op };

	insn.dst_reg = pick_reg(m);
	if (op == BPF_END) {
		insn.imm = 16 << pick(m, 3);
		if (!wide && pick(m, 2))
			insn.code |= BPF_TO_BE;
	} else if (op == BPF_NEG) {
		;
	} else if (pick(m, 2)) {
		insn.code |= BPF_X;
		insn.src_reg = pick_reg(m);
		if (op == BPF_MOV && !pick(m, 2))
			insn.off = extends[pick(m, wide ? 4 : 3)];
		if (op == BPF_DIV || op == BPF_MOD)
			insn.off = pick(m, 2);
	} else {
		insn.imm = shift ? (s32)pick(m, wide ? 64 : 32) : pick_constant(m);
		if (op == BPF_DIV || op == BPF_MOD) {
			insn.off = pick(m, 2);
			insn.imm = insn.imm ?: 3;
		}
	}
	add(m, insn);
}

static u8 pick_size(struct maker *m)
{
	static const u8 sizes[] = { BPF_DW, BPF_W, BPF_H, BPF_B };

	return sizes[pick(m, 4)];
}

/* Loads and stores by an address in @base. */
static void add_memory(struct maker *m, u8 base, int shift)
{
	u8 size = pick_size(m), bytes = bpf_size_to_bytes(size);
	s16 off = pick_slot(m, bytes) + shift;

	switch (pick(m, 6)) {
	case 0:
		add(m, INSN(BPF_ST | BPF_MEM | size, base, 0, off, pick_constant(m)));
		break;
	case 1 ... 2:
		add(m, INSN(BPF_STX | BPF_MEM | size, base, pick(m, 8) ? pick_reg(m) : 6, off, 0));
		break;
	case 3:
		add(m, INSN(BPF_LDX | (size == BPF_DW ? BPF_MEM : BPF_MEMSX) | size,
			    pick_reg(m), base, off, 0));
		break;
	default:
		add(m, INSN(BPF_LDX | BPF_MEM | size, pick_reg(m), base, off, 0));
	}
}

static void add_context(struct maker *m)
{
	u8 size = pick_size(m), bytes = bpf_size_to_bytes(size), mode = BPF_MEM;
	s16 off;

	if (pick(m, 2) || (size == BPF_DW && pick(m, 2)))
		size = BPF_W, bytes = 4, off = pick(m, 4) ? 0 : 4;
	else
		off = pick(m, (pick(m, 2) ? 8 : 64) / bytes) * bytes;
	if (size != BPF_DW && !pick(m, 4))
		mode = BPF_MEMSX;
	add(m, INSN(BPF_LDX | mode | size, pick_reg(m), BPF_REG_6, off, 0));
}

static void add_jump(struct maker *m, int to)
{
	static const u8 ops[] = {
		BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSET, BPF_JSGT, BPF_JSGE,
		BPF_JSLT, BPF_JSLE, BPF_JEQ,
	};
	u8 code = ops[pick(m, ARRAY_SIZE(ops))] | (pick(m, 2) ? BPF_JMP : BPF_JMP32);
	u8 reg = pick(m, 2) ? pick_reg(m) : BPF_REG_7;

	if (!pick(m, 8))
		add_to(m->lines, JUMP_TO, to);
	else if (pick(m, 3))
		add_to(m->lines, INSN(code | BPF_K, reg, 0, 0, pick_constant(m)), to);
	else if (pick(m, 2))
		add_to(m->lines, INSN(code | BPF_X, reg, pick_reg(m), 0, 0), to);
	else
		add_to(m->lines, INSN(code | BPF_X, pick_reg(m), reg, 0, 0), to);
}

/* An address of the stack, moved there and back. */
static void add_address(struct maker *m)
{
	u8 reg = pick_reg(m), other = pick_reg(m);
	s32 by = 8 * pick(m, 16);

	add(m, ALU64_X(BPF_MOV, reg, BPF_REG_10));
	if (pick(m, 2))
		add(m, ALU64_K(BPF_ADD, reg, -by));
	else
		add(m, ALU64_K(BPF_SUB, reg, by));
	if (!pick(m, 3) && other != reg) {
		/* By something that may depend on the number. */
		add(m, ALU64_K(BPF_AND, other, 0x18));
		add(m, ALU64_X(pick(m, 2) ? BPF_ADD : BPF_SUB, reg, other));
	}
	if (pick(m, 2)) {
		s16 slot = pick_slot(m, 8);

		add(m, INSN(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, reg, slot, 0));
		if (pick(m, 2))
			add_memory(m, BPF_REG_10, 0);
		add(m, INSN(BPF_LDX | BPF_MEM | BPF_DW, reg, BPF_REG_10, slot, 0));
	}
	add_memory(m, reg, by);
	if (pick(m, 2))
		add_memory(m, reg, by);
}

/* A word of the stack, a part of which is then written over. */
static void add_spilled(struct maker *m)
{
	static const u8 sizes[] = { BPF_W, BPF_H, BPF_B };
	static const u8 regs[] = { BPF_REG_7, BPF_REG_7, BPF_REG_8, BPF_REG_10 };
	s16 slot = pick_slot(m, 8);
	u8 size = sizes[pick(m, 3)], bytes = bpf_size_to_bytes(size);
	s16 part = slot + bytes * pick(m, 8 / bytes);
	u8 reg = pick_reg(m);

	add(m, INSN(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, regs[pick(m, 4)], slot, 0));
	switch (pick(m, 4)) {
	case 0:
		add(m, INSN(BPF_ST | BPF_MEM | size, BPF_REG_10, 0, part, pick_constant(m)));
		break;
	case 1:
		add(m, INSN(BPF_STX | BPF_MEM | size, BPF_REG_10, pick_reg(m), part, 0));
		break;
	case 2:
		add(m, INSN(BPF_LDX | BPF_MEM | size, pick_reg(m), BPF_REG_10, part, 0));
		break;
	}
	if (pick(m, 2))
		add(m, INSN(BPF_LDX | BPF_MEM | BPF_DW, reg, BPF_REG_10, slot, 0));
	else
		add(m, INSN(BPF_LDX | BPF_MEM | size, reg, BPF_REG_10, part, 0));
	if (pick(m, 2))
		add(m, ALU64_X(BPF_MOV, BPF_REG_0, reg));
}

/* What the verifier adds with the register that programs do not have. */
static void add_rewritten(struct maker *m)
{
	u8 reg = pick_reg(m), off = pick_reg(m);

	if (pick(m, 2)) {
		/* BPF_F_TEST_RND_HI32 */
		add(m, ALU32_X(BPF_MOV, reg, off));
		add_inner(m, ALU64_K(BPF_MOV, BPF_REG_AX, pick_constant(m)));
		add_inner(m, ALU64_K(BPF_LSH, BPF_REG_AX, 32));
		add_inner(m, ALU64_X(BPF_OR, reg, BPF_REG_AX));
		return;
	}
	if (reg == off)
		return;
	/* An address that does not go where it would only speculatively. */
	add(m, ALU64_X(BPF_MOV, reg, BPF_REG_10));
	add_inner(m, ALU64_K(BPF_AND, off, 0x38));
	add_inner(m, ALU32_K(BPF_MOV, BPF_REG_AX, 0x1ff));
	add_inner(m, ALU64_X(BPF_SUB, BPF_REG_AX, off));
	add_inner(m, ALU64_X(BPF_OR, BPF_REG_AX, off));
	add_inner(m, ALU64_K(BPF_NEG, BPF_REG_AX, 0));
	add_inner(m, ALU64_K(BPF_ARSH, BPF_REG_AX, 63));
	add_inner(m, ALU64_X(BPF_AND, BPF_REG_AX, off));
	add_inner(m, ALU64_X(BPF_SUB, reg, BPF_REG_AX));
	add_memory(m, reg, 0);
}

static void add_call(struct maker *m, unsigned int function)
{
	if (function + 1 >= m->functions)
		return;
	for (u8 reg = BPF_REG_1; reg <= BPF_REG_5; reg++) {
		switch (pick(m, 6)) {
		case 0:
			add(m, ALU64_X(BPF_MOV, reg, BPF_REG_10));
			add(m, ALU64_K(BPF_ADD, reg, pick_slot(m, 8)));
			break;
		case 1:
			add(m, ALU64_X(BPF_MOV, reg, BPF_REG_6));
			break;
		case 2:
			add(m, ALU64_K(BPF_MOV, reg, pick_constant(m)));
			break;
		case 3:
			add(m, ALU64_X(BPF_MOV, reg, BPF_REG_7));
			break;
		}
	}
	/* Always to a later one, so none calls itself. Functions are counted from -2. */
	add_to(m->lines, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0),
	       -2 - (int)(function + 1 + pick(m, 3) % (m->functions - function - 1)));
	for (u8 reg = BPF_REG_1; reg <= BPF_REG_5; reg++) {
		if (pick(m, 3))
			add(m, ALU64_K(BPF_MOV, reg, pick_constant(m)));
	}
}

static void add_function(struct maker *m, unsigned int function, unsigned int size)
{
	unsigned int first = m->lines->nr, end;
	int loop = NOWHERE;
	u8 counter = 0;

	if (!function) {
		add(m, ALU64_X(BPF_MOV, BPF_REG_6, BPF_REG_1));
		add(m, INSN(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_7, BPF_REG_6, 0, 0));
		for (u8 reg = BPF_REG_0; reg <= BPF_REG_9; reg++) {
			if (reg == BPF_REG_6 || reg == BPF_REG_7)
				continue;
			if (pick(m, 3))
				add(m, ALU64_K(BPF_MOV, reg, pick_constant(m)));
			else
				add(m, INSN(BPF_LDX | BPF_MEM | BPF_W, reg, BPF_REG_6,
					    pick(m, 4) * 4, 0));
		}
	} else {
		/* The context may be anywhere. */
		add(m, ALU64_X(BPF_MOV, BPF_REG_6, BPF_REG_1));
		add(m, ALU64_X(BPF_MOV, BPF_REG_7, BPF_REG_2));
		add(m, ALU64_X(BPF_MOV, BPF_REG_8, BPF_REG_3));
		add(m, ALU64_X(BPF_MOV, BPF_REG_9, BPF_REG_4));
		add(m, ALU64_K(BPF_MOV, BPF_REG_0, function));
	}
	for (int slot = -STACK_BYTES; slot < 0; slot += 8) {
		if (pick(m, 4))
			add(m, INSN(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, slot,
				    pick_constant(m)));
	}

	while (size--) {
		unsigned int next = m->lines->nr;

		switch (pick(m, 19)) {
		case 0 ... 2:
			add_alu(m);
			break;
		case 3 ... 4:
			add_memory(m, BPF_REG_10, 0);
			break;
		case 5:
			add_context(m);
			break;
		case 6 ... 9:
			add_jump(m, next + 1 + pick(m, 12));
			break;
		case 10:
			/* A loop: as often as a constant or the number says. */
			if (loop == NOWHERE) {
				counter = pick(m, 2) ? BPF_REG_9 : BPF_REG_8;
				if (pick(m, 2)) {
					add(m, ALU64_K(BPF_MOV, counter, 1 + pick(m, 9)));
				} else {
					add(m, ALU64_X(BPF_MOV, counter, BPF_REG_7));
					add(m, ALU64_K(BPF_AND, counter, 7));
					add(m, ALU64_K(BPF_ADD, counter, 1));
				}
				loop = m->lines->nr;
			} else {
				add(m, ALU64_K(BPF_SUB, counter, 1));
				add_to(m->lines, INSN(BPF_JMP | BPF_JSGT | BPF_K, counter, 0, 0, 0),
				       loop);
				loop = NOWHERE;
			}
			break;
		case 11 ... 12:
			add_call(m, function);
			break;
		case 13:
			add_address(m);
			break;
		case 14:
			add_rewritten(m);
			break;
		case 15:
			add(m, INSN(BPF_LD | BPF_IMM | BPF_DW, pick_reg(m), 0, 0,
				    pick_constant(m)));
			add_inner(m, INSN(0, 0, 0, 0, pick(m, 2) ? pick_constant(m) : 0));
			break;
		case 16:
			add_jump(m, next + 2);
			add(m, ALU64_K(BPF_MOV, BPF_REG_0, pick_constant(m)));
			if (pick(m, 2))
				add(m, RETURN);
			break;
		case 17:
			add_spilled(m);
			break;
		default:
			add(m, ALU64_X(BPF_MOV, pick_reg(m), BPF_REG_7));
		}
	}
	if (!pick(m, 3))
		add(m, ALU64_X(BPF_MOV, BPF_REG_0, pick_reg(m)));
	end = m->lines->nr;
	add(m, RETURN);

	/* Nobody jumps out of a function, nor into the middle of something. */
	for (unsigned int i = first; i < end; i++) {
		struct line *line = &m->lines->line[i];

		if (line->to < 0)
			continue;
		if (line->to > (int)end)
			line->to = end;
		while (m->lines->line[line->to].inner)
			line->to++;
	}
}

/* What the kernel makes of them */

/* A jump within what replaces one instruction: so many further. */
static void add_near(struct lines *lines, struct bpf_insn insn, unsigned int further)
{
	/* Told from others in expand(). */
	add_to(lines, insn, LINES_MAX + lines->nr + 1 + further);
}

/* As bpf_do_misc_fixups() has divisions by a register. */
static void divide(struct lines *to, struct bpf_insn insn)
{
	bool wide = BPF_CLASS(insn.code) == BPF_ALU64, rest = BPF_OP(insn.code) == BPF_MOD;
	u8 jmp = wide ? BPF_JMP : BPF_JMP32, alu = wide ? BPF_ALU64 : BPF_ALU;

	if (insn.off) {
		add_to(to, ALU64_X(BPF_MOV, BPF_REG_AX, insn.src_reg), NOWHERE);
		add_to(to, INSN(alu | BPF_ADD | BPF_K, BPF_REG_AX, 0, 0, 1), NOWHERE);
		add_near(to, INSN(jmp | BPF_JGT | BPF_K, BPF_REG_AX, 0, 0, 1), rest ? 3 : 4);
		if (rest) {
			add_near(to, INSN(jmp | BPF_JEQ | BPF_K, BPF_REG_AX, 0, 0, 1), 3 + !wide);
			add_to(to, ALU32_K(BPF_MOV, insn.dst_reg, 0), NOWHERE);
		} else {
			add_near(to, INSN(jmp | BPF_JEQ | BPF_K, BPF_REG_AX, 0, 0, 0), 1);
			add_to(to, INSN(alu | BPF_MOV | BPF_K, insn.dst_reg, 0, 0, 0), NOWHERE);
			add_to(to, INSN(alu | BPF_NEG | BPF_K, insn.dst_reg, 0, 0, 0), NOWHERE);
		}
		add_near(to, JUMP_TO, 1);
		add_to(to, insn, NOWHERE);
	} else if (rest) {
		add_near(to, INSN(jmp | BPF_JEQ | BPF_K, insn.src_reg, 0, 0, 0), 1 + !wide);
		add_to(to, insn, NOWHERE);
	} else {
		add_near(to, INSN(jmp | BPF_JNE | BPF_K, insn.src_reg, 0, 0, 0), 2);
		add_to(to, ALU32_X(BPF_XOR, insn.dst_reg, insn.dst_reg), NOWHERE);
		add_near(to, JUMP_TO, 1);
		add_to(to, insn, NOWHERE);
	}
	if (rest && !wide) {
		add_near(to, JUMP_TO, 1);
		add_to(to, ALU32_X(BPF_MOV, insn.dst_reg, insn.dst_reg), NOWHERE);
	}
}

static bool is_division(struct bpf_insn insn)
{
	return (BPF_CLASS(insn.code) == BPF_ALU || BPF_CLASS(insn.code) == BPF_ALU64) &&
	       (BPF_OP(insn.code) == BPF_DIV || BPF_OP(insn.code) == BPF_MOD);
}

/* What the verifier makes of one instruction, on some machines. */
static void verify(struct maker *m, struct lines *to, struct line line)
{
	struct bpf_insn insn = line.insn;
	u8 class = BPF_CLASS(insn.code);
	bool alu = class == BPF_ALU || class == BPF_ALU64;

	if (is_division(insn) && BPF_SRC(insn.code) == BPF_X) {
		divide(to, insn);
	} else if (is_division(insn) && insn.off && insn.imm == -1) {
		add_to(to, BPF_OP(insn.code) == BPF_MOD ? ALU32_K(BPF_MOV, insn.dst_reg, 0) :
		       INSN(class | BPF_NEG | BPF_K, insn.dst_reg, 0, 0, 0), NOWHERE);
	} else {
		add_to(to, insn, line.to);
		if (class == BPF_ALU && BPF_OP(insn.code) != BPF_END && !pick(m, 4))
			add_to(to, INSN(BPF_ALU | BPF_MOV | BPF_X, insn.dst_reg, insn.dst_reg,
					0, 1), NOWHERE);
	}
	if (!pick(m, 8) && insn.code && !line.inner && class != BPF_LD && (alu || class == BPF_STX))
		add_to(to, INSN(BPF_ST | BPF_NOSPEC, 0, 0, 0, 0), NOWHERE);
}

/* As bpf_jit_blind_insn(). */
static void blind(struct maker *m, struct lines *to, struct line line, const struct line *next)
{
	u32 key = pick(m, 65536) * 65537 ^ 0x5ecc;
	struct bpf_insn insn = line.insn;
	u8 class = BPF_CLASS(insn.code), alu;
	bool immediate = BPF_SRC(insn.code) == BPF_K && BPF_OP(insn.code) != BPF_NEG &&
			 BPF_OP(insn.code) != BPF_END && BPF_OP(insn.code) != BPF_LSH &&
			 BPF_OP(insn.code) != BPF_RSH && BPF_OP(insn.code) != BPF_ARSH;

	if (insn.dst_reg == BPF_REG_AX || insn.src_reg == BPF_REG_AX)
		goto as_it_is;
	switch (class) {
	case BPF_ALU:
	case BPF_ALU64:
		if (!immediate)
			goto as_it_is;
		alu = class;
		break;
	case BPF_JMP:
	case BPF_JMP32:
		if (BPF_SRC(insn.code) != BPF_K || BPF_OP(insn.code) == BPF_JA ||
		    BPF_OP(insn.code) == BPF_CALL || BPF_OP(insn.code) == BPF_EXIT)
			goto as_it_is;
		alu = class == BPF_JMP ? BPF_ALU64 : BPF_ALU;
		break;
	case BPF_ST:
		if (insn.code == (BPF_ST | BPF_NOSPEC))
			goto as_it_is;
		insn.code = BPF_STX | BPF_MEM | BPF_SIZE(insn.code);
		alu = BPF_ALU64;
		break;
	case BPF_LD:
		if (!insn.code)	/* the second half, done with the first */
			return;
		add_to(to, ALU64_K(BPF_MOV, BPF_REG_AX, key ^ next->insn.imm), NOWHERE);
		add_to(to, ALU64_K(BPF_XOR, BPF_REG_AX, key), NOWHERE);
		add_to(to, ALU64_K(BPF_LSH, BPF_REG_AX, 32), NOWHERE);
		add_to(to, ALU64_X(BPF_MOV, insn.dst_reg, BPF_REG_AX), NOWHERE);
		add_to(to, ALU32_K(BPF_MOV, BPF_REG_AX, key ^ insn.imm), NOWHERE);
		add_to(to, ALU32_K(BPF_XOR, BPF_REG_AX, key), NOWHERE);
		add_to(to, ALU64_X(BPF_OR, insn.dst_reg, BPF_REG_AX), NOWHERE);
		return;
	default:
		goto as_it_is;
	}
	add_to(to, INSN(alu | BPF_MOV | BPF_K, BPF_REG_AX, 0, 0, key ^ insn.imm), NOWHERE);
	add_to(to, INSN(alu | BPF_XOR | BPF_K, BPF_REG_AX, 0, 0, key), NOWHERE);
	if (class != BPF_ST)
		insn.code |= BPF_X;
	insn.src_reg = BPF_REG_AX;
	insn.imm = 0;
	add_to(to, insn, line.to);
	return;
as_it_is:
	add_to(to, insn, line.to);
}

static void expand(struct maker *m, struct lines *from, struct lines *to, bool blinding,
		   unsigned int *starts)
{
	static unsigned int place[LINES_MAX + 1];

	to->nr = 0;
	for (unsigned int i = 0; i < from->nr; i++) {
		place[i] = to->nr;
		if (blinding)
			blind(m, to, from->line[i], &from->line[i + 1]);
		else
			verify(m, to, from->line[i]);
	}
	place[from->nr] = to->nr;
	for (unsigned int i = 0; i < m->functions; i++)
		starts[i] = place[starts[i]];
	for (unsigned int i = 0; i < to->nr; i++) {
		struct line *line = &to->line[i];

		if (line->to >= LINES_MAX)
			line->to -= LINES_MAX;
		else if (line->to >= 0)
			line->to = place[line->to];
	}
}

/* Turn places into distances. Returns how many instructions there are. */
static unsigned int finish(const struct lines *lines, struct bpf_insn *insns)
{
	for (unsigned int i = 0; i < lines->nr; i++) {
		const struct line *line = &lines->line[i];
		int far = line->to - (int)i - 1;

		insns[i] = line->insn;
		if (line->to == NOWHERE)
			continue;
		if (BPF_OP(line->insn.code) == BPF_CALL || line->insn.code == (BPF_JMP32 | BPF_JA))
			insns[i].imm = far;
		else
			insns[i].off = far;
	}
	return lines->nr;
}

/* Put down which function a call is of, as jit_subprogs() does. */
static void number_call(struct ebpf_program *p, unsigned int pc)
{
	for (unsigned int i = 0; i < p->nr_starts; i++) {
		if (p->starts[i] == pc + 1 + p->ready[pc].imm)
			p->ready[pc].off = i;
	}
}

/* What another kernel might leave of a call. */
static void make_strange(struct maker *m, struct bpf_insn *call)
{
	switch (pick(m, 6)) {
	case 0:
		call->off = call->imm;
		call->imm = 0x1234560;
		break;
	case 1:
		call->imm += 1 + pick(m, 8);
		break;
	case 2:
		call->imm -= 1 + pick(m, 8);
		break;
	case 3:
		call->off += 1 + pick(m, 3);
		break;
	case 4:
		call->off -= 1 + pick(m, 3);
		break;
	default:
		call->imm = call->off;
		call->off = 0;
	}
}

/* Make the calls ready, which depends on who runs the program. */
static void finish_calls(struct maker *m, struct ebpf_program *p)
{
	bool interpreter = !pick(m, 8);

	p->strange = !pick(m, 16);
	for (unsigned int i = 0; i < p->ready_len; i++) {
		struct bpf_insn *insn = &p->ready[i];

		if (insn->code != (BPF_JMP | BPF_CALL))
			continue;
		number_call(p, i);
		if (p->strange)
			make_strange(m, insn);
		if (interpreter) {
			insn->code = BPF_JMP | BPF_CALL_ARGS;
			insn->off = pick(m, 16);
		}
	}
	if (interpreter)
		p->nr_starts = 0;
}

/**
 * make_ebpf_program - make a program
 * @bytes: what decides
 * @number: a system call number that it is to be about
 * @p: set to the program
 *
 * Much of what is made is nothing that the verifier would accept, which is for
 * who runs it to find out.
 */
void make_ebpf_program(struct bytes *bytes, u32 number, struct ebpf_program *p)
{
	static struct lines a, b;
	struct maker maker = { .bytes = bytes, .number = number, .lines = &a }, *m = &maker;
	unsigned int size;

	a.nr = 0;
	m->functions = 1 + pick(m, 4);
	/* Some go deep. */
	if (!pick(m, 16))
		m->functions = EBPF_FUNCTIONS_MAX;
	size = m->functions > 4 ? 4 : 40 / m->functions;
	for (unsigned int i = 0; i < m->functions; i++) {
		p->starts[i] = a.nr;
		add_function(m, i, 1 + pick(m, size));
	}
	for (unsigned int i = 0; i < a.nr; i++) {
		if (a.line[i].to < NOWHERE)
			a.line[i].to = p->starts[-2 - a.line[i].to];
		else if (a.line[i].insn.code == (BPF_JMP | BPF_JA) && !pick(m, 3))
			a.line[i].insn.code = BPF_JMP32 | BPF_JA;
	}
	if (a.nr > EBPF_INSNS_MAX) {
		/* Too long, which is rare. */
		a.nr = 0;
		add(m, ALU64_K(BPF_MOV, BPF_REG_0, 0));
		add(m, RETURN);
		m->functions = 1;
	}
	p->len = finish(&a, p->insns);

	expand(m, &a, &b, false, p->starts);
	if (pick(m, 2)) {
		expand(m, &b, &a, true, p->starts);
		p->ready_len = finish(&a, p->ready);
	} else {
		p->ready_len = finish(&b, p->ready);
	}
	p->nr_starts = m->functions;
	finish_calls(m, p);
}

/**
 * print_ebpf_program - print a program, in C
 * @insns: its instructions
 * @len: how many
 */
void print_ebpf_program(const struct bpf_insn *insns, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		printf("#\t/* %u */ { %#04x, %u, %u, %d, %#x },\n", i, insns[i].code,
		       insns[i].dst_reg, insns[i].src_reg, insns[i].off, insns[i].imm);
}
