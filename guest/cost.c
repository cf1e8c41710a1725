// SPDX-License-Identifier: GPL-2.0
/*
 * Measure what a seccomp filter costs the system calls of this machine
 *
 * Prints one "key value" pair a line, see usage(); measure.h tells of what.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <ucontext.h>

#include "measure.h"

#define X32_BIT 0x40000000L

/* Enough filters that page packs and slabs which are not full do not count. */
#define MEMORY_CHILDREN 20
#define MEMORY_FILTERS 25
#define CONTAINERS 1000

/* What the SIGSYS handler and the supervisor answer. */
#define TRAPPED 4711
#define NOTIFIED 4712

/*
 * A call, and what it must return under the filter, where that shows that the
 * filter has decided. A call with an action is allowed by the profile; a small
 * filter on top of it gives the action.
 */
struct measured {
	const char *name;
	struct call call;
	long expected;
	uint32_t action;
};

static const struct measured calls[] = {
	{ "allowed/x86-64", .call = { .nr = SYS_getpid } },
	{ "allowed/i386", .call = { INT80, .nr = 20 } },
	{ "allowed/x32", .call = { .nr = X32_BIT | SYS_getpid } },
	{ "denied/x86-64", .call = { .nr = SYS_kexec_load }, .expected = -EPERM },
	{ "denied/i386", .call = { INT80, .nr = 283 }, .expected = -EPERM },
	{ "denied/x32", .call = { .nr = X32_BIT | 528 }, .expected = -EPERM },
	{ "outside/x86-64", .call = { .nr = 5000 } },
	{ "outside/i386", .call = { INT80, .nr = 5000 } },
	{ "minus-one/x86-64", .call = { .nr = -1 } },
	{ "checked-allowed/x86-64", .call = { .nr = SYS_personality, .args = { 0xffffffff } } },
	/* ADDR_NO_RANDOMIZE: harmless where no filter refuses it */
	{ "checked-refused/x86-64", .call = { .nr = SYS_personality, .args = { 0x40000 } },
	  .expected = -ENOSYS },
	{ "logged/x86-64", .call = { .nr = SYS_getppid }, .action = SECCOMP_RET_LOG },
	{ "traced/x86-64", .call = { .nr = SYS_getuid }, .expected = -ENOSYS,
	  .action = SECCOMP_RET_TRACE },
	{ "trapped/x86-64", .call = { .nr = SYS_getgid }, .expected = TRAPPED,
	  .action = SECCOMP_RET_TRAP },
	{ "notified/x86-64", .call = { .nr = SYS_geteuid }, .expected = NOTIFIED,
	  .action = SECCOMP_RET_USER_NOTIF },
};

/* Written by children, printed by the parent. */
struct results {
	uint64_t call[ARRAY_SIZE(calls)];
	uint64_t first_attach, last_attach;
};

static struct results *results;
static struct sock_fprog filter;

static uint64_t attach(unsigned int flags)
{
	uint64_t start = __rdtsc();

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter))
		die("seccomp");
	return __rdtsc() - start;
}

/* Have tools/held count in the next attach, and call it NAME/NUMBER. */
static void name_attach(const char *name, int number)
{
	char buffer[64];

	snprintf(buffer, sizeof(buffer), "%s/%d", name, number);
	syscall(SYS_rt_sigpending, buffer, sizeof(uint64_t));
}

static void attach_copies(int depth)
{
	no_new_privs();
	for (int i = 0; i < depth; i++) {
		results->last_attach = attach(0);
		if (!i)
			results->first_attach = results->last_attach;
	}
}

static sem_t listening;
static int listener;

/* Answer notifications; the thread began before there was a filter, so has none. */
static void *supervise(void *unused)
{
	struct seccomp_notif request;
	struct seccomp_notif_resp response;

	sem_wait(&listening);
	for (;;) {
		memset(&request, 0, sizeof(request));
		memset(&response, 0, sizeof(response));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request))
			die("receive a notification");
		response.id = request.id;
		response.val = NOTIFIED;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response))
			die("answer a notification");
	}
	return unused;
}

static void answer_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = TRAPPED;
}

/* Attach the filter that gives calls their actions, and be ready for them. */
static void attach_actions(void)
{
	struct sigaction sigsys = { .sa_sigaction = answer_trap, .sa_flags = SA_SIGINFO };
	struct sock_filter code[2 * ARRAY_SIZE(calls) + 2], *end = code;
	struct sock_fprog actions = { .filter = code };

	*end++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					      offsetof(struct seccomp_data, nr));
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		if (!calls[i].action)
			continue;
		*end++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].call.nr, 0, 1);
		*end++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, calls[i].action);
	}
	*end++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	actions.len = end - code;

	if (sigaction(SIGSYS, &sigsys, NULL))
		die("sigaction");
	listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			   SECCOMP_FILTER_FLAG_NEW_LISTENER, &actions);
	if (listener < 0)
		die("seccomp");
	sem_post(&listening);
}

