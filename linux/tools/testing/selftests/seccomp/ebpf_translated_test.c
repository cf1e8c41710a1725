// SPDX-License-Identifier: GPL-2.0
/* eBPF filters: the guards against speculation, read from the translated programs */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"

/* Speculation barrier: only the verifier writes it. */
#define NOSPEC		(BPF_ST | 0xc0)

/*
 * A mark of the test's own: it stays as it is, since it has no constant that could
 * be blinded, and neither programs nor translation use this instruction elsewhere.
 */
#define MARK		BPF_ALU64_REG(BPF_OR, R9, R9)

#define MAX_INSNS	256

static struct bpf_insn insn[MAX_INSNS], other[MAX_INSNS];

static bool is_mark(const struct bpf_insn *i)
{
	return i->code == (BPF_ALU64 | BPF_OR | BPF_X) && i->dst_reg == R9 && i->src_reg == R9;
}

static bool is_tail_call(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_CALL) && !i->src_reg && i->imm == BPF_FUNC_tail_call;
}

static int count_barriers(const struct bpf_insn *i, int n)
{
	int count = 0;

	for (; n-- > 0; i++)
		count += i->code == NOSPEC;
	return count;
}

/* Do programs need barriers here? Not with mitigations=off, nor on some machines. */
static bool needs_barriers(void)
{
#ifdef __x86_64__
	char line[4096] = "";
	int fd = open("/proc/cmdline", O_RDONLY);

	if (fd >= 0 && read(fd, line, sizeof(line) - 1) < 0)
		line[0] = 0;
	close(fd);
	return !strstr(line, "mitigations=off");
#else
	/* What is asked of a program without CAP_PERFMON is not known here. */
	return false;
#endif
}

#ifdef __x86_64__
#define NEED_MACHINE()	do { } while (0)
#else
#define NEED_MACHINE()	SKIP(return, "only x86 is known to need barriers")
#endif

#define ASSERT_TRANSLATED(n, fd, to)	do {						\
	n = read_translated(fd, to, ARRAY_SIZE(to));					\
	ASSERT_LT(0, n) TH_LOG("cannot read a translated program: %s", strerror(-(n)));	\
} while (0)

/* --- Look-ups --- */

/* Load key and map, look up, and mark the instruction that follows. */
#define LOOK_UP(map)									\
	BPF_LD_MAP_FD(R1, map), BPF_MOV64_REG(R2, FP), BPF_ALU64_IMM(BPF_ADD, R2, -4),	\
	BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem), MARK

static const __u32 map_types[] = {
	BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_HASH,
	BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_MAP_TYPE_ARRAY_OF_MAPS,
	BPF_MAP_TYPE_HASH_OF_MAPS,
};

static int create_for_look_up(__u32 type)
{
	int inner, map;

	if (type != BPF_MAP_TYPE_ARRAY_OF_MAPS && type != BPF_MAP_TYPE_HASH_OF_MAPS)
		return create_map(type, 4, 8, 6);
	inner = create_array(6);
	map = create_outer_map(type, inner, 6);
	close(inner);
	return map;
}

/* Two look-ups in a row, one behind a jump, one in a loop, one in a subprogram */
#define LOOK_UPS	5

static int load_look_ups(__u32 type, int map)
{
	return load_type(type, INSNS(BPF_MOV64_IMM(R9, 0), BPF_ST_MEM(BPF_W, FP, -4, 1),
				     LOOK_UP(map), LOOK_UP(map),
				     BPF_JMP_IMM(BPF_JEQ, R0, 0, 6), LOOK_UP(map),
				     BPF_MOV64_IMM(R6, 2),
				     LOOK_UP(map),
				     BPF_ALU64_IMM(BPF_SUB, R6, 1),
				     BPF_JMP_IMM(BPF_JNE, R6, 0, -8),
				     BPF_CALL_REL(1), BPF_EXIT_INSN(),
				     BPF_MOV64_IMM(R9, 0), BPF_ST_MEM(BPF_W, FP, -4, 1),
				     LOOK_UP(map), BPF_MOV64_IMM(R0, 0), BPF_EXIT_INSN()));
}

