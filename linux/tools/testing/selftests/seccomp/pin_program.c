// SPDX-License-Identifier: GPL-2.0
/* A program of x32 or i386 that pins itself, for pin_exec_test: without libc, which few have */

/*
 * Its argument says what to do, its exit status how that went: DONE, or a line
 * of this file, which may be off by a multiple of 256 and is told to standard
 * error. "refused" is for a program all of whose calls are refused; it cannot
 * even end, but for an instruction that there is not.
 */

#include <linux/auxvec.h>
#include <linux/elf.h>
#include <linux/posix_types.h>
#include <linux/seccomp.h>
#include <linux/time_types.h>
#include <stdbool.h>
#include <stddef.h>

#ifndef SECCOMP_PIN_ARCHITECTURE
#define SECCOMP_PIN_ARCHITECTURE	4
#endif

#define DONE		77
#define VISIBLE		78
#define PINNED		1600
/* What a filter of the test returns, and where it may be seen */
#define DENIED		1500

typedef long long s64;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* --- Calls --- */

#ifdef __x86_64__
#ifndef __ILP32__
#error "This is for -mx32 and -m32."
#endif
#define X32_BIT		0x40000000
enum {
	NR_write = X32_BIT | 1, NR_exit = X32_BIT | 231, NR_getpid = X32_BIT | 39,
	NR_kill = X32_BIT | 62, NR_seccomp = X32_BIT | 317, NR_prctl = X32_BIT | 157,
	NR_execve = X32_BIT | 520, NR_sigaction = X32_BIT | 512, NR_sigreturn = X32_BIT | 513,
	NR_clock_gettime = X32_BIT | 228, NR_clock_getres = X32_BIT | 229,
	NR_gettimeofday = X32_BIT | 96, NR_time = X32_BIT | 201, NR_getcpu = X32_BIT | 309,
};

static s64 sys_syscall(s64 nr, s64 a, s64 b, s64 c)
{
	/* The size of a signal mask, which only one call here has */
	register s64 r10 asm("r10") = nr == NR_sigaction ? 8 : 0;
	register s64 r8 asm("r8") = 0;
	s64 ret;

	asm volatile("syscall"
		     : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8)
		     : "rcx", "r11", "memory");
	return ret;
}

static s64 sys(int nr, unsigned int a, unsigned int b, unsigned int c)
{
	return sys_syscall(nr, a, b, c);
}

static int sys_int80(int nr)
{
	int ret;

	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "a" (nr), "b" (0), "c" (0), "d" (0)
		     : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

asm(".globl _start\n"
	"_start:\n\t"
	"mov	%esp, %edi\n\t"
	"and	$-16, %esp\n\t"
	"call	begin\n\t"
	"ud2\n"
	"restore:\n\t"
	"mov	$0x40000201, %eax\n\t"
	"syscall");
#else
enum {
	NR_write = 4, NR_exit = 252, NR_getpid = 20, NR_kill = 37, NR_seccomp = 354,
	NR_prctl = 172, NR_execve = 11, NR_sigaction = 174, NR_sigreturn = 173,
	NR_clock_gettime = 403, NR_clock_getres = 406, NR_gettimeofday = 78, NR_time = 13,
	NR_getcpu = 318,
};

static int sys(int nr, unsigned int a, unsigned int b, unsigned int c)
{
	int ret;

	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "a" (nr), "b" (a), "c" (b), "d" (c),
		       "S" (nr == NR_sigaction ? 8 : 0), "D" (0)
		     : "memory");
	return ret;
}

/* As libc does: through the vDSO, which knows the fast instruction */
static unsigned int fast_entry;

static int sys_fast(int nr)
{
	int ret;

	asm volatile("call *%1"
		     : "=a" (ret)
		     : "m" (fast_entry), "a" (nr), "b" (0), "c" (0), "d" (0)
		     : "memory");
	return ret;
}

