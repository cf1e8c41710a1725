// SPDX-License-Identifier: GPL-2.0
/* The tracepoint seccomp:seccomp_verdict: one event for each call that is not just allowed */

#define WITHOUT_PIN_FIXTURE
#include "seccomp_pin.h"

#ifdef __x86_64__
#include <sys/mount.h>

#define TRACING		"/sys/kernel/tracing"
#define EVENT		"events/seccomp/seccomp_verdict"
#define INSTANCE	TRACING "/instances/seccomp_trace_test"

#define MANY_EVENTS	1000

struct event {
	int nr;
	__u32 arch, action;
	int filter;
};

static struct event events[MANY_EVENTS];
static size_t event_count;

/* --- What an event looks like --- */

struct field {
	const char *declaration;
	int offset, size, is_signed;
};

enum { NR, ARCH, ACTION, FILTER, FIELDS };

static struct field fields[FIELDS] = {
	{ "int nr;" }, { "u32 arch;" }, { "u32 action;" }, { "int filter;" },
};

/* How many fields there are that are the event's own; -1 if it cannot be read */
static int read_format(void)
{
	FILE *file = fopen(INSTANCE "/" EVENT "/format", "r");
	char line[256];
	int count = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		char *type = strstr(line, "field:"), *rest = strchr(line, ';');

		if (!type || !rest || strstr(line, "common_"))
			continue;
		count++;
		for (int i = 0; i < FIELDS; i++) {
			struct field *f = &fields[i];

			if (strncmp(type + 6, f->declaration, strlen(f->declaration)))
				continue;
			if (sscanf(rest, "; offset:%d; size:%d; signed:%d;", &f->offset,
				   &f->size, &f->is_signed) != 3)
				count--;
		}
	}
	fclose(file);
	return count;
}

static void take_event(const char *record, size_t size)
{
	struct event *e = &events[event_count];

	if (event_count == MANY_EVENTS || size < fields[FILTER].offset + sizeof(int))
		return;
	memcpy(&e->nr, record + fields[NR].offset, sizeof(e->nr));
	memcpy(&e->arch, record + fields[ARCH].offset, sizeof(e->arch));
	memcpy(&e->action, record + fields[ACTION].offset, sizeof(e->action));
	memcpy(&e->filter, record + fields[FILTER].offset, sizeof(e->filter));
	event_count++;
}

/* A page of the ring buffer: a time, how much there is, and records behind their headers */
static void take_page(const char *page, size_t size)
{
	size_t end, at = 2 * sizeof(__u64);
	__u64 commit;

	memcpy(&commit, page + sizeof(__u64), sizeof(commit));
	end = at + (commit & 0xfffff);
	while (at + sizeof(__u32) <= end && end <= size) {
		__u32 header, type, len;

		memcpy(&header, page + at, sizeof(header));
		type = header & 31;
		at += sizeof(header);
		if (type >= 30) {
			/* More of the time */
			at += sizeof(__u32);
			continue;
		}
		if (type == 29 && !(header >> 5))
			return;
		len = 4 * type;
		if (!type || type == 29) {
			memcpy(&len, page + at, sizeof(len));
			len -= type ? 0 : sizeof(len);
			at += sizeof(len);
		}
		if (type != 29)
			take_event(page + at, len);
		at += len;
	}
}

static void take_events(void)
{
	int cpus = sysconf(_SC_NPROCESSORS_CONF);
	char path[128], page[0x10000];

	event_count = 0;
	for (int cpu = 0; cpu < cpus; cpu++) {
		ssize_t got;
		int fd;

		snprintf(path, sizeof(path), INSTANCE "/per_cpu/cpu%d/trace_pipe_raw", cpu);
		fd = open(path, O_RDONLY | O_NONBLOCK);
		while (fd >= 0 && (got = read(fd, page, sysconf(_SC_PAGESIZE))) > 0)
			take_page(page, got);
		close(fd);
	}
}

/* How many lines the text has of events */
static size_t count_lines(void)
{
	FILE *file = fopen(INSTANCE "/trace", "r");
	char line[512];
	size_t count = 0;

	while (file && fgets(line, sizeof(line), file))
		count += line[0] != '#' && strstr(line, " seccomp_verdict: ");
	if (file)
		fclose(file);
	return count;
}

FIXTURE(trace) {
	int unused;
};

