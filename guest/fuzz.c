// SPDX-License-Identifier: GPL-2.0
/*
 * Make random requests of seccomp's interface: fuzz SEED SECONDS
 *
 * Workers attach, trace, notify, read /proc, fork, exec and die, each by a generator of
 * random numbers of its own: the first has SEED, the next SEED + 1. What requests return
 * is compared only where it is known whatever came before: what must be refused always,
 * and a dump. Verdicts are for the kernel to compare, which is to be booted with
 * seccomp.action_tables=verify. At the end, requests of each kind must have gone well, or
 * failed, as it says below, if there were enough; else all of it was too dull.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS			4
#define WORKER_SECONDS		4
#define MOST_INSNS		200

#define PIN_ARCHITECTURE	4
#define PIN_PROBE		(1UL << 31)
#define PIN_TSYNC		(1UL << 0)
#define PIN_ESRCH		(1UL << 4)
#define FLAG_BPF_PROG_FD	(1UL << 16)
#define KNOWN_FLAGS		0x1003f
#define METADATA_PIN		0x100000000ULL
/* BPF_PROG_TYPE_SECCOMP, which Debian's headers do not have; nor the one before it */
#define PROG_TYPE_SECCOMP	(BPF_PROG_TYPE_SYSCALL + 2)
/* The same of ptrace() */
#define GET_FILTER		0x420c
#define GET_METADATA		0x420d
#define GET_SYSCALL_INFO	0x420e
#define SUSPEND_SECCOMP		0x200000

/* What is requested, and that it must have gone well or been refused some time. */
enum kind {
	ATTACH, ATTACH_TSYNC, ATTACH_BAD, ATTACH_PRCTL, STRICT, PIN, PIN_BAD, ASK,
	EBPF_LOAD, EBPF_ATTACH, EBPF_RUN, NOTIFY, NOTIFY_BAD, TRACE, DUMP, METADATA,
	PROC, CALL, FORK, EXEC, THREAD, KINDS,
};

static const struct {
	const char *name;
	bool works, fails;
} kinds[KINDS] = {
	[ATTACH]	= { "attach", true, false },
	[ATTACH_TSYNC]	= { "attach with TSYNC", true, false },
	[ATTACH_BAD]	= { "attach what is wrong", false, true },
	[ATTACH_PRCTL]	= { "attach by prctl", true, false },
	[STRICT]	= { "strict mode", true, true },
	[PIN]		= { "pin", true, false },
	[PIN_BAD]	= { "pin what is wrong", false, true },
	[ASK]		= { "ask what there is", true, true },
	[EBPF_LOAD]	= { "load eBPF", true, true },
	[EBPF_ATTACH]	= { "attach eBPF", true, true },
	[EBPF_RUN]	= { "run eBPF", true, true },
	[NOTIFY]	= { "answer notifications", true, true },
	[NOTIFY_BAD]	= { "answer wrongly", false, true },
	[TRACE]		= { "trace", true, false },
	[DUMP]		= { "dump filters", true, true },
	[METADATA]	= { "ask for metadata", true, true },
	[PROC]		= { "read /proc", true, true },
	[CALL]		= { "call", true, true },
	[FORK]		= { "fork", true, false },
	[EXEC]		= { "exec", true, false },
	[THREAD]	= { "thread", true, false },
};

/* What all processes count, and what must not be. */
static struct {
	unsigned long works[KINDS], fails[KINDS];
	unsigned long wrong;
} *count;

static uint64_t state;

/* The worker, whose children must not ask: under a filter getpid() is whatever that says. */
static pid_t worker;
static uint64_t worker_seed;

/* No filter has been attached that may look at more than harmless calls. */
static bool sure = true;

static uint32_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 16;
}

static uint32_t below(uint32_t n)
{
	return rnd() % n;
}

static bool one_in(uint32_t n)
{
	return !below(n);
}

