/* SPDX-License-Identifier: GPL-2.0 */
/* As much of KUnit as lets its tests be programs */

#ifndef _SHIM_KUNIT_TEST_H
#define _SHIM_KUNIT_TEST_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct kunit {
	bool failed;
	jmp_buf end;
};

struct kunit_case {
	void (*run)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(function)		{ .run = function, .name = #function }
#define KUNIT_CASE_SLOW(function)	KUNIT_CASE(function)

#define MODULE_DESCRIPTION(text)	_Static_assert(sizeof(text) > 1, "no description")
#define MODULE_LICENSE(text)		_Static_assert(sizeof(text) > 1, "no licence")

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#define kunit_info(test, format, ...)					\
	((void)(test), printf("# " format, ##__VA_ARGS__))

#define shim_expect(test, condition, stop, format, ...)			\
	do {								\
		if (!(condition)) {					\
			printf("# %s:%d: not %s: " format "\n",		\
			       __FILE__, __LINE__, #condition, ##__VA_ARGS__); \
			(test)->failed = true;				\
			if (stop)					\
				longjmp((test)->end, 1);		\
		}							\
	} while (0)

#define KUNIT_EXPECT_TRUE(test, a)	shim_expect(test, a, false, "")
#define KUNIT_EXPECT_FALSE(test, a)	shim_expect(test, !(a), false, "")
#define KUNIT_EXPECT_EQ(test, a, b)	shim_expect(test, (a) == (b), false, "")
#define KUNIT_EXPECT_LE(test, a, b)	shim_expect(test, (a) <= (b), false, "")
#define KUNIT_ASSERT_TRUE(test, a)	shim_expect(test, a, true, "")
#define KUNIT_ASSERT_EQ(test, a, b)	shim_expect(test, (a) == (b), true, "")
#define KUNIT_ASSERT_NOT_NULL(test, a)	shim_expect(test, a, true, "")
#define KUNIT_ASSERT_FALSE(test, a)	shim_expect(test, !(a), true, "")
#define KUNIT_EXPECT_TRUE_MSG(test, a, ...)	shim_expect(test, a, false, __VA_ARGS__)
#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...)	shim_expect(test, (a) == (b), false, __VA_ARGS__)
#define KUNIT_ASSERT_TRUE_MSG(test, a, ...)	shim_expect(test, a, true, __VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(test, a, b, ...)	shim_expect(test, (a) == (b), true, __VA_ARGS__)

/* One suite is one program. */
#define kunit_test_suite(suite)						\
	int main(void)							\
	{								\
		return shim_run(&(suite));				\
	}								\
	_Static_assert(1, "")

static inline int shim_run(const struct kunit_suite *suite)
{
	static struct kunit test;
	static const struct kunit_case *c;
	static bool failed;

	for (c = suite->test_cases; c->run; c++) {
		test.failed = false;
		if (!setjmp(test.end))
			c->run(&test);
		printf("%s %s:%s%s\n", test.failed ? "not ok" : "ok", suite->name, c->name,
		       test.failed ? ": see above" : "");
		failed |= test.failed;
	}
	return failed;
}

#endif