/* How many marks follow a barrier, of @marks */
static int guarded(const struct bpf_insn *i, int n, int *marks)
{
	int count = 0;

	*marks = 0;
	for (int at = 1; at < n; at++) {
		if (!is_mark(&i[at]))
			continue;
		(*marks)++;
		count += i[at - 1].code == NOSPEC;
	}
	return count;
}

TEST(barrier_follows_each_look_up)
{
	NEED_EBPF();
	NEED_MACHINE();
	for (size_t i = 0; i < ARRAY_SIZE(map_types); i++) {
		int map = create_for_look_up(map_types[i]), fd, n, marks;

		ASSERT_LE(0, map) TH_LOG("map type %u: %s", map_types[i], strerror(-map));
		fd = load_look_ups(BPF_PROG_TYPE_SECCOMP, map);
		ASSERT_LOADED(fd);
		ASSERT_TRANSLATED(n, fd, insn);
		EXPECT_EQ(needs_barriers() ? LOOK_UPS : 0, guarded(insn, n, &marks))
			TH_LOG("map type %u", map_types[i]);
		EXPECT_EQ(LOOK_UPS, marks);
		close(fd);
		/* That is not for all: whoever has CAP_PERFMON goes without elsewhere. */
		fd = load_look_ups(BPF_PROG_TYPE_SOCKET_FILTER, map);
		ASSERT_LOADED(fd);
		ASSERT_TRANSLATED(n, fd, insn);
		EXPECT_EQ(0, guarded(insn, n, &marks)) TH_LOG("map type %u", map_types[i]);
		EXPECT_EQ(LOOK_UPS, marks);
		close(fd);
		close(map);
	}
}

/* --- Tail calls --- */

/* By an index that is not known: between the test of it and the call */
static int load_tail_call(__u32 type, int map)
{
	return load_type(type, INSNS(BPF_MOV64_REG(R6, R1), BPF_MOV64_IMM(R9, 0),
				     BPF_CALL_HELPER(BPF_FUNC_get_prandom_u32),
				     BPF_MOV64_REG(R3, R0), BPF_MOV64_REG(R1, R6),
				     BPF_LD_MAP_FD(R2, map),
				     BPF_CALL_HELPER(BPF_FUNC_tail_call), MARK,
				     BPF_MOV64_IMM(R0, 0), BPF_EXIT_INSN()));
}

/* By an index that is: without a test, where the JIT makes a jump of it */
static int load_tail_call_to(int map, int index)
{
	return LOAD_EBPF(BPF_MOV64_IMM(R9, 0), BPF_LD_MAP_FD(R2, map), BPF_MOV64_IMM(R3, index),
			 BPF_CALL_HELPER(BPF_FUNC_tail_call), MARK,
			 BPF_MOV64_IMM(R0, 0), BPF_EXIT_INSN());
}

static int find_tail_call(const struct bpf_insn *i, int n)
{
	int found = -1;

	for (int at = 0; at < n; at++) {
		if (is_tail_call(&i[at]))
			found = found < 0 ? at : n;
	}
	return found;
}

/* Index of the jump before @to that goes to the instruction behind it, or -1 */
static int find_test(const struct bpf_insn *i, int to)
{
	for (int at = to - 1; at >= 0; at--) {
		int op = BPF_OP(i[at].code);

		if (BPF_CLASS(i[at].code) == BPF_JMP && op == BPF_JGE && i[at].dst_reg == R3)
			return at + 1 + i[at].off == to + 1 ? at : -1;
	}
	return -1;
}

static void expect_careful(struct __test_metadata *_metadata, int fd)
{
	int n, at, test;

	ASSERT_LOADED(fd);
	ASSERT_TRANSLATED(n, fd, insn);
	at = find_tail_call(insn, n);
	ASSERT_LT(0, at);
	ASSERT_GT(n, at);
	ASSERT_TRUE(is_mark(&insn[at + 1]));
	test = find_test(insn, at);
	if (needs_barriers()) {
		EXPECT_EQ(NOSPEC, insn[at - 1].code);
		/* The barrier is behind the test, and is not jumped over. */
		EXPECT_LE(0, test);
		EXPECT_EQ(1, count_barriers(insn + test, at - test));
	} else {
		EXPECT_EQ(0, count_barriers(insn, n));
	}
}

