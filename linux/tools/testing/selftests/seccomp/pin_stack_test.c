// SPDX-License-Identifier: GPL-2.0
/* Pins among filters and other pins: who decides, who inherits, what a tracer reads */

#include "seccomp_pin.h"
#include "seccomp_metadata.h"

#ifdef __x86_64__
/* --- Stacks and what they say --- */

#define LAYERS		8

/* A pin, or a filter that has a verdict on a foreign call and on one of its own */
struct layer {
	bool is_pin, depends;
	__u32 foreign, own, odd;
};

struct stack {
	struct layer layers[LAYERS];
	size_t n;
};

static __s32 action_only(__u32 ret)
{
	return ret & SECCOMP_RET_ACTION_FULL;
}

/* What the whole stack says: the smallest action, of the newest who says it */
static __u32 verdict_of(const struct stack *stack, bool foreign, bool odd)
{
	__u32 all = ALLOW;

	for (size_t i = 0; i < stack->n; i++) {
		const struct layer *l = &stack->layers[i];
		__u32 newer = foreign ? l->foreign : l->is_pin ? ALLOW : l->own;

		if (!l->is_pin && l->depends && odd)
			newer = l->odd;
		if (action_only(newer) <= action_only(all))
			all = newer;
	}
	return all;
}

static void attach_layer(const struct abi *abi, const struct layer *l, long nr)
{
	const struct abi *other = foreign_to(abi);
	struct rule rules[2];

	if (l->is_pin) {
		CHECK(pin(abi, l->foreign), 0);
		return;
	}
	rules[0] = on(other->arch, other->nr[GETPPID], l->foreign);
	rules[1] = on(abi->arch, abi->nr[GETPPID], l->own);
	if (l->depends) {
		rules[0].depends = true;
		rules[0].odd = l->odd;
		rules[1].depends = true;
		rules[1].odd = l->odd;
	}
	CHECK(attach_rules_by(abi, 0, rules, 2), 0);
}

/* Which of the calls is to be made in a stack */
struct attempt {
	const struct stack *stack;
	bool foreign, odd;
};

static const struct abi *pinned_abi;

static void on_trap(int sig, siginfo_t *info, void *context)
{
	on_sigsys(sig, info, context);
	leave_by(pinned_abi, CHILD_DONE);
}

static void child_attempt(const struct abi *abi, long arg)
{
	const struct attempt *a = (void *)arg;
	const struct abi *by = a->foreign ? foreign_to(abi) : abi;

	pinned_abi = abi;
	report->sent = call(abi, GETPPID);
	catch_sigsys(on_trap);
	for (size_t i = 0; i < a->stack->n; i++)
		attach_layer(abi, &a->stack->layers[i], 0);
	report->seen = raw3(by, by->nr[GETPPID], a->odd, 0, 0);
	leave_by(abi, CHILD_DONE);
}

static void expect_attempt(struct __test_metadata *_metadata, const struct abi *abi,
			   const struct attempt *a)
{
	__u32 want = verdict_of(a->stack, a->foreign, a->odd);
	int status = run(child_attempt, abi, (long)a);

	switch (want & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
		EXPECT_KILLED(status, SIGSYS);
		EXPECT_EQ(0, atomic_load(&report->mark));
		return;
	case SECCOMP_RET_TRAP:
		EXPECT_EQ(1, atomic_load(&report->mark));
		EXPECT_EQ((int)(want & SECCOMP_RET_DATA), report->info.si_errno);
		break;
	case SECCOMP_RET_ERRNO:
		EXPECT_EQ(-(long)(want & SECCOMP_RET_DATA), report->seen);
		break;
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		EXPECT_EQ(-ENOSYS, report->seen);
		break;
	default:
		EXPECT_EQ(report->sent, report->seen);
	}
	EXPECT_FINE(status);
}

static void expect_stack(struct __test_metadata *_metadata, const struct abi *abi,
			 const struct stack *stack)
{
	for (int which = 0; which < 4; which++) {
		struct attempt a = { stack, which & 1, which & 2 };

		expect_attempt(_metadata, abi, &a);
	}
}

