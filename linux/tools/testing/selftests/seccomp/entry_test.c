// SPDX-License-Identifier: GPL-2.0
/* What seccomp decides at system call entry, whichever way it gets there */

/*
 * Nothing here knows how a verdict is found: every case must pass on any kernel
 * with seccomp filters. Each is a way in which a short cut for system calls
 * that are always allowed could let one through, or deny one.
 */

#include "seccomp_test.h"

#ifndef PTRACE_O_SUSPEND_SECCOMP
#define PTRACE_O_SUSPEND_SECCOMP	0x200000
#endif
#ifndef SYS_USER_DISPATCH
#define SYS_USER_DISPATCH		2
#endif

/* --- Allowed is allowed, denied is denied --- */

static void child_deny_more(const struct abi *abi, long depth)
{
	long before[CALLS], want[CALLS];

	call_each(abi, before);
	memcpy(want, before, sizeof(want));

	for (int layer = 0; layer < depth; layer++) {
		int denied = GETPPID + layer % 4;

		CHECK(attach(ALLOW, on(abi->arch, abi->nr[denied], DENY + layer)), 0);
		want[denied] = -(DENIED + layer);
		for (int c = 0; c < CALLS; c++)
			CHECK(call(abi, c), want[c]);
	}
}

static void child_allow_less(const struct abi *abi, long depth)
{
	long before[CALLS];

	call_each(abi, before);

	for (int layer = 0; layer < depth; layer++) {
		int first = layer < CALLS ? layer : CALLS - 1;
		struct rule rule[CALLS + 2] = {
			let_exit(), on(NATIVE_ARCH, __NR_seccomp, ALLOW)
		};
		size_t n = 2;

		for (int c = first; c < CALLS; c++)
			rule[n++] = on(abi->arch, abi->nr[c], ALLOW);
		CHECK(attach_rules(0, DENY + layer, rule, n), 0);
		for (int c = 0; c < CALLS; c++)
			CHECK(call(abi, c), c < first ? -(DENIED + layer) : before[c]);
	}
}

TEST_F(abi, verdicts_stay_right_as_filters_stack_up)
{
	static const int depths[] = { 1, 2, 16 };

	for (size_t i = 0; i < ARRAY_SIZE(depths); i++) {
		EXPECT_FINE(run(child_deny_more, variant->abi, depths[i]));
		EXPECT_FINE(run(child_allow_less, variant->abi, depths[i]));
	}
}

static void check_denied_but(const struct abi *abi, long allowed)
{
	for (long nr = abi->first; nr < (long)abi->first + NUMBERS; nr++) {
		if (nr == allowed || is_exempt(abi, nr))
			continue;
		if (abi == &native && nr == __NR_exit_group)
			continue;
		CHECK(try_number(abi, nr), -DENIED);
	}
}

static void child_one_allowed(const struct abi *abi, long which)
{
	long before = call(abi, which);

	CHECK(attach(DENY, let_exit(), on(abi->arch, abi->nr[which], ALLOW)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		if (!is_missing(abis[i]))
			check_denied_but(abis[i], abis[i] == abi ? abi->nr[which] : -1);
	}
	CHECK(call(abi, which), before);
}

TEST_F(abi, one_allowed_number_allows_no_other)
{
	for (int c = 0; c < CALLS; c++)
		EXPECT_FINE(run(child_one_allowed, variant->abi, c));
}

#ifdef __x86_64__
static void child_one_abi_denied(const struct abi *denied, long other)
{
	const struct abi *allowed = abis[other];
	long before[CALLS];

	call_each(allowed, before);
	CHECK(attach(ALLOW, let_exit(),
		     range(denied->arch, denied->first, denied->last, DENY)), 0);
	check_denied_but(denied, -1);
	for (int c = 0; c < CALLS; c++)
		CHECK(call(allowed, c), before[c]);
}

TEST_F(abi, numbers_of_one_abi_are_not_those_of_another)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		if (abis[i] != variant->abi && !is_missing(abis[i]))
			EXPECT_FINE(run(child_one_abi_denied, variant->abi, i));
	}
}

/* Numbers outside every table, and those that truncation puts inside one */
static const long odd_numbers[] = {
	-1, -2, -DENIED, INT_MAX, INT_MIN, INT_MIN + 1, 1000, 4096, 1 << 16, 1 << 29,
	X32_BIT - 1, X32_BIT + 1000, X32_BIT * 3, UINT_MAX, 1L << 32 | 1000, LONG_MAX,
	LONG_MIN | 1000,
};

static const long high_bits[] = {
	1L << 32, 1L << 40, LONG_MIN, LONG_MIN | 1L << 32, (long)(~0UL << 32),
};

static void child_odd_denied(const struct abi *abi, long arg)
{
	long pid = call(abi, GETPID), nr = abi->nr[GETPID], wide[ARRAY_SIZE(high_bits)];

	for (size_t i = 0; i < ARRAY_SIZE(high_bits); i++)
		wide[i] = raw3(abi, high_bits[i] | nr, 0, 0, 0);

	CHECK(attach(DENY, let_exit(), on(NATIVE_ARCH, __NR_seccomp, ALLOW),
		     on(abi->arch, nr, ALLOW)), 0);

	for (size_t i = 0; i < ARRAY_SIZE(odd_numbers); i++)
		CHECK(try_number(abi, odd_numbers[i]), -DENIED);
	for (long n = 512; n < 548; n++)
		CHECK(try_number(abi, n), -DENIED);
	CHECK(try_number(abi, nr ^ X32_BIT), -DENIED);
	CHECK(try_number(abi, nr ^ INT_MIN), -DENIED);
	CHECK(try_number(abi, nr | 1 << 16), -DENIED);

	for (size_t i = 0; i < ARRAY_SIZE(high_bits); i++) {
		/* FRED keeps the high bits where no entry work is pending. */
		long got = raw3(abi, high_bits[i] | nr, 0, 0, 0);

		CHECK(got == pid || got == wide[i], true);
		CHECK(raw3(abi, high_bits[i] | abi->nr[GETPPID], 0, 0, 0), -DENIED);
	}

	CHECK(attach(DENY + 1, let_exit()), 0);
	for (size_t i = 0; i < ARRAY_SIZE(high_bits); i++)
		CHECK(raw3(abi, high_bits[i] | nr, 0, 0, 0), -(DENIED + 1));
}

