// SPDX-License-Identifier: GPL-2.0
/*
 * Measure what stacks of different filters cost the calls that they are about
 *
 * tools/filters writes the stacks and tells the calls, with what each returns
 * without the filters and with them. A call that returns something else is an
 * error: then the figure would be of another verdict.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/stat.h>

#include "measure.h"

#define MOST_CALLS 32
#define MOST_FILTERS 64

struct measured {
	char name[32];
	struct call call;
	long expected[2];	/* without the stack, and under it */
};

/* Written by children, printed by the parent. */
struct results {
	uint64_t call[MOST_CALLS];
	long got[MOST_CALLS];
	uint64_t attach;
};

static struct results *results;
static struct sock_fprog filters[MOST_FILTERS];
static unsigned int filter_count;
static struct measured calls[MOST_CALLS];
static unsigned int call_count;

static void unusable(const char *path)
{
	fprintf(stderr, "stacks: %s: not as tools/filters writes it\n", path);
	exit(2);
}

static void read_stack(const char *path)
{
	int fd = open(path, O_RDONLY);
	const char *at, *end;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	at = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (at == MAP_FAILED)
		die(path);
	close(fd);

	filter_count = 0;
	for (end = at + st.st_size; at < end; filter_count++) {
		struct sock_fprog *filter = &filters[filter_count];
		uint32_t len;

		if (filter_count == MOST_FILTERS || end - at < (long)sizeof(len))
			unusable(path);
		memcpy(&len, at, sizeof(len));
		at += sizeof(len);
		if ((size_t)(end - at) / sizeof(struct sock_filter) < len)
			unusable(path);
		filter->len = len;
		filter->filter = (struct sock_filter *)at;
		at += len * sizeof(struct sock_filter);
	}
	if (!filter_count)
		unusable(path);
}

static void read_calls(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256];

	if (!file)
		die(path);
	for (call_count = 0; fgets(line, sizeof(line), file); call_count++) {
		struct measured *m = &calls[call_count];
		long *args = m->call.args;

		if (call_count == MOST_CALLS ||
		    sscanf(line, "%31s %ld %ld %ld %ld %ld %ld %ld %ld %ld", m->name,
			   &m->call.nr, &args[0], &args[1], &args[2], &args[3], &args[4],
			   &args[5], &m->expected[0], &m->expected[1]) != 10)
			unusable(path);
	}
	fclose(file);
	if (!call_count)
		unusable(path);
}

static void attach(int count)
{
	no_new_privs();
	results->attach = 0;
	for (int i = 0; i < count; i++) {
		uint64_t start = __rdtsc();

		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filters[i]))
			die("seccomp");
		results->attach += __rdtsc() - start;
	}
}

/*
 * Keep the JIT's page pack warm; a filter of the stack might not let it stop.
 * It depends on an argument, of a call that nobody makes: else it need not be
 * compiled.
 */
static void attach_harmless(int unused)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_create_module, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
	};
	struct sock_fprog filter = { ARRAY_SIZE(insns), insns };

	(void)unused;
	no_new_privs();
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter))
		die("seccomp");
}

/* Filters may refuse to write: what is found, the parent tells. */
static void measure_calls(int stacked)
{
	attach(stacked ? filter_count : 0);
	for (unsigned int i = 0; i < call_count; i++) {
		results->got[i] = invoke(&calls[i].call);
		results->call[i] = cost_of(&calls[i].call);
	}
}

static void print_calls(const char *stack, int stacked)
{
	in_child(measure_calls, stacked);
	for (unsigned int i = 0; i < call_count; i++) {
		if (results->got[i] != calls[i].expected[stacked]) {
			fprintf(stderr, "stacks: %s/%s/%d gave %ld, not %ld\n", stack,
				calls[i].name, stacked, results->got[i],
				calls[i].expected[stacked]);
			exit(2);
		}
		printf("call/%s/%s/%d %lu\n", stack, calls[i].name, stacked, results->call[i]);
	}
}

/*
 * What it takes to enter and leave the kernel. A refused call saves what it
 * would have done, so its cost is to be held against this.
 */
static void print_nothing(void)
{
	static const struct call nothing = { .nr = SYS_create_module };

	printf("call/nothing/0 %lu\n", cost_of(&nothing));
}

static void measure_stack(const char *stack)
{
	char path[128];
	pid_t elsewhere;

	snprintf(path, sizeof(path), "%s.stack", stack);
	read_stack(path);
	snprintf(path, sizeof(path), "%s.calls", stack);
	read_calls(path);

	print_calls(stack, 0);
	elsewhere = attach_elsewhere(attach_harmless, 0);
	print_calls(stack, 1);
	detach_elsewhere(elsewhere);
	printf("attach/%s %lu\n", stack, results->attach);
}

int main(int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-') {
		fputs("usage: stacks STACK...\n"
		      "Measures the calls of STACK.calls without and under the filters of\n"
		      "STACK.stack (see tools/filters). Prints:\n"
		      "  call/nothing/0 COST          of a call that no kernel has\n"
		      "  call/STACK/CALL/{0,1} COST   of one call; 0 is without the filters\n"
		      "  attach/STACK COST            of all filters together\n"
		      "Exit status: 0 measured, 2 could not measure\n", stderr);
		return 2;
	}
	results = share(sizeof(*results));
	print_nothing();
	for (int i = 1; i < argc; i++)
		measure_stack(argv[i]);
	return 0;
}