static long counted(enum kind kind, long ret)
{
	__atomic_add_fetch(ret < 0 ? &count->fails[kind] : &count->works[kind], 1,
			   __ATOMIC_RELAXED);
	return ret;
}

/* Report what must not be. */
static void wrong(const char *what, long ret)
{
	int err = errno;

	if (!sure)
		return;
	__atomic_add_fetch(&count->wrong, 1, __ATOMIC_RELAXED);
	printf("wrong: %s: %ld, errno %d, by the worker of seed %llu\n", what, ret, err,
	       (unsigned long long)worker_seed);
	fflush(stdout);
}

/* --- Calls that do no harm, for filters to look at --- */

static const uint16_t harmless[] = {
	__NR_getpid, __NR_getppid, __NR_getuid, __NR_geteuid, __NR_getgid, __NR_getegid,
	__NR_gettid, __NR_personality, __NR_sched_yield, __NR_umask, __NR_getpgid,
	__NR_close, __NR_lseek, __NR_dup, __NR_getpriority, __NR_fcntl, 512, 547, 600,
};

static uint32_t odd_number(void)
{
	static const uint32_t odd[] = {
		~0, ~0 - 1, 1u << 31, (1u << 31) - 1, 1u << 30, (1u << 30) - 1, 3u << 30,
		(1u << 30) + 600, 460, 461, 462, 470, 471, 472, 473, 474, 1000, 335, 336,
	};
	uint32_t nr = harmless[below(sizeof(harmless) / sizeof(*harmless))];

	switch (below(6)) {
	case 0:
		return odd[below(sizeof(odd) / sizeof(*odd))];
	case 1:
		return nr | 1u << 30;
	default:
		return nr;
	}
}

/* As arguments: nothing that could be a descriptor, or an address that is mapped */
static unsigned long argument(void)
{
	static const unsigned long some[] = { ~0UL, ~0UL << 32, 1UL << 63, 0xffffffff, 0x7fffffff };

	return one_in(4) ? 0xffffff00 + below(256) : some[below(5)];
}

static void call(void)
{
	unsigned long nr = odd_number(), a = argument();
	long ret;

	if (one_in(5)) {
		/* i386's numbers of calls without effect */
		static const uint8_t nrs[] = { 20, 24, 47, 49, 50, 64, 65, 136, 158, 224, 6, 19, 41 };
		int32_t nr32 = one_in(4) ? (int32_t)odd_number() | 1 << 30 :
					   nrs[below(sizeof(nrs))];

		asm volatile("int $0x80" : "=a"(ret) : "a"(nr32), "b"(a), "c"(a), "d"(a)
			     : "memory", "r8", "r9", "r10", "r11");
	} else {
		if (one_in(20))
			nr |= (unsigned long)rnd() << 32;
		ret = syscall(nr, a, argument(), argument(), argument(), argument(), argument());
	}
	counted(CALL, ret < 0 && ret > -4096 ? -1 : 0);
}

/* --- Filters --- */

static uint32_t verdict(void)
{
	static const uint32_t actions[] = {
		SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO,
		SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO, SECCOMP_RET_LOG, SECCOMP_RET_TRACE,
		SECCOMP_RET_USER_NOTIF, SECCOMP_RET_TRAP, SECCOMP_RET_KILL_THREAD,
		SECCOMP_RET_KILL_PROCESS, 0x12340000, 0x7ffe0000, 0xffff0000,
	};
	/* Mostly what one survives */
	uint32_t most = one_in(8) ? sizeof(actions) / sizeof(*actions) : 8;

	return actions[below(most)] | (one_in(3) ? rnd() & 0xffff : below(4000));
}

static uint32_t constant(void)
{
	switch (below(6)) {
	case 0:
		return one_in(2) ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386;
	case 1:
		return argument();
	case 2:
		return rnd();
	case 3:
		return 1u << below(32);
	default:
		return odd_number();
	}
}