static void child_odd_allowed(const struct abi *abi, long arg)
{
	long before[ARRAY_SIZE(odd_numbers)];

	for (size_t i = 0; i < ARRAY_SIZE(odd_numbers); i++)
		before[i] = try_number(abi, odd_numbers[i]);
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(odd_numbers); i++)
		CHECK(try_number(abi, odd_numbers[i]), before[i]);
	CHECK(call(abi, GETPPID), -DENIED);
}

TEST_F(abi, odd_numbers_get_the_verdict_of_the_filter)
{
	EXPECT_FINE(run(child_odd_denied, variant->abi, 0));
	EXPECT_FINE(run(child_odd_allowed, variant->abi, 0));
}

static void child_table_end(const struct abi *abi, long arg)
{
	enum { FIRST = 450 };
	long before[NUMBERS - FIRST];

	for (int pass = 0; pass < 2; pass++) {
		for (long nr = FIRST; nr < NUMBERS; nr++) {
			long got;

			/* These are real with the x32 bit, rt_sigreturn among them. */
			if (abi == &x32 && nr >= 512 && nr < 548)
				continue;
			got = try_number(abi, abi->first + nr);
			if (!pass)
				before[nr - FIRST] = got;
			CHECK(got, before[nr - FIRST]);
		}
		CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY)), 0);
	}
}

TEST_F(abi, last_number_and_one_past_it)
{
	EXPECT_FINE(run(child_table_end, variant->abi, 0));
}
#endif /* __x86_64__ */

/* --- Strict and dead tasks --- */

struct number {
	long nr, mode;
};

static void child_number(const struct abi *abi, long arg)
{
	const struct number *n = (void *)arg;

	switch (n->mode) {
	case SECCOMP_MODE_STRICT:
		CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), 0);
		break;
	case SECCOMP_MODE_FILTER:
		for (int i = 0; i < 2; i++)
			CHECK(attach(KILL, let_exit(), on(NATIVE_ARCH, __NR_seccomp, ALLOW)), 0);
		break;
	}
	atomic_store(&report->mark, 1);
	report->seen = abi->raw(n->nr, (long [6]) { -1, -1, -1, -1, -1, -1 });
	atomic_store(&report->mark, 2);
	/* exit(), since strict mode does not have exit_group() */
	raw3(&native, n->mode == SECCOMP_MODE_STRICT ? __NR_exit : __NR_exit_group,
	     CHILD_DONE, 0, 0);
}

static int run_number(const struct abi *abi, long nr, long mode)
{
	return run(child_number, abi, (long)&(struct number) { nr, mode });
}

TEST_F(abi, strict_mode_kills_whatever_is_not_its_own)
{
	const struct abi *abi = variant->abi;

	for (int c = 0; c < CALLS; c++) {
		EXPECT_KILLED(run_number(abi, abi->nr[c], SECCOMP_MODE_STRICT), SIGKILL);
		EXPECT_EQ(1, atomic_load(&report->mark));
	}
	EXPECT_KILLED(run_number(&native, __NR_prctl, SECCOMP_MODE_STRICT), SIGKILL);
	EXPECT_KILLED(run_number(&native, __NR_exit_group, SECCOMP_MODE_STRICT), SIGKILL);
#ifdef __x86_64__
	/* read, write, sigreturn and exit: each ABI has just its own */
	static const long modest[2][4] = { { 0, 1, 15, 60 }, { 3, 4, 119, 1 } };
	const long *own = abi == &native ? modest[0] : abi == &ia32 ? modest[1] : NULL;

	for (int i = 0; i < 8; i++) {
		long nr = modest[i / 4][i % 4];

		if (own && (nr == own[0] || nr == own[1] || nr == own[2] || nr == own[3]))
			continue;
		EXPECT_KILLED(run_number(abi, abi->first + nr, SECCOMP_MODE_STRICT), SIGKILL);
		EXPECT_EQ(1, atomic_load(&report->mark));
	}
	for (int i = 0; own && i < 2; i++) {
		EXPECT_FINE(run_number(abi, own[i], SECCOMP_MODE_STRICT));
		EXPECT_EQ(-EBADF, report->seen);
	}
#endif
}

static void child_strict_refused(const struct abi *abi, long arg)
{
	long pid = call(abi, GETPID);

	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY)), 0);
	CHECK(raw3(&native, __NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0), -EINVAL);
	CHECK(call(abi, GETPPID), -DENIED);
	CHECK(call(abi, GETPID), pid);
}

TEST_F(abi, no_way_from_a_filter_to_strict_mode)
{
	EXPECT_FINE(run(child_strict_refused, variant->abi, 0));
}

#ifdef __x86_64__
static void on_trap(int sig)
{
	atomic_fetch_add(&report->mark, 1);
}

