// SPDX-License-Identifier: GPL-2.0
/* eBPF filters: which programs can be loaded, and what they return */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"

static const int sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

static int bytes_of(int size)
{
	return size == BPF_DW ? 8 : size == BPF_W ? 4 : size == BPF_H ? 2 : 1;
}

/* Data whose bytes are all different */
static struct seccomp_data numbered(void)
{
	struct seccomp_data data;

	for (size_t i = 0; i < sizeof(data); i++)
		((__u8 *)&data)[i] = 0x81 + i;
	return data;
}

/* --- Is the option there? --- */

TEST(missing_option_is_told_from_a_missing_pointer)
{
	struct bpf_insn insn[] = { VERDICT(ALLOW) };
	union bpf_attr attr = program_attr(insn, ARRAY_SIZE(insn));
	long ret = attach_pointer(0, NULL);
	int fd = load_attr(&attr);

	if (ret == -EINVAL) {
		/* Who may not load is told that first. */
		EXPECT_TRUE(fd == -EINVAL || fd == -EPERM) TH_LOG("error %d", fd);
		EXPECT_EQ(-EINVAL, attach_pointer(0, (void *)8));
		EXPECT_EQ(-EINVAL, attach_ebpf(0, -1));
		EXPECT_EQ(-EINVAL, attach_ebpf(SECCOMP_FILTER_FLAG_TSYNC, 0));
	} else {
		EXPECT_EQ(-EFAULT, ret);
		EXPECT_TRUE(fd >= 0 || fd == -EPERM) TH_LOG("error %d", fd);
	}
	if (fd >= 0)
		close(fd);
	EXPECT_EQ(SECCOMP_MODE_DISABLED, prctl(PR_GET_SECCOMP));
}

/* --- The context --- */

static bool may_load(int off, int bytes)
{
	int width = off < (int)IP_OFF ? 4 : 8;

	return off >= 0 && off + bytes <= (int)sizeof(struct seccomp_data) &&
	       off % bytes == 0 && off % width + bytes <= width;
}

/*
 * Where the machine does not mind, the verifier leaves it to the type of program
 * to refuse what is misaligned.
 */
static const char *refusal(int off, int bytes)
{
	return off % bytes && log_has("misaligned") ? "misaligned context access" :
	       "invalid bpf_context access";
}

TEST(context_is_loaded_by_fields_and_aligned_parts_of_them)
{
	struct seccomp_data data = numbered();

	NEED_EBPF();
	for (int off = 0; off < 80; off++) {
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			int bytes = bytes_of(sizes[i]), fd;
			__u64 want = 0;

			/* Both halves of it, one after the other */
			for (int half = 0; half < 64; half += 32) {
				fd = LOAD_EBPF(BPF_LDX_MEM(sizes[i], R0, R1, off),
					       BPF_ALU64_IMM(BPF_RSH, R0, half), BPF_EXIT_INSN());
				if (!may_load(off, bytes))
					break;
				ASSERT_LOADED(fd);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
				memcpy(&want, (char *)&data + off, bytes);
				EXPECT_EQ((__u32)(want >> half), result_of(fd, &data))
					TH_LOG("%d bytes at %d", bytes, off);
#endif
				close(fd);
			}
			if (may_load(off, bytes))
				continue;
			EXPECT_REFUSED(EACCES, refusal(off, bytes), fd);
		}
	}
}

TEST(context_ends_at_both_ends)
{
	static const int offs[] = { -8, -64, 64, 72, 4096, 32760, -32768 };

	NEED_EBPF();
	for (size_t i = 0; i < ARRAY_SIZE(offs); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(sizes); j++) {
			int fd = LOAD_EBPF(BPF_LDX_MEM(sizes[j], R0, R1, offs[i]), VERDICT(ALLOW));

			EXPECT_EQ(-EACCES, fd) TH_LOG("offset %d: %s", offs[i], verifier_log);
		}
	}
	/* A pointer into it, at a place that is known, or not */
	EXPECT_EQ(-EACCES, LOAD_EBPF(CTX_NR(R2), BPF_ALU64_IMM(BPF_AND, R2, 8),
				     BPF_ALU64_REG(BPF_ADD, R1, R2),
				     BPF_LDX_MEM(BPF_W, R0, R1, 0), BPF_EXIT_INSN()));
}

TEST(context_cannot_be_written)
{
	NEED_EBPF();
	for (int off = 0; off < (int)sizeof(struct seccomp_data); off++) {
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			EXPECT_REFUSED(EACCES, refusal(off, bytes_of(sizes[i])),
				       LOAD_EBPF(BPF_MOV64_IMM(R2, 0),
						 BPF_STX_MEM(sizes[i], R1, R2, off),
						 VERDICT(ALLOW)));
			EXPECT_EQ(-EACCES, LOAD_EBPF(BPF_ST_MEM(sizes[i], R1, off, 0),
						     VERDICT(ALLOW)));
		}
	}
	EXPECT_EQ(-EACCES, LOAD_EBPF(BPF_MOV64_IMM(R2, 1),
				     BPF_ATOMIC_ADD(BPF_DW, R1, R2, ARG_OFF(0)), VERDICT(ALLOW)));
}

