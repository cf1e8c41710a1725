// SPDX-License-Identifier: GPL-2.0
/* What callers, tracers and listeners get where a verdict is the same for every call */

/*
 * Nothing here knows how a verdict is found. Each action is tried with all the
 * ways in which a filter can come to it, see build_shape(), and beside verdicts
 * that do depend on arguments.
 */

#include "seccomp_test.h"

#include <dirent.h>

/* The data of actions: what is below, at and above the largest errno */
static const __u16 data[] = { 0, 1, ENOSYS, 4095, 4096, 0xabcd, 0xffff };

static void child_errno(const struct abi *abi, long shape)
{
	long before[CALLS], nr = abi->nr[GETPPID];

	call_each(abi, before);
	/* On a tie, the newest filter wins. */
	for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
		CHECK(attach_shape(0, shape, abi, nr, SECCOMP_RET_ERRNO | data[i]), 0);
		for (int c = 0; c < CALLS; c++)
			CHECK(call(abi, c), c != GETPPID ? before[c] :
			      data[i] > 4095 ? -4095 : -data[i]);
		/* No argument makes a difference. */
		CHECK(try_number(abi, abi->nr[GETPPID]), call(abi, GETPPID));
	}
}

TEST_F(abi, errno_is_the_data_up_to_the_largest)
{
	for (int shape = 0; shape < SHAPES; shape++)
		EXPECT_FINE(run(child_errno, variant->abi, shape));
}

static void child_passes(const struct abi *abi, long shape)
{
	long before[CALLS];

	call_each(abi, before);
	for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
		CHECK(attach_shape(0, shape, abi, abi->nr[GETPPID], ALLOW | data[i]), 0);
		CHECK(attach_shape(0, shape, abi, abi->nr[GETUID], SECCOMP_RET_LOG | data[i]), 0);
		for (int c = 0; c < CALLS; c++)
			CHECK(call(abi, c), before[c]);
	}
}

TEST_F(abi, allow_and_log_let_pass_whatever_their_data)
{
	for (int shape = 0; shape < SHAPES; shape++)
		EXPECT_FINE(run(child_passes, variant->abi, shape));
}

#ifdef __x86_64__
static void child_trap(const struct abi *abi, long shape)
{
	long pid = call(abi, GETPID), nr = abi->nr[GETPPID];
	char *site = map_sites(abi);

	catch_sigsys(on_sigsys);
	for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
		CHECK(attach_shape(0, shape, abi, nr, SECCOMP_RET_TRAP | data[i]), 0);
		CHECK(call_from(site, nr), (int)nr);
		CHECK(atomic_load(&report->mark), 2 * i + 1);
		check_trap(abi->arch, nr, site + SITE_RETURN, data[i]);
		CHECK(call_from(site + SITE_PAGE, nr), (int)nr);
		CHECK(atomic_load(&report->mark), 2 * i + 2);
		check_trap(abi->arch, nr, site + SITE_PAGE + SITE_RETURN, data[i]);
		CHECK(call(abi, GETPID), pid);
	}
}

TEST_F(abi, trap_has_data_number_abi_and_address)
{
	for (int shape = 0; shape < SHAPES; shape++)
		EXPECT_FINE(run(child_trap, variant->abi, shape));
}
#endif

/* --- Kills --- */

/* The first six are no actions, and sort on all sides of those that are. */
static const __u32 killing[] = {
	0x00010000, 0x00020000, 0x12340000, 0x7ffd0000, 0x80010000, 0xffff0000,
	SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS,
};

struct kill {
	enum shape shape;
	__u32 action;
	bool in_thread, depends;
};

static void *killed_thread(void *arg)
{
	const struct abi *abi = arg;

	call(abi, GETPPID);
	atomic_store(&report->mark, 1);
	return NULL;
}

static void child_killed(const struct abi *abi, long arg)
{
	const struct kill *k = (void *)arg;
	__u32 nr = abi->nr[GETPPID];
	pthread_t thread;

	signal(SIGSYS, SIG_IGN);
	/* A limit that leaves room for a (cut off) core file */
	if (chdir("cores") == 0)
		setrlimit(RLIMIT_CORE, &(struct rlimit) { 1 << 20, 1 << 20 });
	if (k->depends)
		CHECK(attach(ALLOW, depends(abi->arch, nr, k->action, ALLOW)), 0);
	else
		CHECK(attach_shape(0, k->shape, abi, nr, k->action), 0);
	if (k->in_thread) {
		CHECK(pthread_create(&thread, NULL, killed_thread, (void *)abi), 0);
		CHECK(pthread_join(thread, NULL), 0);
	} else {
		killed_thread((void *)abi);
	}
}

