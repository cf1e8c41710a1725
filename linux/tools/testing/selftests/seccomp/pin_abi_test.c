// SPDX-License-Identifier: GPL-2.0
/* Which calls a pin allows: every number, by both instructions, whoever changes it */

#include "seccomp_pin.h"

#ifdef __x86_64__
#include <linux/perf_event.h>

#define BIT_31		0x80000000L

/* Every number of any table, for years, and what they are with the upper bits */
#define LAST_NUMBER	1100

static const long upper_bits[] = { 0, X32_BIT, BIT_31, BIT_31 | X32_BIT };

/* The ends of what a pin tells apart, and what truncation makes of other numbers */
static const long edges[] = {
	-1, -2, -3, -4096, 0x3ffffffe, 0x3fffffff, 0x7ffffffe, 0x7fffffff, 0xbffffffe, 0xbfffffff,
	0xfffffffd, 0xfffffffe, 0xffffffff, 1L << 16, 1L << 29, X32_BIT | 1L << 29,
	X32_BIT | 1L << 16 | 1, 1L << 32 | 39, 1L << 32 | X32_BIT | 39, LONG_MIN | 39,
	LONG_MIN | X32_BIT | 39, 1L << 62, 1L << 62 | X32_BIT, LONG_MAX, LONG_MIN,
	1L << 40 | 520, 1L << 40 | BIT_31, 3L << 30 | 1L << 33,
};

/* Number @i of all that are tried; false if there are not so many. */
static bool number_at(size_t i, long *nr)
{
	if (i < ARRAY_SIZE(upper_bits) * (LAST_NUMBER + 1)) {
		*nr = upper_bits[i % ARRAY_SIZE(upper_bits)] | (i / ARRAY_SIZE(upper_bits));
		return true;
	}
	i -= ARRAY_SIZE(upper_bits) * (LAST_NUMBER + 1);
	if (i >= ARRAY_SIZE(edges))
		return false;
	*nr = edges[i];
	return true;
}

static bool is_needed(const struct abi *instruction, __u32 nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		const struct needed *n = &needed[i];

		if (n->abi->arch == instruction->arch &&
		    (nr == n->seccomp || nr == n->exit_group))
			return true;
	}
	return false;
}

static bool is_exempt_number(const struct abi *instruction, __u32 nr)
{
	return instruction == &native && (nr == __NR_uretprobe || nr == __NR_uprobe);
}

/* Refuse all but what is needed: nothing is done, and this is not the pin's errno. */
static void attach_deny_all(void)
{
	CHECK(attach(DENY, on(AUDIT_ARCH_X86_64, __NR_exit_group, ALLOW),
		     on(AUDIT_ARCH_X86_64, __NR_seccomp, ALLOW),
		     on(AUDIT_ARCH_X86_64, X32_BIT | __NR_exit_group, ALLOW),
		     on(AUDIT_ARCH_X86_64, X32_BIT | __NR_seccomp, ALLOW),
		     on(AUDIT_ARCH_I386, 252, ALLOW), on(AUDIT_ARCH_I386, 354, ALLOW)), 0);
}

/* Say in the report which number it was: a line is not enough. */
static void check_number(const struct abi *instruction, long nr, long got, long want)
{
	if (got != want && !report->line) {
		report->told[0] = instruction->arch;
		report->told[1] = nr;
	}
	CHECK(got, want);
}

#define EXPECT_NUMBERS(status) do {						\
	EXPECT_FINE(status);							\
	if (report->line)							\
		TH_LOG("arch %lx number %lx", report->told[0], report->told[1]);	\
	EXPECT_LT(LAST_NUMBER * 3L, report->told[2]);				\
	EXPECT_LT(LAST_NUMBER / 2L, report->told[3]);				\
} while (0)

