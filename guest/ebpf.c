// SPDX-License-Identifier: GPL-2.0
/*
 * Measure eBPF filters beside classic ones, and one with state beside a supervisor
 *
 * Prints one "key value" pair a line, see usage(); measure.h tells of what.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "measure.h"

/* The host's headers are older than the series. */
#define SECCOMP_PROGRAM_TYPE 33
#ifndef SECCOMP_FILTER_FLAG_BPF_PROG_FD
#define SECCOMP_FILTER_FLAG_BPF_PROG_FD (1UL << 16)
#endif

#define LIMITED SYS_getppid
#define REFUSED EAGAIN

enum kind { NOTHING, CLASSIC, EBPF };

static const char *const kinds[] = { "nothing", "classic", "ebpf" };

/* Each fares the same under the profile and under its translation. */
static const struct {
	const char *name;
	struct call call;
	long expected;
} calls[] = {
	{ "allowed", .call = { .nr = SYS_getpid } },
	{ "denied", .call = { .nr = SYS_kexec_load }, -EPERM },
	{ "outside", .call = { .nr = 5000 }, -ENOSYS },
	{ "checked-allowed", .call = { .nr = SYS_personality, .args = { 0xffffffff } } },
	/* ADDR_NO_RANDOMIZE: harmless where no filter refuses it */
	{ "checked-refused", .call = { .nr = SYS_personality, .args = { 0x40000 } }, -ENOSYS },
};

static const struct call limited = { .nr = LIMITED };

static struct results {
	uint64_t call[ARRAY_SIZE(calls)];
	uint64_t attach, again, limited;
} *results;

/* The profile's first test of an argument stands too far down to tell much. */
static struct sock_filter small[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kexec_load, 3, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_personality, 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x40000, 2, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
};

static struct sock_fprog filter;
static int program;

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load(const struct bpf_insn *insns, unsigned int len)
{
	static char log[65536];
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = SECCOMP_PROGRAM_TYPE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = len;
	attr.license = (uintptr_t)"GPL";
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0) {
		attr.log_buf = (uintptr_t)log;
		attr.log_size = sizeof(log);
		attr.log_level = 1;
		bpf(BPF_PROG_LOAD, &attr);
		fputs(log, stderr);
		die("load a program");
	}
	return fd;
}

/* Instructions that the translation and the limiter are made of. */
#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = c, .dst_reg = d, .src_reg = s, .off = o, .imm = i })
#define MOV32(reg, imm)		INSN(BPF_ALU | BPF_MOV | BPF_K, reg, 0, 0, imm)
#define MOV(dst, src)		INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define ALU(op, dst, src)	INSN(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define ALU_IMM(op, dst, imm)	INSN(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define LOAD(size, dst, src, off)	INSN(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STORE(size, dst, off, src)	INSN(BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define STORE_IMM(size, dst, off, imm)	INSN(BPF_ST | BPF_MEM | (size), dst, 0, off, imm)
#define JUMP(op, dst, src, off)	INSN(BPF_JMP | (op) | BPF_X, dst, src, off, 0)
#define JUMP_IMM(op, dst, imm, off)	INSN(BPF_JMP | (op) | BPF_K, dst, 0, off, imm)
#define JUMP32_IMM(op, dst, imm, off)	INSN(BPF_JMP32 | (op) | BPF_K, dst, 0, off, imm)
#define GOTO(off)		INSN(BPF_JMP | BPF_JA, 0, 0, off, 0)
#define CALL(helper)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define EXIT			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define RETURN(value)		MOV32(BPF_REG_0, value), EXIT

#define A	BPF_REG_2

/* Which instructions any run comes to: the verifier takes no others. */
static char *reached(const struct sock_fprog *classic)
{
	char *seen = calloc(classic->len + 1, 1);

	if (!seen)
		die("translate");
	seen[0] = 1;
	for (unsigned int i = 0; i < classic->len; i++) {
		const struct sock_filter f = classic->filter[i];

		if (!seen[i] || BPF_CLASS(f.code) == BPF_RET)
			continue;
		if (f.code == (BPF_JMP | BPF_JA))
			seen[i + 1 + f.k] = 1;
		else if (BPF_CLASS(f.code) == BPF_JMP)
			seen[i + 1 + f.jt] = seen[i + 1 + f.jf] = 1;
		else
			seen[i + 1] = 1;
	}
	return seen;
}

