// SPDX-License-Identifier: GPL-2.0
/* Who may read /proc/PID/seccomp_policy, and how much of it */

#include "seccomp_policy.h"

#ifdef __x86_64__
#include <linux/capability.h>
#include <sys/mount.h>

#define NOBODY		65534

/* What this program does when it is executed with a descriptor: see main(). */
#define READ_IT		"--read"

/* A child's way to say that it cannot be what it should be */
#define NEED(what) do {								\
	if (!(what))								\
		leave(KSFT_SKIP);						\
} while (0)

/* CLONE_NEWUSER and the like, which take one thread and a kernel that has them */
static bool enter_namespace(int flags)
{
	return !syscall(__NR_unshare, flags);
}

/* Give up all capabilities, and stay one whose files in /proc are its own. */
static void become_nobody(void)
{
	CHECK(syscall(__NR_setresgid, NOBODY, NOBODY, NOBODY), 0);
	CHECK(syscall(__NR_setresuid, NOBODY, NOBODY, NOBODY), 0);
	CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
}

/* Change capabilities, or nothing; both gives the task other credentials. */
static void drop(unsigned int caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	CHECK(syscall(__NR_capget, &header, data), 0);
	data[0].effective &= ~caps;
	data[0].permitted &= ~caps;
	CHECK(syscall(__NR_capset, &header, data), 0);
}

/* 1 if there is something to be read, or the error */
static int try_fd(int fd)
{
	char byte;
	ssize_t ret = pread(fd, &byte, 1, 0);

	return ret < 0 ? -errno : ret;
}

/* What opening returns, or else reading */
static int try_to_read(pid_t pid)
{
	int fd = open_policy(pid), ret;

	if (fd < 0)
		return fd;
	ret = try_fd(fd);
	close(fd);
	return ret;
}

/* A process with one filter, of the caller's credentials and namespaces */
static pid_t start_target(void)
{
	pid_t pid;

	atomic_store(&report->stage, 0);
	atomic_store(&report->flag, 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		child_with_stack(&native, (long)&any);
	}
	wait_for(&report->stage, 1);
	return pid;
}

static void end_target(pid_t pid)
{
	atomic_store(&report->flag, 1);
	CHECK(finish(pid), CHILD_DONE << 8);
}

/* Run a case in a child, as root. */
#define EXPECT_CASE(fn, arg) do {						\
	int status_ = run(fn, &native, arg);					\
										\
	if (status_ == KSFT_SKIP << 8)						\
		SKIP(return, "the kernel or the caller's rights lack something"); \
	EXPECT_FINE(status_);							\
} while (0)

#define NEED_ROOT() do {							\
	if (geteuid())								\
		SKIP(return, "needs root");					\
} while (0)

/* --- A reader and another process --- */

enum reader {
	IS_ROOT, NO_ADMIN, NO_PTRACE, NO_PTRACE_OF_OWN, OTHER_USER, IN_NAMESPACE, IS_FILTERED,
	IS_PINNED, READERS,
};

static void child_reads(const struct abi *abi, long reader)
{
	int want = -EACCES;
	pid_t target;

	/* One that has given up its user, not its readers: */
	if (reader == NO_PTRACE) {
		target = fork();
		if (!target) {
			become_nobody();
			child_with_stack(abi, (long)&any);
		}
		wait_for(&report->stage, 1);
	} else {
		target = start_target();
	}
	switch (reader) {
	case IS_ROOT:
		want = 1;
		break;
	case NO_ADMIN:
		drop(1 << CAP_SYS_ADMIN);
		break;
	case NO_PTRACE:
		drop(1 << CAP_SYS_PTRACE);
		break;
	case NO_PTRACE_OF_OWN:
		/* The same user's with as many capabilities: that takes no CAP_SYS_PTRACE. */
		want = 1;
		break;
	case OTHER_USER:
		become_nobody();
		break;
	case IN_NAMESPACE:
		NEED(enter_namespace(CLONE_NEWUSER));
		break;
	case IS_FILTERED:
		CHECK(attach(ALLOW, on(0, 0, ALLOW)), 0);
		want = 1;
		break;
	case IS_PINNED:
		NEED(!pin_flags(&native, PROBE, KILL));
		CHECK(pin(&native, PIN_ERRNO), 0);
		want = 1;
		break;
	}
	CHECK(try_to_read(target), want);
	end_target(target);
}

TEST_F(policy, takes_the_right_to_trace_and_privilege)
{
	NEED_ROOT();
	for (long reader = IS_ROOT; reader < READERS; reader++) {
		int status = run(child_reads, &native, reader);

		if (status == KSFT_SKIP << 8)
			TH_LOG("reader %ld is not to be had", reader);
		else
			EXPECT_FINE(status);
		atomic_store(&report->flag, 1);
	}
}

