// SPDX-License-Identifier: GPL-2.0
/* What SECCOMP_PIN_ARCHITECTURE takes, of whom, and what each action of a pin does */

#include "seccomp_pin.h"

#ifdef __x86_64__
#include <linux/capability.h>

#define OP_AFTER_PIN	(SECCOMP_PIN_ARCHITECTURE + 1)

static const __u32 data[] = { 0, 1, 0xfff, 0x1000, 0x7fff, 0x8000, 0xffff };

static long pin_at(const struct abi *abi, long flags, long pointer)
{
	return raw3(abi, needed_by(abi)->seccomp, SECCOMP_PIN_ARCHITECTURE, flags, pointer);
}

static bool is_action(__u32 upper_half)
{
	return upper_half << 16 == SECCOMP_RET_ERRNO || upper_half << 16 == SECCOMP_RET_TRAP ||
	       upper_half << 16 == SECCOMP_RET_KILL_THREAD ||
	       upper_half << 16 == SECCOMP_RET_KILL_PROCESS;
}

/* Without no_new_privs, which start() gives to its children */
static int run_plain(child_fn *fn, const struct abi *abi, long arg)
{
	pid_t pid;

	memset(report, 0, sizeof(*report));
	report->arg = arg;
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 });
		fn(abi, arg);
		leave_by(abi, CHILD_DONE);
	}
	return finish(pid);
}

/* All that a pin would be seen by */
static void check_unpinned(void)
{
	child_is_fresh(0);
	CHECK(call(&native, GETPPID) > 0, true);
	CHECK(!have_ia32 || call(&ia32, GETPPID) > 0, true);
	CHECK(!have_x32 || call(&x32, GETPPID) > 0, true);
}

/* --- Arguments --- */

static void child_flags(const struct abi *abi, long arg)
{
	const long pointers[] = { 0, (long)low_page, 1, (long)low_page + LOW_SIZE };

	*(__u32 *)low_page = PIN_ERRNO;
	for (int bit = 0; bit < 32; bit++) {
		for (size_t i = 0; i < ARRAY_SIZE(pointers); i++) {
			const unsigned long flag = 1UL << bit;

			if (flag == PROBE || flag == PIN_TSYNC)
				continue;
			/* Of an unknown flag nobody knows what the pointer means. */
			CHECK(pin_at(abi, flag, pointers[i]), -EINVAL);
			CHECK(pin_at(abi, flag | PROBE, pointers[i]), -EINVAL);
			/* This one means something only if there is something to fail. */
			if (flag == PIN_ESRCH)
				continue;
			CHECK(pin_at(abi, flag | PIN_TSYNC, pointers[i]), -EINVAL);
			CHECK(pin_at(abi, flag | PIN_TSYNC | PIN_ESRCH | PROBE, pointers[i]),
			      -EINVAL);
		}
	}
	CHECK(pin_at(abi, UINT_MAX, 0), -EINVAL);
	/* What is for filters must not be taken for something else. */
	CHECK(pin_at(abi, SECCOMP_FILTER_FLAG_LOG, 0), -EINVAL);
	CHECK(pin_at(abi, SECCOMP_FILTER_FLAG_NEW_LISTENER | PIN_TSYNC | PIN_ESRCH, 0), -EINVAL);
	check_unpinned();
}

TEST_F(pin, unknown_flags_are_refused)
{
	EXPECT_FINE(run_plain(child_flags, variant->abi, 0));
}

static void child_actions(const struct abi *abi, long flags)
{
	for (__u32 upper = 0; upper < 0x10000; upper++) {
		__u32 action = upper << 16 | data[upper % ARRAY_SIZE(data)];

		/* Nothing is pinned here, or there would not be a next one. */
		if (!is_action(upper))
			CHECK(pin_flags(abi, flags, action), -EINVAL);
		else
			CHECK(pin_flags(abi, PROBE, action), 0);
	}
	check_unpinned();
}

