// SPDX-License-Identifier: GPL-2.0
/* eBPF filters that change hands: privileged loaders, unprivileged attachers, tokens */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"

#include <linux/mount.h>
#include <sys/socket.h>

#define NOBODY	65534

/* Between a case and its child */
static int ends[2];

static void send_file(int end, int fd)
{
	char byte = 'f', control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&msg);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	/* None is told by a message without one. */
	if (fd < 0)
		msg.msg_controllen = 0;
	CHECK(sendmsg(end, &msg, 0), 1);
}

static int receive_file(int end)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	int fd = -1;

	if (recvmsg(end, &msg, 0) != 1)
		return -1;
	header = CMSG_FIRSTHDR(&msg);
	if (header)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* --- A loader and others --- */

static long try_test_run(int fd)
{
	struct seccomp_data data = {};
	__u32 retval;

	return test_run(fd, &data, &retval);
}

/* How a child gets unprivileged, and what it still may */
struct deputy {
	bool promise, own_namespace;
	int attach;
};

static void child_deputy(const struct abi *abi, long arg)
{
	const struct deputy *d = (void *)arg;
	int fd;

	CHECK(setresgid(NOBODY, NOBODY, NOBODY), 0);
	CHECK(setresuid(NOBODY, NOBODY, NOBODY), 0);
	if (d->own_namespace && unshare(CLONE_NEWUSER))
		leave(KSFT_SKIP);
	if (d->promise)
		CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	/* It cannot load one, not as the master of its own namespace either. */
	CHECK(LOAD_EBPF(VERDICT(ALLOW)), -EPERM);
	fd = receive_file(ends[1]);
	CHECK(fd >= 0, true);
	/* Nor use it for something else than to attach it. */
	CHECK(try_test_run(fd), -EPERM);
	CHECK(attach_ebpf(0, fd), d->attach);
	CHECK(call(abi, GETPPID) == -DENIED, !d->attach);
	CHECK(LOAD_EBPF(VERDICT(ALLOW)), -EPERM);
	CHECK(try_test_run(fd), -EPERM);
	CHECK(open_id(report->told[0]), -EPERM);
	leave(CHILD_DONE);
}

TEST(privileged_loader_hands_a_filter_over)
{
	static const struct deputy deputies[] = {
		{ false, false, -EACCES }, { true, false, 0 },
		{ false, true, 0 }, { true, true, 0 },
	};

	NEED_EBPF();
	if (geteuid())
		SKIP(return, "needs root");
	for (size_t i = 0; i < ARRAY_SIZE(deputies); i++) {
		int fd = load_constant(&native, native.nr[GETPPID], DENY), status;
		pid_t pid;

		ASSERT_LOADED(fd);
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
		memset(report, 0, sizeof(*report));
		report->told[0] = id_of(fd);
		/* Not by start(), which makes the promise */
		pid = fork();
		if (!pid)
			child_deputy(&native, (long)&deputies[i]);
		send_file(ends[0], fd);
		status = finish(pid);
		close(fd);
		close(ends[0]);
		close(ends[1]);
		if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
			continue;
		EXPECT_FINE(status);
	}
}

/* --- Tokens --- */

static int configure(int fs, int cmd, const char *key, const char *value)
{
	return syscall(__NR_fsconfig, fs, cmd, key, value, 0);
}

/* In the initial namespace: let who opened @fs do with BPF what he likes; return the mount. */
static int delegate(int fs)
{
	static const char *const keys[] = {
		"delegate_cmds", "delegate_maps", "delegate_progs", "delegate_attachs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (configure(fs, FSCONFIG_SET_STRING, keys[i], "any"))
			return -1;
	}
	if (configure(fs, FSCONFIG_CMD_CREATE, NULL, NULL))
		return -1;
	return syscall(__NR_fsmount, fs, 0, 0);
}

static int create_token(int mount)
{
	int dir = openat(mount, ".", O_RDONLY | O_DIRECTORY);
	union bpf_attr attr;
	int token;

	memset(&attr, 0, sizeof(attr));
	attr.token_create.bpffs_fd = dir;
	token = sys_bpf(BPF_TOKEN_CREATE, &attr);
	close(dir);
	return token;
}

