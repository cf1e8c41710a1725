// SPDX-License-Identifier: GPL-2.0
#include <test_progs.h>

#define JIT_ENABLE	"/proc/sys/net/core/bpf_jit_enable"

/* More often than the timed form of may_goto jumps before it looks at the time. */
#define ROUNDS		70000

static const struct bpf_insn insns[] = {
	BPF_MOV64_IMM(BPF_REG_0, 0),
	/* may_goto the exit */
	BPF_RAW_INSN(BPF_JMP | BPF_JCOND, 0, BPF_MAY_GOTO, 3, 0),
	BPF_ALU64_IMM(BPF_ADD, BPF_REG_0, 1),
	BPF_JMP_IMM(BPF_JEQ, BPF_REG_0, ROUNDS, 1),
	BPF_JMP_A(-4),
	BPF_EXIT_INSN(),
};

static int swap_jit_enable(char *value)
{
	int fd = open(JIT_ENABLE, O_RDWR);
	char old;
	int err;

	if (fd < 0)
		return -errno;
	err = read(fd, &old, 1) == 1 && pwrite(fd, value, 1, 0) == 1 ? 0 : -errno;
	close(fd);
	if (!err)
		*value = old;
	return err;
}

/* The program must call nothing, since the interpreter would call it like a helper. */
static bool calls_nothing(int fd)
{
	struct bpf_insn xlated[64] = {};
	struct bpf_prog_info info = {
		.xlated_prog_insns = ptr_to_u64(xlated),
		.xlated_prog_len = sizeof(xlated),
	};
	__u32 len = sizeof(info);

	if (!ASSERT_OK(bpf_prog_get_info_by_fd(fd, &info, &len), "get_info") ||
	    !ASSERT_EQ(info.jited_prog_len, 0, "jited_prog_len"))
		return false;
	for (int i = 0; i < info.xlated_prog_len / sizeof(*xlated); i++) {
		if (!ASSERT_NEQ(xlated[i].code, BPF_JMP | BPF_CALL, "code"))
			return false;
	}
	return true;
}

/* Not while others load programs that need the JIT. */
void serial_test_may_goto_no_jit(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	char data[64] = {}, jit = '0';
	int fd;

	run.data_in = data;
	run.data_size_in = sizeof(data);
	/* Where the JIT is always on, this fails. */
	if (swap_jit_enable(&jit)) {
		test__skip();
		return;
	}
	fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "may_goto", "GPL", insns,
			   ARRAY_SIZE(insns), NULL);
	ASSERT_OK(swap_jit_enable(&jit), "restore bpf_jit_enable");
	if (!ASSERT_GE(fd, 0, "load"))
		return;
	if (calls_nothing(fd) && ASSERT_OK(bpf_prog_test_run_opts(fd, &run), "run"))
		ASSERT_EQ(run.retval, ROUNDS, "rounds");
	close(fd);
}