/* The same filter as a program, instruction by instruction. */
static int translate(const struct sock_fprog *classic)
{
	unsigned int len = classic->len;
	int *at = calloc(len, sizeof(*at));
	struct bpf_insn *code = calloc(2 * len, sizeof(*code));
	char *seen = reached(classic);
	int n = 0;

	if (!at || !code)
		die("translate");
	/* Once to find where each goes, and once to jump there. */
	for (int pass = 0; pass < 2; pass++) {
		n = 0;
		for (unsigned int i = 0; i < len; i++) {
			const struct sock_filter f = classic->filter[i];

			at[i] = n;
			if (!seen[i])
				continue;
			if (f.code == (BPF_LD | BPF_W | BPF_ABS)) {
				code[n++] = LOAD(BPF_W, A, BPF_REG_1, f.k);
			} else if (f.code == (BPF_ALU | BPF_AND | BPF_K)) {
				code[n++] = INSN(BPF_ALU | BPF_AND | BPF_K, A, 0, 0, f.k);
			} else if (f.code == (BPF_RET | BPF_K)) {
				code[n++] = MOV32(BPF_REG_0, f.k);
				code[n++] = EXIT;
			} else if (f.code == (BPF_JMP | BPF_JA)) {
				code[n] = GOTO(pass ? at[i + 1 + f.k] - n - 1 : 0);
				n++;
			} else if (BPF_CLASS(f.code) == BPF_JMP && BPF_SRC(f.code) == BPF_K) {
				code[n] = JUMP32_IMM(BPF_OP(f.code), A, f.k,
						     pass ? at[i + 1 + f.jt] - n - 1 : 0);
				n++;
				if (f.jf) {
					code[n] = GOTO(pass ? at[i + 1 + f.jf] - n - 1 : 0);
					n++;
				}
			} else {
				errno = ENOTSUP;
				die("translate");
			}
		}
	}
	n = load(code, n);
	free(seen);
	free(code);
	free(at);
	return n;
}

static uint64_t attach(enum kind kind)
{
	uint64_t start = __rdtsc();

	if (kind == CLASSIC && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter))
		die("seccomp");
	if (kind == EBPF && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				    SECCOMP_FILTER_FLAG_BPF_PROG_FD, &program))
		die("seccomp, a program");
	return __rdtsc() - start;
}

static void attach_only(int kind)
{
	no_new_privs();
	attach(kind);
}

static void measure(int kind)
{
	no_new_privs();
	results->attach = attach(kind);
	results->again = attach(kind);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		long got = invoke(&calls[i].call);

		if (kind && calls[i].expected && got != calls[i].expected) {
			fprintf(stderr, "ebpf: %s gave %ld, not %ld\n", calls[i].name, got,
				calls[i].expected);
			exit(2);
		}
		results->call[i] = cost_of(&calls[i].call);
	}
}

static void print_policy(const char *policy)
{
	uint64_t start = __rdtsc();

	program = translate(&filter);
	printf("load/%s %lu\n", policy, (uint64_t)__rdtsc() - start);
	for (enum kind kind = NOTHING; kind <= EBPF; kind++) {
		pid_t elsewhere = attach_elsewhere(attach_only, kind);

		in_child(measure, kind);
		detach_elsewhere(elsewhere);
		for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
			printf("call/%s-%s/%s %lu\n", policy, calls[i].name, kinds[kind],
			       results->call[i]);
		if (kind == NOTHING)
			continue;
		printf("attach/%s/%s %lu\n", policy, kinds[kind], results->attach);
		printf("attach-again/%s/%s %lu\n", policy, kinds[kind], results->again);
	}
	close(program);
}

/* A token comes each 2^shift nanoseconds, and at most @burst are kept. */
struct bucket {
	uint64_t last, tokens, burst, shift;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int take_token(struct bucket *b)
{
	uint64_t came = (now() - b->last) >> b->shift;

	b->last += came << b->shift;
	b->tokens += came;
	if (b->tokens > b->burst)
		b->tokens = b->burst;
	if (!b->tokens)
		return 0;
	b->tokens--;
	return 1;
}

/* take_token() as a filter; only one thread makes the call. */
static int load_limiter(const struct bucket *bucket)
{
	union bpf_attr attr;
	uint32_t key = 0;
	int map;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(key);
	attr.value_size = sizeof(*bucket);
	attr.max_entries = 1;
	map = bpf(BPF_MAP_CREATE, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)bucket;
	if (map < 0 || bpf(BPF_MAP_UPDATE_ELEM, &attr))
		die("a map");

#define FIELD(reg, field)	LOAD(BPF_DW, reg, BPF_REG_7, offsetof(struct bucket, field))
#define SET(field, reg)		STORE(BPF_DW, BPF_REG_7, offsetof(struct bucket, field), reg)
	const struct bpf_insn insns[] = {
		LOAD(BPF_W, A, BPF_REG_1, offsetof(struct seccomp_data, nr)),
		JUMP32_IMM(BPF_JEQ, A, LIMITED, 2),
		RETURN(SECCOMP_RET_ALLOW),
		CALL(BPF_FUNC_ktime_get_ns),
		MOV(BPF_REG_6, BPF_REG_0),
		STORE_IMM(BPF_W, BPF_REG_10, -4, 0),
		MOV(BPF_REG_2, BPF_REG_10),
		ALU_IMM(BPF_ADD, BPF_REG_2, -4),
		INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map), { },
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JNE, BPF_REG_0, 0, 2),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		MOV(BPF_REG_7, BPF_REG_0),
		/* what has come since */
		FIELD(BPF_REG_1, last), FIELD(BPF_REG_2, shift),
		ALU(BPF_SUB, BPF_REG_6, BPF_REG_1),
		ALU(BPF_RSH, BPF_REG_6, BPF_REG_2),
		MOV(BPF_REG_3, BPF_REG_6),
		ALU(BPF_LSH, BPF_REG_3, BPF_REG_2),
		ALU(BPF_ADD, BPF_REG_1, BPF_REG_3),
		SET(last, BPF_REG_1),
		FIELD(BPF_REG_1, tokens), FIELD(BPF_REG_2, burst),
		ALU(BPF_ADD, BPF_REG_1, BPF_REG_6),
		JUMP(BPF_JLE, BPF_REG_1, BPF_REG_2, 1),
		MOV(BPF_REG_1, BPF_REG_2),
		JUMP_IMM(BPF_JNE, BPF_REG_1, 0, 3),
		SET(tokens, BPF_REG_1),
		RETURN(SECCOMP_RET_ERRNO | REFUSED),
		ALU_IMM(BPF_SUB, BPF_REG_1, 1),
		SET(tokens, BPF_REG_1),
		RETURN(SECCOMP_RET_ALLOW),
	};
	int fd = load(insns, ARRAY_SIZE(insns));

	close(map);
	return fd;
}