static void child_strict_sigreturn(const struct abi *abi, long arg)
{
	signal(SIGTRAP, on_trap);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), 0);
	for (int i = 0; i < 3; i++)
		asm volatile("int3" : : : "memory");
	raw3(&native, __NR_exit, CHILD_DONE, 0, 0);
}

TEST(strict_mode_returns_from_signals)
{
	EXPECT_FINE(run(child_strict_sigreturn, &native, 0));
	EXPECT_EQ(3, atomic_load(&report->mark));
}
#endif

static void on_sigsys_mark(int sig)
{
	atomic_store(&report->mark, 1);
}

/* The shared mark is what a task that lives on would leave behind. */
static void child_dead(const struct abi *abi, long action)
{
	signal(SIGSYS, on_sigsys_mark);
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], action)), 0);
	call(abi, GETPPID);
	call(abi, GETPID);
	atomic_store(&report->mark, 1);
}

TEST_F(abi, killed_process_calls_nothing_more)
{
	/* The last two are no actions: such verdicts kill the process. */
	static const __u32 actions[] = {
		SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, 0x00010000, 0x12340000,
	};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		EXPECT_KILLED(run(child_dead, variant->abi, actions[i]), SIGSYS);
		EXPECT_EQ(0, atomic_load(&report->mark));
	}
}

struct worker {
	const struct abi *abi;
	long pid, tid;
};

static void *victim(void *arg)
{
	const struct worker *w = arg;

	call(w->abi, GETPPID);
	atomic_store(&report->mark, 1);
	return NULL;
}

static void child_dead_thread(const struct abi *abi, long arg)
{
	struct worker w = { .abi = abi };
	long before = call(abi, GETPID);
	pthread_t thread;

	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_KILL_THREAD),
		     on(abi->arch, abi->nr[GETUID], DENY)), 0);
	for (int i = 0; i < 4; i++) {
		CHECK(pthread_create(&thread, NULL, victim, &w), 0);
		CHECK(pthread_join(thread, NULL), 0);
		CHECK(atomic_load(&report->mark), 0);
		CHECK(call(abi, GETPID), before);
		CHECK(call(abi, GETUID), -DENIED);
	}
}

TEST_F(abi, killed_thread_stops_and_the_others_go_on)
{
	EXPECT_FINE(run(child_dead_thread, variant->abi, 0));
}

/* --- Tracers --- */

static void child_suspended(const struct abi *abi, long action)
{
	long before[CALLS];

	call_each(abi, before);
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY)), 0);
	CHECK(call(abi, GETPPID), -DENIED);
	CHECK(call(abi, GETPID), before[GETPID]);
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETUID], KILL)), 0);
	stop_self();
	CHECK(call(abi, GETPPID), before[GETPPID]);
	CHECK(call(abi, GETUID), before[GETUID]);
	CHECK(call(abi, GETPID), before[GETPID]);
	stop_self();
	CHECK(call(abi, GETPPID), -DENIED);
	CHECK(call(abi, GETPID), before[GETPID]);
	atomic_store(&report->mark, 1);
	call(abi, GETUID);
	atomic_store(&report->mark, 2);
}

TEST_F(abi, suspended_seccomp_filters_nothing_until_resumed)
{
	pid_t pid = start_traced(child_suspended, variant->abi, 0, 0);

	ASSERT_LT(0, pid);
	ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_SUSPEND_SECCOMP)) {
		int err = errno;

		kill(pid, SIGKILL);
		finish(pid);
		if (err == EPERM || err == EINVAL)
			SKIP(return, "needs CAP_SYS_ADMIN and CONFIG_CHECKPOINT_RESTORE");
		ASSERT_EQ(0, err);
	}
	ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL));
	EXPECT_KILLED(next_stop(pid, PTRACE_CONT), SIGSYS);
	EXPECT_EQ(1, atomic_load(&report->mark));
}

static void child_mixed(const struct abi *abi, long arg)
{
	long before[CALLS];

	call_each(abi, before);
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY)), 0);
	for (int i = 0; i < 4; i++) {
		for (int c = 0; c < CALLS; c++)
			CHECK(call(abi, c), c == GETPPID ? -DENIED : before[c]);
	}
}

TEST_F(abi, verdicts_stay_right_under_a_tracer)
{
	pid_t pid = start_traced(child_mixed, variant->abi, 0, 0);
	int status, stops = 0;

	ASSERT_LT(0, pid);
	while (is_call_stop(status = next_stop(pid, PTRACE_SYSCALL)))
		stops++;
	EXPECT_FINE(status);
	/* Each call stops twice, whatever its verdict, exit_group() once. */
	EXPECT_EQ(2 * (5 * CALLS + 1) + 1, stops);
}

TEST_F(abi, killed_process_is_dead_to_its_tracer_too)
{
	pid_t pid = start_traced(child_dead, variant->abi, KILL, 0);
	int status;

	ASSERT_LT(0, pid);
	/* Keep every signal from it: the one that kills is not for the tracer. */
	while (WIFSTOPPED(status = next_stop(pid, PTRACE_SYSCALL)))
		;
	EXPECT_KILLED(status, SIGSYS);
	EXPECT_EQ(0, atomic_load(&report->mark));
}

static void child_call_killed(const struct abi *abi, long arg)
{
	call(abi, GETPPID);
	atomic_store(&report->mark, 1);
}

static void *dead_in_stop(void *arg)
{
	struct worker *w = arg;

	w->tid = raw3(&native, __NR_gettid, 0, 0, 0);
	traced_fn = child_call_killed;
	child_traced(w->abi, 0);
	return NULL;
}