TEST_F(abi, kill_ends_the_process_with_sigsys)
{
	for (int shape = 0; shape < SHAPES; shape++) {
		for (size_t i = 0; i < ARRAY_SIZE(killing); i++) {
			/* Every action once, and the real ones in every shape */
			struct kill k = { shape, killing[i] | (shape ? 0xabcd : 0) };

			if (i < 6 && shape > RETURNED)
				continue;
			EXPECT_KILLED(run(child_killed, variant->abi, (long)&k), SIGSYS);
			EXPECT_EQ(0, atomic_load(&report->mark));
		}
	}
}

TEST_F(abi, kill_thread_leaves_the_others)
{
	for (int shape = 0; shape < SHAPES; shape++) {
		struct kill k = { shape, SECCOMP_RET_KILL_THREAD | 7, true };

		EXPECT_FINE(run(child_killed, variant->abi, (long)&k));
		EXPECT_EQ(0, atomic_load(&report->mark));
	}
	for (size_t i = 0; i < ARRAY_SIZE(killing); i++) {
		struct kill k = { COMPARED, killing[i], true };

		if (killing[i] == SECCOMP_RET_KILL_THREAD)
			continue;
		EXPECT_KILLED(run(child_killed, variant->abi, (long)&k), SIGSYS);
		EXPECT_EQ(0, atomic_load(&report->mark));
	}
}

static void *outliving_thread(void *arg)
{
	/* The main thread is killed meanwhile: its number stays, as a zombie. */
	char path[64], state = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", getpid(), getpid());
	while (state != 'Z') {
		FILE *stat = fopen(path, "r");

		if (!stat || fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
			leave(1);
		fclose(stat);
		sched_yield();
	}
	leave(call(arg, GETUID) == -DENIED ? 42 : 2);
	return NULL;
}

static void child_leader_killed(const struct abi *abi, long arg)
{
	pthread_t thread;

	CHECK(attach_shape(0, arg, abi, abi->nr[GETPPID], SECCOMP_RET_KILL_THREAD), 0);
	CHECK(attach_shape(0, arg, abi, abi->nr[GETUID], DENY), 0);
	CHECK(pthread_create(&thread, NULL, outliving_thread, (void *)abi), 0);
	call(abi, GETPPID);
	atomic_store(&report->mark, 1);
}

TEST_F(abi, kill_thread_of_the_first_thread)
{
	if (access("/proc/self/stat", R_OK))
		SKIP(return, "needs /proc");
	for (int shape = 0; shape < SHAPES; shape += 3) {
		EXPECT_STATUS(run(child_leader_killed, variant->abi, shape), 42 << 8);
		EXPECT_EQ(0, atomic_load(&report->mark));
	}
}

static void child_aborts(const struct abi *abi, long arg)
{
	if (chdir("cores") == 0)
		setrlimit(RLIMIT_CORE, &(struct rlimit) { 1 << 20, 1 << 20 });
	signal(SIGQUIT, SIG_DFL);
	raise(SIGQUIT);
}

static void remove_cores(void)
{
	DIR *dir = opendir("cores");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir("cores");
}

TEST_F(abi, kill_dumps_core_of_a_process_but_not_of_a_thread)
{
	static const struct {
		struct kill kill;
		bool dumped;
	} cases[] = {
		{ { COMPARED, SECCOMP_RET_KILL_PROCESS }, true },
		{ { COMPARED, SECCOMP_RET_KILL_PROCESS, true }, true },
		{ { COMPARED, SECCOMP_RET_KILL_THREAD }, true },
		{ { COMPARED, SECCOMP_RET_KILL_THREAD, true }, false },
		{ { EITHER_WAY, SECCOMP_RET_KILL_PROCESS | 9 }, true },
		{ { COMPARED, 0x12340000 }, true },
		{ { COMPARED, 0x12340000, true }, true },
		{ { COMPARED, SECCOMP_RET_KILL_PROCESS, false, true }, true },
		{ { COMPARED, SECCOMP_RET_KILL_THREAD, false, true }, true },
		{ { COMPARED, SECCOMP_RET_KILL_THREAD, true, true }, false },
	};
	char dir[] = "/tmp/seccomp_testXXXXXX";

	if (!mkdtemp(dir) || chdir(dir) || mkdir("cores", 0700))
		SKIP(return, "needs a writable /tmp");
	if (!WCOREDUMP(run(child_aborts, variant->abi, 0))) {
		remove_cores();
		rmdir(dir);
		SKIP(return, "no core dumps here");
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int status = run(child_killed, variant->abi, (long)&cases[i].kill);

		EXPECT_EQ(cases[i].dumped, !!WCOREDUMP(status)) TH_LOG("case %zu", i);
		if (cases[i].dumped)
			EXPECT_KILLED(status, SIGSYS);
		else
			EXPECT_FINE(status);
	}
	remove_cores();
	EXPECT_EQ(0, rmdir(dir));
}

/* --- Traces --- */

static void child_untraced(const struct abi *abi, long shape)
{
	long before[CALLS], nr = abi->nr[GETPPID];

	call_each(abi, before);
	for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
		CHECK(attach_shape(0, shape, abi, nr, SECCOMP_RET_TRACE | data[i]), 0);
		for (int c = 0; c < CALLS; c++)
			CHECK(call(abi, c), c == GETPPID ? -ENOSYS : before[c]);
	}
}

