/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of pins share: making one in each ABI, and what it must allow */

/*
 * A task with a pin has only the calls of one ABI, so that libc is of no use to
 * it: children here end, and their threads, by the calls of the pin's ABI.
 */

#ifndef _SECCOMP_PIN_H
#define _SECCOMP_PIN_H

/* Cases here run for each ABI that can pin, see the fixture below. */
#define WITHOUT_ABI_FIXTURE
#include "seccomp_test.h"

#ifndef SECCOMP_PIN_ARCHITECTURE
#define SECCOMP_PIN_ARCHITECTURE	4
#define SECCOMP_PIN_FLAG_PROBE		0x80000000UL
#endif
#ifndef SECCOMP_PIN_FLAG_TSYNC
#define SECCOMP_PIN_FLAG_TSYNC		1UL
#define SECCOMP_PIN_FLAG_TSYNC_ESRCH	0x10UL
#endif
#ifndef SECCOMP_METADATA_PIN
#define SECCOMP_METADATA_PIN		0x100000000ULL
#endif
#ifndef PTRACE_O_SUSPEND_SECCOMP
#define PTRACE_O_SUSPEND_SECCOMP	0x200000
#endif

#define PROBE		SECCOMP_PIN_FLAG_PROBE
#define PIN_TSYNC	SECCOMP_PIN_FLAG_TSYNC
#define PIN_ESRCH	SECCOMP_PIN_FLAG_TSYNC_ESRCH

/* Where mainline skips: what a kernel with pins must never say, see SETUP. */
#define NEEDS_PIN	"needs SECCOMP_PIN_ARCHITECTURE"

/* An errno that is only a pin's */
#define PINNED		1600
#define PIN_ERRNO	(SECCOMP_RET_ERRNO | PINNED)

#ifdef __x86_64__
/* The calls that a task needs to pin itself, to wait and to end, in each ABI */
struct needed {
	const struct abi *abi;
	long seccomp, exit, exit_group, fork, kill, prctl, sched_yield, wait4;
};

static const struct needed needed[] = {
	{ &native, __NR_seccomp, __NR_exit, __NR_exit_group, __NR_fork, __NR_kill, __NR_prctl,
	  __NR_sched_yield, __NR_wait4 },
	{ &ia32, 354, 1, 252, 2, 37, 172, 158, 114 },
	{ &x32, X32_BIT | __NR_seccomp, X32_BIT | __NR_exit, X32_BIT | __NR_exit_group,
	  X32_BIT | __NR_fork, X32_BIT | __NR_kill, X32_BIT | __NR_prctl,
	  X32_BIT | __NR_sched_yield, X32_BIT | __NR_wait4 },
};

static inline const struct needed *needed_by(const struct abi *abi)
{
	const struct needed *n = needed;

	while (n->abi != abi)
		n++;
	return n;
}

/* End the task, or the thread, by a call of @abi. */
static inline void leave_by(const struct abi *abi, int status)
{
	for (;;)
		raw3(abi, needed_by(abi)->exit_group, status, 0, 0);
}

static inline void leave_thread_by(const struct abi *abi)
{
	for (;;)
		raw3(abi, needed_by(abi)->exit, 0, 0, 0);
}

static inline void wait_by(const struct abi *abi, atomic_int *what, int value)
{
	while (atomic_load(what) < value)
		raw3(abi, needed_by(abi)->sched_yield, 0, 0, 0);
}

static inline void stop_by(const struct abi *abi)
{
	raw3(abi, needed_by(abi)->kill, call(abi, GETPID), SIGSTOP, 0);
}

/* Fork by a call of @abi, in a task with one thread. */
static inline long fork_by(const struct abi *abi)
{
	return raw3(abi, needed_by(abi)->fork, 0, 0, 0);
}

/* A page that all ABIs reach, with room at its end for what does not fit into it */
static char *low_page;

#define LOW_SIZE	0x1000

static inline bool map_low_page(void)
{
	low_page = mmap(NULL, 2 * LOW_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	return low_page != MAP_FAILED && !mprotect(low_page + LOW_SIZE, LOW_SIZE, PROT_NONE);
}

static inline long pin_flags(const struct abi *abi, long flags, __u32 action)
{
	__u32 *low = (__u32 *)low_page;

	/* One place is enough for all threads of a child: they write the same. */
	*low = action;
	return raw3(abi, needed_by(abi)->seccomp, SECCOMP_PIN_ARCHITECTURE, flags, (long)low);
}

static inline long pin(const struct abi *abi, __u32 action)
{
	return pin_flags(abi, 0, action);
}

/* Attach a filter by a call of @abi, as a task with a pin has to. */
static inline long attach_by(const struct abi *abi, unsigned int flags, struct sock_filter *insn,
			     size_t len)
{
	/* Both ABIs of 32-bit pointers have them in the structure too. */
	struct {
		__u32 len, filter;
	} low32 = { len, (long)low_page + 256 };
	struct sock_fprog low = { len, (void *)(low_page + 256) };

	if (256 + len * sizeof(*insn) > LOW_SIZE)
		return -E2BIG;
	memcpy(low_page + 256, insn, len * sizeof(*insn));
	if (abi != &native)
		memcpy(low_page + 64, &low32, sizeof(low32));
	else
		memcpy(low_page + 64, &low, sizeof(low));
	return raw3(abi, needed_by(abi)->seccomp, SECCOMP_SET_MODE_FILTER, flags,
		    (long)low_page + 64);
}

static inline long attach_rules_by(const struct abi *abi, unsigned int flags,
				   const struct rule *rule, size_t n)
{
	struct sock_filter insn[9 * RULES + 1];

	return attach_by(abi, flags, insn, build_rules(insn, ALLOW, rule, n));
}

/* --- What a pin allows, by what its documentation says and nothing else --- */

/* The numbers of syscall_64.tbl that only x86-64 has ("64"): x32 has others for these */
static const short only_64[] = {
	13, 15, 16, 19, 20, 45, 46, 47, 54, 55, 59, 101, 127, 128, 129, 131, 134, 156, 174,
	177, 178, 180, 205, 206, 209, 211, 214, 215, 222, 236, 244, 246, 247, 273, 274, 278,
	279, 295, 296, 297, 299, 307, 310, 311, 322, 327, 328,
};

static inline bool is_only_64(__u32 nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(only_64); i++) {
		if (nr == (__u32)only_64[i])
			return true;
	}
	return false;
}

