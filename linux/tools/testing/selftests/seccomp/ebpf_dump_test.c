// SPDX-License-Identifier: GPL-2.0
/* A tracer reads what there is to know of eBPF filters: their programs' ids */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"
#include "seccomp_metadata.h"

/* A stack, from its oldest filter on: c is classic, p pure, s has state; in capitals logged */
static int programs[16];

static void child_stack(const struct abi *abi, long stack)
{
	const char *letter = (char *)stack;

	for (int i = 0; letter[i]; i++) {
		bool log = letter[i] < 'a';
		unsigned int flags = log ? SECCOMP_FILTER_FLAG_LOG : 0;

		if (programs[i] < 0)
			CHECK(attach_flags(flags, ALLOW, on(abi->arch, 100000, DENY)), 0);
		else
			CHECK(attach_ebpf(flags, programs[i]), 0);
	}
	/* From here on only the filters have them. */
	for (int i = 0; letter[i]; i++)
		close(programs[i]);
	stop_self();
}

static void expect_dumps(struct __test_metadata *_metadata, const char *stack)
{
	size_t depth = strlen(stack);
	struct sock_filter insn[64];
	long ids[16] = {};
	pid_t pid;

	for (size_t i = 0; i < depth; i++) {
		struct rule rule = on(NATIVE_ARCH, 100000 + i, DENY);

		programs[i] = -1;
		if (strchr("cC", stack[i]))
			continue;
		programs[i] = load_rules(strchr("sS", stack[i]), ALLOW, &rule, 1);
		ASSERT_LE(0, programs[i]);
		ids[i] = id_of(programs[i]);
	}
	pid = start_traced(child_stack, &native, (long)stack, 0);
	for (size_t i = 0; i < depth; i++)
		close(programs[i]);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
	if (get_filter(pid, 0, NULL) == -EIO || get_filter(pid, 0, NULL) == -EACCES) {
		kill(pid, SIGKILL);
		finish(pid);
		SKIP(return, "needs CAP_SYS_ADMIN and CONFIG_CHECKPOINT_RESTORE");
	}
	for (size_t i = 0; i < depth; i++) {
		__u64 flags = stack[i] < 'a' ? SECCOMP_FILTER_FLAG_LOG : 0;
		int fd;

		if (!ids[i]) {
			EXPECT_EQ(7, get_filter(pid, i, insn)) TH_LOG("filter %zu", i);
			expect_metadata(_metadata, pid, (struct metadata) {
				.filter_off = i, .flags = flags });
			continue;
		}
		EXPECT_EQ(-EMEDIUMTYPE, get_filter(pid, i, insn));
		EXPECT_EQ(-EMEDIUMTYPE, get_filter(pid, i, NULL));
		expect_metadata(_metadata, pid, (struct metadata) {
			.filter_off = i, .flags = flags | PROG_FD, .bpf_prog_id = ids[i] });
		fd = open_id(ids[i]);
		EXPECT_LE(0, fd);
		EXPECT_EQ(ids[i], id_of(fd));
		close(fd);
	}
	EXPECT_EQ(-ENOENT, get_filter(pid, depth, insn));
	EXPECT_EQ(-ENOENT, get_metadata(pid, 16, (__u64 [2]) { depth }));
	EXPECT_FINE(next_stop(pid, PTRACE_CONT));
	for (size_t i = 0; i < depth; i++)
		EXPECT_TRUE(!ids[i] || is_freed(ids[i]));
}

TEST(stacks_of_all_kinds)
{
	static const char *const stacks[] = {
		"c", "C", "p", "P", "s", "S", "cp", "pc", "cs", "sc", "ps", "sp", "cPsC", "pCcS",
		"ppss", "ccPcc", "sSpPcC",
	};

	NEED_EBPF();
	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++)
		expect_dumps(_metadata, stacks[i]);
}

static void child_twice(const struct abi *abi, long fd)
{
	for (int i = 0; i < 3; i++)
		CHECK(attach_ebpf(i == 1 ? SECCOMP_FILTER_FLAG_LOG : 0, fd), 0);
	stop_self();
}

TEST(program_that_is_attached_again_has_one_id)
{
	struct metadata data;
	int fd;
	pid_t pid;

	NEED_EBPF();
	fd = LOAD_EBPF(VERDICT(ALLOW));
	pid = start_traced(child_twice, &native, fd, 0);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
	for (int i = 0; i < 3; i++) {
		long ret;

		data.filter_off = i;
		ret = get_metadata(pid, sizeof(data), &data);
		if (ret == -EIO || ret == -EACCES) {
			kill(pid, SIGKILL);
			SKIP(return, "needs CAP_SYS_ADMIN and CONFIG_CHECKPOINT_RESTORE");
		}
		EXPECT_EQ((long)sizeof(data), ret);
		EXPECT_EQ(id_of(fd), data.bpf_prog_id);
		EXPECT_EQ(PROG_FD | (i == 1 ? SECCOMP_FILTER_FLAG_LOG : 0), data.flags);
	}
	EXPECT_FINE(next_stop(pid, PTRACE_CONT));
	close(fd);
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