static void measure_if(bool action)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		if (!!calls[i].action == action)
			results->call[i] = cost_of(&calls[i].call);
}

static void check_verdicts(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		long got = invoke(&calls[i].call);

		if (calls[i].expected && got != calls[i].expected) {
			fprintf(stderr, "cost: %s gave %ld, not %ld\n", calls[i].name, got,
				calls[i].expected);
			exit(2);
		}
	}
}

static void measure_calls(int depth)
{
	pthread_t supervisor;

	if (depth && pthread_create(&supervisor, NULL, supervise, NULL))
		die("pthread_create");
	attach_copies(depth);
	measure_if(false);
	if (depth)
		attach_actions();
	measure_if(true);
	if (depth)
		check_verdicts();
}

static void print_calls(int depth)
{
	in_child(measure_calls, depth);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		printf("call/%s/%d %lu\n", calls[i].name, depth, results->call[i]);
}

static void print_attach(void)
{
	pid_t elsewhere;

	in_child(attach_copies, 1);
	printf("attach/first-cold %lu\n", results->first_attach);
	elsewhere = attach_elsewhere(attach_copies, 1);
	in_child(attach_copies, 10);
	detach_elsewhere(elsewhere);
	printf("attach/first %lu\n", results->first_attach);
	printf("attach/tenth %lu\n", results->last_attach);
}

static void attach_named(int depth)
{
	no_new_privs();
	for (int i = 1; i <= depth; i++) {
		if (i == 1 || i % 10 == 0)
			name_attach("depth", i);
		attach(0);
	}
}