TEST_F_TIMEOUT(pin, every_action_is_taken_or_refused, 120)
{
	EXPECT_FINE(run(child_actions, variant->abi, 0));
	EXPECT_FINE(run(child_actions, variant->abi, PROBE));
}

static void child_data(const struct abi *abi, long arg)
{
	static const __u32 actions[] = {
		SECCOMP_RET_ERRNO, SECCOMP_RET_TRAP, SECCOMP_RET_KILL_THREAD,
		SECCOMP_RET_KILL_PROCESS,
	};

	for (__u32 i = 0; i <= 0xffff; i += 13)
		CHECK(pin_flags(abi, PROBE, actions[i % 4] | i), 0);
	check_unpinned();
	/* Now in earnest: each is one more. */
	for (size_t i = 0; i < 4 * ARRAY_SIZE(data); i++)
		CHECK(pin(abi, actions[i % 4] | data[i / 4]), 0);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, every_action_may_have_data)
{
	EXPECT_FINE(run(child_data, variant->abi, 0));
}

static void child_pointers(const struct abi *abi, long flags)
{
	const long page = (long)low_page, end = page + LOW_SIZE;
	const long bad[] = {
		1, 2, 3, 4, 4095, end - 3, end - 2, end - 1, end, end + 4, -1, -2, -4, -4096,
		0x7ffffffff000, 0x800000000000, LONG_MIN, LONG_MIN | 0x7fff888000000000,
	};

	memset(low_page, 0, LOW_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		/* int 0x80 passes the lower half only, and 0 is NULL. */
		if (abi == &ia32 && !(__u32)bad[i])
			continue;
		CHECK(pin_at(abi, flags, bad[i]), -EFAULT);
	}
	check_unpinned();
	CHECK(pin_at(abi, PROBE, 0), 0);
	for (int i = 0; i < 4; i++) {
		*(__u32 *)(low_page + i) = PIN_ERRNO;
		CHECK(pin_at(abi, PROBE, page + i), 0);
		*(__u32 *)(low_page + i) = SECCOMP_RET_ALLOW;
		CHECK(pin_at(abi, PROBE, page + i), -EINVAL);
	}
	*(__u32 *)(low_page + LOW_SIZE - 4) = PIN_ERRNO;
	CHECK(pin_at(abi, PROBE, end - 4), 0);
	if (abi == &ia32)
		CHECK(pin_at(abi, PROBE, 1L << 32 | (end - 4)), 0);
	/* It is read, not written. */
	CHECK(mprotect(low_page, LOW_SIZE, PROT_READ), 0);
	CHECK(pin_at(abi, PROBE, end - 4), 0);
	CHECK(mprotect(low_page, LOW_SIZE, PROT_READ | PROT_WRITE), 0);
	check_unpinned();
	*(__u32 *)(low_page + 1) = PIN_ERRNO;
	CHECK(pin_at(abi, 0, page + 1), 0);
	CHECK(call_foreign(abi), -PINNED);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, every_bad_pointer_is_a_fault)
{
	EXPECT_FINE(run(child_pointers, variant->abi, 0));
	EXPECT_FINE(run(child_pointers, variant->abi, PROBE));
}