TEST(any_32_bits_may_be_returned)
{
	static const __u32 values[] = {
		0, 1, ALLOW, KILL, 0x7fffffff, 0x80000001, 0xffffffff, 0x12345678,
	};
	struct seccomp_data data = {};
	int fd;

	NEED_EBPF();
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		fd = LOAD_EBPF(VERDICT(values[i]));
		ASSERT_LOADED(fd);
		EXPECT_EQ(values[i], result_of(fd, &data));
		close(fd);
	}
	/* Only the lower half counts. */
	fd = LOAD_EBPF(CTX_ARG(R0, 0), BPF_EXIT_INSN());
	ASSERT_LOADED(fd);
	data.args[0] = 0xabcdef0112345678;
	EXPECT_EQ(0x12345678U, result_of(fd, &data));
	close(fd);
	EXPECT_REFUSED(EACCES, "R0 !read_ok", LOAD_EBPF(BPF_EXIT_INSN()));
}

/* --- Helpers --- */

/* All that a program with state may call */
static const int allowed_helpers[] = {
	BPF_FUNC_map_lookup_elem, BPF_FUNC_map_update_elem, BPF_FUNC_map_delete_elem,
	BPF_FUNC_map_push_elem, BPF_FUNC_map_pop_elem, BPF_FUNC_map_peek_elem,
	BPF_FUNC_ringbuf_output, BPF_FUNC_ringbuf_reserve, BPF_FUNC_ringbuf_submit,
	BPF_FUNC_ringbuf_discard, BPF_FUNC_ktime_get_ns, BPF_FUNC_ktime_get_boot_ns,
	BPF_FUNC_ktime_get_coarse_ns, BPF_FUNC_ktime_get_tai_ns, BPF_FUNC_get_prandom_u32,
	BPF_FUNC_get_ns_current_pid_tgid, BPF_FUNC_tail_call, BPF_FUNC_trace_printk,
};

static bool is_allowed_helper(int id)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed_helpers); i++) {
		if (allowed_helpers[i] == id)
			return true;
	}
	return false;
}

/* A refusal of the helper itself comes before any of its arguments. */
static bool is_refused(int id)
{
	int fd = LOAD_EBPF(BPF_CALL_HELPER(id), VERDICT(ALLOW));

	if (fd >= 0)
		close(fd);
	return fd == -EINVAL && log_has("program of this type cannot use helper");
}

TEST(every_other_helper_is_refused)
{
	NEED_EBPF();
	for (int id = 1; id < __BPF_FUNC_MAX_ID; id++) {
		/* What takes a privilege has a case of its own. */
		if (id == BPF_FUNC_trace_printk)
			continue;
		EXPECT_EQ(!is_allowed_helper(id), is_refused(id))
			TH_LOG("helper %d: %s", id, verifier_log);
	}
	EXPECT_REFUSED(EINVAL, "invalid func",
		       LOAD_EBPF(BPF_CALL_HELPER(100000), VERDICT(ALLOW)));
	EXPECT_REFUSED(EINVAL, "invalid func",
		       LOAD_EBPF(BPF_CALL_HELPER(-1), VERDICT(ALLOW)));
}

/* R1 is map @fd, R2 a key of 4 bytes that is @key, R3 a value of 8 bytes. */
#define MAP_KEY_VALUE(fd, key)								\
	BPF_ST_MEM(BPF_W, FP, -4, key), BPF_ST_MEM(BPF_DW, FP, -16, 77),		\
	BPF_LD_MAP_FD(R1, fd), BPF_MOV64_REG(R2, FP), BPF_ALU64_IMM(BPF_ADD, R2, -4),	\
	BPF_MOV64_REG(R3, FP), BPF_ALU64_IMM(BPF_ADD, R3, -16), BPF_MOV64_IMM(R4, 0)

/* Update, look up, delete, look up: return what was found in between. */
static int load_map_user(int fd)
{
	return LOAD_EBPF(MAP_KEY_VALUE(fd, 3), BPF_CALL_HELPER(BPF_FUNC_map_update_elem),
			 MAP_KEY_VALUE(fd, 3), BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem),
			 BPF_JMP_IMM(BPF_JNE, R0, 0, 2), VERDICT(1),
			 BPF_LDX_MEM(BPF_DW, R6, R0, 0),
			 MAP_KEY_VALUE(fd, 3), BPF_CALL_HELPER(BPF_FUNC_map_delete_elem),
			 BPF_MOV64_REG(R0, R6), BPF_EXIT_INSN());
}