static void child_sync_with_dead(const struct abi *abi, long arg)
{
	struct worker w = { .abi = abi };
	pthread_t thread;

	/* Both threads have this filter, so nothing but death keeps sync from one. */
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], KILL),
		     on(abi->arch, abi->nr[GETGID], DENY)), 0);
	CHECK(pthread_create(&thread, NULL, dead_in_stop, &w), 0);
	wait_for(&report->flag, 1);
	/* Sync names the dead task, and changes nothing, here neither. */
	CHECK(attach_flags(SECCOMP_FILTER_FLAG_TSYNC, ALLOW,
			   on(abi->arch, abi->nr[GETUID], DENY)), w.tid);
	CHECK(call(abi, GETGID), -DENIED);
	CHECK(call(abi, GETUID) == -DENIED, false);
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETUID], DENY)), 0);
	CHECK(call(abi, GETGID), -DENIED);
	CHECK(call(abi, GETUID), -DENIED);
	atomic_store(&report->stage, 1);
	pthread_join(thread, NULL);
}

/*
 * A killed thread that a tracer holds at the end of its last call is dead, but
 * still there for TSYNC, which must not bring it back to life.
 */
TEST_F(abi, sync_leaves_a_dead_thread_dead)
{
	pid_t pid = start(child_sync_with_dead, variant->abi, 0), tid;
	int status, calls = 0;

	ASSERT_LT(0, pid);
	tid = waitpid(-1, &status, __WALL);
	ASSERT_LT(0, tid);
	ASSERT_NE(pid, tid);
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, tid, NULL,
			    PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD));
	/* The call that is killed: two stops */
	while (calls++ < 2)
		ASSERT_TRUE(is_call_stop(next_stop(tid, PTRACE_SYSCALL)));
	atomic_store(&report->flag, 1);
	wait_for(&report->stage, 1);
	EXPECT_KILLED(next_stop(tid, PTRACE_CONT), SIGSYS);
	EXPECT_KILLED(finish(pid), SIGSYS);
	EXPECT_EQ(0, atomic_load(&report->mark));
}

#ifdef __x86_64__
/* What a call may turn out to be once a tracer changed its number */
enum outcome { IS_PID, IS_PGID, IS_DENIED, IS_CROSSED, IS_SKIPPED, IS_KILLED };

/* The call @from, which a tracer stops at @request and gives the number @to */
struct change {
	int request;
	enum call from;
	long to;
	enum outcome outcome;
};

static void child_changed(const struct abi *abi, long arg)
{
	const struct change *change = (void *)arg;
	long pid = call(abi, GETPID), pgid = call(abi, GETPGID), want = 0;

	switch (change->outcome) {
	case IS_PID:
		want = pid;
		break;
	case IS_PGID:
		want = pgid;
		break;
	case IS_DENIED:
		want = -DENIED;
		break;
	case IS_CROSSED:
		want = -(DENIED + 1);
		break;
	case IS_SKIPPED:
		want = 1234;
		break;
	case IS_KILLED:
		break;
	}
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY),
		     on(abi->arch, abi->nr[GETPID] ^ X32_BIT, DENY + 1),
		     on(abi->arch, abi->nr[GETPGID], SECCOMP_RET_TRACE),
		     on(abi->arch, abi->nr[GETEUID], KILL)), 0);
	atomic_store(&report->mark, 1);
	CHECK(call(abi, change->from), want);
	atomic_store(&report->mark, 3);
}

static int run_changed(const struct abi *abi, const struct change *change)
{
	pid_t pid = start_traced(child_changed, abi, (long)change, 0);
	int status = 0;

	while (pid > 0 && is_call_stop(status = next_stop(pid, change->request))) {
		if (atomic_load(&report->mark) != 1)
			continue;
		set_number(pid, change->to);
		atomic_store(&report->mark, 2);
	}
	return status;
}

static void expect_changes(struct __test_metadata *_metadata, const struct abi *abi,
			   int request, enum call from)
{
	const struct change changes[] = {
		{ request, from, abi->nr[GETPID], IS_PID },
		{ request, from, abi->nr[GETPPID], IS_DENIED },
		{ request, from, abi->nr[GETPID] ^ X32_BIT, IS_CROSSED },
		{ request, from, -1, IS_SKIPPED },
		{ request, from, abi->nr[GETEUID], IS_KILLED },
		/* The high bits of a number that a tracer sets count for nothing. */
		{ request, from, 1L << 32 | abi->nr[GETPID], IS_PID },
		{ request, from, 1L << 32 | abi->nr[GETPPID], IS_DENIED },
		/* A second SECCOMP_RET_TRACE for the same call lets it pass. */
		{ request, from, abi->nr[GETPGID], IS_PGID },
	};
	size_t n = ARRAY_SIZE(changes);

	/* At the stop before seccomp that one would be the first. */
	if (request == PTRACE_SYSCALL)
		n--;

	for (size_t i = 0; i < n; i++) {
		int status = run_changed(abi, &changes[i]);

		if (changes[i].outcome == IS_KILLED) {
			EXPECT_KILLED(status, SIGSYS);
			EXPECT_EQ(2, atomic_load(&report->mark));
		} else {
			EXPECT_FINE(status);
			EXPECT_EQ(3, atomic_load(&report->mark));
		}
	}
}

TEST_F(abi, number_changed_at_the_entry_stop_is_filtered_anew)
{
	expect_changes(_metadata, variant->abi, PTRACE_SYSCALL, GETUID);
	expect_changes(_metadata, variant->abi, PTRACE_SYSCALL, GETPPID);
	expect_changes(_metadata, variant->abi, PTRACE_SYSCALL, GETEUID);
}

