// SPDX-License-Identifier: GPL-2.0
/* eBPF filters that come and go, with programs and maps freed while calls are made */

/*
 * Nothing is to be seen here but what a debug kernel would say; still each call
 * must get what its filters say. Lasts SECCOMP_STRESS_SECONDS (10).
 */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"

#include <time.h>

static int seconds(void)
{
	const char *told = getenv("SECCOMP_STRESS_SECONDS");

	return told && atoi(told) > 0 ? atoi(told) : 10;
}

/* Patience with the last generation, in seconds */
#define PATIENCE	120

/* Shared by all processes of a case */
struct shared {
	atomic_int over;
	atomic_long generations, calls;
};

static struct shared *shared;
static atomic_int stop, ready;
static long before[CALLS];

/* Two programs that deny, the one pure and the other with a map that goes with it */
static int load_one(long seed, int *map)
{
	*map = -1;
	if (seed & 1)
		return load_constant(&native, native.nr[GETPPID], DENY);
	*map = create_map(seed & 2 ? BPF_MAP_TYPE_PERCPU_ARRAY : BPF_MAP_TYPE_ARRAY, 4, 8, 1);
	return load_counter(&native, native.nr[GETPPID], *map, 0, DENY);
}

static long attach_one(unsigned int flags, long seed)
{
	int map, fd = load_one(seed, &map);
	long ret;

	CHECK(fd >= 0, true);
	if (map >= 0)
		close(map);
	ret = attach_and_close(flags, fd);
	return ret;
}

static void note_calls(long n)
{
	atomic_fetch_add(&shared->calls, n);
}

/* Once denied, always denied. */
static void *hammer(void *arg)
{
	bool denied = false;
	long n = 0;

	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop)) {
		long got = call(&native, GETPPID);

		CHECK(got == -DENIED || (!denied && got == before[GETPPID]), true);
		denied = got == -DENIED;
		CHECK(call(&native, GETUID), before[GETUID]);
		n++;
	}
	note_calls(n);
	return NULL;
}

/* --- Generations: each is a process --- */

/* Filters come to running threads. */
static void generation_synced(long seed)
{
	pthread_t threads[2];

	call_each(&native, before);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, hammer, NULL), 0);
	wait_for(&ready, 2);
	for (int i = 0; i < 4; i++) {
		CHECK(attach_one(SECCOMP_FILTER_FLAG_TSYNC, seed + i), 0);
		CHECK(call(&native, GETPPID), -DENIED);
	}
	/* Every other generation ends with its threads running. */
	if (seed & 4)
		leave(CHILD_DONE);
	atomic_store(&stop, 1);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(threads[i], NULL), 0);
}

static void *alone(void *arg)
{
	long seed = (long)arg;

	for (int i = 0; i < 3; i++) {
		CHECK(attach_one(0, seed + i), 0);
		CHECK(call(&native, GETPPID), -DENIED);
	}
	return NULL;
}

/* Threads attach for themselves and end, with what they had. */
static void generation_alone(long seed)
{
	pthread_t threads[3];

	call_each(&native, before);
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&threads[i], NULL, alone, (void *)(seed + i)), 0);
	for (int i = 0; i < 3; i++)
		CHECK(pthread_join(threads[i], NULL), 0);
	CHECK(call(&native, GETPPID), before[GETPPID]);
	note_calls(9);
}

/* Children have the same program, of which no file is left. */
static void generation_forked(long seed)
{
	pid_t pids[3];

	CHECK(attach_one(0, seed), 0);
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (int j = 0; j < 50; j++)
			CHECK(call(&native, GETPPID), -DENIED);
		if (i)
			CHECK(attach_one(0, seed + i), 0);
		CHECK(call(&native, GETPPID), -DENIED);
		if (i == 2)
			raw3(&native, __NR_kill, raw3(&native, __NR_getpid, 0, 0, 0), SIGKILL, 0);
		leave(CHILD_DONE);
	}
	/* Some are on their own. */
	if (seed % 3 == 0)
		leave(CHILD_DONE);
	for (int i = 0; i < 3; i++)
		CHECK(finish(pids[i]), i == 2 ? SIGKILL : CHILD_DONE << 8);
	note_calls(150);
}

/* A program is handed over to another, which itself is replaced all the time. */
static void *replace(void *arg)
{
	int map = (long)arg;
	__u32 key = 0;

	atomic_fetch_add(&ready, 1);
	for (long seed = 0; !atomic_load(&stop); seed++) {
		int own, fd = load_one(seed, &own);

		CHECK(fd >= 0, true);
		CHECK(map_command(BPF_MAP_UPDATE_ELEM, map, &key, &fd), 0);
		close(fd);
		if (own >= 0)
			close(own);
		if (seed % 4 == 0)
			CHECK(map_command(BPF_MAP_DELETE_ELEM, map, &key, NULL), 0);
	}
	return NULL;
}

static void generation_tail_call(long seed)
{
	int map = create_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1), fd;
	pthread_t thread;
	int denied = 0;

	call_each(&native, before);
	fd = LOAD_EBPF(BPF_LD_MAP_FD(R2, map), BPF_MOV64_IMM(R3, 0),
		       BPF_CALL_HELPER(BPF_FUNC_tail_call), VERDICT(ALLOW));
	CHECK(pthread_create(&thread, NULL, replace, (void *)(long)map), 0);
	CHECK(attach_and_close(0, fd), 0);
	wait_for(&ready, 1);
	for (int i = 0; i < 300; i++) {
		long got = call(&native, GETPPID);

		CHECK(got == -DENIED || got == before[GETPPID], true);
		denied += got == -DENIED;
		if (i % 50 == 0)
			sched_yield();
	}
	note_calls(300);
	/* The array goes while the other thread fills it. */
	if (seed & 1)
		leave(CHILD_DONE);
	atomic_store(&stop, 1);
	CHECK(pthread_join(thread, NULL), 0);
}

