/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of eBPF filters share: instructions, programs, maps, BTF by hand */

/*
 * Programs are written instruction by instruction and go to bpf(2) as they are:
 * no compiler and no library changes what the verifier gets to see.
 */

#ifndef _SECCOMP_EBPF_H
#define _SECCOMP_EBPF_H

/* Cases run for each ABI here too, but skip where there are no eBPF filters. */
#define WITHOUT_ABI_FIXTURE
#include "seccomp_test.h"

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/capability.h>

#ifndef SECCOMP_FILTER_FLAG_BPF_PROG_FD
#define SECCOMP_FILTER_FLAG_BPF_PROG_FD	(1UL << 16)
#endif
#ifndef CAP_PERFMON
#define CAP_PERFMON			38
#endif
#ifndef CAP_BPF
#define CAP_BPF				39
#endif

#define PROG_FD	SECCOMP_FILTER_FLAG_BPF_PROG_FD

/* --- Instructions, by the names that the kernel has for them --- */

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, FP };

#define BPF_RAW_INSN(op, dst, src, offset, value)					\
	((struct bpf_insn) { .code = (op), .dst_reg = (dst), .src_reg = (src),		\
			     .off = (offset), .imm = (value) })

#define BPF_ALU64_IMM(op, dst, imm)	BPF_RAW_INSN(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define BPF_ALU64_REG(op, dst, src)	BPF_RAW_INSN(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define BPF_ALU32_IMM(op, dst, imm)	BPF_RAW_INSN(BPF_ALU | (op) | BPF_K, dst, 0, 0, imm)
#define BPF_ALU32_REG(op, dst, src)	BPF_RAW_INSN(BPF_ALU | (op) | BPF_X, dst, src, 0, 0)
#define BPF_MOV64_IMM(dst, imm)		BPF_ALU64_IMM(BPF_MOV, dst, imm)
#define BPF_MOV64_REG(dst, src)		BPF_ALU64_REG(BPF_MOV, dst, src)
#define BPF_MOV32_IMM(dst, imm)		BPF_ALU32_IMM(BPF_MOV, dst, imm)
#define BPF_MOV32_REG(dst, src)		BPF_ALU32_REG(BPF_MOV, dst, src)
#define BPF_LDX_MEM(size, dst, src, off)						\
	BPF_RAW_INSN(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define BPF_STX_MEM(size, dst, src, off)						\
	BPF_RAW_INSN(BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define BPF_ST_MEM(size, dst, off, imm)							\
	BPF_RAW_INSN(BPF_ST | BPF_MEM | (size), dst, 0, off, imm)
#define BPF_ATOMIC_ADD(size, dst, src, off)						\
	BPF_RAW_INSN(BPF_STX | BPF_ATOMIC | (size), dst, src, off, BPF_ADD)
#define BPF_JMP_IMM(op, dst, imm, off)	BPF_RAW_INSN(BPF_JMP | (op) | BPF_K, dst, 0, off, imm)
#define BPF_JMP_REG(op, dst, src, off)	BPF_RAW_INSN(BPF_JMP | (op) | BPF_X, dst, src, off, 0)
#define BPF_JMP32_IMM(op, dst, imm, off)						\
	BPF_RAW_INSN(BPF_JMP32 | (op) | BPF_K, dst, 0, off, imm)
#define BPF_JMP32_REG(op, dst, src, off)						\
	BPF_RAW_INSN(BPF_JMP32 | (op) | BPF_X, dst, src, off, 0)
#define BPF_JMP_A(off)			BPF_RAW_INSN(BPF_JMP | BPF_JA, 0, 0, off, 0)
#define BPF_EXIT_INSN()			BPF_RAW_INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define BPF_CALL_HELPER(id)		BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define BPF_CALL_REL(off)		BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, off)
/* Two instructions each */
#define BPF_LD_IMM64_RAW(dst, src, value)						\
	BPF_RAW_INSN(BPF_LD | BPF_DW | BPF_IMM, dst, src, 0, (__u32)(value)),		\
	BPF_RAW_INSN(0, 0, 0, 0, (__u64)(value) >> 32)
#define BPF_LD_IMM64(dst, value)	BPF_LD_IMM64_RAW(dst, 0, value)
#define BPF_LD_MAP_FD(dst, fd)		BPF_LD_IMM64_RAW(dst, BPF_PSEUDO_MAP_FD, (__u32)(fd))
#define BPF_LD_MAP_VALUE(dst, fd, off)							\
	BPF_LD_IMM64_RAW(dst, BPF_PSEUDO_MAP_VALUE, (__u32)(fd) | (__u64)(off) << 32)

#define NR_OFF		offsetof(struct seccomp_data, nr)
#define ARCH_OFF	offsetof(struct seccomp_data, arch)
#define IP_OFF		offsetof(struct seccomp_data, instruction_pointer)
#define ARG_OFF(i)	(offsetof(struct seccomp_data, args) + (i) * sizeof(__u64))

/* What an eBPF filter begins or ends with; R1 is its context. */
#define CTX_NR(dst)	BPF_LDX_MEM(BPF_W, dst, R1, NR_OFF)
#define CTX_ARCH(dst)	BPF_LDX_MEM(BPF_W, dst, R1, ARCH_OFF)
#define CTX_ARG(dst, i)	BPF_LDX_MEM(BPF_DW, dst, R1, ARG_OFF(i))
/* Two instructions: a move of 32 bits, so that no sign is extended */
#define VERDICT(action)	BPF_MOV32_IMM(R0, (__s32)(action)), BPF_EXIT_INSN()

/* --- bpf(2) --- */

static inline long sys_bpf(int cmd, union bpf_attr *attr)
{
	long ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

#define PTR(p)	((__u64)(unsigned long)(p))

/* What the verifier said of the last program that was loaded with its log */
static char verifier_log[1 << 16];

/* Fill in what most programs have in common. */
static inline union bpf_attr program_attr(const struct bpf_insn *insn, size_t n)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SECCOMP;
	attr.insns = PTR(insn);
	attr.insn_cnt = n;
	attr.license = PTR("GPL");
	return attr;
}

/* Return a file, or a negative error. */
static inline int load_attr(union bpf_attr *attr)
{
	verifier_log[0] = 0;
	attr->log_level = 1;
	attr->log_buf = PTR(verifier_log);
	attr->log_size = sizeof(verifier_log);
	return sys_bpf(BPF_PROG_LOAD, attr);
}

static inline int load_insns(const struct bpf_insn *insn, size_t n)
{
	union bpf_attr attr = program_attr(insn, n);

	return load_attr(&attr);
}

#define INSNS(...)	(struct bpf_insn []) { __VA_ARGS__ },				\
			sizeof((struct bpf_insn []) { __VA_ARGS__ }) / sizeof(struct bpf_insn)
#define LOAD_EBPF(...)	load_insns(INSNS(__VA_ARGS__))

static inline bool log_has(const char *words)
{
	return strstr(verifier_log, words);
}

/* Loading must fail with @error, and the verifier's log have @words. */
#define EXPECT_REFUSED(error, words, fd)	do {					\
	int fd_ = (fd);									\
	EXPECT_EQ(-(error), fd_) TH_LOG("the verifier: %s", verifier_log);		\
	EXPECT_TRUE(log_has(words)) TH_LOG("no '%s' in: %s", words, verifier_log);	\
	if (fd_ >= 0)									\
		close(fd_);								\
} while (0)

#define EXPECT_LOADED(fd)	do {							\
	int fd_ = (fd);									\
	EXPECT_LE(0, fd_) TH_LOG("%s: %s", strerror(-fd_), verifier_log);		\
	if (fd_ >= 0)									\
		close(fd_);								\
} while (0)

