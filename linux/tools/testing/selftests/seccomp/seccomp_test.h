/* SPDX-License-Identifier: GPL-2.0 */
/* What the seccomp tests share: ways to call, filters, children that report */

/*
 * What runs under a filter runs in a child of its own that makes only raw
 * calls. It checks what they return itself and tells through shared memory.
 */

#ifndef _SECCOMP_TEST_H
#define _SECCOMP_TEST_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#ifdef __x86_64__
#define NATIVE_ARCH	AUDIT_ARCH_X86_64
#define X32_BIT		0x40000000L
#elif defined(__aarch64__)
#define NATIVE_ARCH	AUDIT_ARCH_AARCH64
#elif defined(__i386__)
#define NATIVE_ARCH	AUDIT_ARCH_I386
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE_ARCH	AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define NATIVE_ARCH	AUDIT_ARCH_S390X
#elif defined(__arm__)
#define NATIVE_ARCH	AUDIT_ARCH_ARM
#elif defined(__m68k__)
#define NATIVE_ARCH	AUDIT_ARCH_M68K
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define NATIVE_ARCH	AUDIT_ARCH_PPC64LE
#elif defined(__loongarch_lp64)
#define NATIVE_ARCH	AUDIT_ARCH_LOONGARCH64
#else
#define NATIVE_ARCH	0	/* not told here: the cases of the fixture are skipped */
#endif

#ifndef SYS_SECCOMP
#define SYS_SECCOMP			1
#endif
#ifndef __NR_uretprobe
#define __NR_uretprobe			335
#endif
#ifndef __NR_uprobe
#define __NR_uprobe			336
#endif

#define ALLOW		SECCOMP_RET_ALLOW
#define KILL		SECCOMP_RET_KILL_PROCESS
/* An errno that no call returns by itself, so that it can only be a filter's */
#define DENIED		1500
#define DENY		(SECCOMP_RET_ERRNO | DENIED)

/* Where seccomp_data has the lower and the upper half of argument @i */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW_WORD(i)	(HIGH_WORD(i) + sizeof(__u32))
#define HIGH_WORD(i)	(offsetof(struct seccomp_data, args) + (i) * sizeof(__u64))
#else
#define LOW_WORD(i)	(offsetof(struct seccomp_data, args) + (i) * sizeof(__u64))
#define HIGH_WORD(i)	(LOW_WORD(i) + sizeof(__u32))
#endif

/* Beyond the last number of any table, for years */
#define NUMBERS		640

/* The exit status of a child that got to its end */
#define CHILD_DONE	77

/*
 * Calls without arguments that change nothing, so that it does not matter when
 * one is made by mistake.
 */
enum call { GETPID, GETPPID, GETUID, GETEUID, GETGID, GETEGID, GETPGID, GETTID, CALLS };

/* A way to make system calls: an instruction and its numbers */
struct abi {
	__u32 arch, first, last;
	long (*raw)(long nr, const long arg[6]);
	long nr[CALLS];
	long getpriority;
};

/* --- The instructions --- */

#ifdef __x86_64__
static inline long raw_native(long nr, const long arg[6])
{
	register long r10 asm("r10") = arg[3];
	register long r8 asm("r8") = arg[4];
	register long r9 asm("r9") = arg[5];
	long ret;

	asm volatile("syscall"
		     : "=a" (ret), "+r" (r10), "+r" (r8), "+r" (r9)
		     : "a" (nr), "D" (arg[0]), "S" (arg[1]), "d" (arg[2])
		     : "rcx", "r11", "memory");
	return ret;
}

