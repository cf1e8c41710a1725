// SPDX-License-Identifier: GPL-2.0
/* The flags of an attach: what is logged, who listens, which error comes first */

#include "seccomp_audit.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	0x20
#endif

/* --- The log --- */

/* What a filter does, and whether it is logged */
struct record {
	__u32 action;
	const char *name;
	/* Is it logged without being asked for? */
	bool unasked;
	long sig;
};

static const struct record records[] = {
	{ SECCOMP_RET_KILL_PROCESS | 1, "kill_process", true, SIGSYS },
	{ SECCOMP_RET_KILL_THREAD | 2, "kill_thread", true, SIGSYS },
	{ SECCOMP_RET_TRAP | 3, "trap" },
	{ SECCOMP_RET_ERRNO | 4, "errno" },
	{ SECCOMP_RET_USER_NOTIF | 5, "user_notif" },
	{ SECCOMP_RET_TRACE | 6, "trace" },
	{ SECCOMP_RET_LOG | 7, "log", true },
	{ SECCOMP_RET_ALLOW | 8, NULL },
	/* No action: logged as a kill of the process */
	{ 0x12340000, "kill_process", true, SIGSYS },
};

struct attempt {
	const struct record *record;
	unsigned int flags;
	/* Does the verdict depend on an argument? */
	bool depends;
};

static void child_logged(const struct abi *abi, long arg)
{
	const struct attempt *a = (void *)arg;
	struct rule rule = on(abi->arch, abi->nr[GETPPID], a->record->action);

	if (a->depends)
		rule = depends(abi->arch, abi->nr[GETPPID], a->record->action, ALLOW);
	catch_sigsys(on_sigsys);
	CHECK(attach_rules(a->flags, ALLOW, &rule, 1), 0);
	call(abi, GETPID);
	call(abi, GETPPID);
	call(abi, GETUID);
}

static void expect_logged(struct __test_metadata *_metadata, const struct abi *abi,
			  const struct attempt *a, bool expected)
{
	pid_t pid = start(child_logged, abi, (long)a);
	struct logged logged;

	EXPECT_STATUS(finish(pid), a->record->sig ?: CHILD_DONE << 8);
	logged = read_log(pid);
	EXPECT_EQ(expected, logged.count)
		TH_LOG("action %#x, flags %#x, depends %d", a->record->action, a->flags,
		       a->depends);
	if (!expected)
		return;
	EXPECT_EQ(a->record->action & SECCOMP_RET_ACTION_FULL, logged.action);
	EXPECT_EQ(abi->nr[GETPPID], logged.nr);
	EXPECT_EQ(abi->arch, logged.arch);
	EXPECT_EQ(a->record->sig, logged.sig);
}

TEST_F(abi, log_has_what_the_flag_asks_for)
{
	const char *why = set_up_log();

	if (why)
		SKIP(return, "%s", why);
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		const struct record *r = &records[i];

		for (int j = 0; j < 4; j++) {
			struct attempt a = {
				r, j & 1 ? SECCOMP_FILTER_FLAG_LOG : 0, j & 2
			};

			expect_logged(_metadata, variant->abi, &a,
				      r->name && (r->unasked || j & 1));
		}
	}
}

TEST_F(abi, log_leaves_out_what_the_administrator_does)
{
	const char *why = set_up_log();

	if (why)
		SKIP(return, "%s", why);
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		struct attempt a = { &records[i], SECCOMP_FILTER_FLAG_LOG };
		char others[sizeof(ALL_LOGGED)] = "", all[] = ALL_LOGGED;

		if (!a.record->name)
			continue;
		for (char *name = strtok(all, " "); name; name = strtok(NULL, " ")) {
			if (strcmp(name, a.record->name))
				strcat(strcat(others, others[0] ? " " : ""), name);
		}
		ASSERT_TRUE(write_file(ACTIONS_LOGGED, others));
		expect_logged(_metadata, variant->abi, &a, false);
		ASSERT_TRUE(write_file(ACTIONS_LOGGED, a.record->name));
		expect_logged(_metadata, variant->abi, &a, true);
	}
}

/* A task whose filter is already there when the administrator decides */
static void child_logged_later(const struct abi *abi, long arg)
{
	CHECK(attach_flags(SECCOMP_FILTER_FLAG_LOG, ALLOW,
			   on(abi->arch, abi->nr[GETPPID], DENY)), 0);
	for (int i = 1; i <= 3; i++) {
		wait_for(&report->flag, i);
		CHECK(call(abi, GETPPID), -DENIED);
		atomic_store(&report->stage, i);
	}
}

