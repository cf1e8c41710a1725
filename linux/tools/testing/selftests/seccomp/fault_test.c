// SPDX-License-Identifier: GPL-2.0
/* Attach filters with every allocation failing in turn */

#define _GNU_SOURCE
#include "seccomp_fault.h"

FIXTURE(fault)
{
};

FIXTURE_VARIANT(fault)
{
	struct attempt how;
};

FIXTURE_VARIANT_ADD(fault, first) { .how = { .attach = attach_classic } };

FIXTURE_VARIANT_ADD(fault, stacked) {
	.how = { .on_older = true, .attach = attach_classic },
};

FIXTURE_VARIANT_ADD(fault, tsync) {
	.how = { SECCOMP_FILTER_FLAG_TSYNC, true, attach_classic },
};

FIXTURE_VARIANT_ADD(fault, listener) {
	.how = { SECCOMP_FILTER_FLAG_NEW_LISTENER, true, attach_classic },
};

FIXTURE_SETUP(fault)
{
	const char *why = prepare_injection();

	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN(fault)
{
}

TEST_F(fault, attach_fails_or_filters)
{
	int failures = fail_in_turn(&variant->how);

	TH_LOG("%d allocations failed in turn", failures);
	/* The filter and its program, at the least. */
	ASSERT_GT(failures, 2);
}

TEST_HARNESS_MAIN
