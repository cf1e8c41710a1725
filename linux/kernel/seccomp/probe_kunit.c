// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of probing eBPF programs: against runs of them, and case by case */

#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/atomic.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/limits.h>
#include <linux/prandom.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "analyze.h"
#include "ebpf.h"
#include "probe.h"
#include "program.h"

#define ARCH		AUDIT_ARCH_X86_64
#define FIELD(field)	offsetof(struct seccomp_data, field)
#define LOAD_NR(reg)	BPF_LDX_MEM(BPF_W, reg, BPF_REG_1, FIELD(nr))
#define LOAD_ARG(reg)	BPF_LDX_MEM(BPF_DW, reg, BPF_REG_1, FIELD(args[0]))
#define RET(value)	BPF_MOV32_IMM(BPF_REG_0, value), BPF_EXIT_INSN()

/* Random numbers that are the same each time. */
static struct rnd_state rnd;

static u32 below(u32 n)
{
	return prandom_u32_state(&rnd) % n;
}

/* Values where something happens. */
static u32 edge(void)
{
	static const u32 edges[] = {
		0, 1, 2, 7, 8, 31, 32, 41, 63, 64, 100, 255, 256, 1023, 0x3fffffff,
		0x40000000, 0x40000001, 0x7fffffff, 0x80000000, 0x80000001, 0xbfffffff,
		0xc0000000, 0xfffffffe, 0xffffffff,
	};

	return edges[below(ARRAY_SIZE(edges))] + (below(4) ? 0 : below(3) - 1);
}

static struct bpf_prog *compile(struct kunit *test, const struct bpf_insn *insns,
				unsigned int len)
{
	struct bpf_prog *prog = bpf_prog_alloc(bpf_prog_size(len), 0);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, prog);
	prog->len = len;
	prog->type = BPF_PROG_TYPE_SECCOMP;
	memcpy(prog->insnsi, insns, len * sizeof(*insns));
	prog->aux->stack_depth = MAX_BPF_STACK;
	prog = bpf_prog_select_runtime(prog, &err);
	KUNIT_ASSERT_EQ(test, err, 0);
	return prog;
}

static u32 run(const struct bpf_prog *prog, u32 nr)
{
	struct seccomp_data sd = { .nr = nr, .arch = ARCH };

	sd.instruction_pointer = edge();
	for (int i = 0; i < ARRAY_SIZE(sd.args); i++)
		sd.args[i] = edge() | (u64)edge() << 32;
	return bpf_prog_run_pin_on_cpu(prog, &sd);
}

/* Functions are here numbered by the calls of them. */
static void add_called(struct seccomp_probe *p, const struct bpf_insn *insns, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++) {
		if (insns[i].code == (BPF_JMP | BPF_CALL))
			seccomp_probe_add_function(p, i + insns[i].imm + 1);
	}
}

static struct seccomp_verdict probe(struct kunit *test, const struct bpf_insn *insns,
				    unsigned int len, u32 first, u32 last)
{
	struct seccomp_space space = { .arch = ARCH, .first = first, .last = last, .whole = true };
	struct seccomp_probe *p = seccomp_probe_alloc(insns, len);
	struct seccomp_verdict verdict;

	KUNIT_ASSERT_NOT_NULL(test, p);
	add_called(p, insns, len);
	KUNIT_EXPECT_EQ(test, seccomp_probe_verdicts(p, &space, &verdict), 0);
	seccomp_probe_free(p);
	return verdict;
}

#define EXPECT_CONSTANT(test, first, last, value, ...)			\
do {									\
	static const struct bpf_insn insns[] = { __VA_ARGS__ };		\
	struct seccomp_verdict v = probe(test, insns, ARRAY_SIZE(insns), first, last); \
									\
	KUNIT_EXPECT_TRUE(test, v.constant);				\
	KUNIT_EXPECT_EQ(test, v.ret, value);				\
} while (0)

#define EXPECT_OPEN(test, first, last, ...)				\
do {									\
	static const struct bpf_insn insns[] = { __VA_ARGS__ };		\
	struct seccomp_verdict v = probe(test, insns, ARRAY_SIZE(insns), first, last); \
									\
	KUNIT_EXPECT_FALSE(test, v.constant);				\
} while (0)

