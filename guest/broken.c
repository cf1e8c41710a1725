// SPDX-License-Identifier: GPL-2.0
/*
 * Make the calls that kernels broken on purpose answer wrong, see tests/broken.patch,
 * and print what each of them got: "ok CASE" if that is what the filters return
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(action)	BPF_STMT(BPF_RET | BPF_K, (action))
#define ARG0		offsetof(struct seccomp_data, args[0])

/* The numbers of i386 and of x86-64 that are 20. */
#define NR_I386_GETPID	20
_Static_assert(__NR_writev == NR_I386_GETPID, "a number of both ABIs");

static void attach(unsigned int flags, struct sock_filter *insns, unsigned short len)
{
	struct sock_fprog prog = { .len = len, .filter = insns };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog)) {
		perror("attach");
		_exit(2);
	}
}
#define ATTACH(flags, ...) do {						\
	struct sock_filter insns[] = { __VA_ARGS__ };			\
	attach(flags, insns, sizeof(insns) / sizeof(*insns));		\
} while (0)

/* Attach a filter that does @action to @nr. */
static void refuse(unsigned int flags, int nr, uint32_t action)
{
	ATTACH(flags, LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
	       RET(action), RET(SECCOMP_RET_ALLOW));
}

/* Attach a filter that refuses personality(@arg). */
static void refuse_argument(uint32_t arg, int error)
{
	ATTACH(0, LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_personality, 0, 3),
	       BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG0),
	       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arg, 0, 1),
	       RET(SECCOMP_RET_ERRNO | error), RET(SECCOMP_RET_ALLOW));
}

static int error_of(long nr, long arg)
{
	return syscall(nr, arg) < 0 ? errno : 0;
}

/* The cases run in a process of their own each, and return whether all is well. */

static bool bit(void)
{
	refuse(0, __NR_getppid, SECCOMP_RET_ERRNO | 7);
	return error_of(__NR_getppid, 0) == 7;
}

static bool window(void)
{
	long ret;

	ATTACH(0, LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 0, 3),
	       LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NR_I386_GETPID, 0, 1),
	       RET(SECCOMP_RET_ERRNO | 7), RET(SECCOMP_RET_ALLOW));
	asm volatile("int $0x80" : "=a"(ret) : "a"(NR_I386_GETPID)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret == -7;
}

static pthread_barrier_t barrier;

static void *call_when_synced(void *nothing __attribute__((unused)))
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return (void *)(intptr_t)error_of(__NR_getppid, 0);
}

static bool stale(void)
{
	pthread_t thread;
	void *error;

	refuse(0, __NR_getegid, SECCOMP_RET_ERRNO | 1);
	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, call_when_synced, NULL))
		return false;
	pthread_barrier_wait(&barrier);
	refuse(SECCOMP_FILTER_FLAG_TSYNC, __NR_getppid, SECCOMP_RET_ERRNO | 7);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, &error);
	return (intptr_t)error == 7;
}

static bool jump(void)
{
	refuse_argument(5, 7);
	return error_of(__NR_personality, 5) == 7 && !error_of(__NR_personality, 0xffffffff);
}

static bool drop(void)
{
	refuse_argument(2, 2);
	refuse_argument(1, 1);
	return error_of(__NR_personality, 1) == 1 && error_of(__NR_personality, 2) == 2;
}

static bool older(void)
{
	refuse(0, __NR_getppid, SECCOMP_RET_ERRNO | 3);
	refuse(0, __NR_getppid, SECCOMP_RET_ERRNO | 4);
	return error_of(__NR_getppid, 0) == 4;
}

/* A tracer makes getppid() into getegid(), which is refused. */
static bool number(void)
{
	struct user_regs_struct regs;
	int status;
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		refuse(0, __NR_getegid, SECCOMP_RET_ERRNO | 7);
		refuse(0, __NR_getppid, SECCOMP_RET_TRACE);
		_exit(error_of(__NR_getppid, 0));
	}
	if (waitpid(pid, &status, 0) != pid ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) ||
	    ptrace(PTRACE_CONT, pid, 0, 0) || waitpid(pid, &status, 0) != pid ||
	    status >> 8 != (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) ||
	    ptrace(PTRACE_GETREGS, pid, 0, &regs))
		return false;
	regs.orig_rax = __NR_getegid;
	return !ptrace(PTRACE_SETREGS, pid, 0, &regs) && !ptrace(PTRACE_CONT, pid, 0, 0) &&
	       waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static const struct {
	const char *name;
	bool (*run)(void);
} cases[] = {
	{ "bit", bit }, { "window", window }, { "stale", stale }, { "jump", jump },
	{ "drop", drop }, { "older", older }, { "number", number },
};

int main(void)
{
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int status = 1;
		pid_t pid = fork();

		if (!pid) {
			alarm(60);
			_exit(!cases[i].run());
		}
		if (pid > 0)
			waitpid(pid, &status, 0);
		printf("%s %s\n", status ? "not ok" : "ok", cases[i].name);
		fflush(stdout);
	}
	return 0;
}