static inline long raw_ia32(long nr, const long arg[6])
{
	register long r8 asm("r8") = arg[5];
	long ret;

	/* The sixth argument is in %ebp; keep off the red zone while saving it. */
	asm volatile("lea	-128(%%rsp), %%rsp\n\t"
		     "push	%%rbp\n\t"
		     "mov	%%r8, %%rbp\n\t"
		     "int	$0x80\n\t"
		     "pop	%%rbp\n\t"
		     "lea	128(%%rsp), %%rsp"
		     : "=a" (ret), "+r" (r8)
		     : "a" (nr), "b" (arg[0]), "c" (arg[1]), "d" (arg[2]),
		       "S" (arg[3]), "D" (arg[4])
		     : "r9", "r10", "r11", "memory");
	return (int)ret;
}
#elif defined(__i386__)
/* As libc does: through the vDSO, which knows the fast instruction. */
static inline long raw_native(long nr, const long arg[6])
{
	struct {
		long arg[6];
		unsigned long entry;
	} in, *p = &in;
	long ret;

	memcpy(in.arg, arg, sizeof(in.arg));
	in.entry = getauxval(AT_SYSINFO);
	asm volatile("push	%%ebp\n\t"
		     "push	24(%%edi)\n\t"
		     "mov	0(%%edi), %%ebx\n\t"
		     "mov	4(%%edi), %%ecx\n\t"
		     "mov	8(%%edi), %%edx\n\t"
		     "mov	12(%%edi), %%esi\n\t"
		     "mov	20(%%edi), %%ebp\n\t"
		     "mov	16(%%edi), %%edi\n\t"
		     "call	*(%%esp)\n\t"
		     "add	$4, %%esp\n\t"
		     "pop	%%ebp"
		     : "=a" (ret), "+D" (p)
		     : "a" (nr)
		     : "ebx", "ecx", "edx", "esi", "memory");
	return ret;
}
#else
static inline long raw_native(long nr, const long arg[6])
{
	long ret = syscall(nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);

	return ret == -1 ? -errno : ret;
}
#endif

static const struct abi native = {
	.arch = NATIVE_ARCH,
#ifdef X32_BIT
	.last = X32_BIT - 1,
#else
	.last = UINT_MAX,
#endif
	.raw = raw_native,
	.nr = {
		[GETPID] = __NR_getpid,
		[GETPPID] = __NR_getppid,
#ifdef __NR_getuid32
		[GETUID] = __NR_getuid32,
		[GETEUID] = __NR_geteuid32,
		[GETGID] = __NR_getgid32,
		[GETEGID] = __NR_getegid32,
#else
		[GETUID] = __NR_getuid,
		[GETEUID] = __NR_geteuid,
		[GETGID] = __NR_getgid,
		[GETEGID] = __NR_getegid,
#endif
		[GETPGID] = __NR_getpgid,
		[GETTID] = __NR_gettid,
	},
	.getpriority = __NR_getpriority,
};

#ifdef __x86_64__
static const struct abi ia32 = {
	.arch = AUDIT_ARCH_I386,
	.last = UINT_MAX,
	.raw = raw_ia32,
	.nr = { 20, 64, 199, 201, 200, 202, 132, 224 },
	.getpriority = 96,
};

static const struct abi x32 = {
	.arch = AUDIT_ARCH_X86_64,
	.first = X32_BIT,
	.last = INT_MAX,
	.raw = raw_native,
	.nr = {
		[GETPID] = X32_BIT | __NR_getpid,
		[GETPPID] = X32_BIT | __NR_getppid,
		[GETUID] = X32_BIT | __NR_getuid,
		[GETEUID] = X32_BIT | __NR_geteuid,
		[GETGID] = X32_BIT | __NR_getgid,
		[GETEGID] = X32_BIT | __NR_getegid,
		[GETPGID] = X32_BIT | __NR_getpgid,
		[GETTID] = X32_BIT | __NR_gettid,
	},
	.getpriority = X32_BIT | __NR_getpriority,
};
#endif

static const struct abi *const abis[] = {
	&native,
#ifdef __x86_64__
	&ia32,
	&x32,
#endif
};

static inline long raw3(const struct abi *abi, long nr, long a, long b, long c)
{
	return abi->raw(nr, (long [6]) { a, b, c });
}

