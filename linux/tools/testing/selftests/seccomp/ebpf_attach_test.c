// SPDX-License-Identifier: GPL-2.0
/* eBPF filters: attaching them, what is refused, how long they live, each action */

#include "seccomp_ebpf.h"
#include "seccomp_audit.h"

#include <sys/socket.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	0x20
#endif

#define LISTEN	SECCOMP_FILTER_FLAG_NEW_LISTENER
#define SYNC	SECCOMP_FILTER_FLAG_TSYNC
#define ESRCH_	SECCOMP_FILTER_FLAG_TSYNC_ESRCH

/* --- Flags --- */

/* The first flag that nobody knows; that of eBPF programs is beyond. */
#define FLAGS_END	(1U << 6)

static bool is_combination(unsigned int flags)
{
	if (flags & SYNC && flags & LISTEN && !(flags & ESRCH_))
		return false;
	return flags & LISTEN || !(flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}

static void child_flagged(const struct abi *abi, long flags)
{
	long before[CALLS];

	call_each(abi, before);
	for (int i = 0; i < 3; i++) {
		__u32 nr = abi->nr[GETPPID];
		struct rule rules[] = {
			on(abi->arch, nr, DENY + i),
			depends(abi->arch, abi->nr[GETUID], DENY, ALLOW),
		};
		int fd = load_rules(i & 1, ALLOW, rules, ARRAY_SIZE(rules));
		long ret = attach_ebpf(flags, fd);

		if (!is_combination(flags)) {
			CHECK(ret, -EINVAL);
			CHECK(prctl(PR_GET_SECCOMP), SECCOMP_MODE_DISABLED);
			return;
		}
		if (flags & LISTEN) {
			CHECK(ret >= 0 && ret != fd, true);
			raw3(&native, __NR_close, ret, 0, 0);
		} else {
			CHECK(ret, 0);
		}
		raw3(&native, __NR_close, fd, 0, 0);
		CHECK(prctl(PR_GET_SECCOMP), SECCOMP_MODE_FILTER);
		for (int c = 0; c < CALLS; c++)
			CHECK(call(abi, c), c == GETPPID ? -DENIED - i :
			      c == GETUID ? -DENIED : before[c]);
		CHECK(raw3(abi, abi->nr[GETUID], 1, 0, 0), before[GETUID]);
	}
}

TEST_F_TIMEOUT(ebpf, every_combination_of_flags, 120)
{
	for (unsigned int flags = 0; flags < FLAGS_END; flags++)
		EXPECT_FINE(run(child_flagged, variant->abi, flags));
}

static void child_unknown_flag(const struct abi *abi, long arg)
{
	int fd = LOAD_EBPF(VERDICT(ALLOW));

	/* Nor do those make a difference that mean something without them. */
	for (unsigned int flag = FLAGS_END; flag; flag <<= 1) {
		if (flag == PROG_FD)
			continue;
		CHECK(attach_ebpf(flag, fd), -EINVAL);
		CHECK(attach_ebpf(flag | SECCOMP_FILTER_FLAG_LOG, fd), -EINVAL);
		CHECK(attach_flags(flag, ALLOW, on(abi->arch, 100000, DENY)), -EINVAL);
	}
	CHECK(prctl(PR_GET_SECCOMP), SECCOMP_MODE_DISABLED);
	CHECK(attach_ebpf(0, fd), 0);
}

TEST_F(ebpf, unknown_flags_are_refused)
{
	EXPECT_FINE(run(child_unknown_flag, variant->abi, 0));
}

/* --- Errors, and which of two comes first --- */

/* A program of @n instructions, all of which stay */
static int load_long(int n)
{
	static struct bpf_insn insn[BPF_MAXINSNS];
	union bpf_attr attr;

	for (int i = 0; i < n - 2; i++)
		insn[i] = BPF_ALU64_IMM(BPF_ADD, i ? R2 : R0, 1);
	insn[0] = CTX_NR(R2);
	insn[n - 2] = BPF_MOV32_IMM(R0, ALLOW);
	insn[n - 1] = BPF_EXIT_INSN();
	/* What the verifier would say is too long to be listened to. */
	attr = program_attr(insn, n);
	return sys_bpf(BPF_PROG_LOAD, &attr);
}

static void *diverge(void *arg)
{
	report->seen = raw3(&native, __NR_gettid, 0, 0, 0);
	CHECK(attach_and_close(0, LOAD_EBPF(VERDICT(ALLOW))), 0);
	atomic_store(&report->stage, 1);
	wait_for(&report->flag, 1);
	return NULL;
}

static void child_errors(const struct abi *abi, long arg)
{
	struct bpf_insn insn[] = { BPF_MOV64_IMM(R0, 0), BPF_EXIT_INSN() };
	union bpf_attr attr = program_attr(insn, ARRAY_SIZE(insn));
	int fd = LOAD_EBPF(VERDICT(ALLOW)), pipes[2], other, closed;
	pthread_t thread;
	long listener;

	CHECK(fd >= 0, true);
	closed = dup(fd);
	close(closed);
	CHECK(attach_pointer(1U << 31, NULL), -EINVAL);
	CHECK(attach_pointer(1 << 7, &fd), -EINVAL);
	CHECK(attach_pointer(SYNC | LISTEN, NULL), -EINVAL);
	CHECK(attach_pointer(0, NULL), -EFAULT);
	CHECK(attach_pointer(LISTEN, NULL), -EFAULT);
	CHECK(attach_pointer(0, (void *)8), -EFAULT);
	CHECK(attach_pointer(0, (void *)-4096L), -EFAULT);
	CHECK(attach_ebpf(0, -1), -EBADF);
	CHECK(attach_ebpf(LISTEN, -1), -EBADF);
	CHECK(attach_ebpf(0, closed), -EBADF);
	CHECK(attach_ebpf(0, INT_MIN), -EBADF);
	CHECK(attach_ebpf(0, INT_MAX), -EBADF);
	CHECK(pipe(pipes), 0);
	CHECK(attach_ebpf(0, pipes[0]), -EINVAL);
	CHECK(attach_ebpf(0, pipes[1]), -EINVAL);
	other = open("/proc/self/exe", O_PATH);
	CHECK(attach_ebpf(0, other), -EBADF);
	close(other);
	other = create_array(1);
	CHECK(attach_ebpf(0, other), -EINVAL);
	close(other);
	other = load_btf("seccomp_data");
	CHECK(attach_ebpf(0, other), -EINVAL);
	close(other);
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	other = load_attr(&attr);
	CHECK(other >= 0, true);
	CHECK(attach_ebpf(0, other), -EINVAL);
	close(other);
	/* The flag is none of other operations. */
	CHECK(raw3(&native, __NR_seccomp, SECCOMP_SET_MODE_STRICT, PROG_FD, 0), -EINVAL);
	CHECK(raw3(&native, __NR_seccomp, SECCOMP_GET_ACTION_AVAIL, PROG_FD, (long)&fd), -EINVAL);
	/* Without flags it can only be a classic filter. */
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &fd) < 0, true);
	CHECK(prctl(PR_GET_SECCOMP), SECCOMP_MODE_DISABLED);

	/* The program before the state that the task is in */
	listener = attach_ebpf(LISTEN, fd);
	CHECK(listener >= 0, true);
	CHECK(attach_pointer(LISTEN, NULL), -EFAULT);
	CHECK(attach_ebpf(LISTEN, -1), -EBADF);
	CHECK(attach_ebpf(LISTEN, pipes[0]), -EINVAL);
	CHECK(attach_ebpf(LISTEN, fd), -EBUSY);
	CHECK(attach_flags(LISTEN, ALLOW, let_exit()), -EBUSY);
	CHECK(pthread_create(&thread, NULL, diverge, NULL), 0);
	wait_for(&report->stage, 1);
	CHECK(attach_ebpf(SYNC, fd), report->seen);
	CHECK(attach_ebpf(SYNC | ESRCH_, fd), -ESRCH);
	CHECK(attach_ebpf(SYNC, -1), -EBADF);
	CHECK(attach_ebpf(SYNC | ESRCH_ | LISTEN, fd), -EBUSY);
	close(listener);
	CHECK(attach_ebpf(SYNC | ESRCH_ | LISTEN, fd), -ESRCH);
	atomic_store(&report->flag, 1);
	CHECK(pthread_join(thread, NULL), 0);
	CHECK(attach_ebpf(SYNC, fd), 0);
}