/* Any valid program, of @most instructions and one at the most. */
static unsigned short anything(struct sock_filter *insns, unsigned int most)
{
	static const uint16_t alu[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_XOR,
					BPF_LSH, BPF_RSH, BPF_DIV, BPF_NEG };
	static const uint16_t jumps[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	unsigned int n = 2 + below(most - 2), i = 0;

	/* So that all cells may be loaded; rarely, since real filters have none */
	bool cells = n > 20 && one_in(8);

	for (; cells && i < 4; i++)
		insns[i] = (struct sock_filter)BPF_STMT(BPF_ST, i);
	for (; i < n; i++) {
		unsigned int left = n - i;
		uint16_t op;

		switch (below(8)) {
		case 0:
		case 1:
			insns[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				one_in(2) ? 0 : 4 * below(16));
			break;
		case 2:
			op = alu[below(10)];
			insns[i] = (struct sock_filter)BPF_STMT(BPF_ALU | op, 0);
			if (op == BPF_NEG)
				break;
			insns[i].code |= one_in(3) ? BPF_X : BPF_K;
			insns[i].k = op == BPF_LSH || op == BPF_RSH ? below(32) : constant() | 1;
			break;
		case 3:
			insns[i] = (struct sock_filter)BPF_STMT(one_in(2) ? BPF_MISC | BPF_TAX :
								BPF_MISC | BPF_TXA, 0);
			if (cells)
				insns[i] = (struct sock_filter)BPF_STMT(one_in(2) ? BPF_LD | BPF_MEM :
									BPF_STX, below(4));
			break;
		case 4:
			if (one_in(3)) {
				insns[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict());
				break;
			}
			/* fall through */
		default:
			insns[i] = (struct sock_filter)BPF_JUMP(
				BPF_JMP | jumps[below(4)] | (one_in(8) ? BPF_X : BPF_K), constant(),
				below(left < 200 ? left : 200), below(left < 200 ? left : 200));
			break;
		}
	}
	insns[n] = (struct sock_filter)BPF_STMT(BPF_RET | (one_in(10) ? BPF_A : BPF_K), verdict());
	return n + 1;
}

/* A list of harmless calls and what is done to them; all others are allowed. */
static unsigned short a_list(struct sock_filter *insns)
{
	unsigned int n = 0, entries = 1 + below(12);

	insns[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	while (entries--) {
		uint32_t nr = odd_number();
		bool looks = one_in(3);

		insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0,
							  looks ? 5 : 1);
		if (looks) {
			insns[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
								  16 + 4 * below(12));
			insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
								  constant(), 0, 1);
			insns[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict());
			insns[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
			insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 0, 0, 0);
		} else {
			insns[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict());
		}
	}
	insns[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return n;
}

static unsigned short some_filter(struct sock_filter *insns)
{
	if (!one_in(4))
		return a_list(insns);
	sure = false;
	return anything(insns, one_in(4) ? MOST_INSNS : 30);
}

static long seccomp(unsigned int op, unsigned long flags, void *args)
{
	return syscall(__NR_seccomp, op, flags, args);
}

static long attach(unsigned int flags)
{
	struct sock_filter insns[MOST_INSNS + 1];
	struct sock_fprog prog = { .filter = insns };

	prog.len = some_filter(insns);
	return seccomp(SECCOMP_SET_MODE_FILTER, flags, &prog);
}

static void attach_some(void)
{
	static const unsigned int flags[] = {
		0, 0, 0, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_LOG |
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	};
	long ret = counted(ATTACH, attach(flags[below(7)]));

	/* Without somebody who listens, calls must not wait for one. */
	if (ret > 0)
		close(ret);
}

static void attach_tsync(void)
{
	long ret = counted(ATTACH_TSYNC, attach(SECCOMP_FILTER_FLAG_TSYNC | (one_in(2) ?
		SECCOMP_FILTER_FLAG_TSYNC_ESRCH | SECCOMP_FILTER_FLAG_NEW_LISTENER : 0)));

	if (ret > 0)
		close(ret);
}

static void attach_by_prctl(void)
{
	struct sock_filter insns[MOST_INSNS + 1];
	struct sock_fprog prog = { .filter = insns };

	prog.len = some_filter(insns);
	counted(ATTACH_PRCTL, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0));
}