/*
 * A call of any number: with arguments that are no pointer, no file and no
 * process, even those that exist fail before they do something.
 */
static inline long try_number(const struct abi *abi, long nr)
{
	return abi->raw(nr, (long [6]) { -1, -1, -1, -1, -1, -1 });
}

static inline long call(const struct abi *abi, enum call which)
{
	return raw3(abi, abi->nr[which], 0, 0, 0);
}

static inline void stop_self(void)
{
	raw3(&native, __NR_tgkill, raw3(&native, __NR_getpid, 0, 0, 0),
	     raw3(&native, __NR_gettid, 0, 0, 0), SIGSTOP);
}

/* --- Filters --- */

#define INSN(code, k)		((struct sock_filter)BPF_STMT(code, k))
#define JUMP(op, k, jt, jf)	((struct sock_filter)BPF_JUMP(BPF_JMP | (op) | BPF_K, k, jt, jf))
#define LOAD(off)		INSN(BPF_LD | BPF_W | BPF_ABS, off)
#define LOAD_NR			LOAD(offsetof(struct seccomp_data, nr))
#define LOAD_ARCH		LOAD(offsetof(struct seccomp_data, arch))
#define RETURN(action)		INSN(BPF_RET | BPF_K, action)

/*
 * @action for the numbers of @arch from @first to @last; where the rule
 * @depends on its caller, @odd if the first argument is odd
 */
struct rule {
	__u32 arch, first, last, action, odd;
	bool depends;
};

/* How many fit into one filter */
#define RULES	64

static inline struct rule range(__u32 arch, __u32 first, __u32 last, __u32 action)
{
	return (struct rule) { arch, first, last, action, 0, false };
}

static inline struct rule on(__u32 arch, __u32 nr, __u32 action)
{
	return range(arch, nr, nr, action);
}

static inline struct rule depends(__u32 arch, __u32 nr, __u32 action, __u32 odd)
{
	return (struct rule) { arch, nr, nr, action, odd, true };
}

/* What a child needs to get to its end under a filter that denies by default */
static inline struct rule let_exit(void)
{
	return on(NATIVE_ARCH, __NR_exit_group, ALLOW);
}

static inline long attach_program(unsigned int flags, struct sock_filter *insn, size_t len)
{
	struct sock_fprog prog = { .len = len, .filter = insn };

	return raw3(&native, __NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, (long)&prog);
}

/* The first rule that fits decides; return the length of the program. */
static inline size_t build_rules(struct sock_filter insn[9 * RULES + 1], __u32 dflt,
				 const struct rule *rule, size_t n)
{
	size_t len = 0;

	if (n > RULES)
		abort();

	for (; n; n--, rule++) {
		int body = rule->depends ? 4 : 1;

		insn[len++] = LOAD_ARCH;
		insn[len++] = JUMP(BPF_JEQ, rule->arch, 0, 3 + body);
		insn[len++] = LOAD_NR;
		insn[len++] = JUMP(BPF_JGE, rule->first, 0, 1 + body);
		insn[len++] = JUMP(BPF_JGT, rule->last, body, 0);
		if (rule->depends) {
			insn[len++] = LOAD(LOW_WORD(0));
			insn[len++] = JUMP(BPF_JSET, 1, 0, 1);
			insn[len++] = RETURN(rule->odd);
		}
		insn[len++] = RETURN(rule->action);
	}
	insn[len++] = RETURN(dflt);
	return len;
}

static inline long attach_rules(unsigned int flags, __u32 dflt, const struct rule *rule,
				size_t n)
{
	struct sock_filter insn[9 * RULES + 1];

	return attach_program(flags, insn, build_rules(insn, dflt, rule, n));
}

#define attach_flags(flags, dflt, ...)						\
	attach_rules(flags, dflt, (struct rule []) { __VA_ARGS__ },		\
		     sizeof((struct rule []) { __VA_ARGS__ }) / sizeof(struct rule))