TEST_F(abi, log_heeds_the_administrator_after_the_attach)
{
	const char *why = set_up_log();
	pid_t pid;

	if (why)
		SKIP(return, "%s", why);
	pid = start(child_logged_later, variant->abi, 0);
	for (int i = 1; i <= 3; i++) {
		ASSERT_TRUE(write_file(ACTIONS_LOGGED, i == 2 ? "kill_process" : ALL_LOGGED));
		atomic_store(&report->flag, i);
		wait_for(&report->stage, i);
		EXPECT_EQ(i != 2, read_log(pid).count);
	}
	EXPECT_FINE(finish(pid));
}

/* Two filters: is the one whose verdict it is logged? */
struct pair {
	__u32 older, newer;
	bool older_depends, newer_depends, log_older, logged;
};

static void child_pair(const struct abi *abi, long arg)
{
	const struct pair *p = (void *)arg;
	__u32 nr = abi->nr[GETPPID];
	struct rule rule = on(abi->arch, nr, p->older);

	if (p->older_depends)
		rule = depends(abi->arch, nr, p->older, ALLOW);
	CHECK(attach_rules(p->log_older ? SECCOMP_FILTER_FLAG_LOG : 0, ALLOW, &rule, 1), 0);
	rule = on(abi->arch, nr, p->newer);
	if (p->newer_depends)
		rule = depends(abi->arch, nr, p->newer, ALLOW);
	CHECK(attach_rules(p->log_older ? 0 : SECCOMP_FILTER_FLAG_LOG, ALLOW, &rule, 1), 0);
	call(abi, GETPPID);
}

TEST_F(abi, log_flag_of_the_newest_counts_on_a_tie)
{
	static const struct {
		__u32 older, newer;
		/* Whose verdict it is */
		bool is_older;
	} cases[] = {
		{ SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | ENOSYS, false },
		{ SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 1, false },
		{ SECCOMP_RET_ERRNO | 1, SECCOMP_RET_TRACE, true },
		{ SECCOMP_RET_TRACE, SECCOMP_RET_ERRNO | 1, false },
		{ SECCOMP_RET_ERRNO | 1, ALLOW, true },
		{ SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF, false },
	};
	const char *why = set_up_log();

	if (why)
		SKIP(return, "%s", why);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int j = 0; j < 8; j++) {
			struct pair p = {
				cases[i].older, cases[i].newer, j & 1, j & 2, j & 4,
			};
			pid_t pid = start(child_pair, variant->abi, (long)&p);

			EXPECT_FINE(finish(pid));
			EXPECT_EQ(cases[i].is_older == p.log_older, read_log(pid).count)
				TH_LOG("case %zu.%d", i, j);
		}
	}
}

/* --- Listeners --- */

#define LISTEN	SECCOMP_FILTER_FLAG_NEW_LISTENER

static void child_second_listener(const struct abi *abi, long between)
{
	struct rule rule = on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_USER_NOTIF);
	struct rule other = on(abi->arch, abi->nr[GETUID], DENY);
	long uid, fd, again;
	pid_t pid;

	fd = attach_rules(LISTEN, ALLOW, &rule, 1);
	CHECK(fd >= 0, true);
	for (int i = 0; i < between; i++)
		CHECK(attach_rules(0, ALLOW, &other, 1), 0);
	uid = call(abi, GETUID);
	CHECK(attach_rules(LISTEN, ALLOW, &rule, 1), -EBUSY);
	/* Nothing has changed, but for those who do not want to listen. */
	CHECK(call(abi, GETUID), uid);
	CHECK(attach_rules(0, ALLOW, &other, 1), 0);

	/* A child of this task has the same ancestors. */
	pid = fork();
	if (!pid)
		leave(attach_rules(LISTEN, ALLOW, &rule, 1) == -EBUSY ? CHILD_DONE : 1);
	CHECK(finish(pid), CHILD_DONE << 8);

	/* Another file for it keeps it. */
	again = raw3(&native, __NR_dup, fd, 0, 0);
	CHECK(again >= 0, true);
	raw3(&native, __NR_close, fd, 0, 0);
	CHECK(attach_rules(LISTEN, ALLOW, &rule, 1), -EBUSY);
	raw3(&native, __NR_close, again, 0, 0);
	fd = attach_rules(LISTEN, ALLOW, &rule, 1);
	CHECK(fd >= 0, true);
	CHECK(attach_rules(LISTEN, ALLOW, &rule, 1), -EBUSY);
	raw3(&native, __NR_close, fd, 0, 0);
	CHECK(call(abi, GETPPID), -ENOSYS);
}

