// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of the analysis of filters: one case for each thing it must know */

#include <kunit/test.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/limits.h>
#include <linux/seccomp.h>
#include <linux/types.h>

#include "analyze.h"

#define ARCH		AUDIT_ARCH_X86_64
#define OTHER_ARCH	AUDIT_ARCH_I386
#define X32		0x40000000U

#define NUMBERS		500

#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_NR		LOAD(nr)
#define LOAD_ARCH	LOAD(arch)
#define LOAD_ARG	LOAD(args[0])
#define RET(k)		BPF_STMT(BPF_RET | BPF_K, k)
#define RET_A		BPF_STMT(BPF_RET | BPF_A, 0)
#define JUMP(op, k, jt, jf)	BPF_JUMP(BPF_JMP | (op) | BPF_K, k, jt, jf)
#define JUMP_X(op, jt, jf)	BPF_JUMP(BPF_JMP | (op) | BPF_X, 0, jt, jf)
#define ALU(op, k)	BPF_STMT(BPF_ALU | (op) | BPF_K, k)
#define ALU_X(op)	BPF_STMT(BPF_ALU | (op) | BPF_X, 0)
#define TAX		BPF_STMT(BPF_MISC | BPF_TAX, 0)
#define TXA		BPF_STMT(BPF_MISC | BPF_TXA, 0)

#define ALLOW		SECCOMP_RET_ALLOW
#define DENY		(SECCOMP_RET_ERRNO | 1)

/* What a filter returns for a number; for nothing else if it is in no table. */
struct expectation {
	u32 arch;
	u32 nr;
	bool constant;
	u32 ret;
};

#define IS(nr, ret)	{ ARCH, nr, true, ret }
#define VARIES(nr)	{ ARCH, nr, false, 0 }

static struct seccomp_verdict verdicts[NUMBERS];

static void analyze(struct kunit *test, const struct sock_filter *insns, unsigned int len,
		    u32 arch, u32 first, u32 last, bool whole)
{
	struct seccomp_space space = { .arch = arch, .first = first, .last = last, .whole = whole };
	struct seccomp_analyzer *an = seccomp_analyzer_alloc(insns, len);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, an);
	err = seccomp_analyze(an, &space, verdicts);
	seccomp_analyzer_free(an);
	KUNIT_ASSERT_EQ(test, err, 0);
}

/* Ask for the number in its table, alone, and (if in none) by itself. */
static void expect_one(struct kunit *test, const struct sock_filter *insns, unsigned int len,
		       const struct expectation *e)
{
	u32 first = e->nr & X32, i = e->nr - first;

	if (i < NUMBERS) {
		analyze(test, insns, len, e->arch, first, first + NUMBERS - 1, false);
		KUNIT_ASSERT_EQ_MSG(test, verdicts[i].constant, e->constant, "number %x", e->nr);
		if (e->constant)
			KUNIT_ASSERT_EQ_MSG(test, verdicts[i].ret, e->ret, "number %x", e->nr);
	}
	for (int whole = 0; whole < 2; whole++) {
		analyze(test, insns, len, e->arch, e->nr, e->nr, whole);
		KUNIT_ASSERT_EQ_MSG(test, verdicts[0].constant, e->constant, "number %x", e->nr);
		if (e->constant)
			KUNIT_ASSERT_EQ_MSG(test, verdicts[0].ret, e->ret, "number %x", e->nr);
	}
}

#define EXPECT(test, insns, ...)					\
	do {								\
		static const struct expectation e_[] = { __VA_ARGS__ };	\
									\
		for (size_t i_ = 0; i_ < ARRAY_SIZE(e_); i_++)		\
			expect_one(test, insns, ARRAY_SIZE(insns), &e_[i_]); \
	} while (0)

/* All numbers of a range at once. */
static void expect_range(struct kunit *test, const struct sock_filter *insns, unsigned int len,
			 u32 first, u32 last, bool constant, u32 ret)
{
	analyze(test, insns, len, ARCH, first, last, true);
	KUNIT_ASSERT_EQ(test, verdicts[0].constant, constant);
	if (constant)
		KUNIT_ASSERT_EQ(test, verdicts[0].ret, ret);
}