/* The pin is the newer, so that at a tie it is its errno. */
static void child_every_number(const struct abi *abi, long arg)
{
	long nr;

	attach_deny_all();
	CHECK(pin(abi, PIN_ERRNO), 0);
	for (int by = 0; by < 2; by++) {
		const struct abi *instruction = by ? &ia32 : &native;

		for (size_t i = 0; number_at(i, &nr) && !is_missing(instruction); i++) {
			bool in = is_pinned_in(abi, instruction->arch, nr);

			if (is_needed(instruction, nr) || is_exempt_number(instruction, nr))
				continue;
			check_number(instruction, nr, try_number(instruction, nr),
				     in ? -DENIED : -PINNED);
			report->told[in ? 3 : 2]++;
		}
	}
	leave_by(abi, CHILD_DONE);
}

TEST_F_TIMEOUT(pin, allows_its_numbers_and_no_others, 120)
{
	EXPECT_NUMBERS(run(child_every_number, variant->abi, 0));
}

/* With nothing but the pin: what is refused cannot do anything, and no table has the rest. */
static void child_every_number_alone(const struct abi *abi, long pins)
{
	long nr;

	while (pins--)
		CHECK(pin(abi, PIN_ERRNO), 0);
	for (int by = 0; by < 2; by++) {
		const struct abi *instruction = by ? &ia32 : &native;

		for (size_t i = 0; number_at(i, &nr) && !is_missing(instruction); i++) {
			bool in = is_pinned_in(abi, instruction->arch, nr);
			__u32 low = nr & ~(X32_BIT | BIT_31);

			if (in && (low < 548 || is_exempt_number(instruction, nr)) &&
			    (__u32)nr != UINT_MAX)
				continue;
			check_number(instruction, nr, try_number(instruction, nr),
				     in ? -ENOSYS : -PINNED);
			report->told[in ? 3 : 2]++;
		}
	}
	leave_by(abi, CHILD_DONE);
}

TEST_F_TIMEOUT(pin, needs_no_filter, 120)
{
	EXPECT_NUMBERS(run(child_every_number_alone, variant->abi, 1));
	EXPECT_NUMBERS(run(child_every_number_alone, variant->abi, 3));
}

static void child_calls_are_made(const struct abi *abi, long arg)
{
	long before[CALLS], got[CALLS];

	call_each(abi, before);
	CHECK(pin(abi, PIN_ERRNO), 0);
	for (int i = 0; i < 3; i++) {
		call_each(abi, got);
		for (int c = 0; c < CALLS; c++) {
			CHECK(got[c], before[c]);
			CHECK(call(foreign_to(abi), c), -PINNED);
		}
	}
	CHECK(raw3(abi, abi->getpriority, 0, 0, 0) > 0, true);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, leaves_its_own_calls_alone)
{
	EXPECT_FINE(run(child_calls_are_made, variant->abi, 0));
}

/* x86-64's and x32's ends and its own, of which the sweep allows these three */
static void child_seccomp_of_others(const struct abi *abi, long arg)
{
	CHECK(pin(abi, PIN_ERRNO), 0);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		const struct needed *n = &needed[i];

		if (n->abi == abi || is_missing(n->abi))
			continue;
		CHECK(raw3(n->abi, n->seccomp, SECCOMP_PIN_ARCHITECTURE, 0, 0), -PINNED);
		CHECK(raw3(n->abi, n->exit_group, 1, 0, 0), -PINNED);
		CHECK(raw3(n->abi, n->exit, 1, 0, 0), -PINNED);
	}
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, cannot_be_moved_to_another_abi)
{
	EXPECT_FINE(run(child_seccomp_of_others, variant->abi, 0));
}

