// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of abstract values, held against arithmetic on numbers */

#include <kunit/test.h>
#include <linux/bpf_common.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "value.h"

/*
 * All intervals of up to this many numbers that begin here: where numbers are
 * small, where the sign bit comes, where they wrap, and around 32, where shifts
 * end. With those of an odd shape, that is every way for two to lie.
 */
#define WIDTH	5

static const u32 starts[] = {
	0, 1, 2, 3, 4, 6, 7, 8, 29, 30, 31, 32, 33,
	0x7ffffffc, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001,
	0xfffffff8, 0xfffffffa, 0xfffffffb, 0xfffffffc, 0xfffffffe, 0xffffffff,
};

#define VALUES	(ARRAY_SIZE(starts) * WIDTH * 2)

/*
 * The value of this number, or false if there is none: an interval would go
 * past the end, or a constant cannot be marked as the number.
 */
static bool value_of(unsigned int n, struct seccomp_value *v)
{
	u32 start = starts[n / (WIDTH * 2)];
	u32 more = n / 2 % WIDTH;

	if (start + more < start || (n % 2 && !more))
		return false;
	*v = n % 2 ? seccomp_value_number(start, start + more) :
		     seccomp_value_range(start, start + more);
	return true;
}

static const u16 alu_ops[] = {
	BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH,
	BPF_NEG, BPF_MOD,
};

static const u16 jump_ops[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };

/* Is @a op @b a number, whoever computes it? At 64 bits before it is cut. */
static bool compute(u16 op, u32 a, u32 b, s64 *wide)
{
	switch (op) {
	case BPF_ADD:
		*wide = (s64)a + b;
		return true;
	case BPF_SUB:
		*wide = (s64)a - b;
		return true;
	case BPF_NEG:
		*wide = -(s64)a;
		return true;
	case BPF_MUL:
		*wide = (u64)a * b;
		return true;
	case BPF_DIV:
		*wide = b ? a / b : 0;
		return b;
	case BPF_AND:
		*wide = a & b;
		return true;
	case BPF_OR:
		*wide = a | b;
		return true;
	case BPF_XOR:
		*wide = a ^ b;
		return true;
	case BPF_LSH:
		*wide = (u64)a << (b % 32);
		return b < 32;
	case BPF_RSH:
		*wide = a >> (b % 32);
		return b < 32;
	default:
		return false;
	}
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

/* Can the two be these members of theirs at the same time? */
static bool together(struct seccomp_value a, u32 i, struct seccomp_value b, u32 j)
{
	return !a.nr || !b.nr || i == j;
}

/* Two values that both are the number belong to the same numbers. */
static bool go_together(struct seccomp_value a, struct seccomp_value b)
{
	return !a.nr || !b.nr || a.max - a.min == b.max - b.min;
}

#define for_each_pair(i, a, j, b)					\
	for (u32 i = 0; i <= (a).max - (a).min; i++)			\
		for (u32 j = 0; j <= (b).max - (b).min; j++)		\
			if (together(a, i, b, j))

/* Is the number @n among @v, and where it should be? */
static bool holds(struct seccomp_value v, u32 n, struct seccomp_value a, u32 i,
		  struct seccomp_value b, u32 j)
{
	if (n < v.min || n > v.max)
		return false;
	if (!v.nr)
		return true;
	/* Then one of the operands is, and says which number it is about. */
	if (!a.nr && !b.nr)
		return false;
	return n - v.min == (a.nr ? i : j);
}

/* Does value.h promise the smallest interval, if these are the wide results? */
static bool promised(u16 op, struct seccomp_value a, struct seccomp_value b, s64 low, s64 high)
{
	/* Two that depend on each other are taken as if they did not. */
	if (a.nr && b.nr)
		return op == BPF_SUB;

	switch (op) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_NEG:
	case BPF_MUL:
		return low >> 32 == high >> 32;
	case BPF_DIV:
		return true;
	case BPF_LSH:
		return b.max < 32 && low >> 32 == high >> 32;
	case BPF_RSH:
		return b.max < 32;
	default:
		return false;
	}
}

static void expect_alu(struct kunit *test, u16 op, struct seccomp_value a, struct seccomp_value b)
{
	struct seccomp_value v = seccomp_value_alu(op, a, b);
	s64 wide, low = S64_MAX, high = S64_MIN;
	bool sound = true;

	for_each_pair(i, a, j, b) {
		if (!compute(op, a.min + i, b.min + j, &wide))
			continue;
		sound &= holds(v, wide, a, i, b, j);
		low = min(low, wide);
		high = max(high, wide);
	}
	KUNIT_ASSERT_TRUE_MSG(test, sound, "%x: [%x %x]%d [%x %x]%d gives [%x %x]%d", op,
			      a.min, a.max, a.nr, b.min, b.max, b.nr, v.min, v.max, v.nr);
	if (low > high)
		return;

	/* Shifts that may go too far are unknown, and so exempt from the rest. */
	if ((op == BPF_LSH || op == BPF_RSH) && b.max >= 32) {
		KUNIT_ASSERT_TRUE(test, seccomp_value_equal(v, seccomp_value_unknown()) ||
				  (b.min == b.max && !b.min));
		return;
	}
	if (a.min == a.max && b.min == b.max)
		KUNIT_ASSERT_EQ(test, v.min, v.max);
	if (promised(op, a, b, low, high))
		KUNIT_ASSERT_TRUE_MSG(test, v.min == (u32)low && v.max == (u32)high,
				      "%x: [%x %x]%d [%x %x]%d gives [%x %x]%d", op,
				      a.min, a.max, a.nr, b.min, b.max, b.nr, v.min, v.max, v.nr);
}