static void test_constant(struct kunit *test)
{
	static const struct sock_filter all[] = { RET(0x12345678) };
	static const struct sock_filter arch[] = {
		LOAD_ARCH, JUMP(BPF_JEQ, ARCH, 0, 1), RET(ALLOW), RET(DENY),
	};

	EXPECT(test, all, IS(0, 0x12345678), IS(499, 0x12345678), IS(U32_MAX, 0x12345678));
	EXPECT(test, arch, IS(0, ALLOW), IS(X32, ALLOW), { OTHER_ARCH, 0, true, DENY });
}

static void test_number(struct kunit *test)
{
	static const struct sock_filter eq[] = {
		LOAD_NR, JUMP(BPF_JEQ, 7, 1, 0), RET(ALLOW), RET(DENY),
	};
	static const struct sock_filter ge[] = {
		LOAD_NR, JUMP(BPF_JGE, 100, 1, 0), RET(ALLOW), RET(DENY),
	};
	static const struct sock_filter gt[] = {
		LOAD_NR, JUMP(BPF_JGT, 100, 1, 0), RET(ALLOW), RET(DENY),
	};
	static const struct sock_filter set[] = {
		LOAD_NR, JUMP(BPF_JSET, 0x11, 1, 0), RET(ALLOW), RET(DENY),
	};
	static const struct sock_filter x32[] = {
		LOAD_NR, JUMP(BPF_JSET, X32, 1, 0), RET(ALLOW), RET(DENY),
	};

	EXPECT(test, eq, IS(6, ALLOW), IS(7, DENY), IS(8, ALLOW), IS(X32 + 7, ALLOW));
	EXPECT(test, ge, IS(0, ALLOW), IS(99, ALLOW), IS(100, DENY), IS(X32, DENY),
	       IS(U32_MAX, DENY));
	EXPECT(test, gt, IS(100, ALLOW), IS(101, DENY), IS(127, DENY), IS(128, DENY));
	EXPECT(test, set, IS(0, ALLOW), IS(1, DENY), IS(14, ALLOW), IS(16, DENY), IS(32, ALLOW));
	EXPECT(test, x32, IS(0, ALLOW), IS(X32, DENY), IS(X32 + 499, DENY), IS(U32_MAX, DENY));
	expect_range(test, eq, ARRAY_SIZE(eq), 8, U32_MAX, true, ALLOW);
	expect_range(test, eq, ARRAY_SIZE(eq), 7, U32_MAX, false, 0);
	expect_range(test, ge, ARRAY_SIZE(ge), 100, U32_MAX, true, DENY);
	expect_range(test, ge, ARRAY_SIZE(ge), 99, 100, false, 0);
	expect_range(test, x32, ARRAY_SIZE(x32), X32 + 500, 0x7fffffff, true, DENY);
}

/* The x32 bit is masked out, or taken off, before numbers are told apart. */
static void test_masked_number(struct kunit *test)
{
	static const struct sock_filter and[] = {
		LOAD_NR, ALU(BPF_AND, ~X32), JUMP(BPF_JEQ, 7, 1, 0), RET(ALLOW), RET(DENY),
	};
	static const struct sock_filter sub[] = {
		LOAD_NR, ALU(BPF_SUB, X32), JUMP(BPF_JEQ, 7, 1, 0), RET(ALLOW), RET(DENY),
	};
	/* Here members do not agree: there are four groups afterwards. */
	static const struct sock_filter low[] = {
		LOAD_NR, ALU(BPF_AND, 3), JUMP(BPF_JEQ, 2, 1, 0), RET(ALLOW), RET(DENY),
	};

	EXPECT(test, and, IS(6, ALLOW), IS(7, DENY), IS(X32 + 6, ALLOW), IS(X32 + 7, DENY));
	EXPECT(test, sub, IS(7, ALLOW), IS(X32 + 6, ALLOW), IS(X32 + 7, DENY));
	EXPECT(test, low, IS(1, ALLOW), IS(2, DENY), IS(3, ALLOW), IS(498, DENY), IS(499, ALLOW));
	expect_range(test, and, ARRAY_SIZE(and), X32 + 500, 0x7fffffff, true, ALLOW);
}