/* What the vDSO of x32 calls, from a program that is not of x32 */
static void child_x32_falls_back(const struct abi *abi, long arg)
{
	long *time = (long *)(low_page + 64);

	CHECK(pin(&x32, PIN_ERRNO), 0);
	CHECK(raw3(&native, __NR_gettimeofday, (long)time, 0, 0), 0);
	CHECK(time[0] > 0, true);
	CHECK(raw3(&native, __NR_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, (long)time, 0), 0);
	CHECK(raw3(&native, __NR_clock_getres, CLOCK_MONOTONIC, (long)time, 0), 0);
	/* Others that have to do with time are not what it calls. */
	CHECK(raw3(&native, __NR_time, 0, 0, 0), -PINNED);
	CHECK(raw3(&native, __NR_getcpu, 0, 0, 0), -PINNED);
	CHECK(raw3(&native, __NR_clock_settime, 0, 0, 0), -PINNED);
	CHECK(raw3(&native, __NR_clock_nanosleep, 0, 0, 0), -PINNED);
	CHECK(raw3(&native, __NR_getrandom, 0, 0, 0), -PINNED);
	CHECK(raw3(&native, __NR_settimeofday, 0, 0, 0), -PINNED);
	/* As x32's own numbers they are all there. */
	CHECK(raw3(&x32, X32_BIT | __NR_gettimeofday, (long)time, 0, 0), 0);
	CHECK(raw3(&x32, X32_BIT | __NR_getcpu, 0, 0, 0), 0);
	if (have_ia32)
		CHECK(raw3(&ia32, 78, (long)time, 0, 0), -PINNED);
	leave_by(&x32, CHILD_DONE);
}

TEST(x32_has_the_calls_that_its_vdso_makes)
{
	NEED_PIN();
	if (!have_x32)
		SKIP(return, "no system calls of x32");
	EXPECT_FINE(run(child_x32_falls_back, &x32, 0));
}

/* --- A call that is begun again --- */

/* A restarted call has a number of its own, which the kernel puts in. */
static void child_sleeps(const struct abi *abi, long arg)
{
	long *span = (long *)low_page, nr = __NR_nanosleep;

	CHECK(pin(abi, PIN_ERRNO), 0);
	memset(low_page, 0, LOW_SIZE);
	if (abi == &ia32) {
		nr = 162;
		((__s32 *)span)[1] = 300000000;
	} else {
		nr |= abi->first;
		span[1] = 300000000;
	}
	atomic_store(&report->stage, 1);
	CHECK(raw3(abi, nr, (long)span, 0, 0), 0);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, lets_calls_be_begun_again)
{
	pid_t pid = start(child_sleeps, variant->abi, 0);
	int status;

	wait_for(&report->stage, 1);
	for (int i = 0; i < 3; i++) {
		usleep(20000);
		kill(pid, SIGSTOP);
		if (waitpid(pid, &status, WUNTRACED) == pid && !WIFSTOPPED(status)) {
			EXPECT_FINE(status);
			return;
		}
		kill(pid, SIGCONT);
	}
	EXPECT_FINE(finish(pid));
}

/* --- A tracer changes the number --- */

struct change {
	const struct abi *pinned;
	long to;
	bool by_event;
};

/* The call is @pinned's own, and of the number that a tracer waits for. */
static void child_changed(const struct abi *abi, long arg)
{
	const struct change *change = (void *)arg;
	long got;

	CHECK(pin(abi, PIN_ERRNO), 0);
	if (change->by_event) {
		struct sock_filter insn[] = {
			LOAD_NR, JUMP(BPF_JEQ, abi->nr[GETPPID], 0, 1), RETURN(SECCOMP_RET_TRACE),
			RETURN(ALLOW),
		};

		CHECK(attach_by(abi, 0, insn, ARRAY_SIZE(insn)), 0);
	}
	atomic_store(&report->mark, 1);
	got = call(abi, GETPPID);
	atomic_store(&report->mark, 3);
	report->seen = got;
	leave_by(abi, CHILD_DONE);
}

