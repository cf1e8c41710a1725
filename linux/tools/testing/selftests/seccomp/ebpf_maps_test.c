// SPDX-License-Identifier: GPL-2.0
/* eBPF filters: maps in maps, maps that threads share, maps of programs of two types */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"

#include <sys/socket.h>

#define THREADS		4

FIXTURE(maps) {
	int unused;
};

FIXTURE_SETUP(maps)
{
	NEED_EBPF();
}

FIXTURE_TEARDOWN(maps)
{
}

/* As many as a kernel can be built for. */
#define MOST_CPUS	8192

static atomic_int ready, stop;

/* --- Maps of maps --- */

/* Errnos of a filter whose policy is missing, or is one half of each of two */
#define NONE		(DENIED + 1)
#define TORN		(DENIED + 2)

/* getppid() gets the errno that both entries of the map in entry 0 of @outer hold. */
static int load_policy(int outer)
{
	return LOAD_EBPF(CTX_NR(R2), BPF_JMP32_IMM(BPF_JEQ, R2, native.nr[GETPPID], 2),
			 VERDICT(ALLOW),
			 BPF_ST_MEM(BPF_W, FP, -4, 0), BPF_LD_MAP_FD(R1, outer),
			 BPF_MOV64_REG(R2, FP), BPF_ALU64_IMM(BPF_ADD, R2, -4),
			 BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem),
			 BPF_JMP_IMM(BPF_JNE, R0, 0, 2), VERDICT(SECCOMP_RET_ERRNO | NONE),
			 BPF_MOV64_REG(R6, R0),
			 BPF_MOV64_REG(R1, R6), BPF_MOV64_REG(R2, FP),
			 BPF_ALU64_IMM(BPF_ADD, R2, -4),
			 BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem),
			 BPF_JMP_IMM(BPF_JNE, R0, 0, 2), VERDICT(KILL),
			 BPF_LDX_MEM(BPF_DW, R7, R0, 0),
			 BPF_ST_MEM(BPF_W, FP, -4, 1),
			 BPF_MOV64_REG(R1, R6), BPF_MOV64_REG(R2, FP),
			 BPF_ALU64_IMM(BPF_ADD, R2, -4),
			 BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem),
			 BPF_JMP_IMM(BPF_JNE, R0, 0, 2), VERDICT(KILL),
			 BPF_LDX_MEM(BPF_DW, R0, R0, 0),
			 BPF_JMP_REG(BPF_JEQ, R0, R7, 2), VERDICT(SECCOMP_RET_ERRNO | TORN),
			 BPF_ALU64_IMM(BPF_AND, R0, SECCOMP_RET_DATA),
			 BPF_ALU64_IMM(BPF_OR, R0, SECCOMP_RET_ERRNO), BPF_EXIT_INSN());
}

static int create_policy(__u64 errno_)
{
	int map = create_array(2);

	array_set(map, 0, errno_);
	array_set(map, 1, errno_);
	return map;
}

/* The only entry of @outer becomes a new map; the old one is freed once no call uses it. */
static long put_policy(int outer, __u64 errno_)
{
	int policy = create_policy(errno_);
	long ret = map_command(BPF_MAP_UPDATE_ELEM, outer, &(__u32) { 0 }, &policy);

	close(policy);
	return ret;
}

/* Policies are numbered; a later one may take its place, an earlier one may not. */
#define FIRST_POLICY	100
#define POLICIES	100

static void *obey(void *arg)
{
	long last = -FIRST_POLICY;

	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop)) {
		long got = call(&native, GETPPID);

		if (got == -NONE)
			continue;
		CHECK(got <= last && got > -FIRST_POLICY - POLICIES, true);
		last = got;
	}
	return NULL;
}

