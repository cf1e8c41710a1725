// SPDX-License-Identifier: GPL-2.0
/* Attach eBPF filters with every allocation failing in turn */

#define _GNU_SOURCE
#include "seccomp_fault.h"

#include <linux/bpf.h>

#define INSN(code_, dst, src, off_, imm_)				\
	((struct bpf_insn){ .code = (code_), .dst_reg = (dst), .src_reg = (src), \
			    .off = (off_), .imm = (imm_) })
#define LOAD(size, field)						\
	INSN(BPF_LDX | BPF_MEM | (size), BPF_REG_2, BPF_REG_6,		\
	     offsetof(struct seccomp_data, field), 0)
#define JUMP(op, imm, off)	INSN(BPF_JMP32 | (op) | BPF_K, BPF_REG_2, 0, off, imm)
#define RETURN(ret)							\
	INSN(BPF_ALU | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, ret), INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* As attach_classic(). With state, it asks for the time, of which it makes nothing. */
static int load(bool stateful, unsigned int err, unsigned int arg)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0),
		stateful ? INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ktime_get_ns) :
			   INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0),
		LOAD(BPF_W, nr),
		JUMP(BPF_JEQ, __NR_getppid, 3),
		JUMP(BPF_JNE, __NR_personality, 4),
		LOAD(BPF_W, args[0]),
		JUMP(BPF_JEQ, arg, 2),
		RETURN(SECCOMP_RET_ERRNO | err),
		RETURN(SECCOMP_RET_ALLOW),
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SECCOMP;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = (unsigned long)"GPL";
	return syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* Loaded beforehand: it is attaching that runs out of memory here. */
static int program;

static long attach_program(unsigned int flags, unsigned int err, unsigned int arg)
{
	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
		       flags | SECCOMP_FILTER_FLAG_BPF_PROG_FD, &program);
}

FIXTURE(ebpf_fault)
{
};

FIXTURE_VARIANT(ebpf_fault)
{
	bool stateful;
	struct attempt how;
};

FIXTURE_VARIANT_ADD(ebpf_fault, pure_first) {
	.how = { 0, false, attach_program },
};

FIXTURE_VARIANT_ADD(ebpf_fault, pure_stacked) {
	.how = { 0, true, attach_program },
};

FIXTURE_VARIANT_ADD(ebpf_fault, pure_tsync) {
	.how = { SECCOMP_FILTER_FLAG_TSYNC, true, attach_program },
};

FIXTURE_VARIANT_ADD(ebpf_fault, stateful_first) {
	.stateful = true,
	.how = { 0, false, attach_program },
};

FIXTURE_VARIANT_ADD(ebpf_fault, stateful_listener) {
	.stateful = true,
	.how = { SECCOMP_FILTER_FLAG_NEW_LISTENER, true, attach_program },
};

FIXTURE_SETUP(ebpf_fault)
{
	const char *why = prepare_injection();

	if (why)
		SKIP(return, "%s", why);
	program = load(variant->stateful, DENIED_ERRNO, 0xffffffff);
	if (program < 0 && errno == EINVAL)
		SKIP(return, "no seccomp programs: needs CONFIG_SECCOMP_FILTER_EXTENDED");
	ASSERT_GE(program, 0);
}

FIXTURE_TEARDOWN(ebpf_fault)
{
	close(program);
}

TEST_F(ebpf_fault, attach_fails_or_filters)
{
	int failures = fail_in_turn(&variant->how);

	TH_LOG("%d allocations failed in turn", failures);
	/* The filter, at the least. */
	ASSERT_GT(failures, 0);
}

TEST_HARNESS_MAIN