TEST_F(abi, one_open_listener_for_a_task_and_its_ancestors)
{
	static const int between[] = { 0, 1, 7, 30 };

	for (size_t i = 0; i < ARRAY_SIZE(between); i++)
		EXPECT_FINE(run(child_second_listener, variant->abi, between[i]));
}

static void child_apart(const struct abi *abi, long arg)
{
	struct rule rule = on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_USER_NOTIF);
	struct rule other = on(abi->arch, abi->nr[GETUID], DENY);
	pid_t pid;

	CHECK(attach_rules(0, ALLOW, &other, 1), 0);
	pid = fork();
	if (!pid) {
		/* A branch of its own: its listener is in nobody else's way. */
		if (attach_rules(LISTEN, ALLOW, &rule, 1) < 0)
			leave(1);
		atomic_store(&report->stage, 1);
		wait_for(&report->flag, 1);
		leave(CHILD_DONE);
	}
	wait_for(&report->stage, 1);
	CHECK(attach_rules(LISTEN, ALLOW, &rule, 1) >= 0, true);
	atomic_store(&report->flag, 1);
	CHECK(finish(pid), CHILD_DONE << 8);
}

TEST_F(abi, listeners_of_branches_are_apart)
{
	EXPECT_FINE(run(child_apart, variant->abi, 0));
}

static void child_listener_and_more(const struct abi *abi, long flags)
{
	struct rule rule = on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_USER_NOTIF);

	listened(attach_rules(LISTEN | flags, ALLOW, &rule, 1));
	CHECK(call(abi, GETPPID), 4242);
	CHECK(call(abi, GETPPID), -DENIED);
}

TEST_F(abi, listener_with_other_flags)
{
	static const unsigned int flags[] = {
		0, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
		SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		pid_t pid = start(child_listener_and_more, variant->abi, flags[i]);
		int fd = listen_to(pid);
		struct seccomp_notif request;

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, receive(fd, &request));
		EXPECT_EQ(0, answer(fd, &request, 4242, 0, 0));
		ASSERT_EQ(0, receive(fd, &request));
		EXPECT_EQ(0, answer(fd, &request, 0, -DENIED, 0));
		close(fd);
		EXPECT_FINE(finish(pid));
	}
}

/* --- Errors, and which of two comes first --- */

/* As many as an attach may have together, and what each filter before costs */
#define MAX_PATH	32768
#define PENALTY		4
/* What a program of @n loads and a return becomes */
#define CONVERTED(n)	((n) + 5)

/* A filter of @loads instructions that allow everything */
static long attach_loads(unsigned int flags, size_t loads)
{
	static struct sock_filter insn[BPF_MAXINSNS];

	for (size_t i = 0; i < loads; i++)
		insn[i] = INSN(BPF_LD | BPF_IMM, i);
	insn[loads] = RETURN(ALLOW);
	return attach_program(flags, insn, loads + 1);
}

/* Leave room for just one more filter of @loads instructions. */
static void fill_path(size_t loads)
{
	size_t left = MAX_PATH - CONVERTED(loads) - PENALTY - CONVERTED(BPF_MAXINSNS - 1);
	const size_t each = CONVERTED(4000) + PENALTY;

	while (left >= each + CONVERTED(0)) {
		CHECK(attach_loads(0, 4000), 0);
		left -= each;
	}
	CHECK(attach_loads(0, BPF_MAXINSNS - 1), 0);
	/* Two, since what is left may be more than one can take. */
	for (; left > PENALTY + CONVERTED(0); left -= CONVERTED(left / 2) + PENALTY) {
		if (left - CONVERTED(0) - PENALTY < BPF_MAXINSNS) {
			CHECK(attach_loads(0, left - CONVERTED(0) - PENALTY), 0);
			return;
		}
		CHECK(attach_loads(0, left / 2), 0);
	}
}

