// SPDX-License-Identifier: GPL-2.0
/* eBPF filters: who may load them, and what privileges do not buy */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"

/* What nobody may do in a filter, though root may elsewhere */
struct forbidden {
	const char *words;
	struct bpf_insn insn[8];
};

static const struct forbidden forbidden[] = {
	{ "invalid read from stack", { BPF_LDX_MEM(BPF_DW, R0, FP, -8), BPF_EXIT_INSN() } },
	{ "invalid read from stack", { BPF_ST_MEM(BPF_W, FP, -8, 0),
				       BPF_LDX_MEM(BPF_DW, R0, FP, -8), BPF_EXIT_INSN() } },
	{ "invalid read from stack", { BPF_LDX_MEM(BPF_B, R0, FP, -512), BPF_EXIT_INSN() } },
	{ "leaks addr as return value", { BPF_MOV64_REG(R0, R1), BPF_EXIT_INSN() } },
	{ "leaks addr as return value", { BPF_MOV64_REG(R0, FP), BPF_EXIT_INSN() } },
	{ "pointer comparison prohibited", { BPF_JMP_IMM(BPF_JGT, R1, 4096, 0), VERDICT(ALLOW) } },
	{ "pointer arithmetic", { BPF_ALU32_IMM(BPF_ADD, R1, 0), VERDICT(ALLOW) } },
	{ "on pointer prohibited", { BPF_ALU64_IMM(BPF_XOR, R1, 1), VERDICT(ALLOW) } },
	{ "frame pointer is read only", { BPF_ALU64_IMM(BPF_XOR, FP, 1), VERDICT(ALLOW) } },
	{ "partial copy of pointer", { BPF_MOV32_REG(R0, R1), BPF_EXIT_INSN() } },
	{ "pointer -= pointer prohibited", { BPF_MOV64_REG(R0, FP), BPF_ALU64_REG(BPF_SUB, R0, FP),
					     BPF_EXIT_INSN() } },
};

static size_t length_of(const struct forbidden *f)
{
	size_t n = ARRAY_SIZE(f->insn);

	while (!f->insn[n - 1].code)
		n--;
	return n;
}

TEST(pointers_and_old_stack_are_nobodys_business)
{
	int map = create_array(1);

	NEED_EBPF();
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
		int fd = load_insns(forbidden[i].insn, length_of(&forbidden[i]));

		EXPECT_TRUE(fd == -EACCES || fd == -EINVAL)
			TH_LOG("case %zu: %d: %s", i, fd, verifier_log);
		EXPECT_TRUE(log_has(forbidden[i].words))
			TH_LOG("no '%s' in: %s", forbidden[i].words, verifier_log);
	}
	EXPECT_REFUSED(EACCES, "leaks addr into map",
		       LOAD_EBPF(BPF_LD_MAP_VALUE(R2, map, 0), BPF_STX_MEM(BPF_DW, R2, R1, 0),
				 VERDICT(ALLOW)));
	EXPECT_REFUSED(EACCES, "leaks addr into map",
		       LOAD_EBPF(BPF_LD_MAP_VALUE(R2, map, 0), BPF_STX_MEM(BPF_DW, R2, FP, 0),
				 VERDICT(ALLOW)));
	close(map);
}

/* --- Privileges --- */

static long set_caps(__u64 caps)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ caps, caps, 0 }, { caps >> 32, caps >> 32, 0 },
	};

	return syscall(__NR_capset, &header, data);
}

#define CAP(cap)	(1ULL << (cap))

static int load_printer(void)
{
	return LOAD_EBPF(BPF_ST_MEM(BPF_DW, FP, -8, 'x'), BPF_MOV64_REG(R1, FP),
			 BPF_ALU64_IMM(BPF_ADD, R1, -8), BPF_MOV64_IMM(R2, 8),
			 BPF_CALL_HELPER(BPF_FUNC_trace_printk), VERDICT(ALLOW));
}

struct privilege {
	__u64 caps;
	/* What loading gives, and that of a program that prints */
	int load, print;
};

static void child_privileged(const struct abi *abi, long arg)
{
	const struct privilege *p = (void *)arg;
	int fd;

	CHECK(set_caps(p->caps), 0);
	fd = LOAD_EBPF(VERDICT(ALLOW));
	CHECK(fd < 0 ? fd : 0, p->load);
	fd = load_printer();
	CHECK(fd < 0 ? fd : 0, p->print);
	if (p->print && !p->load)
		CHECK(log_has("program of this type cannot use helper"), true);
	for (size_t i = 0; !p->load && i < ARRAY_SIZE(forbidden); i++) {
		fd = load_insns(forbidden[i].insn, length_of(&forbidden[i]));
		CHECK(fd == -EACCES || fd == -EINVAL ? -1 : (int)i, -1);
	}
}