/* Hash maps whose entries come and go by what filters and others do */
static void generation_hash(long seed)
{
	int map = create_map(seed & 1 ? BPF_MAP_TYPE_LRU_HASH : BPF_MAP_TYPE_HASH, 4, 8, 16), fd;
	__u64 value;

	/* Store by the first argument, delete by the second. */
	fd = LOAD_EBPF(CTX_NR(R2), BPF_JMP32_IMM(BPF_JNE, R2, native.nr[GETPPID], 21),
		       BPF_MOV64_REG(R6, R1), BPF_LDX_MEM(BPF_W, R2, R6, LOW_WORD(0)),
		       BPF_STX_MEM(BPF_W, FP, R2, -4), BPF_ST_MEM(BPF_DW, FP, -16, 7),
		       BPF_LD_MAP_FD(R1, map), BPF_MOV64_REG(R2, FP),
		       BPF_ALU64_IMM(BPF_ADD, R2, -4), BPF_MOV64_REG(R3, FP),
		       BPF_ALU64_IMM(BPF_ADD, R3, -16), BPF_MOV64_IMM(R4, 0),
		       BPF_CALL_HELPER(BPF_FUNC_map_update_elem),
		       BPF_LDX_MEM(BPF_W, R2, R6, LOW_WORD(1)), BPF_STX_MEM(BPF_W, FP, R2, -4),
		       BPF_LD_MAP_FD(R1, map), BPF_MOV64_REG(R2, FP),
		       BPF_ALU64_IMM(BPF_ADD, R2, -4), BPF_CALL_HELPER(BPF_FUNC_map_delete_elem),
		       VERDICT(DENY), VERDICT(ALLOW));
	CHECK(fd >= 0, true);
	CHECK(attach_and_close(0, fd), 0);
	for (__u32 i = 0; i < 100; i++) {
		CHECK(raw3(&native, native.nr[GETPPID], i % 10, (i + 5) % 10, 0), -DENIED);
		map_command(i & 1 ? BPF_MAP_LOOKUP_ELEM : BPF_MAP_DELETE_ELEM, map,
			    (__u32 [1]) { i % 10 }, &value);
	}
	note_calls(100);
	if (seed & 2)
		close(map);
	CHECK(raw3(&native, native.nr[GETPPID], 1, 2, 0), -DENIED);
}

static void (*const kinds[])(long seed) = {
	generation_synced, generation_alone, generation_forked, generation_tail_call,
	generation_hash,
};

#define KINDS	ARRAY_SIZE(kinds)

/* Each has a report of its own. */
static struct report *reports;

static void work(int kind)
{
	report = &reports[kind];
	setpgid(0, 0);
	for (long seed = 0; !seed || !atomic_load(&shared->over); seed++) {
		pid_t pid;

		report->arg = seed;
		pid = fork();
		if (!pid) {
			setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 });
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			kinds[kind](seed);
			leave(CHILD_DONE);
		}
		CHECK(finish(pid), CHILD_DONE << 8);
		if (report->line)
			leave(1);
		atomic_fetch_add(&shared->generations, 1);
	}
	leave(CHILD_DONE);
}

/* The harness' limit is for who hangs though told to end. */
#define LIMIT	86400

FIXTURE(ebpf_stress) {
	int unused;
};

FIXTURE_SETUP(ebpf_stress)
{
	NEED_EBPF();
}

FIXTURE_TEARDOWN(ebpf_stress)
{
}

/* Have the kinds of @mask work for a while. */
static void expect_peace(struct __test_metadata *_metadata, unsigned int mask, long milliseconds)
{
	pid_t pids[KINDS] = {};
	time_t patience;

	memset(shared, 0, sizeof(*shared));
	memset(reports, 0, KINDS * sizeof(*reports));
	for (size_t i = 0; i < KINDS; i++) {
		if (!(mask >> i & 1))
			continue;
		pids[i] = fork();
		if (!pids[i])
			work(i);
	}
	usleep(1000 * milliseconds);
	atomic_store(&shared->over, 1);
	patience = time(NULL) + PATIENCE;
	for (size_t i = 0; i < KINDS; i++) {
		int status = -1;

		if (!pids[i])
			continue;
		while (!waitpid(pids[i], &status, WNOHANG) && time(NULL) < patience)
			usleep(10000);
		kill(-pids[i], SIGKILL);
		if (status == -1)
			waitpid(pids[i], NULL, 0);
		EXPECT_EQ(CHILD_DONE << 8, status)
			TH_LOG("kind %zu, seed %ld, line %d: got %ld, not %ld%s", i,
			       reports[i].arg, reports[i].line, reports[i].got, reports[i].want,
			       status == -1 ? ": still not done" : "");
	}
	EXPECT_LE(__builtin_popcount(mask), atomic_load(&shared->generations));
	EXPECT_LT(0, atomic_load(&shared->calls));
	TH_LOG("%ld generations, %ld calls", atomic_load(&shared->generations),
	       atomic_load(&shared->calls));
}

TEST_F_TIMEOUT(ebpf_stress, one_kind_after_the_other, LIMIT)
{
	for (size_t i = 0; i < KINDS; i++)
		expect_peace(_metadata, 1 << i, 500 * seconds() / KINDS);
}

TEST_F_TIMEOUT(ebpf_stress, all_at_once, LIMIT)
{
	expect_peace(_metadata, (1 << KINDS) - 1, 500 * seconds());
}

int main(int argc, char **argv)
{
	reports = mmap(NULL, KINDS * sizeof(*reports), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (!set_up_report() || reports == MAP_FAILED || shared == MAP_FAILED)
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