TEST_F(abi, trace_without_a_tracer_is_enosys)
{
	for (int shape = 0; shape < SHAPES; shape++)
		EXPECT_FINE(run(child_untraced, variant->abi, shape));
}

TEST_F(abi, trace_is_enosys_if_the_tracer_does_not_want_it)
{
	pid_t pid = start_traced(child_untraced, variant->abi, 0, 0);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL));
	EXPECT_FINE(next_stop(pid, PTRACE_CONT));
}

static void child_told(const struct abi *abi, long shape)
{
	long before[CALLS], nr = abi->nr[GETPPID];

	call_each(abi, before);
	for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
		CHECK(attach_shape(0, shape, abi, nr, SECCOMP_RET_TRACE | data[i]), 0);
		for (int c = 0; c < CALLS; c++)
			CHECK(call(abi, c), before[c]);
	}
}

TEST_F(abi, tracer_is_told_the_data)
{
	for (int shape = 0; shape < SHAPES; shape++) {
		pid_t pid = start_traced(child_told, variant->abi, shape, 0);

		ASSERT_LT(0, pid);
		for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
			int status = next_stop(pid, PTRACE_CONT);
			unsigned long message = -1;

			EXPECT_EQ(SIGTRAP | PTRACE_EVENT_SECCOMP << 8, status >> 8)
				TH_LOG("shape %d", shape);
			EXPECT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message));
			EXPECT_EQ(data[i], message);
		}
		EXPECT_FINE(next_stop(pid, PTRACE_CONT));
	}
}

#ifdef __x86_64__
/* A call that is traced and becomes another one */
struct change {
	long to;
	__u32 action;
	/* What it returns, unless it is killed; or SUCCESS */
	long want;
	int killed;
};

#define SUCCESS	LONG_MAX

static void child_changed(const struct abi *abi, long arg)
{
	const struct change *change = (void *)arg;
	long uid = call(abi, GETUID), want = change->want == SUCCESS ? uid : change->want;

	catch_sigsys(on_sigsys);
	CHECK(attach_shape(0, COMPARED, abi, change->to, change->action), 0);
	CHECK(attach_shape(0, EITHER_WAY, abi, abi->nr[GETPPID], SECCOMP_RET_TRACE | 3), 0);
	report->seen = call(abi, GETPPID);
	CHECK(report->seen, want);
	if (change->action == (SECCOMP_RET_TRAP | 6)) {
		CHECK(report->info.si_errno, 6);
		CHECK(report->info.si_syscall, (int)change->to);
	}
}

