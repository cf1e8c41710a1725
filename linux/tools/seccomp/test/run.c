// SPDX-License-Identifier: GPL-2.0
/* Start processes with filters, and run the tool on them */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bitops.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"
#include "util.h"

#define PIN_ARCHITECTURE	4

/* What older headers do not have yet. */
#ifndef SECCOMP_FILTER_FLAG_BPF_PROG_FD
#define SECCOMP_FILTER_FLAG_BPF_PROG_FD	BIT(6)
#endif

const char *const abi_names[ABIS] = { "x86_64", "ia32", "x32" };

/* Only a call of an ABI pins to that. Returns 0 or an error. */
static int pin(int abi, const u32 *action)
{
	long ret = 354;

	switch (abi) {
	case X86_64:
		return syscall(SYS_seccomp, PIN_ARCHITECTURE, 0, action) ? errno : 0;
	case X32:
		return syscall(X32_BIT | SYS_seccomp, PIN_ARCHITECTURE, 0, action) ? errno : 0;
	default:
		/* It takes no pointer that is so far away. */
		asm volatile("int $0x80" : "+a" (ret)
			     : "b" (PIN_ARCHITECTURE), "c" (0), "d" (0)
			     : "r8", "r9", "r10", "r11", "memory");
		return -ret;
	}
}

static int attach(const struct stack *s, unsigned int i)
{
	struct sock_fprog fprog = {
		.len = s->len[i],
		.filter = (struct sock_filter *)s->insns[i],
	};
	void *args = &fprog;
	long flags = 0;

	if (s->kind[i] == PIN)
		return pin(s->abi[i], s->ret[i] == SECCOMP_RET_KILL_PROCESS ? NULL : &s->ret[i]);
	if (s->kind[i] == EBPF) {
		args = (void *)&s->fd[i];
		flags = SECCOMP_FILTER_FLAG_BPF_PROG_FD;
	}
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, args) ? errno : 0;
}

/* It makes no call any more then, since any might be its last. */
__noreturn
static void hold(const struct stack *s, int *state)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (unsigned int i = 0; i < s->nr; i++) {
		int err = attach(s, i);

		if (err) {
			__atomic_store_n(state, err, __ATOMIC_RELEASE);
			_exit(1);
		}
	}
	__atomic_store_n(state, -1, __ATOMIC_RELEASE);
	for (;;)
		;
}

/**
 * start - start a process
 * @s: the filters that it shall have
 *
 * Return: The process, for stop(); 0 if it could not attach them.
 */
