// SPDX-License-Identifier: GPL-2.0
/*
 * Measure what a pin to an ABI costs system calls, where there is no filter beside it
 *
 * Prints one "key value" pair a line, see usage(); measure.h tells of what.
 */
#define _GNU_SOURCE
#include <linux/seccomp.h>

#include "measure.h"

#ifndef SECCOMP_PIN_ARCHITECTURE
#define SECCOMP_PIN_ARCHITECTURE 4
#endif

#define X32_BIT 0x40000000L
#define REFUSED 4000

/* No call has this number. */
#define NOTHING 5000

/*
 * A call under a pin by the ABI of @pin, and what it is held against. One that is
 * refused saves what it would have done, so that is a call which does nothing.
 */
struct measured {
	const char *name;
	struct call pin;
	struct call call;
	struct call against;
	long expected;
};

#define SECCOMP_64 { .nr = SYS_seccomp }
#define SECCOMP_32 { INT80, .nr = 354 }
#define SECCOMP_X32 { .nr = X32_BIT | SYS_seccomp }
#define GETPID_64 { .nr = SYS_getpid }
#define GETPID_32 { INT80, .nr = 20 }
#define GETPID_X32 { .nr = X32_BIT | SYS_getpid }

static const struct measured calls[] = {
	{ "allowed/x86-64", SECCOMP_64, GETPID_64, GETPID_64, 0 },
	{ "allowed/i386", SECCOMP_32, GETPID_32, GETPID_32, 0 },
	{ "allowed/x32", SECCOMP_X32, GETPID_X32, GETPID_X32, 0 },
	{ "refused/i386", SECCOMP_64, GETPID_32, { INT80, .nr = NOTHING }, -REFUSED },
	{ "refused/x32", SECCOMP_64, GETPID_X32, { .nr = X32_BIT | NOTHING }, -REFUSED },
	{ "refused/x86-64", SECCOMP_32, GETPID_64, { .nr = NOTHING }, -REFUSED },
};

/* Written by children, printed by the parent. */
struct results {
	uint64_t before[ARRAY_SIZE(calls)];
	uint64_t after[ARRAY_SIZE(calls)];
	uint64_t attach;
};

static struct results *results;
static uint32_t *action;

static void pin(struct call by)
{
	by.args[0] = SECCOMP_PIN_ARCHITECTURE;
	by.args[2] = (long)action;
	errno = -invoke(&by);
	if (errno)
		die("pin");
}

static void measure(int i)
{
	const struct measured *m = &calls[i];
	long ret;

	results->before[i] = cost_of(&m->against);
	no_new_privs();
	pin(m->pin);
	results->after[i] = cost_of(&m->call);
	ret = invoke(&m->call);
	if (m->expected ? ret != m->expected : ret < 0) {
		fprintf(stderr, "pin: %s returned %ld\n", m->name, ret);
		_exit(2);
	}
	/* Not by leave(), which not every pin allows. */
	raise(SIGKILL);
}

static void measure_attach(int unused)
{
	struct call by = { .nr = SYS_seccomp };
	uint64_t start;

	(void)unused;
	no_new_privs();
	start = __rdtsc();
	pin(by);
	results->attach = __rdtsc() - start;
}

static void usage(void)
{
	fputs("usage: pin\n"
	      "Measures calls of tasks with a pin and no filter. Prints:\n"
	      "  call/pin-VERDICT/ABI/nothing COST   of what that is held against, before it\n"
	      "  call/pin-VERDICT/ABI/pin COST       of a call under it\n"
	      "  attach/pin COST                     of setting it, to x86-64\n"
	      "Exit status: 0 measured, 2 could not measure\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		usage();
	results = share(sizeof(*results));
	/* Where 32-bit code can point to. */
	action = mmap(NULL, sizeof(*action), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (action == MAP_FAILED)
		die("mmap");
	*action = SECCOMP_RET_ERRNO | REFUSED;

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		int status;
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			measure(i);
		if (waitpid(pid, &status, 0) < 0 || !WIFSIGNALED(status)) {
			fprintf(stderr, "pin: the child for %s could not measure\n", calls[i].name);
			return 2;
		}
	}
	in_child(measure_attach, 0);	/* what the first leaves behind does not count */
	in_child(measure_attach, 0);

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		printf("call/pin-%s/nothing %lu\n", calls[i].name, results->before[i]);
		printf("call/pin-%s/pin %lu\n", calls[i].name, results->after[i]);
	}
	printf("attach/pin %lu\n", results->attach);
	return 0;
}