/* What a program says for the numbers around @nr equals what runs of it return. */
static unsigned int compare(struct kunit *test, const struct bpf_insn *insns, unsigned int len,
			    const struct bpf_prog *prog, u32 nr)
{
	u32 first = nr < 8 ? 0 : nr - 8, last = first > U32_MAX - 16 ? U32_MAX : first + 16;
	struct seccomp_space space = { .arch = ARCH, .first = first, .last = last };
	struct seccomp_probe *p = seccomp_probe_alloc(insns, len);
	struct seccomp_verdict v[17], whole;
	unsigned int constant = 0;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, seccomp_probe_verdicts(p, &space, v), 0);
	for (u64 i = first; i <= last; i++) {
		if (!v[i - first].constant)
			continue;
		constant++;
		for (int k = 0; k < 3; k++)
			KUNIT_EXPECT_EQ_MSG(test, v[i - first].ret, run(prog, i), "number %llu", i);
	}

	/* And for as many as a range may have. */
	space.first = nr;
	space.last = nr < U32_MAX - 100000 ? nr + 100000 : U32_MAX;
	space.whole = true;
	KUNIT_EXPECT_EQ(test, seccomp_probe_verdicts(p, &space, &whole), 0);
	seccomp_probe_free(p);
	if (!whole.constant)
		return constant;
	for (int k = 0; k < 8; k++)
		KUNIT_EXPECT_EQ(test, whole.ret,
				run(prog, space.first + below(space.last - space.first + 1)));
	KUNIT_EXPECT_EQ(test, whole.ret, run(prog, space.last));
	return constant + 1;
}

static unsigned int compare_around(struct kunit *test, const struct bpf_insn *insns,
				   unsigned int len, unsigned int times)
{
	struct bpf_prog *prog = compile(test, insns, len);
	unsigned int constant = 0;

	while (times--)
		constant += compare(test, insns, len, prog, edge());
	bpf_prog_free(prog);
	return constant;
}

static const u8 conditions[] = {
	BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE,
	BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET,
};

/* Every comparison of the number with a constant, wide or not, on either side. */
static void test_conditions(struct kunit *test)
{
	for (int i = 0; i < ARRAY_SIZE(conditions) * 4 * 2; i++) {
		u8 op = conditions[i % ARRAY_SIZE(conditions)];
		unsigned int kind = i / ARRAY_SIZE(conditions) % 4;
		s32 c = edge();
		struct bpf_insn insns[] = {
			LOAD_NR(BPF_REG_2),
			BPF_MOV64_IMM(BPF_REG_3, c),
			BPF_MOV32_IMM(BPF_REG_0, 1),
			kind == 0 ? BPF_JMP_IMM(op, BPF_REG_2, c, 1) :
			kind == 1 ? BPF_JMP32_IMM(op, BPF_REG_2, c, 1) :
			kind == 2 ? BPF_JMP_REG(op, BPF_REG_3, BPF_REG_2, 1) :
				    BPF_JMP32_REG(op, BPF_REG_2, BPF_REG_3, 1),
			BPF_MOV32_IMM(BPF_REG_0, 2),
			BPF_EXIT_INSN(),
		};
		unsigned int constant = compare_around(test, insns, ARRAY_SIZE(insns), 4);

		/* Nothing else is asked, so each number has a verdict. */
		KUNIT_EXPECT_TRUE(test, constant >= 4 * 9);
	}
}

/* Every operation on random values. */
static void test_arithmetic(struct kunit *test)
{
	static const u8 ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH,
		BPF_DIV, BPF_MOD, BPF_MOV, BPF_NEG, BPF_END,
	};

	for (int i = 0; i < ARRAY_SIZE(ops) * 2 * 8; i++) {
		u8 op = ops[i % ARRAY_SIZE(ops)], class = i & 16 ? BPF_ALU : BPF_ALU64;
		struct bpf_insn insn = { .code = class | op, .dst_reg = BPF_REG_2 };
		bool shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
		u64 a = edge() | (u64)edge() << 32, b = edge() | (u64)edge() << 32;
		static const s16 extensions[] = { 0, 8, 16, 32 };

		if (shift)
			b = below(class == BPF_ALU ? 32 : 64);
		if (op == BPF_END) {
			insn.code |= class == BPF_ALU && below(2) ? BPF_TO_BE : BPF_TO_LE;
			insn.imm = 16 << below(3);
		} else if (op != BPF_NEG && below(2)) {
			insn.code |= BPF_X;
			insn.src_reg = BPF_REG_3;
			if (op == BPF_MOV)
				insn.off = extensions[below(class == BPF_ALU ? 3 : 4)];
		} else if (op != BPF_NEG) {
			insn.imm = b;
			if ((op == BPF_DIV || op == BPF_MOD) && !insn.imm)
				insn.imm = 3;
		}
		if (op == BPF_DIV || op == BPF_MOD) {
			/* What the verifier does not leave to the machine. */
			if (!(u32)b || (u32)b == U32_MAX)
				b = 7;
			if (insn.imm == -1)
				insn.imm = 5;
			insn.off = below(2);
		}

		struct bpf_insn insns[] = {
			BPF_LD_IMM64(BPF_REG_2, a),
			BPF_LD_IMM64(BPF_REG_3, b),
			insn,
			BPF_MOV64_REG(BPF_REG_0, BPF_REG_2),
			BPF_ALU64_IMM(BPF_RSH, BPF_REG_2, 32),
			BPF_ALU64_REG(BPF_XOR, BPF_REG_0, BPF_REG_2),
			BPF_EXIT_INSN(),
		};
		struct bpf_prog *prog = compile(test, insns, ARRAY_SIZE(insns));
		struct seccomp_verdict v = probe(test, insns, ARRAY_SIZE(insns), 0, U32_MAX);

		KUNIT_EXPECT_TRUE(test, v.constant);
		KUNIT_EXPECT_EQ_MSG(test, v.ret, run(prog, 0),
				    "code %#x off %d imm %d a %#llx b %#llx",
				    insn.code, insn.off, insn.imm, a, b);
		bpf_prog_free(prog);
	}
}

