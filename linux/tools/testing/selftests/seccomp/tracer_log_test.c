// SPDX-License-Identifier: GPL-2.0
/* The audit records of calls that a tracer decides on: SECCOMP_RET_TRACE */

#include "seccomp_audit.h"

#ifndef PTRACE_GET_SYSCALL_INFO
#define PTRACE_GET_SYSCALL_INFO		0x420e
#endif
#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO		0x4212
#endif
#ifndef PTRACE_SYSCALL_INFO_ENTRY
#define PTRACE_SYSCALL_INFO_ENTRY	1
#endif
#ifndef PTRACE_SYSCALL_INFO_SECCOMP
#define PTRACE_SYSCALL_INFO_SECCOMP	3
#endif

/* struct ptrace_syscall_info, which not every libc has */
struct call_info {
	__u8 op, reserved;
	__u16 flags;
	__u32 arch;
	__u64 instruction_pointer, stack_pointer;
	__u64 nr, args[6];
	__u32 ret_data, reserved2;
};

/* What becomes of a call of getppid() for which the filters return SECCOMP_RET_TRACE */
enum tracer {
	ABSENT,			/* no tracer */
	GOES_ON,		/* the tracer changes nothing */
	SKIPS,			/* it changes the number to -1, */
	SKIPS_LOWER,		/* or to another one below 0 */
	KILLS,			/* it kills the task */
	CHANGES_NUMBER,		/* it changes the number to getuid()'s */
	CHANGES_ARGUMENT,	/* it changes the first argument to 1 */
	/* The same before any filter has run, when the task enters the kernel */
	CHANGES_AT_ENTRY,
};

struct attempt {
	enum tracer tracer;
	/* What the filters return after the change */
	__u32 action;
	/* SECCOMP_FILTER_FLAG_LOG of the filter that returns it, and of the one that traces */
	bool log, log_traced;
	/* Do the filters test an argument? */
	bool depends;
	/* Is the filter that traces the older one? */
	bool older;
};

static const __u32 actions[] = {
	SECCOMP_RET_KILL_PROCESS | 1, SECCOMP_RET_KILL_THREAD | 2, SECCOMP_RET_TRAP | 3, DENY,
	SECCOMP_RET_USER_NOTIF | 5, SECCOMP_RET_TRACE | 6, SECCOMP_RET_LOG | 7, ALLOW,
	/* No action: kills the process */
	0x12340000,
};

static bool is_changed(const struct attempt *a)
{
	return a->tracer >= CHANGES_NUMBER;
}

static void attach_one(const struct abi *abi, const struct attempt *a, enum call which,
		       __u32 action, bool log)
{
	unsigned int flags = log ? SECCOMP_FILTER_FLAG_LOG : 0;
	struct rule rule = on(abi->arch, abi->nr[which], action);

	if (a->tracer == CHANGES_ARGUMENT)
		rule = depends(abi->arch, abi->nr[which], action, a->action);
	else if (a->depends)
		rule = depends(abi->arch, abi->nr[which], action, ALLOW);
	CHECK(attach_rules(flags, ALLOW, &rule, 1), 0);
}

/* What getppid() returns: it is called only to be decided on. */
static pid_t parent;

static void child_decided_on(const struct abi *abi, long arg)
{
	const struct attempt *a = (void *)arg;
	long uid = call(abi, GETUID);
	/* Without x32 its calls all fail. */
	long want = uid == -ENOSYS ? uid : parent;
	__u32 action = is_changed(a) ? a->action : SECCOMP_RET_TRACE;

	catch_sigsys(on_sigsys);
	if (!a->older && a->tracer != CHANGES_ARGUMENT)
		attach_one(abi, a, GETUID, a->action, a->log);
	attach_one(abi, a, GETPPID, SECCOMP_RET_TRACE | 7, a->log_traced);
	if (a->older && a->tracer != CHANGES_ARGUMENT)
		attach_one(abi, a, GETUID, a->action, a->log);

	report->seen = call(abi, GETPPID);

	if (is_changed(a) && a->tracer != CHANGES_ARGUMENT)
		want = uid;
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_TRAP:
		/* What the call seems to return then differs between architectures. */
		CHECK(atomic_load(&report->mark), 1);
		return;
	case SECCOMP_RET_ERRNO:
		want = -DENIED;
		break;
	case SECCOMP_RET_USER_NOTIF:
		want = -ENOSYS;
	}
	if (a->tracer == ABSENT)
		want = -ENOSYS;
	if (a->tracer != SKIPS && a->tracer != SKIPS_LOWER)
		CHECK(report->seen, want);
}