TEST(errors_in_their_order)
{
	NEED_EBPF();
	EXPECT_FINE(run(child_errors, &native, 0));
}

/* As many instructions as filters may have together, of what kind ever */
static void child_long_path(const struct abi *abi, long classic)
{
	static struct sock_filter insn[4000];
	int fd = load_long(4000), n = 0;
	long ret;

	for (int i = 0; i < 3999; i++)
		insn[i] = INSN(BPF_LD | BPF_IMM, i);
	insn[3999] = RETURN(ALLOW);
	CHECK(fd >= 0, true);
	do {
		ret = classic && n % 2 ? attach_program(0, insn, 4000) : attach_ebpf(0, fd);
		n += !ret;
	} while (!ret && n < 20);
	CHECK(ret, -ENOMEM);
	/* Eight times 4000, four more for each before, and some for how it is translated */
	CHECK(n, 8);
	CHECK(attach_ebpf(SYNC, fd), -ENOMEM);
	CHECK(attach_and_close(0, load_constant(abi, abi->nr[GETPPID], DENY)), 0);
	CHECK(call(abi, GETPPID), -DENIED);
}

TEST(too_long_a_path_is_refused)
{
	NEED_EBPF();
	if (is_hardened())
		SKIP(return, "programs are longer under bpf_jit_harden");
	EXPECT_FINE(run(child_long_path, &native, false));
	EXPECT_FINE(run(child_long_path, &native, true));
}

