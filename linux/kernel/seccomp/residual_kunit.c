// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of what is left of filters: one case for each thing it must do */

#include <kunit/test.h>
#include <linux/audit.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/limits.h>
#include <linux/seccomp.h>
#include <linux/string.h>
#include <linux/types.h>

#include "analyze.h"
#include "residual.h"

#define ARCH		AUDIT_ARCH_X86_64
#define NR		41

#define FIELD(field)	offsetof(struct seccomp_data, field)
#define LOAD(k)		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, k)
#define LOAD_NR		LOAD(FIELD(nr))
#define LOAD_ARCH	LOAD(FIELD(arch))
#define LOAD_ARG	LOAD(FIELD(args[0]))
#define LOAD_OTHER	LOAD(FIELD(args[1]))
#define IMM(k)		BPF_STMT(BPF_LD | BPF_IMM, k)
#define RET(k)		BPF_STMT(BPF_RET | BPF_K, k)
#define RET_A		BPF_STMT(BPF_RET | BPF_A, 0)
#define JA(k)		BPF_STMT(BPF_JMP | BPF_JA, k)
#define JUMP(op, k, jt, jf)	BPF_JUMP(BPF_JMP | (op) | BPF_K, k, jt, jf)
#define JUMP_X(op, jt, jf)	BPF_JUMP(BPF_JMP | (op) | BPF_X, 0, jt, jf)
#define ALU(op, k)	BPF_STMT(BPF_ALU | (op) | BPF_K, k)
#define ALU_X(op)	BPF_STMT(BPF_ALU | (op) | BPF_X, 0)
#define TAX		BPF_STMT(BPF_MISC | BPF_TAX, 0)
#define LDX_IMM(k)	BPF_STMT(BPF_LDX | BPF_IMM, k)
#define STORE(k)	BPF_STMT(BPF_ST, k)
#define LOAD_MEM(k)	BPF_STMT(BPF_LD | BPF_MEM, k)

#define ALLOW		SECCOMP_RET_ALLOW
#define ERRNO(n)	(SECCOMP_RET_ERRNO | (n))

/* A filter, its residuals, and what to find them with. */
struct work {
	struct kunit *test;
	struct seccomp_analyzer *an;
	struct seccomp_residuals *rs;
	struct sock_filter *insns;
	unsigned int len;
};

static void begin(struct work *w, struct kunit *test, const struct sock_filter *insns,
		  unsigned int len)
{
	w->test = test;
	w->an = seccomp_analyzer_alloc(insns, len);
	w->rs = seccomp_residuals_alloc(insns, len);
	KUNIT_ASSERT_NOT_NULL(test, w->an);
	KUNIT_ASSERT_NOT_NULL(test, w->rs);
}

/* Add what is left for the numbers @first to @last, as a range if they are many. */
static int add_numbers(struct work *w, u32 first, u32 last)
{
	struct seccomp_space space = { .arch = ARCH, .first = first, .last = last,
				       .whole = first != last };
	struct seccomp_verdict verdict;

	KUNIT_ASSERT_EQ(w->test, seccomp_analyze(w->an, &space, &verdict), 0);
	KUNIT_ASSERT_FALSE(w->test, verdict.constant);
	return seccomp_residual_add(w->rs, w->an, &space, verdict.start);
}

static int add(struct work *w, u32 nr)
{
	return add_numbers(w, nr, nr);
}

static void finish(struct work *w)
{
	w->len = seccomp_residuals_finish(w->rs, &w->insns);
}

static void end(struct work *w)
{
	seccomp_residuals_free(w->rs);
	seccomp_analyzer_free(w->an);
}

static void expect_program(struct work *w, const struct sock_filter *insns, unsigned int len)
{
	finish(w);
	KUNIT_ASSERT_EQ(w->test, w->len, len);
	for (unsigned int pc = 0; pc < len; pc++)
		KUNIT_EXPECT_TRUE_MSG(w->test, !memcmp(&w->insns[pc], &insns[pc], sizeof(*insns)),
				      "instruction %u is { %x, %u, %u, %x }", pc,
				      w->insns[pc].code, w->insns[pc].jt, w->insns[pc].jf,
				      w->insns[pc].k);
}