TEST_F(abi, number_changed_at_a_seccomp_event_is_filtered_anew)
{
	expect_changes(_metadata, variant->abi, PTRACE_CONT, GETPGID);
}

static void child_emulated(const struct abi *abi, long arg)
{
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], KILL)), 0);
	stop_self();
	CHECK(call(abi, GETPPID), 1234);
	stop_self();
	CHECK(call(abi, GETPID), 1234);
}

TEST_F(abi, emulated_call_is_neither_filtered_nor_made)
{
	pid_t pid = start_traced(child_emulated, variant->abi, 0, 0);

	ASSERT_LT(0, pid);
	for (int i = 0; i < 2; i++) {
		ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
		ASSERT_TRUE(is_call_stop(next_stop(pid, PTRACE_SYSEMU)));
		set_number(pid, -1);
	}
	EXPECT_FINE(next_stop(pid, PTRACE_CONT));
}
#endif /* __x86_64__ */

/* --- Threads and children --- */

static void *hammer(void *arg)
{
	const struct worker *w = arg;
	int left = 20;

	atomic_store(&report->mark, 1);
	while (left) {
		int stage = atomic_load(&report->stage);

		/* Every call up to that of the stage was denied before we looked. */
		for (int c = GETPPID; c <= stage; c++)
			CHECK(call(w->abi, c), -DENIED);
		CHECK(call(w->abi, GETPID), w->pid);
		if (stage == GETPGID)
			left--;
	}
	return NULL;
}

static void child_sync(const struct abi *abi, long filtered)
{
	struct worker w = { .abi = abi, .pid = call(abi, GETPID) };
	pthread_t thread;

	if (filtered)
		CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETTID], DENY)), 0);
	CHECK(pthread_create(&thread, NULL, hammer, &w), 0);
	wait_for(&report->mark, 1);
	for (int c = GETPPID; c <= GETPGID; c++) {
		CHECK(attach_flags(SECCOMP_FILTER_FLAG_TSYNC, ALLOW,
				   on(abi->arch, abi->nr[c], DENY)), 0);
		atomic_store(&report->stage, c);
	}
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F_TIMEOUT(abi, sync_denies_in_running_threads_at_once, 120)
{
	for (int i = 0; i < 50; i++) {
		EXPECT_FINE(run(child_sync, variant->abi, false));
		EXPECT_FINE(run(child_sync, variant->abi, true));
	}
}

/* Check that the call is denied, or is not, and say so with the exit status. */
static void leave_checked(const struct abi *abi, bool denied, long gid)
{
	bool fine = call(abi, GETGID) == gid && (call(abi, GETPPID) == -DENIED) == denied;

	leave(fine ? CHILD_DONE : 1);
}

static void *checked_thread(void *arg)
{
	const struct worker *w = arg;

	wait_for(&report->flag, 1);
	/* Here @pid says if the call should be denied. */
	CHECK(call(w->abi, GETPPID) == -DENIED, w->pid);
	return NULL;
}

static void exec_checked(const struct abi *abi, long gid)
{
	char which[2] = { '0' }, number[24];

	while (abis[which[0] - '0'] != abi)
		which[0]++;
	snprintf(number, sizeof(number), "%ld", gid);
	execl("/proc/self/exe", "entry_test", "--filtered", which, number, NULL);
	leave(1);
}

static void child_inherit(const struct abi *abi, long with_exec)
{
	struct worker w = { .abi = abi, .pid = true };
	long gid = call(abi, GETGID);
	pthread_t thread;
	pid_t pid;

	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY)), 0);

	pid = fork();
	if (!pid) {
		if (with_exec)
			exec_checked(abi, gid);
		leave_checked(abi, true, gid);
	}
	CHECK(finish(pid), CHILD_DONE << 8);

	pid = vfork();
	if (!pid) {
		if (with_exec)
			exec_checked(abi, gid);
		leave_checked(abi, true, gid);
	}
	CHECK(finish(pid), CHILD_DONE << 8);

	atomic_store(&report->flag, 1);
	CHECK(pthread_create(&thread, NULL, checked_thread, &w), 0);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F(abi, filters_are_inherited)
{
	EXPECT_FINE(run(child_inherit, variant->abi, false));
}

TEST_F(abi, filters_survive_exec)
{
	if (access("/proc/self/exe", X_OK))
		SKIP(return, "needs /proc");
	EXPECT_FINE(run(child_inherit, variant->abi, true));
}

static void child_apart(const struct abi *abi, long arg)
{
	struct worker w = { .abi = abi, .pid = false };
	long gid = call(abi, GETGID);
	pthread_t thread;
	pid_t pid;

	/* What a child attaches is not its parent's, */
	pid = fork();
	if (!pid) {
		if (attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY)))
			leave(1);
		leave_checked(abi, true, gid);
	}
	CHECK(finish(pid), CHILD_DONE << 8);
	CHECK(call(abi, GETPPID) == -DENIED, false);

	/* and what a parent attaches is not that of the child that it has. */
	CHECK(pthread_create(&thread, NULL, checked_thread, &w), 0);
	pid = fork();
	if (!pid) {
		wait_for(&report->flag, 1);
		leave_checked(abi, false, gid);
	}
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY)), 0);
	atomic_store(&report->flag, 1);
	CHECK(finish(pid), CHILD_DONE << 8);
	CHECK(pthread_join(thread, NULL), 0);
	CHECK(call(abi, GETPPID), -DENIED);
}