static void child_obeys(const struct abi *abi, long outer)
{
	pthread_t threads[THREADS];

	CHECK(attach_and_close(0, load_policy(outer)), 0);
	CHECK(call(abi, GETPPID), -FIRST_POLICY);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, obey, NULL), 0);
	wait_for(&ready, THREADS);
	for (int i = 1; i < POLICIES; i++) {
		/* What this has done holds for the next call, also where none is. */
		if (i % 10 == 0) {
			map_command(BPF_MAP_DELETE_ELEM, outer, &(__u32) { 0 }, NULL);
			CHECK(call(abi, GETPPID), -NONE);
		}
		CHECK(put_policy(outer, FIRST_POLICY + i), 0);
		CHECK(call(abi, GETPPID), -FIRST_POLICY - i);
	}
	atomic_store(&stop, 1);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL), 0);
}

static const __u32 outer_types[] = { BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS };

TEST_F_TIMEOUT(maps, policy_in_an_inner_map_is_replaced_as_a_whole, 120)
{
	for (size_t i = 0; i < ARRAY_SIZE(outer_types); i++) {
		int like = create_policy(0), other = create_array(3), outer;

		outer = create_outer_map(outer_types[i], like, 1);
		ASSERT_LE(0, outer);
		ASSERT_EQ(0, put_policy(outer, FIRST_POLICY));
		EXPECT_FINE(run(child_obeys, &native, outer));
		/* None but such maps may be put there: the verifier has relied on it. */
		EXPECT_EQ(-EINVAL, map_command(BPF_MAP_UPDATE_ELEM, outer, &(__u32) { 0 }, &other));
		close(like);
		close(other);
		close(outer);
	}
}

TEST_F(maps, inner_map_need_not_be_there)
{
	int inner = create_array(1), outer;

	outer = create_outer_map(BPF_MAP_TYPE_ARRAY_OF_MAPS, inner, 1);
	ASSERT_LE(0, outer);
	EXPECT_REFUSED(EACCES, "expected=map_ptr",
		       LOAD_EBPF(BPF_ST_MEM(BPF_W, FP, -4, 0), BPF_LD_MAP_FD(R1, outer),
				 BPF_MOV64_REG(R2, FP), BPF_ALU64_IMM(BPF_ADD, R2, -4),
				 BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem),
				 BPF_MOV64_REG(R1, R0), BPF_MOV64_REG(R2, FP),
				 BPF_ALU64_IMM(BPF_ADD, R2, -4),
				 BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem), VERDICT(ALLOW)));
	/* The address of a map is no verdict. */
	EXPECT_GT(0, LOAD_EBPF(BPF_ST_MEM(BPF_W, FP, -4, 0), BPF_LD_MAP_FD(R1, outer),
			       BPF_MOV64_REG(R2, FP), BPF_ALU64_IMM(BPF_ADD, R2, -4),
			       BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem), BPF_EXIT_INSN()));
	close(inner);
	close(outer);
}

/* --- Hash maps shared by threads --- */

/* Errnos: what the filter could not do. A map may be too busy for an update. */
#define BUSY		(DENIED + 1)
#define LOST		(DENIED + 2)

#define KEYS		8
#define ROUNDS		1000

/* R1 is the map, R2 the key on the stack. */
#define KEY(map)									\
	BPF_LD_MAP_FD(R1, map), BPF_MOV64_REG(R2, FP), BPF_ALU64_IMM(BPF_ADD, R2, -4)

/* getppid(key) is counted, by whichever call comes first in an entry that this makes. */
static int load_tally(int map)
{
	return LOAD_EBPF(CTX_NR(R2), BPF_JMP32_IMM(BPF_JEQ, R2, native.nr[GETPPID], 2),
			 VERDICT(ALLOW),
			 BPF_LDX_MEM(BPF_W, R2, R1, LOW_WORD(0)), BPF_STX_MEM(BPF_W, FP, R2, -4),
			 BPF_ST_MEM(BPF_DW, FP, -16, 0),
			 KEY(map), BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem),
			 BPF_JMP_IMM(BPF_JNE, R0, 0, 14),
			 KEY(map), BPF_MOV64_REG(R3, FP), BPF_ALU64_IMM(BPF_ADD, R3, -16),
			 BPF_MOV64_IMM(R4, BPF_NOEXIST),
			 BPF_CALL_HELPER(BPF_FUNC_map_update_elem),
			 KEY(map), BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem),
			 BPF_JMP_IMM(BPF_JEQ, R0, 0, 4),
			 BPF_MOV64_IMM(R1, 1), BPF_ATOMIC_ADD(BPF_DW, R0, R1, 0),
			 VERDICT(DENY), VERDICT(SECCOMP_RET_ERRNO | BUSY));
}