FIXTURE_SETUP(trace)
{
	look_for_abis();
	if (access(TRACING "/instances", F_OK))
		mount("none", TRACING, "tracefs", 0, NULL);
	rmdir(INSTANCE);
	if (mkdir(INSTANCE, 0700))
		SKIP(return, "needs root and tracefs in " TRACING);
	if (access(INSTANCE "/" EVENT, F_OK)) {
		rmdir(INSTANCE);
		SKIP(return, "needs the tracepoint seccomp:seccomp_verdict");
	}
	ASSERT_EQ(FIELDS, read_format());
}

FIXTURE_TEARDOWN(trace)
{
	write_file(INSTANCE "/" EVENT "/enable", "0");
	rmdir(INSTANCE);
}

static void (*watched_fn)(const struct abi *abi, long arg);

static void child_watched(const struct abi *abi, long arg)
{
	cpu_set_t one;

	/* The events of one CPU are in order. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	wait_for(&report->flag, 1);
	watched_fn(abi, arg);
}

static pid_t start_watched(child_fn *fn, const struct abi *abi, long arg)
{
	char number[24];
	pid_t pid;

	watched_fn = fn;
	pid = start(child_watched, abi, arg);
	snprintf(number, sizeof(number), "%d", pid);
	if (!write_file(INSTANCE "/set_event_pid", number) ||
	    !write_file(INSTANCE "/" EVENT "/enable", "1"))
		return -1;
	atomic_store(&report->flag, 1);
	return pid;
}

/* Wait for the child's end, and take what it has left. */
static int finish_watched(struct __test_metadata *_metadata, pid_t pid)
{
	int status = finish(pid);
	size_t said;

	write_file(INSTANCE "/" EVENT "/enable", "0");
	said = count_lines();
	take_events();
	EXPECT_EQ(said, event_count);
	return status;
}

static int watch(struct __test_metadata *_metadata, child_fn *fn, const struct abi *abi, long arg)
{
	return finish_watched(_metadata, start_watched(fn, abi, arg));
}

static void expect_event(struct __test_metadata *_metadata, size_t i, const struct abi *abi,
			 long nr, __u32 action, int filter)
{
	const struct event *e = &events[i];

	ASSERT_LT(i, event_count);
	EXPECT_EQ((int)nr, e->nr);
	EXPECT_EQ(abi->arch, e->arch);
	EXPECT_EQ(action, e->action) TH_LOG("event %zu", i);
	EXPECT_EQ(filter, e->filter) TH_LOG("event %zu, action %x", i, action);
}

/* Is there something for an ABI to call at all? Filters come before the -ENOSYS. */
static bool can_call(const struct abi *abi)
{
	return abi != &ia32 || have_ia32;
}

/* --- The event itself --- */

TEST_F(trace, event_has_these_fields)
{
	for (int i = 0; i < FIELDS; i++) {
		EXPECT_EQ(4, fields[i].size) TH_LOG("%s", fields[i].declaration);
		EXPECT_EQ(i == NR || i == FILTER, fields[i].is_signed);
		EXPECT_LE(8 + 4 * i, fields[i].offset);
	}
}

static void child_calls(const struct abi *abi, long filters)
{
	for (long i = 0; i < filters; i++)
		CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_ERRNO | 5)), 0);
	for (int c = 0; c < CALLS; c++)
		call(abi, c);
}

TEST_F(trace, nothing_unless_enabled)
{
	char on = 0;
	int fd = open(INSTANCE "/" EVENT "/enable", O_RDONLY);

	EXPECT_EQ(1, read(fd, &on, 1));
	EXPECT_EQ('0', on);
	close(fd);
	EXPECT_FINE(run(child_calls, &native, 1));
	take_events();
	EXPECT_EQ(0UL, event_count);
	/* Enabled and disabled again, it is as before. */
	EXPECT_FINE(watch(_metadata, child_calls, &native, 1));
	EXPECT_EQ(1UL, event_count);
	EXPECT_FINE(run(child_calls, &native, 1));
	take_events();
	EXPECT_EQ(0UL, event_count);
}

static void child_allowed(const struct abi *abi, long filters)
{
	for (long i = 0; i < filters; i++)
		CHECK(attach(i & 1 ? ALLOW : ALLOW | 7, on(abi->arch, 100000, DENY),
			     depends(abi->arch, abi->nr[GETUID], ALLOW, DENY)), 0);
	for (int i = 0; i < 100; i++) {
		for (int c = 0; c < CALLS; c++)
			call(abi, c);
		raw3(abi, abi->first + 90000, 0, 0, 0);
	}
}