#define attach(dflt, ...)	attach_flags(0, dflt, __VA_ARGS__)

/*
 * Allow calls of number @nr whose field at @off holds @want, in the bits of
 * @mask, and every call of another number.
 */
static inline long attach_field(const struct abi *abi, long nr, __u32 off, __u32 mask, __u32 want)
{
	struct sock_filter insn[] = {
		LOAD_ARCH,
		JUMP(BPF_JEQ, abi->arch, 0, 6),
		LOAD_NR,
		JUMP(BPF_JEQ, nr, 0, 4),
		LOAD(off),
		INSN(BPF_ALU | BPF_AND | BPF_K, mask),
		JUMP(BPF_JEQ, want, 1, 0),
		RETURN(DENY),
		RETURN(ALLOW),
	};

	return attach_program(0, insn, ARRAY_SIZE(insn));
}

/*
 * Ways in which a filter comes to @action for number @nr of @abi, and to allow
 * every other call. In all of them the verdict depends on nothing else.
 */
enum shape {
	COMPARED, RETURNED, MASKED, NEGATED, IN_RANGE, NO_BIT_LEFT, BY_X, BY_MEMORY,
	BY_SUM, BY_SHIFTS, BY_DIVISION, BY_LENGTH, BY_LENGTH_IN_X, FAR, EITHER_WAY,
	ARGUMENT_FIRST, ARGUMENT_LOST, SHAPES
};

#define SHAPE_INSNS	16