#define ERRNO(n)	(SECCOMP_RET_ERRNO | (n))
#define TRAP(n)		(SECCOMP_RET_TRAP | (n))
#define PIN(action)	{ .is_pin = true, .foreign = (action) }
#define FILTER(f, o)	{ .foreign = (f), .own = (o) }

/* In the order in which they are attached */
static const struct stack stacks[] = {
	/* Pins alone: smallest action, and the newest at a tie */
	{ { PIN(ERRNO(1)), PIN(ERRNO(2)) }, 2 },
	{ { PIN(ERRNO(2)), PIN(ERRNO(1)) }, 2 },
	{ { PIN(ERRNO(2)), PIN(TRAP(1)) }, 2 },
	{ { PIN(TRAP(1)), PIN(ERRNO(2)) }, 2 },
	{ { PIN(TRAP(1)), PIN(TRAP(2)), PIN(TRAP(3)) }, 3 },
	{ { PIN(KILL), PIN(ERRNO(2)) }, 2 },
	{ { PIN(ERRNO(2)), PIN(KILL) }, 2 },
	{ { PIN(ERRNO(1)), PIN(ERRNO(2)), PIN(ERRNO(1)) }, 3 },
	{ { PIN(SECCOMP_RET_KILL_THREAD), PIN(ERRNO(2)) }, 2 },
	/* Filters of the same action, older and newer */
	{ { FILTER(ERRNO(3), ALLOW), PIN(ERRNO(4)) }, 2 },
	{ { PIN(ERRNO(4)), FILTER(ERRNO(3), ALLOW) }, 2 },
	{ { FILTER(TRAP(3), ALLOW), PIN(TRAP(4)) }, 2 },
	{ { PIN(TRAP(4)), FILTER(TRAP(3), ERRNO(9)) }, 2 },
	{ { PIN(ERRNO(4)), FILTER(ERRNO(3), ALLOW), PIN(ERRNO(5)) }, 3 },
	{ { FILTER(ERRNO(3), ALLOW), PIN(ERRNO(5)), FILTER(ERRNO(3), ALLOW) }, 3 },
	/* Filters that are stronger, and such as are weaker */
	{ { FILTER(TRAP(3), ALLOW), PIN(ERRNO(4)) }, 2 },
	{ { PIN(ERRNO(4)), FILTER(TRAP(3), ALLOW) }, 2 },
	{ { FILTER(KILL, ALLOW), PIN(TRAP(4)) }, 2 },
	{ { PIN(TRAP(4)), FILTER(KILL, ALLOW) }, 2 },
	{ { PIN(ERRNO(4)), FILTER(SECCOMP_RET_TRACE, SECCOMP_RET_TRACE) }, 2 },
	{ { PIN(ERRNO(4)), FILTER(SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF) }, 2 },
	{ { PIN(ERRNO(4)), FILTER(SECCOMP_RET_LOG, SECCOMP_RET_LOG) }, 2 },
	{ { FILTER(SECCOMP_RET_USER_NOTIF, ERRNO(7)), PIN(ERRNO(4)) }, 2 },
	/* What a filter says of the pin's own calls is not the pin's business. */
	{ { PIN(KILL), FILTER(ALLOW, ERRNO(8)) }, 2 },
	{ { FILTER(ALLOW, ERRNO(8)), PIN(KILL) }, 2 },
	{ { PIN(ERRNO(1)), FILTER(ALLOW, KILL) }, 2 },
	{ { PIN(ERRNO(4)) }, 1 },
};

TEST_F_TIMEOUT(pin, combines_as_a_filter_does, 120)
{
	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++)
		expect_stack(_metadata, variant->abi, &stacks[i]);
}