TEST(maps_of_many_kinds_can_be_used)
{
	static const int types[] = {
		BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_ARRAY,
		BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH,
	};
	struct seccomp_data data = {};

	NEED_EBPF();
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int map = create_map(types[i], 4, 8, 64), fd;
		bool array = types[i] == BPF_MAP_TYPE_ARRAY ||
			     types[i] == BPF_MAP_TYPE_PERCPU_ARRAY;
		char values[4096];
		__u32 key = 3;

		ASSERT_LE(0, map);
		fd = load_map_user(map);
		ASSERT_LOADED(fd);
		EXPECT_EQ(77U, result_of(fd, &data));
		EXPECT_EQ(array ? 0 : -ENOENT,
			  map_command(BPF_MAP_LOOKUP_ELEM, map, &key, values));
		close(fd);
		close(map);
	}
}

TEST(queues_and_stacks_can_be_used)
{
	struct seccomp_data data = {};

	NEED_EBPF();
	for (int type = BPF_MAP_TYPE_QUEUE; type <= BPF_MAP_TYPE_STACK; type++) {
		int map = create_map(type, 0, 8, 4), fd;
		__u64 value = 0;

		ASSERT_LE(0, map);
		/* Push 5 and 6, look, take one: the older of a queue, the newer of a stack. */
		fd = LOAD_EBPF(BPF_ST_MEM(BPF_DW, FP, -8, 5), BPF_LD_MAP_FD(R1, map),
			       BPF_MOV64_REG(R2, FP), BPF_ALU64_IMM(BPF_ADD, R2, -8),
			       BPF_MOV64_IMM(R3, 0), BPF_CALL_HELPER(BPF_FUNC_map_push_elem),
			       BPF_ST_MEM(BPF_DW, FP, -8, 6), BPF_LD_MAP_FD(R1, map),
			       BPF_MOV64_REG(R2, FP), BPF_ALU64_IMM(BPF_ADD, R2, -8),
			       BPF_MOV64_IMM(R3, 0), BPF_CALL_HELPER(BPF_FUNC_map_push_elem),
			       BPF_LD_MAP_FD(R1, map), BPF_MOV64_REG(R2, FP),
			       BPF_ALU64_IMM(BPF_ADD, R2, -8),
			       BPF_CALL_HELPER(BPF_FUNC_map_peek_elem),
			       BPF_LDX_MEM(BPF_DW, R6, FP, -8),
			       BPF_LD_MAP_FD(R1, map), BPF_MOV64_REG(R2, FP),
			       BPF_ALU64_IMM(BPF_ADD, R2, -8),
			       BPF_CALL_HELPER(BPF_FUNC_map_pop_elem),
			       BPF_LDX_MEM(BPF_DW, R0, FP, -8), BPF_ALU64_IMM(BPF_MUL, R0, 10),
			       BPF_ALU64_REG(BPF_ADD, R0, R6), BPF_EXIT_INSN());
		ASSERT_LOADED(fd);
		EXPECT_EQ(type == BPF_MAP_TYPE_QUEUE ? 55U : 66U, result_of(fd, &data));
		EXPECT_EQ(0, map_command(BPF_MAP_LOOKUP_AND_DELETE_ELEM, map, NULL, &value));
		EXPECT_EQ(type == BPF_MAP_TYPE_QUEUE ? 6ULL : 5ULL, value);
		close(fd);
		close(map);
	}
}

TEST(clocks_and_random_numbers_can_be_had)
{
	static const int ids[] = {
		BPF_FUNC_ktime_get_ns, BPF_FUNC_ktime_get_boot_ns, BPF_FUNC_ktime_get_coarse_ns,
		BPF_FUNC_ktime_get_tai_ns, BPF_FUNC_get_prandom_u32,
	};
	struct seccomp_data data = {};

	NEED_EBPF();
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		int fd = LOAD_EBPF(BPF_CALL_HELPER(ids[i]), BPF_EXIT_INSN());
		__u32 first, changed = 0;

		ASSERT_LOADED(fd);
		first = result_of(fd, &data);
		for (int j = 0; j < 5 && !changed; j++) {
			usleep(5000);
			changed = result_of(fd, &data) != first;
		}
		EXPECT_EQ(1U, changed) TH_LOG("helper %d", ids[i]);
		close(fd);
	}
}

TEST(pid_and_tgid_are_those_of_a_namespace)
{
	struct seccomp_data data = {};
	struct stat st;
	int fd;

	NEED_EBPF();
	if (stat("/proc/self/ns/pid", &st))
		SKIP(return, "needs CONFIG_PID_NS");
	fd = LOAD_EBPF(BPF_LD_IMM64(R1, st.st_dev), BPF_LD_IMM64(R2, st.st_ino),
		       BPF_ST_MEM(BPF_DW, FP, -8, 0),
		       BPF_MOV64_REG(R3, FP), BPF_ALU64_IMM(BPF_ADD, R3, -8),
		       BPF_MOV64_IMM(R4, sizeof(struct bpf_pidns_info)),
		       BPF_CALL_HELPER(BPF_FUNC_get_ns_current_pid_tgid),
		       BPF_JMP_IMM(BPF_JEQ, R0, 0, 1), BPF_EXIT_INSN(),
		       BPF_LDX_MEM(BPF_W, R0, FP, -8 + (int)offsetof(struct bpf_pidns_info, tgid)),
		       BPF_EXIT_INSN());
	ASSERT_LOADED(fd);
	EXPECT_EQ((__u32)getpid(), result_of(fd, &data));
	close(fd);
}

