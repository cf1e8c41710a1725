// SPDX-License-Identifier: GPL-2.0
/*
 * Measure what a seccomp filter costs the system calls of this machine
 *
 * Prints one "key value" pair a line, see usage(). Time is read with RDTSC: in
 * a guest whose clock counts instructions ("tools/vm --icount") the figures
 * are instructions and repeat exactly; elsewhere they are cycles and do not.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define X32_BIT 0x40000000L
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The smallest of ROUNDS is taken: timer ticks make the others longer. */
#define ROUNDS 40
#define CALLS_PER_ROUND 64

/* Enough filters that what the page allocator keeps per CPU drowns. */
#define MEMORY_CHILDREN 20
#define MEMORY_FILTERS 25

enum entry { SYSCALL, INT80 };

struct call {
	const char *name;
	enum entry entry;
	long nr;
	long args[3];
};

static const struct call calls[] = {
	{ "allowed/x86-64", SYSCALL, SYS_getpid, { 0 } },
	{ "allowed/i386", INT80, 20, { 0 } },
	{ "allowed/x32", SYSCALL, X32_BIT | SYS_getpid, { 0 } },
	{ "denied/x86-64", SYSCALL, SYS_kexec_load, { 0 } },
	{ "denied/i386", INT80, 283, { 0 } },
	{ "outside/x86-64", SYSCALL, 5000, { 0 } },
	{ "checked-allowed/x86-64", SYSCALL, SYS_personality, { 0xffffffff } },
	/* ADDR_NO_RANDOMIZE: harmless where no filter refuses it */
	{ "checked-refused/x86-64", SYSCALL, SYS_personality, { 0x40000 } },
};

/* Written by children, printed by the parent. */
struct results {
	uint64_t call[ARRAY_SIZE(calls)];
	uint64_t first_attach, last_attach;
};

static struct results *results;
static struct sock_fprog filter;

static void die(const char *what)
{
	fprintf(stderr, "cost: %s: %s\n", what, strerror(errno));
	exit(2);
}

static inline long invoke(const struct call *c)
{
	long ret;

	if (c->entry == INT80) {
		asm volatile("int $0x80"
			     : "=a" (ret)
			     : "a" (c->nr), "b" (c->args[0]), "c" (c->args[1]), "d" (c->args[2])
			     : "memory", "r8", "r9", "r10", "r11");
	} else {
		asm volatile("syscall"
			     : "=a" (ret)
			     : "a" (c->nr), "D" (c->args[0]), "S" (c->args[1]), "d" (c->args[2])
			     : "memory", "rcx", "r11");
	}
	return ret;
}

static uint64_t cost_of(const struct call *c)
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

static uint64_t attach(void)
{
	uint64_t start = __rdtsc();

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter))
		die("seccomp");
	return __rdtsc() - start;
}

static void attach_copies(int depth)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("no_new_privs");
	for (int i = 0; i < depth; i++) {
		results->last_attach = attach();
		if (!i)
			results->first_attach = results->last_attach;
	}
}

/* Run @work under @depth copies of the filter, in a child of its own. */
static void in_child(int depth, void (*work)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		attach_copies(depth);
		work();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	if (status) {
		fprintf(stderr, "cost: depth %d: child ended with wait status %#x\n",
			depth, status);
		exit(2);
	}
}

static void nothing(void)
{
}

static void measure_calls(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		results->call[i] = cost_of(&calls[i]);
}

static void print_calls(int depth)
{
	in_child(depth, measure_calls);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		printf("call/%s/%d %lu\n", calls[i].name, depth, results->call[i]);
}

static void print_attach(void)
{
	in_child(1, nothing);
	printf("attach/first-cold %lu\n", results->first_attach);
	in_child(10, nothing);
	printf("attach/first %lu\n", results->first_attach);
	printf("attach/tenth %lu\n", results->last_attach);
}