TEST(barrier_follows_the_test_of_a_tail_calls_index)
{
	/* 6 entries: the mask that they give lets 6 and 7 pass. */
	int map = create_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 6);
	int sockets = create_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 6), fd, n, at;

	NEED_EBPF();
	NEED_MACHINE();
	ASSERT_LE(0, map);
	fd = load_tail_call(BPF_PROG_TYPE_SECCOMP, map);
	expect_careful(_metadata, fd);
	close(fd);

	/* Elsewhere CAP_PERFMON, or the map's maker having had it, is enough. */
	fd = load_tail_call(BPF_PROG_TYPE_SOCKET_FILTER, sockets);
	ASSERT_LOADED(fd);
	ASSERT_TRANSLATED(n, fd, insn);
	at = find_tail_call(insn, n);
	ASSERT_LT(0, at);
	EXPECT_EQ(-1, find_test(insn, at));
	EXPECT_EQ(0, count_barriers(insn, n));
	close(fd);
	close(sockets);
	close(map);
}

TEST(known_index_of_a_tail_call_is_a_jump_or_is_tested)
{
	int map = create_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 6), fd, n, at;

	NEED_EBPF();
	NEED_MACHINE();
	ASSERT_LE(0, map);
	for (int index = 5; index < 7; index++) {
		fd = load_tail_call_to(map, index);
		if (index > 5 || !is_jitted() || is_hardened()) {
			expect_careful(_metadata, fd);
			close(fd);
			continue;
		}
		ASSERT_LOADED(fd);
		ASSERT_TRANSLATED(n, fd, insn);
		at = find_tail_call(insn, n);
		ASSERT_LT(0, at);
		EXPECT_EQ(-1, find_test(insn, at));
		EXPECT_EQ(0, count_barriers(insn, n));
		close(fd);
	}
	close(map);
}

/* --- What every program without CAP_PERFMON gets --- */

static long set_caps(__u64 caps)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ caps, caps, 0 }, { caps >> 32, caps >> 32, 0 },
	};

	return syscall(__NR_capset, &header, data);
}

/* What CAP_SYSLOG is for: to read blinded programs */
#define CAPS	(1ULL << CAP_BPF | 1ULL << CAP_SYSLOG)

static int guarded_map;

/* An index into a map's value is masked. */
static int load_masked(__u32 type)
{
	return load_type(type, INSNS(BPF_CALL_HELPER(BPF_FUNC_get_prandom_u32),
				     BPF_ALU64_IMM(BPF_AND, R0, 63),
				     BPF_LD_MAP_VALUE(R3, guarded_map, 0),
				     BPF_ALU64_REG(BPF_ADD, R3, R0),
				     BPF_LDX_MEM(BPF_B, R0, R3, 0), BPF_EXIT_INSN()));
}

/* A pointer that takes the place of a number on the stack is not loaded too early. */
static int load_spilled(__u32 type)
{
	return load_type(type, INSNS(BPF_ST_MEM(BPF_DW, FP, -8, 5),
				     BPF_ST_MEM(BPF_DW, FP, -16, 6),
				     BPF_MOV64_REG(R1, FP), BPF_ALU64_IMM(BPF_ADD, R1, -16),
				     BPF_STX_MEM(BPF_DW, FP, R1, -8),
				     BPF_LDX_MEM(BPF_DW, R1, FP, -8),
				     BPF_LDX_MEM(BPF_W, R0, R1, 0), BPF_EXIT_INSN()));
}

/* Where it is speculated that both jumps are taken, a number is an address. */
static int load_confused(__u32 type)
{
	return load_type(type, INSNS(BPF_ST_MEM(BPF_DW, FP, -8, 5),
				     BPF_CALL_HELPER(BPF_FUNC_get_prandom_u32),
				     BPF_MOV64_IMM(R8, 0),
				     BPF_JMP_IMM(BPF_JEQ, R0, 0, 1), BPF_MOV64_REG(R8, FP),
				     BPF_JMP_IMM(BPF_JEQ, R0, 0, 1),
				     BPF_LDX_MEM(BPF_W, R1, R8, -8),
				     BPF_MOV64_IMM(R0, 0), BPF_EXIT_INSN()));
}

static int (*const guards[])(__u32 type) = { load_masked, load_spilled, load_confused };

/* Instructions that the unprivileged get, in memory that is shared */
static struct unprivileged {
	int n[ARRAY_SIZE(guards)];
	struct bpf_insn insn[ARRAY_SIZE(guards)][MAX_INSNS];
} *unprivileged;

