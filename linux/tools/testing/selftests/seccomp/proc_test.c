// SPDX-License-Identifier: GPL-2.0
/* /proc/PID/seccomp_cache shows which calls are always allowed */

/*
 * A line for each number of the native and then of the compat table: ALLOW if it
 * is known to be always allowed, or else FILTER. Kernels differ in how much they
 * know, but not in the format: no other ABI, action or range is shown.
 */

/* Cases here are of all ABIs together. */
#define WITHOUT_ABI_FIXTURE
#include "seccomp_test.h"

#ifdef __x86_64__
/* --- The model: what a stack of rules says of a number --- */

#define LAYERS		6
#define LAYER_RULES	8

/* Where @dflt is not to allow, what a child needs is allowed before all rules. */
struct layer {
	__u32 dflt;
	struct rule rules[LAYER_RULES];
	size_t n;
};

static const int needed[] = { __NR_exit_group, __NR_sched_yield, __NR_seccomp };

struct stack {
	struct layer layers[LAYERS];
	size_t n;
};

/* A filter's verdicts for an even and an odd first argument; a constant has one */
struct verdict {
	__u32 even, odd;
};

static __s32 action_only(__u32 ret)
{
	return ret & SECCOMP_RET_ACTION_FULL;
}

static struct verdict verdict_of_layer(const struct layer *layer, __u32 arch, __u32 nr)
{
	for (size_t i = 0; layer->dflt != ALLOW && i < ARRAY_SIZE(needed); i++) {
		if (arch == NATIVE_ARCH && nr == (__u32)needed[i])
			return (struct verdict) { ALLOW, ALLOW };
	}
	for (size_t i = 0; i < layer->n; i++) {
		const struct rule *rule = &layer->rules[i];

		if (rule->arch == arch && rule->first <= nr && nr <= rule->last)
			return (struct verdict) {
				rule->action, rule->depends ? rule->odd : rule->action
			};
	}
	return (struct verdict) { layer->dflt, layer->dflt };
}

static struct verdict verdict_of(const struct stack *stack, __u32 arch, __u32 nr)
{
	struct verdict all = { ALLOW, ALLOW };

	for (size_t i = 0; i < stack->n; i++) {
		struct verdict newer = verdict_of_layer(&stack->layers[i], arch, nr);

		if (action_only(newer.even) <= action_only(all.even))
			all.even = newer.even;
		if (action_only(newer.odd) <= action_only(all.odd))
			all.odd = newer.odd;
	}
	return all;
}

/* --- The file --- */

#define FILE_NAME	"/proc/%d/seccomp_cache"

struct line {
	const struct abi *abi;
	char word[8];
	__u32 nr;
};

/* 64-bit numbers and 32-bit ones */
static struct line lines[2 * NUMBERS];
static size_t line_count;

static const struct abi *abi_named(const char *name)
{
	return !strcmp(name, "x86_64") ? &native : !strcmp(name, "ia32") ? &ia32 : NULL;
}

/* Take a line that is just "ABI NUMBER WORD". */
static bool take_line(const char *text, struct line *l)
{
	char arch[16], again[80];

	if (sscanf(text, "%15s %u %7s", arch, &l->nr, l->word) != 3)
		return false;
	l->abi = abi_named(arch);
	snprintf(again, sizeof(again), "%s %u %s\n", arch, l->nr, l->word);
	return l->abi && !strcmp(text, again);
}

/* Read the file; return 0 or a negative error. */
static int read_cache(pid_t pid)
{
	char path[64], text[80];
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), FILE_NAME, pid);
	line_count = 0;
	file = fopen(path, "r");
	if (!file)
		return -errno;
	errno = 0;
	while (!err && fgets(text, sizeof(text), file)) {
		if (line_count == ARRAY_SIZE(lines) || !take_line(text, &lines[line_count++]))
			err = -EBADMSG;
	}
	if (ferror(file))
		err = -errno;
	fclose(file);
	return err;
}

