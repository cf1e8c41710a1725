// SPDX-License-Identifier: GPL-2.0
/* BPF programs on the tracepoint seccomp:seccomp_verdict: what they see, and what they share */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"

#include <linux/perf_event.h>
#include <sys/mount.h>

#define TRACING		"/sys/kernel/tracing"
#define EVENT_ID	TRACING "/events/seccomp/seccomp_verdict/id"

/* The only value of an array that programs and test share */
struct noted {
	/* Whose verdicts count */
	__u64 pid;
	__u64 count;
	/* Of the last one */
	__u64 nr, arch, action, filter;
	/* How often a filter asked */
	__u64 asked;
};

#define NOTED(field)	((int)offsetof(struct noted, field))

static struct noted read_noted(int map)
{
	struct noted noted = {};

	map_command(BPF_MAP_LOOKUP_ELEM, map, &(__u32) { 0 }, &noted);
	return noted;
}

static void watch_pid(int map, pid_t pid)
{
	struct noted noted = { .pid = pid };

	map_command(BPF_MAP_UPDATE_ELEM, map, &(__u32) { 0 }, &noted);
}

/* Where a program finds a field: raw, as arguments of 64 bits, or in the event's record */
struct layout {
	__u32 type;
	int size, nr, arch, action, filter;
};

static const struct layout raw = { BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_DW, 0, 8, 16, 24 };
static const struct layout event = { BPF_PROG_TYPE_TRACEPOINT, BPF_W, 8, 12, 16, 20 };

/* Three instructions: copy a field from where R6 points to where R7 does. */
#define NOTE(size, from, to)								\
	BPF_LDX_MEM(size, R2, R6, from), BPF_MOV32_REG(R2, R2), BPF_STX_MEM(BPF_DW, R7, R2, to)

static int load_watcher(const struct layout *l, int map)
{
	return load_type(l->type, INSNS(BPF_MOV64_REG(R6, R1),
					BPF_CALL_HELPER(BPF_FUNC_get_current_pid_tgid),
					BPF_ALU64_IMM(BPF_RSH, R0, 32),
					BPF_LD_MAP_VALUE(R7, map, 0),
					BPF_LDX_MEM(BPF_DW, R2, R7, NOTED(pid)),
					BPF_JMP_REG(BPF_JNE, R0, R2, 14),
					NOTE(l->size, l->nr, NOTED(nr)),
					NOTE(l->size, l->arch, NOTED(arch)),
					NOTE(l->size, l->action, NOTED(action)),
					NOTE(l->size, l->filter, NOTED(filter)),
					BPF_MOV64_IMM(R2, 1),
					BPF_ATOMIC_ADD(BPF_DW, R7, R2, NOTED(count)),
					BPF_MOV64_IMM(R0, 0), BPF_EXIT_INSN()));
}

/* Attach; return a file that is closed to detach, or a negative error. */
static int attach_raw(int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = PTR("seccomp_verdict");
	attr.raw_tracepoint.prog_fd = fd;
	return sys_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
}

static int attach_event(int fd)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .sample_period = 1,
	};
	char number[16] = "";
	int file, perf;

	if (access(TRACING "/events", F_OK))
		mount("none", TRACING, "tracefs", 0, NULL);
	file = open(EVENT_ID, O_RDONLY);
	if (file < 0)
		return -ENOENT;
	if (read(file, number, sizeof(number) - 1) > 0)
		attr.config = atoi(number);
	close(file);
	perf = syscall(__NR_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (perf < 0)
		return -errno;
	if (ioctl(perf, PERF_EVENT_IOC_SET_BPF, fd) || ioctl(perf, PERF_EVENT_IOC_ENABLE, 0)) {
		close(perf);
		return -errno;
	}
	return perf;
}

FIXTURE(watched) {
	int map, link;
};

FIXTURE_VARIANT(watched) {
	const struct layout *layout;
	int (*hook)(int fd);
};

FIXTURE_VARIANT_ADD(watched, raw) {
	.layout = &raw,
	.hook = attach_raw,
};

FIXTURE_VARIANT_ADD(watched, event) {
	.layout = &event,
	.hook = attach_event,
};

FIXTURE_SETUP(watched)
{
	int fd;

	if (geteuid())
		SKIP(return, "needs root");
#ifdef __x86_64__
	have_ia32 = WIFEXITED(run(child_probe, &ia32, 0));
#endif
	self->map = create_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct noted), 1);
	ASSERT_LE(0, self->map);
	fd = load_watcher(variant->layout, self->map);
	if (fd == -EINVAL && !verifier_log[0])
		SKIP(return, "needs CONFIG_BPF_EVENTS");
	ASSERT_LOADED(fd);
	self->link = variant->hook(fd);
	close(fd);
	if (self->link == -ENOENT)
		SKIP(return, "needs the tracepoint seccomp:seccomp_verdict");
	ASSERT_LE(0, self->link) TH_LOG("%s", strerror(-self->link));
}

FIXTURE_TEARDOWN(watched)
{
	close(self->link);
	close(self->map);
}

/* --- What it sees --- */

enum kind { CLASSIC, PURE, STATEFUL, KINDS };

static long attach_kind(enum kind kind, const struct rule *rules, size_t n)
{
	if (kind == CLASSIC)
		return attach_rules(0, ALLOW, rules, n);
	return attach_and_close(0, load_rules(kind == STATEFUL, ALLOW, rules, n));
}

static int noted_map;