#define STACK_BYTES	32
#define RANDOM_INSNS	40
/* User-mode Linux takes seconds for what takes a guest minutes. */
#define RANDOM_PROGRAMS	(IS_ENABLED(CONFIG_UML) ? 20000 : 200)

static struct bpf_insn random_alu(void)
{
	static const u8 ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_XOR, BPF_MOV, BPF_MOV, BPF_MOV,
	};
	u8 op = ops[below(ARRAY_SIZE(ops))], class = below(2) ? BPF_ALU : BPF_ALU64;
	u8 dst = below(6), src = below(10);

	if (src == BPF_REG_6)		/* the context */
		src = BPF_REG_7;
	if (below(2))
		return BPF_RAW_INSN(class | op | BPF_K, dst, 0, 0, edge());
	return BPF_RAW_INSN(class | op | BPF_X, dst, src, 0, 0);
}

static struct bpf_insn random_memory(void)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	unsigned int log = below(4), bytes = 1 << log;
	s16 off = -(s16)STACK_BYTES + below(STACK_BYTES / bytes) * bytes;
	u8 reg = below(3) ? below(6) : BPF_REG_7 + below(3);

	switch (below(6)) {
	case 0:
		return BPF_ST_MEM(sizes[log], BPF_REG_10, off, edge());
	case 1:
	case 2:
		return BPF_STX_MEM(sizes[log], BPF_REG_10, reg, off);
	case 3:
		if (log < 3)
			return BPF_LDX_MEMSX(sizes[log], below(6), BPF_REG_10, off);
		fallthrough;
	case 4:
		return BPF_LDX_MEM(sizes[log], below(6), BPF_REG_10, off);
	default:
		/* Mostly what is known of the context. */
		off = below(4) ? below(8 / bytes) * bytes : below(64 / bytes) * bytes;
		if (bytes == 8 && !off)
			off = 8;
		return BPF_LDX_MEM(sizes[log], below(6), BPF_REG_6, off);
	}
}

/* Decide something, and mostly by the number. */
static struct bpf_insn random_jump(unsigned int left)
{
	u8 op = conditions[below(ARRAY_SIZE(conditions))], class = below(2) ? BPF_JMP : BPF_JMP32;
	u8 reg = below(2) ? BPF_REG_7 : below(4) ? below(6) : BPF_REG_8 + below(2);
	s16 off = below(min(left, 8));

	if (below(3))
		return (struct bpf_insn){ .code = class | op | BPF_K, .dst_reg = reg, .off = off,
					  .imm = edge() };
	return (struct bpf_insn){ .code = class | op | BPF_X, .dst_reg = reg, .off = off,
				  .src_reg = below(6) };
}

static unsigned int random_program(struct bpf_insn *insn)
{
	struct bpf_insn *first = insn;

	*insn++ = BPF_MOV64_REG(BPF_REG_6, BPF_REG_1);
	*insn++ = LOAD_NR(BPF_REG_7);
	*insn++ = BPF_LDX_MEM(BPF_W, BPF_REG_8, BPF_REG_1, FIELD(arch));
	*insn++ = LOAD_ARG(BPF_REG_9);
	for (int i = BPF_REG_0; i < BPF_REG_6; i++)
		*insn++ = below(3) ? BPF_MOV64_IMM(i, edge()) : BPF_MOV64_REG(i, BPF_REG_7);
	for (int i = 0; i < STACK_BYTES; i += 8)
		*insn++ = BPF_ST_MEM(BPF_DW, BPF_REG_10, i - STACK_BYTES, edge());
	for (int left = RANDOM_INSNS; left--;) {
		switch (below(4)) {
		case 0:
			*insn++ = random_alu();
			break;
		case 1:
			*insn++ = random_memory();
			break;
		default:
			*insn++ = left ? random_jump(left) : random_alu();
		}
	}
	*insn++ = BPF_EXIT_INSN();
	return insn - first;
}