static void *wait_for_exit(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void attach_to_threads(int count)
{
	pthread_t thread;

	no_new_privs();
	for (int i = 1; i < count; i++)
		if (pthread_create(&thread, NULL, wait_for_exit, NULL))
			die("pthread_create");
	name_attach("threads", count);
	attach(SECCOMP_FILTER_FLAG_TSYNC);
}

/* Attach what tools/held counts in. */
static void attach_for_held(int depth, int most_threads)
{
	pid_t elsewhere = attach_elsewhere(attach_copies, 1);

	in_child(attach_named, depth);
	for (int threads = 1; threads <= most_threads; threads *= 2)
		in_child(attach_to_threads, threads);
	detach_elsewhere(elsewhere);
}

/* Print how much of each ABI's table is known; a kernel without the file has none. */
static void print_tables(int depth)
{
	char path[64], line[128], abi[32], verdict[32], last[32] = "";
	pid_t elsewhere = attach_elsewhere(attach_copies, depth);
	unsigned int nr, total = 0, answered = 0;
	FILE *view;

	/* Only a task without filters may read it. Mainline shows which calls are allowed. */
	snprintf(path, sizeof(path), "/proc/%d/seccomp_policy", elsewhere);
	view = fopen(path, "r");
	if (!view) {
		snprintf(path, sizeof(path), "/proc/%d/seccomp_cache", elsewhere);
		view = fopen(path, "r");
	}
	while (view && fgets(line, sizeof(line), view)) {
		if (sscanf(line, "%31s %u %31s", abi, &nr, verdict) != 3)
			continue;
		/* Behind the tables are the ranges that they leave over. */
		if (verdict[0] == '-')
			break;
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
	if (view)
		fclose(view);
	detach_elsewhere(elsewhere);
}

static long kib_of(const char *field)
{
	FILE *meminfo = fopen("/proc/meminfo", "r");
	size_t length = strlen(field);
	char line[128];
	long kib = -1;

	while (meminfo && kib < 0 && fgets(line, sizeof(line), meminfo))
		if (!strncmp(line, field, length) && line[length] == ':')
			kib = atol(line + length + 1);
	if (!meminfo || kib < 0)
		die("/proc/meminfo");
	fclose(meminfo);
	return kib;
}

/*
 * Where filters are: slab, vmalloc, which has the JIT's pages too, and per-CPU
 * memory. What is free says less: the page allocator keeps some megabytes
 * aside for each CPU, more or less of them as it sees fit.
 */
static long used_kib(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_WRONLY);

	/* The counters are exact only once each CPU has handed in its share. */
	if (fd < 0 || write(fd, "1", 1) != 1)
		die("stat_refresh");
	close(fd);
	return kib_of("Slab") + kib_of("VmallocUsed") + kib_of("Percpu");
}

/*
 * Filters, stacks and address spaces go some time after the processes that
 * had them, by way of RCU and work queues: wait until nothing changes, but not
 * forever, as on a machine that has other things to do.
 */
static long settled_kib(void)
{
	long kib = used_kib(), last = -1;

	for (int i = 0; i < 50 && kib != last; i++) {
		last = kib;
		usleep(200000);
		kib = used_kib();
	}
	return kib;
}

/* The memory in use while @count children stand still, each at @depth. */
static long kib_beside_children(int count, int depth)
{
	int ready[2], hold[2];
	char byte;
	long kib;

	settled_kib();
	if (pipe(ready) || pipe(hold))
		die("pipe");
	for (int i = 0; i < count; i++) {
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
	for (int i = 0; i < count; i++)
		if (read(ready[0], &byte, 1) != 1)
			die("a child died while attaching");
	kib = settled_kib();
	close(hold[1]);
	while (wait(NULL) > 0)
		;
	close(ready[0]);
	close(hold[0]);
	return kib;
}

/* Bytes for the filters of @count children, each at @depth. */
static long memory_of(int count, int depth)
{
	long without;

	kib_beside_children(count, 0);	/* what the first round leaves behind does not count */
	without = kib_beside_children(count, 0);
	return (kib_beside_children(count, depth) - without) * 1024;
}

static void print_memory(void)
{
	long containers = memory_of(CONTAINERS, 1);

	printf("memory/filter %ld\n", containers / CONTAINERS);
	printf("memory/containers %ld\n", containers);
	printf("memory/copy %ld\n",
	       memory_of(MEMORY_CHILDREN, MEMORY_FILTERS) / (MEMORY_CHILDREN * MEMORY_FILTERS));
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

/* Allow-and-log costs what the log does, unless the administrator wants none. */
static void do_not_log(void)
{
	static const char actions[] = "kill_process kill_thread trap errno user_notif trace";
	int fd = open("/proc/sys/kernel/seccomp/actions_logged", O_WRONLY);

	if (fd < 0 || write(fd, actions, sizeof(actions) - 1) < 0)
		die("actions_logged");
	close(fd);
}

static void usage(void)
{
	fputs("usage: cost FILTER [all | DEPTH...]\n"
	      "       cost FILTER attach [DEPTH [THREADS]]\n"
	      "Measures calls without and under DEPTH copies of the BPF program in FILTER\n"
	      "(default: one). Prints:\n"
	      "  table/ABI ANSWERED/NUMBERS        numbers whose verdict needs no filter run\n"
	      "  call/CALL/ABI/DEPTH COST          of one call; depth 0 is unfiltered\n"
	      "  attach/{first-cold,first,tenth} COST   (with \"all\": at depths 1, 10 and 20)\n"
	      "  memory/containers BYTES           of a copy in each of 1000 processes (\"all\")\n"
	      "  memory/filter BYTES               of one of these\n"
	      "  memory/copy BYTES                 of each of 25 copies in one process (\"all\")\n"
	      "\"attach\" prints nothing, but attaches for tools/held to count in:\n"
	      "  depth/N     the Nth copy, N being 1, 10, ... DEPTH (default: 20)\n"
	      "  threads/N   with TSYNC to N threads, 1, 2, 4, ... THREADS (default: 32)\n"
	      "Exit status: 0 measured, 2 could not measure\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	static const int all_depths[] = { 1, 10, 20 };

	if (argc < 2 || argv[1][0] == '-')
		usage();
	read_filter(argv[1]);
	results = share(sizeof(*results));

	if (argc >= 3 && !strcmp(argv[2], "attach")) {
		attach_for_held(argc > 3 ? atoi(argv[3]) : 20, argc > 4 ? atoi(argv[4]) : 32);
		return 0;
	}
	do_not_log();
	if (argc == 3 && !strcmp(argv[2], "all")) {
		print_attach();		/* first: the cold one is cold only once */
		in_child(print_tables, 1);
		print_calls(0);
		for (unsigned int i = 0; i < ARRAY_SIZE(all_depths); i++)
			print_calls(all_depths[i]);
		print_memory();
		return 0;
	}
	in_child(print_tables, 1);
	print_calls(0);
	if (argc == 2)
		print_calls(1);
	for (int i = 2; i < argc; i++)
		print_calls(atoi(argv[i]));
	return 0;
}