/* Opened by root, and read by who may not trace the task; or who now has a filter */
static void child_is_given(const struct abi *abi, long filtered)
{
	pid_t target = start_target();
	int fd = open_policy(target);

	CHECK(fd >= 0, true);
	if (filtered)
		CHECK(attach(ALLOW, on(0, 0, ALLOW)), 0);
	else
		become_nobody();
	CHECK(try_fd(fd), filtered ? 1 : -EACCES);
	end_target(target);
}

/* Opened by who is no root, and read by root, a deputy */
static void child_gives(const struct abi *abi, long arg)
{
	int fds[2], fd;
	pid_t target, pid;

	CHECK(pipe(fds), 0);
	target = fork();
	if (!target) {
		become_nobody();
		child_with_stack(&native, (long)&any);
	}
	wait_for(&report->stage, 1);
	/* Descriptors are shared, so that what it opens is there for its parent. */
	pid = syscall(__NR_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (!pid) {
		become_nobody();
		fd = open_policy(target);
		CHECK(try_fd(fd), -EACCES);
		CHECK(write(fds[1], &fd, sizeof(fd)), (ssize_t)sizeof(fd));
		leave(CHILD_DONE);
	}
	CHECK(finish(pid), CHILD_DONE << 8);
	CHECK(read(fds[0], &fd, sizeof(fd)), (ssize_t)sizeof(fd));
	CHECK(fd >= 0, true);
	CHECK(try_fd(fd), -EACCES);
	CHECK(try_to_read(target), 1);
	end_target(target);
}

TEST_F(policy, passed_on_shows_no_more_than_to_both)
{
	NEED_ROOT();
	EXPECT_CASE(child_is_given, false);
	EXPECT_CASE(child_is_given, true);
	EXPECT_CASE(child_gives, 0);
}

/* --- A task and itself --- */

static void child_looks_at_itself(const struct abi *abi, long arg)
{
	int fd;

	become_nobody();
	CHECK(attach(ALLOW, on(NATIVE_ARCH, 110, ERRNO(1)),
		     depends(NATIVE_ARCH, 104, ERRNO(1), ALLOW)), 0);
	CHECK(read_policy(getpid()), 0);
	/* The filter is of a namespace where it has no privilege. */
	CHECK(strcmp(line_of(&native, 110)->verdict, "ERRNO(1)"), 0);
	CHECK(line_of(&native, 110)->filter, -1);
	CHECK(strcmp(line_of(&native, 104)->verdict, "FILTER"), 0);
	CHECK(line_of(&native, 104)->programs, -1);
	CHECK(strcmp(line_of(&native, 39)->verdict, "ALLOW"), 0);

	/* Other credentials, be they the same: to be opened anew. */
	fd = open_policy(getpid());
	CHECK(try_fd(fd), 1);
	drop(0);
	CHECK(try_fd(fd), -EACCES);
	CHECK(try_to_read(getpid()), 1);
	close(fd);
}

TEST_F(policy, of_itself_is_for_everybody)
{
	NEED_ROOT();
	EXPECT_CASE(child_looks_at_itself, 0);
}

static void *looks_at_process(void *arg)
{
	CHECK(try_to_read(getpid()), 1);
	CHECK(try_to_read(syscall(__NR_gettid)), 1);
	return NULL;
}

static void child_with_thread(const struct abi *abi, long arg)
{
	pthread_t thread;

	become_nobody();
	CHECK(attach(ALLOW, on(NATIVE_ARCH, 110, ERRNO(1))), 0);
	CHECK(pthread_create(&thread, NULL, looks_at_process, NULL), 0);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F(policy, of_its_process_is_for_a_thread)
{
	NEED_ROOT();
	EXPECT_CASE(child_with_thread, 0);
}

static void child_looks_around(const struct abi *abi, long arg)
{
	pid_t sibling, child;
	int own;

	become_nobody();
	sibling = start_target();
	CHECK(attach(ALLOW, on(NATIVE_ARCH, 111, ERRNO(1))), 0);
	/* It might trace that, but has no privilege. */
	CHECK(try_to_read(sibling), -EACCES);
	/* Its own file in the hands of another, who may trace it */
	own = open_policy(getpid());
	child = fork();
	if (!child) {
		CHECK(try_fd(own), 1);
		/* And what the child opens is not opened by the task. */
		CHECK(try_to_read(getppid()), -EACCES);
		leave(CHILD_DONE);
	}
	CHECK(finish(child), CHILD_DONE << 8);
	end_target(sibling);
}

TEST_F(policy, of_others_is_not_for_everybody)
{
	NEED_ROOT();
	EXPECT_CASE(child_looks_around, 0);
}

static char copy[64];

/* A copy of this program, owned by root, of @mode; false if there cannot be one */
static bool copy_self(mode_t mode)
{
	int from = open("/proc/self/exe", O_RDONLY), to;
	char page[4096];
	ssize_t got;

	snprintf(copy, sizeof(copy), "/tmp/policy_access_XXXXXX");
	to = mkstemp(copy);
	if (from < 0 || to < 0)
		return false;
	while ((got = read(from, page, sizeof(page))) > 0) {
		if (write(to, page, got) != got)
			return false;
	}
	close(from);
	return !got && !fchown(to, 0, 0) && !fchmod(to, mode) && !close(to);
}

/*
 * The task opens its own file and executes a program, which reads it: as "--read FD
 * ERRNO", see main(). One that changes its user must not print what the caller might
 * not look at; nor does any other, by the same rule.
 */
static void child_executes(const struct abi *abi, long mode)
{
	char fd_text[16];
	int fd;

	/* Filters without no_new_privs, so that the mode counts */
	CHECK(attach(ALLOW, on(NATIVE_ARCH, 110, ERRNO(1))), 0);
	become_nobody();
	fd = open_policy(getpid());
	CHECK(try_fd(fd), 1);
	CHECK(fcntl(fd, F_SETFD, 0), 0);
	snprintf(fd_text, sizeof(fd_text), "%d", fd);
	execl(copy, copy, READ_IT, fd_text, mode & S_ISUID ? "0" : "65534", NULL);
	leave(1);
}

TEST_F(policy, opened_before_an_exec_is_of_no_use)
{
	static const mode_t modes[] = { 0755, 04755 };

	NEED_ROOT();
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		pid_t pid;

		if (!copy_self(modes[i]))
			SKIP(return, "cannot write a program to /tmp");
		memset(report, 0, sizeof(*report));
		pid = fork();
		if (!pid)
			child_executes(&native, modes[i]);
		EXPECT_FINE(finish(pid));
		unlink(copy);
	}
}

/* The program that is executed: @argv[3] is the user that it should be now. */
static int read_it(char **argv)
{
	if (geteuid() != (uid_t)atoi(argv[3]))
		return 2;
	if (try_fd(atoi(argv[2])) != -EACCES)
		return 3;
	/* Opened by what it is now, if it may open it */
	if (geteuid() && try_to_read(getpid()) != 1)
		return 4;
	return CHILD_DONE;
}

/* --- User namespaces --- */

/* An older filter from outside, a newer one from inside, of the namespace of @task */
static void attach_outside(void)
{
	CHECK(attach(ALLOW, on(NATIVE_ARCH, 110, ERRNO(1)),
		     depends(NATIVE_ARCH, 102, ERRNO(1), ALLOW),
		     depends(NATIVE_ARCH, 107, ERRNO(1), ALLOW)), 0);
}

static void attach_inside(void)
{
	CHECK(attach(ALLOW, on(NATIVE_ARCH, 111, ERRNO(2)),
		     depends(NATIVE_ARCH, 104, ERRNO(2), ALLOW),
		     depends(NATIVE_ARCH, 107, ERRNO(2), ALLOW)), 0);
}

/* What is shown of both: one by one, or of the newer one only */
static void check_lines(pid_t pid, bool all)
{
	static const struct {
		__u32 nr;
		const char *verdict;
		long filter, programs, all_filter, all_programs;
	} want[] = {
		{ 39, "ALLOW", -1, -1, -1, -1 },
		{ 110, "ERRNO(1)", -1, -1, 1, -1 },
		{ 111, "ERRNO(2)", 0, -1, 0, -1 },
		{ 102, "FILTER", -1, -1, -1, 1 },
		{ 104, "FILTER", -1, 1, -1, 1 },
		{ 107, "FILTER", -1, -1, -1, 2 },
	};

	CHECK(read_policy(pid), 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct line *l = line_of(&native, want[i].nr);

		CHECK(!l, false);
		if (!l)
			leave(1);
		CHECK(strcmp(l->verdict, want[i].verdict), 0);
		CHECK(l->filter, all ? want[i].all_filter : want[i].filter);
		CHECK(l->programs, all ? want[i].all_programs : want[i].programs);
	}
}

/* The task of a container: a filter of its manager's, a namespace, one of its own */
static pid_t start_container(void)
{
	pid_t pid;

	atomic_store(&report->stage, 0);
	atomic_store(&report->flag, 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		attach_outside();
		if (!enter_namespace(CLONE_NEWUSER)) {
			atomic_store(&report->stage, 2);
			leave(KSFT_SKIP);
		}
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		attach_inside();
		/* It has all capabilities there: a task that looks at itself */
		check_lines(getpid(), false);
		atomic_store(&report->stage, 1);
		wait_for(&report->flag, 1);
		leave(CHILD_DONE);
	}
	wait_for(&report->stage, 1);
	NEED(atomic_load(&report->stage) == 1);
	return pid;
}

/* root of the machine: @arg is 0. Who has started the container, else. */
static void child_started_container(const struct abi *abi, long rootless)
{
	pid_t task, stranger;

	if (rootless)
		become_nobody();
	task = start_container();
	check_lines(task, !rootless);
	if (rootless) {
		/* Nor may another user, or one with a namespace of its own. */
		stranger = fork();
		if (!stranger) {
			NEED(enter_namespace(CLONE_NEWUSER));
			CHECK(try_to_read(task), -EACCES);
			leave(CHILD_DONE);
		}
		CHECK(finish(stranger), CHILD_DONE << 8);
	}
	end_target(task);
}

TEST_F(policy, of_a_container_is_for_who_has_started_it)
{
	NEED_ROOT();
	EXPECT_CASE(child_started_container, 0);
	EXPECT_CASE(child_started_container, 1);
}

/* A monitoring agent inside, with the task's filters: rootless podman's situation */
static void child_agent(const struct abi *abi, long arg)
{
	pid_t task;
	int fd;

	become_nobody();
	attach_outside();
	/* Opened outside, by who has no privilege in the namespace to come */
	fd = open_policy(getpid());
	NEED(enter_namespace(CLONE_NEWUSER));
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	/* unshare() gives other credentials; its opener is the owner of the namespace. */
	CHECK(try_fd(fd), 1);
	atomic_store(&report->stage, 0);
	atomic_store(&report->flag, 0);
	task = fork();
	if (!task) {
		attach_inside();
		atomic_store(&report->stage, 1);
		wait_for(&report->flag, 1);
		leave(CHILD_DONE);
	}
	wait_for(&report->stage, 1);
	check_lines(task, false);
	/* Of the agent itself, all filters are from outside. */
	CHECK(read_policy(getpid()), 0);
	CHECK(line_of(&native, 110)->filter, -1);
	CHECK(line_of(&native, 102)->programs, -1);
	end_target(task);
}

TEST_F(policy, of_a_container_is_for_its_root)
{
	NEED_ROOT();
	EXPECT_CASE(child_agent, 0);
}

/* --- PID namespaces --- */

static void child_in_pid_namespace(const struct abi *abi, long arg)
{
	pid_t first, target;

	NEED(enter_namespace(CLONE_NEWPID | CLONE_NEWNS));
	first = fork();
	if (!first) {
		NEED(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		NEED(!mount("proc", "/proc", "proc", 0, NULL));
		target = start_target();
		CHECK(getpid(), 1);
		CHECK(try_to_read(target), 1);
		CHECK(try_to_read(getpid()), 0);
		drop(1 << CAP_SYS_ADMIN);
		CHECK(try_to_read(target), -EACCES);
		end_target(target);
		leave(CHILD_DONE);
	}
	leave(WEXITSTATUS(finish(first)));
}

TEST_F(policy, is_read_in_a_pid_namespace)
{
	NEED_ROOT();
	EXPECT_CASE(child_in_pid_namespace, 0);
}

static void *lives_on(void *arg)
{
	report->seen = syscall(__NR_gettid);
	atomic_store(&report->stage, 1);
	wait_for(&report->flag, 1);
	leave(CHILD_DONE);
	return NULL;
}

/* The main thread ends, and with it its filters; the other one goes on with the same. */
static void child_goes_on(const struct abi *abi, long arg)
{
	pthread_t thread;

	CHECK(attach(ALLOW, on(NATIVE_ARCH, 112, ERRNO(1))), 0);
	CHECK(pthread_create(&thread, NULL, lives_on, NULL), 0);
	syscall(__NR_exit, 0);
}

TEST_F(policy, of_a_thread_that_has_ended_is_not_empty)
{
	pid_t pid;
	int ret;

	NEED_ROOT();
	pid = start(child_goes_on, &native, 0);
	wait_for(&report->stage, 1);
	for (int i = 0; (ret = try_to_read(pid)) == 1 && i < 1000; i++)
		usleep(10000);
	EXPECT_EQ(-ESRCH, ret);
	EXPECT_EQ(1, try_to_read(report->seen));
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
}

TEST_F(policy, is_for_its_owner_to_read)
{
	struct stat st;

	ASSERT_EQ(0, stat("/proc/self/seccomp_policy", &st));
	EXPECT_EQ(0400, st.st_mode & 07777);
	EXPECT_TRUE(S_ISREG(st.st_mode));
}
#else
TEST(policy)
{
	SKIP(return, "knows the tables of x86-64 only");
}
#endif /* __x86_64__ */

int main(int argc, char **argv)
{
#ifdef __x86_64__
	if (argc == 4 && !strcmp(argv[1], READ_IT))
		return read_it(argv);
#endif
	if (!set_up_pins())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