static void child_long_path(const struct abi *abi, long loads)
{
	struct rule rule = on(abi->arch, abi->nr[GETPPID], DENY);
	long before = call(abi, GETPPID);

	fill_path(loads);
	CHECK(attach_loads(0, loads + 1), -ENOMEM);
	CHECK(attach_rules(0, ALLOW, &rule, 1), loads > 20 ? 0 : -ENOMEM);
	if (loads > 20) {
		CHECK(call(abi, GETPPID), -DENIED);
		CHECK(attach_loads(0, loads), -ENOMEM);
		return;
	}
	CHECK(call(abi, GETPPID), before);
	CHECK(attach_loads(0, loads), 0);
	/* Not even the smallest fits. */
	CHECK(attach_loads(0, 0), -ENOMEM);
	CHECK(call(abi, GETPPID), before);
}

TEST_F(abi, too_long_a_path_is_refused_to_the_instruction)
{
	if (is_hardened())
		SKIP(return, "programs are longer under bpf_jit_harden");
	EXPECT_FINE(run(child_long_path, variant->abi, 0));
	EXPECT_FINE(run(child_long_path, variant->abi, 1));
	EXPECT_FINE(run(child_long_path, variant->abi, 3));
	EXPECT_FINE(run(child_long_path, variant->abi, 300));
}

/* How much a filter counts does not depend on what it is good for. */
static void child_counted(const struct abi *abi, long which)
{
	struct sock_filter insn[] = {
		/* Nothing behind the first return is ever reached. */
		LOAD_NR, RETURN(ALLOW), LOAD_ARCH, JUMP(BPF_JEQ, 7, 0, 1), RETURN(DENY),
		RETURN(KILL),
	};
	/* What they become: a jump two ways is two, a return is two */
	const size_t converted = 3 + 1 + 2 + 1 + 1 + 2 + 2;
	size_t room = converted - CONVERTED(0);

	fill_path(room - (which ? 1 : 0));
	CHECK(attach_program(0, insn, ARRAY_SIZE(insn)), which ? -ENOMEM : 0);
}

TEST_F(abi, dead_code_counts_in_the_length_of_a_path)
{
	if (is_hardened())
		SKIP(return, "programs are longer under bpf_jit_harden");
	EXPECT_FINE(run(child_counted, variant->abi, 0));
	EXPECT_FINE(run(child_counted, variant->abi, 1));
}

static void *diverge(void *arg)
{
	*(long *)arg = raw3(&native, __NR_gettid, 0, 0, 0);
	CHECK(attach_loads(0, 0), 0);
	atomic_store(&report->stage, 1);
	wait_for(&report->flag, 1);
	return NULL;
}

static long try_program(unsigned int flags, const struct sock_fprog *prog)
{
	return raw3(&native, __NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, (long)prog);
}