static int shared_map;

/* What all threads make of it together */
static void *tally(void *arg)
{
	for (long i = 0; i < ROUNDS; i++) {
		long got;

		do
			got = raw3(&native, native.nr[GETPPID], i % KEYS, 0, 0);
		while (got == -BUSY);
		CHECK(got, -DENIED);
	}
	return NULL;
}

/* Threads do what @fn does while this one goes through the map as user space does. */
static void child_shares(void *(*fn)(void *arg))
{
	pthread_t threads[THREADS];
	/* A per-CPU map has a value for each possible CPU. */
	static char values[8 * MOST_CPUS];

	for (long i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, fn, (void *)i), 0);
	for (int i = 0; i < 100; i++) {
		__u32 key, next, *from = NULL;

		while (!map_command(BPF_MAP_GET_NEXT_KEY, shared_map, from, &next)) {
			key = next;
			from = &key;
			map_command(BPF_MAP_LOOKUP_ELEM, shared_map, &key, values);
		}
	}
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL), 0);
}

static void child_tallies(const struct abi *abi, long filter)
{
	CHECK(attach_ebpf(0, filter), 0);
	child_shares(tally);
}

static __u64 total_of(struct __test_metadata *_metadata, int map, bool percpu, __u32 key)
{
	static __u64 values[MOST_CPUS];
	__u64 sum = 0;

	EXPECT_EQ(0, map_command(BPF_MAP_LOOKUP_ELEM, map, &key, values)) TH_LOG("key %u", key);
	for (size_t i = 0; i < (percpu ? ARRAY_SIZE(values) : 1); i++)
		sum += values[i];
	return sum;
}

static const struct hash {
	__u32 type, flags;
	bool percpu;
} hashes[] = {
	{ BPF_MAP_TYPE_HASH }, { BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_LRU_HASH }, { BPF_MAP_TYPE_PERCPU_HASH, 0, true },
	{ BPF_MAP_TYPE_PERCPU_HASH, BPF_F_NO_PREALLOC, true },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 0, true },
};

TEST_F_TIMEOUT(maps, threads_count_in_one_hash, 180)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		const struct hash *h = &hashes[i];
		int filter;

		/* Many more than are used: an LRU map drops what it need not. */
		shared_map = create_map_flags(h->type, 4, 8, 4096, h->flags);
		ASSERT_LE(0, shared_map);
		filter = load_tally(shared_map);
		ASSERT_LOADED(filter);
		/* Two tasks, one after the other, as they would at a time */
		for (int task = 1; task <= 2; task++) {
			EXPECT_FINE(run(child_tallies, &native, filter));
			for (__u32 key = 0; key < KEYS; key++) {
				EXPECT_EQ(task * THREADS * ROUNDS / KEYS,
					  total_of(_metadata, shared_map, h->percpu, key))
					TH_LOG("map %zu, key %u", i, key);
			}
		}
		close(filter);
		close(shared_map);
	}
}

