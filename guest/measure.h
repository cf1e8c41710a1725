/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time system calls, and keep filters in processes of their own
 *
 * Time is read with RDTSC: in a guest whose clock counts instructions
 * ("tools/vm --icount") it is instructions and repeats exactly; elsewhere it is
 * cycles and does not. Whatever fails ends the program, with status 2.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The smallest of ROUNDS is taken: timer ticks make the others longer. */
#define ROUNDS 40
#define CALLS_PER_ROUND 64

enum entry { SYSCALL, INT80 };

/* INT80 takes the first three arguments only. */
struct call {
	enum entry entry;
	long nr;
	long args[6];
};

static void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(2);
}

static inline long invoke(const struct call *c)
{
	register long fourth asm("r10") = c->args[3];
	register long fifth asm("r8") = c->args[4];
	register long sixth asm("r9") = c->args[5];
	long ret;

	if (c->entry == INT80) {
		asm volatile("int $0x80"
			     : "=a" (ret)
			     : "a" (c->nr), "b" (c->args[0]), "c" (c->args[1]), "d" (c->args[2])
			     : "memory", "r8", "r9", "r10", "r11");
	} else {
		asm volatile("syscall"
			     : "=a" (ret)
			     : "a" (c->nr), "D" (c->args[0]), "S" (c->args[1]),
			       "d" (c->args[2]), "r" (fourth), "r" (fifth), "r" (sixth)
			     : "memory", "rcx", "r11");
	}
	return ret;
}

static inline uint64_t cost_of(const struct call *c)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = __rdtsc(), spent;

		for (int i = 0; i < CALLS_PER_ROUND; i++)
			invoke(c);
		spent = (__rdtsc() - start) / CALLS_PER_ROUND;
		if (spent < best)
			best = spent;
	}
	return best;
}

static inline void no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("no_new_privs");
}

/* Memory that children fill in for their parent. */
static inline void *share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

/* Filters may look at all of a call's arguments, those that it has not too. */
static inline void leave(void)
{
	static const struct call exit_group = { .nr = SYS_exit_group };

	invoke(&exit_group);
	abort();
}

/* Have @work attach and measure, in a child of its own. */
static inline void in_child(void (*work)(int), int argument)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		work(argument);
		fflush(stdout);
		leave();
	}
	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	if (status) {
		fprintf(stderr, "%s: a child ended with wait status %#x\n",
			program_invocation_short_name, status);
		exit(2);
	}
}

/*
 * The JIT's page pack is warm while another process has a filter in it; the
 * last filter to go takes the pack along.
 */
static inline pid_t attach_elsewhere(void (*work)(int), int argument)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (!pid) {
		work(argument);
		raise(SIGSTOP);
		leave();
	}
	if (waitpid(pid, &status, WUNTRACED) < 0 || !WIFSTOPPED(status))
		die("a filter elsewhere");
	return pid;
}

static inline void detach_elsewhere(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