TEST_F(abi, filters_of_one_task_leave_others_alone)
{
	EXPECT_FINE(run(child_apart, variant->abi, 0));
}

/* --- What no filter sees, or only in part --- */

#ifdef __x86_64__
TEST(uprobe_calls_are_exempt_as_native_numbers_only)
{
	static const long numbers[] = { __NR_uretprobe, __NR_uprobe };

	have_ia32 = WIFEXITED(run(child_probe, &ia32, 0));

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		/* Outside their trampolines, these fail or raise SIGILL. */
		int plain = run_number(&native, numbers[i], SECCOMP_MODE_DISABLED);
		long seen = report->seen;

		if (WIFEXITED(plain) && seen == -ENOSYS)
			SKIP(return, "number %ld is missing", numbers[i]);
		EXPECT_EQ(plain, run_number(&native, numbers[i], SECCOMP_MODE_FILTER));
		EXPECT_EQ(seen, report->seen);
		EXPECT_EQ(plain, run_number(&native, numbers[i], SECCOMP_MODE_STRICT));
		EXPECT_EQ(seen, report->seen);

		EXPECT_KILLED(run_number(&x32, X32_BIT | numbers[i], SECCOMP_MODE_FILTER),
			      SIGSYS);
		EXPECT_KILLED(run_number(&x32, X32_BIT | numbers[i], SECCOMP_MODE_STRICT),
			      SIGKILL);
		if (is_missing(&ia32))
			continue;
		EXPECT_KILLED(run_number(&ia32, numbers[i], SECCOMP_MODE_FILTER), SIGSYS);
		EXPECT_KILLED(run_number(&ia32, numbers[i], SECCOMP_MODE_STRICT), SIGKILL);
	}
	EXPECT_KILLED(run_number(&native, __NR_uretprobe - 1, SECCOMP_MODE_FILTER), SIGSYS);
	EXPECT_KILLED(run_number(&native, __NR_uprobe + 1, SECCOMP_MODE_FILTER), SIGSYS);
}
#endif

static void child_argument(const struct abi *abi, long i)
{
	long before = call(abi, GETPPID), arg[6] = {};

	CHECK(attach_field(abi, abi->nr[GETPPID], LOW_WORD(i), 0xff, 7), 0);
	for (int pass = 0; pass < 2; pass++) {
		for (arg[i] = 0; arg[i] < 16; arg[i]++) {
			CHECK(abi->raw(abi->nr[GETPPID], arg),
			      arg[i] == 7 ? before : -DENIED);
		}
	}
	/* The upper half is one that 32-bit calls do not have. */
	if (sizeof(long) == 4 || abi->arch != NATIVE_ARCH)
		return;
#if __LONG_WIDTH__ == 64
	CHECK(attach_field(abi, abi->nr[GETPPID], HIGH_WORD(i), UINT_MAX, 9), 0);
	arg[i] = 9L << 32 | 7;
	CHECK(abi->raw(abi->nr[GETPPID], arg), before);
	arg[i] = 8L << 32 | 7;
	CHECK(abi->raw(abi->nr[GETPPID], arg), -DENIED);
#endif
}

static void child_getpriority(const struct abi *abi, long arg)
{
	long before = raw3(abi, abi->getpriority, 0, 0, 0);

	CHECK(attach_field(abi, abi->getpriority, LOW_WORD(0), UINT_MAX, 0), 0);
	for (int i = 0; i < 4; i++) {
		CHECK(raw3(abi, abi->getpriority, 0, 0, 0), before);
		CHECK(raw3(abi, abi->getpriority, 1, 0, 0), -DENIED);
	}
}

TEST_F(abi, verdict_by_argument_is_not_constant)
{
	for (int i = 0; i < 6; i++)
		EXPECT_FINE(run(child_argument, variant->abi, i));
	EXPECT_FINE(run(child_getpriority, variant->abi, 0));
}

#ifdef __x86_64__
static void child_pointer(const struct abi *abi, long arg)
{
	long before = call(abi, GETPPID), nr = abi->nr[GETPPID];
	char *site = map_sites(abi);

	CHECK(attach_field(abi, nr, offsetof(struct seccomp_data, instruction_pointer),
			   -SITE_PAGE, (long)site), 0);
	for (int i = 0; i < 4; i++) {
		CHECK(call_from(site, nr), before);
		CHECK(call_from(site + SITE_PAGE, nr), -DENIED);
		CHECK(call(abi, GETPPID), -DENIED);
	}
}

TEST_F(abi, verdict_by_instruction_pointer_is_not_constant)
{
	EXPECT_FINE(run(child_pointer, variant->abi, 0));
}
#endif

/* --- The other actions --- */

static void child_plain_actions(const struct abi *abi, long arg)
{
	static const struct {
		__u32 action;
		long want;
	} actions[] = {
		{ SECCOMP_RET_ERRNO, 0 },
		{ SECCOMP_RET_ERRNO | 1, -1 },
		{ SECCOMP_RET_ERRNO | 4095, -4095 },
		/* No errno is larger. */
		{ SECCOMP_RET_ERRNO | 4096, -4095 },
		{ SECCOMP_RET_ERRNO | 0xffff, -4095 },
		/* Nobody traces, nobody listens. */
		{ SECCOMP_RET_TRACE, -ENOSYS },
		{ SECCOMP_RET_USER_NOTIF, -ENOSYS },
	};
	long before[CALLS];

	call_each(abi, before);
	/* The data of what is allowed, and of what is logged, count for nothing. */
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETUID], SECCOMP_RET_LOG),
		     on(abi->arch, abi->nr[GETGID], SECCOMP_RET_LOG | 5),
		     on(abi->arch, abi->nr[GETEUID], ALLOW | 5),
		     on(abi->arch, abi->nr[GETPPID], actions[arg].action)), 0);
	for (int c = 0; c < CALLS; c++)
		CHECK(call(abi, c), c == GETPPID ? actions[arg].want : before[c]);
}