TEST_F(abi, number_from_a_tracer_gets_its_own_verdict)
{
	const struct abi *abi = variant->abi;
	const long uid = abi->nr[GETUID], odd = abi->first + 1000;
	const struct change changes[] = {
		{ uid, ALLOW, SUCCESS },
		{ uid, SECCOMP_RET_LOG, SUCCESS },
		/* The same action again means that the tracer had its say. */
		{ uid, SECCOMP_RET_TRACE | 4, SUCCESS },
		{ uid, SECCOMP_RET_ERRNO, 0 },
		{ uid, SECCOMP_RET_ERRNO | 0xffff, -4095 },
		{ uid, SECCOMP_RET_USER_NOTIF, -ENOSYS },
		{ uid, SECCOMP_RET_TRAP | 6, (int)uid },
		{ uid, SECCOMP_RET_KILL_THREAD, 0, SIGSYS },
		{ uid, 0x12340000, 0, SIGSYS },
		{ odd, SECCOMP_RET_ERRNO | 77, -77 },
		{ odd, KILL, 0, SIGSYS },
		/* A skipped call is no call: nothing is asked about number -1. */
		{ -1, KILL, 1234 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		pid_t pid = start_traced(child_changed, abi, (long)&changes[i], 0);
		int status;

		ASSERT_LT(0, pid);
		ASSERT_TRUE(is_call_stop(next_stop(pid, PTRACE_CONT)));
		set_number(pid, changes[i].to);
		status = next_stop(pid, PTRACE_CONT);
		/* Pass on the trap. */
		if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGSYS) {
			ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, NULL, (long)SIGSYS));
			status = finish(pid);
		}
		EXPECT_STATUS(status, changes[i].killed ?: CHILD_DONE << 8);
	}
}
#endif

/* --- Notifications --- */

#define NOTIFIED_CALLS	6

static void child_notified(const struct abi *abi, long shape)
{
	long arg[6], before[CALLS], nr = abi->nr[GETPPID];

	call_each(abi, before);
	for (int i = 0; i < 6; i++) {
		arg[i] = 0x01020304 * (i + 1);
#if __LONG_WIDTH__ == 64
		if (abi->arch == NATIVE_ARCH)
			arg[i] |= 0x1020304050L * (i + 1) << 28;
#endif
		report->told[i] = arg[i];
	}
	listened(attach_shape(SECCOMP_FILTER_FLAG_NEW_LISTENER, shape, abi, nr,
			      SECCOMP_RET_USER_NOTIF | data[shape % ARRAY_SIZE(data)]));
	CHECK(abi->raw(nr, arg), 4242);
	CHECK(abi->raw(nr, arg), 0);
	CHECK(abi->raw(nr, arg), -DENIED);
	CHECK(abi->raw(nr, arg), before[GETPPID]);
	/* A file of the listener's */
	report->seen = abi->raw(nr, arg);
	CHECK(raw3(&native, __NR_fcntl, report->seen, F_GETFD, 0), FD_CLOEXEC);
#ifdef __x86_64__
	char *site = map_sites(abi);

	report->told[6] = (long)site + SITE_RETURN;
	CHECK(call_from(site, nr), 4343);
#endif
	for (int c = 0; c < CALLS; c++) {
		if (c != GETPPID)
			CHECK(call(abi, c), before[c]);
	}
	raw3(&native, __NR_close, report->sent, 0, 0);
	wait_for(&report->flag, 1);
	CHECK(abi->raw(nr, arg), -ENOSYS);
	CHECK(abi->raw(nr, arg), -ENOSYS);
}

static void expect_request(struct __test_metadata *_metadata, const struct abi *abi, int fd,
			   pid_t pid, struct seccomp_notif *request)
{
	ASSERT_EQ(0, receive(fd, request));
	EXPECT_EQ((__u32)pid, request->pid);
	EXPECT_EQ(0U, request->flags);
	EXPECT_EQ((int)abi->nr[GETPPID], request->data.nr);
	EXPECT_EQ(abi->arch, request->data.arch);
}