#define ASSERT_LOADED(fd)	\
	ASSERT_LE(0, fd) TH_LOG("%s: %s", strerror(-(fd)), verifier_log)

static inline int create_map_flags(__u32 type, __u32 key, __u32 value, __u32 entries,
				   __u32 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = entries;
	attr.map_flags = flags;
	return sys_bpf(BPF_MAP_CREATE, &attr);
}

static inline int create_map(__u32 type, __u32 key, __u32 value, __u32 entries)
{
	return create_map_flags(type, key, value, entries, 0);
}

/* A map of @entries maps like @inner */
static inline int create_outer_map(__u32 type, int inner, __u32 entries)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = sizeof(__u32);
	attr.value_size = sizeof(__u32);
	attr.max_entries = entries;
	attr.inner_map_fd = inner;
	return sys_bpf(BPF_MAP_CREATE, &attr);
}

/* An array of @n numbers of 64 bits */
static inline int create_array(__u32 n)
{
	return create_map(BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(__u64), n);
}

static inline long map_command(int cmd, int fd, const void *key, void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = PTR(key);
	attr.value = PTR(value);
	return sys_bpf(cmd, &attr);
}

/* An array of one value of 64 bytes, the bytes of which are 1, 2, 3, ... */
static inline int create_bytes(__u32 flags)
{
	int map = create_map_flags(BPF_MAP_TYPE_ARRAY, 4, 64, 1, flags);
	char bytes[64];
	__u32 key = 0;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = 1 + i;
	map_command(BPF_MAP_UPDATE_ELEM, map, &key, bytes);
	return map;
}

