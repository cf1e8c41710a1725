// SPDX-License-Identifier: GPL-2.0
/* Each number of each ABI gets the verdict of its own, and no other's */

/*
 * An ABI here is a row of numbers: x32's, with bit 30, is apart from that of
 * x86-64 though the instruction and the AUDIT_ARCH are the same. Every number
 * that is called has an errno of its own.
 */

#include "seccomp_test.h"

#ifdef __x86_64__
/* Numbers that no table has, beside the ends of those that there are */
static const long outside[] = {
	511, 548, 549, 600, 1023, 1024, 4096, 65536 + 39, 0x3ffffffe, 0x3fffffff,
	X32_BIT + 511, X32_BIT + 548, X32_BIT + 549, X32_BIT + 600,
	X32_BIT + 65536 + 39, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000000 + 39, 0xbfffffff,
	0xc0000000, 0xc0000000 + 39, 0xfffffffd, 0xfffffffe, 0xffffffff,
};

/* The ends of tables, where they are now and where they have been */
static const struct {
	__u32 first, last;
} ranges[] = {
	{ 0, 1 }, { 2, 450 }, { 451, 470 }, { 471, 471 }, { 472, 472 }, { 473, 473 },
	{ 474, 511 }, { 512, 547 }, { 548, X32_BIT - 1 }, { X32_BIT, X32_BIT + 470 },
	{ X32_BIT + 471, X32_BIT + 471 }, { X32_BIT + 472, X32_BIT + 472 },
	{ X32_BIT + 473, X32_BIT + 511 }, { X32_BIT + 512, X32_BIT + 547 },
	{ X32_BIT + 548, X32_BIT + 548 }, { X32_BIT + 549, INT_MAX }, { 0x80000000, 0xbfffffff },
	{ 0xc0000000, 0xfffffffe }, { 0xffffffff, 0xffffffff },
};

/* An errno for each number: ten bits of it, and two that tell the ABI */
static long own_errno(const struct abi *abi, long nr)
{
	long row = abi == &ia32 ? 1024 : nr & X32_BIT ? 2048 : 0;

	return (nr & 1023) | row;
}

static long attach_own_errno(void)
{
	struct sock_filter insn[] = {
		LOAD_ARCH,
		JUMP(BPF_JEQ, AUDIT_ARCH_I386, 0, 4),
		LOAD_NR,
		INSN(BPF_ALU | BPF_AND | BPF_K, 1023),
		INSN(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO | 1024),
		INSN(BPF_RET | BPF_A, 0),
		LOAD_NR,
		JUMP(BPF_JEQ, __NR_exit_group, 7, 0),
		JUMP(BPF_JSET, X32_BIT, 0, 3),
		INSN(BPF_ALU | BPF_AND | BPF_K, 1023),
		INSN(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO | 2048),
		INSN(BPF_RET | BPF_A, 0),
		INSN(BPF_ALU | BPF_AND | BPF_K, 1023),
		INSN(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
		INSN(BPF_RET | BPF_A, 0),
		RETURN(ALLOW),
	};

	return attach_program(0, insn, ARRAY_SIZE(insn));
}

static void child_own_errno(const struct abi *abi, long arg)
{
	CHECK(attach_own_errno(), 0);
	for (int pass = 0; pass < 2; pass++) {
		for (long nr = abi->first; nr < (long)abi->first + 1024; nr++) {
			if (is_exempt(abi, nr) || (abi == &native && nr == __NR_exit_group))
				continue;
			CHECK(try_number(abi, nr), -own_errno(abi, nr));
		}
		for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
			CHECK(try_number(abi, outside[i]), -own_errno(abi, outside[i]));
			/* As an int that is sign-extended, and with other bits above it */
			CHECK(try_number(abi, (int)outside[i]), -own_errno(abi, outside[i]));
			CHECK(try_number(abi, 5L << 32 | outside[i]), -own_errno(abi, outside[i]));
		}
	}
}

TEST_F(abi, every_number_has_its_own_verdict)
{
	EXPECT_FINE(run(child_own_errno, variant->abi, 0));
}

static void child_alternating(const struct abi *abi, long odd)
{
	/* Neither allowed nor denied stretches: each number is unlike the next. */
	struct sock_filter insn[] = {
		LOAD_ARCH, JUMP(BPF_JEQ, abi->arch, 0, 5), LOAD_NR,
		JUMP(BPF_JGE, abi->first + 440, 0, 3), JUMP(BPF_JGE, abi->first + 512, 2, 0),
		JUMP(BPF_JSET, 1, !odd, odd), RETURN(DENY), RETURN(ALLOW),
	};
	long before[72];

	for (int i = 0; i < 72; i++)
		before[i] = try_number(abi, abi->first + 440 + i);
	CHECK(attach_program(0, insn, ARRAY_SIZE(insn)), 0);
	for (int i = 0; i < 72; i++)
		CHECK(try_number(abi, abi->first + 440 + i),
		      (i & 1) == odd ? -DENIED : before[i]);
}