pid_t start(const struct stack *s)
{
	int *state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, result;
	pid_t pid;

	if (state == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	fflush(stdout);
	pid = fork();
	if (!pid)
		hold(s, state);
	/* If a filter kills it, then it says nothing. */
	while (!__atomic_load_n(state, __ATOMIC_ACQUIRE) && !waitpid(pid, &status, WNOHANG))
		usleep(1000);
	result = *state;
	munmap(state, sizeof(*state));
	if (result == -1)
		return pid;
	fprintf(stderr, "filters cannot be attached: %s\n", strerror(result));
	stop(pid);
	return 0;
}

/**
 * stop - end a process
 * @pid: it, or 0
 */
void stop(pid_t pid)
{
	/* Not the whole group. */
	if (!pid)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/**
 * run_as - run a program
 * @prepare: what to do before, in the new process; or NULL
 * @argv: the program and its arguments
 * @output: what it writes, errors included, OUTPUT_MAX bytes
 *
 * Return: its exit status; -1 if it did not exit.
 */
int run_as(void (*prepare)(void), char *const argv[], char *output)
{
	int fds[2], program, status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	fflush(stdout);
	/* Who it becomes may not have the right to all folders above it. */
	program = open(argv[0], O_PATH | O_CLOEXEC);
	if (program < 0 || pipe2(fds, O_CLOEXEC)) {
		perror(argv[0]);
		exit(2);
	}
	pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		if (prepare)
			prepare();
		fexecve(program, argv, environ);
		_exit(127);
	}
	close(fds[1]);
	close(program);
	while ((n = read(fds[0], output + len, OUTPUT_MAX - 1 - len)) > 0)
		len += n;
	output[len] = '\0';
	close(fds[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/**
 * run - run a program
 * @argv: the program and its arguments
 * @output: what it writes, errors included, OUTPUT_MAX bytes
 *
 * Return: its exit status; -1 if it did not exit.
 */
int run(char *const argv[], char *output)
{
	return run_as(NULL, argv, output);
}

static bool parse_action(const char *line, const char *key, u32 *ret)
{
	static const struct {
		const char *name;
		u32 action;
	} actions[] = {
		{ "ALLOW\"", SECCOMP_RET_ALLOW },
		{ "LOG\"", SECCOMP_RET_LOG },
		{ "TRACE\"", SECCOMP_RET_TRACE },
		{ "USER_NOTIF\"", SECCOMP_RET_USER_NOTIF },
		{ "ERRNO\"", SECCOMP_RET_ERRNO },
		{ "TRAP\"", SECCOMP_RET_TRAP },
		{ "KILL_THREAD\"", SECCOMP_RET_KILL_THREAD },
		{ "KILL_PROCESS\"", SECCOMP_RET_KILL_PROCESS },
	};
	const char *value = strstr(line, key);

	for (unsigned int i = 0; value && i < sizeof(actions) / sizeof(*actions); i++) {
		if (!strncmp(value + strlen(key), actions[i].name, strlen(actions[i].name))) {
			*ret = actions[i].action;
			return true;
		}
	}
	return false;
}

static bool parse_number(const char *line, const char *key, u32 *number)
{
	const char *value = strstr(line, key);

	return value && sscanf(value + strlen(key), "%u", number) == 1;
}

static bool parse_answer(const char *line, struct answer *a)
{
	u32 number;

	if (sscanf(line, " {\"first\": %u, \"last\": %u,", &a->first, &a->last) != 2)
		return false;
	a->filter = parse_number(line, "\"filter\": ", &number) ? (int)number : -1;
	a->constant = parse_action(line, "\"action\": \"", &a->ret);
	if (a->constant) {
		if (parse_number(line, "\"data\": ", &number))
			a->ret |= number;
		return true;
	}
	parse_number(line, "\"longest\": ", &a->longest);
	a->strictest = SECCOMP_RET_KILL_PROCESS;
	a->mildest = SECCOMP_RET_ALLOW;
	parse_action(line, "\"strictest\": \"", &a->strictest);
	parse_action(line, "\"mildest\": \"", &a->mildest);
	return strstr(line, "\"action\": \"FILTER\"") &&
	       parse_number(line, "\"programs\": ", &a->programs);
}

/**
 * parse - take the tool's JSON apart, by its lines
 * @json: what it printed
 * @answers: where to put it
 *
 * Return: false if there is something that is not understood.
 */
bool parse(const char *json, struct answers *answers)
{
	static char copy[OUTPUT_MAX];
	bool entries = false;
	int abi = -1;

	answers->nr = 0;
	memcpy(copy, json, strlen(json) + 1);
	for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
		char name[16];
		int end = 0;

		/* The end of the line is told by %n, and set only there. */
		if (sscanf(line, "  \"%15[^\"]\": [%n", name, &end) == 1 && end && !line[end]) {
			if (!strcmp(name, "filters"))
				continue;
			abi++;
			entries = abi < ABIS && !strcmp(name, abi_names[abi]);
			if (!entries)
				return false;
			continue;
		}
		if (!entries || !strchr(line, '{'))
			continue;
		if (answers->nr == ENTRIES_MAX)
			return false;
		answers->all[answers->nr] = (struct answer){ .abi = abi };
		if (!parse_answer(line, &answers->all[answers->nr++]))
			return false;
	}
	return abi == ABIS - 1;
}