/* --- Ring buffers --- */

/* Reserve a record of 16 bytes, number and first argument, and submit or discard it. */
static int load_recorder(int map, int how)
{
	return LOAD_EBPF(BPF_MOV64_REG(R6, R1), BPF_LD_MAP_FD(R1, map), BPF_MOV64_IMM(R2, 16),
			 BPF_MOV64_IMM(R3, 0), BPF_CALL_HELPER(BPF_FUNC_ringbuf_reserve),
			 BPF_JMP_IMM(BPF_JNE, R0, 0, 2), VERDICT(DENY),
			 BPF_LDX_MEM(BPF_W, R2, R6, NR_OFF), BPF_STX_MEM(BPF_DW, R0, R2, 0),
			 BPF_LDX_MEM(BPF_DW, R2, R6, ARG_OFF(0)), BPF_STX_MEM(BPF_DW, R0, R2, 8),
			 BPF_MOV64_REG(R1, R0), BPF_MOV64_IMM(R2, 0), BPF_CALL_HELPER(how),
			 VERDICT(ALLOW));
}

struct record {
	__u32 length, page;
	__u64 nr, arg;
};

TEST(ring_buffer_is_filled_and_read_through_its_pages)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int map, fd, other, out;
	struct seccomp_data data = {};
	unsigned long *consumed, *produced;
	struct record *records;

	NEED_EBPF();
	map = create_map(BPF_MAP_TYPE_RINGBUF, 0, 0, page);
	ASSERT_LE(0, map);
	consumed = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	ASSERT_NE(MAP_FAILED, (void *)consumed);
	produced = mmap(NULL, 3 * page, PROT_READ, MAP_SHARED, map, page);
	ASSERT_NE(MAP_FAILED, (void *)produced);
	records = (void *)produced + page;

	fd = load_recorder(map, BPF_FUNC_ringbuf_submit);
	ASSERT_LOADED(fd);
	other = load_recorder(map, BPF_FUNC_ringbuf_discard);
	ASSERT_LOADED(other);
	for (int i = 0; i < 4; i++) {
		data.nr = 40 + i;
		data.args[0] = 0x123456789abcdefULL + i;
		EXPECT_EQ(ALLOW, result_of(i == 2 ? other : fd, &data));
	}
	EXPECT_EQ(4 * sizeof(*records), *produced);
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(16 | (i == 2 ? BPF_RINGBUF_DISCARD_BIT : 0), records[i].length);
		EXPECT_EQ(40ULL + i, records[i].nr);
		EXPECT_EQ(0x123456789abcdefULL + i, records[i].arg);
	}
	/* Until somebody reads there is room for one page. */
	for (size_t i = 4; i < page / sizeof(*records); i++)
		EXPECT_EQ(ALLOW, result_of(fd, &data));
	EXPECT_EQ(DENY, result_of(fd, &data));
	*consumed = *produced;
	EXPECT_EQ(ALLOW, result_of(fd, &data));
	close(fd);
	close(other);

	out = LOAD_EBPF(BPF_ST_MEM(BPF_DW, FP, -8, 99), BPF_LD_MAP_FD(R1, map),
			BPF_MOV64_REG(R2, FP), BPF_ALU64_IMM(BPF_ADD, R2, -8),
			BPF_MOV64_IMM(R3, 8), BPF_MOV64_IMM(R4, 0),
			BPF_CALL_HELPER(BPF_FUNC_ringbuf_output), BPF_EXIT_INSN());
	ASSERT_LOADED(out);
	EXPECT_EQ(0U, result_of(out, &data));
	close(out);
	/* What is reserved has to be given back, and only once, and not read after. */
	EXPECT_REFUSED(EINVAL, "Unreleased reference",
		       LOAD_EBPF(BPF_LD_MAP_FD(R1, map), BPF_MOV64_IMM(R2, 16),
				 BPF_MOV64_IMM(R3, 0), BPF_CALL_HELPER(BPF_FUNC_ringbuf_reserve),
				 VERDICT(ALLOW)));
	close(map);
}

/* --- What the verifier knows, and what it keeps from everybody --- */

