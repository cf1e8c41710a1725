// SPDX-License-Identifier: GPL-2.0
/* eBPF filters: tail calls that loop, or whose target is replaced while it runs */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"

#define THREADS		3

/* How many tail calls the kernel makes in one run, and how many runs of a program that is */
#define TAIL_CALLS	33
#define RUNS		(TAIL_CALLS + 1)

/* Where a tail call is made, and what is known of its index when the program is loaded */
enum kind { MAIN_UNKNOWN, MAIN_KNOWN, SUB_UNKNOWN, SUB_KNOWN, SUB_TWICE };

static bool is_in_sub(enum kind kind)
{
	return kind >= SUB_UNKNOWN;
}

FIXTURE(tail) {
	int programs, runs, btf;
};

FIXTURE_VARIANT(tail) {
	enum kind kind;
};

FIXTURE_VARIANT_ADD(tail, main_unknown) {
	.kind = MAIN_UNKNOWN,
};

FIXTURE_VARIANT_ADD(tail, main_known) {
	.kind = MAIN_KNOWN,
};

FIXTURE_VARIANT_ADD(tail, sub_unknown) {
	.kind = SUB_UNKNOWN,
};

FIXTURE_VARIANT_ADD(tail, sub_known) {
	.kind = SUB_KNOWN,
};

FIXTURE_VARIANT_ADD(tail, sub_twice) {
	.kind = SUB_TWICE,
};

FIXTURE_SETUP(tail)
{
	NEED_EBPF();
	if (is_in_sub(variant->kind) && !is_jitted())
		SKIP(return, "needs net.core.bpf_jit_enable");
	self->programs = create_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 3);
	self->runs = create_array(1);
	self->btf = load_btf("seccomp_data");
	ASSERT_LE(0, self->programs);
	ASSERT_LE(0, self->runs);
	ASSERT_LE(0, self->btf);
}

FIXTURE_TEARDOWN(tail)
{
	close(self->programs);
	close(self->runs);
	close(self->btf);
}

/* What each kind begins with, eight instructions: other calls are allowed, and a run counted. */
#define COUNT_RUN(runs)									\
	BPF_LD_MAP_VALUE(R2, runs, 0), BPF_MOV64_IMM(R3, 1),				\
	BPF_ATOMIC_ADD(BPF_DW, R2, R3, 0)
#define FOR_GETPPID	CTX_NR(R2), BPF_JMP32_IMM(BPF_JEQ, R2, native.nr[GETPPID], 2),	\
			VERDICT(ALLOW)

/* Where the subprogram begins */
#define SUB		14

/*
 * One that makes a tail call itself, or one whose subprogram does: what comes back from
 * there is returned with 1 added.
 */
static int load_kind(enum kind kind, int programs, int runs, int btf)
{
	struct bpf_insn main[] = {
		FOR_GETPPID, COUNT_RUN(runs),
		BPF_LDX_MEM(BPF_W, R3, R1, LOW_WORD(1)), BPF_LD_MAP_FD(R2, programs),
		BPF_CALL_HELPER(BPF_FUNC_tail_call), VERDICT(DENY),
	};
	struct bpf_insn sub[] = {
		FOR_GETPPID, COUNT_RUN(runs),
		BPF_MOV64_REG(R6, R1), BPF_CALL_REL(4),
		BPF_MOV64_REG(R1, R6), BPF_MOV64_REG(R7, R0),
		BPF_ALU64_IMM(BPF_ADD, R0, 1), BPF_EXIT_INSN(),
		/* The subprogram, SUB */
		BPF_LDX_MEM(BPF_W, R3, R1, LOW_WORD(1)), BPF_LD_MAP_FD(R2, programs),
		BPF_CALL_HELPER(BPF_FUNC_tail_call), VERDICT(DENY),
	};

	if (kind == MAIN_KNOWN)
		main[8] = BPF_MOV64_IMM(R3, 1);
	if (kind == SUB_KNOWN)
		sub[SUB] = BPF_MOV64_IMM(R3, 1);
	/* The first of two calls does not count. */
	if (kind == SUB_TWICE)
		sub[11] = BPF_CALL_REL(2);
	if (is_in_sub(kind))
		return load_with_btf(btf, SUB, BPF_PROG_TYPE_SECCOMP, sub, ARRAY_SIZE(sub));
	return load_insns(main, ARRAY_SIZE(main));
}

static long put_program(int programs, __u32 index, int fd)
{
	return map_command(BPF_MAP_UPDATE_ELEM, programs, &index, &fd);
}

static long take_program(int programs, __u32 index)
{
	return map_command(BPF_MAP_DELETE_ELEM, programs, &index, NULL);
}

/* getppid() with the index of who is called */
static long call_tail(long index)
{
	return raw3(&native, native.nr[GETPPID], 0, index, 0);
}

/* --- Loops --- */

static int runs_map;

static void *loop(void *want)
{
	for (int i = 0; i < 200; i++)
		CHECK(call_tail(1), (long)want);
	return NULL;
}

static void child_loops(const struct abi *abi, long filter)
{
	long want = report->sent;
	pthread_t threads[THREADS];

	CHECK(attach_ebpf(0, filter), 0);
	CHECK(call_tail(1), want);
	CHECK(array_get(runs_map, 0), RUNS);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, loop, (void *)want), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL), 0);
	CHECK(array_get(runs_map, 0), (1 + THREADS * 200) * RUNS);
}

static void child_loops_to(const struct abi *abi, long arg)
{
	enum kind kind = arg & 0xff;

	/* In a subprogram each of them returns to one that adds 1. */
	report->sent = -DENIED - (is_in_sub(kind) ? RUNS : 0);
	if (kind == SUB_TWICE)
		report->sent = -DENIED - 1;
	child_loops(abi, arg >> 8);
}