TEST_F(trace, nothing_of_allowed_calls)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		for (int filters = 0; filters < 3 && can_call(abis[i]); filters++) {
			EXPECT_FINE(watch(_metadata, child_allowed, abis[i], filters));
			EXPECT_EQ(0UL, event_count);
		}
	}
}

/* --- Each verdict --- */

#define TIMES	3

/* Three filters, of which the one in the middle decides */
static void child_verdict(const struct abi *abi, long action)
{
	catch_sigsys(on_sigsys);
	CHECK(attach(ALLOW, on(abi->arch, 100000, KILL)), 0);
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], action),
		     range(abi->arch, abi->first + 70000, abi->first + 70010, action),
		     depends(abi->arch, abi->nr[GETUID], ALLOW, action)), 0);
	CHECK(attach(ALLOW, on(abi->arch, 100001, KILL)), 0);
	for (int i = 0; i < TIMES; i++) {
		call(abi, GETPID);
		raw3(abi, abi->nr[GETUID], 0, 0, 0);
		call(abi, GETPPID);
		call(abi, GETTID);
		raw3(abi, abi->first + 70000 + i, 0, 0, 0);
		raw3(abi, abi->nr[GETUID], 1, 0, 0);
		call(abi, GETPID);
	}
}

TEST_F_TIMEOUT(trace, one_of_each_verdict, 120)
{
	static const __u32 actions[] = {
		SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO | 38, SECCOMP_RET_ERRNO | 0xffff,
		SECCOMP_RET_TRAP, SECCOMP_RET_TRAP | 0xffff, SECCOMP_RET_TRACE | 9,
		SECCOMP_RET_LOG, SECCOMP_RET_LOG | 3, SECCOMP_RET_USER_NOTIF,
	};

	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		const struct abi *abi = abis[i];

		for (size_t j = 0; j < ARRAY_SIZE(actions) && can_call(abi); j++) {
			EXPECT_FINE(watch(_metadata, child_verdict, abi, actions[j]));
			EXPECT_EQ(3UL * TIMES, event_count) TH_LOG("action %x", actions[j]);
			for (int k = 0; k < TIMES; k++) {
				expect_event(_metadata, 3 * k, abi, abi->nr[GETPPID],
					     actions[j], 1);
				expect_event(_metadata, 3 * k + 1, abi, abi->first + 70000 + k,
					     actions[j], 1);
				expect_event(_metadata, 3 * k + 2, abi, abi->nr[GETUID],
					     actions[j], 1);
			}
		}
	}
}

TEST_F_TIMEOUT(trace, one_of_each_kill, 120)
{
	static const __u32 actions[] = {
		SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_PROCESS | 5, SECCOMP_RET_KILL_THREAD,
		SECCOMP_RET_KILL_THREAD | 5, 0x12340000, 0x7ffe0005,
	};

	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		const struct abi *abi = abis[i];

		for (size_t j = 0; j < ARRAY_SIZE(actions) && can_call(abi); j++) {
			EXPECT_KILLED(watch(_metadata, child_verdict, abi, actions[j]), SIGSYS);
			EXPECT_EQ(1UL, event_count);
			expect_event(_metadata, 0, abi, abi->nr[GETPPID], actions[j], 1);
		}
	}
}

static void child_strict(const struct abi *abi, long arg)
{
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), 0);
	raw3(&native, __NR_read, -1, 0, 0);
	call(abi, GETPPID);
}

TEST_F(trace, strict_mode_kills_without_a_filter)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		const struct abi *abi = abis[i];

		if (!can_call(abi))
			continue;
		EXPECT_KILLED(watch(_metadata, child_strict, abi, 0), SIGKILL);
		EXPECT_EQ(1UL, event_count);
		expect_event(_metadata, 0, abi, abi->nr[GETPPID], SECCOMP_RET_KILL_THREAD, -1);
	}
}

/* --- Whose verdict it is --- */

#define DEPTH	20

static void child_deep(const struct abi *abi, long which)
{
	for (long i = 0; i < DEPTH; i++) {
		struct rule rule = on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_ERRNO | 1);

		/* The one that is asked for is stricter, or else they are all the same. */
		if (i == which)
			rule.action = SECCOMP_RET_TRAP;
		CHECK(attach_rules(0, ALLOW, &rule, 1), 0);
	}
	catch_sigsys(on_sigsys);
	call(abi, GETPPID);
}