TEST(index_may_be_bounded_by_a_jump_of_32_bits)
{
	int map = create_bytes(0), fd;
	struct seccomp_data data = {};

	NEED_EBPF();
	fd = LOAD_EBPF(CTX_NR(R2), BPF_JMP32_IMM(BPF_JGT, R2, 63, 5), BPF_LD_MAP_VALUE(R3, map, 0),
		       BPF_ALU64_REG(BPF_ADD, R3, R2), BPF_LDX_MEM(BPF_B, R0, R3, 0),
		       BPF_EXIT_INSN(), VERDICT(DENY));
	ASSERT_LOADED(fd);
	for (int i = 0; i < 70; i++) {
		data.nr = i;
		EXPECT_EQ(i < 64 ? 1 + i : DENY, result_of(fd, &data));
	}
	data.nr = -1;
	EXPECT_EQ(DENY, result_of(fd, &data));
	close(fd);
	/* The upper half is cut off by a move, so that the jump says all. */
	fd = LOAD_EBPF(CTX_ARG(R2, 5), BPF_MOV32_REG(R2, R2), BPF_JMP32_IMM(BPF_JGE, R2, 64, 5),
		       BPF_LD_MAP_VALUE(R3, map, 0), BPF_ALU64_REG(BPF_ADD, R3, R2),
		       BPF_LDX_MEM(BPF_B, R0, R3, 0), BPF_EXIT_INSN(), VERDICT(DENY));
	ASSERT_LOADED(fd);
	data.args[5] = 0xffffffff0000003fULL;
	EXPECT_EQ(64U, result_of(fd, &data));
	data.args[5]++;
	EXPECT_EQ(DENY, result_of(fd, &data));
	close(fd);
	/* One too many, or no bound above bit 31 */
	EXPECT_EQ(-EACCES, LOAD_EBPF(CTX_NR(R2), BPF_JMP32_IMM(BPF_JGT, R2, 64, 5),
				     BPF_LD_MAP_VALUE(R3, map, 0), BPF_ALU64_REG(BPF_ADD, R3, R2),
				     BPF_LDX_MEM(BPF_B, R0, R3, 0), BPF_EXIT_INSN(),
				     VERDICT(DENY)));
	EXPECT_GT(0, LOAD_EBPF(CTX_ARG(R2, 5), BPF_JMP32_IMM(BPF_JGT, R2, 63, 5),
			       BPF_LD_MAP_VALUE(R3, map, 0), BPF_ALU64_REG(BPF_ADD, R3, R2),
			       BPF_LDX_MEM(BPF_B, R0, R3, 0), BPF_EXIT_INSN(), VERDICT(DENY)));
	close(map);
}

/* If the value is 0x04030201 as it is, the rest is dead, though it is wrong. */
#define KNOWN_VALUE(map)								\
	BPF_LD_MAP_VALUE(R2, map, 0), BPF_LDX_MEM(BPF_W, R2, R2, 0),			\
	BPF_JMP32_IMM(BPF_JNE, R2, 0x04030201, 2), VERDICT(DENY),			\
	BPF_LDX_MEM(BPF_DW, R0, FP, -8), BPF_EXIT_INSN()

TEST(frozen_map_is_known_and_cannot_be_written)
{
	int map = create_bytes(BPF_F_RDONLY_PROG), fd;
	struct seccomp_data data = {};

	NEED_EBPF();
	ASSERT_LE(0, map);
	EXPECT_REFUSED(EACCES, "invalid read from stack", LOAD_EBPF(KNOWN_VALUE(map)));
	EXPECT_EQ(0, map_command(BPF_MAP_FREEZE, map, NULL, NULL));
	EXPECT_EQ(-EPERM, array_set(map, 0, 5));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	fd = LOAD_EBPF(KNOWN_VALUE(map));
	ASSERT_LOADED(fd);
	EXPECT_EQ(DENY, result_of(fd, &data));
	close(fd);
#endif
	EXPECT_REFUSED(EACCES, "write into map forbidden",
		       LOAD_EBPF(BPF_LD_MAP_VALUE(R2, map, 0), BPF_ST_MEM(BPF_DW, R2, 0, 1),
				 VERDICT(ALLOW)));
	close(map);
}

/* --- Subprograms, tail calls, the stack --- */

TEST(subprogram_may_return_early)
{
	struct seccomp_data data = {};
	int fd;

	NEED_EBPF();
	fd = LOAD_EBPF(CTX_NR(R1), BPF_CALL_REL(3), BPF_ALU64_IMM(BPF_ADD, R0, 100),
		       BPF_MOV32_REG(R0, R0), BPF_EXIT_INSN(),
		       BPF_JMP32_IMM(BPF_JNE, R1, 3, 2), VERDICT(5),
		       BPF_JMP32_IMM(BPF_JNE, R1, 4, 2), VERDICT(6), VERDICT(7));
	ASSERT_LOADED(fd);
	for (int nr = 0; nr < 6; nr++) {
		data.nr = nr;
		EXPECT_EQ(nr == 3 ? 105U : nr == 4 ? 106U : 107U, result_of(fd, &data));
	}
	close(fd);
}