static __u32 next_random(__u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static __u32 random_action(__u32 *state, bool of_pin)
{
	static const __u32 actions[] = {
		SECCOMP_RET_ERRNO, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_THREAD,
		SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF,
	};

	return actions[next_random(state) % (of_pin ? 4 : 8)] | (next_random(state) % 4 + 1);
}

TEST_F_TIMEOUT(pin, combines_in_random_stacks, 120)
{
	__u32 state = 6;

	for (int i = 0; i < 40; i++) {
		struct stack stack = {};

		stack.n = next_random(&state) % (LAYERS - 1) + 1;
		for (size_t j = 0; j < stack.n; j++) {
			struct layer *l = &stack.layers[j];

			l->is_pin = next_random(&state) % 3 == 0;
			l->depends = next_random(&state) % 2;
			l->foreign = random_action(&state, l->is_pin);
			l->own = random_action(&state, false);
			l->odd = random_action(&state, false);
		}
		expect_stack(_metadata, variant->abi, &stack);
	}
}

/* --- Pins of another ABI --- */

struct mixed {
	const struct abi *second;
};

/* The second is made by a call that the first refuses, so it is the tracer's doing. */
static void child_both(const struct abi *abi, long arg)
{
	const struct abi *second = ((const struct mixed *)arg)->second;

	CHECK(pin(abi, ERRNO(20)), 0);
	stop_by(abi);
	/* Suspended by the tracer, it gets the second; from here on both are in force. */
	CHECK(pin(second, ERRNO(21)), 0);
	stop_by(abi);
	/* Each call is refused by one of them or by both, ... */
	CHECK(call(abi, GETPPID), -21);
	CHECK(call(second, GETPPID), -20);
	/* ... and -1 by none, if both are for the instruction that makes it. */
	CHECK(try_number(&native, -1), abi == &ia32 || second == &ia32 ? -21 : -ENOSYS);
	report->seen = 1;
	for (;;)
		;
}

TEST(pins_of_two_abis_leave_nothing)
{
	static const struct mixed mixed[] = { { &x32 }, { &ia32 } };

	NEED_PIN();
	for (size_t i = 0; i < ARRAY_SIZE(mixed); i++) {
		pid_t pid;

		if (is_missing(mixed[i].second) || (mixed[i].second == &x32 && !have_x32))
			continue;
		pid = start_traced(child_both, &native, (long)&mixed[i], 0);
		ASSERT_LT(0, pid);
		ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
		if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
			   PTRACE_O_EXITKILL | PTRACE_O_SUSPEND_SECCOMP)) {
			kill(pid, SIGKILL);
			finish(pid);
			SKIP(return, "needs CAP_SYS_ADMIN and CONFIG_CHECKPOINT_RESTORE");
		}
		ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
		EXPECT_EQ(2, status_of(pid, "Seccomp_filters"));
		ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL));
		ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, NULL, NULL));
		for (int j = 0; j < 1000 && !report->seen && !report->line; j++)
			usleep(10000);
		EXPECT_EQ(1, report->seen);
		EXPECT_EQ(0, report->line)
			TH_LOG("line %d: got %ld, not %ld", report->line, report->got,
			       report->want);
		kill(pid, SIGKILL);
		finish(pid);
	}
}

/* --- How many, and what is seen of them --- */

static void child_counted(const struct abi *abi, long pins)
{
	long prctl_nr = needed_by(abi)->prctl;

	CHECK(raw3(abi, prctl_nr, PR_GET_SECCOMP, 0, 0), SECCOMP_MODE_DISABLED);
	for (long i = 1; i <= pins; i++) {
		CHECK(pin(abi, ERRNO(i)), 0);
		CHECK(raw3(abi, prctl_nr, PR_GET_SECCOMP, 0, 0), SECCOMP_MODE_FILTER);
		CHECK(call_foreign(abi), -i);
	}
	atomic_store(&report->stage, 1);
	wait_by(abi, &report->flag, 1);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, is_counted_as_a_filter)
{
	for (long pins = 1; pins <= 20; pins += 19) {
		pid_t pid = start(child_counted, variant->abi, pins);

		wait_for(&report->stage, 1);
		EXPECT_EQ(pins, status_of(pid, "Seccomp_filters"));
		EXPECT_EQ(2, status_of(pid, "Seccomp"));
		EXPECT_EQ(0, status_of(getpid(), "Seccomp_filters"));
		atomic_store(&report->flag, 1);
		EXPECT_FINE(finish(pid));
	}
}