/* The kernel must refuse this, whatever has been attached before. */
static void attach_wrong(void)
{
	struct sock_filter insns[MOST_INSNS + 1] = { };
	struct sock_fprog prog = { .filter = insns };
	unsigned long flags = 0;
	void *args = &prog;
	long ret;

	prog.len = anything(insns, 30);
	switch (below(9)) {
	case 0:
		flags = (rnd() | (unsigned long)one_in(2) << 32) & ~KNOWN_FLAGS;
		/* Bits beyond 32 are cut off, as ever. */
		if (!(uint32_t)flags)
			return;
		break;
	case 1:
		args = NULL;
		break;
	case 2:
		prog.len = 0;
		break;
	case 3:
		prog.len = 4097 + below(60000);
		break;
	case 4:
		prog.filter = (void *)argument();
		break;
	case 5:
		/* A jump out of it, or no return at its end */
		insns[prog.len - 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, rnd(), 0, 0);
		break;
	case 6:
		/* What socket filters may load */
		insns[0] = (struct sock_filter)BPF_STMT(one_in(2) ? BPF_LD | BPF_H | BPF_ABS :
			BPF_LD | BPF_W | BPF_IND, 0);
		break;
	case 7:
		insns[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							one_in(2) ? 1 + 4 * below(16) : 64 + rnd() % 4096);
		break;
	case 8:
		flags = one_in(2) ? SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER :
				    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
		break;
	}
	ret = counted(ATTACH_BAD, seccomp(SECCOMP_SET_MODE_FILTER, flags, args));
	if (ret >= 0)
		wrong("a wrong filter was attached", ret);
}

/* --- eBPF --- */

#define INSN(op, dst, src, offset, value) \
	((struct bpf_insn){ .code = op, .dst_reg = dst, .src_reg = src, .off = offset, .imm = value })

static long load(const struct bpf_insn *insns, unsigned int nr)
{
	union bpf_attr attr = { };

	attr.prog_type = PROG_TYPE_SECCOMP;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = nr;
	attr.license = (uintptr_t)"GPL";
	return syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static long make_map(void)
{
	union bpf_attr attr = { };

	attr.map_type = one_in(2) ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_HASH;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 4;
	return syscall(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* Mostly what the verifier accepts: tests of the call, or a counter in a map. */
static long load_some(void)
{
	struct bpf_insn insns[40];
	unsigned int n = 0, tests = 1 + below(6);
	long map = -1, prog;

	insns[n++] = INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0);
	if (one_in(4)) {
		map = make_map();
		insns[n++] = INSN(BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, below(5));
		insns[n++] = INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0);
		insns[n++] = INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4);
		insns[n++] = INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map);
		insns[n++] = INSN(0, 0, 0, 0, 0);
		insns[n++] = INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
		insns[n++] = INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0);
		insns[n++] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, 1);
		insns[n++] = INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 0, BPF_ADD);
		tests = 0;
	}
	while (tests--) {
		if (one_in(3))
			insns[n++] = INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 4 * below(one_in(8) ? 20 : 16), 0);
		insns[n++] = INSN((one_in(2) ? BPF_JMP32 : BPF_JMP) |
				  (one_in(2) ? BPF_JNE : BPF_JGT) | BPF_K, 2, 0, 2, constant());
		insns[n++] = INSN(BPF_ALU | BPF_MOV | BPF_K, 0, 0, 0, verdict());
		insns[n++] = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	insns[n++] = INSN(BPF_ALU | BPF_MOV | BPF_K, 0, 0, 0, SECCOMP_RET_ALLOW);
	insns[n++] = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	if (one_in(6))
		insns[below(n)].code = rnd();
	prog = counted(EBPF_LOAD, load(insns, n));
	if (map >= 0)
		close(map);
	return prog;
}