TEST_F_TIMEOUT(trace, says_which_filter_decides, 120)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		const struct abi *abi = abis[i];

		for (long which = -1; which < DEPTH && can_call(abi); which += 7) {
			EXPECT_FINE(watch(_metadata, child_deep, abi, which));
			EXPECT_EQ(1UL, event_count);
			if (which < 0)
				expect_event(_metadata, 0, abi, abi->nr[GETPPID],
					     SECCOMP_RET_ERRNO | 1, 0);
			else
				expect_event(_metadata, 0, abi, abi->nr[GETPPID],
					     SECCOMP_RET_TRAP, DEPTH - 1 - which);
		}
	}
}

#define ERRNO(n)	(SECCOMP_RET_ERRNO | (n))

/* By its argument, a call gets the verdict of one filter or of another. */
static void child_depends(const struct abi *abi, long arg)
{
	struct rule first = depends(abi->arch, abi->nr[GETPPID], ALLOW, ERRNO(1));
	struct rule second = depends(abi->arch, abi->nr[GETPPID], ERRNO(2), ALLOW);
	struct rule third = depends(abi->arch, abi->nr[GETUID], ERRNO(3), ERRNO(4));
	struct rule constant = on(abi->arch, abi->nr[GETGID], ERRNO(5));

	CHECK(attach_rules(0, ALLOW, &third, 1), 0);	/* 5 */
	CHECK(attach_rules(0, ALLOW, &first, 1), 0);	/* 4 */
	CHECK(attach_rules(0, ALLOW, &second, 1), 0);	/* 3 */
	CHECK(attach_rules(0, ALLOW, &constant, 1), 0);	/* 2 */
	CHECK(attach_rules(0, ALLOW, &third, 1), 0);	/* 1: the same as the oldest */
	CHECK(attach_rules(0, ALLOW, &constant, 1), 0);	/* 0 */
	for (int i = 0; i < 2; i++) {
		CHECK(raw3(abi, abi->nr[GETPPID], i, 0, 0), i ? -1 : -2);
		CHECK(raw3(abi, abi->nr[GETUID], i, 0, 0), i ? -4 : -3);
		CHECK(raw3(abi, abi->nr[GETGID], i, 0, 0), -5);
	}
}

TEST_F(trace, says_which_filter_decides_by_arguments)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		const struct abi *abi = abis[i];

		if (!can_call(abi))
			continue;
		EXPECT_FINE(watch(_metadata, child_depends, abi, 0));
		EXPECT_EQ(6UL, event_count);
		expect_event(_metadata, 0, abi, abi->nr[GETPPID], ERRNO(2), 3);
		expect_event(_metadata, 1, abi, abi->nr[GETUID], ERRNO(3), 1);
		expect_event(_metadata, 2, abi, abi->nr[GETGID], ERRNO(5), 0);
		expect_event(_metadata, 3, abi, abi->nr[GETPPID], ERRNO(1), 4);
		expect_event(_metadata, 4, abi, abi->nr[GETUID], ERRNO(4), 1);
		expect_event(_metadata, 5, abi, abi->nr[GETGID], ERRNO(5), 0);
	}
}

static void child_pinned(const struct abi *abi, long arg)
{
	CHECK(attach(ALLOW, on(abi->arch, 100000, DENY)), 0);
	CHECK(pin(abi, PIN_ERRNO), 0);
	call_foreign(abi);
	call(abi, GETPPID);
	CHECK(attach_rules_by(abi, 0, &(struct rule) { abi->arch, 90000, 90000, DENY }, 1), 0);
	call_foreign(abi);
	try_number(&native, abi == &native ? INT_MIN : 39);
	leave_by(abi, CHILD_DONE);
}

TEST_F(trace, pins_are_filters)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		const struct abi *abi = abis[i], *by = foreign_to(abi);

		if (cannot_pin(abi))
			continue;
		EXPECT_FINE(watch(_metadata, child_pinned, abi, 0));
		EXPECT_EQ(3UL, event_count);
		expect_event(_metadata, 0, by, by->nr[GETPPID], PIN_ERRNO, 0);
		expect_event(_metadata, 1, by, by->nr[GETPPID], PIN_ERRNO, 1);
		expect_event(_metadata, 2, &native, abi == &native ? INT_MIN : 39, PIN_ERRNO, 1);
	}
}

/* --- Ways to a verdict --- */