/* Which calls itself for ever; with two tail calls in each run it would be 2^33 runs. */
TEST_F_TIMEOUT(tail, loop_ends, 60)
{
	int fd = load_kind(variant->kind, self->programs, self->runs, self->btf);

	ASSERT_LOADED(fd);
	runs_map = self->runs;
	ASSERT_EQ(0, put_program(self->programs, 1, fd));
	EXPECT_FINE(run(child_loops_to, &native, (long)fd << 8 | variant->kind));
	close(fd);
}

/* --- Replaced while it runs --- */

/* Errnos of those that are called in turn, and how often they are replaced */
#define FIRST		(DENIED + 100)
#define SECOND		(DENIED + 200)
#define TURNS		150

static atomic_int stop;
static atomic_long calls;
static long offset;

static bool is_possible(long got)
{
	got = -got - offset;
	/* One that calls itself adds 1 each time, until it is replaced, or none is left. */
	for (int i = 0; i < RUNS; i++) {
		if (got == DENIED || got == FIRST || got == SECOND)
			return true;
		if (!offset)
			return false;
		got--;
	}
	return false;
}

/* Results of a tail call: without a target, and with each of them */
#define RESULTS		3

static void *call_replaced(void *seen)
{
	bool *results = seen;

	while (!atomic_load(&stop)) {
		long got = call_tail(1);

		CHECK(is_possible(got), true);
		results[0] |= got == -DENIED - offset;
		results[1] |= got == -FIRST - offset;
		results[2] |= got == -SECOND - offset;
		atomic_fetch_add(&calls, 1);
	}
	return NULL;
}

/* Wait until some thread has called and returned; one call of each may be under way. */
static void let_others_call(void)
{
	long n = atomic_load(&calls);

	while (atomic_load(&calls) <= n + THREADS)
		sched_yield();
}

struct replacing {
	enum kind kind;
	int programs, filter, target;
};

/* Loaded anew each time, so that those that were replaced are freed */
static int load_target(long errno_)
{
	return LOAD_EBPF(CTX_ARG(R6, 1), VERDICT(SECCOMP_RET_ERRNO | errno_));
}

static void child_replaces(const struct abi *abi, long arg)
{
	const struct replacing *r = (void *)arg;
	pthread_t threads[THREADS];
	bool seen[THREADS][RESULTS] = {};
	int fd;

	offset = is_in_sub(r->kind);
	CHECK(attach_ebpf(0, r->filter), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, call_replaced, seen[i]), 0);
	let_others_call();
	for (int turn = 0; turn < TURNS; turn++) {
		/* What was put there is called from then on. */
		for (int second = 0; second < 2; second++) {
			long errno_ = second ? SECOND : FIRST;

			fd = load_target(errno_);
			CHECK(put_program(r->programs, 1, fd), 0);
			close(fd);
			CHECK(call_tail(1), -errno_ - offset);
			if (turn % 10 == 0)
				let_others_call();
		}
		/* Or it calls itself until the others are back. */
		if (turn % 3 == 0) {
			CHECK(put_program(r->programs, 1, r->filter), 0);
			call_tail(1);
		}
		if (turn % 2 == 0) {
			CHECK(take_program(r->programs, 1), 0);
			CHECK(call_tail(1), -DENIED - offset);
			if (turn % 10 == 0)
				let_others_call();
		}
	}
	atomic_store(&stop, 1);
	for (int i = 0; i < THREADS; i++) {
		CHECK(pthread_join(threads[i], NULL), 0);
		for (int j = 0; j < RESULTS; j++)
			seen[0][j] |= seen[i][j];
	}
	/* Threads got each of the results. */
	for (int j = 0; j < RESULTS; j++)
		CHECK(seen[0][j], true);
}

TEST_F_TIMEOUT(tail, target_is_replaced_while_it_runs, 120)
{
	struct replacing r = { variant->kind, self->programs };

	r.filter = load_kind(variant->kind, self->programs, self->runs, self->btf);
	ASSERT_LOADED(r.filter);
	EXPECT_FINE(run(child_replaces, &native, (long)&r));
	close(r.filter);
}

/* --- Gone --- */

static void child_left(const struct abi *abi, long arg)
{
	const struct replacing *r = (void *)arg;
	long want = -FIRST - is_in_sub(r->kind);

	CHECK(attach_ebpf(0, r->filter), 0);
	CHECK(call_tail(1), want);
	close(r->programs);
	close(r->filter);
	close(r->target);
	atomic_store(&report->stage, 1);
	/* Entries go when no descriptor of the map is left, though the filter uses it. */
	wait_for(&report->flag, 1);
	while (call_tail(1) == want)
		sched_yield();
	CHECK(call_tail(1), -DENIED - is_in_sub(r->kind));
}

TEST_F(tail, targets_go_with_the_last_descriptor_of_their_map)
{
	struct replacing r = { variant->kind, self->programs };
	pid_t pid;
	long id;

	r.filter = load_kind(variant->kind, self->programs, self->runs, self->btf);
	r.target = load_target(FIRST);
	ASSERT_LOADED(r.filter);
	ASSERT_LOADED(r.target);
	id = id_of(r.target);
	ASSERT_EQ(0, put_program(self->programs, 1, r.target));
	pid = start(child_left, &native, (long)&r);
	close(r.filter);
	close(r.target);
	wait_for(&report->stage, 1);
	close(self->programs);
	self->programs = -1;
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
	EXPECT_TRUE(is_freed(id));
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