/* What is left of @filter for NR is @left, and can return @smallest at least. */
#define EXPECT_LEFT(test, filter, left, smallest)			\
	do {								\
		struct work w_;						\
									\
		begin(&w_, test, filter, ARRAY_SIZE(filter));		\
		KUNIT_ASSERT_EQ(test, add(&w_, NR), 0);			\
		KUNIT_EXPECT_EQ(test, seccomp_residual_smallest(w_.rs, 0), smallest); \
		expect_program(&w_, left, ARRAY_SIZE(left));		\
		end(&w_);						\
	} while (0)

/* As much of an interpreter as the long programs here need. */
static u32 run(struct work *w, u32 entry, u32 arg)
{
	u32 a = 0;

	for (unsigned int pc = 0; pc < w->len; pc++) {
		const struct sock_filter *insn = &w->insns[pc];

		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = insn->k == FIELD(arch) ? entry : arg;
			break;
		case BPF_ALU | BPF_ADD | BPF_K:
			a += insn->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += insn->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == insn->k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= insn->k ? insn->jt : insn->jf;
			break;
		case BPF_RET | BPF_K:
			return insn->k;
		default:
			KUNIT_ASSERT_TRUE_MSG(w->test, false, "instruction %x", insn->code);
		}
	}
	KUNIT_ASSERT_TRUE_MSG(w->test, false, "ran off the end");
	return 0;
}

/* The example of DOC: Residual programs. */
static void test_example(struct kunit *test)
{
	static const struct sock_filter filter[] = {
		LOAD_NR,
		JUMP(BPF_JEQ, NR, 0, 5),
		LOAD_ARG,
		JUMP(BPF_JEQ, 40, 2, 0),
		LOAD_NR,
		JUMP(BPF_JEQ, NR, 1, 0),
		RET(ERRNO(97)),
		RET(ALLOW),
	};
	static const struct sock_filter left[] = {
		LOAD_ARG,
		JUMP(BPF_JEQ, 40, 0, 1),
		RET(ERRNO(97)),
		RET(ALLOW),
	};

	EXPECT_LEFT(test, filter, left, SECCOMP_RET_ERRNO);
}

/* What is live where it begins: A = 0, as after the search there is something else. */
static void test_begins_with_a(struct kunit *test)
{
	static const struct sock_filter filter[] = {
		STORE(0),
		LOAD_NR,
		LOAD_ARG,
		TAX,
		LOAD_MEM(0),
		JUMP_X(BPF_JEQ, 0, 1),
		RET(ALLOW),
		RET(ERRNO(1)),
	};
	static const struct sock_filter left[] = {
		IMM(0),
		STORE(0),
		LOAD_ARG,
		TAX,
		LOAD_MEM(0),
		JUMP_X(BPF_JEQ, 0, 1),
		RET(ALLOW),
		RET(ERRNO(1)),
	};

	EXPECT_LEFT(test, filter, left, SECCOMP_RET_ERRNO);
}

/* Number and architecture are put in where they are read, and only there. */
static void test_filled_in(struct kunit *test)
{
	static const struct sock_filter filter[] = {
		LOAD_ARG,
		TAX,
		LOAD_NR,
		JUMP_X(BPF_JEQ, 3, 0),
		LOAD_ARCH,
		JUMP_X(BPF_JEQ, 1, 0),
		RET(ERRNO(1)),
		RET(ERRNO(2)),
	};
	static const struct sock_filter left[] = {
		LOAD_ARG,
		TAX,
		IMM(NR),
		JUMP_X(BPF_JEQ, 3, 0),
		IMM(ARCH),
		JUMP_X(BPF_JEQ, 1, 0),
		RET(ERRNO(1)),
		RET(ERRNO(2)),
	};
	struct sock_filter left_of_range[ARRAY_SIZE(left)];
	struct work w;

	EXPECT_LEFT(test, filter, left, SECCOMP_RET_ERRNO);

	memcpy(left_of_range, left, sizeof(left));
	left_of_range[2] = (struct sock_filter)LOAD_NR;
	begin(&w, test, filter, ARRAY_SIZE(filter));
	KUNIT_EXPECT_EQ(test, add_numbers(&w, 1000, U32_MAX), 0);
	expect_program(&w, left_of_range, ARRAY_SIZE(left_of_range));
	end(&w);
}