/* What the call comes back with after a change to @to */
static void expect_change(struct __test_metadata *_metadata, const struct abi *abi, long to,
			  bool by_event)
{
	struct change change = { abi, to, by_event };
	pid_t pid = start_traced(child_changed, abi, (long)&change, 0);
	int status = 0, request = by_event ? PTRACE_CONT : PTRACE_SYSCALL;
	/* A negative number skips the call there, whatever there is to be said of it. */
	bool in = is_pinned_in(abi, abi->arch, to) || (by_event && (int)to < 0);

	ASSERT_LT(0, pid);
	while (is_call_stop(status = next_stop(pid, request))) {
		if (atomic_load(&report->mark) != 1)
			continue;
		set_number(pid, to);
		atomic_store(&report->mark, 2);
	}
	EXPECT_FINE(status);
	EXPECT_EQ(3, atomic_load(&report->mark));
	/* -1 is how a call is skipped, with what the tracer has it return. */
	if ((__u32)to == UINT_MAX)
		EXPECT_EQ(1234, report->seen);
	if (by_event && (int)to < -1)
		EXPECT_EQ(-ENOSYS, report->seen);
	EXPECT_EQ(!in, report->seen == -PINNED)
		TH_LOG("number %lx: %ld", to, report->seen);
}

static const long changes[] = {
	__NR_getpid, X32_BIT | __NR_getpid, X32_BIT | __NR_execve, X32_BIT | __NR_ptrace,
	520, 547, X32_BIT | 520, 548, X32_BIT | 548, 20, 199, __NR_gettimeofday, -1,
	BIT_31 | __NR_getpid, BIT_31 | X32_BIT | __NR_getpid, 0x3fffffff, 0x7fffffff, -2,
	1L << 32 | X32_BIT | __NR_getpid, 1L << 32 | __NR_getpid, __NR_getpgid,
};

TEST_F_TIMEOUT(pin, number_from_a_tracer_at_entry_is_pinned, 120)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		expect_change(_metadata, variant->abi, changes[i], false);
}

TEST_F_TIMEOUT(pin, number_from_a_tracer_at_an_event_is_pinned, 120)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		expect_change(_metadata, variant->abi, changes[i], true);
}

static void child_suspended(const struct abi *abi, long action)
{
	long ppid = call(abi, GETPPID);
	const struct abi *other = foreign_to(abi);

	CHECK(pin(abi, action), 0);
	stop_by(abi);
	CHECK(call(other, GETPPID), ppid);
	CHECK(call(abi, GETPPID), ppid);
	/* None can be added while seccomp is suspended, but that is no way out. */
	stop_by(abi);
	CHECK(call(abi, GETPPID), ppid);
	report->seen = call(other, GETPPID);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, suspended_seccomp_lets_all_pass_until_resumed)
{
	static const __u32 actions[] = { PIN_ERRNO, SECCOMP_RET_KILL_PROCESS };

	for (int i = 0; i < 2; i++) {
		pid_t pid = start_traced(child_suspended, variant->abi, actions[i], 0);
		int status;

		ASSERT_LT(0, pid);
		ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
		if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
			   PTRACE_O_EXITKILL | PTRACE_O_SUSPEND_SECCOMP)) {
			kill(pid, SIGKILL);
			finish(pid);
			SKIP(return, "needs CAP_SYS_ADMIN and CONFIG_CHECKPOINT_RESTORE");
		}
		ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
		ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL));
		status = next_stop(pid, PTRACE_CONT);
		if (i) {
			EXPECT_KILLED(status, SIGSYS);
			EXPECT_EQ(0, report->seen);
		} else {
			EXPECT_FINE(status);
			EXPECT_EQ(-PINNED, report->seen);
		}
	}
}

/* --- The vsyscall page --- */

static const struct {
	long addr, nr;
} vsyscalls[] = {
	{ 0xffffffffff600000, __NR_gettimeofday },
	{ 0xffffffffff600400, __NR_time },
	{ 0xffffffffff600800, __NR_getcpu },
};

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