/* --- How long a program lives --- */

static void child_with_file(const struct abi *abi, long fd)
{
	CHECK(attach_ebpf(0, fd), 0);
	/* It is not there any more when it is asked. */
	raw3(&native, __NR_close, fd, 0, 0);
	CHECK(call(abi, GETPPID), -DENIED);
	atomic_store(&report->stage, 1);
	wait_for(&report->flag, 1);
	CHECK(call(abi, GETPPID), -DENIED);
	if (!fork())
		leave(call(abi, GETPPID) == -DENIED ? CHILD_DONE : 1);
	wait(NULL);
}

TEST_F(ebpf, program_lives_as_long_as_a_task_or_a_file)
{
	for (int kept = 0; kept < 2; kept++) {
		int fd = load_constant(variant->abi, variant->abi->nr[GETPPID], DENY), other;
		long id = id_of(fd);
		pid_t pid;

		ASSERT_LT(0, id);
		pid = start(child_with_file, variant->abi, fd);
		wait_for(&report->stage, 1);
		if (!kept)
			close(fd);
		usleep(50000);
		other = open_id(id);
		EXPECT_LE(0, other);
		EXPECT_EQ(id, id_of(other));
		close(other);
		atomic_store(&report->flag, 1);
		EXPECT_FINE(finish(pid));
		if (kept) {
			/* All tasks are gone, and it is as good as new. */
			usleep(50000);
			pid = start(child_with_file, variant->abi, fd);
			atomic_store(&report->flag, 1);
			EXPECT_FINE(finish(pid));
			EXPECT_EQ(id, id_of(fd));
			close(fd);
		}
		EXPECT_TRUE(is_freed(id));
	}
}