TEST_F(abi, listener_sees_the_whole_call_and_decides)
{
	const struct abi *abi = variant->abi;

	for (int shape = 0; shape < SHAPES; shape++) {
		pid_t pid = start(child_notified, abi, shape);
		int fd = listen_to(pid), added = -1;
		struct seccomp_notif request;
		struct seccomp_notif_addfd addfd = {
			.flags = SECCOMP_ADDFD_FLAG_SEND, .newfd_flags = O_CLOEXEC,
		};

		ASSERT_LE(0, fd);
		for (int i = 0; i < 5; i++) {
			expect_request(_metadata, abi, fd, pid, &request);
			for (int j = 0; j < 6; j++)
				EXPECT_EQ((unsigned long)report->told[j], request.data.args[j]);
			EXPECT_NE(0UL, request.data.instruction_pointer);
			switch (i) {
			case 0:
				EXPECT_EQ(0, answer(fd, &request, 4242, 0, 0));
				break;
			case 1:
				EXPECT_EQ(0, answer(fd, &request, 0, 0, 0));
				break;
			case 2:
				EXPECT_EQ(0, answer(fd, &request, 0, -DENIED, 0));
				break;
			case 3:
				EXPECT_EQ(0, answer(fd, &request, 0, 0,
						    SECCOMP_USER_NOTIF_FLAG_CONTINUE));
				break;
			case 4:
				addfd.id = request.id;
				added = ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);
				EXPECT_LE(0, added);
			}
		}
#ifdef __x86_64__
		expect_request(_metadata, abi, fd, pid, &request);
		EXPECT_EQ((unsigned long)report->told[6], request.data.instruction_pointer);
		EXPECT_EQ(added, report->seen);
		EXPECT_EQ(0, answer(fd, &request, 4343, 0, 0));
#endif
		close(fd);
		atomic_store(&report->flag, 1);
		EXPECT_FINE(finish(pid));
	}
}

TEST_F(abi, notification_nobody_listens_to_is_enosys)
{
	for (int shape = 0; shape < SHAPES; shape++) {
		struct kill k = { shape, SECCOMP_RET_USER_NOTIF };

		/* The call returns, and marks. */
		EXPECT_FINE(run(child_killed, variant->abi, (long)&k));
		EXPECT_EQ(1, atomic_load(&report->mark));
	}
}

/* --- The corners of the language --- */

#define ON_NR(nr, ...)								\
	{ LOAD_ARCH, JUMP(BPF_JEQ, abi->arch, 1, 0), RETURN(ALLOW),		\
	  LOAD_NR, JUMP(BPF_JEQ, nr, 1, 0), RETURN(ALLOW), __VA_ARGS__ }
#define ATTACH_ON_NR(nr, ...)	({						\
	struct sock_filter insns_[] = ON_NR(nr, __VA_ARGS__);			\
	attach_program(0, insns_, ARRAY_SIZE(insns_));				\
})

enum {
	LD_IMM = BPF_LD | BPF_IMM,
	LDX_IMM = BPF_LDX | BPF_IMM,
	TAX = BPF_MISC | BPF_TAX,
	OR = BPF_ALU | BPF_OR | BPF_K,
	ALU_X = BPF_ALU | BPF_X,
	RET_A = BPF_RET | BPF_A,
};

/* X is 0 at entry, by a load, by way of A, and by an argument. */
static void child_divides(const struct abi *abi, long which)
{
	long nr = abi->nr[GETPPID];
	pthread_t thread;

	switch (which) {
	case 0:
		CHECK(ATTACH_ON_NR(nr, INSN(ALU_X | BPF_DIV, 0), RETURN(ALLOW)), 0);
		break;
	case 1:
		CHECK(ATTACH_ON_NR(nr, INSN(LDX_IMM, 0), INSN(ALU_X | BPF_DIV, 0),
				   RETURN(DENY)), 0);
		break;
	case 2:
		CHECK(ATTACH_ON_NR(nr, INSN(BPF_ALU | BPF_SUB | BPF_K, nr), INSN(TAX, 0),
				   INSN(ALU_X | BPF_DIV, 0), INSN(OR, ALLOW), INSN(RET_A, 0)), 0);
		break;
	case 3:
		CHECK(ATTACH_ON_NR(nr, LOAD(LOW_WORD(0)), INSN(TAX, 0), INSN(LD_IMM, 8),
				   INSN(ALU_X | BPF_DIV, 0), INSN(OR, SECCOMP_RET_ERRNO),
				   INSN(RET_A, 0)), 0);
		CHECK(raw3(abi, nr, 2, 0, 0), -4);
		CHECK(raw3(abi, nr, 8, 0, 0), -1);
		CHECK(raw3(abi, nr, 9, 0, 0), 0);
	}
	/* It is the thread that is killed. */
	CHECK(pthread_create(&thread, NULL, killed_thread, (void *)abi), 0);
	CHECK(pthread_join(thread, NULL), 0);
	CHECK(atomic_load(&report->mark), 0);
	atomic_store(&report->stage, 1);
	call(abi, GETPPID);
	atomic_store(&report->mark, 1);
}