TEST(tail_calls_go_and_do_not_come_back)
{
	int map, target, fd;
	struct seccomp_data data = {};
	__u32 key = 0;

	NEED_EBPF();
	map = create_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2);
	target = LOAD_EBPF(CTX_NR(R0), BPF_EXIT_INSN());
	fd = LOAD_EBPF(BPF_LD_MAP_FD(R2, map), BPF_MOV64_IMM(R3, 0),
		       BPF_CALL_HELPER(BPF_FUNC_tail_call), VERDICT(DENY));
	ASSERT_LE(0, map);
	ASSERT_LE(0, target);
	ASSERT_LOADED(fd);
	data.nr = 1234;
	EXPECT_EQ(DENY, result_of(fd, &data));
	ASSERT_EQ(0, map_command(BPF_MAP_UPDATE_ELEM, map, &key, &target));
	EXPECT_EQ(1234U, result_of(fd, &data));
	/* One that goes on for ever is stopped. */
	ASSERT_EQ(0, map_command(BPF_MAP_UPDATE_ELEM, map, &key, &fd));
	EXPECT_EQ(DENY, result_of(fd, &data));
	ASSERT_EQ(0, map_command(BPF_MAP_DELETE_ELEM, map, &key, NULL));
	close(fd);
	close(target);
	close(map);
}

/* A program with @stack bytes that calls another, which makes a tail call. */
static int load_tail_caller(int btf, int map, int stack)
{
	struct bpf_insn insn[] = {
		BPF_ST_MEM(BPF_DW, FP, -stack, 0), BPF_CALL_REL(2),
		BPF_ALU64_IMM(BPF_ADD, R0, 1), BPF_EXIT_INSN(),
		BPF_LD_MAP_FD(R2, map), BPF_MOV64_IMM(R3, 0),
		BPF_CALL_HELPER(BPF_FUNC_tail_call), VERDICT(DENY),
	};

	return load_with_btf(btf, 4, BPF_PROG_TYPE_SECCOMP, insn, ARRAY_SIZE(insn));
}

TEST(tail_call_from_a_subprogram_returns_to_its_caller)
{
	int map, target, btf, fd;
	struct seccomp_data data = { .nr = 77 };
	__u32 key = 0;

	NEED_EBPF();
	if (!is_jitted())
		SKIP(return, "needs net.core.bpf_jit_enable");
	map = create_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1);
	target = LOAD_EBPF(CTX_NR(R0), BPF_EXIT_INSN());
	btf = load_btf("seccomp_data");
	ASSERT_LE(0, map);
	ASSERT_LE(0, target);
	ASSERT_LE(0, btf);
	fd = load_tail_caller(btf, map, 8);
	ASSERT_LOADED(fd);
	EXPECT_EQ(DENY + 1, result_of(fd, &data));
	ASSERT_EQ(0, map_command(BPF_MAP_UPDATE_ELEM, map, &key, &target));
	EXPECT_EQ(78U, result_of(fd, &data));
	close(fd);
	/* Frames that stay below a tail call are to be smaller than 256 bytes. */
	for (int stack = 232; stack <= 512; stack += 8) {
		fd = load_tail_caller(btf, map, stack);
		if (stack <= 240)
			EXPECT_LOADED(fd);
		else
			EXPECT_REFUSED(EACCES, "tail_calls are not allowed when call stack", fd);
	}
	close(target);
	close(btf);
	close(map);
}

TEST(classic_loads_are_refused)
{
	static const int modes[] = { BPF_ABS, BPF_IND };

	NEED_EBPF();
	for (int i = 0; i < 6; i++) {
		struct bpf_insn insn[] = {
			BPF_MOV64_REG(R6, R1), BPF_MOV64_IMM(R7, 0),
			BPF_RAW_INSN(BPF_LD | modes[i % 2] | sizes[i / 2], 0, i % 2 ? R7 : 0, 0, 0),
			BPF_EXIT_INSN(),
		};

		EXPECT_REFUSED(EINVAL, "BPF_LD_[ABS|IND] instructions not allowed",
			       load_insns(insn, ARRAY_SIZE(insn)));
	}
}

/* --- may_goto --- */

#ifndef BPF_JCOND
#define BPF_JCOND	0xe0
#endif
#define MAY_GOTO(off)	BPF_RAW_INSN(BPF_JMP | BPF_JCOND, 0, 0, off, 0)

#define JIT_ENABLE	"/proc/sys/net/core/bpf_jit_enable"

/* Put @value there; return what it was, or 0 if that cannot be. */
static char swap_jit_enable(char value)
{
	char text[] = { value, 0 }, old = 0;
	int fd = open(JIT_ENABLE, O_RDONLY);

	if (fd >= 0 && read(fd, &old, 1) != 1)
		old = 0;
	close(fd);
	return old && write_file(JIT_ENABLE, text) ? old : 0;
}

/* More often than a timed may_goto jumps before it looks at the time */
#define ROUNDS	70000

static int load_rounds(void)
{
	struct bpf_insn insn[] = {
		BPF_MOV64_IMM(R0, 0), MAY_GOTO(3), BPF_ALU64_IMM(BPF_ADD, R0, 1),
		BPF_JMP_IMM(BPF_JEQ, R0, ROUNDS, 1), BPF_JMP_A(-4), BPF_EXIT_INSN(),
	};
	union bpf_attr attr = program_attr(insn, ARRAY_SIZE(insn));

	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	/* The verifier goes through all rounds, too. No log would hold that. */
	return sys_bpf(BPF_PROG_LOAD, &attr);
}