static void child_endless(const struct abi *abi, long arg)
{
	static struct sock_filter insn[BPF_MAXINSNS];
	struct rule rule = on(NATIVE_ARCH, 100000, ALLOW);
	long ret, pins = 0;

	/* Most of the path is of long filters, or a slow machine would be at it for long. */
	for (int i = 0; i < BPF_MAXINSNS - 1; i++)
		insn[i] = INSN(BPF_LD | BPF_IMM, i);
	insn[BPF_MAXINSNS - 1] = RETURN(ALLOW);
	for (int i = 0; i < 7; i++)
		CHECK(attach_program(0, insn, BPF_MAXINSNS), 0);
	while (!(ret = pin(abi, ERRNO(pins % 4000 + 1))))
		pins++;
	CHECK(ret, -ENOMEM);
	CHECK(pins > 20, true);
	CHECK(call_foreign(abi), -((pins - 1) % 4000 + 1));
	/* There is no room for more, of whatever kind and however often it is tried. */
	CHECK(pin(abi, KILL), -ENOMEM);
	CHECK(pin_flags(abi, PROBE, KILL), 0);
	for (int i = 0; i < 64; i++)
		ret = attach_rules_by(abi, 0, &rule, 1);
	CHECK(ret, -ENOMEM);
	CHECK(call_foreign(abi), -((pins - 1) % 4000 + 1));
	report->seen = pins;
	leave_by(abi, CHILD_DONE);
}

TEST_F_TIMEOUT(pin, counts_for_the_limit_of_a_path, 120)
{
	EXPECT_FINE(run(child_endless, variant->abi, 0));
	/* Four instructions are counted for each filter, and it has some of its own. */
	EXPECT_GT((32768 - 7 * 4096) / 5, report->seen);
	TH_LOG("%ld pins", report->seen);
}

/* --- Who has it --- */

static void leave_if_pinned(const struct abi *abi, long want)
{
	bool fine = call_foreign(abi) == want && call(abi, GETPID) > 0;

	leave_by(abi, fine ? CHILD_DONE : 1);
}

static void child_forks(const struct abi *abi, long arg)
{
	__s32 *status = (__s32 *)(low_page + 32);
	long ppid = call(abi, GETPPID), pid;

	/* What a child pins is the child's. */
	pid = fork_by(abi);
	if (!pid) {
		if (pin(abi, PIN_ERRNO))
			leave_by(abi, 2);
		leave_if_pinned(abi, -PINNED);
	}
	CHECK(raw3(abi, needed_by(abi)->wait4, pid, (long)status, 0), pid);
	CHECK(*status, CHILD_DONE << 8);
	CHECK(call(abi, GETPPID), ppid);
	child_is_fresh(0);

	/* What is pinned stays so over five generations. */
	CHECK(pin(abi, PIN_ERRNO), 0);
	for (int i = 0; i < 5; i++) {
		pid = fork_by(abi);
		if (!pid)
			continue;
		CHECK(raw3(abi, needed_by(abi)->wait4, pid, (long)status, 0), pid);
		CHECK(*status, CHILD_DONE << 8);
		leave_if_pinned(abi, -PINNED);
	}
	leave_if_pinned(abi, -PINNED);
}

TEST_F(pin, is_inherited)
{
	EXPECT_FINE(run(child_forks, variant->abi, 0));
}

static void *pins_itself(void *arg)
{
	CHECK(pin(arg, PIN_ERRNO), 0);
	CHECK(call_foreign(arg), -PINNED);
	atomic_store(&report->stage, 1);
	wait_by(arg, &report->flag, 1);
	CHECK(call_foreign(arg), -PINNED);
	leave_thread_by(arg);
	return NULL;
}