static void test_random(struct kunit *test)
{
	struct bpf_insn *insns = kunit_kmalloc_array(test, 100, sizeof(*insns), GFP_KERNEL);
	unsigned int constant = 0;

	KUNIT_ASSERT_NOT_NULL(test, insns);
	for (int i = 0; i < RANDOM_PROGRAMS; i++) {
		unsigned int len = random_program(insns);

		constant += compare_around(test, insns, len, 4);
	}
	/* Else nothing was compared. */
	KUNIT_EXPECT_GT(test, constant, 10 * RANDOM_PROGRAMS);
	kunit_info(test, "%u verdicts compared", constant);
}

/* Loaded is not asked. */
static void test_arguments(struct kunit *test)
{
	EXPECT_CONSTANT(test, 0, U32_MAX, 7, LOAD_ARG(BPF_REG_2), RET(7));
	EXPECT_CONSTANT(test, 0, U32_MAX, 7, LOAD_ARG(BPF_REG_2),
			BPF_STX_MEM(BPF_DW, BPF_REG_10, BPF_REG_2, -8), RET(7));
	EXPECT_OPEN(test, 0, 0, LOAD_ARG(BPF_REG_0), BPF_EXIT_INSN());
	EXPECT_OPEN(test, 0, 0, LOAD_ARG(BPF_REG_2), BPF_JMP_IMM(BPF_JEQ, BPF_REG_2, 0, 2),
		    RET(1), RET(2));
	EXPECT_OPEN(test, 0, 0, BPF_LDX_MEM(BPF_B, BPF_REG_0, BPF_REG_1,
					    FIELD(instruction_pointer)), BPF_EXIT_INSN());
	/* A byte of an argument in a known word. */
	EXPECT_OPEN(test, 0, 0, LOAD_ARG(BPF_REG_2), BPF_ST_MEM(BPF_DW, BPF_REG_10, -8, 0),
		    BPF_STX_MEM(BPF_B, BPF_REG_10, BPF_REG_2, -4),
		    BPF_LDX_MEM(BPF_DW, BPF_REG_0, BPF_REG_10, -8), BPF_EXIT_INSN());
	/* Where it was not written. */
	EXPECT_OPEN(test, 0, 0, BPF_LDX_MEM(BPF_DW, BPF_REG_0, BPF_REG_10, -8), BPF_EXIT_INSN());
}

/* A range has one verdict, or none. */
static void test_ranges(struct kunit *test)
{
#define BRANCH(op, c)	LOAD_NR(BPF_REG_2), BPF_JMP_IMM(op, BPF_REG_2, c, 2), RET(1), RET(2)
	EXPECT_CONSTANT(test, 0, 40, 1, BRANCH(BPF_JEQ, 41));
	EXPECT_CONSTANT(test, 41, 41, 2, BRANCH(BPF_JEQ, 41));
	EXPECT_CONSTANT(test, 42, U32_MAX, 1, BRANCH(BPF_JEQ, 41));
	EXPECT_OPEN(test, 0, 41, BRANCH(BPF_JEQ, 41));
	EXPECT_OPEN(test, 41, 42, BRANCH(BPF_JEQ, 41));
	EXPECT_OPEN(test, 0, U32_MAX, BRANCH(BPF_JEQ, 41));
	EXPECT_CONSTANT(test, 0x40000000, 0x7fffffff, 2, BRANCH(BPF_JSET, 0x40000000));
	EXPECT_CONSTANT(test, 0x80000000, 0xbfffffff, 1, BRANCH(BPF_JSET, 0x40000000));
	EXPECT_OPEN(test, 0x40000000, 0x80000000, BRANCH(BPF_JSET, 0x40000000));
	/* All numbers, in pieces that say the same. */
	EXPECT_CONSTANT(test, 0, U32_MAX, 1, LOAD_NR(BPF_REG_2),
			BPF_JMP_IMM(BPF_JEQ, BPF_REG_2, 41, 2), RET(1), RET(1));
	/* The number as verdict is not the same one for two numbers. */
	EXPECT_CONSTANT(test, 41, 41, 41, LOAD_NR(BPF_REG_0), BPF_EXIT_INSN());
	EXPECT_OPEN(test, 41, 42, LOAD_NR(BPF_REG_0), BPF_EXIT_INSN());
	/* Kept on the stack, it still is the number. */
	EXPECT_CONSTANT(test, 42, U32_MAX, 1, LOAD_NR(BPF_REG_3),
			BPF_STX_MEM(BPF_DW, BPF_REG_10, BPF_REG_3, -8),
			BPF_LDX_MEM(BPF_DW, BPF_REG_2, BPF_REG_10, -8),
			BPF_JMP_IMM(BPF_JEQ, BPF_REG_2, 41, 2), RET(1), RET(2));
	/* A part of it is not. */
	EXPECT_OPEN(test, 0, U32_MAX, BPF_LDX_MEM(BPF_B, BPF_REG_2, BPF_REG_1, FIELD(nr)),
		    BPF_JMP_IMM(BPF_JEQ, BPF_REG_2, 41, 2), RET(1), RET(2));
#undef BRANCH
}