/* A map is held by the program that uses it. */
static void child_closes_map(const struct abi *abi, long arg)
{
	int map = create_array(1), copy = dup(map);

	CHECK(attach_and_close(0, load_counter(abi, abi->nr[GETPPID], map, 0, DENY)), 0);
	close(map);
	for (int i = 1; i < 5; i++) {
		CHECK(call(abi, GETPPID), -DENIED);
		CHECK(array_get(copy, 0), i);
	}
	close(copy);
	CHECK(call(abi, GETPPID), -DENIED);
}

TEST_F(ebpf, map_lives_as_long_as_its_program)
{
	EXPECT_FINE(run(child_closes_map, variant->abi, 0));
}

/* --- Heirs --- */

static int run_after_exec(const char *number)
{
	return call(abis[atoi(number)], GETPPID) == -DENIED ? CHILD_DONE : 1;
}

static void child_heirs(const struct abi *abi, long stateful)
{
	struct rule rule = on(abi->arch, abi->nr[GETPPID], DENY);
	char number[2] = "0";
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		if (abis[i] == abi)
			number[0] = '0' + i;
	}
	CHECK(attach_and_close(0, load_rules(stateful, ALLOW, &rule, 1)), 0);
	pid = fork();
	if (!pid) {
		if (call(abi, GETPPID) != -DENIED)
			leave(1);
		execve("/proc/self/exe", (char *[]) { "ebpf", "--after-exec", number, NULL },
		       (char *[]) { NULL });
		leave(2);
	}
	CHECK(finish(pid), CHILD_DONE << 8);
}

TEST_F(ebpf, filters_are_inherited_over_fork_and_exec)
{
	EXPECT_FINE(run(child_heirs, variant->abi, false));
	EXPECT_FINE(run(child_heirs, variant->abi, true));
}

#define ROUNDS	6

static atomic_int synced, running;
static const struct abi *abi_;

/* Which round denies: never an older one than before */
static void *hammer(void *arg)
{
	long seen = 0;

	atomic_fetch_add(&running, 1);
	while (seen < ROUNDS) {
		int done = atomic_load(&synced);
		long got = call(abi_, GETPPID), round = got < -DENIED ? -got - DENIED : 0;

		CHECK(round >= done && round >= seen && round <= ROUNDS, true);
		seen = round;
		atomic_fetch_add(&report->mark, 1);
		if (report->line)
			return NULL;
	}
	return NULL;
}

static void child_synced(const struct abi *abi, long stateful)
{
	pthread_t threads[2];

	abi_ = abi;
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, hammer, NULL), 0);
	wait_for(&running, 2);
	for (int round = 1; round <= ROUNDS; round++) {
		struct rule rule = on(abi->arch, abi->nr[GETPPID], DENY + round);
		int marks = atomic_load(&report->mark);

		/* Classic ones in between */
		if (round % 3)
			CHECK(attach_and_close(SYNC, load_rules(stateful, ALLOW, &rule, 1)), 0);
		else
			CHECK(attach_rules(SYNC, ALLOW, &rule, 1), 0);
		atomic_store(&synced, round);
		if (round < ROUNDS)
			wait_for(&report->mark, marks + 2);
	}
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(threads[i], NULL), 0);
}

TEST_F(ebpf, running_threads_get_a_synced_filter)
{
	EXPECT_FINE(run(child_synced, variant->abi, false));
	EXPECT_FINE(run(child_synced, variant->abi, true));
}

/* --- Actions --- */

struct attempt {
	__u32 action;
	unsigned int flags;
	bool stateful, depends;
};

static long attach_attempt(const struct abi *abi, const struct attempt *a)
{
	struct rule rule = on(abi->arch, abi->nr[GETPPID], a->action);

	if (a->depends)
		rule = depends(abi->arch, abi->nr[GETPPID], a->action, ALLOW);
	return attach_and_close(a->flags, load_rules(a->stateful, ALLOW, &rule, 1));
}

#define FOR_EACH_WAY(i, a)								\
	for (int i = 0; i < 3 && ((a).stateful = i == 1, (a).depends = i == 2, true); i++)