/* A division by an X that is 0 returns 0, and what follows is not there. */
static void test_division(struct kunit *test)
{
	static const struct sock_filter by_nothing[] = {
		LOAD_ARG,
		JUMP(BPF_JEQ, 1, 0, 1),
		RET(ERRNO(1)),
		LDX_IMM(0),
		LOAD_OTHER,
		ALU_X(BPF_DIV),
		RET(ALLOW),
	};
	static const struct sock_filter nothing_left[] = {
		LOAD_ARG,
		JUMP(BPF_JEQ, 1, 0, 1),
		RET(ERRNO(1)),
		LDX_IMM(0),
		LOAD_OTHER,
		ALU_X(BPF_DIV),
		RET(0),
	};
	static const struct sock_filter unread[] = {
		LOAD_ARG,
		TAX,
		LOAD_OTHER,
		ALU_X(BPF_DIV),
		RET(ALLOW),
	};
	static const struct sock_filter returns_a[] = { LOAD_ARG, ALU(BPF_AND, 7), RET_A };

	EXPECT_LEFT(test, by_nothing, nothing_left, SECCOMP_RET_KILL_THREAD);
	EXPECT_LEFT(test, unread, unread, SECCOMP_RET_KILL_THREAD);
	EXPECT_LEFT(test, returns_a, returns_a, SECCOMP_RET_KILL_PROCESS);
}

/* Equal residuals are one entry, others are found by their number. */
static void test_entries(struct kunit *test)
{
	enum { CALLS = 9 };
	struct sock_filter filter[1 + 5 * CALLS + 2];
	unsigned int len = 0;
	struct work w;

	filter[len++] = (struct sock_filter)LOAD_NR;
	for (u32 i = 0; i < CALLS; i++) {
		filter[len++] = (struct sock_filter)JUMP(BPF_JEQ, i, 0, 4);
		filter[len++] = (struct sock_filter)LOAD_ARG;
		filter[len++] = (struct sock_filter)JUMP(BPF_JEQ, i / 2, 0, 1);
		filter[len++] = (struct sock_filter)RET(ERRNO(i / 2));
		filter[len++] = (struct sock_filter)RET(ALLOW);
	}
	filter[len++] = (struct sock_filter)RET(ALLOW);

	begin(&w, test, filter, len);
	for (u32 i = 0; i < CALLS; i++)
		KUNIT_EXPECT_EQ(test, add(&w, i), (int)i / 2);
	finish(&w);
	KUNIT_EXPECT_LE(test, w.len, len);
	for (u32 i = 0; i < CALLS; i++) {
		for (u32 arg = 0; arg < CALLS; arg++)
			KUNIT_EXPECT_EQ(test, run(&w, i / 2, arg),
					arg == i / 2 ? ERRNO(i / 2) : ALLOW);
	}
	end(&w);
}