/* Addresses say nothing. */
static void test_addresses(struct kunit *test)
{
	EXPECT_OPEN(test, 0, 0, BPF_MOV64_REG(BPF_REG_0, BPF_REG_1), BPF_EXIT_INSN());
	EXPECT_OPEN(test, 0, 0, BPF_MOV32_REG(BPF_REG_0, BPF_REG_10), BPF_EXIT_INSN());
	EXPECT_OPEN(test, 0, 0, BPF_JMP_IMM(BPF_JEQ, BPF_REG_1, 0, 2), RET(1), RET(2));
	EXPECT_OPEN(test, 0, 0, BPF_JMP_REG(BPF_JGT, BPF_REG_1, BPF_REG_10, 2), RET(1), RET(2));
	EXPECT_OPEN(test, 0, 0, BPF_STX_MEM(BPF_DW, BPF_REG_10, BPF_REG_1, -8),
		    BPF_LDX_MEM(BPF_W, BPF_REG_0, BPF_REG_10, -8), BPF_EXIT_INSN());
	/* But they come back from the stack, and can be moved. */
	EXPECT_CONSTANT(test, 41, 41, 41, BPF_STX_MEM(BPF_DW, BPF_REG_10, BPF_REG_1, -8),
			BPF_LDX_MEM(BPF_DW, BPF_REG_2, BPF_REG_10, -8),
			BPF_ALU64_IMM(BPF_ADD, BPF_REG_2, 8),
			BPF_LDX_MEM(BPF_W, BPF_REG_0, BPF_REG_2, -8), BPF_EXIT_INSN());
	/* Out of the context, out of the stack, across its end. */
	EXPECT_OPEN(test, 0, 0, BPF_LDX_MEM(BPF_W, BPF_REG_0, BPF_REG_1, 64), BPF_EXIT_INSN());
	EXPECT_OPEN(test, 0, 0, BPF_LDX_MEM(BPF_W, BPF_REG_0, BPF_REG_1, -4), BPF_EXIT_INSN());
	EXPECT_OPEN(test, 0, 0, BPF_ST_MEM(BPF_DW, BPF_REG_10, 0, 1), RET(1));
	EXPECT_OPEN(test, 0, 0, BPF_ST_MEM(BPF_DW, BPF_REG_10, -MAX_BPF_STACK - 8, 1), RET(1));
	EXPECT_OPEN(test, 0, 0, BPF_ST_MEM(BPF_DW, BPF_REG_10, -4, 1), RET(1));
	EXPECT_OPEN(test, 0, 0, BPF_ST_MEM(BPF_W, BPF_REG_1, 0, 1), RET(1));
}

/* A call of what is @to instructions further, function @index of the program. */
#define CALL_OF(index, to)						\
	BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, index, to)