static void ebpf(void)
{
	int fd = one_in(8) ? (int)below(20) : load_some();
	struct seccomp_data sd = { .nr = odd_number(), .arch = AUDIT_ARCH_X86_64 };
	union bpf_attr attr = { };

	if (one_in(2)) {
		attr.test.prog_fd = fd;
		attr.test.ctx_in = (uintptr_t)&sd;
		attr.test.ctx_size_in = one_in(4) ? below(200) : sizeof(sd);
		if (one_in(4))
			((uint32_t *)&attr)[below(16)] = rnd();
		counted(EBPF_RUN, syscall(__NR_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)));
	}
	if (one_in(2)) {
		unsigned long flags = FLAG_BPF_PROG_FD | (one_in(4) ? rnd() & KNOWN_FLAGS : 0);

		sure = false;
		counted(EBPF_ATTACH, seccomp(SECCOMP_SET_MODE_FILTER,
			flags & ~(unsigned long)SECCOMP_FILTER_FLAG_NEW_LISTENER, &fd));
	}
	if (fd > 2)
		close(fd);
}

/* --- Pins, strict mode, questions --- */

static void pin(void)
{
	uint32_t action = verdict();
	unsigned long flags = one_in(2) ? PIN_PROBE : 0;

	if (one_in(2)) {
		if (one_in(4))
			flags |= PIN_TSYNC | (one_in(2) ? PIN_ESRCH : 0);
		counted(PIN, seccomp(PIN_ARCHITECTURE, flags, one_in(2) ? NULL : &action));
		return;
	}
	/* Flags that nobody knows, actions that let a call pass, and no address */
	action = SECCOMP_RET_LOG;
	if (one_in(2))
		flags = (rnd() & ~PIN_PROBE) | 2;
	if (counted(PIN_BAD, seccomp(PIN_ARCHITECTURE, flags,
				     one_in(2) ? &action : (void *)argument())) >= 0)
		wrong("a wrong pin was set", 0);
}

static void ask(void)
{
	uint32_t action = one_in(2) ? SECCOMP_RET_ERRNO : rnd();
	uint16_t sizes[3];

	if (one_in(3)) {
		counted(ASK, seccomp(SECCOMP_GET_NOTIF_SIZES, one_in(3), sizes));
	} else {
		counted(ASK, seccomp(SECCOMP_GET_ACTION_AVAIL, one_in(4), one_in(8) ? NULL : &action));
	}
	if (seccomp(5 + below(1000), 0, NULL) >= 0)
		wrong("an unknown operation was done", 0);
	prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
}

/* --- Processes --- */

