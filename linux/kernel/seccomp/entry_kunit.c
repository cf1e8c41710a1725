// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of the seccomp test at system call entry */

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/limits.h>
#include <linux/prandom.h>
#include <linux/seccomp_entry.h>

#define ENTRY_KUNIT_SEED	73
#define ENTRY_KUNIT_ROUNDS	16
/* How far beyond both ends of a table numbers are tried one by one. */
#define ENTRY_KUNIT_MARGIN	2048

/* The first number of SECCOMP_ARCH_ALT_*, which not every architecture has */
#define ALT_FIRST			0x40000000L

/*
 * A system call table as the tests see it: the window that it is in, its first
 * number and how many there are, where the bits are, and what they should say,
 * one plain bool for each number.
 */
struct table {
	enum seccomp_window window;
	const char *name;
	long first;
	long size;
	unsigned long *bits;
	bool *want;
};

static struct seccomp_allow bits;

static bool want_native[SECCOMP_ARCH_NATIVE_NR];
#ifdef SECCOMP_ARCH_COMPAT
static bool want_compat[SECCOMP_ARCH_COMPAT_NR];
#endif

#ifdef SECCOMP_ARCH_ALT_NR
static bool want_alt[SECCOMP_ARCH_ALT_NR];
#endif

static const struct table tables[] = {
	{
		.window = SECCOMP_WINDOW_NATIVE,
		.name = "native",
		.size = SECCOMP_ARCH_NATIVE_NR,
		.bits = bits.native,
		.want = want_native,
	},
#ifdef SECCOMP_ARCH_COMPAT
	{
		.window = SECCOMP_WINDOW_COMPAT,
		.name = "compat",
		.size = SECCOMP_ARCH_COMPAT_NR,
		.bits = bits.compat,
		.want = want_compat,
	},
#endif
#ifdef SECCOMP_ARCH_ALT_NR
	{
		.window = SECCOMP_WINDOW_NATIVE,
		.name = SECCOMP_ARCH_ALT_NAME,
		.first = SECCOMP_ARCH_ALT_FIRST,
		.size = SECCOMP_ARCH_ALT_NR,
		.bits = bits.alt,
		.want = want_alt,
	},
#endif
};

/* The reference: no bits, no unsigned wrap, no clamp. */
static bool should_allow(enum seccomp_window window, long nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct table *t = &tables[i];

		if (t->window == window && nr >= t->first && nr < t->first + t->size)
			return t->want[nr - t->first];
	}
	return false;
}

static void set_number(const struct table *t, long idx, bool allow)
{
	t->want[idx] = allow;
	__assign_bit(idx, t->bits, allow);
}

static void set_table(const struct table *t, bool allow)
{
	for (long idx = 0; idx < t->size; idx++)
		set_number(t, idx, allow);
}

static void set_every_table(bool allow)
{
	/* Set bits past the last number too: none of them may be read. */
	memset(&bits, allow ? 0xff : 0, sizeof(bits));
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		set_table(&tables[i], allow);
}

static void expect_number(struct kunit *test, const struct table *t, long nr)
{
	KUNIT_ASSERT_EQ_MSG(test, seccomp_allows(&bits, t->window, nr),
			    should_allow(t->window, nr), "%s %ld (0x%lx)", t->name, nr, nr);
}

static void expect_table(struct kunit *test, const struct table *t)
{
	for (long idx = -ENTRY_KUNIT_MARGIN; idx < t->size + ENTRY_KUNIT_MARGIN; idx++)
		expect_number(test, t, t->first + idx);
}

static void expect_every_table(struct kunit *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		expect_table(test, &tables[i]);
}

static void test_all_and_none(struct kunit *test)
{
	set_every_table(false);
	expect_every_table(test);
	set_every_table(true);
	expect_every_table(test);
}

static void test_one_number(struct kunit *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct table *t = &tables[i];

		for (long idx = 0; idx < t->size; idx++) {
			for (int allow = 0; allow < 2; allow++) {
				set_every_table(!allow);
				set_number(t, idx, allow);
				for (long beside = -1; beside <= 1; beside++)
					expect_number(test, t, t->first + idx + beside);
			}
		}
	}
}

static void test_random_bitmaps(struct kunit *test)
{
	struct rnd_state rng;

	prandom_seed_state(&rng, ENTRY_KUNIT_SEED);
	for (int round = 0; round < ENTRY_KUNIT_ROUNDS; round++) {
		set_every_table(false);
		for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
			for (long idx = 0; idx < tables[i].size; idx++)
				set_number(&tables[i], idx, prandom_u32_state(&rng) & 1);
		}
		expect_every_table(test);
	}
}