/* Functions have a stack each, and give back what a call keeps. */
static void test_calls(struct kunit *test)
{
#define CALL(to)	CALL_OF(0, to)
	EXPECT_CONSTANT(test, 5, 5, 5 + 3, LOAD_NR(BPF_REG_6),
			BPF_ST_MEM(BPF_DW, BPF_REG_10, -8, 3), CALL(3),
			BPF_LDX_MEM(BPF_DW, BPF_REG_0, BPF_REG_10, -8),
			BPF_ALU64_REG(BPF_ADD, BPF_REG_0, BPF_REG_6), BPF_EXIT_INSN(),
			/* a function */
			BPF_MOV64_IMM(BPF_REG_6, 99), BPF_ST_MEM(BPF_DW, BPF_REG_10, -8, 99),
			RET(0));
	/* It writes to its caller's stack, */
	EXPECT_CONSTANT(test, 5, 5, 99, BPF_ST_MEM(BPF_DW, BPF_REG_10, -8, 3),
			BPF_MOV64_REG(BPF_REG_1, BPF_REG_10), CALL(2),
			BPF_LDX_MEM(BPF_DW, BPF_REG_0, BPF_REG_10, -8), BPF_EXIT_INSN(),
			BPF_ST_MEM(BPF_DW, BPF_REG_1, -8, 99), RET(0));
	/* nobody reads that of one that has returned, nor finds it in the next, */
	EXPECT_OPEN(test, 5, 5, CALL(2), BPF_LDX_MEM(BPF_DW, BPF_REG_0, BPF_REG_0, -8),
		    BPF_EXIT_INSN(), BPF_ST_MEM(BPF_DW, BPF_REG_10, -8, 99),
		    BPF_MOV64_REG(BPF_REG_0, BPF_REG_10), BPF_EXIT_INSN());
	EXPECT_OPEN(test, 5, 5, CALL_OF(0, 3), CALL_OF(1, 4), BPF_EXIT_INSN(), BPF_EXIT_INSN(),
		    BPF_ST_MEM(BPF_DW, BPF_REG_10, -8, 99), BPF_EXIT_INSN(),
		    BPF_LDX_MEM(BPF_DW, BPF_REG_0, BPF_REG_10, -8), BPF_EXIT_INSN());
	/* and its arguments are gone. */
	EXPECT_OPEN(test, 5, 5, BPF_MOV64_IMM(BPF_REG_3, 1), CALL(2),
		    BPF_MOV64_REG(BPF_REG_0, BPF_REG_3), BPF_EXIT_INSN(), RET(0));
	/* A helper is not known, and nothing goes on for ever. */
	EXPECT_OPEN(test, 5, 5, BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, 0, 0, 1), RET(0));
	EXPECT_OPEN(test, 5, 5, CALL(-1), RET(0));
	EXPECT_OPEN(test, 5, 5, BPF_JMP_A(-1));
#undef CALL
}

/* What a program with two functions and call @call returns, if that is known. */
static struct seccomp_verdict probe_call(struct kunit *test, struct bpf_insn call,
					 unsigned int functions)
{
	const struct bpf_insn insns[] = {
		call, BPF_EXIT_INSN(), RET(1), RET(2),
	};
	struct seccomp_space space = { .arch = ARCH, .last = U32_MAX, .whole = true };
	struct seccomp_probe *p = seccomp_probe_alloc(insns, ARRAY_SIZE(insns));
	struct seccomp_verdict verdict;

	KUNIT_ASSERT_NOT_NULL(test, p);
	for (unsigned int i = 0; i < functions; i++)
		seccomp_probe_add_function(p, 2 * i);
	KUNIT_EXPECT_EQ(test, seccomp_probe_verdicts(p, &space, &verdict), 0);
	seccomp_probe_free(p);
	return verdict;
}

/* A call is followed to the function that it names, where that begins. */
static void test_targets(struct kunit *test)
{
	struct bpf_insn call = CALL_OF(1, 1);
	struct seccomp_verdict v;

	for (int index = -3; index < 6; index++) {
		for (int to = -3; to < 8; to++) {
			bool right = (index == 1 && to == 1) || (index == 2 && to == 3);

			v = probe_call(test, CALL_OF(index, to), 3);
			KUNIT_EXPECT_EQ_MSG(test, v.constant, right, "index %d, to %d", index, to);
			if (right)
				KUNIT_EXPECT_EQ(test, v.ret, index);
		}
	}
	/* Function 2 is not known, or none is. */
	KUNIT_EXPECT_TRUE(test, probe_call(test, call, 2).constant);
	call = CALL_OF(2, 3);
	KUNIT_EXPECT_FALSE(test, probe_call(test, call, 2).constant);
	KUNIT_EXPECT_FALSE(test, probe_call(test, call, 0).constant);
	/* As the interpreter has it. */
	call.code = BPF_JMP | BPF_CALL_ARGS;
	KUNIT_EXPECT_FALSE(test, probe_call(test, call, 3).constant);
	/* More than there can be. */
	call = CALL_OF(1, 1);
	KUNIT_EXPECT_TRUE(test, probe_call(test, call, 10000).constant);
}

static void expect_pure(struct kunit *test, bool is, const struct bpf_insn *insns,
			unsigned int len)
{
	KUNIT_EXPECT_EQ_MSG(test, is, seccomp_probe_is_pure(insns, len), "{ %#x, %u, %u, %d, %#x }",
			    insns->code, insns->dst_reg, insns->src_reg, insns->off, insns->imm);
}