/* Wait for @pid to end, two seconds at the most. */
static void wait_for(pid_t pid)
{
	int status;

	for (int i = 0; i < 200; i++) {
		if (waitpid(pid, &status, WNOHANG | __WALL) == pid &&
		    (WIFEXITED(status) || WIFSIGNALED(status)))
			return;
		usleep(10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, __WALL);
}

static void strict(void)
{
	pid_t pid = fork();

	if (!pid) {
		alarm(2);
		counted(STRICT, one_in(2) ? seccomp(SECCOMP_SET_MODE_STRICT, one_in(4), NULL) :
					    prctl(PR_SET_SECCOMP, one_in(4) ? rnd() : 1, NULL, 0, 0));
		if (one_in(2))
			call();
		syscall(__NR_exit, 0);
	}
	if (pid > 0)
		wait_for(pid);
}

static void fork_some(void)
{
	pid_t pid = one_in(4) ? vfork() : fork();

	counted(FORK, pid);
	if (!pid)
		_exit(0);
	if (pid > 0)
		wait_for(pid);
	pid = fork();
	if (!pid) {
		alarm(2);
		rnd();
		state += getpid();
		for (int i = below(4); i--;)
			attach_some();
		for (int i = below(20); i--;)
			call();
		if (one_in(3))
			kill(worker, one_in(20) ? SIGKILL : SIGCONT);
		_exit(0);
	}
	if (pid > 0)
		wait_for(pid);
}

static void exec_some(void)
{
	pid_t pid = fork();

	if (!pid) {
		alarm(2);
		if (one_in(2))
			attach_some();
		execl("/proc/self/exe", "fuzz", "end", NULL);
		_exit(1);
	}
	if (pid > 0) {
		int status = -1;

		waitpid(pid, &status, 0);
		counted(EXEC, status ? -1 : 0);
	}
}

static void *calls(void *left)
{
	for (long i = (long)left; i--;)
		call();
	return NULL;
}

/* Threads that call while another one attaches to all of them, and some that die. */
static void threads(void)
{
	pid_t pid = fork();
	pthread_t thread[3];

	if (pid) {
		if (pid > 0)
			wait_for(pid);
		return;
	}
	alarm(2);
	for (int i = 0; i < 3; i++)
		counted(THREAD, -!!pthread_create(&thread[i], NULL, calls, (void *)(long)below(200)));
	for (int i = 1 + below(6); i--;) {
		attach_tsync();
		call();
	}
	if (one_in(3))
		execl("/proc/self/exe", "fuzz", "end", NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	_exit(0);
}

/* --- Notifications --- */

static void *notified(void *unused)
{
	(void)unused;
	for (int i = 0; i < 8; i++)
		syscall(__NR_getppid);
	return NULL;
}

static void answer(int fd)
{
	struct seccomp_notif req = { };
	struct seccomp_notif_resp resp = { };
	struct seccomp_notif_addfd addfd = { };

	if (one_in(8)) {
		counted(NOTIFY_BAD, ioctl(fd, one_in(2) ? SECCOMP_IOCTL_NOTIF_RECV : rnd(),
					   (void *)argument()));
		return;
	}
	if (counted(NOTIFY, ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &req)))
		return;
	if (one_in(3))
		counted(NOTIFY, ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, one_in(4) ? &addfd.id : &req.id));
	if (one_in(3)) {
		addfd.id = one_in(8) ? rnd() : req.id;
		addfd.flags = one_in(8) ? rnd() : below(4);
		addfd.srcfd = one_in(4) ? rnd() : 1;
		addfd.newfd = below(4) * 10;
		addfd.newfd_flags = one_in(2) ? O_CLOEXEC : below(3);
		counted(NOTIFY, ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd));
	}
	resp.id = one_in(8) ? rnd() : req.id;
	resp.flags = one_in(8) ? rnd() : one_in(3);
	if (!(resp.flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE)) {
		resp.error = one_in(2) ? -(int)below(200) : 0;
		resp.val = rnd();
	}
	counted(NOTIFY, ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp));
}

static void notify(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF | below(100)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = 4, .filter = insns };
	struct pollfd poll_fd = { .events = POLLIN };
	pid_t pid = fork();
	pthread_t thread;

	if (pid) {
		if (pid > 0)
			wait_for(pid);
		return;
	}
	alarm(2);
	poll_fd.fd = seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER |
		(one_in(3) ? SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV : 0), &prog);
	if (poll_fd.fd < 0)
		_exit(0);
	if (one_in(3))
		ioctl(poll_fd.fd, SECCOMP_IOW(4, __u64), (unsigned long)below(3));
	if (pthread_create(&thread, NULL, notified, NULL))
		_exit(0);
	for (int i = 0; i < 10 && poll(&poll_fd, 1, 100) > 0; i++)
		answer(poll_fd.fd);
	close(poll_fd.fd);
	_exit(0);
}

/* --- Tracers --- */