static const struct privilege privileges[] = {
	{ 0, -EPERM, -EPERM },
	{ CAP(CAP_PERFMON), -EPERM, -EPERM },
	{ CAP(CAP_NET_ADMIN) | CAP(CAP_SYS_PTRACE) | CAP(CAP_PERFMON), -EPERM, -EPERM },
	{ CAP(CAP_BPF), 0, -EINVAL },
	{ CAP(CAP_BPF) | CAP(CAP_NET_ADMIN), 0, -EINVAL },
	{ CAP(CAP_BPF) | CAP(CAP_PERFMON), 0, 0 },
	/* As everywhere, it stands for both. */
	{ CAP(CAP_SYS_ADMIN), 0, 0 },
};

static void expect_privileges(struct __test_metadata *_metadata, bool prints)
{
	for (size_t i = 0; i < ARRAY_SIZE(privileges); i++) {
		struct privilege p = privileges[i];

		if (!p.print && !prints)
			p.print = -EINVAL;
		EXPECT_FINE(run(child_privileged, &native, (long)&p));
	}
}

TEST(cap_bpf_loads_and_cap_perfmon_only_prints)
{
	int fd;

	NEED_EBPF();
	if (geteuid())
		SKIP(return, "needs root");
	/* Without CONFIG_BPF_EVENTS nobody prints. */
	fd = load_printer();
	if (fd >= 0)
		close(fd);
	expect_privileges(_metadata, fd >= 0);
}

/* --- Test runs --- */

/* What a child is to do with a program that counts */
struct test {
	__u64 caps;
	int fd, result;
};

static void child_tests(const struct abi *abi, long arg)
{
	const struct test *t = (void *)arg;
	struct seccomp_data data = { .arch = abi->arch, .nr = abi->nr[GETPPID] };
	__u32 retval = 77;

	CHECK(set_caps(t->caps), 0);
	CHECK(test_run(t->fd, &data, &retval), t->result);
	CHECK(retval, t->result ? 0 : DENY);
	/* Nor is it told whether the arguments were right. */
	CHECK(test_run(t->fd, (void *)8, &retval), t->result ?: -EFAULT);
}

TEST(test_runs_take_what_loading_takes)
{
	int map = create_array(1);
	struct test t;
	__u64 runs = 0;

	NEED_EBPF();
	if (geteuid())
		SKIP(return, "needs root");
	t.fd = load_counter(&native, native.nr[GETPPID], map, 0, DENY);
	ASSERT_LOADED(t.fd);
	for (size_t i = 0; i < ARRAY_SIZE(privileges); i++) {
		t.caps = privileges[i].caps;
		t.result = privileges[i].load;
		EXPECT_FINE(run(child_tests, &native, (long)&t));
		runs += !t.result;
		EXPECT_EQ(runs, array_get(map, 0)) TH_LOG("case %zu", i);
	}
	EXPECT_LT(0ULL, runs);
	close(t.fd);
	close(map);
}

#define UNPRIVILEGED	"/proc/sys/kernel/unprivileged_bpf_disabled"

TEST(who_may_load_does_not_depend_on_unprivileged_bpf_disabled)
{
	char saved[8] = "", value[2] = "";
	int fd = open(UNPRIVILEGED, O_RDONLY);

	NEED_EBPF();
	if (geteuid() || fd < 0 || read(fd, saved, sizeof(saved) - 1) < 1)
		SKIP(return, "needs root and " UNPRIVILEGED);
	close(fd);
	/* 1 stays until the machine is booted anew, so it is only set where that is wanted. */
	for (int i = 0; i < 3; i++) {
		static const char order[] = "021";

		value[0] = order[i];
		if (saved[0] == '1' ? value[0] != '1' :
		    value[0] == '1' && !getenv("SECCOMP_LOCK_BPF"))
			continue;
		ASSERT_TRUE(write_file(UNPRIVILEGED, value));
		fd = load_printer();
		if (fd >= 0)
			close(fd);
		expect_privileges(_metadata, fd >= 0);
	}
	if (value[0] != '1' || !getenv("SECCOMP_LOCK_BPF"))
		write_file(UNPRIVILEGED, saved);
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