static void child_threads(const struct abi *abi, long arg)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, pins_itself, (void *)abi), 0);
	wait_for(&report->stage, 1);
	/* It is the thread's alone, and keeps out what would be for all. */
	child_is_fresh(0);
	CHECK(call_foreign(abi) > 0, true);
	CHECK(attach_flags(SECCOMP_FILTER_FLAG_TSYNC, ALLOW, on(NATIVE_ARCH, 1, ALLOW)) > 0, true);
	atomic_store(&report->flag, 1);
	CHECK(pthread_join(thread, NULL), 0);
	child_is_fresh(0);
}

TEST_F(pin, is_of_the_thread_that_makes_it)
{
	EXPECT_FINE(run(child_threads, variant->abi, 0));
}

static void *finds_itself_pinned(void *arg)
{
	CHECK(call_foreign(&native), -PINNED);
	report->seen++;
	return NULL;
}

static void child_thread_inherits(const struct abi *abi, long arg)
{
	pthread_t thread;
	pid_t pid;

	CHECK(pin(&native, PIN_ERRNO), 0);
	CHECK(pthread_create(&thread, NULL, finds_itself_pinned, NULL), 0);
	CHECK(pthread_join(thread, NULL), 0);
	pid = vfork();
	if (!pid)
		leave_if_pinned(&native, -PINNED);
	CHECK(finish(pid), CHILD_DONE << 8);
	child_is_fresh(1);
	pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "pin_stack_test", "--pinned", NULL);
		leave(1);
	}
	CHECK(finish(pid), CHILD_DONE << 8);
}

TEST(pin_of_x86_64_is_inherited_by_threads_and_programs)
{
	NEED_PIN();
	EXPECT_FINE(run(child_thread_inherits, &native, 0));
	EXPECT_EQ(1, report->seen);
}

/* A program of 64 bits: all its calls are refused, or one that it makes for that. */
static void child_executes(const struct abi *abi, long action)
{
	char *path = low_page + 160, *how = low_page + 192;
	__u32 *argv32 = (__u32 *)(low_page + 64);
	char **argv = (char **)(low_page + 128);

	memcpy(path, "/proc/self/exe", sizeof("/proc/self/exe"));
	memcpy(how, "--pinned", sizeof("--pinned"));
	argv[0] = path;
	argv[1] = how;
	argv[2] = NULL;
	argv32[0] = (long)path;
	argv32[1] = 0;
	CHECK(pin(abi, action), 0);
	if (abi == &native)
		report->seen = raw3(abi, __NR_execve, (long)path, (long)argv, (long)(argv + 2));
	else
		report->seen = raw3(abi, abi == &ia32 ? 11 : X32_BIT | 520, (long)path,
				    (long)argv32, (long)(argv32 + 1));
	leave_by(abi, 1);
}

TEST_F(pin, survives_exec)
{
	EXPECT_KILLED(run(child_executes, variant->abi, KILL), SIGSYS);
	EXPECT_EQ(0, report->seen);
}

/* --- Listeners --- */

static void child_listener(const struct abi *abi, long arg)
{
	struct rule rule = on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_USER_NOTIF);
	const struct abi *other = foreign_to(abi);
	struct rule foreign = on(other->arch, other->nr[GETPPID], SECCOMP_RET_USER_NOTIF);
	long fd = attach_rules_by(abi, SECCOMP_FILTER_FLAG_NEW_LISTENER, &rule, 1);

	CHECK(fd >= 0, true);
	CHECK(pin(abi, PIN_ERRNO), 0);
	CHECK(attach_rules_by(abi, SECCOMP_FILTER_FLAG_NEW_LISTENER, &rule, 1), -EBUSY);
	CHECK(attach_rules_by(abi, 0, &foreign, 1), 0);
	report->sent = fd;
	atomic_store(&report->stage, 1);
	wait_by(abi, &report->stage, 2);
	CHECK(call_foreign(abi), -PINNED);
	CHECK(call(abi, GETPPID), 4242);
	CHECK(call_foreign(abi), -PINNED);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, leaves_older_listeners_alone)
{
	pid_t pid = start(child_listener, variant->abi, 0);
	struct seccomp_notif request;
	int fd = listen_to(pid);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, receive(fd, &request));
	EXPECT_EQ((int)variant->abi->nr[GETPPID], request.data.nr);
	EXPECT_EQ(variant->abi->arch, request.data.arch);
	EXPECT_EQ(0, answer(fd, &request, 4242, 0, 0));
	close(fd);
	EXPECT_FINE(finish(pid));
}