/* Over to code of 64 bits, which every task may do, and back */
static int sys_syscall(int nr, int a, int b, int c)
{
	int ret;

	asm volatile("pushl	$0x33\n\t"
		     "pushl	$1f\n\t"
		     "lretl\n"
		     ".code64\n"
		     "1:\n\t"
		     "syscall\n\t"
		     "sub	$8, %%rsp\n\t"
		     "movl	$0x23, 4(%%rsp)\n\t"
		     "movl	$2f, (%%rsp)\n\t"
		     "lretl\n"
		     ".code32\n"
		     "2:"
		     : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b), "d" (c)
		     : "ecx", "memory", "cc");
	return ret;
}

asm(".globl _start\n"
	"_start:\n\t"
	"mov	%esp, %eax\n\t"
	"and	$-16, %esp\n\t"
	"sub	$12, %esp\n\t"
	"push	%eax\n\t"
	"call	begin\n\t"
	"ud2\n"
	"restore:\n\t"
	"mov	$173, %eax\n\t"
	"int	$0x80");
#endif

extern char restore[];

/* --- Telling --- */

static void leave(int status)
{
	sys(NR_exit, status, 0, 0);
	__builtin_trap();
}

static void fail(int line, s64 got, s64 want)
{
	char text[] = "line ####: got ##########, not ##########\n";
	int values[] = { line, got, want };
	int field = 0;

	for (char *c = text; *c; c++) {
		unsigned int value = values[field];
		char *end = c;
		bool negative = values[field] < 0;

		if (*c != '#')
			continue;
		if (negative)
			value = -value;
		while (*end == '#')
			end++;
		for (char *digit = end - 1; digit >= c; digit--, value /= 10)
			*digit = '0' + value % 10;
		if (negative)
			*c = '-';
		c = end;
		field++;
	}
	sys(NR_write, 2, (unsigned long)text, sizeof(text) - 1);
	leave(line % 256 == DONE || line % 256 == 0 ? 1 : line % 256);
}

#define CHECK(got_, want_) do {							\
	s64 got__ = (got_), want__ = (want_);					\
										\
	if (got__ != want__)							\
		fail(__LINE__, got__, want__);					\
} while (0)

static bool equal(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return *a == *b;
}

/* --- The vDSO --- */

/* Elf32_Dyn, with a name of its own */
struct entry {
	int tag;
	unsigned int value;
};

static const struct elf32_hdr *vdso;

static void *vdso_symbol(const char *name)
{
	const struct elf32_phdr *ph = (void *)((char *)vdso + vdso->e_phoff);
	const struct entry *dyn = NULL;
	const struct elf32_sym *sym = NULL;
	const char *names = NULL, *base = NULL;

	for (int i = 0; i < vdso->e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD && !base)
			base = (const char *)vdso + ph[i].p_offset - ph[i].p_vaddr;
		else if (ph[i].p_type == PT_DYNAMIC)
			dyn = (const void *)((const char *)vdso + ph[i].p_offset);
	}
	CHECK(base && dyn, true);
	for (; dyn->tag != DT_NULL; dyn++) {
		if (dyn->tag == DT_STRTAB)
			names = base + dyn->value;
		else if (dyn->tag == DT_SYMTAB)
			sym = (const void *)(base + dyn->value);
	}
	CHECK(sym && names, true);
	/* The strings are right behind the symbols. */
	for (; (const char *)sym < names; sym++) {
		if (sym->st_shndx && equal(names + sym->st_name, name))
			return (void *)(base + sym->st_value);
	}
	return NULL;
}

#ifdef __x86_64__
/* x32's vDSO is code of 64 bits. */
#define CLOCK_GETTIME	"__vdso_clock_gettime"
#define CLOCK_GETRES	"__vdso_clock_getres"
#else
#define CLOCK_GETTIME	"__vdso_clock_gettime64"
#endif

struct timeval {
	__kernel_long_t sec, usec;
};

static s64 ns_of(const struct __kernel_timespec *t)
{
	return t->tv_sec * 1000000000 + t->tv_nsec;
}