/* getppid(key, value) stores a value, finds it, and deletes it; nobody else has that key. */
static int load_visitor(int map)
{
	return LOAD_EBPF(CTX_NR(R2), BPF_JMP32_IMM(BPF_JEQ, R2, native.nr[GETPPID], 2),
			 VERDICT(ALLOW),
			 BPF_LDX_MEM(BPF_W, R2, R1, LOW_WORD(0)), BPF_STX_MEM(BPF_W, FP, R2, -4),
			 BPF_LDX_MEM(BPF_DW, R6, R1, ARG_OFF(1)), BPF_STX_MEM(BPF_DW, FP, R6, -16),
			 KEY(map), BPF_MOV64_REG(R3, FP), BPF_ALU64_IMM(BPF_ADD, R3, -16),
			 BPF_MOV64_IMM(R4, BPF_ANY), BPF_CALL_HELPER(BPF_FUNC_map_update_elem),
			 BPF_JMP_IMM(BPF_JEQ, R0, 0, 2), VERDICT(SECCOMP_RET_ERRNO | BUSY),
			 KEY(map), BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem),
			 BPF_JMP_IMM(BPF_JEQ, R0, 0, 2),
			 BPF_LDX_MEM(BPF_DW, R7, R0, 0), BPF_JMP_REG(BPF_JEQ, R6, R7, 2),
			 VERDICT(SECCOMP_RET_ERRNO | LOST),
			 KEY(map), BPF_CALL_HELPER(BPF_FUNC_map_delete_elem),
			 BPF_JMP_IMM(BPF_JEQ, R0, 0, 2), VERDICT(SECCOMP_RET_ERRNO | LOST),
			 VERDICT(DENY));
}

static void *visit(void *number)
{
	for (long i = 0; i < ROUNDS; i++) {
		long key = (long)number * 4 + i % 4, got, tries = 0;

		do
			got = raw3(&native, native.nr[GETPPID], key, key << 32 | i, 0);
		while (got == -BUSY && ++tries < 1000);
		CHECK(got, -DENIED);
	}
	return NULL;
}

static void child_visits(const struct abi *abi, long filter)
{
	CHECK(attach_ebpf(0, filter), 0);
	child_shares(visit);
}

TEST_F_TIMEOUT(maps, threads_come_and_go_in_one_hash, 180)
{
	/* What a CPU stored is not found on another, where a task may go, so not per CPU. */
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		__u32 next;
		int filter;

		if (hashes[i].percpu)
			continue;
		shared_map = create_map_flags(hashes[i].type, 4, 8, 256, hashes[i].flags);
		ASSERT_LE(0, shared_map);
		filter = load_visitor(shared_map);
		ASSERT_LOADED(filter);
		EXPECT_FINE(run(child_visits, &native, filter));
		EXPECT_EQ(-ENOENT, map_command(BPF_MAP_GET_NEXT_KEY, shared_map, NULL, &next));
		close(filter);
		close(shared_map);
	}
}

/* --- Maps of programs of two types --- */

#define PACKETS		3

/* Entries of the shared array */
enum { SEEN, CALLED, SHARED };

/* Once there were enough packets, getppid() is denied; each of its calls is counted. */
static int load_watchful(int map)
{
	return LOAD_EBPF(CTX_NR(R2), BPF_JMP32_IMM(BPF_JEQ, R2, native.nr[GETPPID], 2),
			 VERDICT(ALLOW),
			 BPF_LD_MAP_VALUE(R6, map, 0), BPF_MOV64_IMM(R1, 1),
			 BPF_ATOMIC_ADD(BPF_DW, R6, R1, 8 * CALLED),
			 BPF_LDX_MEM(BPF_DW, R2, R6, 8 * SEEN),
			 BPF_JMP_IMM(BPF_JGE, R2, PACKETS, 2), VERDICT(ALLOW), VERDICT(DENY));
}

/* Packets are counted, and dropped once there was an odd number of calls. */
static int load_packet_filter(int map)
{
	return load_type(BPF_PROG_TYPE_SOCKET_FILTER,
			 INSNS(BPF_LD_MAP_VALUE(R6, map, 0), BPF_MOV64_IMM(R1, 1),
			       BPF_ATOMIC_ADD(BPF_DW, R6, R1, 8 * SEEN),
			       BPF_LDX_MEM(BPF_DW, R2, R6, 8 * CALLED),
			       BPF_MOV64_IMM(R0, 0), BPF_JMP_IMM(BPF_JSET, R2, 1, 1),
			       BPF_MOV64_IMM(R0, 0xffff), BPF_EXIT_INSN()));
}