/* --- What a tracer reads --- */

static __u32 name_of_pin(const struct abi *abi)
{
	return abi == &x32 ? EM_X86_64 | __AUDIT_ARCH_LE : abi->arch;
}

/* Neighbours have the same, and with it the same program. */
static __u32 action_of_letter(size_t i)
{
	return i & 2 ? ERRNO(i / 4) : TRAP(i / 4);
}

/* From the oldest on: p is a pin, f a filter, l one that is logged. Each has a number. */
static void child_letters(const struct abi *abi, long arg)
{
	const char *letters = (char *)arg;

	for (int i = 0; letters[i]; i++) {
		struct rule rule = on(abi->arch, 100000 + i, DENY);

		if (letters[i] == 'p')
			CHECK(pin(abi, action_of_letter(i)), 0);
		else
			CHECK(attach_rules_by(abi, letters[i] == 'l' ? SECCOMP_FILTER_FLAG_LOG : 0,
					      &rule, 1), 0);
	}
	stop_by(abi);
	leave_by(abi, CHILD_DONE);
}

TEST_F_TIMEOUT(pin, is_told_to_a_tracer, 120)
{
	static const char *const all[] = {
		"p", "pp", "pf", "fp", "lp", "pl", "fpf", "pfp", "flplf", "ffffp", "pffff",
		"pppppppp", "fplpfplpfp",
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const char *letters = all[i];
		pid_t pid = start_traced(child_letters, variant->abi, (long)letters, 0);
		size_t off;

		ASSERT_LT(0, pid);
		ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
		if (get_filter(pid, 0, NULL) == -EIO || get_filter(pid, 0, NULL) == -EACCES) {
			kill(pid, SIGKILL);
			finish(pid);
			SKIP(return, "needs CAP_SYS_ADMIN and CONFIG_CHECKPOINT_RESTORE");
		}
		for (off = 0; letters[off]; off++) {
			struct sock_filter want[9 * RULES + 1], insn[64] = {};
			struct rule rule = on(variant->abi->arch, 100000 + off, DENY);
			size_t len = build_rules(want, ALLOW, &rule, 1);
			struct metadata data = { .filter_off = off };

			if (letters[off] == 'p') {
				EXPECT_EQ(-EMEDIUMTYPE, get_filter(pid, off, NULL));
				EXPECT_EQ(-EMEDIUMTYPE, get_filter(pid, off, insn));
				EXPECT_EQ(-EMEDIUMTYPE, get_filter(pid, off, (void *)1));
				EXPECT_EQ(0, insn[0].code);
				data.flags = SECCOMP_METADATA_PIN;
				data.pin_action = action_of_letter(off);
				data.pin_arch = name_of_pin(variant->abi);
			} else {
				EXPECT_EQ((long)len, get_filter(pid, off, insn));
				EXPECT_EQ(0, memcmp(insn, want, len * sizeof(*insn)));
				if (letters[off] == 'l')
					data.flags = SECCOMP_FILTER_FLAG_LOG;
			}
			expect_metadata(_metadata, pid, data);
		}
		EXPECT_EQ(-ENOENT, get_filter(pid, off, NULL));
		EXPECT_EQ(-ENOENT, get_metadata(pid, 16, (__u64 [2]) { off }));
		EXPECT_FINE(next_stop(pid, PTRACE_CONT));
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
#ifdef __x86_64__
	/* What child_thread_inherits() runs */
	if (argc == 2 && !strcmp(argv[1], "--pinned"))
		leave_if_pinned(&native, -PINNED);
#endif
	return test_harness_run(argc, argv);
}