TEST_F(abi, other_actions_are_taken)
{
	for (int i = 0; i < 7; i++)
		EXPECT_FINE(run(child_plain_actions, variant->abi, i));
}

#ifdef __x86_64__
static void child_trap(const struct abi *abi, long arg)
{
	char *site = map_sites(abi);
	long before[CALLS];

	call_each(abi, before);
	catch_sigsys(on_sigsys);
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_TRAP | 0xabcd)), 0);
	for (int i = 0; i < 2; i++, site += SITE_PAGE) {
		/* The handler finds, and leaves, the registers as they were. */
		CHECK(call_from(site, abi->nr[GETPPID]), (int)abi->nr[GETPPID]);
		CHECK(atomic_load(&report->mark), i + 1);
		check_trap(abi->arch, abi->nr[GETPPID], site + SITE_RETURN, 0xabcd);
		CHECK(call_from(site, abi->nr[GETPID]), before[GETPID]);
		CHECK(atomic_load(&report->mark), i + 1);
	}
}

TEST_F(abi, trap_tells_number_abi_and_address)
{
	EXPECT_FINE(run(child_trap, variant->abi, 0));
	EXPECT_EQ(2, atomic_load(&report->mark));
}
#endif

static void *listener(void *arg)
{
	const struct worker *w = arg;

	wait_for(&report->flag, 1);
	for (int i = 0; i < 3; i++) {
		struct seccomp_notif request = {};
		struct seccomp_notif_resp response = {};

		CHECK(ioctl(report->sent, SECCOMP_IOCTL_NOTIF_RECV, &request), 0);
		CHECK(request.data.nr, (int)w->abi->nr[GETPPID]);
		CHECK(request.data.arch, w->abi->arch);
		CHECK(request.data.args[0], 11);
		CHECK(request.data.args[1], 12);
		CHECK(request.data.args[2], 13);

		response.id = request.id;
		if (i == 0)
			response.val = 4242;
		else if (i == 1)
			response.error = -DENIED;
		else
			response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		CHECK(ioctl(report->sent, SECCOMP_IOCTL_NOTIF_SEND, &response), 0);
	}
	return NULL;
}

static void child_notify(const struct abi *abi, long arg)
{
	struct worker w = { .abi = abi };
	long before[CALLS];
	pthread_t thread;

	call_each(abi, before);
	/* The listener is there first, so no filter applies to it. */
	CHECK(pthread_create(&thread, NULL, listener, &w), 0);
	report->sent = attach_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER, ALLOW,
				    on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_USER_NOTIF));
	CHECK(report->sent >= 0, true);
	atomic_store(&report->flag, 1);
	CHECK(raw3(abi, abi->nr[GETPPID], 11, 12, 13), 4242);
	CHECK(call(abi, GETPID), before[GETPID]);
	CHECK(raw3(abi, abi->nr[GETPPID], 11, 12, 13), -DENIED);
	CHECK(call(abi, GETPID), before[GETPID]);
	CHECK(raw3(abi, abi->nr[GETPPID], 11, 12, 13), before[GETPPID]);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F(abi, listener_is_notified)
{
	EXPECT_FINE(run(child_notify, variant->abi, 0));
}

/* --- Other work at entry --- */

#ifdef __x86_64__
static atomic_char selector;

static void on_dispatch(int sig, siginfo_t *info, void *context)
{
	atomic_store(&selector, SYSCALL_DISPATCH_FILTER_ALLOW);
	on_sigsys(sig, info, context);
}

static void child_dispatched(const struct abi *abi, long arg)
{
	enum call order[] = { GETPID, GETPPID, GETUID };
	long pid = call(abi, GETPID);

	catch_sigsys(on_dispatch);
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], KILL),
		     on(abi->arch, abi->nr[GETUID], DENY)), 0);
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector))
		leave(KSFT_SKIP);

	for (int i = 0; i < 3; i++) {
		long nr = abi->nr[order[i]];

		CHECK(call(abi, GETPID), pid);
		CHECK(call(abi, GETUID), -DENIED);
		CHECK(atomic_load(&report->mark), i);

		/* Dispatch comes first, even for what a filter would kill. */
		atomic_store(&selector, SYSCALL_DISPATCH_FILTER_BLOCK);
		CHECK(raw3(abi, nr, 0, 0, 0), (int)nr);
		CHECK(atomic_load(&report->mark), i + 1);
		CHECK(report->info.si_code, SYS_USER_DISPATCH);
		CHECK(report->info.si_arch, abi->arch);
		CHECK(report->info.si_syscall, (int)nr);
	}
}

TEST_F(abi, user_dispatch_comes_before_seccomp)
{
	int status = run(child_dispatched, variant->abi, 0);

	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		SKIP(return, "no syscall user dispatch");
	EXPECT_FINE(status);
}
#endif

#define INSTANCE	"/sys/kernel/tracing/instances/seccomp_entry_test"

static int count_traced(long nr)
{
	FILE *trace = fopen(INSTANCE "/trace", "r");
	char line[512], want[32];
	int count = 0;

	if (!trace)
		return -1;
	snprintf(want, sizeof(want), ": NR %ld (", nr);
	while (fgets(line, sizeof(line), trace))
		count += !!strstr(line, want);
	fclose(trace);
	return count;
}