static inline size_t build_shape(struct sock_filter insn[SHAPE_INSNS], enum shape shape,
				 const struct abi *abi, __u32 nr, __u32 action)
{
	const struct sock_filter matched = RETURN(action), other = RETURN(ALLOW);
	const struct sock_filter is_nr = JUMP(BPF_JEQ, nr, 0, 1);
	const struct sock_filter store = INSN(BPF_ST, 7);
	const struct sock_filter tails[SHAPES][SHAPE_INSNS - 3] = {
		[COMPARED] = { LOAD_NR, is_nr, matched, other },
		[RETURNED] = {
			LOAD_NR, JUMP(BPF_JEQ, nr, 0, 2), INSN(BPF_LD | BPF_IMM, action),
			INSN(BPF_RET | BPF_A, 0), other,
		},
		[MASKED] = { LOAD_NR, INSN(BPF_ALU | BPF_AND | BPF_K, -1), is_nr, matched, other },
		[NEGATED] = {
			LOAD_NR, INSN(BPF_ALU | BPF_NEG, 0), JUMP(BPF_JEQ, -nr, 0, 1), matched,
			other,
		},
		[IN_RANGE] = {
			LOAD_NR, JUMP(BPF_JGE, nr, 0, 2), JUMP(BPF_JGT, nr, 1, 0), matched, other,
		},
		[NO_BIT_LEFT] = {
			LOAD_NR, INSN(BPF_ALU | BPF_XOR | BPF_K, nr), JUMP(BPF_JSET, -1, 1, 0),
			matched, other,
		},
		[BY_X] = {
			INSN(BPF_LDX | BPF_IMM, nr), LOAD_NR, JUMP(BPF_JEQ | BPF_X, 0, 0, 1),
			matched, other,
		},
		[BY_MEMORY] = {
			LOAD_NR, store, INSN(BPF_LD | BPF_IMM, 0), INSN(BPF_LD | BPF_MEM, 7),
			is_nr, matched, other,
		},
		[BY_SUM] = {
			LOAD_NR, INSN(BPF_ALU | BPF_ADD | BPF_K, 7),
			INSN(BPF_ALU | BPF_OR | BPF_K, 0), INSN(BPF_ALU | BPF_SUB | BPF_K, 9),
			JUMP(BPF_JEQ, nr - 2, 0, 1), matched, other,
		},
		[BY_SHIFTS] = {
			LOAD_NR, INSN(BPF_ALU | BPF_MUL | BPF_K, 3),
			INSN(BPF_ALU | BPF_LSH | BPF_K, 2), INSN(BPF_ALU | BPF_RSH | BPF_K, 1),
			JUMP(BPF_JEQ, nr * 3 << 2 >> 1, 0, 1), matched, other,
		},
		/* Doubled: most architectures have getpid and getuid right beside getppid. */
		[BY_DIVISION] = {
			INSN(BPF_LDX | BPF_IMM, 2), LOAD_NR, INSN(BPF_ALU | BPF_LSH | BPF_K, 1),
			INSN(BPF_ALU | BPF_DIV | BPF_X, 0), JUMP(BPF_JEQ, nr << 1 >> 1, 0, 1),
			matched, other,
		},
		[BY_LENGTH] = {
			INSN(BPF_LD | BPF_W | BPF_LEN, 0), INSN(BPF_MISC | BPF_TAX, 0), LOAD_NR,
			INSN(BPF_ALU | BPF_ADD | BPF_X, 0),
			JUMP(BPF_JEQ, nr + sizeof(struct seccomp_data), 0, 1), matched, other,
		},
		[BY_LENGTH_IN_X] = {
			INSN(BPF_LDX | BPF_W | BPF_LEN, 0), LOAD_NR,
			INSN(BPF_ALU | BPF_SUB | BPF_X, 0),
			JUMP(BPF_JEQ, nr - sizeof(struct seccomp_data), 0, 1), matched, other,
		},
		[FAR] = { LOAD_NR, JUMP(BPF_JEQ, nr, 0, 2), JUMP(BPF_JA, 2, 0, 0), matched, other,
			  JUMP(BPF_JA, 0, 0, 0), matched },
		[EITHER_WAY] = {
			LOAD_NR, JUMP(BPF_JEQ, nr, 0, 4), LOAD(LOW_WORD(0)), JUMP(BPF_JGT, 5, 0, 1),
			matched, matched, other,
		},
		[ARGUMENT_FIRST] = {
			LOAD(LOW_WORD(1)), JUMP(BPF_JGT, 3, 0, 0), INSN(BPF_MISC | BPF_TAX, 0),
			LOAD_NR, is_nr, matched, other,
		},
		[ARGUMENT_LOST] = {
			LOAD(LOW_WORD(5)), store, LOAD(HIGH_WORD(4)), JUMP(BPF_JSET, 1, 0, 1),
			INSN(BPF_ST, 3), LOAD_NR, store, INSN(BPF_LDX | BPF_MEM, 7),
			INSN(BPF_MISC | BPF_TXA, 0), is_nr, matched, other,
		},
	};
	size_t len = SHAPE_INSNS - 3;

	while (!tails[shape][len - 1].code)
		len--;
	insn[0] = LOAD_ARCH;
	insn[1] = JUMP(BPF_JEQ, abi->arch, 1, 0);
	insn[2] = other;
	memcpy(insn + 3, tails[shape], len * sizeof(*insn));
	return len + 3;
}

static inline long attach_shape(unsigned int flags, enum shape shape, const struct abi *abi,
				__u32 nr, __u32 action)
{
	struct sock_filter insn[SHAPE_INSNS];

	return attach_program(flags, insn, build_shape(insn, shape, abi, nr, action));
}

/* --- Children --- */

/* What a child tells: its first wrong value, and marks that the cases use */
struct report {
	int line;
	long got, want, arg;
	long seen, sent, told[8];
	atomic_int mark, flag, stage;
	siginfo_t info;
};

static struct report *report;

typedef void (child_fn)(const struct abi *abi, long arg);

static inline void check_at(int line, long got, long want)
{
	if (got == want || report->line)
		return;
	report->got = got;
	report->want = want;
	report->line = line;
}

#define CHECK(got, want)	check_at(__LINE__, got, want)

static inline void leave(int status)
{
	for (;;)
		raw3(&native, __NR_exit_group, status, 0, 0);
}