/*
 * Does the kernel run all filters for each call? Then no line says ALLOW. The
 * parameter tells; where there is none, a filter that only allows does, whose lines
 * were just read: the kernel has bitmaps, or it was built without tables.
 */
static bool runs_all_filters(void)
{
	FILE *file = fopen("/sys/module/seccomp/parameters/action_tables", "r");
	char word[16] = "";

	if (file) {
		if (fscanf(file, "%15s", word) != 1)
			word[0] = '\0';
		fclose(file);
		return !strcmp(word, "N");
	}
	for (size_t i = 0; i < line_count; i++) {
		if (!strcmp(lines[i].word, "ALLOW"))
			return false;
	}
	return true;
}

static bool runs_all;

/* Is there a filter that looks at arguments, if only for one that decides nothing? */
static bool looks_at_arguments(const struct stack *stack, const struct abi *abi, __u32 nr)
{
	for (size_t i = 0; i < stack->n; i++) {
		for (size_t j = 0; j < stack->layers[i].n; j++) {
			const struct rule *rule = &stack->layers[i].rules[j];

			if (rule->depends && rule->arch == abi->arch && rule->first <= nr &&
			    nr <= rule->last)
				return true;
		}
	}
	return false;
}

/* ALLOW may stand only where no call of the number gets anything else. */
static bool may_be_shown(const struct stack *stack, const struct abi *abi, __u32 nr)
{
	struct verdict v = verdict_of(stack, abi->arch, nr);

	return is_exempt(abi, nr) ||
	       (action_only(v.even) == ALLOW && action_only(v.odd) == ALLOW);
}

/* It has to where each filter returns just that, whatever the arguments are. */
static bool has_to_be_shown(const struct stack *stack, const struct abi *abi, __u32 nr)
{
	if (is_exempt(abi, nr))
		return true;
	for (size_t i = 0; i < stack->n; i++) {
		struct verdict v = verdict_of_layer(&stack->layers[i], abi->arch, nr);

		if (v.even != ALLOW || v.odd != ALLOW)
			return false;
	}
	return !looks_at_arguments(stack, abi, nr);
}

static void expect_cache(struct __test_metadata *_metadata, pid_t pid, const struct stack *stack)
{
	__u32 next[2] = {};

	ASSERT_EQ(0, read_cache(pid));
	for (size_t i = 0; i < line_count; i++) {
		const struct line *l = &lines[i];
		bool allowed = !strcmp(l->word, "ALLOW");

		/* All numbers from 0 on, of the native table first */
		EXPECT_EQ(next[l->abi == &ia32]++, l->nr);
		EXPECT_FALSE(l->abi == &native && next[1]);
		EXPECT_TRUE(allowed || !strcmp(l->word, "FILTER")) TH_LOG("%s", l->word);
		EXPECT_TRUE(allowed ? !runs_all && may_be_shown(stack, l->abi, l->nr) :
				      runs_all || !has_to_be_shown(stack, l->abi, l->nr))
			TH_LOG("native %d, number %u", l->abi == &native, l->nr);
	}
	EXPECT_LT(400, next[0]);
	if (have_ia32)
		EXPECT_LT(400, next[1]);
}

/* --- Tasks with filters --- */

static long attach_layer(unsigned int flags, const struct layer *layer)
{
	struct rule rules[ARRAY_SIZE(needed) + LAYER_RULES];
	size_t n = 0;

	for (size_t i = 0; layer->dflt != ALLOW && i < ARRAY_SIZE(needed); i++)
		rules[n++] = on(NATIVE_ARCH, needed[i], ALLOW);
	memcpy(rules + n, layer->rules, layer->n * sizeof(*rules));
	return attach_rules(flags, layer->dflt, rules, n + layer->n);
}

static void attach_stack(const struct stack *stack, size_t from)
{
	for (size_t i = from; i < stack->n; i++)
		CHECK(attach_layer(0, &stack->layers[i]), 0);
}

static void child_with_stack(const struct abi *abi, long arg)
{
	attach_stack((struct stack *)arg, 0);
	atomic_store(&report->stage, 1);
	wait_for(&report->flag, 1);
}

