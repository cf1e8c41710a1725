// SPDX-License-Identifier: GPL-2.0
/*
 * Copy the seccomp filters that a command and its descendants install
 *
 * DIR gets each program, as the kernel got it, in NUMBER.bpf, and a line in
 * "log" for it: NUMBER BELOW ABI COMM CGROUP, separated by tabs. BELOW is the
 * number of the program that was installed before it in the same task or its
 * ancestors, 0 if there is none, so that "log" tells which are stacked.
 *
 * The command runs under a filter of ours, which stops it where it installs
 * one and nowhere else. It does not see ours: PR_GET_SECCOMP is answered as if
 * it were not there (man-db makes no sandbox inside another).
 *
 * When the command ends, what it has left behind is killed. Exit status: 0 if
 * something was captured, 1 if nothing was, 2 if the capture is not whole.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define X32_BIT 0x40000000
/* Numbers of the two calls; x32 has the native ones, with its bit. */
#define NATIVE_PRCTL 157
#define NATIVE_SECCOMP 317
#define I386_PRCTL 172
#define I386_SECCOMP 354

#define OPTIONS (PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | \
		 PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
		 PTRACE_O_TRACEEXEC)

/* A traced task. Its first stop and its parent's word of it come in any order. */
struct task {
	pid_t pid;
	bool announced;		/* the parent's event was seen */
	bool waiting;		/* stopped until it is */
	bool asks;		/* inside PR_GET_SECCOMP */
	bool sync;		/* installs for all threads */
	bool torn;		/* the program could not be read whole */
	const char *abi;
	unsigned int top;	/* number of the newest captured program, or 0 */
	unsigned int length;	/* of @program, 0 if none is being installed */
	struct sock_filter program[BPF_MAXINSNS];
};

static struct task **tasks;
static size_t n_tasks;
static unsigned int captured;
static unsigned int torn;
static const char *dir;
static FILE *journal;

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	fputs("capture: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static struct task *task_of(pid_t pid)
{
	struct task *task;

	for (size_t i = 0; i < n_tasks; i++)
		if (tasks[i]->pid == pid)
			return tasks[i];
	task = calloc(1, sizeof(*task));
	tasks = realloc(tasks, (n_tasks + 1) * sizeof(*tasks));
	if (!task || !tasks)
		die("out of memory");
	task->pid = pid;
	tasks[n_tasks++] = task;
	return task;
}

static void forget(pid_t pid)
{
	for (size_t i = 0; i < n_tasks; i++) {
		if (tasks[i]->pid != pid)
			continue;
		free(tasks[i]);
		tasks[i] = tasks[--n_tasks];
		return;
	}
}

/* A task that is killed meanwhile gives ESRCH; its end is reported by wait. */
static void resume(struct task *task, int how, int signal)
{
	if (ptrace(how, task->pid, 0, signal) && errno != ESRCH)
		die("cannot resume %d: %s", task->pid, strerror(errno));
}

/* Read the first line of /proc/PID/NAME, without what a table cannot hold. */
static void read_line(pid_t pid, const char *name, char *line, int size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, "re");
	if (!file || !fgets(line, size, file))
		strcpy(line, "?");
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = 0;
	for (char *tab = line; (tab = strchr(tab, '\t')); )
		*tab = ' ';
}

static bool copy_out(pid_t pid, uint64_t from, void *to, size_t size)
{
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = pread(fd, to, size, from);
	close(fd);
	return got == (ssize_t)size;
}

/* Copy the program whose struct sock_fprog is at @address. */
static void take(struct task *task, uint64_t address, bool compat)
{
	/* struct sock_fprog as the two kinds of task lay it out. */
	struct {
		uint16_t length;
		uint64_t filter;
	} native;
	struct {
		uint16_t length;
		uint32_t filter;
	} narrow;
	unsigned int length;
	uint64_t from;

	_Static_assert(offsetof(typeof(narrow), filter) == 4, "where compat tasks have it");
	_Static_assert(offsetof(typeof(native), filter) == 8, "where native tasks have it");

	task->length = 0;
	task->torn = true;
	if (compat) {
		if (!copy_out(task->pid, address, &narrow, sizeof(narrow)))
			return;
		length = narrow.length;
		from = narrow.filter;
	} else {
		if (!copy_out(task->pid, address, &native, sizeof(native)))
			return;
		length = native.length;
		from = native.filter;
	}
	if (!length || length > BPF_MAXINSNS)
		return;
	if (!copy_out(task->pid, from, task->program, length * sizeof(*task->program)))
		return;
	task->length = length;
	task->torn = false;
}