struct metadata {
	uint64_t filter_off, flags, others[6];
};

/* Ask about filters that are there, or not; the newest is @insns, if that is @known. */
static void dump(pid_t pid, const struct sock_filter *insns, unsigned short len, bool known)
{
	struct sock_filter got[MOST_INSNS + 1];
	struct metadata md = { .filter_off = below(3) | (one_in(3) ? METADATA_PIN : 0) };
	long ret;

	ret = counted(DUMP, ptrace(GET_FILTER, pid, 0, got));
	if (known && ret >= 0 && (ret != len || memcmp(got, insns, len * sizeof(*got))))
		wrong("a filter is dumped as another one", ret);
	counted(DUMP, ptrace(GET_FILTER, pid, rnd(), NULL));
	counted(METADATA, ptrace(GET_METADATA, pid, one_in(2) ? below(sizeof(md)) : sizeof(md), &md));
}

static void trace(void)
{
	struct sock_filter insns[MOST_INSNS + 1];
	struct sock_fprog prog = { .len = a_list(insns), .filter = insns };
	int status, events = 0;
	pid_t pid = fork();

	if (!pid) {
		pid_t self = getpid();

		alarm(2);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
			_exit(0);
		/* By thread: if a filter has made up the number, this is nobody, not all. */
		if (syscall(__NR_tgkill, self, self, SIGSTOP))
			_exit(0);
		for (int i = 0; i < 30; i++)
			call();
		syscall(__NR_exit_group, 0);
	}
	if (pid < 0)
		return;
	counted(TRACE, ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL |
			      PTRACE_O_TRACESYSGOOD | (one_in(4) ? SUSPEND_SECCOMP : 0)));
	for (int i = 0; i < 300 && events < 80; i++) {
		struct user_regs_struct regs;
		long how = one_in(3) ? PTRACE_SYSCALL : PTRACE_CONT;
		int sig = 0;

		if (waitpid(pid, &status, WNOHANG | __WALL) != pid) {
			usleep(2000);
			continue;
		}
		if (!WIFSTOPPED(status))
			return;
		events++;
		if (WSTOPSIG(status) == SIGSTOP || one_in(6))
			dump(pid, insns, prog.len, WSTOPSIG(status) == SIGSTOP);
		if (one_in(2) && !ptrace(PTRACE_GETREGS, pid, 0, &regs)) {
			char info[200];

			ptrace(GET_SYSCALL_INFO, pid, sizeof(info), info);
			if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) || one_in(3)) {
				regs.orig_rax = (int32_t)odd_number();
				if (one_in(3))
					regs.rdi = argument();
				counted(TRACE, ptrace(PTRACE_SETREGS, pid, 0, &regs));
			}
		}
		if (WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP &&
		    !(WSTOPSIG(status) & 0x80))
			sig = WSTOPSIG(status);
		if (one_in(30))
			kill(pid, SIGKILL);
		if (one_in(60)) {
			ptrace(PTRACE_DETACH, pid, 0, 0);
			break;
		}
		ptrace(how, pid, 0, sig);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, __WALL);
}

/* --- /proc --- */

static void read_proc(void)
{
	static const char * const names[] = { "seccomp_policy", "seccomp_cache", "status", "stat" };
	char path[64], page[5000];
	pid_t whose = worker + (one_in(2) ? 0 : below(20));
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", whose, names[below(4)]);
	fd = open(path, one_in(20) ? O_RDWR : O_RDONLY);
	if (counted(PROC, fd) < 0)
		return;
	for (int i = below(6); i--;) {
		if (one_in(4))
			lseek(fd, one_in(4) ? rnd() : below(10000), SEEK_SET);
		counted(PROC, read(fd, page, one_in(8) ? below(20) : sizeof(page)));
	}
	close(fd);
}

/* --- Workers --- */