static inline __u64 array_get(int fd, __u32 index)
{
	__u64 value = ~0ULL;

	map_command(BPF_MAP_LOOKUP_ELEM, fd, &index, &value);
	return value;
}

static inline long array_set(int fd, __u32 index, __u64 value)
{
	return map_command(BPF_MAP_UPDATE_ELEM, fd, &index, &value);
}

/* Run a program once; return 0, with what it returned in @retval, or an error. */
static inline long test_run(int fd, const struct seccomp_data *data, __u32 *retval)
{
	union bpf_attr attr;
	long ret;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.ctx_in = PTR(data);
	attr.test.ctx_size_in = sizeof(*data);
	ret = sys_bpf(BPF_PROG_TEST_RUN, &attr);
	*retval = attr.test.retval;
	return ret;
}

/* As above, where it has to work */
static inline __u32 result_of(int fd, const struct seccomp_data *data)
{
	__u32 retval;
	long ret = test_run(fd, data, &retval);

	return ret ? 0xbad00000 - ret : retval;
}

/* The id of a program, or a negative error */
static inline long id_of(int fd)
{
	struct bpf_prog_info info = {};
	union bpf_attr attr;
	long ret;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	ret = sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	return ret ?: info.id;
}

/*
 * Read a program as verification left it, and how the JIT blinded it; @insn has room
 * for @max instructions. Return how many there are, or a negative error.
 */
static inline int read_translated(int fd, struct bpf_insn *insn, size_t max)
{
	struct bpf_prog_info info = {
		.xlated_prog_len = max * sizeof(*insn), .xlated_prog_insns = PTR(insn),
	};
	union bpf_attr attr;
	long ret;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	ret = sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	if (ret)
		return ret;
	/* Only who may see addresses may see what was blinded. */
	if (!info.xlated_prog_len || !info.xlated_prog_insns)
		return -EPERM;
	if (info.xlated_prog_len > max * sizeof(*insn))
		return -E2BIG;
	return info.xlated_prog_len / sizeof(*insn);
}