TEST_F(abi, division_by_zero_kills_the_thread)
{
	for (int which = 0; which < 4; which++) {
		EXPECT_KILLED(run(child_divides, variant->abi, which), SIGSYS);
		EXPECT_EQ(1, atomic_load(&report->stage));
		EXPECT_EQ(0, atomic_load(&report->mark));
	}
}

static void child_shifts(const struct abi *abi, long arg)
{
	long nr = abi->nr[GETPPID];

	CHECK(ATTACH_ON_NR(nr, INSN(LDX_IMM, 33), INSN(LD_IMM, 1), INSN(ALU_X | BPF_LSH, 0),
			   INSN(OR, SECCOMP_RET_ERRNO), INSN(RET_A, 0)), 0);
	CHECK(call(abi, GETPPID), -2);
	CHECK(ATTACH_ON_NR(nr, INSN(LDX_IMM, 67), INSN(LD_IMM, 64), INSN(ALU_X | BPF_RSH, 0),
			   INSN(OR, SECCOMP_RET_ERRNO), INSN(RET_A, 0)), 0);
	CHECK(call(abi, GETPPID), -8);
	/* At entry, A is 0 as X is: 0 is a kill, so what is returned here is ORed. */
	CHECK(ATTACH_ON_NR(nr, INSN(BPF_MISC | BPF_TXA, 0), INSN(OR, SECCOMP_RET_ERRNO | 5),
			   INSN(RET_A, 0)), 0);
	CHECK(call(abi, GETPPID), -5);
}

TEST_F(abi, shifts_by_x_count_modulo_32)
{
	EXPECT_FINE(run(child_shifts, variant->abi, 0));
}

static void child_returns_argument(const struct abi *abi, long arg)
{
	long before = call(abi, GETPPID), nr = abi->nr[GETPPID];

	CHECK(ATTACH_ON_NR(nr, LOAD(LOW_WORD(0)), INSN(RET_A, 0)), 0);
	for (int i = 0; i < 2; i++) {
		CHECK(raw3(abi, nr, ALLOW, 0, 0), before);
		CHECK(raw3(abi, nr, ALLOW | 5, 0, 0), before);
		CHECK(raw3(abi, nr, SECCOMP_RET_LOG, 0, 0), before);
		CHECK(raw3(abi, nr, SECCOMP_RET_ERRNO | 5, 0, 0), -5);
		CHECK(raw3(abi, nr, SECCOMP_RET_ERRNO | 0xffff, 0, 0), -4095);
		CHECK(raw3(abi, nr, SECCOMP_RET_TRACE, 0, 0), -ENOSYS);
		CHECK(raw3(abi, nr, SECCOMP_RET_USER_NOTIF, 0, 0), -ENOSYS);
	}
	atomic_store(&report->stage, 1);
	raw3(abi, nr, (int)arg, 0, 0);
	atomic_store(&report->mark, 1);
}

TEST_F(abi, returned_argument_may_be_any_action)
{
	for (size_t i = 0; i < ARRAY_SIZE(killing); i++) {
		EXPECT_KILLED(run(child_returns_argument, variant->abi, killing[i]), SIGSYS);
		EXPECT_EQ(1, atomic_load(&report->stage));
		EXPECT_EQ(0, atomic_load(&report->mark));
	}
}