/* Does a pin of @pinned let number @nr of the AUDIT_ARCH @arch pass? */
static inline bool is_pinned_in(const struct abi *pinned, __u32 arch, __u32 nr)
{
	if (arch == AUDIT_ARCH_X86_64 && (nr == __NR_uretprobe || nr == __NR_uprobe))
		return true;
	if (pinned == &ia32)
		return arch == AUDIT_ARCH_I386;
	if (arch != AUDIT_ARCH_X86_64)
		return false;
	if (nr == 0xffffffff)
		return true;
	if (pinned == &native)
		return nr < 0x40000000 && !(nr >= 512 && nr <= 547);
	/* What the vDSO of x32 falls back to: gettimeofday, clock_gettime, clock_getres */
	if (nr == 96 || nr == 228 || nr == 229)
		return true;
	return nr >= 0x40000000 && nr < 0x80000000 && !is_only_64(nr - 0x40000000);
}

/* The instruction that an AUDIT_ARCH is called by */
static inline const struct abi *instruction_of(__u32 arch)
{
	return arch == AUDIT_ARCH_I386 ? &ia32 : &native;
}

static bool have_x32;

/* An ABI whose calls a pin of @pinned refuses, of those that there are */
static inline const struct abi *foreign_to(const struct abi *pinned)
{
	if (pinned != &native)
		return &native;
	return have_ia32 && !have_x32 ? &ia32 : &x32;
}

static inline long call_foreign(const struct abi *pinned)
{
	return call(foreign_to(pinned), GETPPID);
}

/* --- The fixture --- */

static inline void child_has_x32(const struct abi *abi, long arg)
{
	report->seen = call(&x32, GETPID);
}

/* Call once, before anything that has to know. */
static inline void look_for_abis(void)
{
	have_ia32 = WIFEXITED(run(child_probe, &ia32, 0));
	run(child_has_x32, &x32, 0);
	have_x32 = report->seen > 0;
}

/* Why @abi cannot be pinned here; NULL if it can */
static inline const char *cannot_pin(const struct abi *abi)
{
	look_for_abis();
	if (pin_flags(&native, PROBE, KILL) == -EINVAL)
		return NEEDS_PIN;
	if (abi == &ia32 && !have_ia32)
		return "no 32-bit system calls";
	if (abi == &x32 && !have_x32)
		return "no system calls of x32";
	return NULL;
}

#ifndef WITHOUT_PIN_FIXTURE
FIXTURE(pin) {
	int unused;
};

FIXTURE_VARIANT(pin) {
	const struct abi *abi;
};

FIXTURE_VARIANT_ADD(pin, native) { .abi = &native };
FIXTURE_VARIANT_ADD(pin, ia32) { .abi = &ia32 };
FIXTURE_VARIANT_ADD(pin, x32) { .abi = &x32 };

FIXTURE_SETUP(pin)
{
	const char *why = cannot_pin(variant->abi);

	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN(pin)
{
}
#endif /* !WITHOUT_PIN_FIXTURE */

/* For cases that are not of the fixture */
#define NEED_PIN() do {								\
	const char *why_ = cannot_pin(&native);					\
										\
	if (why_)								\
		SKIP(return, "%s", why_);					\
} while (0)

/* The number that is all of a file; -1 if it cannot be read */
static inline long number_in(const char *path, const char *format)
{
	FILE *file = fopen(path, "r");
	long value = -1;

	if (file) {
		if (fscanf(file, format, &value) != 1)
			value = -1;
		fclose(file);
	}
	return value;
}

/* A line of /proc/PID/status, by its name; -1 if there is none */
static inline long status_of(pid_t pid, const char *name)
{
	char path[64], line[256];
	size_t len = strlen(name);
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, len) && line[len] == ':')
			value = strtol(line + len + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return value;
}

static inline void child_is_fresh(long pins)
{
	CHECK(status_of(raw3(&native, __NR_gettid, 0, 0, 0), "Seccomp_filters"), pins);
	CHECK(status_of(raw3(&native, __NR_gettid, 0, 0, 0), "Seccomp"), pins ? 2 : 0);
	CHECK(prctl(PR_GET_SECCOMP), pins ? SECCOMP_MODE_FILTER : SECCOMP_MODE_DISABLED);
}
#endif /* __x86_64__ */

static inline bool set_up_pins(void)
{
#ifdef __x86_64__
	if (!map_low_page())
		return false;
#endif
	return set_up_report();
}

#endif /* _SECCOMP_PIN_H */