/* What the vDSO says of a clock lies between what two calls say. */
static void check_clock(int (*fn)(int clock, struct __kernel_timespec *t), int nr, int clock)
{
	struct __kernel_timespec first = { -1, -1 }, got = { -1, -1 }, last = { -1, -1 };
	s64 want = sys(nr, clock, (unsigned long)&first, 0);

	CHECK(fn(clock, &got), want);
	CHECK(sys(nr, clock, (unsigned long)&last, 0), want);
	CHECK(want == -PINNED, false);
	if (want)
		return;
	CHECK(ns_of(&first) <= ns_of(&got), true);
	CHECK(ns_of(&got) <= ns_of(&last), true);
	CHECK(got.tv_nsec >= 0 && got.tv_nsec < 1000000000, true);
}

static void check_time_of_day(void)
{
	int (*fn)(struct timeval *tv, void *tz) = vdso_symbol("__vdso_gettimeofday");
	struct timeval first, got = { -1, -1 }, last;

	CHECK(!!fn, true);
	CHECK(sys(NR_gettimeofday, (unsigned long)&first, 0, 0), 0);
	CHECK(fn(&got, NULL), 0);
	CHECK(sys(NR_gettimeofday, (unsigned long)&last, 0, 0), 0);
	/* The two may round in their own ways. */
	CHECK(first.sec * 1000000LL + first.usec <= got.sec * 1000000LL + got.usec + 1, true);
	CHECK(got.sec * 1000000LL + got.usec <= last.sec * 1000000LL + last.usec + 1, true);
	CHECK(got.usec >= 0 && got.usec < 1000000, true);
}

static void check_vdso(void)
{
	/* REALTIME to TAI: those of CPU time and the alarms' are never in the vDSO. */
	static const int clocks[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 99, -1, -2, -6 };
	int (*get)(int clock, struct __kernel_timespec *t) = vdso_symbol(CLOCK_GETTIME);
	__kernel_long_t (*time)(__kernel_long_t *t) = vdso_symbol("__vdso_time");
	int (*getcpu)(unsigned int *cpu, unsigned int *node, void *unused) =
		vdso_symbol("__vdso_getcpu");
	unsigned int cpu = -1, node = -1, want_cpu = -2, want_node = -2;
	s64 before, now;

	CHECK(get && time && getcpu, true);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
			check_clock(get, NR_clock_gettime, clocks[i]);
		check_time_of_day();
	}
#ifdef CLOCK_GETRES
	int (*resolution)(int clock, struct __kernel_timespec *t) = vdso_symbol(CLOCK_GETRES);

	CHECK(!!resolution, true);
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		check_clock(resolution, NR_clock_getres, clocks[i]);
#endif
	before = sys(NR_time, 0, 0, 0);
	now = time(NULL);
	/* A tick late, perhaps */
	CHECK(now + 1 >= before && now <= (s64)sys(NR_time, 0, 0, 0), true);
	for (int i = 0; i < 1000 && (cpu != want_cpu || node != want_node); i++) {
		CHECK(getcpu(&cpu, &node, NULL), 0);
		CHECK(sys(NR_getcpu, (unsigned long)&want_cpu, (unsigned long)&want_node, 0), 0);
	}
	CHECK(cpu, want_cpu);
	CHECK(node, want_node);
}

/* --- Signals --- */

static int caught;

static void on_signal(int sig)
{
	caught += sig;
}

static void check_signal(void)
{
	struct {
		unsigned int handler, flags, restorer, mask[2];
	} action = {
		/* SA_RESTORER, without which x86-64 takes none, and SA_SIGINFO */
		(unsigned long)on_signal, 0x04000004, (unsigned long)restore, { 0, 0 },
	};

	caught = 0;
	CHECK(sys(NR_sigaction, 10, (unsigned long)&action, 0), 0);
	CHECK(sys(NR_kill, sys(NR_getpid, 0, 0, 0), 10, 0), 0);
	CHECK(caught, 10);
}