/* How many calls a program that is interpreted has, or -1 */
static int calls_of_interpreted(int fd)
{
	struct bpf_insn insn[64] = {};
	struct bpf_prog_info info = {
		.xlated_prog_insns = PTR(insn), .xlated_prog_len = sizeof(insn),
	};
	union bpf_attr attr;
	int n = 0;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) || info.jited_prog_len)
		return -1;
	for (size_t i = 0; i < info.xlated_prog_len / sizeof(*insn); i++)
		n += insn[i].code == (BPF_JMP | BPF_CALL);
	return n;
}

static long run_socket_filter(int fd, __u32 *retval)
{
	char packet[64] = {};
	union bpf_attr attr;
	long ret;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	ret = sys_bpf(BPF_PROG_TEST_RUN, &attr);
	*retval = attr.test.retval;
	return ret;
}

/*
 * This needs no eBPF filters, and fails on mainline, where the program calls what
 * only the JIT can call. It is not run there: it would not end.
 */
TEST(interpreter_counts_may_goto)
{
	char jit = swap_jit_enable('0');
	__u32 retval = 0;
	int fd, calls;

	if (!jit)
		SKIP(return, "needs root, and a kernel with BPF's interpreter");
	fd = load_rounds();
	swap_jit_enable(jit);
	ASSERT_LE(0, fd) TH_LOG("%s", strerror(-fd));
	calls = calls_of_interpreted(fd);
	EXPECT_EQ(0, calls);
	if (!calls) {
		EXPECT_EQ(0, run_socket_filter(fd, &retval));
		EXPECT_EQ(ROUNDS, retval);
	}
	close(fd);
}

TEST(jit_times_may_goto)
{
	char jit = swap_jit_enable('1');
	__u32 retval = 0;
	int fd;

	if (!jit)
		SKIP(return, "needs root");
	fd = load_rounds();
	swap_jit_enable(jit);
	ASSERT_LE(0, fd) TH_LOG("%s", strerror(-fd));
	EXPECT_EQ(0, run_socket_filter(fd, &retval));
	EXPECT_EQ(ROUNDS, retval);
	close(fd);
}

/* --- What is answered without a run --- */

static long count_runs(int fd)
{
	struct bpf_prog_info info = {};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) ?: (long)info.run_cnt;
}

static void child_calls(const struct abi *abi, long fd)
{
	CHECK(attach_ebpf(0, fd), 0);
	for (int i = 0; i < 10; i++)
		call(abi, GETPPID);
}

/* How often a filter is run for ten calls and some more; it allows everything. */
static long runs_of(struct __test_metadata *_metadata, int fd)
{
	long runs;

	EXPECT_LE(0, fd) TH_LOG("error %d: %s", fd, verifier_log);
	if (fd < 0)
		return fd;
	EXPECT_FINE(run(child_calls, &native, fd));
	runs = count_runs(fd);
	close(fd);
	return runs;
}

static int load_function(void)
{
	return LOAD_EBPF(BPF_CALL_REL(1), BPF_EXIT_INSN(), VERDICT(ALLOW));
}

/* It would jump if it had been there some thousand times. */
static int load_may_goto(void)
{
	return LOAD_EBPF(MAY_GOTO(2), VERDICT(ALLOW), VERDICT(ALLOW));
}

static void expect_runs(struct __test_metadata *_metadata, bool jit)
{
	static const int ids[] = {
		BPF_FUNC_ktime_get_ns, BPF_FUNC_ktime_get_boot_ns, BPF_FUNC_ktime_get_coarse_ns,
		BPF_FUNC_ktime_get_tai_ns, BPF_FUNC_get_prandom_u32,
	};
	long runs;

	/* Functions are followed where there is a list of them. */
	runs = runs_of(_metadata, load_function());
	EXPECT_TRUE(jit ? !runs : runs >= 10) TH_LOG("%ld runs, JIT %d", runs, jit);
	EXPECT_LE(10, runs_of(_metadata, load_may_goto()));
	/* However the verifier writes what they do. */
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		runs = runs_of(_metadata, LOAD_EBPF(BPF_CALL_HELPER(ids[i]), VERDICT(ALLOW)));
		EXPECT_LE(10, runs) TH_LOG("helper %d", ids[i]);
	}
}

TEST(what_is_not_pure_is_run)
{
	union bpf_attr attr;
	int stats;
	char jit;

	NEED_EBPF();
	if (geteuid())
		SKIP(return, "needs root");
	memset(&attr, 0, sizeof(attr));
	attr.enable_stats.type = BPF_STATS_RUN_TIME;
	stats = sys_bpf(BPF_ENABLE_STATS, &attr);
	ASSERT_LE(0, stats);
	if (runs_of(_metadata, LOAD_EBPF(VERDICT(ALLOW))))
		SKIP(return, "no tables");
	for (char value = '0'; value <= '1'; value++) {
		jit = swap_jit_enable(value);
		if (!jit)
			continue;
		expect_runs(_metadata, value == '1');
		swap_jit_enable(jit);
	}
	close(stats);
}