static inline int open_id(__u32 id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

/* Programs are freed some time after their last user is gone. */
static inline bool is_freed(__u32 id)
{
	for (int i = 0; i < 2000; i++) {
		int fd = open_id(id);

		if (fd == -ENOENT)
			return true;
		if (fd < 0)
			return false;
		close(fd);
		usleep(5000);
	}
	return false;
}

/* --- Attaching --- */

static inline long attach_pointer(unsigned int flags, const void *uargs)
{
	return raw3(&native, __NR_seccomp, SECCOMP_SET_MODE_FILTER, flags | PROG_FD,
		    (long)uargs);
}

static inline long attach_ebpf(unsigned int flags, int fd)
{
	return attach_pointer(flags, &fd);
}

/* Why there is nothing to test here, or NULL; attaches nothing. */
static inline const char *why_no_ebpf(void)
{
	int fd;

	if (attach_pointer(0, NULL) == -EINVAL)
		return "needs CONFIG_SECCOMP_FILTER_EXTENDED";
	fd = LOAD_EBPF(VERDICT(ALLOW));
	if (fd == -EPERM)
		return "needs CAP_BPF";
	if (fd >= 0)
		close(fd);
	return NULL;
}

#define NEED_EBPF()	do {								\
	const char *why_ = why_no_ebpf();						\
	if (why_)									\
		SKIP(return, "%s", why_);						\
} while (0)

#ifndef WITHOUT_EBPF_FIXTURE
/* Cases of this fixture run once for each way to make system calls. */
FIXTURE(ebpf) {
	int unused;
};

FIXTURE_VARIANT(ebpf) {
	const struct abi *abi;
};

FIXTURE_VARIANT_ADD(ebpf, native) {
	.abi = &native,
};

#ifdef __x86_64__
FIXTURE_VARIANT_ADD(ebpf, ia32) {
	.abi = &ia32,
};

FIXTURE_VARIANT_ADD(ebpf, x32) {
	.abi = &x32,
};
#endif

FIXTURE_SETUP(ebpf)
{
#ifdef __x86_64__
	have_ia32 = WIFEXITED(run(child_probe, &ia32, 0));
#endif
	NEED_EBPF();
	if (!variant->abi->arch)
		SKIP(return, "not told which architecture this is");
	if (is_missing(variant->abi))
		SKIP(return, "no 32-bit system calls");
}

FIXTURE_TEARDOWN(ebpf)
{
}
#endif /* !WITHOUT_EBPF_FIXTURE */

/*
 * The eBPF filter of some rules, the first of which that fits decides. Where it
 * is @stateful it also draws a random number, so that it has to run.
 */
static inline int load_rules(bool stateful, __u32 dflt, const struct rule *rule, size_t n)
{
	struct bpf_insn insn[11 * RULES + 5];
	size_t len = 0;

	if (n > RULES)
		abort();

	insn[len++] = BPF_MOV64_REG(R6, R1);
	if (stateful)
		insn[len++] = BPF_CALL_HELPER(BPF_FUNC_get_prandom_u32);
	insn[len++] = BPF_LDX_MEM(BPF_W, R7, R6, ARCH_OFF);
	insn[len++] = BPF_LDX_MEM(BPF_W, R8, R6, NR_OFF);
	for (; n; n--, rule++) {
		int body = rule->depends ? 6 : 2;

		insn[len++] = BPF_JMP32_IMM(BPF_JNE, R7, rule->arch, 2 + body);
		insn[len++] = BPF_JMP32_IMM(BPF_JLT, R8, rule->first, 1 + body);
		insn[len++] = BPF_JMP32_IMM(BPF_JGT, R8, rule->last, body);
		if (rule->depends) {
			insn[len++] = BPF_LDX_MEM(BPF_W, R9, R6, LOW_WORD(0));
			insn[len++] = BPF_JMP32_IMM(BPF_JSET, R9, 1, 2);
		}
		insn[len++] = BPF_MOV32_IMM(R0, (__s32)rule->action);
		insn[len++] = BPF_EXIT_INSN();
		if (rule->depends) {
			insn[len++] = BPF_MOV32_IMM(R0, (__s32)rule->odd);
			insn[len++] = BPF_EXIT_INSN();
		}
	}
	insn[len++] = BPF_MOV32_IMM(R0, (__s32)dflt);
	insn[len++] = BPF_EXIT_INSN();
	return load_insns(insn, len);
}

