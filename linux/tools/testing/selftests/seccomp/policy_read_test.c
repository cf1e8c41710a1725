// SPDX-License-Identifier: GPL-2.0
/* When /proc/PID/seccomp_policy is read: by pieces, while filters come, of the dead */

#include "seccomp_policy.h"

#ifdef __x86_64__
/* --- Reading by pieces, and while filters come --- */

TEST_F(policy, can_be_read_by_pieces)
{
	static const size_t chunks[] = { 1000, 4096, 17, 3 };
	static char whole[sizeof(text)];
	static struct stack stack;
	pid_t pid;
	int fd;

	build_deep(&stack, 3, 2);
	pid = start(child_with_stack, &native, (long)&stack);
	wait_for(&report->stage, 1);
	fd = open_policy(pid);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, read_all(fd, sizeof(text)));
	memcpy(whole, text, text_len + 1);
	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
		ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
		ASSERT_EQ(0, read_all(fd, chunks[i]));
		EXPECT_EQ(0, strcmp(whole, text)) TH_LOG("pieces of %zu", chunks[i]);
	}
	for (size_t at = 0; at < strlen(whole); at += 1777) {
		char piece[32];

		ASSERT_LT(0, pread(fd, piece, 1, at));
		EXPECT_EQ(whole[at], piece[0]);
	}
	close(fd);
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
}

#define ROUNDS	400

static void *idle(void *arg)
{
	report->seen = raw3(&native, __NR_gettid, 0, 0, 0);
	atomic_store(&report->mark, 1);
	wait_for(&report->flag, 1);
	return NULL;
}

static void child_syncs(const struct abi *abi, long arg)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, idle, NULL), 0);
	wait_for(&report->mark, 1);
	for (int i = 1; i <= ROUNDS && !atomic_load(&report->flag); i++) {
		CHECK(attach_flags(SECCOMP_FILTER_FLAG_TSYNC, ALLOW, on(NATIVE_ARCH, 110, ERRNO(i)),
				   range(NATIVE_ARCH, 600, 1 << 29, ERRNO(i)),
				   on(AUDIT_ARCH_I386, 110, ERRNO(i))), 0);
		atomic_store(&report->stage, i);
	}
	wait_for(&report->flag, 1);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F_TIMEOUT(policy, is_of_one_moment, 120)
{
	pid_t pid = start(child_syncs, &native, 0);
	int last = 0, changes = 0;

	wait_for(&report->stage, 1);
	for (int i = 0; i < 40; i++) {
		int before = atomic_load(&report->stage), after, said;

		/* In turns of the thread that attaches and of one that is given them */
		ASSERT_EQ(0, read_policy(i & 1 ? report->seen : pid));
		after = atomic_load(&report->stage);
		expect_complete(_metadata);
		ASSERT_EQ(0, strncmp(line_of(&native, 110)->verdict, "ERRNO(", 6));
		said = atoi(line_of(&native, 110)->verdict + 6);
		EXPECT_LE(before, said);
		EXPECT_GE(after + 1, said);
		EXPECT_STREQ(line_of(&native, 110)->verdict, line_of(&ia32, 110)->verdict);
		EXPECT_EQ(0, line_of(&native, 110)->filter);
		changes += said != last;
		last = said;
	}
	EXPECT_LT(1, changes);
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
}

static void child_dies(const struct abi *abi, long arg)
{
	for (int i = 0; i < 5; i++)
		CHECK(attach(ALLOW, depends(NATIVE_ARCH, 110, ERRNO(i), ALLOW)), 0);
	atomic_store(&report->stage, 1);
}

TEST_F(policy, can_be_read_while_its_task_dies)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = start(child_dies, &native, 0);
		int fd = open_policy(pid), err = 0;

		ASSERT_LE(0, fd);
		wait_for(&report->stage, 1);
		for (int j = 0; j < 3 && !err; j++) {
			lseek(fd, 0, SEEK_SET);
			err = read_all(fd, sizeof(text));
			EXPECT_TRUE(err || !parse());
		}
		EXPECT_FINE(finish(pid));
		close(fd);
	}
}

/* --- Of whom there is nothing --- */

static void child_without(const struct abi *abi, long strict)
{
	if (strict)
		CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), 0);
	atomic_store(&report->stage, 1);
	while (!atomic_load(&report->flag))
		;
	raw3(&native, __NR_exit, CHILD_DONE, 0, 0);
}

TEST_F(policy, is_empty_without_a_filter)
{
	for (int strict = 0; strict < 2; strict++) {
		pid_t pid = start(child_without, &native, strict);

		wait_for(&report->stage, 1);
		EXPECT_EQ(0, read_policy(pid));
		EXPECT_EQ(0, text_len);
		atomic_store(&report->flag, 1);
		EXPECT_FINE(finish(pid));
	}
}

TEST_F(policy, is_no_more_of_the_dead)
{
	pid_t pid = start(child_with_stack, &native, (long)&any);
	siginfo_t info;
	char byte;
	int fd;

	wait_for(&report->stage, 1);
	fd = open_policy(pid);
	ASSERT_LE(0, fd);
	atomic_store(&report->flag, 1);
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	/* A zombie has no filter any more, but had some: the file is not empty. */
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(ESRCH, errno);
	EXPECT_FINE(finish(pid));
	EXPECT_EQ(-1, pread(fd, &byte, 1, 0));
	EXPECT_EQ(ESRCH, errno);
	close(fd);
}

TEST(without_tables_there_is_no_policy)
{
	char line[4096] = "";
	FILE *file;
	int err;

	if (access("/proc/self/seccomp_policy", F_OK))
		SKIP(return, NEEDS_POLICY);
	file = fopen("/proc/cmdline", "r");
	if (file) {
		line[0] = fgets(line, sizeof(line), file) ? line[0] : 0;
		fclose(file);
	}
	err = read_stack(_metadata, &any);
	if (err == -EACCES)
		SKIP(return, "needs CAP_SYS_ADMIN");
	EXPECT_EQ(strstr(line, "seccomp.action_tables=0") ? -EOPNOTSUPP : 0, err);
}
#else
TEST(policy)
{
	SKIP(return, "knows the tables of x86-64 only");
}
#endif /* __x86_64__ */

int main(int argc, char **argv)
{
	if (!set_up_pins())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