/* Do what the tracer of @a does in a stop of @pid; return whether that was the one. */
static bool decide(pid_t pid, const struct abi *abi, const struct attempt *a,
		   struct call_info *info)
{
	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(*info), info) <= 0 ||
	    info->nr != (__u64)abi->nr[GETPPID])
		return false;
	if (info->op != (a->tracer == CHANGES_AT_ENTRY ? PTRACE_SYSCALL_INFO_ENTRY :
							 PTRACE_SYSCALL_INFO_SECCOMP))
		return false;

	switch (a->tracer) {
	case SKIPS:
		info->nr = -1;
		break;
	case SKIPS_LOWER:
		info->nr = -100;
		break;
	case CHANGES_NUMBER:
	case CHANGES_AT_ENTRY:
		info->nr = abi->nr[GETUID];
		break;
	case CHANGES_ARGUMENT:
		info->args[0] = 1;
		break;
	case KILLS:
		return !kill(pid, SIGKILL);
	default:
		return true;
	}
	return !ptrace(PTRACE_SET_SYSCALL_INFO, pid, sizeof(*info), info);
}

/* Trace @pid to its end, as @a says; @info is of the call that was decided on. */
static int trace(pid_t pid, const struct abi *abi, const struct attempt *a,
		 struct call_info *info)
{
	int request = a->tracer == CHANGES_AT_ENTRY ? PTRACE_SYSCALL : PTRACE_CONT;
	bool decided = false;
	long sig = 0;

	for (;;) {
		struct call_info here;
		int status;

		/* Of a killed task only the end is to come. */
		if (!(decided && a->tracer == KILLS) && ptrace(request, pid, NULL, sig))
			return -1;
		status = finish(pid);
		if (!WIFSTOPPED(status))
			return decided ? status : -1;
		sig = is_call_stop(status) ? 0 : WSTOPSIG(status);
		if (!sig && !decided && decide(pid, abi, a, &here)) {
			*info = here;
			decided = true;
		}
	}
}

/* The record that is due, if there is one; nobody has silenced any action. */
static struct logged due(const struct abi *abi, const struct attempt *a)
{
	struct logged due = { .nr = abi->nr[GETPPID] };

	if (!is_changed(a)) {
		/* The call is made, or not made and that is recorded. */
		due.count = a->tracer != GOES_ON && a->log_traced;
		due.action = SECCOMP_RET_TRACE;
		if (a->tracer == SKIPS)
			due.nr = -1;
		else if (a->tracer == SKIPS_LOWER)
			due.nr = -100;
		return due;
	}

	if (a->tracer != CHANGES_ARGUMENT)
		due.nr = abi->nr[GETUID];
	due.action = a->action & SECCOMP_RET_ACTION_FULL;
	switch (due.action) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_TRACE:		/* The tracer had its say. */
		break;
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_USER_NOTIF:
		due.count = a->tracer == CHANGES_ARGUMENT ? a->log_traced : a->log;
		break;
	case SECCOMP_RET_LOG:
		due.count = 1;
		break;
	default:
		due.count = 1;
		due.sig = SIGSYS;
	}
	return due;
}

static void expect_record(struct __test_metadata *_metadata, const struct abi *abi,
			  const struct attempt *a, bool silenced)
{
	struct call_info info = { };
	struct logged want = due(abi, a), got;
	int status, end = want.sig ?: a->tracer == KILLS ? SIGKILL : CHILD_DONE << 8;
	pid_t pid;

	parent = getpid();
	if (a->tracer == ABSENT) {
		pid = start(child_decided_on, abi, (long)a);
		status = finish(pid);
	} else {
		pid = start_traced(child_decided_on, abi, (long)a, 0);
		status = trace(pid, abi, a, &info);
	}
	EXPECT_STATUS(status, end);

	got = read_log(pid);
	EXPECT_EQ(silenced ? 0 : want.count, got.count)
		TH_LOG("tracer %d, action %#x, log %d, log_traced %d, depends %d, older %d",
		       a->tracer, a->action, a->log, a->log_traced, a->depends, a->older);
	if (!got.count || !want.count)
		return;
	EXPECT_EQ(want.action, got.action);
	EXPECT_EQ(want.nr, got.nr);
	EXPECT_EQ(want.sig, got.sig);
	EXPECT_EQ(abi->arch, got.arch);
	if (info.instruction_pointer)
		EXPECT_EQ(info.instruction_pointer, got.ip);
}