/* No more entries than there may be: the others are for the filter itself. */
static void test_many_entries(struct kunit *test)
{
	enum { CALLS = SECCOMP_RESIDUALS_MAX + 20 };
	static struct sock_filter filter[1 + 9 * CALLS + 1];
	unsigned int len = 0;
	struct work w;

	filter[len++] = (struct sock_filter)LOAD_NR;
	for (u32 i = 0; i < CALLS; i++) {
		filter[len++] = (struct sock_filter)JUMP(BPF_JEQ, i, 0, 8);
		filter[len++] = (struct sock_filter)LOAD_ARG;
		for (int j = 0; j < 3; j++)
			filter[len++] = (struct sock_filter)LOAD_NR;
		filter[len++] = (struct sock_filter)LOAD_ARG;
		filter[len++] = (struct sock_filter)JUMP(BPF_JEQ, i, 0, 1);
		filter[len++] = (struct sock_filter)RET(ERRNO(i));
		filter[len++] = (struct sock_filter)RET(ALLOW);
	}
	filter[len++] = (struct sock_filter)RET(ALLOW);

	begin(&w, test, filter, len);
	for (u32 i = 0; i < CALLS; i++) {
		/* Not to be told that it is too much work. */
		if (i % 16 == 0) {
			seccomp_analyzer_free(w.an);
			w.an = seccomp_analyzer_alloc(filter, len);
		}
		KUNIT_EXPECT_EQ(test, add(&w, i), i < SECCOMP_RESIDUALS_MAX ? (int)i : -E2BIG);
	}
	/* Though there is no room for more, those that are there are found. */
	KUNIT_EXPECT_EQ(test, add(&w, 1), 1);
	finish(&w);
	for (u32 i = 0; i < SECCOMP_RESIDUALS_MAX; i++) {
		KUNIT_EXPECT_EQ(test, run(&w, i, i), ERRNO(i));
		KUNIT_EXPECT_EQ(test, run(&w, i, i + 1), ALLOW);
	}
	end(&w);
}

/* Three rows of so many; which of them the first test leads to, and the second. */
static unsigned int make_far(struct sock_filter *filter, u32 row_len, const unsigned int rows[3])
{
	enum { ROWS = 6 };
	unsigned int len = 0;

	filter[len++] = (struct sock_filter)LOAD_ARG;
	filter[len++] = (struct sock_filter)JUMP(BPF_JEQ, 9, 1, 0);
	filter[len++] = (struct sock_filter)JUMP(BPF_JEQ, 7, 1, 2);
	for (int i = 0; i < 3; i++, len++)
		filter[len] = (struct sock_filter)JA(ROWS - len - 1 + rows[i] * (row_len + 3));
	for (u32 row = 0; row < 3; row++) {
		/* What they make of A is read, so all of them stay. */
		for (u32 i = 0; i < row_len; i++)
			filter[len++] = (struct sock_filter)ALU(BPF_ADD, row + 1);
		filter[len++] = (struct sock_filter)JUMP(BPF_JEQ, (row + 1) * row_len + 7, 0, 1);
		filter[len++] = (struct sock_filter)RET(ERRNO(row));
		filter[len++] = (struct sock_filter)RET(SECCOMP_RET_TRAP | row);
	}
	return len;
}

static void expect_far(struct kunit *test, u32 row_len, const unsigned int rows[3])
{
	static struct sock_filter filter[1000];
	unsigned int len = make_far(filter, row_len, rows);
	struct work w, whole = { .test = test, .insns = filter, .len = len };

	begin(&w, test, filter, len);
	KUNIT_ASSERT_EQ(test, add(&w, NR), 0);
	finish(&w);
	KUNIT_EXPECT_LE(test, w.len, len);
	for (u32 arg = 5; arg < 11; arg++)
		KUNIT_EXPECT_EQ(test, run(&w, 0, arg), run(&whole, 0, arg));
	end(&w);
}

/*
 * Targets that are too far for a conditional jump, on either side and on both, and
 * those that become too far by what is written for the other one.
 */