static void child_vsyscall(const struct abi *abi, long arg)
{
	CHECK(pin(abi, PIN_ERRNO), 0);
	for (size_t i = 0; i < ARRAY_SIZE(vsyscalls); i++) {
		long (*fn)(void *a, void *b, void *c) = (void *)vsyscalls[i].addr;
		long got = fn(NULL, NULL, NULL);

		/* time() returns the time. */
		CHECK(got >= 0 ? 0 : got,
		      is_pinned_in(abi, AUDIT_ARCH_X86_64, vsyscalls[i].nr) ? 0 : -PINNED);
	}
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, counts_for_the_vsyscall_page)
{
	if (!have_vsyscall())
		SKIP(return, "no vsyscall page");
	EXPECT_FINE(run(child_vsyscall, variant->abi, 0));
}

/* --- Probes in user space, whose calls are the kernel's own --- */

static void child_exempt(const struct abi *abi, long arg)
{
	if (arg & 1)
		CHECK(pin(abi, KILL), 0);
	report->seen = try_number(&native, arg & 2 ? __NR_uprobe : __NR_uretprobe);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, exempts_uprobe_and_uretprobe)
{
	for (long i = 0; i < 4; i += 2) {
		int plain = run(child_exempt, variant->abi, i);
		long seen = report->seen;

		/* Outside their trampolines these fail or raise a signal, but not the pin's. */
		EXPECT_EQ(plain, run(child_exempt, variant->abi, i | 1));
		EXPECT_EQ(seen, report->seen);
		EXPECT_NE(SIGSYS, plain & 0x7f);
	}
}

/* Five bytes of nothing at its start, where a uprobe may become a call */
static __attribute__((naked)) long pin_probed(long x)
{
	asm volatile(".byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n\t"
		     "lea 1(%rdi), %rax\n\t"
		     "ret");
}

static long offset_of(const void *address)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long first, last, offset, at = (unsigned long)address;
	char line[512];
	long found = -1;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &first, &last, &offset) == 3 &&
		    first <= at && at < last)
			found = at - first + offset;
	}
	if (maps)
		fclose(maps);
	return found;
}

static int open_probe(pid_t pid, bool at_return)
{
	long type = number_in("/sys/bus/event_source/devices/uprobe/type", "%ld");
	long bit = number_in("/sys/bus/event_source/devices/uprobe/format/retprobe",
			     "config:%ld");
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = type,
		.config = at_return ? 1ULL << bit : 0,
		.uprobe_path = (unsigned long)"/proc/self/exe",
		.probe_offset = offset_of(pin_probed),
	};

	if (type < 0 || bit < 0)
		return -1;
	return syscall(__NR_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

#define PROBED	8

static void child_probed(const struct abi *abi, long arg)
{
	/* No call is made between the pin and the probes. */
	wait_for(&report->flag, 1);
	CHECK(pin(abi, KILL), 0);
	for (long i = 0; i < PROBED; i++)
		CHECK(pin_probed(i), i + 1);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, does_not_break_probes_of_a_program)
{
	for (int at_return = 0; at_return < 2; at_return++) {
		pid_t pid = start(child_probed, variant->abi, 0);
		int fd = open_probe(pid, at_return);
		__u64 hits = 0;

		if (fd < 0) {
			kill(pid, SIGKILL);
			finish(pid);
			SKIP(return, "needs CONFIG_UPROBE_EVENTS and CAP_PERFMON");
		}
		atomic_store(&report->flag, 1);
		EXPECT_FINE(finish(pid));
		EXPECT_EQ((ssize_t)sizeof(hits), read(fd, &hits, sizeof(hits)));
		/* It was there. */
		EXPECT_EQ(PROBED, (int)hits);
		close(fd);
	}
}
#else
TEST(pin)
{
	SKIP(return, "knows the numbers of x86-64 only");
}
#endif /* __x86_64__ */

int main(int argc, char **argv)
{
	if (!set_up_pins())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