static void child_odd_numbers(const struct abi *abi, long arg)
{
	static const long odd[] = { -1, -2, INT_MIN, X32_BIT | 39, 520, 1L << 32 | 64 };

	CHECK(attach(DENY, let_exit()), 0);
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		CHECK(try_number(abi, odd[i]), -DENIED);
	/* No filter is asked of these, but they may end the task. */
	if (abi == &native)
		try_number(abi, __NR_uprobe);
}

TEST_F(trace, numbers_of_no_table)
{
	static const int odd[] = { -1, -2, INT_MIN, X32_BIT | 39, 520, 64 };

	for (int i = 0; i < 2; i++) {
		if (!can_call(abis[i]))
			continue;
		watch(_metadata, child_odd_numbers, abis[i], 0);
		EXPECT_EQ(0, report->line);
		EXPECT_EQ(ARRAY_SIZE(odd), event_count);
		for (size_t j = 0; j < ARRAY_SIZE(odd); j++)
			expect_event(_metadata, j, abis[i], odd[j], DENY, 0);
	}
}

static void child_traced_call(const struct abi *abi, long arg)
{
	CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL), 0);
	stop_self();
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY),
		     on(abi->arch, abi->nr[GETPGID], SECCOMP_RET_TRACE | 3)), 0);
	report->seen = call(abi, GETPGID);
}

/* A tracer gives a call another number, whose verdict is one more. */
TEST_F(trace, numbers_from_a_tracer)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		const struct abi *abi = abis[i];
		pid_t pid;
		int status;

		if (!can_call(abi))
			continue;
		pid = start_watched(child_traced_call, abi, 0);
		ASSERT_TRUE(WIFSTOPPED(finish(pid)));
		ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, NULL,
				    PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP));
		ASSERT_TRUE(is_call_stop(next_stop(pid, PTRACE_CONT)));
		set_number(pid, abi->nr[GETPPID]);
		ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, NULL, NULL));
		status = finish_watched(_metadata, pid);
		EXPECT_FINE(status);
		EXPECT_EQ(-DENIED, report->seen);
		EXPECT_EQ(2UL, event_count);
		expect_event(_metadata, 0, abi, abi->nr[GETPGID], SECCOMP_RET_TRACE | 3, 0);
		expect_event(_metadata, 1, abi, abi->nr[GETPPID], DENY, 0);
	}
}

static void child_suspended(const struct abi *abi, long arg)
{
	CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL), 0);
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], KILL)), 0);
	stop_self();
	CHECK(call(abi, GETPPID) > 0, true);
}

TEST_F(trace, nothing_while_suspended)
{
	pid_t pid = start_watched(child_suspended, &native, 0);

	ASSERT_TRUE(WIFSTOPPED(finish(pid)));
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_SUSPEND_SECCOMP)) {
		kill(pid, SIGKILL);
		finish_watched(_metadata, pid);
		SKIP(return, "needs CONFIG_CHECKPOINT_RESTORE");
	}
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, NULL, NULL));
	EXPECT_FINE(finish_watched(_metadata, pid));
	EXPECT_EQ(0UL, event_count);
}

static void child_heard(const struct abi *abi, long arg)
{
	struct rule rule = on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_USER_NOTIF);

	listened(attach_rules(SECCOMP_FILTER_FLAG_NEW_LISTENER, ALLOW, &rule, 1));
	CHECK(call(abi, GETPPID), 55);
	/* One that the listener has go on is decided. */
	CHECK(call(abi, GETPPID) > 0, true);
}

TEST_F(trace, calls_that_a_listener_hears_of)
{
	pid_t pid = start_watched(child_heard, &native, 0);
	struct seccomp_notif request;
	int fd = listen_to(pid);

	ASSERT_LE(0, fd);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, receive(fd, &request));
		EXPECT_EQ(0, answer(fd, &request, i ? 0 : 55, 0,
				    i ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0));
	}
	EXPECT_FINE(finish_watched(_metadata, pid));
	close(fd);
	EXPECT_EQ(2UL, event_count);
	for (int i = 0; i < 2; i++)
		expect_event(_metadata, i, &native, __NR_getppid, SECCOMP_RET_USER_NOTIF, 0);
}
#else
TEST(trace)
{
	SKIP(return, "knows the ABIs of x86-64 only");
}
#endif /* __x86_64__ */

int main(int argc, char **argv)
{
	if (!set_up_pins())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