static inline pid_t start(child_fn *fn, const struct abi *abi, long arg)
{
	pid_t pid;

	memset(report, 0, sizeof(*report));
	report->arg = arg;
	pid = fork();
	if (!pid) {
		/* Nobody wants the core dumps, and a slow machine least. */
		setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 });
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		fn(abi, arg);
		leave(CHILD_DONE);
	}
	return pid;
}

static inline int finish(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, __WALL) != pid)
		return -1;
	return status;
}

static inline int run(child_fn *fn, const struct abi *abi, long arg)
{
	return finish(start(fn, abi, arg));
}

#define EXPECT_STATUS(status, wanted) do {					\
	EXPECT_EQ(wanted, (status) & ~WCOREFLAG)				\
		TH_LOG("argument %ld", report->arg);				\
	EXPECT_EQ(0, report->line)						\
		TH_LOG("line %d: got %ld, not %ld, argument %ld", report->line,	\
		       report->got, report->want, report->arg);			\
} while (0)

#define EXPECT_FINE(status)		EXPECT_STATUS(status, CHILD_DONE << 8)
#define EXPECT_KILLED(status, sig)	EXPECT_STATUS(status, sig)

static inline void wait_for(atomic_int *what, int value)
{
	while (atomic_load(what) < value)
		sched_yield();
}

static inline void call_each(const struct abi *abi, long result[CALLS])
{
	for (int c = 0; c < CALLS; c++)
		result[c] = call(abi, c);
}

static inline bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool fine = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return fine;
}

/* Are programs longer than told, since the JIT blinds their constants? */
static inline bool is_hardened(void)
{
	FILE *file = fopen("/proc/sys/net/core/bpf_jit_harden", "r");
	int value = 0;

	if (file) {
		if (fscanf(file, "%d", &value) != 1)
			value = 0;
		fclose(file);
	}
	return value;
}

/* No filter decides on these two, see the cases on uprobes. */
static inline bool is_exempt(const struct abi *abi, long nr)
{
#ifdef __x86_64__
	return abi == &native && (nr == __NR_uretprobe || nr == __NR_uprobe);
#else
	return false;
#endif
}

static bool have_ia32;

static inline bool is_missing(const struct abi *abi)
{
	return !abi->arch || (abi->arch != NATIVE_ARCH && !have_ia32);
}

#ifdef __x86_64__
static inline void child_probe(const struct abi *abi, long arg)
{
	call(abi, GETPID);
}
#endif

#ifndef WITHOUT_ABI_FIXTURE
/*
 * Every case of this fixture runs once for each way to make system calls. x32
 * numbers are worth it without x32: filters come before the -ENOSYS.
 */
FIXTURE(abi) {
	int unused;
};

FIXTURE_VARIANT(abi) {
	const struct abi *abi;
};

FIXTURE_VARIANT_ADD(abi, native) {
	.abi = &native,
};

#ifdef __x86_64__
FIXTURE_VARIANT_ADD(abi, ia32) {
	.abi = &ia32,
};

FIXTURE_VARIANT_ADD(abi, x32) {
	.abi = &x32,
};
#endif

FIXTURE_SETUP(abi)
{
#ifdef __x86_64__
	/* Without 32-bit system calls, int $0x80 is a fault. */
	have_ia32 = WIFEXITED(run(child_probe, &ia32, 0));
#endif
	if (!variant->abi->arch)
		SKIP(return, "not told which architecture this is");
	if (is_missing(variant->abi))
		SKIP(return, "no 32-bit system calls");
}

FIXTURE_TEARDOWN(abi)
{
}
#endif /* !WITHOUT_ABI_FIXTURE */

/* --- Listeners --- */

/*
 * In a child that is heard by its parent: @fd is what attaching returned. Both
 * have it from here on.
 */
static inline void listened(long fd)
{
	CHECK(fd >= 0, true);
	report->sent = fd;
	atomic_store(&report->stage, 1);
	wait_for(&report->stage, 2);
}