static void (* const requests[])(void) = {
	attach_some, attach_some, attach_tsync, attach_by_prctl, attach_wrong, attach_wrong,
	strict, pin, ask, ebpf, ebpf, fork_some, exec_some, threads, notify, trace, trace,
	read_proc, read_proc, call, call,
};

static void work(uint64_t seed)
{
	struct rlimit no_core = { }, files = { 64, 64 };

	worker = getpid();
	worker_seed = seed;
	state = seed * 0x9E3779B97F4A7C15ULL + 1;
	for (int i = 0; i < 8; i++)
		rnd();
	alarm(WORKER_SECONDS);
	setrlimit(RLIMIT_CORE, &no_core);
	setrlimit(RLIMIT_NOFILE, &files);
	/* Some are allowed less; all need it to attach then. */
	if (one_in(2)) {
		if (setgid(1000) || setuid(1000))
			_exit(2);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(2);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	for (int i = 0; i < 200; i++)
		requests[below(sizeof(requests) / sizeof(*requests))]();
	_exit(0);
}

/* Whether there are eBPF filters */
static bool has_ebpf(void)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_ALU | BPF_MOV | BPF_K, 0, 0, 0, SECCOMP_RET_ALLOW),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};

	long fd = load(insns, 2);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static pid_t begin(uint64_t seed)
{
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);
		work(seed);
	}
	if (pid > 0)
		setpgid(pid, pid);
	return pid;
}

/* So often tried, something must have gone well, or failed. */
#define ENOUGH	50

static bool is_dull(int i)
{
	unsigned long tried = count->works[i] + count->fails[i];

	return !tried || (tried >= ENOUGH && ((kinds[i].works && !count->works[i]) ||
					      (kinds[i].fails && !count->fails[i])));
}

static int judge(bool long_enough)
{
	int dull = 0;

	for (int i = 0; i < KINDS; i++) {
		printf("%-24s %8lu went well %8lu did not\n", kinds[i].name, count->works[i],
		       count->fails[i]);
		if (!long_enough || !is_dull(i))
			continue;
		printf("dull: %s: %lu went well, %lu did not\n", kinds[i].name,
		       count->works[i], count->fails[i]);
		dull++;
	}
	return dull;
}

int main(int argc, char **argv)
{
	uint64_t seed, generation = 0;
	pid_t workers[WORKERS] = { };
	time_t born[WORKERS], end;

	if (argc == 2 && !strcmp(argv[1], "end"))
		return 0;
	if (argc != 3) {
		fprintf(stderr, "usage: fuzz SEED SECONDS\n");
		return 2;
	}
	seed = strtoull(argv[1], NULL, 0);
	end = time(NULL) + atol(argv[2]);
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (count == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!has_ebpf())
		printf("no eBPF filters here\n");

	while (time(NULL) < end) {
		pid_t pid;

		for (int i = 0; i < WORKERS; i++) {
			if (workers[i] > 0)
				continue;
			workers[i] = begin(seed + generation++);
			born[i] = time(NULL);
		}
		usleep(5000);
		while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0) {
			for (int i = 0; i < WORKERS; i++) {
				if (workers[i] != pid)
					continue;
				kill(-pid, SIGKILL);
				workers[i] = 0;
			}
		}
		/* An alarm does not end one that is stopped, as by a fork that returned 0. */
		for (int i = 0; i < WORKERS; i++) {
			if (workers[i] > 0 && time(NULL) - born[i] > 3 * WORKER_SECONDS)
				kill(-workers[i], SIGKILL);
		}
	}
	for (int i = 0; i < WORKERS; i++) {
		if (workers[i] > 0)
			kill(-workers[i], SIGKILL);
	}
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	printf("seeds %llu to %llu\n", (unsigned long long)seed,
	       (unsigned long long)(seed + generation - 1));
	if (count->wrong)
		printf("%lu answers were wrong\n", count->wrong);
	return judge(atol(argv[2]) >= 30) || count->wrong ? 1 : 0;
}