static void child_neighbours(const struct abi *abi, long arg)
{
	long nr = abi->nr[GETPPID];

	CHECK(attach(ALLOW, on(abi->arch, nr - 1, SECCOMP_RET_ERRNO | 1),
		     depends(abi->arch, nr, SECCOMP_RET_ERRNO | 2, SECCOMP_RET_ERRNO | 3),
		     on(abi->arch, nr + 1, SECCOMP_RET_ERRNO | 4),
		     depends(abi->arch, nr + 2, SECCOMP_RET_ERRNO | 5, SECCOMP_RET_ERRNO | 5)), 0);
	for (int i = 0; i < 8; i++) {
		long odd = i & 1;

		CHECK(raw3(abi, nr - 1, odd, i, i), -1);
		CHECK(raw3(abi, nr, odd, i, i), -2 - odd);
		CHECK(raw3(abi, nr + 1, odd, i, i), -4);
		CHECK(raw3(abi, nr + 2, odd, i, i), -5);
	}
#ifdef __x86_64__
	char *site = map_sites(abi);

	/* Calls from the first page, with any arguments, go to the filter before. */
	CHECK(attach_field(abi, nr - 1, offsetof(struct seccomp_data, instruction_pointer),
			   -SITE_PAGE, (long)site), 0);
	for (int i = 0; i < 4; i++) {
		CHECK(call_from(site, nr - 1), -1);
		CHECK(call_from(site + SITE_PAGE, nr - 1), -DENIED);
		CHECK(call_from(site + SITE_PAGE, nr + 1), -4);
		CHECK(raw3(abi, nr, 1, 0, 0), -3);
	}
#endif
}

TEST_F(abi, arguments_count_beside_constant_numbers)
{
	EXPECT_FINE(run(child_neighbours, variant->abi, 0));
}

static void child_refused(const struct abi *abi, long arg)
{
	const struct sock_filter bad[][3] = {
		{ INSN(BPF_ALU | BPF_DIV | BPF_K, 0), RETURN(ALLOW), RETURN(ALLOW) },
		{ INSN(BPF_ALU | BPF_MOD | BPF_K, 2), RETURN(ALLOW), RETURN(ALLOW) },
		{ INSN(ALU_X | BPF_MOD, 0), RETURN(ALLOW), RETURN(ALLOW) },
		{ INSN(BPF_ALU | BPF_LSH | BPF_K, 32), RETURN(ALLOW), RETURN(ALLOW) },
		{ INSN(BPF_ALU | BPF_RSH | BPF_K, 32), RETURN(ALLOW), RETURN(ALLOW) },
		{ INSN(BPF_LD | BPF_MEM, 0), RETURN(ALLOW), RETURN(ALLOW) },
		{ INSN(BPF_ST, 16), RETURN(ALLOW), RETURN(ALLOW) },
		/* Stored on one way only */
		{ JUMP(BPF_JEQ, 0, 0, 1), INSN(BPF_ST, 0), INSN(BPF_LD | BPF_MEM, 0) },
		{ JUMP(BPF_JEQ, 0, 2, 0), RETURN(ALLOW), RETURN(ALLOW) },
		{ JUMP(BPF_JA, 2, 0, 0), RETURN(ALLOW), RETURN(ALLOW) },
		{ JUMP(BPF_JA, -1, 0, 0), RETURN(ALLOW), RETURN(ALLOW) },
		{ LOAD(2), RETURN(ALLOW), RETURN(ALLOW) },
		{ LOAD(sizeof(struct seccomp_data)), RETURN(ALLOW), RETURN(ALLOW) },
		{ INSN(BPF_LD | BPF_H | BPF_ABS, 0), RETURN(ALLOW), RETURN(ALLOW) },
		{ INSN(BPF_LD | BPF_W | BPF_IND, 0), RETURN(ALLOW), RETURN(ALLOW) },
		{ INSN(BPF_RET | BPF_X, 0), RETURN(ALLOW), RETURN(ALLOW) },
		{ RETURN(ALLOW), RETURN(ALLOW), LOAD_NR },
		{ LOAD(0xfffff000), RETURN(ALLOW), RETURN(ALLOW) },
	};
	long before = call(abi, GETPPID);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(attach_program(0, (struct sock_filter *)bad[i], 3) == -EINVAL ? -1 : (int)i,
		      -1);
	CHECK(call(abi, GETPPID), before);
	CHECK(prctl(PR_GET_SECCOMP), SECCOMP_MODE_DISABLED);
}

TEST_F(abi, programs_that_are_no_filters_are_refused)
{
	EXPECT_FINE(run(child_refused, variant->abi, 0));
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