static void child_errors(const struct abi *abi, long arg)
{
	const unsigned int sync = SECCOMP_FILTER_FLAG_TSYNC;
	const unsigned int esrch = SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	struct sock_filter bad = LOAD_NR, good = RETURN(ALLOW);
	struct sock_fprog progs[] = {
		{ 0, &good }, { 1, (void *)8 }, { 1, &bad }, { 1, &good }, { 1, NULL },
		{ BPF_MAXINSNS + 1, (void *)8 },
	};
	pthread_t thread;
	long tid, fd;

	/* Flags before the program, */
	CHECK(try_program(1 << 30, (void *)8), -EINVAL);
	CHECK(try_program(sync | LISTEN, (void *)8), -EINVAL);
	CHECK(try_program(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, (void *)8), -EINVAL);
	/* the pointer before what it points to, length before content, */
	CHECK(try_program(0, (void *)8), -EFAULT);
	CHECK(try_program(LISTEN, (void *)8), -EFAULT);
	CHECK(try_program(0, &progs[0]), -EINVAL);
	CHECK(try_program(0, &progs[1]), -EFAULT);
	CHECK(try_program(0, &progs[2]), -EINVAL);
	CHECK(try_program(0, &progs[4]), -EINVAL);
	CHECK(try_program(0, &progs[5]), -EINVAL);
	/* the program before the state that the task is in. */
	fd = try_program(LISTEN, &progs[3]);
	CHECK(fd >= 0, true);
	CHECK(try_program(LISTEN, &progs[1]), -EFAULT);
	CHECK(try_program(LISTEN, &progs[2]), -EINVAL);
	CHECK(try_program(LISTEN, &progs[3]), -EBUSY);

	CHECK(pthread_create(&thread, NULL, diverge, &tid), 0);
	wait_for(&report->stage, 1);
	CHECK(try_program(sync, &progs[3]), tid);
	CHECK(try_program(sync | esrch, &progs[3]), -ESRCH);
	CHECK(try_program(sync, &progs[2]), -EINVAL);
	/* A second listener, then the length of the path, then the other threads */
	CHECK(try_program(sync | esrch | LISTEN, &progs[3]), -EBUSY);
	for (int i = 0; i < 7; i++)
		CHECK(attach_loads(0, 4095), 0);
	CHECK(attach_loads(sync, 4095), -ENOMEM);
	CHECK(attach_loads(sync | esrch, 4095), -ENOMEM);
	CHECK(attach_loads(LISTEN, 4095), -EBUSY);
	CHECK(try_program(sync, &progs[3]), tid);
	raw3(&native, __NR_close, fd, 0, 0);
	CHECK(attach_loads(LISTEN, 4095), -ENOMEM);
	/* A listener that was refused leaves no file behind. */
	CHECK(raw3(&native, __NR_dup, 0, 0, 0), fd);
	raw3(&native, __NR_close, fd, 0, 0);
	CHECK(try_program(sync | esrch | LISTEN, &progs[3]), -ESRCH);
	CHECK(try_program(LISTEN, &progs[3]), fd);
	atomic_store(&report->flag, 1);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST(errors_in_the_order_of_old)
{
	/* Any file will do, for the number of the next. */
	ASSERT_LE(0, open("/dev/null", O_RDONLY));
	EXPECT_FINE(run(child_errors, &native, 0));
}

static void child_no_files(const struct abi *abi, long arg)
{
	CHECK(setrlimit(RLIMIT_NOFILE, &(struct rlimit) { 0, 0 }), 0);
	CHECK(attach_loads(LISTEN, 0), -EMFILE);
	CHECK(attach_program(LISTEN, (void *)8, 1), -EFAULT);
	CHECK(attach_loads(0, 0), 0);
	CHECK(attach_loads(LISTEN, 0), -EMFILE);
}

TEST(no_room_for_a_listener)
{
	EXPECT_FINE(run(child_no_files, &native, 0));
}

static void try_unprivileged(void)
{
	struct sock_fprog none = { 0, NULL }, wild = { 1, (void *)8 };

	if (!geteuid() && setresuid(65534, 65534, 65534))
		leave(KSFT_SKIP);
	CHECK(attach_loads(0, 0), -EACCES);
	CHECK(attach_loads(LISTEN, 0), -EACCES);
	CHECK(attach_loads(1 << 30, 0), -EINVAL);
	CHECK(try_program(0, (void *)8), -EFAULT);
	CHECK(try_program(0, &none), -EINVAL);
	/* Privilege is asked for before the instructions are read. */
	CHECK(try_program(0, &wild), -EACCES);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK(attach_loads(0, 0), 0);
	leave(CHILD_DONE);
}

TEST(no_privilege_and_no_promise)
{
	pid_t pid;
	int status;

	memset(report, 0, sizeof(*report));
	/* Not by start(), which makes the promise */
	pid = fork();
	if (!pid)
		try_unprivileged();
	status = finish(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		SKIP(return, "cannot give up privilege");
	EXPECT_FINE(status);
}

static void child_flagged(const struct abi *abi, long flags)
{
	long before[CALLS];

	call_each(abi, before);
	for (int i = 0; i < 3; i++) {
		CHECK(attach_flags(flags, ALLOW, on(abi->arch, abi->nr[GETPPID], DENY + i),
				   depends(abi->arch, abi->nr[GETUID], DENY, ALLOW)), 0);
		for (int c = 0; c < CALLS; c++)
			CHECK(call(abi, c), c == GETPPID ? -DENIED - i :
			      c == GETUID ? -DENIED : before[c]);
		CHECK(raw3(abi, abi->nr[GETUID], 1, 0, 0), before[GETUID]);
	}
}

TEST_F(abi, flags_do_not_change_verdicts)
{
	for (unsigned int flags = 0; flags <= 0x1f; flags++) {
		if (!(flags & LISTEN))
			EXPECT_FINE(run(child_flagged, variant->abi, flags));
	}
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