FIXTURE(cache) {
};

FIXTURE_SETUP(cache)
{
	static const struct stack any = { { { .dflt = ALLOW } }, 1 };
	pid_t pid;
	int err;

	if (access("/proc/self/seccomp_cache", F_OK))
		SKIP(return, "needs CONFIG_SECCOMP_CACHE_DEBUG");
	have_ia32 = WIFEXITED(run(child_probe, &ia32, 0));
	pid = start(child_with_stack, &native, (long)&any);
	wait_for(&report->stage, 1);
	err = read_cache(pid);
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
	if (err == -EACCES)
		SKIP(return, "needs CAP_SYS_ADMIN");
	ASSERT_EQ(0, err);
	runs_all = runs_all_filters();
}

FIXTURE_TEARDOWN(cache)
{
}

static void expect_stack(struct __test_metadata *_metadata, const struct stack *stack)
{
	pid_t pid = start(child_with_stack, &native, (long)stack);

	wait_for(&report->stage, 1);
	expect_cache(_metadata, pid, stack);
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
}

TEST_F(cache, all_is_allowed)
{
	static const struct stack stack = { { { .dflt = ALLOW } }, 1 };

	expect_stack(_metadata, &stack);
}

TEST_F(cache, every_kind_of_verdict_as_the_default)
{
	static const __u32 verdicts[] = {
		ALLOW | 5, SECCOMP_RET_LOG, SECCOMP_RET_LOG | 5, SECCOMP_RET_TRACE,
		SECCOMP_RET_TRACE | 0xffff, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF | 5,
		SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO | ENOSYS, SECCOMP_RET_ERRNO | 4095,
		SECCOMP_RET_ERRNO | 4096, SECCOMP_RET_ERRNO | 0xffff, SECCOMP_RET_TRAP,
		SECCOMP_RET_TRAP | 1, SECCOMP_RET_TRAP | 0xffff, SECCOMP_RET_KILL_THREAD,
		SECCOMP_RET_KILL_THREAD | 5, SECCOMP_RET_KILL_PROCESS,
		SECCOMP_RET_KILL_PROCESS | 5, 0x12340000, 0x7ffe0005, 0x80010000,
	};

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct stack stack = { { { .dflt = verdicts[i] } }, 1 };

		expect_stack(_metadata, &stack);
	}
}

TEST_F(cache, every_kind_of_verdict_of_numbers)
{
	static const struct stack stack = { {
		{ ALLOW, {
			{ NATIVE_ARCH, 600, 700, SECCOMP_RET_ERRNO | 1 },
			{ NATIVE_ARCH, 100, 110, SECCOMP_RET_ERRNO | 5000 },
			{ NATIVE_ARCH, 111, 111, SECCOMP_RET_TRAP },
			{ NATIVE_ARCH, 112, 112, SECCOMP_RET_TRACE | 7 },
			{ AUDIT_ARCH_I386, 0, 0, SECCOMP_RET_KILL_THREAD },
			{ AUDIT_ARCH_I386, 60, 70, SECCOMP_RET_LOG },
			{ NATIVE_ARCH, X32_BIT | 30, X32_BIT | 40, SECCOMP_RET_USER_NOTIF },
			{ NATIVE_ARCH, X32_BIT | 512, X32_BIT | 547, 0x12340000 },
		}, 8 },
		{ ALLOW, {
			{ NATIVE_ARCH, 105, 120, SECCOMP_RET_ERRNO | 2 },
			{ NATIVE_ARCH, 0, 2, ALLOW, SECCOMP_RET_ERRNO | 3, true },
			{ AUDIT_ARCH_I386, 65, 75, SECCOMP_RET_TRACE | 8, ALLOW, true },
			{ NATIVE_ARCH, X32_BIT | 35, X32_BIT | 50, ALLOW, KILL, true },
			{ NATIVE_ARCH, X32_BIT | 546, X32_BIT | 548, SECCOMP_RET_TRAP | 9 },
		}, 5 },
	}, 2 };

	expect_stack(_metadata, &stack);
}