/* A task is about to make one of the two calls. */
static void entered(struct task *task)
{
	struct __ptrace_syscall_info info;
	bool i386, x32, is_prctl;
	const __typeof__(info.seccomp.args[0]) *args = info.seccomp.args;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, sizeof(info), &info) <= 0) {
		resume(task, PTRACE_CONT, 0);
		return;
	}
	i386 = info.arch == AUDIT_ARCH_I386;
	x32 = !i386 && info.seccomp.nr & X32_BIT;
	is_prctl = (info.seccomp.nr & ~X32_BIT) == (i386 ? I386_PRCTL : NATIVE_PRCTL);
	task->abi = i386 ? "i386" : x32 ? "x32" : "x86_64";
	task->sync = false;
	task->asks = is_prctl && args[0] == PR_GET_SECCOMP;

	if (is_prctl && args[0] == PR_SET_SECCOMP && args[1] == SECCOMP_MODE_FILTER) {
		take(task, args[2], i386 || x32);
	} else if (!is_prctl && args[0] == SECCOMP_SET_MODE_FILTER) {
		task->sync = args[1] & SECCOMP_FILTER_FLAG_TSYNC;
		take(task, args[2], i386 || x32);
	} else if (!task->asks) {
		resume(task, PTRACE_CONT, 0);
		return;
	}
	/* The next stop is the call's end. */
	resume(task, PTRACE_SYSCALL, 0);
}

static void set_result(struct task *task, unsigned long result)
{
	if (ptrace(PTRACE_POKEUSER, task->pid, offsetof(struct user_regs_struct, rax), result) &&
	    errno != ESRCH)
		die("cannot answer for PR_GET_SECCOMP: %s", strerror(errno));
}

static void keep(struct task *task)
{
	char path[4096], comm[64], cgroup[1024];
	FILE *file;

	captured++;
	snprintf(path, sizeof(path), "%s/%04u.bpf", dir, captured);
	file = fopen(path, "wxe");
	if (!file || fwrite(task->program, sizeof(*task->program), task->length, file) !=
	    task->length || fclose(file))
		die("cannot write %s: %s", path, strerror(errno));

	read_line(task->pid, "comm", comm, sizeof(comm));
	read_line(task->pid, "cgroup", cgroup, sizeof(cgroup));
	fprintf(journal, "%04u\t%04u\t%s\t%s\t%s\n", captured, task->top, task->abi, comm, cgroup);
	task->top = captured;
	if (!task->sync)
		return;
	for (size_t i = 0; i < n_tasks; i++) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d", task->pid, tasks[i]->pid);
		if (!access(path, F_OK))
			tasks[i]->top = captured;
	}
}

/* A call that entered() let go on has ended. */
static void left(struct task *task)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, sizeof(info), &info) > 0) {
		/* Above zero is a listener, or a thread that TSYNC could not change. */
		if (task->asks)
			set_result(task, task->top ? SECCOMP_MODE_FILTER : SECCOMP_MODE_DISABLED);
		else if (info.exit.rval < 0 || (info.exit.rval > 0 && task->sync))
			; /* refused, so it need not have been readable */
		else if (task->torn)
			torn++;
		else
			keep(task);
	}
	resume(task, PTRACE_CONT, 0);
}

static void forked(struct task *parent)
{
	struct task *child;
	unsigned long pid;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid))
		return;
	child = task_of(pid);
	child->top = parent->top;
	child->announced = true;
	if (child->waiting) {
		child->waiting = false;
		resume(child, PTRACE_CONT, 0);
	}
}