static int load_with_token(int token)
{
	struct bpf_insn insn[] = { VERDICT(ALLOW) };
	union bpf_attr attr = program_attr(insn, ARRAY_SIZE(insn));

	attr.prog_flags = BPF_F_TOKEN_FD;
	attr.prog_token_fd = token;
	return load_attr(&attr);
}

/* In a namespace below the one that the token is of */
static void try_below(int fd)
{
	pid_t pid = fork();

	if (!pid) {
		if (unshare(CLONE_NEWUSER))
			leave(1);
		CHECK(LOAD_EBPF(VERDICT(ALLOW)), -EPERM);
		CHECK(try_test_run(fd), -EPERM);
		CHECK(attach_ebpf(0, fd), 0);
		leave(CHILD_DONE);
	}
	CHECK(finish(pid), CHILD_DONE << 8);
}

static void child_with_token(const struct abi *abi, long arg)
{
	int fs, mount, token, fd;

	CHECK(setresgid(NOBODY, NOBODY, NOBODY), 0);
	CHECK(setresuid(NOBODY, NOBODY, NOBODY), 0);
	/* Who has changed his user may not write his own map. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (unshare(CLONE_NEWUSER) || unshare(CLONE_NEWNS) ||
	    !write_file("/proc/self/setgroups", "deny") ||
	    !write_file("/proc/self/uid_map", "0 65534 1") ||
	    !write_file("/proc/self/gid_map", "0 65534 1"))
		leave(KSFT_SKIP);
	fs = syscall(__NR_fsopen, "bpf", 0);
	send_file(ends[1], fs);
	mount = receive_file(ends[1]);
	if (fs < 0 || mount < 0)
		leave(KSFT_SKIP);
	token = create_token(mount);
	if (token < 0)
		leave(KSFT_SKIP);
	CHECK(LOAD_EBPF(VERDICT(ALLOW)), -EPERM);
	fd = load_with_token(token);
	CHECK(fd >= 0, true);
	CHECK(LOAD_EBPF(VERDICT(ALLOW)), -EPERM);
	/* The program remembers the token. */
	CHECK(try_test_run(fd), 0);
	send_file(ends[1], fd);
	try_below(fd);
	CHECK(attach_ebpf(0, fd), 0);
	CHECK(attach_ebpf(SECCOMP_FILTER_FLAG_TSYNC, fd), 0);
	CHECK(prctl(PR_GET_SECCOMP), SECCOMP_MODE_FILTER);
	atomic_store(&report->stage, 1);
	wait_for(&report->flag, 1);
}

/* In the initial namespace, and in one beside that of the token */
static void child_foreign(const struct abi *abi, long fd)
{
	int own;

	CHECK(attach_ebpf(0, fd), -EPERM);
	CHECK(attach_ebpf(SECCOMP_FILTER_FLAG_NEW_LISTENER, fd), -EPERM);
	CHECK(prctl(PR_GET_SECCOMP), SECCOMP_MODE_DISABLED);
	own = LOAD_EBPF(VERDICT(ALLOW));
	/* The initial namespace's capabilities count in all. */
	CHECK(try_test_run(fd), 0);
	CHECK(try_test_run(own), 0);
	CHECK(unshare(CLONE_NEWUSER), 0);
	CHECK(try_test_run(fd), -EPERM);
	CHECK(try_test_run(own), -EPERM);
	CHECK(attach_ebpf(0, fd), -EPERM);
	CHECK(prctl(PR_GET_SECCOMP), SECCOMP_MODE_DISABLED);
	CHECK(attach_ebpf(0, own), 0);
}

TEST(filter_of_a_token_stays_in_its_namespace)
{
	int fs, mount, fd, status;
	pid_t pid;

	NEED_EBPF();
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
	pid = start(child_with_token, &native, 0);
	close(ends[1]);
	fs = receive_file(ends[0]);
	mount = fs < 0 ? -1 : delegate(fs);
	if (fs >= 0)
		send_file(ends[0], mount);
	fd = receive_file(ends[0]);
	if (fd >= 0) {
		struct report told;

		wait_for(&report->stage, 1);
		/* Others use the report meanwhile. */
		told = *report;
		EXPECT_FINE(run(child_foreign, &native, fd));
		*report = told;
		close(fd);
		atomic_store(&report->flag, 1);
	}
	status = finish(pid);
	close(ends[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		SKIP(return, "no BPF tokens here");
	EXPECT_FINE(status);
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