static void child_watched(const struct abi *abi, long arg)
{
	wait_for(&report->flag, 1);
	child_mixed(abi, 0);
}

TEST_F(abi, tracepoints_see_every_allowed_call)
{
	const struct abi *abi = variant->abi;
	char number[24];
	pid_t pid;

	if (mkdir(INSTANCE, 0700))
		SKIP(return, "needs root and tracefs in /sys/kernel/tracing");
	if (!write_file(INSTANCE "/events/raw_syscalls/sys_enter/enable", "1")) {
		rmdir(INSTANCE);
		SKIP(return, "needs CONFIG_FTRACE_SYSCALLS");
	}

	pid = start(child_watched, abi, 0);
	snprintf(number, sizeof(number), "%d", pid);
	EXPECT_TRUE(write_file(INSTANCE "/set_event_pid", number));
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));

	/* Once before the filter, four times after it; a denied call ends there */
	EXPECT_EQ(5, count_traced(abi->nr[GETUID]));
	EXPECT_EQ(5, count_traced(abi->nr[GETPGID]));
	EXPECT_EQ(1, count_traced(abi->nr[GETPPID]));
	EXPECT_EQ(0, rmdir(INSTANCE));
}

/* --- The vsyscall page, which asks seccomp by itself --- */

#ifdef __x86_64__
static const struct vsyscall {
	long addr, nr;
} vsyscalls[] = {
	{ 0xffffffffff600000, __NR_gettimeofday },
	{ 0xffffffffff600400, __NR_time },
	{ 0xffffffffff600800, __NR_getcpu },
};

struct vsyscall_case {
	const struct vsyscall *v;
	__u32 action;
	/* What is returned, unless the child is killed; 1 for success */
	long want;
	/* What a tracer changes the number to */
	long to;
	int killed;
};

static void child_vsyscall(const struct abi *abi, long arg)
{
	const struct vsyscall_case *vc = (void *)arg;
	long (*fn)(void *a, void *b, void *c) = (void *)vc->v->addr;
	long got;

	catch_sigsys(on_sigsys);
	/* Whatever has the same number elsewhere has nothing to do with it. */
	CHECK(attach(ALLOW, on(NATIVE_ARCH, vc->v->nr, vc->action),
		     on(AUDIT_ARCH_I386, vc->v->nr, KILL),
		     on(NATIVE_ARCH, X32_BIT | vc->v->nr, KILL)), 0);
	atomic_store(&report->stage, 1);
	got = fn(NULL, NULL, NULL);
	/* time() returns the time. */
	CHECK(vc->want == 1 && got >= 0 ? 1 : got, vc->want);
	if (vc->action == (SECCOMP_RET_TRAP | 9))
		check_trap(NATIVE_ARCH, vc->v->nr, (char *)vc->v->addr, 9);
}

static bool have_vsyscall(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	bool found = false;
	char line[256];

	while (maps && fgets(line, sizeof(line), maps))
		found |= strstr(line, "[vsyscall]") && strstr(line, "xp ");
	if (maps)
		fclose(maps);
	return found;
}

TEST(vsyscall_page_is_filtered)
{
	if (!have_vsyscall())
		SKIP(return, "no vsyscall page");

	for (size_t i = 0; i < ARRAY_SIZE(vsyscalls); i++) {
		const struct vsyscall *v = &vsyscalls[i];
		const struct vsyscall_case cases[] = {
			{ v, ALLOW, 1 },
			{ v, SECCOMP_RET_LOG, 1 },
			{ v, DENY, -DENIED },
			{ v, SECCOMP_RET_TRACE, -ENOSYS },
			{ v, SECCOMP_RET_TRAP | 9, v->nr },
			{ v, KILL, 0, 0, SIGSYS },
		};

		for (size_t j = 0; j < ARRAY_SIZE(cases); j++) {
			int status = run(child_vsyscall, &native, (long)&cases[j]);

			if (cases[j].killed)
				EXPECT_KILLED(status, cases[j].killed);
			else
				EXPECT_FINE(status);
			EXPECT_EQ(1, atomic_load(&report->stage));
		}
	}
}

TEST(vsyscall_number_cannot_be_changed)
{
	if (!have_vsyscall())
		SKIP(return, "no vsyscall page");

	for (size_t i = 0; i < ARRAY_SIZE(vsyscalls); i++) {
		const struct vsyscall *v = &vsyscalls[i];
		const struct vsyscall_case cases[] = {
			{ v, SECCOMP_RET_TRACE, 1, v->nr },
			{ v, SECCOMP_RET_TRACE, 1234, -1 },
			{ v, SECCOMP_RET_TRACE, 0, __NR_getpid, SIGSYS },
		};

		for (size_t j = 0; j < ARRAY_SIZE(cases); j++) {
			pid_t pid = start_traced(child_vsyscall, &native, (long)&cases[j], 0);
			int status;

			ASSERT_LT(0, pid);
			ASSERT_TRUE(is_call_stop(next_stop(pid, PTRACE_CONT)));
			set_number(pid, cases[j].to);
			status = next_stop(pid, PTRACE_CONT);
			if (cases[j].killed)
				EXPECT_KILLED(status, cases[j].killed);
			else
				EXPECT_FINE(status);
		}
	}
}
#endif

int main(int argc, char **argv)
{
	/* What exec_checked() runs */
	if (argc == 4 && !strcmp(argv[1], "--filtered"))
		leave_checked(abis[argv[2][0] - '0'], true, strtol(argv[3], NULL, 10));

	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