static void child_errnos(const struct abi *abi, long arg)
{
	static const __u32 data[] = { 0, 1, ENOSYS, 4094, 4095, 4096, 0xffff };
	struct attempt a = {};

	FOR_EACH_WAY(i, a) {
		for (size_t j = 0; j < ARRAY_SIZE(data); j++) {
			a.action = SECCOMP_RET_ERRNO | data[j];
			CHECK(attach_attempt(abi, &a), 0);
			CHECK(call(abi, GETPPID), data[j] > 4095 ? -4095 : -(long)data[j]);
		}
	}
}

TEST_F(ebpf, errno_is_capped)
{
	EXPECT_FINE(run(child_errnos, variant->abi, 0));
}

static void *deadly_call(void *arg)
{
	call(arg, GETPPID);
	atomic_store(&report->mark, 1);
	return NULL;
}

/* In a thread, so that a kill of it can be told from one of the process */
static void child_killed(const struct abi *abi, long arg)
{
	pthread_t thread;

	CHECK(attach_attempt(abi, (struct attempt *)arg), 0);
	CHECK(pthread_create(&thread, NULL, deadly_call, (void *)abi), 0);
	CHECK(pthread_join(thread, NULL), 0);
	atomic_store(&report->stage, 1);
}

TEST_F(ebpf, kills_and_unknown_actions)
{
	static const __u32 actions[] = {
		SECCOMP_RET_KILL_THREAD | 1, SECCOMP_RET_KILL_PROCESS | 2, 0x12340000, 0x80010000,
		0x7ffe0000,
	};
	struct attempt a = {};

	for (size_t j = 0; j < ARRAY_SIZE(actions); j++) {
		a.action = actions[j];
		FOR_EACH_WAY(i, a) {
			int status = run(child_killed, variant->abi, (long)&a);

			EXPECT_STATUS(status, j ? SIGSYS : CHILD_DONE << 8);
			EXPECT_EQ(0, atomic_load(&report->mark));
			EXPECT_EQ(!j, atomic_load(&report->stage));
		}
	}
}

static void child_trapped(const struct abi *abi, long arg)
{
	struct attempt *a = (void *)arg;

	catch_sigsys(on_sigsys);
	CHECK(attach_attempt(abi, a), 0);
#ifdef __x86_64__
	char *site = map_sites(abi);

	/* There, the first argument is the number. */
	if (!a->depends)
		call_from(site, abi->nr[GETPPID]);
	else
#endif
		call(abi, GETPPID);
	CHECK(atomic_load(&report->mark), 1);
	CHECK(report->info.si_code, SYS_SECCOMP);
	CHECK(report->info.si_errno, a->action & SECCOMP_RET_DATA);
	CHECK(report->info.si_arch, abi->arch);
	CHECK(report->info.si_syscall, (int)abi->nr[GETPPID]);
#ifdef __x86_64__
	if (!a->depends)
		CHECK((long)report->info.si_call_addr, (long)site + SITE_RETURN);
#endif
}

TEST_F(ebpf, trap_tells_number_place_and_data)
{
	static const __u32 data[] = { 0, 77, 0xffff };
	struct attempt a = {};

	for (size_t j = 0; j < ARRAY_SIZE(data); j++) {
		a.action = SECCOMP_RET_TRAP | data[j];
		FOR_EACH_WAY(i, a)
			EXPECT_FINE(run(child_trapped, variant->abi, (long)&a));
	}
}

static void child_notified(const struct abi *abi, long arg)
{
	listened(attach_attempt(abi, (struct attempt *)arg));
	CHECK(raw3(abi, abi->nr[GETPPID], 6, 7, 8), 4242);
	CHECK(raw3(abi, abi->nr[GETPPID], 6, 7, 8), -DENIED);
	raw3(&native, __NR_close, report->sent, 0, 0);
	wait_for(&report->flag, 1);
	CHECK(call(abi, GETPPID), -ENOSYS);
}