/* Can a packet be received? The filter on @socket says so. */
static bool passes(const int socket[2])
{
	char c = 'x';

	write(socket[0], &c, 1);
	return recv(socket[1], &c, 1, MSG_DONTWAIT) == 1;
}

static void child_two_types(const struct abi *abi, long map)
{
	int fd = load_packet_filter(map), socket[2];
	long parent = call(abi, GETPPID);

	CHECK(fd >= 0, true);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, socket), 0);
	CHECK(setsockopt(socket[1], SOL_SOCKET, SO_ATTACH_BPF, &fd, sizeof(fd)), 0);
	CHECK(attach_and_close(0, load_watchful(map)), 0);

	CHECK(passes(socket), true);
	CHECK(call(abi, GETPPID), parent);
	CHECK(passes(socket), false);
	CHECK(call(abi, GETPPID), parent);
	CHECK(passes(socket), true);
	CHECK(call(abi, GETPPID), -DENIED);
	CHECK(passes(socket), false);
	CHECK(call(abi, GETPPID), -DENIED);
}

TEST_F(maps, packets_and_calls_count_in_one_array)
{
	int map = create_map(BPF_MAP_TYPE_ARRAY, 4, 8 * SHARED, 1);
	__u64 values[SHARED] = {};
	struct seccomp_data data = { .nr = native.nr[GETPPID] };
	int fd;

	ASSERT_LE(0, map);
	/* The machine may be built without packets. */
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0)
		SKIP(return, "needs CONFIG_UNIX");
	close(fd);
	EXPECT_FINE(run(child_two_types, &native, map));
	EXPECT_EQ(0, map_command(BPF_MAP_LOOKUP_ELEM, map, &(__u32) { 0 }, values));
	EXPECT_EQ(4ULL, values[SEEN]);
	EXPECT_EQ(4ULL, values[CALLED]);
	fd = load_watchful(map);
	EXPECT_EQ(DENY, result_of(fd, &data));
	close(fd);
	close(map);
}

/* Of programs to call there is one type in a map. */
static int load_tail_caller_of(__u32 type, int map)
{
	return load_type(type, INSNS(BPF_LD_MAP_FD(R2, map), BPF_MOV64_IMM(R3, 0),
				     BPF_CALL_HELPER(BPF_FUNC_tail_call),
				     BPF_MOV64_IMM(R0, 0), BPF_EXIT_INSN()));
}

TEST_F(maps, no_tail_call_leads_to_another_type)
{
	static const __u32 types[] = { BPF_PROG_TYPE_SECCOMP, BPF_PROG_TYPE_SOCKET_FILTER };

	for (int i = 0; i < 2; i++) {
		__u32 own = types[i], foreign = types[!i], key = 0;
		int map = create_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1);
		int caller, target, other;

		target = load_type(own, INSNS(BPF_MOV64_IMM(R0, 0), BPF_EXIT_INSN()));
		other = load_type(foreign, INSNS(BPF_MOV64_IMM(R0, 0), BPF_EXIT_INSN()));
		ASSERT_LOADED(target);
		ASSERT_LOADED(other);
		/* The first that is put there, or that uses the map, decides. */
		if (i)
			ASSERT_EQ(0, map_command(BPF_MAP_UPDATE_ELEM, map, &key, &target));
		caller = load_tail_caller_of(own, map);
		ASSERT_LOADED(caller);
		EXPECT_EQ(-EINVAL, map_command(BPF_MAP_UPDATE_ELEM, map, &key, &other));
		EXPECT_EQ(-EINVAL, load_tail_caller_of(foreign, map));
		EXPECT_EQ(0, map_command(BPF_MAP_UPDATE_ELEM, map, &key, &target));
		close(caller);
		close(target);
		close(other);
		close(map);
	}
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