/* The child's listener, once it has one */
static inline int listen_to(pid_t pid)
{
	int pidfd = syscall(__NR_pidfd_open, pid, 0), fd;

	wait_for(&report->stage, 1);
	fd = syscall(__NR_pidfd_getfd, pidfd, report->sent, 0);
	close(pidfd);
	atomic_store(&report->stage, 2);
	return fd;
}

static inline int receive(int fd, struct seccomp_notif *request)
{
	memset(request, 0, sizeof(*request));
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, request);
}

static inline int answer(int fd, const struct seccomp_notif *request, long val, int error,
			 __u32 flags)
{
	struct seccomp_notif_resp response = {
		.id = request->id, .val = val, .error = error, .flags = flags,
	};

	return ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static inline void on_sigsys(int sig, siginfo_t *info, void *context)
{
	report->info = *info;
	atomic_fetch_add(&report->mark, 1);
}

static inline void catch_sigsys(void (*handler)(int sig, siginfo_t *info, void *context))
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	CHECK(sigaction(SIGSYS, &action, NULL), 0);
}

static inline void check_trap(__u32 arch, long nr, const char *addr, int data)
{
	CHECK(report->info.si_code, SYS_SECCOMP);
	CHECK(report->info.si_errno, data);
	CHECK(report->info.si_arch, arch);
	CHECK(report->info.si_syscall, (int)nr);
	CHECK((long)report->info.si_call_addr, (long)addr);
}

/* --- Tracers --- */

static child_fn *traced_fn;

static inline void child_traced(const struct abi *abi, long arg)
{
	CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL), 0);
	stop_self();
	traced_fn(abi, arg);
}

/* Go on without a signal; return the wait status of the next stop, or of the end. */
static inline int next_stop(pid_t pid, int request)
{
	if (ptrace(request, pid, NULL, NULL))
		return -1;
	return finish(pid);
}

/* Start a child that is stopped, just before @fn. */
static inline pid_t start_traced(child_fn *fn, const struct abi *abi, long arg, long options)
{
	pid_t pid;

	traced_fn = fn;
	pid = start(child_traced, abi, arg);
	if (!WIFSTOPPED(finish(pid)))
		return -1;
	if (!ptrace(PTRACE_SETOPTIONS, pid, NULL, options | PTRACE_O_EXITKILL |
		    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP))
		return pid;
	kill(pid, SIGKILL);
	finish(pid);
	return -1;
}

static inline bool is_call_stop(int status)
{
	return WIFSTOPPED(status) && (status >> 8 == (SIGTRAP | 0x80) ||
				      status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8));
}

#ifdef __x86_64__
static inline void set_number(pid_t pid, long nr)
{
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), nr);
	/* What a skipped call returns */
	if (nr == -1)
		ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rax), 1234L);
}
#endif

#ifdef __x86_64__
#define SITE_PAGE	0x1000

/* Where the call of a site returns to, which is what seccomp tells of it */
#define SITE_RETURN	5

/* Two pages that make calls, each from an address of its own */
static inline char *map_sites(const struct abi *abi)
{
	static const char code[] = "\x48\x89\xf8\x0f\x05\xc3";		/* syscall */
	static const char code32[] = "\x48\x89\xf8\xcd\x80\xc3";	/* int $0x80 */
	char *site = mmap(NULL, 2 * SITE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (site == MAP_FAILED)
		return NULL;
	for (int i = 0; i < 2; i++)
		memcpy(site + i * SITE_PAGE, abi == &ia32 ? code32 : code, sizeof(code));
	mprotect(site, 2 * SITE_PAGE, PROT_READ | PROT_EXEC);
	return site;
}

static inline long call_from(const char *site, long nr)
{
	return (int)((long (*)(long))site)(nr);
}
#endif

/* To be called by main(), first */
static inline bool set_up_report(void)
{
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		perror("mmap");
	return report != MAP_FAILED;
}

#endif /* _SECCOMP_TEST_H */