TEST_F(ebpf, listener_is_asked)
{
	struct attempt a = { SECCOMP_RET_USER_NOTIF | 3, LISTEN };
	struct seccomp_notif request;

	FOR_EACH_WAY(i, a) {
		pid_t pid = start(child_notified, variant->abi, (long)&a);
		int fd = listen_to(pid);

		ASSERT_LE(0, fd);
		for (int j = 0; j < 2; j++) {
			ASSERT_EQ(0, receive(fd, &request));
			EXPECT_EQ((__u32)pid, request.pid);
			EXPECT_EQ((int)variant->abi->nr[GETPPID], request.data.nr);
			EXPECT_EQ(variant->abi->arch, request.data.arch);
			EXPECT_EQ(6ULL, request.data.args[0]);
			EXPECT_EQ(7ULL, request.data.args[1]);
			EXPECT_EQ(0, answer(fd, &request, j ? 0 : 4242, j ? -DENIED : 0, 0));
		}
		close(fd);
		atomic_store(&report->flag, 1);
		EXPECT_FINE(finish(pid));
	}
}

#ifdef __x86_64__
static void child_changed(const struct abi *abi, long arg)
{
	struct rule rule = on(abi->arch, abi->nr[GETUID], DENY + 9);
	long before = call(abi, GETEUID);

	CHECK(attach_and_close(0, load_rules(true, ALLOW, &rule, 1)), 0);
	CHECK(attach_attempt(abi, (struct attempt *)arg), 0);
	CHECK(call(abi, GETPPID), -DENIED - 9);
	CHECK(call(abi, GETPPID), before);
}

TEST_F(ebpf, number_from_a_tracer_is_filtered_again)
{
	struct attempt a = { SECCOMP_RET_TRACE | 55 };
	const struct abi *abi = variant->abi;

	FOR_EACH_WAY(i, a) {
		pid_t pid = start_traced(child_changed, abi, (long)&a, 0);
		unsigned long message = 0;

		ASSERT_LT(0, pid);
		ASSERT_TRUE(is_call_stop(next_stop(pid, PTRACE_CONT)));
		EXPECT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message));
		EXPECT_EQ(55UL, message);
		set_number(pid, abi->nr[GETUID]);
		ASSERT_TRUE(is_call_stop(next_stop(pid, PTRACE_CONT)));
		set_number(pid, abi->nr[GETEUID]);
		EXPECT_FINE(next_stop(pid, PTRACE_CONT));
	}
}
#endif

static void child_logged(const struct abi *abi, long arg)
{
	CHECK(attach_attempt(abi, (struct attempt *)arg), 0);
	call(abi, GETPID);
	call(abi, GETPPID);
}

TEST_F(ebpf, log_has_what_the_flag_asks_for)
{
	static const __u32 actions[] = { SECCOMP_RET_ERRNO | 4, SECCOMP_RET_LOG, ALLOW };
	const char *why = set_up_log();
	struct attempt a = {};

	if (why)
		SKIP(return, "%s", why);
	for (size_t j = 0; j < ARRAY_SIZE(actions); j++) {
		a.action = actions[j];
		for (int flag = 0; flag < 2; flag++) {
			a.flags = flag ? SECCOMP_FILTER_FLAG_LOG : 0;
			FOR_EACH_WAY(i, a) {
				pid_t pid = start(child_logged, variant->abi, (long)&a);
				struct logged logged;

				EXPECT_FINE(finish(pid));
				logged = read_log(pid);
				EXPECT_EQ(j == 1 || (!j && flag), logged.count)
					TH_LOG("action %#x, flag %d", a.action, flag);
				if (!logged.count)
					continue;
				EXPECT_EQ(a.action & SECCOMP_RET_ACTION_FULL, logged.action);
				EXPECT_EQ(variant->abi->nr[GETPPID], logged.nr);
			}
		}
	}
}

/* --- Strict mode --- */