static void child_operations(const struct abi *abi, long arg)
{
	static const long odd[] = {
		-1, INT_MAX, INT_MIN, 1L << 30, SECCOMP_PIN_ARCHITECTURE + 256,
	};
	long nr = needed_by(abi)->seccomp;

	for (long op = OP_AFTER_PIN; op < 70; op++) {
		for (int flags = 0; flags < 2; flags++) {
			CHECK(raw3(abi, nr, op, flags, 0), -EINVAL);
			CHECK(raw3(abi, nr, op, flags, (long)low_page), -EINVAL);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		CHECK(raw3(abi, nr, odd[i], 0, 0), -EINVAL);
	/* prctl() has no pin; its mode is not an operation. */
	for (long mode = 3; mode < 10; mode++)
		CHECK(raw3(&native, __NR_prctl, PR_SET_SECCOMP, mode, 0), -EINVAL);
	check_unpinned();
}

TEST_F(pin, unknown_operations_are_refused_still)
{
	EXPECT_FINE(run(child_operations, variant->abi, 0));
}

static void child_probes(const struct abi *abi, long arg)
{
	for (int i = 0; i < 100; i++) {
		CHECK(pin_at(abi, PROBE, 0), 0);
		CHECK(pin_flags(abi, PROBE, PIN_ERRNO), 0);
		CHECK(pin_flags(abi, PROBE | PIN_TSYNC, PIN_ERRNO), 0);
		CHECK(pin_flags(abi, PROBE | PIN_TSYNC | PIN_ESRCH, PIN_ERRNO), 0);
	}
	check_unpinned();
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	/* Who is pinned may ask whether it could be, and pin itself again. */
	CHECK(pin(abi, PIN_ERRNO), 0);
	CHECK(pin_at(abi, PROBE, 0), 0);
	CHECK(pin(abi, PIN_ERRNO), 0);
	CHECK(call_foreign(abi), -PINNED);
	/* The KILL of probes has changed nothing. */
	CHECK(pin_at(abi, PROBE, 0), 0);
	CHECK(call_foreign(abi), -PINNED);
}

TEST_F(pin, probes_change_nothing)
{
	EXPECT_FINE(run_plain(child_probes, variant->abi, 0));
}

/* --- Privilege --- */

static bool has_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = {};

	if (syscall(__NR_capget, &header, caps))
		return false;
	return caps[0].effective & 1 << CAP_SYS_ADMIN;
}

/* Drop one capability of all sets, or those of the effective set only. */
static void drop_admin(bool only_effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = {};

	CHECK(syscall(__NR_capget, &header, caps), 0);
	caps[0].effective &= ~(1 << CAP_SYS_ADMIN);
	if (!only_effective)
		caps[0].permitted &= ~(1 << CAP_SYS_ADMIN);
	CHECK(syscall(__NR_capset, &header, caps), 0);
}

enum privilege { UNPRIVILEGED, NOT_EFFECTIVE, OTHER_USER, NO_NEW_PRIVS, ADMIN, NAMESPACE };

static void child_privilege(const struct abi *abi, long privilege)
{
	bool may = privilege >= NO_NEW_PRIVS;

	switch (privilege) {
	case NO_NEW_PRIVS:
		CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
		drop_admin(false);
		break;
	case UNPRIVILEGED:
		drop_admin(false);
		break;
	case NOT_EFFECTIVE:
		drop_admin(true);
		break;
	case OTHER_USER:
		if (geteuid())
			leave(KSFT_SKIP);
		CHECK(syscall(__NR_setresuid, 65534, 65534, 65534), 0);
		break;
	case ADMIN:
		if (!has_admin())
			leave(KSFT_SKIP);
		break;
	case NAMESPACE:
		drop_admin(false);
		if (unshare(CLONE_NEWUSER))
			leave(KSFT_SKIP);
		break;
	}
	/* Who has no privilege is told of its mistakes as others are. */
	CHECK(pin_flags(abi, 2, PIN_ERRNO), -EINVAL);
	CHECK(pin_flags(abi, 0, SECCOMP_RET_ALLOW), -EINVAL);
	CHECK(pin_at(abi, 0, 1), -EFAULT);
	CHECK(pin_flags(abi, PROBE, PIN_ERRNO), 0);
	CHECK(pin_at(abi, PROBE, 0), 0);
	CHECK(pin(abi, PIN_ERRNO), may ? 0 : -EACCES);
	if (!may)
		CHECK(pin_at(abi, 0, 0), -EACCES);
	CHECK(call_foreign(abi) == -PINNED, may);
	if (!may)
		check_unpinned();
}

TEST_F(pin, takes_privilege_or_none_to_gain)
{
	for (long privilege = UNPRIVILEGED; privilege <= NAMESPACE; privilege++) {
		int status = run_plain(child_privilege, variant->abi, privilege);

		if (status == KSFT_SKIP << 8)
			TH_LOG("privilege %ld is not to be had", privilege);
		else
			EXPECT_FINE(status);
	}
}

static void child_strict(const struct abi *abi, long flags)
{
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), 0);
	pin_flags(abi, flags, PIN_ERRNO);
	report->seen = 1;
}