/* Pure filters of one rule, where every other call is allowed */
static inline int load_rule(const struct abi *abi, __u32 nr, __u32 action, __u32 odd)
{
	struct rule rule = depends(abi->arch, nr, action, odd);

	return load_rules(false, ALLOW, &rule, 1);
}

static inline int load_constant(const struct abi *abi, __u32 nr, __u32 action)
{
	struct rule rule = on(abi->arch, nr, action);

	return load_rules(false, ALLOW, &rule, 1);
}

/* Attach a program that is needed for nothing else. */
static inline long attach_and_close(unsigned int flags, int fd)
{
	long ret = fd < 0 ? fd : attach_ebpf(flags, fd);

	if (fd >= 0)
		raw3(&native, __NR_close, fd, 0, 0);
	return ret;
}

/*
 * A stateful filter: it counts the calls of number @nr of @abi in entry @index
 * of an array, and gives them @action.
 */
static inline int load_counter(const struct abi *abi, __u32 nr, int map, __u32 index,
			       __u32 action)
{
	return LOAD_EBPF(CTX_ARCH(R2), BPF_JMP32_IMM(BPF_JNE, R2, abi->arch, 13),
			 CTX_NR(R2), BPF_JMP32_IMM(BPF_JNE, R2, nr, 11),
			 BPF_ST_MEM(BPF_W, FP, -4, index),
			 BPF_LD_MAP_FD(R1, map), BPF_MOV64_REG(R2, FP),
			 BPF_ALU64_IMM(BPF_ADD, R2, -4),
			 BPF_CALL_HELPER(BPF_FUNC_map_lookup_elem),
			 BPF_JMP_IMM(BPF_JEQ, R0, 0, 2), BPF_MOV64_IMM(R1, 1),
			 BPF_ATOMIC_ADD(BPF_DW, R0, R1, 0), VERDICT(action),
			 VERDICT(ALLOW));
}

/* A program of another type that is run for packets, see SO_ATTACH_BPF */
static inline int load_type(__u32 type, const struct bpf_insn *insn, size_t n)
{
	union bpf_attr attr = program_attr(insn, n);

	attr.prog_type = type;
	return load_attr(&attr);
}

/* Are programs compiled? Only then do some parts of the language work. */
static inline bool is_jitted(void)
{
	FILE *file = fopen("/proc/sys/net/core/bpf_jit_enable", "r");
	int value = 0;

	if (file) {
		if (fscanf(file, "%d", &value) != 1)
			value = 0;
		fclose(file);
	}
	return value;
}

/* --- BTF by hand --- */

/*
 * What the verifier wants to hear of the functions of a program: that they
 * exist, what they are called, that they return a number. The types are
 */
enum {
	BTF_VOID, BTF_UINT, BTF_CTX, BTF_CTX_PTR, BTF_MAIN_PROTO, BTF_MAIN, BTF_SUB_PROTO,
	BTF_SUB,
};