static void expect_jump(struct kunit *test, u16 op, struct seccomp_value a, struct seccomp_value b)
{
	enum seccomp_outcome outcome = seccomp_value_compare(op, a, b);
	unsigned int yes = 0, no = 0;

	for_each_pair(i, a, j, b) {
		if (jumps(op, a.min + i, b.min + j))
			yes++;
		else
			no++;
	}
	if (outcome == SECCOMP_ALWAYS)
		KUNIT_ASSERT_EQ(test, no, 0);
	if (outcome == SECCOMP_NEVER)
		KUNIT_ASSERT_EQ(test, yes, 0);
	if (op != BPF_JSET || (a.min == a.max && b.min == b.max))
		KUNIT_ASSERT_EQ_MSG(test, outcome == SECCOMP_MAYBE, yes && no,
				    "%x: [%x %x]%d [%x %x]%d", op, a.min, a.max, a.nr,
				    b.min, b.max, b.nr);
}

static void expect_join(struct kunit *test, struct seccomp_value a, struct seccomp_value b)
{
	struct seccomp_value v = seccomp_value_join(a, b);

	KUNIT_ASSERT_EQ(test, v.min, min(a.min, b.min));
	KUNIT_ASSERT_EQ(test, v.max, max(a.max, b.max));
	/* It still is the number only if both said so, of the same one. */
	KUNIT_ASSERT_EQ(test, v.nr, a.nr && b.nr && a.min == b.min);
	KUNIT_ASSERT_TRUE(test, seccomp_value_equal(v, seccomp_value_join(b, a)));
}

#define for_all_pairs(a, b)						\
	for (unsigned int m_ = 0; m_ < VALUES; m_++)			\
		for (unsigned int n_ = 0; n_ < VALUES; n_++)		\
			if (value_of(m_, &(a)) && value_of(n_, &(b)) && go_together(a, b))

static void test_alu(struct kunit *test)
{
	struct seccomp_value a, b;

	for_all_pairs(a, b) {
		for (size_t i = 0; i < ARRAY_SIZE(alu_ops); i++)
			expect_alu(test, alu_ops[i], a, b);
	}
}

static void test_compare(struct kunit *test)
{
	struct seccomp_value a, b;

	for_all_pairs(a, b) {
		for (size_t i = 0; i < ARRAY_SIZE(jump_ops); i++)
			expect_jump(test, jump_ops[i], a, b);
	}
}

static void test_join(struct kunit *test)
{
	struct seccomp_value a, b;

	for_all_pairs(a, b)
		expect_join(test, a, b);
}

/* Nothing is lost by what most filters do to the number. */
static void test_number_stays(struct kunit *test)
{
	struct seccomp_value x32 = seccomp_value_number(0x40000000, 0x40000223);
	struct seccomp_value native = seccomp_value_number(0, 472);
	struct seccomp_value v;

	v = seccomp_value_alu(BPF_AND, x32, seccomp_value_const(~0x40000000U));
	KUNIT_EXPECT_TRUE(test, v.nr && v.min == 0 && v.max == 0x223);
	v = seccomp_value_alu(BPF_SUB, x32, seccomp_value_const(0x40000000));
	KUNIT_EXPECT_TRUE(test, v.nr && v.min == 0 && v.max == 0x223);
	v = seccomp_value_alu(BPF_OR, native, seccomp_value_const(0x40000000));
	KUNIT_EXPECT_TRUE(test, v.nr && v.min == 0x40000000 && v.max == 0x40000000 + 472);
	v = seccomp_value_alu(BPF_AND, native, seccomp_value_const(0xffff));
	KUNIT_EXPECT_TRUE(test, v.nr && v.min == 0 && v.max == 472);
	v = seccomp_value_alu(BPF_XOR, native, native);
	KUNIT_EXPECT_TRUE(test, seccomp_value_is_const(v) && !v.min);
	KUNIT_EXPECT_EQ(test, seccomp_value_compare(BPF_JSET, x32, seccomp_value_const(0x40000000)),
			SECCOMP_ALWAYS);
	KUNIT_EXPECT_EQ(test, seccomp_value_compare(BPF_JSET, native,
						    seccomp_value_const(0x40000000)),
			SECCOMP_NEVER);
	/* What is not an operation at all is not known. */
	v = seccomp_value_alu(0xf0, native, native);
	KUNIT_EXPECT_TRUE(test, seccomp_value_equal(v, seccomp_value_unknown()));
	KUNIT_EXPECT_EQ(test, seccomp_value_compare(0xf0, native, native), SECCOMP_MAYBE);
}

static struct kunit_case value_cases[] = {
	KUNIT_CASE(test_alu),
	KUNIT_CASE(test_compare),
	KUNIT_CASE(test_join),
	KUNIT_CASE(test_number_stays),
	{ }
};

static struct kunit_suite value_suite = {
	.name = "seccomp_value",
	.test_cases = value_cases,
};

kunit_test_suite(value_suite);

MODULE_DESCRIPTION("KUnit tests of abstract values of classic BPF registers");
MODULE_LICENSE("GPL");