TEST_F(abi, the_end_of_the_table_is_not_off_by_one)
{
	EXPECT_FINE(run(child_alternating, variant->abi, 0));
	EXPECT_FINE(run(child_alternating, variant->abi, 1));
}

static void child_ranges(const struct abi *abi, long arg)
{
	struct rule rules[2 * ARRAY_SIZE(ranges) + 1] = { let_exit() };
	size_t n = 1;

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		rules[n++] = range(abi->arch, ranges[i].first, ranges[i].last,
				   SECCOMP_RET_ERRNO | (1000 + i));
		rules[n++] = range(abi->arch == NATIVE_ARCH ? AUDIT_ARCH_I386 : NATIVE_ARCH,
				   ranges[i].first, ranges[i].last,
				   SECCOMP_RET_ERRNO | (2000 + i));
	}
	CHECK(attach_rules(0, KILL, rules, n), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		__u32 first = ranges[i].first, last = ranges[i].last, third = (last - first) / 3;
		const __u32 numbers[] = { first, first + third, last - third, last };

		for (int j = 0; j < 4; j++) {
			CHECK(try_number(abi, numbers[j]), -1000 - (long)i);
			if (abi == &ia32)
				CHECK(try_number(&native, numbers[j]), -2000 - (long)i);
			else if (!is_missing(&ia32))
				CHECK(try_number(&ia32, numbers[j]), -2000 - (long)i);
		}
	}
}

TEST_F(abi, ranges_outside_the_tables_are_apart)
{
	EXPECT_FINE(run(child_ranges, variant->abi, 0));
}

static void child_one_outside(const struct abi *abi, long which)
{
	CHECK(attach(ALLOW, on(abi->arch, outside[which], DENY)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		CHECK(try_number(abi, outside[i]), (long)i == which ? -DENIED : -ENOSYS);
		if (abi == &ia32)
			CHECK(try_number(&native, outside[i]), -ENOSYS);
		else if (!is_missing(&ia32))
			CHECK(try_number(&ia32, outside[i]), -ENOSYS);
	}
}

static void child_one_allowed(const struct abi *abi, long which)
{
	CHECK(attach(DENY, let_exit(), on(abi->arch, outside[which], ALLOW)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
		CHECK(try_number(abi, outside[i]), (long)i == which ? -ENOSYS : -DENIED);
}

TEST_F(abi, one_number_outside_the_tables_is_one_number)
{
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		EXPECT_FINE(run(child_one_outside, variant->abi, i));
		EXPECT_FINE(run(child_one_allowed, variant->abi, i));
	}
}

static void child_depends_outside(const struct abi *abi, long which)
{
	long nr = outside[which];

	CHECK(attach(ALLOW, depends(abi->arch, nr, SECCOMP_RET_ERRNO | 5, SECCOMP_RET_ERRNO | 6)),
	      0);
	for (int i = 0; i < 4; i++) {
		CHECK(raw3(abi, nr, i, 0, 0), -5 - (i & 1));
		CHECK(raw3(abi, nr ^ 2, i, 0, 0), -ENOSYS);
	}
}

TEST_F(abi, arguments_count_outside_the_tables)
{
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		/* Its neighbour there is -3, or in a table one day. */
		if (outside[i] > 550)
			EXPECT_FINE(run(child_depends_outside, variant->abi, i));
	}
}

/* --- Number -1, which is also what a skipped call has --- */

static void child_minus_one(const struct abi *abi, long action)
{
	catch_sigsys(on_sigsys);
	CHECK(attach(ALLOW, on(abi->arch, -1, action)), 0);
	report->seen = try_number(abi, -1);
	CHECK(try_number(abi, -2), -ENOSYS);
	CHECK(try_number(abi, 0x7fffffff), -ENOSYS);
	atomic_store(&report->stage, 1);
}

TEST_F(abi, number_minus_one_is_filtered)
{
	const struct abi *abi = variant->abi;
	const struct {
		__u32 action;
		long want;
	} cases[] = {
		{ ALLOW, -ENOSYS },
		{ SECCOMP_RET_LOG, -ENOSYS },
		{ SECCOMP_RET_TRACE, -ENOSYS },
		{ SECCOMP_RET_USER_NOTIF, -ENOSYS },
		{ SECCOMP_RET_ERRNO, 0 },
		{ SECCOMP_RET_ERRNO | 9, -9 },
		{ SECCOMP_RET_TRAP | 9, -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_FINE(run(child_minus_one, abi, cases[i].action));
		EXPECT_EQ(cases[i].want, report->seen) TH_LOG("case %zu", i);
		if (cases[i].action != (SECCOMP_RET_TRAP | 9))
			continue;
		EXPECT_EQ(1, atomic_load(&report->mark));
		EXPECT_EQ(-1, report->info.si_syscall);
		EXPECT_EQ(9, report->info.si_errno);
		EXPECT_EQ(abi->arch, report->info.si_arch);
	}
	EXPECT_KILLED(run(child_minus_one, abi, KILL), SIGSYS);
	EXPECT_EQ(0, atomic_load(&report->stage));
}

TEST_F(abi, number_minus_one_is_shown_to_a_tracer_but_not_made)
{
	pid_t pid = start_traced(child_minus_one, variant->abi, SECCOMP_RET_TRACE | 8, 0);
	unsigned long message = 0;

	ASSERT_LT(0, pid);
	ASSERT_TRUE(is_call_stop(next_stop(pid, PTRACE_CONT)));
	EXPECT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message));
	EXPECT_EQ(8UL, message);
	EXPECT_FINE(next_stop(pid, PTRACE_CONT));
	EXPECT_EQ(-ENOSYS, report->seen);
}