/* A number found in the wrong table is an ABI that fails open. */
static void test_tables_are_apart(struct kunit *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		set_every_table(false);
		set_table(&tables[i], true);
		expect_every_table(test);
	}
}

static void test_window_none(struct kunit *test)
{
	set_every_table(true);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		for (long idx = -ENTRY_KUNIT_MARGIN; idx < ENTRY_KUNIT_MARGIN; idx++) {
			long nr = tables[i].first + idx;

			KUNIT_ASSERT_FALSE_MSG(test,
					       seccomp_allows(&bits, SECCOMP_WINDOW_NONE, nr),
					       "number %ld", nr);
			/* A window that this architecture does not have is none as well. */
			KUNIT_ASSERT_FALSE_MSG(test,
					       seccomp_allows(&bits, SECCOMP_WINDOW_COMPAT + 1, nr),
					       "number %ld", nr);
#ifndef SECCOMP_ARCH_COMPAT
			KUNIT_ASSERT_FALSE_MSG(test,
					       seccomp_allows(&bits, SECCOMP_WINDOW_COMPAT, nr),
					       "number %ld", nr);
#endif
		}
	}
}

/*
 * With everything allowed, a number is allowed just if it is in the table at
 * its full width, whatever it is truncated or sign-extended to.
 */
static void test_full_width(struct kunit *test)
{
	static const unsigned long edges[] = {
		0xffffffffUL, 0x80000000UL, INT_MAX, ALT_FIRST - 1, ALT_FIRST + 1,
		ULONG_MAX, LONG_MAX, LONG_MAX + 1UL, LONG_MAX + 2UL,
		BITS_PER_LONG, 1UL << 16, (1UL << 16) - 1, 1UL << 31,
#if BITS_PER_LONG == 64
		1UL << 32, (1UL << 32) + 1, 1UL << 63, 0xffffffff00000000UL,
		0xffffffff80000000UL, 0xffffffff7fffffffUL, 0x7fffffff00000000UL,
#endif
	};

	set_every_table(true);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct table *t = &tables[i];

		for (size_t j = 0; j < ARRAY_SIZE(edges); j++) {
			expect_number(test, t, edges[j]);
			expect_number(test, t, (int)edges[j]);
			expect_number(test, t, (unsigned int)edges[j]);
		}

		for (long idx = 0; idx < t->size; idx++) {
			long nr = t->first + idx;

			expect_number(test, t, -nr);
			expect_number(test, t, ~nr);
			expect_number(test, t, ALT_FIRST ^ nr);
			for (int bit = fls_long(t->size); bit < BITS_PER_LONG; bit++) {
				expect_number(test, t, nr ^ 1UL << bit);
				expect_number(test, t, nr | ~0UL << bit);
			}
		}
	}
}

static void test_allow_none(struct kunit *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct table *t = &tables[i];

		for (long idx = -1; idx <= t->size; idx++)
			KUNIT_ASSERT_FALSE_MSG(test,
					       seccomp_allows(&seccomp_allow_none, t->window,
							      t->first + idx),
					       "%s %ld", t->name, idx);
	}
}

/*
 * The entry code follows the pointer without looking at it, so a task that
 * never had a filter must have one that leads to no set bit.
 */
static void test_current_has_none(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, READ_ONCE(current->seccomp.allow), &seccomp_allow_none);

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct table *t = &tables[i];

		for (long idx = -1; idx <= t->size; idx++)
			KUNIT_ASSERT_FALSE(test, seccomp_entry_allows(t->window, t->first + idx));
	}
}

static struct kunit_case entry_cases[] = {
	KUNIT_CASE(test_all_and_none),
	KUNIT_CASE(test_one_number),
	KUNIT_CASE(test_random_bitmaps),
	KUNIT_CASE(test_tables_are_apart),
	KUNIT_CASE(test_window_none),
	KUNIT_CASE(test_full_width),
	KUNIT_CASE(test_allow_none),
	KUNIT_CASE(test_current_has_none),
	{ }
};

static struct kunit_suite entry_suite = {
	.name = "seccomp_entry",
	.test_cases = entry_cases,
};

kunit_test_suite(entry_suite);

MODULE_DESCRIPTION("KUnit tests of the seccomp test at system call entry");
MODULE_LICENSE("GPL");