static struct bucket bucket;
static sem_t listening;
static int listener;

/* The thread began before there was a filter, so has none. */
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
		if (take_token(&bucket))
			response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		else
			response.error = -REFUSED;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response))
			die("answer a notification");
	}
	return unused;
}

static void attach_supervised(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LIMITED, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog fprog = { ARRAY_SIZE(code), code };
	pthread_t supervisor;

	if (pthread_create(&supervisor, NULL, supervise, NULL))
		die("pthread_create");
	listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			   SECCOMP_FILTER_FLAG_NEW_LISTENER, &fprog);
	if (listener < 0)
		die("seccomp");
	sem_post(&listening);
}

static void attach_limit(int kind)
{
	no_new_privs();
	if (kind == CLASSIC)
		attach_supervised();
	if (kind == EBPF) {
		program = load_limiter(&bucket);
		attach(EBPF);
		close(program);
	}
}

/* It does limit: three calls, and no more for some centuries. */
static void check_limit(int kind)
{
	bucket = (struct bucket){ .last = now(), .tokens = 3, .burst = 3, .shift = 62 };
	attach_limit(kind);
	for (int i = 0; i < 5; i++) {
		long got = invoke(&limited);

		if ((got == -REFUSED) != (i >= 3)) {
			fprintf(stderr, "ebpf: call %d of a limit of 3 gave %ld\n", i + 1, got);
			exit(2);
		}
	}
}

/* What it costs while there are tokens. */
static void measure_limit(int kind)
{
	bucket = (struct bucket){ .last = now(), .tokens = 1 << 20, .burst = 1 << 20, .shift = 8 };
	attach_limit(kind);
	results->limited = cost_of(&limited);
	if (kind && invoke(&limited) < 0) {
		fputs("ebpf: limited, though there are tokens\n", stderr);
		exit(2);
	}
}

static void usage(void)
{
	fputs("usage: ebpf FILTER\n"
	      "Measures the classic filter in FILTER, and the same as an eBPF program, and a\n"
	      "limit of rate that a program keeps, or a supervisor. Prints, KIND being nothing,\n"
	      "classic (or the supervisor) or ebpf:\n"
	      "  call/POLICY-CALL/KIND INSTRUCTIONS   of one call; POLICY is profile or small\n"
	      "  load/POLICY INSTRUCTIONS             of loading the program\n"
	      "  attach/POLICY/KIND INSTRUCTIONS      of attaching it\n"
	      "  attach-again/POLICY/KIND INSTRUCTIONS    of attaching it on top of itself\n"
	      "  call/limited/KIND INSTRUCTIONS       of one call that is let through\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	struct stat st;
	int fd;

	if (argc != 2)
		usage();
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		die(argv[1]);
	results = share(sizeof(*results));

	filter.len = ARRAY_SIZE(small);
	filter.filter = small;
	print_policy("small");
	filter.len = st.st_size / sizeof(struct sock_filter);
	filter.filter = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (filter.filter == MAP_FAILED)
		die(argv[1]);
	print_policy("profile");

	for (enum kind kind = NOTHING; kind <= EBPF; kind++) {
		if (kind)
			in_child(check_limit, kind);
		in_child(measure_limit, kind);
		printf("call/limited/%s %lu\n", kinds[kind], results->limited);
	}
	return 0;
}
