/* SPDX-License-Identifier: GPL-2.0 */
/* What files of BPF's prog_tests need of test_progs, which cannot be built: see probes.c */
#ifndef TEST_PROGS_H
#define TEST_PROGS_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <linux/types.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Print the case that begins; what fails until the next one begins is its failure. */
bool test__start_subtest(const char *name);

/* Note the failure of a check by its name unless it is @good; return that. */
bool test_check(bool good, const char *name);

#define ASSERT_EQ(actual, expected, name)	test_check((actual) == (expected), name)
#define ASSERT_GT(actual, expected, name)	test_check((actual) > (expected), name)
#define ASSERT_OK_PTR(pointer, name)		test_check(!libbpf_get_error(pointer), name)
#define ASSERT_STREQ(actual, expected, name)	test_check(!strcmp(actual, expected), expected)

/* Its arguments say whether it failed, and what to print then. */
#define CHECK(condition, tag, ...)	({						\
	bool failed_ = (condition);							\
	if (failed_)									\
		printf(__VA_ARGS__);							\
	!test_check(!failed_, tag);							\
})

#endif /* TEST_PROGS_H */