/* Ask the kernel for each ABI's table; a kernel without the file has none. */
static void print_tables(void)
{
	char line[128], abi[32], verdict[32], last[32] = "";
	unsigned int nr, total = 0, answered = 0;
	FILE *view = fopen("/proc/self/seccomp_cache", "r");

	while (view && fgets(line, sizeof(line), view)) {
		if (sscanf(line, "%31s %u %31s", abi, &nr, verdict) != 3)
			continue;
		if (strcmp(abi, last)) {
			if (total)
				printf("table/%s %u/%u\n", last, answered, total);
			strcpy(last, abi);
			total = answered = 0;
		}
		total++;
		answered += !!strcmp(verdict, "FILTER");
	}
	if (total)
		printf("table/%s %u/%u\n", last, answered, total);
	fflush(stdout);
}

static long free_bytes(void)
{
	FILE *meminfo = fopen("/proc/meminfo", "r");
	char line[128];
	long kib = -1;

	while (meminfo && fgets(line, sizeof(line), meminfo))
		if (sscanf(line, "MemFree: %ld", &kib) == 1)
			break;
	if (!meminfo || kib < 0)
		die("/proc/meminfo");
	fclose(meminfo);
	return kib * 1024;
}

/* Free memory while MEMORY_CHILDREN children stand still, each at @depth. */
static long free_beside_children(int depth)
{
	int ready[2], hold[2];
	long bytes;
	char byte;

	if (pipe(ready) || pipe(hold))
		die("pipe");
	for (int i = 0; i < MEMORY_CHILDREN; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			close(hold[1]);
			attach_copies(depth);
			if (write(ready[1], "", 1) != 1 || read(hold[0], &byte, 1))
				_exit(2);
			_exit(0);
		}
	}
	close(ready[1]);
	for (int i = 0; i < MEMORY_CHILDREN; i++)
		if (read(ready[0], &byte, 1) != 1)
			die("a child died while attaching");
	bytes = free_bytes();
	close(hold[1]);
	while (wait(NULL) > 0)
		;
	close(ready[0]);
	close(hold[0]);
	return bytes;
}

static void print_memory(void)
{
	long without, with;

	free_beside_children(0);	/* what the first round leaves behind does not count */
	without = free_beside_children(0);
	with = free_beside_children(MEMORY_FILTERS);
	printf("memory/filter %ld\n", (without - with) / (MEMORY_CHILDREN * MEMORY_FILTERS));
}

static void read_filter(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	filter.len = st.st_size / sizeof(struct sock_filter);
	filter.filter = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (filter.filter == MAP_FAILED)
		die(path);
	close(fd);
}

static void usage(void)
{
	fputs("usage: cost FILTER [all | DEPTH...]\n"
	      "Measures calls without and under DEPTH copies of the BPF program in FILTER\n"
	      "(default: one). Prints:\n"
	      "  table/ABI ANSWERED/NUMBERS        numbers whose verdict needs no filter run\n"
	      "  call/CALL/ABI/DEPTH COST          of one call; depth 0 is unfiltered\n"
	      "  attach/{first-cold,first,tenth} COST   (with \"all\": at depths 1, 10 and 20)\n"
	      "  memory/filter BYTES               of one attached copy (with \"all\")\n"
	      "Exit status: 0 measured, 2 could not measure\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	static const int all_depths[] = { 1, 10, 20 };

	if (argc < 2 || argv[1][0] == '-')
		usage();
	read_filter(argv[1]);
	results = mmap(NULL, sizeof(*results), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED)
		die("mmap");

	if (argc == 3 && !strcmp(argv[2], "all")) {
		print_attach();		/* first: the cold one is cold only once */
		in_child(1, print_tables);
		print_calls(0);
		for (unsigned int i = 0; i < ARRAY_SIZE(all_depths); i++)
			print_calls(all_depths[i]);
		print_memory();
		return 0;
	}
	in_child(1, print_tables);
	print_calls(0);
	if (argc == 2)
		print_calls(1);
	for (int i = 2; i < argc; i++)
		print_calls(atoi(argv[i]));
	return 0;
}
