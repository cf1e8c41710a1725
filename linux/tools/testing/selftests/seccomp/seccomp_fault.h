/* SPDX-License-Identifier: GPL-2.0 */
/* What tests of failing allocations share: to have each fail in turn, and look what is left */

#ifndef _SECCOMP_FAULT_H
#define _SECCOMP_FAULT_H

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define DEBUGFS		"/sys/kernel/debug"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

/* More than any attach makes; then something is wrong with the counting. */
#define MOST_ALLOCATIONS	400

/* What the filters under test do to some calls that nothing else needs. */
#define DENIED_ERRNO	71
#define OLDER_ERRNO	72

/* Exit statuses of a child that tries one failure. */
enum result {
	INJECTED,	/* the allocation failed, and all was well */
	DONE,		/* there are not so many allocations */
	BROKEN,
};

/* Attach what attach_classic() says to attach. */
typedef long (*attach_t)(unsigned int flags, unsigned int err, unsigned int arg);

struct attempt {
	unsigned int flags;
	bool on_older;		/* there is a filter already */
	attach_t attach;
};

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return done;
}

/* Have allocations fail that may sleep, and single pages. Returns why not. */
static const char *prepare_injection(void)
{
	mount("none", DEBUGFS, "debugfs", 0, NULL);
	if (access(FAIL_NTH, W_OK))
		return "no fail-nth: needs CONFIG_FAULT_INJECTION and root";
	if (!put(DEBUGFS "/failslab/ignore-gfp-wait", "N") ||
	    !put(DEBUGFS "/failslab/verbose", "0"))
		return "needs CONFIG_FAILSLAB and debugfs";
	if (!put(DEBUGFS "/fail_page_alloc/ignore-gfp-wait", "N") ||
	    !put(DEBUGFS "/fail_page_alloc/min-order", "0") ||
	    !put(DEBUGFS "/fail_page_alloc/verbose", "0"))
		return "needs CONFIG_FAIL_PAGE_ALLOC and debugfs";
	return NULL;
}

/* Deny getppid(), and personality() unless asked with @arg; allow the rest. */
static inline long attach_classic(unsigned int flags, unsigned int err, unsigned int arg)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_personality, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arg, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(insns), .filter = insns };

	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

static inline bool denied(long ret, int err)
{
	return ret == -1 && errno == err;
}

/* Is what the calls do what it should be, with @newest in force or not? */
static inline bool as_it_should(bool newest, bool older)
{
	int err = newest ? DENIED_ERRNO : OLDER_ERRNO;
	bool filtered = newest || older;

	if (denied(syscall(__NR_getppid), err) != filtered)
		return false;
	/* The newest lets 0xffffffff pass, the older one nothing. */
	if (denied(syscall(__NR_personality, 0xffffffff), OLDER_ERRNO) != older)
		return false;
	if (denied(syscall(__NR_personality, 0x100000), err) != filtered)
		return false;
	/* Allowed by all, with and without a table. */
	return syscall(__NR_getpid) > 0 && syscall(__NR_close, -1) == -1 && errno == EBADF;
}

static inline void *idle(void *pipe_end)
{
	char byte;

	return (void *)(long)read((int)(long)pipe_end, &byte, 1);
}

static inline enum result try_failure(const struct attempt *how, int nth)
{
	char text[16];
	int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC), hold[2];
	pthread_t thread;
	long ret, left;

	if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return BROKEN;
	if (how->on_older && attach_classic(0, OLDER_ERRNO, 0x7fffffff))
		return BROKEN;
	if (how->flags & SECCOMP_FILTER_FLAG_TSYNC &&
	    (pipe(hold) || pthread_create(&thread, NULL, idle, (void *)(long)hold[0])))
		return BROKEN;

	snprintf(text, sizeof(text), "%d", nth);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		return BROKEN;
	ret = how->attach(how->flags, DENIED_ERRNO, 0xffffffff);
	if (ret < 0)
		ret = -errno;

	/* What is left of the count says whether it came to the failure. */
	memset(text, 0, sizeof(text));
	if (pread(fd, text, sizeof(text) - 1, 0) <= 0 || pwrite(fd, "0", 1, 0) != 1)
		return BROKEN;
	left = atol(text);

	if (ret < 0 && ret != -ENOMEM) {
		fprintf(stderr, "allocation %d: attach failed with %ld\n", nth, ret);
		return BROKEN;
	}
	if (ret < 0 && left) {
		fprintf(stderr, "allocation %d: attach failed for no reason\n", nth);
		return BROKEN;
	}
	if (!as_it_should(ret >= 0, how->on_older)) {
		fprintf(stderr, "allocation %d: attach returned %ld, calls behave otherwise\n",
			nth, ret);
		return BROKEN;
	}
	return left ? DONE : INJECTED;
}

/* How many allocations failed in turn, all being well; -1 if it was not. */
static inline int fail_in_turn(const struct attempt *how)
{
	for (int nth = 1; nth <= MOST_ALLOCATIONS; nth++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(try_failure(how, nth));
		if (pid < 0 || waitpid(pid, &status, 0) != pid ||
		    !WIFEXITED(status) || WEXITSTATUS(status) == BROKEN)
			return -1;
		if (WEXITSTATUS(status) == DONE)
			return nth - 1;
	}
	return -1;
}

#endif /* _SECCOMP_FAULT_H */