/* Load them; the main program is "filter" and takes a struct named @ctx. */
static inline int load_btf(const char *ctx)
{
	struct {
		struct btf_header header;
		struct btf_type integer;
		__u32 encoding;
		struct btf_type context, pointer, proto;
		struct btf_param param;
		struct btf_type function, sub_proto, sub;
		char names[64];
	} btf = {
		.header = {
			.magic = BTF_MAGIC, .version = BTF_VERSION,
			.hdr_len = sizeof(btf.header),
			.type_len = offsetof(typeof(btf), names) - sizeof(btf.header),
			.str_off = offsetof(typeof(btf), names) - sizeof(btf.header),
			.str_len = sizeof(btf.names),
		},
#define KIND(kind, vlen)	((kind) << 24 | (vlen))
		.integer = { .name_off = 1, .info = KIND(BTF_KIND_INT, 0), .size = 4 },
		.encoding = 32,
		.context = { .name_off = 24, .info = KIND(BTF_KIND_STRUCT, 0), .size = 64 },
		.pointer = { .info = KIND(BTF_KIND_PTR, 0), .type = BTF_CTX },
		.proto = { .info = KIND(BTF_KIND_FUNC_PROTO, 1), .type = BTF_UINT },
		.param = { .name_off = 20, .type = BTF_CTX_PTR },
		.function = { .name_off = 5, .info = KIND(BTF_KIND_FUNC, BTF_FUNC_GLOBAL),
			      .type = BTF_MAIN_PROTO },
		.sub_proto = { .info = KIND(BTF_KIND_FUNC_PROTO, 0), .type = BTF_UINT },
		.sub = { .name_off = 12, .info = KIND(BTF_KIND_FUNC, BTF_FUNC_STATIC),
			 .type = BTF_SUB_PROTO },
		.names = "\0u32\0filter\0sub\0....ctx",
	};
	union bpf_attr attr;

	snprintf(btf.names + 24, sizeof(btf.names) - 24, "%s", ctx);
	memset(&attr, 0, sizeof(attr));
	attr.btf = PTR(&btf);
	attr.btf_size = sizeof(btf);
	return sys_bpf(BPF_BTF_LOAD, &attr);
}

/* A program with BTF, whose only subprogram begins at @sub unless that is 0 */
static inline int load_with_btf(int btf, __u32 sub, __u32 type, const struct bpf_insn *insn,
				size_t n)
{
	struct bpf_func_info info[] = { { 0, BTF_MAIN }, { sub, BTF_SUB } };
	union bpf_attr attr = program_attr(insn, n);

	attr.prog_type = type;
	attr.prog_btf_fd = btf;
	attr.func_info_rec_size = sizeof(*info);
	attr.func_info = PTR(info);
	attr.func_info_cnt = sub ? 2 : 1;
	return load_attr(&attr);
}

/* --- What is known of each syscall number, in /proc/PID/seccomp_policy --- */

/* A line of it: numbers of x32 have their bit. */
struct known {
	const struct abi *abi;
	__u32 first, last;
	/* "ALLOW", "ERRNO(1)", "FILTER", ... */
	char word[24];
};

/* 64-bit numbers, 32-bit ones and x32: 16 ranges are more than there are. */
static struct known known[3 * NUMBERS + 16];

#ifdef __x86_64__
/*
 * Read what is shown for a task; return the number of lines, or 0 where there are no
 * tables: without them no range has a line.
 */
static inline size_t read_known(pid_t pid)
{
	bool ranges = false;
	char path[64], line[96];
	size_t n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/seccomp_policy", pid);
	file = fopen(path, "r");
	while (file && n < ARRAY_SIZE(known) && fgets(line, sizeof(line), file)) {
		struct known *k = &known[n];
		char arch[16];

		if (sscanf(line, "%15s %u-%u %23s", arch, &k->first, &k->last, k->word) == 4)
			ranges = true;
		else if (sscanf(line, "%15s %u %23s", arch, &k->first, k->word) == 3)
			k->last = k->first;
		else
			continue;
		k->abi = !strcmp(arch, "ia32") ? &ia32 : !strcmp(arch, "x32") ? &x32 : &native;
		k->first += k->abi->first;
		k->last += k->abi->first;
		n++;
	}
	if (file)
		fclose(file);
	return ranges ? n : 0;
}
#else
static inline size_t read_known(pid_t pid)
{
	return 0;
}
#endif

/* What @n lines have on number @nr of @abi, or "" */
static inline const char *find_known(size_t n, const struct abi *abi, __u32 nr)
{
	for (size_t i = 0; i < n; i++) {
		if (known[i].abi->arch == abi->arch && known[i].first <= nr &&
		    nr <= known[i].last)
			return known[i].word;
	}
	return "";
}

#endif /* _SECCOMP_EBPF_H */