static void test_arithmetic(struct kunit *test)
{
	/* 5 * 3 - 1 = 14; 14 / 4 = 3; 3 << 4 = 48; 48 >> 1 = 24; | 3 = 27; ^ 2 = 25; -25 */
	static const struct sock_filter k[] = {
		LOAD_NR, ALU(BPF_MUL, 3), ALU(BPF_SUB, 1), ALU(BPF_DIV, 4), ALU(BPF_LSH, 4),
		ALU(BPF_RSH, 1), ALU(BPF_OR, 3), ALU(BPF_XOR, 2), ALU(BPF_NEG, 0),
		JUMP(BPF_JEQ, -25, 0, 1), RET(DENY), RET(ALLOW),
	};
	/* x = number; a = number + x, 10 for 5 */
	static const struct sock_filter x[] = {
		LOAD_NR, TAX, ALU_X(BPF_ADD), JUMP(BPF_JEQ, 10, 0, 1), RET(DENY), RET(ALLOW),
	};
	/* Two that both are the number differ by 2. */
	static const struct sock_filter differ[] = {
		LOAD_NR, ALU(BPF_ADD, 2), TAX, LOAD_NR, JUMP_X(BPF_JGE, 2, 0), ALU_X(BPF_SUB),
		JUMP(BPF_JEQ, -2, 0, 1), RET(DENY), RET(ALLOW),
	};

	EXPECT(test, k, IS(5, DENY), IS(4, ALLOW), IS(0, ALLOW), IS(499, ALLOW));
	EXPECT(test, x, IS(4, ALLOW), IS(5, DENY), IS(6, ALLOW));
	EXPECT(test, differ, IS(0, DENY), IS(499, DENY), IS(X32, DENY));
}

static void test_memory(struct kunit *test)
{
	static const struct sock_filter number[] = {
		LOAD_NR, BPF_STMT(BPF_ST, 3), LOAD_ARG, BPF_STMT(BPF_LD | BPF_MEM, 3),
		JUMP(BPF_JEQ, 7, 0, 1), RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter x[] = {
		BPF_STMT(BPF_LDX | BPF_IMM, 9), BPF_STMT(BPF_STX, 15),
		BPF_STMT(BPF_LDX | BPF_IMM, 1), BPF_STMT(BPF_LDX | BPF_MEM, 15),
		LOAD_NR, JUMP_X(BPF_JEQ, 0, 1), RET(DENY), RET(ALLOW),
	};
	/* Stored 1 on one way and 2 on the other: not 1 where they meet. */
	static const struct sock_filter two[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_ST, 0),
		LOAD_ARG, JUMP(BPF_JEQ, 0, 2, 0),
		BPF_STMT(BPF_LD | BPF_IMM, 2), BPF_STMT(BPF_ST, 0), BPF_STMT(BPF_LD | BPF_MEM, 0),
		JUMP(BPF_JEQ, 1, 0, 1), RET(DENY), RET(ALLOW),
	};

	EXPECT(test, number, IS(6, ALLOW), IS(7, DENY));
	EXPECT(test, x, IS(9, DENY), IS(1, ALLOW));
	EXPECT(test, two, VARIES(0));
}