/* Each attempt with this tracer and @action */
static void expect_records(struct __test_metadata *_metadata, const struct abi *abi,
			   enum tracer tracer, __u32 action)
{
	for (int i = 0; i < 16; i++) {
		struct attempt a = { tracer, action, i & 1, i & 2, i & 4, i & 8 };

		/* There is only one filter, and it tests an argument. */
		if (tracer == CHANGES_ARGUMENT && i & ~2)
			continue;
		expect_record(_metadata, abi, &a, false);
	}
}

static void expect_for_actions(struct __test_metadata *_metadata, const struct abi *abi,
			       enum tracer tracer)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		expect_records(_metadata, abi, tracer, actions[i]);
}

static void child_nothing(const struct abi *abi, long arg)
{
}

/* Why records cannot be read, or a tracer cannot change calls */
static const char *set_up(void)
{
	const char *why = set_up_log();
	pid_t pid;

	if (why)
		return why;
	pid = start_traced(child_nothing, &native, 0, 0);
	/* Too small, where the request is known */
	if (ptrace(PTRACE_SET_SYSCALL_INFO, pid, 0, NULL) && errno != EINVAL)
		why = "needs PTRACE_SET_SYSCALL_INFO";
	next_stop(pid, PTRACE_CONT);
	return why;
}

TEST_F_TIMEOUT(abi, no_tracer_is_recorded, 120)
{
	const char *why = set_up();

	if (why)
		SKIP(return, "%s", why);
	expect_records(_metadata, variant->abi, ABSENT, DENY);
}

TEST_F_TIMEOUT(abi, tracer_that_goes_on_leaves_no_record, 120)
{
	const char *why = set_up();

	if (why)
		SKIP(return, "%s", why);
	expect_records(_metadata, variant->abi, GOES_ON, DENY);
}

TEST_F_TIMEOUT(abi, skipped_call_is_recorded_with_its_new_number, 120)
{
	const char *why = set_up();

	if (why)
		SKIP(return, "%s", why);
	expect_records(_metadata, variant->abi, SKIPS, DENY);
	expect_records(_metadata, variant->abi, SKIPS_LOWER, DENY);
}

TEST_F_TIMEOUT(abi, task_killed_by_its_tracer_is_recorded, 120)
{
	const char *why = set_up();

	if (why)
		SKIP(return, "%s", why);
	expect_records(_metadata, variant->abi, KILLS, DENY);
}

TEST_F_TIMEOUT(abi, changed_number_is_recorded_as_what_becomes_of_it, 300)
{
	const char *why = set_up();

	if (why)
		SKIP(return, "%s", why);
	expect_for_actions(_metadata, variant->abi, CHANGES_NUMBER);
}

TEST_F_TIMEOUT(abi, changed_argument_is_recorded_as_what_becomes_of_it, 120)
{
	const char *why = set_up();

	if (why)
		SKIP(return, "%s", why);
	expect_for_actions(_metadata, variant->abi, CHANGES_ARGUMENT);
}

TEST_F_TIMEOUT(abi, number_changed_at_entry_is_recorded_as_if_called, 300)
{
	const char *why = set_up();

	if (why)
		SKIP(return, "%s", why);
	expect_for_actions(_metadata, variant->abi, CHANGES_AT_ENTRY);
}

TEST_F_TIMEOUT(abi, administrator_silences_the_action_that_is_recorded, 120)
{
	const struct attempt skips = { SKIPS, DENY, true, true };
	const struct attempt denied = { CHANGES_NUMBER, DENY, true, true };
	const char *why = set_up();

	if (why)
		SKIP(return, "%s", why);
	ASSERT_TRUE(write_file(ACTIONS_LOGGED, "errno kill_process"));
	expect_record(_metadata, variant->abi, &skips, true);
	expect_record(_metadata, variant->abi, &denied, false);
	ASSERT_TRUE(write_file(ACTIONS_LOGGED, "trace kill_process"));
	expect_record(_metadata, variant->abi, &skips, false);
	expect_record(_metadata, variant->abi, &denied, true);
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