static void test_far(struct kunit *test)
{
	static const unsigned int orders[][3] = { { 0, 1, 2 }, { 1, 0, 2 }, { 1, 2, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		expect_far(test, 300, orders[i]);
		for (u32 row_len = 248; row_len < 260; row_len++)
			expect_far(test, row_len, orders[i]);
	}
}

/* What would be longer than the filter is refused, and leaves no trace. */
static void test_too_long(struct kunit *test)
{
	/* For each number something else is left, all of the filter. */
	static const struct sock_filter filter[] = {
		LOAD_ARG,
		TAX,
		LOAD_NR,
		JUMP_X(BPF_JEQ, 0, 1),
		RET(ERRNO(1)),
		RET(ALLOW),
	};
	struct work w;

	begin(&w, test, filter, ARRAY_SIZE(filter));
	KUNIT_EXPECT_EQ(test, add(&w, 1), 0);
	KUNIT_EXPECT_EQ(test, add(&w, 2), -E2BIG);
	KUNIT_EXPECT_EQ(test, add(&w, 1), 0);
	finish(&w);
	KUNIT_EXPECT_EQ(test, w.len, ARRAY_SIZE(filter));
	KUNIT_EXPECT_EQ(test, w.insns[2].k, 1);
	end(&w);

	/* No memory, which is no error. */
	KUNIT_EXPECT_EQ(test, seccomp_residual_add(NULL, NULL, NULL, 0), -E2BIG);
	KUNIT_EXPECT_EQ(test, seccomp_residuals_finish(NULL, NULL), 0);
	seccomp_residuals_free(NULL);
}

/*
 * The checker thinks that a return goes on to what follows it. In the filter a
 * jump that nobody comes to keeps cell 0 from being forgotten there.
 */
static void test_checker(struct kunit *test)
{
	static const struct sock_filter filter[] = {
		LOAD_ARG,
		JUMP(BPF_JEQ, 1, 0, 3),
		STORE(0),
		LOAD_OTHER,
		JUMP(BPF_JEQ, 2, 2, 4),
		RET(SECCOMP_RET_KILL_PROCESS),
		JA(2),
		LOAD_MEM(0),
		RET_A,
		RET(ALLOW),
	};
	struct work w;

	begin(&w, test, filter, ARRAY_SIZE(filter));
	KUNIT_EXPECT_EQ(test, add(&w, NR), -E2BIG);
	end(&w);
}

/*
 * A return that another entry jumps to must not stand before a load of scratch
 * memory: the checker would think that nothing is stored there. Of the two that
 * return ERRNO(1) only the second may be shared.
 */
static void test_shared_return(struct kunit *test)
{
	static const struct sock_filter filter[] = {
		LOAD_NR,
		JUMP(BPF_JEQ, 10, 3, 0),
		JUMP(BPF_JEQ, 11, 0, 9),
		LOAD_OTHER,
		JA(5),
		LOAD_ARG,
		STORE(0),
		JUMP(BPF_JSET, 1, 0, 1),
		RET(ERRNO(1)),
		LOAD_MEM(0),
		JUMP(BPF_JEQ, 5, 0, 1),
		RET(ERRNO(1)),
		RET(ALLOW),
	};
	static const struct sock_filter left[] = {
		LOAD_ARCH,
		JUMP(BPF_JGE, 1, 0, 2),
		LOAD_OTHER,
		JUMP(BPF_JEQ, 5, 6, 7),
		LOAD_ARG,
		STORE(0),
		JUMP(BPF_JSET, 1, 0, 1),
		RET(ERRNO(1)),
		LOAD_MEM(0),
		JUMP(BPF_JEQ, 5, 0, 1),
		RET(ERRNO(1)),
		RET(ALLOW),
	};
	struct work w;

	begin(&w, test, filter, ARRAY_SIZE(filter));
	KUNIT_EXPECT_EQ(test, add(&w, 10), 0);
	KUNIT_EXPECT_EQ(test, add(&w, 11), 1);
	expect_program(&w, left, ARRAY_SIZE(left));
	end(&w);
}

static struct kunit_case residual_cases[] = {
	KUNIT_CASE(test_example),
	KUNIT_CASE(test_begins_with_a),
	KUNIT_CASE(test_filled_in),
	KUNIT_CASE(test_division),
	KUNIT_CASE(test_entries),
	KUNIT_CASE(test_many_entries),
	KUNIT_CASE(test_far),
	KUNIT_CASE(test_too_long),
	KUNIT_CASE(test_checker),
	KUNIT_CASE(test_shared_return),
	{ }
};

static struct kunit_suite residual_suite = {
	.name = "seccomp_residual",
	.test_cases = residual_cases,
};

kunit_test_suite(residual_suite);

MODULE_DESCRIPTION("KUnit tests of what is left of seccomp filters");
MODULE_LICENSE("GPL");