TEST_F(cache, ranges_behind_the_tables)
{
	/* The ends of ranges of numbers that no table has; whole, and with a hole */
	static const __u32 firsts[] = {
		600, X32_BIT + 600, 0x80000000, 0xc0000000, 0xffffffff,
	};
	static const __u32 lasts[] = {
		X32_BIT - 1, 0x7fffffff, 0xbfffffff, 0xfffffffe, 0xffffffff,
	};

	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		for (int j = 0; j < 2; j++) {
			__u32 arch = j ? AUDIT_ARCH_I386 : NATIVE_ARCH;
			struct stack stack = { {
				{ ALLOW, { { arch, i && !j ? firsts[i] : 480, lasts[i],
					     SECCOMP_RET_ERRNO | 38 } }, 1 },
				{ ALLOW, { { arch, firsts[i], firsts[i],
					     SECCOMP_RET_ERRNO | 39 } }, 1 },
			}, 1 };

			expect_stack(_metadata, &stack);
			stack.n = 2;
			expect_stack(_metadata, &stack);
		}
	}
}

TEST_F(cache, stacks_are_shown_as_joined)
{
	static const struct stack stack = { {
		{ ALLOW, {
			{ NATIVE_ARCH, 100, 199, SECCOMP_RET_ERRNO | 1 },
			{ NATIVE_ARCH, 200, 219, SECCOMP_RET_ERRNO | 1, ALLOW, true },
		}, 2 },
		{ .dflt = SECCOMP_RET_LOG },
		{ ALLOW, {
			{ NATIVE_ARCH, 110, 119, SECCOMP_RET_TRACE },
			{ NATIVE_ARCH, 120, 129, SECCOMP_RET_TRAP | 2 },
			{ NATIVE_ARCH, 130, 139, SECCOMP_RET_ERRNO | 2 },
			{ NATIVE_ARCH, 140, 149, SECCOMP_RET_ERRNO | 3, ALLOW, true },
			/* One that cannot matter, since a kill is there whatever it says */
			{ NATIVE_ARCH, 200, 209, SECCOMP_RET_KILL_PROCESS },
		}, 5 },
		{ ALLOW, {
			{ NATIVE_ARCH, 204, 214, SECCOMP_RET_ERRNO | 4, SECCOMP_RET_LOG, true },
			/* Older, it loses to a newer one of the same action. */
			{ NATIVE_ARCH, 215, 216, SECCOMP_RET_ERRNO | 5 },
		}, 2 },
	}, 4 };

	for (size_t n = 1; n <= stack.n; n++) {
		struct stack part = stack;

		part.n = n;
		expect_stack(_metadata, &part);
	}
}

/* --- What belongs to whom --- */

static const struct stack apart[] = {
	{ { { ALLOW, { { NATIVE_ARCH, 110, 110, SECCOMP_RET_ERRNO | 1 } }, 1 } }, 1 },
	{ {
		{ ALLOW, { { NATIVE_ARCH, 110, 110, SECCOMP_RET_ERRNO | 1 } }, 1 },
		{ ALLOW, { { NATIVE_ARCH, 110, 111, SECCOMP_RET_ERRNO | 2 } }, 1 },
	}, 2 },
};

static void child_with_child(const struct abi *abi, long arg)
{
	pid_t pid;

	attach_stack(&apart[0], 0);
	pid = fork();
	if (!pid) {
		attach_stack(&apart[1], 1);
		report->seen = raw3(&native, __NR_getpid, 0, 0, 0);
		atomic_store(&report->stage, 1);
		wait_for(&report->flag, 1);
		leave(CHILD_DONE);
	}
	CHECK(finish(pid), CHILD_DONE << 8);
}

TEST_F(cache, child_and_parent_have_their_own)
{
	pid_t pid = start(child_with_child, &native, 0);

	wait_for(&report->stage, 1);
	expect_cache(_metadata, pid, &apart[0]);
	expect_cache(_metadata, report->seen, &apart[1]);
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
}