/* A thread that calls execve() goes on with its leader's number. */
static void execed(struct task *task)
{
	unsigned long former;

	if (ptrace(PTRACE_GETEVENTMSG, task->pid, 0, &former) || (pid_t)former == task->pid)
		return;
	task->top = task_of(former)->top;
	forget(former);
}

static void stopped(struct task *task, int status)
{
	int signal = WSTOPSIG(status);

	switch (status >> 16) {
	case PTRACE_EVENT_SECCOMP:
		entered(task);
		return;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		forked(task);
		break;
	case PTRACE_EVENT_EXEC:
		execed(task);
		break;
	case PTRACE_EVENT_STOP:
		if (signal != SIGTRAP) {
			resume(task, PTRACE_LISTEN, 0);
			return;
		}
		if (!task->announced) {
			task->waiting = true;
			return;
		}
		break;
	default:
		if (signal == (SIGTRAP | 0x80)) {
			left(task);
			return;
		}
		resume(task, PTRACE_CONT, signal);
		return;
	}
	resume(task, PTRACE_CONT, 0);
}

/* Trace seccomp(), and of prctl() what concerns it; allow the rest. */
static bool attach_ours(void)
{
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_EQUAL(k, yes, no) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, yes, no)
	struct sock_filter filter[] = {
		LOAD(arch),
		IF_EQUAL(AUDIT_ARCH_I386, 4, 0),
		LOAD(nr),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~X32_BIT),
		IF_EQUAL(NATIVE_SECCOMP, 7, 0),
		IF_EQUAL(NATIVE_PRCTL, 3, 5),
		LOAD(nr),
		IF_EQUAL(I386_SECCOMP, 4, 0),
		IF_EQUAL(I386_PRCTL, 0, 2),
		LOAD(args[0]),
		IF_EQUAL(PR_SET_SECCOMP, 1, 0),
		IF_EQUAL(PR_GET_SECCOMP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog fprog = { ARRAY_SIZE(filter), filter };

	if (!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &fprog))
		return true;
	/* Without privilege, and then what is setuid runs without it as well. */
	return errno == EACCES && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &fprog);
}

static pid_t start(char **command)
{
	int go[2];
	pid_t pid;
	char byte;

	if (pipe2(go, O_CLOEXEC))
		die("no pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("cannot fork: %s", strerror(errno));
	if (!pid) {
		close(go[1]);
		if (read(go[0], &byte, 1) != 1)
			_exit(2);
		if (attach_ours())
			execvp(command[0], command);
		fprintf(stderr, "capture: cannot run %s: %s\n", command[0], strerror(errno));
		_exit(127);
	}
	close(go[0]);
	if (ptrace(PTRACE_SEIZE, pid, 0, OPTIONS))
		die("cannot trace: %s", strerror(errno));
	task_of(pid)->announced = true;
	if (write(go[1], "", 1) != 1)
		die("%s has gone", command[0]);
	close(go[1]);
	return pid;
}

int main(int argc, char **argv)
{
	char path[4096];
	pid_t first, pid;
	int status;

	if (argc < 4 || strcmp(argv[2], "--"))
		die("usage: capture DIR -- COMMAND [ARG]...");
	dir = argv[1];
	snprintf(path, sizeof(path), "%s/log", dir);
	journal = fopen(path, "wxe");
	if (!journal)
		die("%s: %s", path, strerror(errno));

	first = start(argv + 3);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid < 0)
			continue;
		if (WIFSTOPPED(status)) {
			stopped(task_of(pid), status);
			continue;
		}
		forget(pid);
		if (pid != first)
			continue;
		if (WIFSIGNALED(status))
			fprintf(stderr, "capture: %s was killed by signal %d\n", argv[3],
				WTERMSIG(status));
		else if (WEXITSTATUS(status))
			fprintf(stderr, "capture: %s exited with %d\n", argv[3],
				WEXITSTATUS(status));
		break;
	}
	if (fclose(journal))
		die("cannot write %s: %s", path, strerror(errno));
	if (torn)
		die("%u programs could not be read", torn);
	if (!captured) {
		fprintf(stderr, "capture: %s installed no filter\n", argv[3]);
		return 1;
	}
	return 0;
}
