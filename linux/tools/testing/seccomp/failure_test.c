// SPDX-License-Identifier: GPL-2.0
/* What the analysis does when memory runs out, and when its task is killed */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "interp.h"
#include "shim.h"
#include "spaces.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* The most memory that the analysis may take, as analyze.c says. */
#define MOST_BYTES	(220 * 1024)

#define PARTS		2

static struct sock_filter insns[BPF_MAXINSNS];
static unsigned int len;
static unsigned int constant;
static bool failed;

static void expect(bool good, const char *what, long when)
{
	if (good)
		return;
	if (!failed)
		printf("# %ld: %s\n", when, what);
	failed = true;
}

/* A filter that needs more groups than come with the analyzer. */
static void make_filter(void)
{
	static const struct sock_filter part[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x1f),
		BPF_STMT(BPF_ST, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_LD | BPF_MEM, 0),
	};
	static const struct sock_filter end[] = {
		BPF_STMT(BPF_LD | BPF_MEM, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 15, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x50001),
		BPF_STMT(BPF_RET | BPF_K, 0x50002),
	};

	for (len = 0; len < PARTS * ARRAY_SIZE(part); len += ARRAY_SIZE(part))
		memcpy(&insns[len], part, sizeof(part));
	memcpy(&insns[len], end, sizeof(end));
	len += ARRAY_SIZE(end);
}

/* Does the filter return that, whatever the argument that it looks at? */
static bool returns(const struct seccomp_space *space, u32 nr, u32 ret)
{
	for (int arg = 0; arg < 2; arg++) {
		struct seccomp_data call = { .arch = space->arch, .nr = nr, .args = { arg } };

		if (interpret(insns, &call, true) != ret)
			return false;
	}
	return true;
}

/* What an error leaves behind must not change what the analyzer finds next. */
static void expect_fresh(struct seccomp_analyzer *an, long when)
{
	static struct seccomp_verdict got[SECCOMP_SPACE_MAX], want[SECCOMP_SPACE_MAX];
	const struct seccomp_space *space = &spaces[0].space;
	struct seccomp_analyzer *fresh;

	shim.looks_left = -1;
	fresh = seccomp_analyzer_alloc(insns, len);
	expect(!seccomp_analyze(fresh, space, want), "fails without a signal", when);
	expect(!seccomp_analyze(an, space, got), "fails once more", when);
	for (unsigned int j = 0; j < space_size(space); j++)
		expect(!got[j].constant || (want[j].constant && got[j].ret == want[j].ret),
		       "constant after an error, and not without", when);
	seccomp_analyzer_free(fresh);
}

/* Analyze all spaces; whatever fails, what is constant must be right. */
static int analyze_all(long when)
{
	static struct seccomp_verdict v[SECCOMP_SPACE_MAX];
	struct seccomp_analyzer *an = seccomp_analyzer_alloc(insns, len);
	int err = 0;

	constant = 0;
	for (int i = 0; i < SPACES && !err; i++) {
		const struct seccomp_space *space = &spaces[i].space;

		memset(v, 0xff, sizeof(v));
		err = seccomp_analyze(an, space, v);
		for (unsigned int j = 0; j < space_size(space); j++) {
			if (!v[j].constant)
				continue;
			constant++;
			expect(!err, "constant after an error", when);
			expect(returns(space, space->first + j, v[j].ret), "not constant", when);
			expect(returns(space, space->last - j, v[j].ret) || !space->whole,
			       "not constant", when);
		}
	}
	expect(seccomp_analyzer_starved(an) == !shim.allocs_left,
	       "does not say whether memory was short", when);
	if (err)
		expect_fresh(an, when);
	seccomp_analyzer_free(an);
	expect(!shim.bytes, "memory leaked", when);
	return err;
}

static bool test_memory(void)
{
	shim_reset();
	analyze_all(-1);
	expect(constant > 400, "finds nothing with all the memory there is", constant);
	expect(shim.bytes_most <= MOST_BYTES, "takes more memory than it says", shim.bytes_most);
	printf("# %zu bytes at most\n", shim.bytes_most);

	/* An analyzer, and more groups: there are two allocations to fail. */
	for (long left = 0; left < 2; left++) {
		shim_reset();
		shim.allocs_left = left;
		expect(!analyze_all(left), "an error for want of memory", left);
		expect(!shim.allocs_left, "did not ask for memory", left);
		expect(left || !constant, "constant, but not analyzed", left);
	}
	shim_reset();
	return !failed;
}

static bool test_signal(void)
{
	unsigned long looks;

	shim_reset();
	expect(!analyze_all(-1), "an error without a signal", -1);
	looks = shim.rescheds;
	expect(looks > 10, "does not look for signals", looks);

	for (unsigned long left = 0; left < looks; left++) {
		shim_reset();
		shim.looks_left = left;
		expect(analyze_all(left) == -EINTR, "goes on though it is to die", left);
	}
	shim_reset();
	return !failed;
}

int main(void)
{
	static const struct {
		const char *name;
		bool (*run)(void);
	} tests[] = {
		{ "out_of_memory", test_memory },
		{ "fatal_signal", test_signal },
	};
	bool all = true;

	make_filter();
	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		failed = false;
		tests[i].run();
		printf("%s failure:%s%s\n", failed ? "not ok" : "ok", tests[i].name,
		       failed ? ": see above" : "");
		all &= !failed;
	}
	return !all;
}