static void test_loads(struct kunit *test)
{
	static const struct sock_filter len[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), JUMP(BPF_JEQ, 64, 0, 1),
		RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter len_x[] = {
		BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), LOAD_NR, JUMP_X(BPF_JEQ, 0, 1),
		RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter zero[] = {
		JUMP(BPF_JEQ, 0, 0, 1), JUMP_X(BPF_JEQ, 1, 0), RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter ip[] = {
		LOAD(instruction_pointer), JUMP(BPF_JGE, 0x1000, 0, 1), RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter arg[] = {
		LOAD_NR, JUMP(BPF_JEQ, 7, 0, 2), LOAD_ARG, JUMP(BPF_JEQ, 0, 1, 0),
		RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter txa[] = {
		LOAD_NR, TAX, LOAD_ARG, TXA, JUMP(BPF_JEQ, 7, 0, 1), RET(DENY), RET(ALLOW),
	};

	EXPECT(test, len, IS(0, DENY));
	EXPECT(test, len_x, IS(64, DENY), IS(63, ALLOW));
	EXPECT(test, zero, IS(3, ALLOW));
	EXPECT(test, ip, VARIES(0));
	EXPECT(test, arg, IS(6, DENY), VARIES(7), IS(8, DENY));
	EXPECT(test, txa, IS(6, ALLOW), IS(7, DENY));
}

/* An argument is looked at on the way, and does not matter. */
static void test_argument_ignored(struct kunit *test)
{
	static const struct sock_filter same[] = {
		LOAD_ARG, JUMP(BPF_JEQ, 5, 0, 1), RET(DENY), RET(DENY),
	};
	static const struct sock_filter data[] = {
		LOAD_ARG, JUMP(BPF_JEQ, 5, 0, 1), RET(DENY), RET(DENY + 1),
	};
	static const struct sock_filter next[] = {
		LOAD_ARG, JUMP(BPF_JEQ, 5, 0, 0), LOAD_NR, JUMP(BPF_JEQ, 5, 0, 1),
		RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter never[] = {
		LOAD_ARG, ALU(BPF_AND, 7), JUMP(BPF_JGT, 7, 0, 1), RET(DENY), RET(ALLOW),
	};

	EXPECT(test, same, IS(0, DENY));
	EXPECT(test, data, VARIES(0));
	EXPECT(test, next, IS(5, DENY), IS(6, ALLOW));
	EXPECT(test, never, IS(0, ALLOW));
}

/* What is not the same on both ways is not known where they meet. */
static void test_meeting(struct kunit *test)
{
	static const struct sock_filter a[] = {
		LOAD_ARG, JUMP(BPF_JEQ, 5, 0, 2), BPF_STMT(BPF_LD | BPF_IMM, 1),
		BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_LD | BPF_IMM, 2),
		JUMP(BPF_JEQ, 1, 0, 1), RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter x[] = {
		BPF_STMT(BPF_LDX | BPF_IMM, 1), LOAD_ARG, JUMP(BPF_JEQ, 5, 0, 1),
		BPF_STMT(BPF_LDX | BPF_IMM, 2), TXA, JUMP(BPF_JEQ, 1, 0, 1), RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter same[] = {
		BPF_STMT(BPF_LDX | BPF_IMM, 1), LOAD_ARG, JUMP(BPF_JEQ, 5, 0, 1),
		BPF_STMT(BPF_LDX | BPF_IMM, 1), TXA, JUMP(BPF_JEQ, 1, 0, 1), RET(DENY), RET(ALLOW),
	};
	/* Only some numbers go both ways: 7 has one X there, 8 has two. */
	static const struct sock_filter some[] = {
		BPF_STMT(BPF_LDX | BPF_IMM, 1), LOAD_NR, JUMP(BPF_JEQ, 8, 0, 3),
		LOAD_ARG, JUMP(BPF_JEQ, 5, 0, 1), BPF_STMT(BPF_LDX | BPF_IMM, 2),
		TXA, JUMP(BPF_JEQ, 1, 0, 1), RET(DENY), RET(ALLOW),
	};

	EXPECT(test, a, VARIES(0));
	EXPECT(test, x, VARIES(0));
	EXPECT(test, same, IS(0, DENY));
	EXPECT(test, some, IS(7, DENY), VARIES(8), IS(9, DENY));
}

/* The second test for a number is for nobody any more. */
static void test_twice(struct kunit *test)
{
	static const struct sock_filter twice[] = {
		LOAD_NR, JUMP(BPF_JEQ, 7, 3, 0), JUMP(BPF_JEQ, 7, 3, 0), JUMP(BPF_JEQ, 8, 2, 0),
		RET(ALLOW), RET(DENY), RET(SECCOMP_RET_TRAP),
	};
	/* One number is left, and must not be lost for another's sake. */
	static const struct sock_filter left[] = {
		LOAD_NR, JUMP(BPF_JGT, 1, 4, 0), JUMP(BPF_JEQ, 0, 2, 0), JUMP(BPF_JEQ, 0, 3, 0),
		RET(ALLOW), RET(DENY), RET(DENY + 1), RET(DENY + 2),
	};

	EXPECT(test, twice, IS(6, ALLOW), IS(7, DENY), IS(8, SECCOMP_RET_TRAP), IS(9, ALLOW));
	EXPECT(test, left, IS(0, DENY), IS(1, ALLOW), IS(2, DENY + 1));
}

static void test_ret_a(struct kunit *test)
{
	static const struct sock_filter number[] = { LOAD_NR, ALU(BPF_OR, ALLOW), RET_A };
	static const struct sock_filter arg[] = { LOAD_ARG, RET_A };
	static const struct sock_filter some[] = {
		LOAD_NR, JUMP(BPF_JEQ, 7, 1, 0), LOAD_ARG, RET_A,
	};

	EXPECT(test, number, IS(0, ALLOW), IS(7, ALLOW | 7));
	EXPECT(test, arg, VARIES(0));
	EXPECT(test, some, VARIES(6), IS(7, 7), VARIES(8));
	expect_range(test, number, ARRAY_SIZE(number), 500, 501, false, 0);
}

/* A division by an X of 0 returns 0, which kills the thread. */
static void test_divide_by_zero(struct kunit *test)
{
	static const struct sock_filter zero[] = { LOAD_NR, ALU_X(BPF_DIV), RET(ALLOW) };
	static const struct sock_filter number[] = { LOAD_NR, TAX, ALU_X(BPF_DIV), RET(ALLOW) };
	static const struct sock_filter more[] = {
		LOAD_NR, ALU(BPF_ADD, 5), TAX, ALU_X(BPF_DIV), RET(ALLOW),
	};
	static const struct sock_filter arg[] = { LOAD_ARG, TAX, ALU_X(BPF_DIV), RET(ALLOW) };
	static const struct sock_filter killed[] = { LOAD_ARG, TAX, ALU_X(BPF_DIV), RET(0) };
	static const struct sock_filter never[] = {
		LOAD_ARG, ALU(BPF_OR, 1), TAX, ALU_X(BPF_DIV), RET(ALLOW),
	};
	static const struct sock_filter before[] = {
		LOAD_ARG, TAX, BPF_STMT(BPF_LD | BPF_IMM, 5), ALU_X(BPF_DIV),
		BPF_STMT(BPF_LDX | BPF_IMM, 0), LOAD(args[1]), JUMP(BPF_JEQ, 1, 0, 1),
		RET(DENY), RET(ALLOW),
	};

	EXPECT(test, zero, IS(0, 0), IS(9, 0));
	EXPECT(test, more, IS(0, ALLOW), IS(499, ALLOW));
	EXPECT(test, arg, VARIES(0));
	EXPECT(test, killed, IS(0, 0));
	EXPECT(test, never, IS(0, ALLOW));
	EXPECT(test, before, VARIES(0));
	/* The residual has to divide, too. */
	KUNIT_EXPECT_EQ(test, verdicts[0].start, 0);
	expect_range(test, number, ARRAY_SIZE(number), 0, 1, false, 0);
}

/* Comparisons of a constant with an X that is the number. */
static void test_number_in_x(struct kunit *test)
{
	static const struct sock_filter ge[] = {
		LOAD_NR, TAX, BPF_STMT(BPF_LD | BPF_IMM, 5), JUMP_X(BPF_JGE, 0, 1),
		RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter gt[] = {
		LOAD_NR, TAX, BPF_STMT(BPF_LD | BPF_IMM, 5), JUMP_X(BPF_JGT, 0, 1),
		RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter set[] = {
		LOAD_NR, TAX, BPF_STMT(BPF_LD | BPF_IMM, 5), JUMP_X(BPF_JSET, 0, 1),
		RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter both[] = {
		LOAD_NR, TAX, ALU(BPF_ADD, 2), JUMP_X(BPF_JSET, 0, 1), RET(DENY), RET(ALLOW),
	};

	EXPECT(test, ge, IS(0, DENY), IS(4, DENY), IS(5, DENY), IS(6, ALLOW), IS(499, ALLOW));
	EXPECT(test, gt, IS(0, DENY), IS(4, DENY), IS(5, ALLOW), IS(6, ALLOW), IS(499, ALLOW));
	EXPECT(test, set, IS(0, ALLOW), IS(1, DENY), IS(2, ALLOW), IS(4, DENY), IS(8, ALLOW),
	       IS(13, DENY));
	EXPECT(test, both, IS(0, ALLOW), IS(1, DENY), IS(2, ALLOW), IS(4, DENY), IS(5, DENY));
}

/* What a shift by 32 or more does is nobody's business. */
static void test_far_shift(struct kunit *test)
{
	static const struct sock_filter far[] = {
		BPF_STMT(BPF_LDX | BPF_IMM, 32), BPF_STMT(BPF_LD | BPF_IMM, 1), ALU_X(BPF_LSH),
		JUMP(BPF_JEQ, 0, 0, 1), RET(DENY), RET(ALLOW),
	};
	static const struct sock_filter near[] = {
		BPF_STMT(BPF_LDX | BPF_IMM, 31), BPF_STMT(BPF_LD | BPF_IMM, 1), ALU_X(BPF_LSH),
		JUMP(BPF_JEQ, 0x80000000, 0, 1), RET(DENY), RET(ALLOW),
	};

	EXPECT(test, far, VARIES(0));
	EXPECT(test, near, IS(0, DENY));
}

/* No space at all. */
static void test_bad_space(struct kunit *test)
{
	static const struct sock_filter all[] = { RET(ALLOW) };
	struct seccomp_analyzer *an = seccomp_analyzer_alloc(all, 1);
	struct seccomp_space backwards = { .arch = ARCH, .first = 2, .last = 1 };
	struct seccomp_space large = { .arch = ARCH, .first = 0, .last = SECCOMP_SPACE_MAX };
	struct seccomp_space some = { .arch = ARCH, .first = 1, .last = 1 };

	KUNIT_ASSERT_NOT_NULL(test, an);
	KUNIT_EXPECT_EQ(test, seccomp_analyze(an, &backwards, verdicts), -EINVAL);
	KUNIT_EXPECT_EQ(test, seccomp_analyze(an, &large, verdicts), -EINVAL);
	seccomp_analyzer_free(an);

	/* No memory: nothing is known, and nothing is wrong. */
	verdicts[0].constant = true;
	KUNIT_EXPECT_EQ(test, seccomp_analyze(NULL, &some, verdicts), 0);
	KUNIT_EXPECT_FALSE(test, verdicts[0].constant);
	seccomp_analyzer_free(NULL);
	KUNIT_EXPECT_TRUE(test, !seccomp_analyzer_alloc(all, 0));
	KUNIT_EXPECT_TRUE(test, !seccomp_analyzer_alloc(all, BPF_MAXINSNS + 1));
}

/* ANALYZE_STEPS, and what it takes to give up whatever still waits. */
#define MOST_STEPS	(10 * BPF_MAXINSNS + 4096)

/*
 * Programs of the longest size made to blow up. Each is a row of pieces that
 * let ways part and meet again, behind a load of an argument.
 */
static const struct sock_filter parts_on_argument[] = {
	LOAD_ARG, JUMP(BPF_JSET, 1, 0, 1), BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_ST, 0),
};

static const struct sock_filter parts_on_number[] = {
	LOAD_NR, ALU(BPF_AND, 0x55), JUMP(BPF_JGT, 0x20, 0, 1), ALU(BPF_XOR, 0x13), TAX,
};

static const struct sock_filter parts_memory[] = {
	LOAD_NR, JUMP(BPF_JSET, 2, 0, 1), ALU(BPF_ADD, 3), BPF_STMT(BPF_ST, 5),
	LOAD(args[1]), JUMP(BPF_JGE, 9, 1, 0), BPF_STMT(BPF_LD | BPF_MEM, 5), TAX,
};

static const struct sock_filter parts_returns[] = {
	LOAD_ARG, JUMP(BPF_JEQ, 3, 0, 1), RET(ALLOW),
};

static const struct sock_filter parts_everything[] = {
	LOAD_NR, ALU_X(BPF_MUL), ALU(BPF_ADD, 77), BPF_STMT(BPF_ST, 1), TAX, LOAD(args[2]),
	JUMP_X(BPF_JGT, 0, 2), LOAD_NR, ALU(BPF_RSH, 1), BPF_STMT(BPF_STX, 2),
	ALU_X(BPF_DIV), BPF_STMT(BPF_LDX | BPF_MEM, 1),
};

static void expect_bounded(struct kunit *test, const struct sock_filter *part, unsigned int len)
{
	static struct sock_filter insns[BPF_MAXINSNS];
	struct seccomp_space table = { .arch = ARCH, .first = 0, .last = NUMBERS - 1 };
	struct seccomp_space rest = {
		.arch = ARCH, .first = NUMBERS, .last = U32_MAX, .whole = true,
	};
	struct seccomp_analyzer *an;
	unsigned int pc = 0;

	/* Stores first, as the checker wants them; then one number that is clear. */
	for (; pc < BPF_MEMWORDS; pc++)
		insns[pc] = (struct sock_filter)BPF_STMT(BPF_ST, pc);
	insns[pc++] = (struct sock_filter)LOAD_NR;
	insns[pc++] = (struct sock_filter)JUMP(BPF_JEQ, 17, 0, 1);
	insns[pc++] = (struct sock_filter)RET(DENY);
	while (pc < BPF_MAXINSNS - len - 1) {
		for (unsigned int i = 0; i < len; i++)
			insns[pc++] = part[i];
	}
	while (pc < BPF_MAXINSNS)
		insns[pc++] = (struct sock_filter)RET(ALLOW);

	an = seccomp_analyzer_alloc(insns, pc);
	KUNIT_ASSERT_NOT_NULL(test, an);
	/* As often as the kernel asks for one filter, and more. */
	for (int i = 0; i < 8; i++) {
		KUNIT_ASSERT_EQ(test, seccomp_analyze(an, &table, verdicts), 0);
		/* Found before it gets hard, unless nothing is left to spend. */
		if (!i) {
			KUNIT_ASSERT_TRUE(test, verdicts[17].constant);
			KUNIT_ASSERT_EQ(test, verdicts[17].ret, DENY);
		}
		KUNIT_ASSERT_EQ(test, seccomp_analyze(an, &rest, verdicts), 0);
	}
	KUNIT_EXPECT_LE(test, seccomp_analyzer_steps(an), MOST_STEPS);
	kunit_info(test, "%u steps\n", seccomp_analyzer_steps(an));
	seccomp_analyzer_free(an);
}

static void test_bounds(struct kunit *test)
{
	expect_bounded(test, parts_on_argument, ARRAY_SIZE(parts_on_argument));
	expect_bounded(test, parts_on_number, ARRAY_SIZE(parts_on_number));
	expect_bounded(test, parts_memory, ARRAY_SIZE(parts_memory));
	expect_bounded(test, parts_returns, ARRAY_SIZE(parts_returns));
	expect_bounded(test, parts_everything, ARRAY_SIZE(parts_everything));
}

static struct kunit_case analyze_cases[] = {
	KUNIT_CASE(test_constant),
	KUNIT_CASE(test_number),
	KUNIT_CASE(test_masked_number),
	KUNIT_CASE(test_arithmetic),
	KUNIT_CASE(test_memory),
	KUNIT_CASE(test_loads),
	KUNIT_CASE(test_argument_ignored),
	KUNIT_CASE(test_meeting),
	KUNIT_CASE(test_twice),
	KUNIT_CASE(test_ret_a),
	KUNIT_CASE(test_divide_by_zero),
	KUNIT_CASE(test_number_in_x),
	KUNIT_CASE(test_far_shift),
	KUNIT_CASE(test_bad_space),
	KUNIT_CASE(test_bounds),
	{ }
};

static struct kunit_suite analyze_suite = {
	.name = "seccomp_analyze",
	.test_cases = analyze_cases,
};

kunit_test_suite(analyze_suite);

MODULE_DESCRIPTION("KUnit tests of the analysis of seccomp filters");
MODULE_LICENSE("GPL");
