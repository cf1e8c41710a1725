// SPDX-License-Identifier: GPL-2.0
/* Attach filters with every allocation failing in turn */

#define _GNU_SOURCE
#include <signal.h>

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

/* --- A filter that is attached again when there is memory --- */

/* Exit statuses of attach_twice(); it stops if there is something to look at. */
enum { NO_FAILURE, REFUSED, WRONG };

/* Attach a filter with allocation @nth failing, and once more without. */
static int attach_twice(int nth)
{
	int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	char text[16];
	long ret;

	snprintf(text, sizeof(text), "%d", nth);
	if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    pwrite(fd, text, strlen(text), 0) < 0)
		return WRONG;
	ret = attach_classic(0, DENIED_ERRNO, 0xffffffff);
	if (ret)
		ret = -errno;
	memset(text, 0, sizeof(text));
	if (pread(fd, text, sizeof(text) - 1, 0) <= 0 || pwrite(fd, "0", 1, 0) != 1)
		return WRONG;
	if (atol(text))
		return ret ? WRONG : NO_FAILURE;
	if (ret)
		return ret == -ENOMEM ? REFUSED : WRONG;
	if (attach_classic(0, DENIED_ERRNO, 0xffffffff) || !as_it_should(true, false))
		return WRONG;
	raise(SIGSTOP);
	return REFUSED;
}

/* How many programs run for personality(), and how many of them for want of analysis */
struct shown {
	int residuals, unanalyzed;
};

/* Return whether the kernel shows it. */
static bool look_at(pid_t pid, struct shown *shown)
{
	char path[64], line[128];
	bool found = false;
	unsigned int nr;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/seccomp_policy", pid);
	file = fopen(path, "r");
	/* The native numbers come first. */
	while (file && !found && fgets(line, sizeof(line), file)) {
		*shown = (struct shown) { };
		found = sscanf(line, "%*s %u FILTER residuals=%d unanalyzed=%d", &nr,
			       &shown->residuals, &shown->unanalyzed) >= 2 &&
			nr == __NR_personality;
	}
	if (file)
		fclose(file);
	return found;
}

FIXTURE(again)
{
};

FIXTURE_SETUP(again)
{
}

FIXTURE_TEARDOWN(again)
{
}

/* Some fifty times two attaches, which takes its time with KASAN under emulation. */
TEST_F_TIMEOUT(again, what_was_not_analyzed_is_analyzed_when_attached_again, 180)
{
	const char *why = prepare_injection();
	int unanalyzed = 0, last_unanalyzed = 0, last_refused = 0, nth;

	if (why)
		SKIP(return, "%s", why);
	if (access("/proc/self/seccomp_policy", F_OK))
		SKIP(return, "needs CONFIG_SECCOMP_POLICY_VIEW");

	for (nth = 1; nth <= MOST_ALLOCATIONS; nth++) {
		struct shown shown = { };
		int status;
		pid_t pid = fork();

		if (!pid)
			_exit(attach_twice(nth));
		ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
		if (WIFSTOPPED(status)) {
			bool found = look_at(pid, &shown);

			kill(pid, SIGKILL);
			ASSERT_EQ(pid, waitpid(pid, &status, 0));
			EXPECT_TRUE(found);
			if (!shown.unanalyzed)
				continue;
			/* Its own program, and the first one's, which is the only one whole */
			EXPECT_EQ(2, shown.residuals) TH_LOG("allocation %d", nth);
			EXPECT_EQ(1, shown.unanalyzed) TH_LOG("allocation %d", nth);
			unanalyzed++;
			last_unanalyzed = nth;
			continue;
		}
		ASSERT_TRUE(WIFEXITED(status));
		ASSERT_NE(WRONG, WEXITSTATUS(status)) TH_LOG("allocation %d", nth);
		if (WEXITSTATUS(status) == NO_FAILURE)
			break;
		last_refused = nth;
	}
	TH_LOG("%d of %d failures left the filter without analysis", unanalyzed, nth - 1);
	EXPECT_GT(MOST_ALLOCATIONS, nth);
	EXPECT_GT(unanalyzed, 0);
	/*
	 * The table comes after that, and there is no filter without. What may fail later
	 * still is the kernel's own, such as kmemleak's.
	 */
	EXPECT_GT(last_refused, last_unanalyzed);
}

TEST_HARNESS_MAIN