static void child_pinned_strict(const struct abi *abi, long arg)
{
	CHECK(pin(abi, PIN_ERRNO), 0);
	CHECK(raw3(abi, needed_by(abi)->seccomp, SECCOMP_SET_MODE_STRICT, 0, 0), -EINVAL);
	CHECK(call_foreign(abi), -PINNED);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, and_strict_mode_keep_apart)
{
	EXPECT_KILLED(run(child_strict, variant->abi, 0), SIGKILL);
	EXPECT_KILLED(run(child_strict, variant->abi, PROBE), SIGKILL);
	EXPECT_EQ(0, report->seen);
	EXPECT_FINE(run(child_pinned_strict, variant->abi, 0));
}

/* --- Actions --- */

/* A call from another ABI, whose number is no other's: the @which-th to be tried */
struct foreign {
	const struct abi *abi;
	long nr;
};

static bool foreign_call(const struct abi *pinned, int which, struct foreign *f)
{
	const struct foreign all[] = {
		{ &native, __NR_getppid }, { &x32, X32_BIT | __NR_getppid }, { &ia32, 64 },
		{ &native, 100000 }, { &x32, X32_BIT | 100000 }, { &ia32, 100000 },
		{ &native, 520 }, { &x32, X32_BIT | __NR_execve }, { &ia32, -1 },
		{ &native, __NR_exit_group }, { &x32, -2 }, { &native, INT_MIN },
	};

	if (which >= (int)ARRAY_SIZE(all))
		return false;
	*f = all[which];
	return true;
}

static bool is_refused(const struct abi *pinned, const struct foreign *f)
{
	return !(f->abi == &ia32 && !have_ia32) && !is_pinned_in(pinned, f->abi->arch, f->nr);
}

static void child_errno(const struct abi *abi, long which)
{
	struct foreign f;

	CHECK(pin(abi, SECCOMP_RET_ERRNO | data[which]), 0);
	for (int i = 0; foreign_call(abi, i, &f); i++) {
		if (is_refused(abi, &f))
			CHECK(try_number(f.abi, f.nr), -(data[which] < 4095 ? data[which] : 4095L));
	}
	CHECK(call(abi, GETPID) > 0, true);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, errno_is_that_of_its_data)
{
	for (size_t i = 0; i < ARRAY_SIZE(data); i++)
		EXPECT_FINE(run(child_errno, variant->abi, i));
}

struct killing {
	__u32 action;
	struct foreign f;
};

static void child_killed(const struct abi *abi, long arg)
{
	const struct killing *k = (void *)arg;

	catch_sigsys(on_sigsys);
	if (k->action == UINT_MAX)
		CHECK(pin_at(abi, 0, 0), 0);
	else
		CHECK(pin(abi, k->action), 0);
	report->sent = call(abi, GETPID);
	try_number(k->f.abi, k->f.nr);
	report->seen = 1;
	leave_by(abi, CHILD_DONE);
}

TEST_F_TIMEOUT(pin, kill_kills, 120)
{
	/* UINT_MAX stands for no pointer. */
	static const __u32 actions[] = {
		UINT_MAX, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_PROCESS | 7,
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_THREAD | 0xffff,
	};
	struct killing k;

	for (int i = 0; foreign_call(variant->abi, i, &k.f); i++) {
		if (!is_refused(variant->abi, &k.f))
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(actions); j++) {
			siginfo_t info = {};
			pid_t pid;

			k.action = actions[j];
			pid = start(child_killed, variant->abi, (long)&k);
			ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
			EXPECT_TRUE(info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED);
			EXPECT_EQ(SIGSYS, info.si_status);
			EXPECT_KILLED(finish(pid), SIGSYS);
			EXPECT_EQ(pid, report->sent);
			EXPECT_EQ(0, report->seen) TH_LOG("number %ld", k.f.nr);
			EXPECT_EQ(0, atomic_load(&report->mark));
		}
	}
}