static void child_seen(const struct abi *abi, long kind)
{
	const struct rule rules[] = {
		on(abi->arch, abi->nr[GETPPID], DENY),
		on(abi->arch, abi->nr[GETEUID], SECCOMP_RET_LOG | 7),
		depends(abi->arch, abi->nr[GETUID], ALLOW, DENY + 1),
	};
	struct noted noted;
	long before[CALLS];

	watch_pid(noted_map, getpid());
	call_each(abi, before);
	CHECK(attach_kind(kind, rules, ARRAY_SIZE(rules)), 0);
	CHECK(call(abi, GETPID), before[GETPID]);
	CHECK(raw3(abi, abi->nr[GETUID], 0, 0, 0), before[GETUID]);
	CHECK(read_noted(noted_map).count, 0);

	CHECK(call(abi, GETPPID), -DENIED);
	noted = read_noted(noted_map);
	CHECK(noted.count, 1);
	CHECK(noted.nr, abi->nr[GETPPID]);
	CHECK(noted.arch, abi->arch);
	CHECK(noted.action, DENY);
	CHECK(noted.filter, 0);

	CHECK(raw3(abi, abi->nr[GETUID], 1, 0, 0), -DENIED - 1);
	noted = read_noted(noted_map);
	CHECK(noted.count, 2);
	CHECK(noted.nr, abi->nr[GETUID]);
	CHECK(noted.action, DENY + 1);

	CHECK(call(abi, GETEUID), before[GETEUID]);
	noted = read_noted(noted_map);
	CHECK(noted.count, 3);
	CHECK(noted.action, SECCOMP_RET_LOG | 7);

	/* Under a newer one it is filter 1. */
	CHECK(attach(ALLOW, on(abi->arch, 100000, KILL)), 0);
	CHECK(call(abi, GETPPID), -DENIED);
	noted = read_noted(noted_map);
	CHECK(noted.count, 4);
	CHECK(noted.filter, 1);
}

TEST_F(watched, verdicts_of_filters_of_each_kind)
{
	bool extended = !why_no_ebpf();

	noted_map = self->map;
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		for (int kind = 0; kind < (extended ? KINDS : PURE) && !is_missing(abis[i]); kind++)
			EXPECT_FINE(run(child_seen, abis[i], kind));
	}
}

static void child_unseen(const struct abi *abi, long arg)
{
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY)), 0);
	for (int i = 0; i < 10; i++)
		CHECK(call(abi, GETPPID), -DENIED);
}

static void child_named(const struct abi *abi, long arg)
{
	watch_pid(noted_map, getpid());
	child_unseen(abi, arg);
}

TEST_F(watched, nothing_of_others_or_once_it_is_detached)
{
	noted_map = self->map;
	EXPECT_FINE(run(child_unseen, &native, 0));
	EXPECT_EQ(0ULL, read_noted(self->map).count);
	EXPECT_FINE(run(child_named, &native, 0));
	EXPECT_EQ(10ULL, read_noted(self->map).count);
	close(self->link);
	self->link = -1;
	EXPECT_FINE(run(child_named, &native, 0));
	EXPECT_EQ(0ULL, read_noted(self->map).count);
}

/* --- What it shares with a filter --- */

#define LIMIT		5

/* getppid() is denied, first with one errno, and after LIMIT events with another. */
static int load_limited(int map)
{
	return LOAD_EBPF(CTX_NR(R2), BPF_JMP32_IMM(BPF_JEQ, R2, native.nr[GETPPID], 2),
			 VERDICT(ALLOW),
			 BPF_LD_MAP_VALUE(R6, map, 0), BPF_MOV64_IMM(R1, 1),
			 BPF_ATOMIC_ADD(BPF_DW, R6, R1, NOTED(asked)),
			 BPF_LDX_MEM(BPF_DW, R2, R6, NOTED(count)),
			 BPF_JMP_IMM(BPF_JGE, R2, LIMIT, 2), VERDICT(DENY), VERDICT(DENY + 1));
}

static void child_limited(const struct abi *abi, long map)
{
	watch_pid(map, getpid());
	CHECK(attach_and_close(0, load_limited(map)), 0);
	for (int i = 0; i < 2 * LIMIT; i++)
		CHECK(call(abi, GETPPID), -DENIED - (i >= LIMIT));
}

TEST_F(watched, filter_reads_what_the_tracer_counts)
{
	struct noted noted;

	NEED_EBPF();
	EXPECT_FINE(run(child_limited, &native, self->map));
	noted = read_noted(self->map);
	EXPECT_EQ(2ULL * LIMIT, noted.count);
	EXPECT_EQ(2ULL * LIMIT, noted.asked);
	EXPECT_EQ(DENY + 1, noted.action);
}

/* --- While it comes and goes --- */

#define HAMMERS		3

static void child_hammers(const struct abi *abi, long arg)
{
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY)), 0);
	while (!atomic_load(&report->flag)) {
		for (int i = 0; i < 20; i++)
			CHECK(call(abi, GETPPID), -DENIED);
		/* Whoever attaches wants to get on. */
		atomic_fetch_add(&report->mark, 1);
		sched_yield();
	}
}

static void child_many(const struct abi *abi, long arg)
{
	pid_t pids[HAMMERS];

	for (int i = 0; i < HAMMERS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			child_hammers(abi, arg);
			leave(CHILD_DONE);
		}
	}
	for (int i = 0; i < HAMMERS; i++)
		CHECK(finish(pids[i]), CHILD_DONE << 8);
}

TEST_F_TIMEOUT(watched, calls_go_on_while_it_is_attached_and_detached, 120)
{
	pid_t pid = start(child_many, &native, 0);

	wait_for(&report->mark, HAMMERS);
	for (int i = 0; i < 20; i++) {
		int fd = load_watcher(variant->layout, self->map), link;

		ASSERT_LOADED(fd);
		link = variant->hook(fd);
		EXPECT_LE(0, link);
		close(fd);
		wait_for(&report->mark, atomic_load(&report->mark) + 1);
		close(link);
	}
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