static void child_strict(const struct abi *abi, long after)
{
	int fd = LOAD_EBPF(VERDICT(ALLOW));

	if (after) {
		CHECK(attach_ebpf(0, fd), 0);
		CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), -1);
		CHECK(raw3(&native, __NR_seccomp, SECCOMP_SET_MODE_STRICT, 0, 0), -EINVAL);
		return;
	}
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), 0);
	attach_ebpf(0, fd);
	report->seen = 1;
}

TEST(strict_mode_and_filters_exclude_each_other)
{
	NEED_EBPF();
	EXPECT_FINE(run(child_strict, &native, true));
	EXPECT_KILLED(run(child_strict, &native, false), SIGKILL);
	EXPECT_EQ(0, report->seen);
}

/* --- What a program sees of a call --- */

static void child_looked_at(const struct abi *abi, long map)
{
	struct bpf_insn insn[32] = {
		CTX_NR(R2), BPF_JMP32_IMM(BPF_JNE, R2, abi->first + 100000, 20),
		BPF_LD_MAP_VALUE(R3, map, 0),
	};
	size_t len = 4;
	__u32 key = 0;
	struct seccomp_data data = {};
	long arg[6];

	/* Store all that there is of a call of this number. */
	for (size_t off = 0; off < sizeof(data); off += off < IP_OFF ? 4 : 8) {
		int size = off < IP_OFF ? BPF_W : BPF_DW;

		insn[len++] = BPF_LDX_MEM(size, R2, R1, off);
		insn[len++] = BPF_STX_MEM(size, R3, R2, off);
	}
	insn[1].off = len;
	insn[len++] = BPF_MOV32_IMM(R0, (__s32)DENY);
	insn[len++] = BPF_EXIT_INSN();
	insn[len++] = BPF_MOV32_IMM(R0, ALLOW);
	insn[len++] = BPF_EXIT_INSN();
	CHECK(attach_and_close(0, load_insns(insn, len)), 0);
	for (int i = 0; i < 6; i++)
		arg[i] = 0x01020304 * (i + 1) | (sizeof(long) == 8 ? 0x12345678UL << 16 << 16 : 0);
	CHECK(abi->raw(abi->first + 100000, arg), -DENIED);
	CHECK(map_command(BPF_MAP_LOOKUP_ELEM, map, &key, &data), 0);
	CHECK(data.nr, (int)abi->first + 100000);
	CHECK(data.arch, abi->arch);
	CHECK(data.instruction_pointer != 0, true);
	for (int i = 0; i < 6; i++)
		CHECK((long)data.args[i], arg[i]);
}

TEST_F(ebpf, program_sees_number_architecture_and_arguments)
{
	int map = create_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct seccomp_data), 1);

	EXPECT_FINE(run(child_looked_at, variant->abi, map));
	close(map);
}

#ifdef __x86_64__
/* The number of seccomp() for 32-bit callers */
#define IA32_SECCOMP	354

static void child_attaches(const struct abi *abi, long arg)
{
	int *fd = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		       -1, 0);

	*fd = -1;
	CHECK(raw3(&ia32, IA32_SECCOMP, SECCOMP_SET_MODE_FILTER, PROG_FD, (long)fd), -EBADF);
	CHECK(raw3(&ia32, IA32_SECCOMP, SECCOMP_SET_MODE_FILTER, PROG_FD, 0), -EFAULT);
	*fd = load_constant(abi, abi->nr[GETPPID], DENY);
	CHECK(raw3(&ia32, IA32_SECCOMP, SECCOMP_SET_MODE_FILTER, PROG_FD, (long)fd), 0);
	CHECK(call(abi, GETPPID), -DENIED);
	CHECK(call(&ia32, GETPPID) > 0, true);
}

TEST(calls_of_32_bits_attach_too)
{
	NEED_EBPF();
	if (!WIFEXITED(run(child_probe, &ia32, 0)))
		SKIP(return, "no 32-bit system calls");
	EXPECT_FINE(run(child_attaches, &native, 0));
}
#endif

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--after-exec"))
		return run_after_exec(argv[2]);
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