#define EXPECT_PURE(test, is, ...)					\
do {									\
	static const struct bpf_insn insns[] = { __VA_ARGS__ };		\
									\
	expect_pure(test, is, insns, ARRAY_SIZE(insns));		\
} while (0)

/* What each instruction may be in. Every code is tried by probe_random_test. */
static void test_purity(struct kunit *test)
{
	EXPECT_PURE(test, true, LOAD_ARG(BPF_REG_2), BPF_ST_NOSPEC(), RET(1));
	EXPECT_PURE(test, true, BPF_LD_IMM64(BPF_REG_0, 1ULL << 40), CALL_OF(1, 1));
	EXPECT_PURE(test, true, BPF_RAW_INSN(BPF_JMP | BPF_CALL_ARGS, 0, BPF_PSEUDO_CALL, 0, 1));
	EXPECT_PURE(test, true, BPF_STX_MEM(BPF_DW, BPF_REG_10, BPF_REG_AX, -8));
	/* Constants that are none, or have no second half. */
	EXPECT_PURE(test, false, BPF_LD_IMM64_RAW(BPF_REG_0, BPF_PSEUDO_MAP_FD, 1));
	EXPECT_PURE(test, false, BPF_LD_IMM64_RAW(BPF_REG_0, BPF_PSEUDO_BTF_ID, 1));
	EXPECT_PURE(test, false, BPF_LD_IMM64_RAW(BPF_REG_0, BPF_PSEUDO_FUNC, 1));
	EXPECT_PURE(test, false, BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 1));
	EXPECT_PURE(test, false, BPF_RAW_INSN(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 1), RET(1));
	/* Helpers, kfuncs, tail calls, computed jumps. */
	EXPECT_PURE(test, false, BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, 0, 0, 1));
	EXPECT_PURE(test, false, BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 1));
	EXPECT_PURE(test, false, BPF_RAW_INSN(BPF_JMP | BPF_TAIL_CALL, 0, 0, 0, 0));
	EXPECT_PURE(test, false, BPF_RAW_INSN(BPF_JMP | BPF_CALL | BPF_X, 0, 1, 1, 1));
	EXPECT_PURE(test, false, BPF_RAW_INSN(BPF_JMP | BPF_JA | BPF_X, 0, 0, 0, 0));
	/* May_goto as it is written, and as its count is kept. */
	EXPECT_PURE(test, false, BPF_RAW_INSN(BPF_JMP | BPF_JCOND, 0, BPF_MAY_GOTO, 1, 0));
	EXPECT_PURE(test, false, BPF_LDX_MEM(BPF_DW, BPF_REG_AX, BPF_REG_10, -8));
	/* Atomic operations, memory that faults, arguments on the stack, a CPU's own memory. */
	EXPECT_PURE(test, false, BPF_ATOMIC_OP(BPF_DW, BPF_ADD, BPF_REG_10, BPF_REG_0, -8));
	EXPECT_PURE(test, false, BPF_RAW_INSN(BPF_LDX | BPF_PROBE_MEM | BPF_W, 0, 1, 0, 0));
	EXPECT_PURE(test, false, BPF_RAW_INSN(BPF_ST | BPF_PROBE_MEM32 | BPF_W, 0, 1, 0, 0));
	EXPECT_PURE(test, false, BPF_LDX_MEM(BPF_DW, BPF_REG_0, BPF_REG_PARAMS, 8));
	EXPECT_PURE(test, false, BPF_STX_MEM(BPF_DW, BPF_REG_PARAMS, BPF_REG_0, -8));
	EXPECT_PURE(test, false, BPF_MOV64_PERCPU_REG(BPF_REG_0, BPF_REG_1));
	EXPECT_PURE(test, false, BPF_RAW_INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 1,
					      BPF_ADDR_SPACE_CAST, 1));
	/* Registers that there are not. */
	EXPECT_PURE(test, false, BPF_MOV64_IMM(MAX_BPF_EXT_REG, 1));
	EXPECT_PURE(test, false, BPF_MOV64_REG(BPF_REG_0, 15));
	/* Anywhere. */
	EXPECT_PURE(test, false, RET(1), BPF_RAW_INSN(BPF_JMP | BPF_TAIL_CALL, 0, 0, 0, 0));
}

/*
 * A program that is too long for the path is not looked at: it is kept as one that
 * has to run, though its verdict is plain. Attaching it fails.
 */