static const struct abi *pinned_abi;

static void *dies_by_its_pin(void *action)
{
	if (pin(pinned_abi, (long)action))
		report->seen = 1;
	report->sent = raw3(pinned_abi, pinned_abi->nr[GETTID], 0, 0, 0);
	call_foreign(pinned_abi);
	report->seen = 2;
	leave_thread_by(pinned_abi);
	return NULL;
}

static void child_thread_dies(const struct abi *abi, long action)
{
	pthread_t thread;

	pinned_abi = abi;
	for (int i = 0; i < 3; i++) {
		CHECK(pthread_create(&thread, NULL, dies_by_its_pin, (void *)action), 0);
		CHECK(pthread_join(thread, NULL), 0);
		CHECK(report->seen, 0);
		CHECK(report->sent > 0, true);
		/* The pin was the thread's own, and died with it. */
		check_unpinned();
	}
	report->told[0] = 1;
}

TEST_F(pin, kill_thread_kills_the_thread)
{
	EXPECT_FINE(run(child_thread_dies, variant->abi, SECCOMP_RET_KILL_THREAD));
	EXPECT_EQ(1, report->told[0]);
	EXPECT_KILLED(run(child_thread_dies, variant->abi, SECCOMP_RET_KILL_PROCESS), SIGSYS);
	EXPECT_EQ(0, report->told[0]);
}

static void on_pin_trap(int sig, siginfo_t *info, void *context)
{
	on_sigsys(sig, info, context);
	/* Only the native ABI can return from a handler of libc's. */
	leave_by(pinned_abi, CHILD_DONE);
}

struct trap {
	__u32 data;
	struct foreign f;
};

static void child_trap(const struct abi *abi, long arg)
{
	const struct trap *t = (void *)arg;

	pinned_abi = abi;
	catch_sigsys(on_pin_trap);
	CHECK(pin(abi, SECCOMP_RET_TRAP | t->data), 0);
	try_number(t->f.abi, t->f.nr);
	leave_by(abi, 1);
}

TEST_F(pin, trap_tells_what_was_called)
{
	struct trap t;

	for (int i = 0; foreign_call(variant->abi, i, &t.f); i++) {
		if (!is_refused(variant->abi, &t.f))
			continue;
		t.data = data[i % ARRAY_SIZE(data)];
		EXPECT_FINE(run(child_trap, variant->abi, (long)&t));
		EXPECT_EQ(1, atomic_load(&report->mark));
		EXPECT_EQ(SYS_SECCOMP, report->info.si_code);
		EXPECT_EQ((int)t.data, report->info.si_errno);
		EXPECT_EQ(t.f.abi->arch, report->info.si_arch);
		EXPECT_EQ((int)t.f.nr, report->info.si_syscall);
	}
}

static void child_trap_returns(const struct abi *abi, long arg)
{
	char *site = map_sites(&x32);

	catch_sigsys(on_sigsys);
	CHECK(pin(&native, SECCOMP_RET_TRAP | 3), 0);
	for (int i = 0; i < 3; i++) {
		/* The registers are as they were. */
		CHECK(call_from(site, X32_BIT | 39), (int)(X32_BIT | 39));
		CHECK(atomic_load(&report->mark), i + 1);
		check_trap(NATIVE_ARCH, X32_BIT | 39, site + SITE_RETURN, 3);
	}
}

TEST(pin_of_x86_64_returns_from_its_traps)
{
	NEED_PIN();
	EXPECT_FINE(run(child_trap_returns, &native, 0));
}
#else
TEST(pin)
{
	long ret = syscall(__NR_seccomp, SECCOMP_PIN_ARCHITECTURE, PROBE, NULL);

	if (ret == -1 && errno == EINVAL)
		SKIP(return, NEEDS_PIN);
	SKIP(return, "knows the numbers of x86-64 only");
}
#endif /* __x86_64__ */

int main(int argc, char **argv)
{
	if (!set_up_pins())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