/* --- Attributes of a program --- */

TEST(programs_have_no_attach_type_and_do_not_sleep)
{
	struct bpf_insn insn[] = { VERDICT(ALLOW) };

	NEED_EBPF();
	for (int type = 0; type <= __MAX_BPF_ATTACH_TYPE; type++) {
		union bpf_attr attr = program_attr(insn, ARRAY_SIZE(insn));
		int fd;

		attr.expected_attach_type = type;
		fd = load_attr(&attr);
		EXPECT_EQ(type ? -EINVAL : 0, fd < 0 ? fd : 0) TH_LOG("type %d", type);
		if (fd >= 0)
			close(fd);
	}
	for (int bit = 0; bit < 32; bit++) {
		static const __u32 wrong = ~(BPF_F_TOKEN_FD * 2 - 1) | BPF_F_SLEEPABLE;
		union bpf_attr attr = program_attr(insn, ARRAY_SIZE(insn));

		attr.prog_flags = 1U << bit;
		if (attr.prog_flags & wrong) {
			EXPECT_EQ(-EINVAL, load_attr(&attr))
				TH_LOG("flag %#x", attr.prog_flags);
		}
	}
}

TEST(programs_tell_their_type)
{
	int fd;
	struct bpf_prog_info info = {};
	union bpf_attr attr;

	NEED_EBPF();
	fd = LOAD_EBPF(VERDICT(ALLOW));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	EXPECT_EQ(0, sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr));
	EXPECT_EQ(BPF_PROG_TYPE_SECCOMP, info.type);
	EXPECT_LT(0U, info.id);
	close(fd);
}

/* --- Test runs --- */

static long run_with(int fd, void (*change)(union bpf_attr *attr))
{
	struct seccomp_data data = { .nr = 5 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.ctx_in = PTR(&data);
	attr.test.ctx_size_in = sizeof(data);
	if (change)
		change(&attr);
	return sys_bpf(BPF_PROG_TEST_RUN, &attr);
}

static char spare[256];

#define CHANGE(name, field, value)							\
	static void change_##name(union bpf_attr *attr)					\
	{										\
		attr->test.field = value;						\
	}
CHANGE(size_0, ctx_size_in, 0)
CHANGE(size_4, ctx_size_in, 4)
CHANGE(size_63, ctx_size_in, 63)
CHANGE(size_65, ctx_size_in, 65)
CHANGE(size_128, ctx_size_in, 128)
CHANGE(size_max, ctx_size_in, -1)
CHANGE(null, ctx_in, 0)
CHANGE(pointer, ctx_in, 8)
CHANGE(data_in, data_in, PTR(spare))
CHANGE(data_size_in, data_size_in, 14)
CHANGE(data_out, data_out, PTR(spare))
CHANGE(data_size_out, data_size_out, 14)
CHANGE(ctx_out, ctx_out, PTR(spare))
CHANGE(ctx_size_out, ctx_size_out, 64)
CHANGE(repeat, repeat, 2)
CHANGE(duration, duration, 1)
CHANGE(flags, flags, 1)
CHANGE(cpu, cpu, 1)
CHANGE(batch_size, batch_size, 1)

TEST(test_runs_take_the_context_and_nothing_else)
{
	static const struct {
		void (*change)(union bpf_attr *attr);
		int error;
	} cases[] = {
		{ NULL, 0 }, { change_size_0, EINVAL }, { change_size_4, EINVAL },
		{ change_size_63, EINVAL }, { change_size_65, EINVAL },
		{ change_size_128, EINVAL }, { change_size_max, EINVAL },
		{ change_pointer, EFAULT }, { change_data_in, EINVAL },
		{ change_data_size_in, EINVAL }, { change_data_out, EINVAL },
		{ change_data_size_out, EINVAL }, { change_ctx_out, EINVAL },
		{ change_ctx_size_out, EINVAL }, { change_repeat, EINVAL },
		{ change_duration, EINVAL }, { change_flags, EINVAL }, { change_cpu, EINVAL },
		{ change_batch_size, EINVAL },
	};
	int fd;

	NEED_EBPF();
	fd = LOAD_EBPF(CTX_NR(R0), BPF_EXIT_INSN());
	ASSERT_LOADED(fd);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(-cases[i].error, run_with(fd, cases[i].change))
			TH_LOG("case %zu", i);
	}
	EXPECT_GT(0, run_with(fd, change_null));
	EXPECT_EQ(-EBADF, run_with(-1, NULL));
	close(fd);
	EXPECT_EQ(-EBADF, run_with(fd, NULL));
}

TEST(test_run_attaches_nothing)
{
	struct seccomp_data data = {};
	int fd;

	NEED_EBPF();
	fd = LOAD_EBPF(VERDICT(KILL));
	ASSERT_LOADED(fd);
	EXPECT_EQ(KILL, result_of(fd, &data));
	EXPECT_EQ(SECCOMP_MODE_DISABLED, prctl(PR_GET_SECCOMP));
	close(fd);
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
