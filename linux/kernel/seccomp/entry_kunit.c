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

/* __X32_SYSCALL_BIT, which not every architecture has */
#define X32_BIT			0x40000000L

/*
 * A window as the tests see it: how many numbers it has, where its bits are,
 * and what the bits should say, one plain bool for each number.
 */
struct window {
	enum seccomp_window id;
	const char *name;
	long size;
	unsigned long *bits;
	bool *want;
};

static struct action_cache cache;

static bool want_native[SECCOMP_ARCH_NATIVE_NR];
#ifdef SECCOMP_ARCH_COMPAT
static bool want_compat[SECCOMP_ARCH_COMPAT_NR];
#endif

static const struct window windows[] = {
	{
		.id = SECCOMP_WINDOW_NATIVE,
		.name = "native",
		.size = SECCOMP_ARCH_NATIVE_NR,
		.bits = cache.allow_native,
		.want = want_native,
	},
#ifdef SECCOMP_ARCH_COMPAT
	{
		.id = SECCOMP_WINDOW_COMPAT,
		.name = "compat",
		.size = SECCOMP_ARCH_COMPAT_NR,
		.bits = cache.allow_compat,
		.want = want_compat,
	},
#endif
};

/* The reference: no bits, no unsigned wrap, no clamp. */
static bool should_allow(const struct window *w, long nr)
{
	return nr >= 0 && nr < w->size && w->want[nr];
}

static void set_number(const struct window *w, long nr, bool allow)
{
	w->want[nr] = allow;
	__assign_bit(nr, w->bits, allow);
}

static void set_window(const struct window *w, bool allow)
{
	for (long nr = 0; nr < w->size; nr++)
		set_number(w, nr, allow);
}

static void set_every_window(bool allow)
{
	/* Set bits past the last number too: none of them may be read. */
	memset(&cache, allow ? 0xff : 0, sizeof(cache));
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++)
		set_window(&windows[i], allow);
}

static void expect_number(struct kunit *test, const struct window *w, long nr)
{
	KUNIT_ASSERT_EQ_MSG(test, action_cache_allows(&cache, w->id, nr),
			    should_allow(w, nr), "%s %ld (0x%lx)", w->name, nr, nr);
}

static void expect_window(struct kunit *test, const struct window *w)
{
	for (long nr = -ENTRY_KUNIT_MARGIN; nr < w->size + ENTRY_KUNIT_MARGIN; nr++)
		expect_number(test, w, nr);
}

static void expect_every_window(struct kunit *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++)
		expect_window(test, &windows[i]);
}

static void test_all_and_none(struct kunit *test)
{
	set_every_window(false);
	expect_every_window(test);
	set_every_window(true);
	expect_every_window(test);
}

static void test_one_number(struct kunit *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		const struct window *w = &windows[i];

		for (long nr = 0; nr < w->size; nr++) {
			set_every_window(false);
			set_number(w, nr, true);
			expect_number(test, w, nr - 1);
			expect_number(test, w, nr);
			expect_number(test, w, nr + 1);

			set_every_window(true);
			set_number(w, nr, false);
			expect_number(test, w, nr - 1);
			expect_number(test, w, nr);
			expect_number(test, w, nr + 1);
		}
	}
}

static void test_random_bitmaps(struct kunit *test)
{
	struct rnd_state rng;

	prandom_seed_state(&rng, ENTRY_KUNIT_SEED);
	for (int round = 0; round < ENTRY_KUNIT_ROUNDS; round++) {
		set_every_window(false);
		for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
			for (long nr = 0; nr < windows[i].size; nr++)
				set_number(&windows[i], nr, prandom_u32_state(&rng) & 1);
		}
		expect_every_window(test);
	}
}

/* A number found in the wrong table is an ABI that fails open. */
static void test_windows_are_apart(struct kunit *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		set_every_window(false);
		set_window(&windows[i], true);
		expect_every_window(test);
	}
}

static void test_window_none(struct kunit *test)
{
	set_every_window(true);
	for (long nr = -ENTRY_KUNIT_MARGIN; nr < ENTRY_KUNIT_MARGIN; nr++) {
		KUNIT_ASSERT_FALSE_MSG(test,
				       action_cache_allows(&cache, SECCOMP_WINDOW_NONE, nr),
				       "number %ld", nr);
		/* A window that this architecture does not have is none as well. */
		KUNIT_ASSERT_FALSE_MSG(test,
				       action_cache_allows(&cache, SECCOMP_WINDOW_COMPAT + 1, nr),
				       "number %ld", nr);
#ifndef SECCOMP_ARCH_COMPAT
		KUNIT_ASSERT_FALSE_MSG(test,
				       action_cache_allows(&cache, SECCOMP_WINDOW_COMPAT, nr),
				       "number %ld", nr);
#endif
	}
}

/*
 * With everything allowed, a number is allowed just if it is in the table at
 * its full width, whatever it is truncated or sign-extended to.
 */
static void test_full_width(struct kunit *test)
{
	static const unsigned long edges[] = {
		0xffffffffUL, 0x80000000UL, INT_MAX, X32_BIT - 1, X32_BIT + 1,
		ULONG_MAX, LONG_MAX, LONG_MAX + 1UL, LONG_MAX + 2UL,
		BITS_PER_LONG, 1UL << 16, (1UL << 16) - 1, 1UL << 31,
#if BITS_PER_LONG == 64
		1UL << 32, (1UL << 32) + 1, 1UL << 63, 0xffffffff00000000UL,
		0xffffffff80000000UL, 0xffffffff7fffffffUL, 0x7fffffff00000000UL,
#endif
	};

	set_every_window(true);
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		const struct window *w = &windows[i];

		for (size_t j = 0; j < ARRAY_SIZE(edges); j++) {
			expect_number(test, w, edges[j]);
			expect_number(test, w, (int)edges[j]);
			expect_number(test, w, (unsigned int)edges[j]);
		}

		for (long nr = 0; nr < w->size; nr++) {
			expect_number(test, w, -nr);
			expect_number(test, w, ~nr);
			expect_number(test, w, X32_BIT | nr);
			for (int bit = fls_long(w->size); bit < BITS_PER_LONG; bit++) {
				expect_number(test, w, nr | 1UL << bit);
				expect_number(test, w, nr | ~0UL << bit);
			}
		}
	}
}

static void test_allow_none(struct kunit *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		const struct window *w = &windows[i];

		for (long nr = -1; nr <= w->size; nr++)
			KUNIT_ASSERT_FALSE_MSG(test,
					       action_cache_allows(&seccomp_allow_none, w->id, nr),
					       "%s %ld", w->name, nr);
	}
}

/*
 * The entry code follows the pointer without looking at it, so a task that
 * never had a filter must have one that leads to no set bit.
 */
static void test_current_has_none(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, READ_ONCE(current->seccomp.allow), &seccomp_allow_none);

	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		for (long nr = -1; nr <= windows[i].size; nr++)
			KUNIT_ASSERT_FALSE(test, seccomp_entry_allows(windows[i].id, nr));
	}
}

static struct kunit_case entry_cases[] = {
	KUNIT_CASE(test_all_and_none),
	KUNIT_CASE(test_one_number),
	KUNIT_CASE(test_random_bitmaps),
	KUNIT_CASE(test_windows_are_apart),
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