static void child_without_perfmon(const struct abi *abi, long arg)
{
	CHECK(set_caps(CAPS), 0);
	for (size_t i = 0; i < ARRAY_SIZE(guards); i++) {
		int fd = guards[i](BPF_PROG_TYPE_SOCKET_FILTER);

		CHECK(fd >= 0, true);
		unprivileged->n[i] = read_translated(fd, unprivileged->insn[i], MAX_INSNS);
		CHECK(unprivileged->n[i] > 0, true);
		close(fd);
	}
}

/* Equal but for the constants that the JIT blinds, where they are different each time */
static bool is_equal(const struct bpf_insn *a, const struct bpf_insn *b)
{
	return a->code == b->code && a->dst_reg == b->dst_reg && a->src_reg == b->src_reg &&
	       a->off == b->off && (is_hardened() || a->imm == b->imm);
}

TEST(cap_perfmon_lifts_no_guard)
{
	NEED_EBPF();
	NEED_MACHINE();
	if (geteuid())
		SKIP(return, "needs root");
	guarded_map = create_bytes(0);
	unprivileged = mmap(NULL, sizeof(*unprivileged), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)unprivileged);
	EXPECT_FINE(run(child_without_perfmon, &native, 0));
	for (size_t i = 0; i < ARRAY_SIZE(guards); i++) {
		int filter = guards[i](BPF_PROG_TYPE_SECCOMP), n, m;
		int trusted = guards[i](BPF_PROG_TYPE_SOCKET_FILTER);

		ASSERT_LOADED(filter);
		ASSERT_LOADED(trusted);
		ASSERT_TRANSLATED(n, filter, insn);
		ASSERT_EQ(unprivileged->n[i], n) TH_LOG("program %zu", i);
		for (int j = 0; j < n; j++) {
			EXPECT_TRUE(is_equal(&unprivileged->insn[i][j], &insn[j]))
				TH_LOG("program %zu, instruction %d: %#x, not %#x", i, j,
				       insn[j].code, unprivileged->insn[i][j].code);
		}
		/* Here there is a guard to be had, which others go without. */
		ASSERT_TRANSLATED(m, trusted, other);
		EXPECT_EQ(needs_barriers(), m < n) TH_LOG("program %zu", i);
		/* All but a mask is a barrier. */
		EXPECT_EQ(needs_barriers() && guards[i] != load_masked, count_barriers(insn, n) > 0)
			TH_LOG("program %zu", i);
		EXPECT_EQ(0, count_barriers(other, m)) TH_LOG("program %zu", i);
		close(filter);
		close(trusted);
	}
	munmap(unprivileged, sizeof(*unprivileged));
	close(guarded_map);
}

/* --- What the JIT makes of it --- */

#ifdef __x86_64__
static int count_fences(int fd)
{
	static unsigned char code[1 << 16];
	static const unsigned char lfence[] = { 0x0f, 0xae, 0xe8 };
	struct bpf_prog_info info = {
		.jited_prog_len = sizeof(code), .jited_prog_insns = PTR(code),
	};
	union bpf_attr attr;
	int count = 0;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) || !info.jited_prog_insns ||
	    info.jited_prog_len > sizeof(code))
		return -1;
	for (size_t i = 0; i + sizeof(lfence) <= info.jited_prog_len; i++)
		count += !memcmp(code + i, lfence, sizeof(lfence));
	return count;
}

TEST(barriers_are_compiled)
{
	int map, fd, n, barriers;

	NEED_EBPF();
	if (!is_jitted())
		SKIP(return, "needs net.core.bpf_jit_enable");
	map = create_array(6);
	fd = LOAD_EBPF(BPF_MOV64_IMM(R9, 0), BPF_ST_MEM(BPF_W, FP, -4, 1), LOOK_UP(map),
		       LOOK_UP(map), LOOK_UP(map), VERDICT(ALLOW));
	ASSERT_LOADED(fd);
	ASSERT_TRANSLATED(n, fd, insn);
	barriers = count_barriers(insn, n);
	EXPECT_EQ(barriers, count_fences(fd));
	/* A first store to the stack has one, too. */
	EXPECT_EQ(needs_barriers() ? 4 : 0, barriers);
	close(fd);
	close(map);
}
#endif

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
