// SPDX-License-Identifier: GPL-2.0
/* How user space finds out what a kernel can do, each held against what it then does */

/*
 * The functions on top are meant to be copied. Each works on kernels with and without
 * what it asks for, needs no privileges but where it says so, and changes nothing.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

/* What older headers do not have */
#ifndef SECCOMP_PIN_ARCHITECTURE
#define SECCOMP_PIN_ARCHITECTURE	4
#define SECCOMP_PIN_FLAG_TSYNC		0x1UL
#define SECCOMP_PIN_FLAG_PROBE		0x80000000UL
#endif
#ifndef SECCOMP_FILTER_FLAG_BPF_PROG_FD
#define SECCOMP_FILTER_FLAG_BPF_PROG_FD	0x10000UL
#endif
#define GET_METADATA			0x420d

static int seccomp(unsigned int op, unsigned int flags, void *args)
{
	return syscall(__NR_seccomp, op, flags, args) < 0 ? -errno : 0;
}

/* Can this thread be pinned to the ABI that it makes this call by? EINVAL if not. */
static bool has_pins(void)
{
	return !seccomp(SECCOMP_PIN_ARCHITECTURE, SECCOMP_PIN_FLAG_PROBE, NULL);
}

/* And all threads of the process at once? */
static bool has_pins_for_all(void)
{
	return !seccomp(SECCOMP_PIN_ARCHITECTURE,
			SECCOMP_PIN_FLAG_PROBE | SECCOMP_PIN_FLAG_TSYNC, NULL);
}

/* Can an eBPF program be a filter? A kernel that knows the flag looks at the pointer. */
static bool has_ebpf_filters(void)
{
	return seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_BPF_PROG_FD, NULL) == -EFAULT;
}

/* Can the policy in force be read? Where action tables are off, reading fails. */
static bool has_policy(void)
{
	return !access("/proc/self/seccomp_policy", F_OK);
}

/*
 * Do filters have numbers? @pid is traced, is stopped, and has a filter; the caller has
 * CAP_SYS_ADMIN and no filter.
 */
static bool has_filter_ids(pid_t pid)
{
	__u64 metadata[6] = { 0 };	/* filter_off, flags, filter_id, parent_id, ... */

	return ptrace(GET_METADATA, pid, sizeof(metadata), metadata) >= 32;
}

/* --- What it then does --- */

static int attach_allow(void)
{
	struct sock_filter insn = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &insn };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static int in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(fn());
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Returns an errno, 200 if it is in filter mode without having been told so, or 0. */
static int pin_with(unsigned int flags)
{
	int ret;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	ret = seccomp(SECCOMP_PIN_ARCHITECTURE, flags, NULL);
	if ((prctl(PR_GET_SECCOMP) == 2) != !ret)
		return 200;
	return -ret;
}

static int pin(void)
{
	return pin_with(0);
}

static int pin_for_all(void)
{
	return pin_with(SECCOMP_PIN_FLAG_TSYNC);
}

TEST(pins_are_detected)
{
	EXPECT_EQ(has_pins() ? 0 : EINVAL, in_child(pin));
	EXPECT_EQ(has_pins_for_all() ? 0 : EINVAL, in_child(pin_for_all));
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
}

/* Returns an errno for a descriptor that is not open. */
static int attach_no_program(void)
{
	int fd = -1;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return -seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_BPF_PROG_FD, &fd);
}

/* What two series that are discussed use is nobody's yet. */
static int attach_by_bit_6(void)
{
	struct sock_filter insn = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &insn };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return -seccomp(SECCOMP_SET_MODE_FILTER, 1U << 6, &prog);
}

TEST(ebpf_filters_are_detected)
{
	EXPECT_EQ(has_ebpf_filters() ? EBADF : EINVAL, in_child(attach_no_program));
	EXPECT_EQ(EINVAL, in_child(attach_by_bit_6));
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
}

/* Returns 0 if there is text, or the errno of opening or reading. */
static int read_own_policy(void)
{
	char text[16];
	ssize_t got;
	int fd;

	if (attach_allow())
		return 200;
	fd = open("/proc/self/seccomp_policy", O_RDONLY);
	if (fd < 0)
		return errno;
	got = read(fd, text, sizeof(text));
	return got < 0 ? errno : !got;
}

TEST(policy_is_detected)
{
	int err = in_child(read_own_policy);

	if (!err || err == EOPNOTSUPP) {
		EXPECT_TRUE(has_policy());
	} else {
		EXPECT_EQ(ENOENT, err);
		EXPECT_FALSE(has_policy());
	}
}

TEST(filter_ids_are_detected)
{
	__u64 metadata[6] = { 0, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL };
	pid_t pid = fork();
	long ret;

	if (!pid) {
		attach_allow();
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	ret = ptrace(GET_METADATA, pid, sizeof(metadata), metadata);
	if (ret < 0) {
		ptrace(PTRACE_KILL, pid, NULL, NULL);
		SKIP(return, "needs CAP_SYS_ADMIN and CONFIG_CHECKPOINT_RESTORE");
	}
	if (has_filter_ids(pid)) {
		EXPECT_EQ((long)sizeof(metadata), ret);
		EXPECT_NE(0ULL, metadata[2]);
		EXPECT_EQ(0ULL, metadata[3]);
	} else {
		EXPECT_EQ(16, ret);
		EXPECT_EQ(~0ULL, metadata[2]);
	}
	EXPECT_EQ(0, ptrace(PTRACE_CONT, pid, NULL, NULL));
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
}

TEST_HARNESS_MAIN