/* --- What is refused --- */

static void check_refused(void)
{
	CHECK(sys(NR_getpid, 0, 0, 0) > 0, true);
#ifdef __x86_64__
	/* Without bit 30: all but what the vDSO calls, and what no filter is asked of */
	for (int nr = 0; nr < 700; nr++) {
		if (nr != 96 && nr != 228 && nr != 229 && nr != 335 && nr != 336)
			CHECK(sys_syscall(nr, -1, -1, -1), -PINNED);
	}
	CHECK(sys_syscall(X32_BIT | 16, -1, -1, -1), -PINNED);
	CHECK(sys_syscall(X32_BIT | 59, -1, -1, -1), -PINNED);
	CHECK(sys_syscall(X32_BIT | 101, -1, -1, -1), -PINNED);
	CHECK(sys_int80(20), -PINNED);
	CHECK(sys_int80(-1), -PINNED);
#else
	for (int nr = 0; nr < 700; nr++) {
		if (nr != 335 && nr != 336)
			CHECK(sys_syscall(nr, -1, -1, -1), -PINNED);
	}
	for (int nr = 0x40000000; nr < 0x40000000 + 700; nr++)
		CHECK(sys_syscall(nr, -1, -1, -1), -PINNED);
	CHECK(sys_syscall(-1, -1, -1, -1), -PINNED);
	if (fast_entry)
		CHECK(sys_fast(NR_getpid), sys(NR_getpid, 0, 0, 0));
#endif
}

static void pin(void)
{
	static const unsigned int action = SECCOMP_RET_ERRNO | PINNED;

	CHECK(sys(NR_prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0), 0);
	CHECK(sys(NR_seccomp, SECCOMP_PIN_ARCHITECTURE, 0, (unsigned long)&action), 0);
}

/* Exit with VISIBLE if the vDSO calls something that a filter denies, else with DONE. */
static void look_for_calls(bool of_clock)
{
	int (*day)(struct timeval *tv, void *tz) = vdso_symbol("__vdso_gettimeofday");
	int (*get)(int clock, struct __kernel_timespec *t) = vdso_symbol(CLOCK_GETTIME);
	struct __kernel_timespec t;
	struct timeval tv;
	int ret = of_clock ? get(2, &t) : day(&tv, NULL);

	CHECK(ret == 0 || ret == -DENIED, true);
	leave(ret ? VISIBLE : DONE);
}

/* The stack has numbers and pointers of 32 bits, in both ABIs. */
void begin(unsigned int *stack)
{
	char **argv = (char **)(stack + 1);
	unsigned int *word = stack + 1 + stack[0] + 1;
	const char *what = argv[1];

	while (*word++)
		;
	for (; word[0]; word += 2) {
		if (word[0] == AT_SYSINFO_EHDR)
			vdso = (void *)(unsigned long)word[1];
#ifndef __x86_64__
		if (word[0] == AT_SYSINFO)
			fast_entry = word[1];
#endif
	}
	if (equal(what, "refused")) {
		if (sys(NR_getpid, 0, 0, 0) != -PINNED)
			leave(1);
		/* Nothing that this ABI has, so this does not end it either. */
		sys(NR_exit, 2, 0, 0);
		__builtin_trap();
	}
	CHECK(!!vdso, true);
	if (equal(what, "clock"))
		look_for_calls(true);
	if (equal(what, "day"))
		look_for_calls(false);
	check_vdso();
	check_signal();
	if (!equal(what, "inherited"))
		pin();
	for (int round = 0; round < 2; round++) {
		check_vdso();
		check_signal();
		check_refused();
	}
	if (equal(what, "exec")) {
		static const char *const args[] = { "pin_program", "inherited", NULL };

		sys(NR_execve, (unsigned long)"/proc/self/exe", (unsigned long)args,
		    (unsigned long)(args + 2));
		fail(__LINE__, 0, 0);
	}
	leave(DONE);
}