static void test_length(struct kunit *test)
{
	const struct bpf_insn insns[] = { RET(7) };

	for (int fits = 0; fits < 2; fits++) {
		struct bpf_prog *prog = compile(test, insns, ARRAY_SIZE(insns));
		const struct seccomp_answer *answer;
		struct seccomp_program *program;

		/* One for the filter and one that stays here. */
		atomic64_set(&prog->aux->refcnt, 2);
		program = seccomp_ebpf_program(prog, fits);
		KUNIT_ASSERT_FALSE(test, IS_ERR(program));
		KUNIT_EXPECT_EQ(test, program->stateful, !fits);
		answer = seccomp_program_answer(program, SECCOMP_SLOT_NATIVE);
		KUNIT_EXPECT_PTR_EQ(test, answer->prog, fits ? NULL : prog);
		KUNIT_EXPECT_EQ(test, program->path_insns, prog->len);
		seccomp_program_put(program);
		KUNIT_EXPECT_EQ(test, atomic64_read(&prog->aux->refcnt), 1);
		bpf_prog_free(prog);
	}
}

/* What a bit test of many numbers costs, it is charged for. */
static void test_charge(struct kunit *test)
{
	const unsigned int len = 4000;
	struct bpf_insn *insns = kunit_kmalloc_array(test, len + 3, sizeof(*insns), GFP_KERNEL);
	struct seccomp_space space = { .arch = ARCH, .first = 0, .last = 470 };
	struct seccomp_verdict *v = kunit_kmalloc_array(test, 471, sizeof(*v), GFP_KERNEL);
	struct seccomp_probe *p;

	KUNIT_ASSERT_NOT_NULL(test, insns);
	KUNIT_ASSERT_NOT_NULL(test, v);
	insns[0] = LOAD_NR(BPF_REG_2);
	for (unsigned int i = 1; i <= len; i++)
		insns[i] = BPF_JMP_IMM(BPF_JSET, BPF_REG_2, 1, 0);
	insns[len + 1] = BPF_MOV32_IMM(BPF_REG_0, 1);
	insns[len + 2] = BPF_EXIT_INSN();
	p = seccomp_probe_alloc(insns, len + 3);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, seccomp_probe_verdicts(p, &space, v), 0);
	KUNIT_EXPECT_FALSE(test, v[470].constant);
	seccomp_probe_free(p);
}

/* A loop that takes too long costs its own numbers their verdict, not others. */
static void test_bound(struct kunit *test)
{
	const struct bpf_insn insns[] = {
		LOAD_NR(BPF_REG_2),
		BPF_JMP_IMM(BPF_JGT, BPF_REG_2, 4, 4),
		BPF_MOV64_IMM(BPF_REG_3, 1000000),
		BPF_ALU64_IMM(BPF_SUB, BPF_REG_3, 1),
		BPF_JMP_IMM(BPF_JNE, BPF_REG_3, 0, -2),
		BPF_JMP_A(0),
		RET(3),
	};
	struct seccomp_space space = { .arch = ARCH, .first = 0, .last = 20 };
	struct seccomp_probe *p = seccomp_probe_alloc(insns, ARRAY_SIZE(insns));
	struct seccomp_verdict v[21];
	int times = 0;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, seccomp_probe_verdicts(p, &space, v), 0);
	for (int nr = 0; nr <= 20; nr++)
		KUNIT_EXPECT_EQ(test, v[nr].constant, nr > 4);

	/* Until all steps are spent. */
	do
		KUNIT_EXPECT_EQ(test, seccomp_probe_verdicts(p, &space, v), 0);
	while (v[20].constant && times++ < 1000);
	KUNIT_EXPECT_FALSE(test, v[20].constant);
	KUNIT_EXPECT_TRUE(test, times > 8 && times < 100);
	seccomp_probe_free(p);
}

static struct kunit_case probe_cases[] = {
	KUNIT_CASE(test_conditions),
	KUNIT_CASE(test_arithmetic),
	KUNIT_CASE_SLOW(test_random),
	KUNIT_CASE(test_arguments),
	KUNIT_CASE(test_ranges),
	KUNIT_CASE(test_addresses),
	KUNIT_CASE(test_calls),
	KUNIT_CASE(test_targets),
	KUNIT_CASE(test_purity),
	KUNIT_CASE(test_length),
	KUNIT_CASE(test_charge),
	KUNIT_CASE(test_bound),
	{ }
};

static int probe_init(struct kunit *test)
{
	prandom_seed_state(&rnd, 0x5eccc0de);
	return 0;
}

static struct kunit_suite probe_suite = {
	.name = "seccomp_probe",
	.init = probe_init,
	.test_cases = probe_cases,
};

kunit_test_suite(probe_suite);

MODULE_DESCRIPTION("KUnit tests of probing eBPF seccomp programs");
MODULE_LICENSE("GPL");
