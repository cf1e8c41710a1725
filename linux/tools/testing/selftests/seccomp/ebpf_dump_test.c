// SPDX-License-Identifier: GPL-2.0
/* A tracer reads what there is to know of eBPF filters: their programs' ids */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER	0x420c
#endif
#ifndef PTRACE_SECCOMP_GET_METADATA
#define PTRACE_SECCOMP_GET_METADATA	0x420d
#endif

struct metadata {
	__u64 filter_off, flags;
	__u32 bpf_prog_id, reserved;
};

static long get_filter(pid_t pid, unsigned long off, void *insn)
{
	long ret = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, off, insn);

	return ret < 0 ? -errno : ret;
}

static long get_metadata(pid_t pid, size_t size, void *data)
{
	long ret = ptrace(PTRACE_SECCOMP_GET_METADATA, pid, size, data);

	return ret < 0 ? -errno : ret;
}

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

/*
 * Every size: what is asked for is given, nothing behind it, and no more than there
 * is. What a later kernel adds is 0 for a filter of today.
 */
static void expect_metadata(struct __test_metadata *_metadata, pid_t pid, __u64 off,
			    __u64 flags, __u32 id)
{
	static const size_t sizes[] = { 8, 12, 16, 20, 24, 32, 64 };
	const union {
		struct metadata known;
		__u8 bytes[64];
	} want = { .known = { off, flags, id, 0 } };
	__u64 probe[8] = { off };
	long all = get_metadata(pid, sizeof(probe), probe);

	ASSERT_GE(all, (long)sizeof(want.known));
	ASSERT_LE(all, (long)sizeof(want));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t given = sizes[i] < (size_t)all ? sizes[i] : (size_t)all;
		__u8 data[64];

		memset(data, 0xa5, sizeof(data));
		memcpy(data, &off, sizeof(off));
		EXPECT_EQ((long)given, get_metadata(pid, sizes[i], data));
		EXPECT_EQ(0, memcmp(data, &want, given))
			TH_LOG("filter %lld, %zu bytes", off, sizes[i]);
		for (size_t j = given; j < sizeof(data); j++)
			EXPECT_EQ(0xa5, data[j]);
	}
	for (size_t size = 0; size < 8; size++)
		EXPECT_EQ(-EINVAL, get_metadata(pid, size, (__u64 [4]) { off }));
	EXPECT_EQ(-EFAULT, get_metadata(pid, sizeof(want.known), NULL));
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
			expect_metadata(_metadata, pid, i, flags, 0);
			continue;
		}
		EXPECT_EQ(-EMEDIUMTYPE, get_filter(pid, i, insn));
		EXPECT_EQ(-EMEDIUMTYPE, get_filter(pid, i, NULL));
		expect_metadata(_metadata, pid, i, flags | PROG_FD, ids[i]);
		fd = open_id(ids[i]);
		EXPECT_LE(0, fd);
		EXPECT_EQ(ids[i], id_of(fd));
		close(fd);
	}
	EXPECT_EQ(-ENOENT, get_filter(pid, depth, insn));
	EXPECT_EQ(-ENOENT, get_metadata(pid, 24, (__u64 [3]) { depth }));
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