static void *idle(void *arg)
{
	report->seen = raw3(&native, __NR_gettid, 0, 0, 0);
	atomic_store(&report->mark, 1);
	wait_for(&report->flag, 1);
	return NULL;
}

static void child_synced(const struct abi *abi, long arg)
{
	const struct layer *layer = &apart[1].layers[1];
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, idle, NULL), 0);
	wait_for(&report->mark, 1);
	attach_stack(&apart[0], 0);
	CHECK(attach_layer(0, layer), 0);
	CHECK(attach_layer(SECCOMP_FILTER_FLAG_TSYNC, layer), 0);
	atomic_store(&report->stage, 1);
	wait_for(&report->flag, 1);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F(cache, thread_that_was_synced)
{
	pid_t pid = start(child_synced, &native, 0);

	wait_for(&report->stage, 1);
	/* A number under /proc may be a thread's. */
	expect_cache(_metadata, report->seen, &apart[1]);
	expect_cache(_metadata, pid, &apart[1]);
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
}

/* --- Who may read, and what there is --- */

static void child_without(const struct abi *abi, long strict)
{
	if (strict)
		CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), 0);
	atomic_store(&report->stage, 1);
	while (!atomic_load(&report->flag))
		;
	raw3(&native, __NR_exit, CHILD_DONE, 0, 0);
}

TEST_F(cache, nothing_without_a_filter)
{
	for (int strict = 0; strict < 2; strict++) {
		pid_t pid = start(child_without, &native, strict);

		wait_for(&report->stage, 1);
		EXPECT_EQ(0, read_cache(pid));
		EXPECT_EQ(0UL, line_count);
		atomic_store(&report->flag, 1);
		EXPECT_FINE(finish(pid));
	}
}

TEST_F(cache, nothing_of_the_dead)
{
	static const struct stack any = { { { .dflt = ALLOW } }, 1 };
	pid_t pid = start(child_with_stack, &native, (long)&any);
	char path[64], byte;
	siginfo_t info;
	int fd;

	wait_for(&report->stage, 1);
	snprintf(path, sizeof(path), FILE_NAME, pid);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	atomic_store(&report->flag, 1);
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	/* A zombie has no filter any more. */
	EXPECT_EQ(0, read(fd, &byte, 1));
	EXPECT_FINE(finish(pid));
	EXPECT_EQ(-1, pread(fd, &byte, 1, 0));
	EXPECT_EQ(ESRCH, errno);
	close(fd);
}

static void child_unprivileged(const struct abi *abi, long pid)
{
	char path[64], byte;
	int own, other;

	snprintf(path, sizeof(path), FILE_NAME, (int)pid);
	other = open(path, O_RDONLY);
	CHECK(other >= 0, true);
	own = open("/proc/self/seccomp_cache", O_RDONLY);
	CHECK(own >= 0, true);
	attach_stack(&apart[0], 0);
	CHECK(syscall(__NR_setresuid, 65534, 65534, 65534), 0);
	/* Privilege counts where the file was opened. */
	CHECK(read(other, &byte, 1), 1);
	CHECK(read(own, &byte, 1), 1);
	close(own);
	/* A task that has changed its user is its own no more, but this it may be. */
	CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	own = open("/proc/self/seccomp_cache", O_RDONLY);
	CHECK(own < 0 ? -errno : read(own, &byte, 1) < 0 ? -errno : 1, -EACCES);
}

TEST_F(cache, reading_takes_privilege)
{
	pid_t pid;

	if (geteuid())
		SKIP(return, "needs root");
	pid = fork();
	if (!pid) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		attach_stack(&apart[0], 0);
		for (;;)
			pause();
	}
	/* Its filter may come after the reader's look, so wait for it. */
	while (read_cache(pid) || !line_count)
		sched_yield();
	EXPECT_FINE(run(child_unprivileged, &native, pid));
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
}
#else
TEST(cache)
{
	SKIP(return, "knows the tables of x86-64 only");
}
#endif /* __x86_64__ */

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