static void child_minus_one_heard(const struct abi *abi, long arg)
{
	struct rule rule = on(abi->arch, -1, SECCOMP_RET_USER_NOTIF);

	listened(attach_rules(SECCOMP_FILTER_FLAG_NEW_LISTENER, ALLOW, &rule, 1));
	CHECK(try_number(abi, -1), 55);
	CHECK(try_number(abi, -1), -ENOSYS);
}

TEST_F(abi, number_minus_one_is_told_to_a_listener)
{
	pid_t pid = start(child_minus_one_heard, variant->abi, 0);
	int fd = listen_to(pid);
	struct seccomp_notif request;

	ASSERT_LE(0, fd);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, receive(fd, &request));
		EXPECT_EQ(-1, request.data.nr);
		EXPECT_EQ(variant->abi->arch, request.data.arch);
		EXPECT_EQ(0, answer(fd, &request, i ? 0 : 55, 0,
				    i ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0));
	}
	EXPECT_FINE(finish(pid));
}

/* --- A tracer moves a call across the tables --- */

static void child_moved(const struct abi *abi, long arg)
{
	struct rule rules[ARRAY_SIZE(outside) + CALLS];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
		rules[n++] = on(abi->arch, outside[i], SECCOMP_RET_ERRNO | (1000 + i));
	/* The same numbers in the other half of what the instruction can say */
	for (int c = GETUID; c < CALLS; c++)
		rules[n++] = on(abi->arch, abi->nr[c] ^ X32_BIT, SECCOMP_RET_ERRNO | (2000 + c));
	rules[n++] = on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_TRACE);
	CHECK(attach_rules(0, ALLOW, rules, n), 0);
	CHECK(call(abi, GETPPID), arg);
}

static void expect_moved(struct __test_metadata *_metadata, const struct abi *abi, long to,
			 long want)
{
	static const int requests[] = { PTRACE_CONT, PTRACE_SYSCALL };

	for (int i = 0; i < 2; i++) {
		pid_t pid = start_traced(child_moved, abi, want, 0);
		int status;

		ASSERT_LT(0, pid);
		/* With PTRACE_SYSCALL it is every call that stops, twice. */
		for (;;) {
			status = next_stop(pid, requests[i]);
			if (!is_call_stop(status))
				break;
			if (ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.orig_rax),
				   NULL) == abi->nr[GETPPID])
				set_number(pid, to);
		}
		EXPECT_FINE(status);
	}
}

TEST_F(abi, number_from_a_tracer_is_that_of_its_own_table)
{
	const struct abi *abi = variant->abi;

	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		/* -1 is not asked for, it skips. */
		if (outside[i] != 0xffffffff && outside[i] < 0x80000000)
			expect_moved(_metadata, abi, outside[i], -1000 - (long)i);
	}
	for (int c = GETUID; c < CALLS; c++)
		expect_moved(_metadata, abi, abi->nr[c] ^ X32_BIT, -2000 - c);
}
#endif /* __x86_64__ */

static void child_none_but_own(const struct abi *abi, long other_arch)
{
	long before[CALLS];

	call_each(abi, before);
	/* Whatever is said of another AUDIT_ARCH is nothing to this one. */
	CHECK(attach(ALLOW, range(other_arch, 0, UINT_MAX, KILL)), 0);
	for (int c = 0; c < CALLS; c++)
		CHECK(call(abi, c), before[c]);
}

TEST_F(abi, an_unknown_arch_is_no_one)
{
	/* None that a kernel runs beside @variant's */
	static const __u32 others[] = { 0, AUDIT_ARCH_SPARC, AUDIT_ARCH_MICROBLAZE, UINT_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		EXPECT_FINE(run(child_none_but_own, variant->abi, others[i]));
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
