// SPDX-License-Identifier: GPL-2.0
/* Compare what is found of random eBPF programs with runs of them */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/audit.h>
#include <linux/limits.h>

#include "../../../kernel/seccomp/probe.h"
#include "ebpf_interp.h"
#include "ebpf_program.h"
#include "shim.h"

#define PROGRAMS	20000
#define MOST_BYTES	2048
#define TABLE		24
#define RUNS		3

/* xorshift64*: the same numbers everywhere, from the same seed. */
static u64 state = 0x20261121;

static u64 random_u64(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static u32 below(u32 n)
{
	return (random_u64() >> 32) % n;
}

static struct {
	unsigned long long constant;	/* numbers found constant, and equal in each run */
	unsigned long long missed;	/* that were equal in each run, but not found */
	unsigned long long varying;	/* that were not equal */
	unsigned long long refused;	/* that the verifier would have refused the program for */
	unsigned long long ranges;	/* ranges found constant */
	unsigned long long calls;	/* constant numbers of programs with functions */
	unsigned long long strange;	/* programs whose calls are not what they should be */
} count;

static struct ebpf_program program;

static u64 random_argument(void)
{
	static const u64 edges[] = { 0, 1, -1ULL, 1ULL << 31, 1ULL << 32, 1ULL << 63 };

	return below(3) ? random_u64() >> below(64) : edges[below(6)];
}

static enum run run(u32 arch, u32 nr, u32 *ret)
{
	struct seccomp_data sd = {
		.nr = nr,
		.arch = arch,
		.instruction_pointer = random_argument(),
	};

	for (int i = 0; i < 6; i++)
		sd.args[i] = random_argument();
	return run_ebpf(program.insns, program.len, &sd, random_u64() | 1, ret);
}

static bool wrong(const struct seccomp_space *space, u32 nr, const struct seccomp_verdict *v,
		  const char *what, u32 ret)
{
	printf("# as written:\n");
	print_ebpf_program(program.insns, program.len);
	printf("# as probed:\n");
	print_ebpf_program(program.ready, program.ready_len);
	printf("not ok probe_random: arch %#x number %u of %u-%u%s: %s, %s %#x, run %#x\n",
	       space->arch, nr, space->first, space->last, space->whole ? " as a whole" : "", what,
	       v->constant ? "constant" : "open", v->ret, ret);
	return false;
}

/* Hold verdict @v for @nr against runs. */
static bool check(const struct seccomp_space *space, u32 nr, const struct seccomp_verdict *v)
{
	u32 ret = 0, first = 0;
	bool equal = true;

	for (int i = 0; i < RUNS; i++) {
		switch (run(space->arch, nr, &ret)) {
		case RUN_REFUSED:
			count.refused++;
			return true;
		case RUN_ENDLESS:
			return v->constant ? wrong(space, nr, v, "does not end", 0) : true;
		case RUN_RETURNED:
			break;
		}
		if (v->constant && ret != v->ret)
			return wrong(space, nr, v, "not so", ret);
		if (!i)
			first = ret;
		else if (ret != first)
			equal = false;
	}
	if (v->constant) {
		count.constant++;
		for (unsigned int i = 0; i < program.len; i++) {
			if (program.insns[i].code == (BPF_JMP | BPF_CALL)) {
				count.calls++;
				break;
			}
		}
	} else if (equal) {
		count.missed++;
	} else {
		count.varying++;
	}
	return true;
}

static u32 random_first(u32 nr)
{
	static const u32 firsts[] = { 0, 0x40000000, 0x7ffffff0, 0x80000000, 0xffffff00 };

	if (below(2))
		return below(500);
	return firsts[below(5)] + (below(2) ? 0 : below(128)) - nr / 1024;
}

static bool one(void)
{
	static u8 buffer[MOST_BYTES];
	struct bytes bytes = { .next = buffer, .end = buffer + sizeof(buffer) };
	struct seccomp_verdict v[SECCOMP_SPACE_MAX], whole;
	unsigned int nr = below(50) ? TABLE : SECCOMP_SPACE_MAX;
	struct seccomp_space space = { .arch = below(2) ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386 };
	struct seccomp_probe *p;
	bool ok = true;

	for (unsigned int i = 0; i < sizeof(buffer); i += 8) {
		u64 r = random_u64();

		memcpy(buffer + i, &r, 8);
	}
	space.first = random_first(nr);
	space.last = space.first + nr - 1 < space.first ? U32_MAX : space.first + nr - 1;
	nr = space.last - space.first + 1;
	make_ebpf_program(&bytes, space.first, &program);
	count.strange += program.strange;
	if (!seccomp_probe_is_pure(program.ready, program.ready_len)) {
		print_ebpf_program(program.ready, program.ready_len);
		printf("not ok probe_random: not pure\n");
		return false;
	}

	p = seccomp_probe_alloc(program.ready, program.ready_len);
	for (unsigned int i = 0; p && i < program.nr_starts; i++)
		seccomp_probe_add_function(p, program.starts[i]);
	if (!p || seccomp_probe_verdicts(p, &space, v)) {
		printf("not ok probe_random: no verdicts\n");
		return false;
	}
	for (unsigned int i = 0; ok && i < nr; i += nr > 100 ? 1 + below(60) : 1)
		ok = check(&space, space.first + i, &v[i]);

	/* As much as a range may have. */
	space.whole = true;
	if (below(2))
		space.first = below(3) ? random_first(0) : 0;
	space.last = space.first + (below(2) ? below(16) : random_u64() >> 32);
	if (space.last < space.first)
		space.last = U32_MAX;
	if (ok && seccomp_probe_verdicts(p, &space, &whole)) {
		printf("not ok probe_random: no verdict\n");
		return false;
	}
	seccomp_probe_free(p);
	if (!ok || !whole.constant)
		return ok;
	count.ranges++;
	for (int i = 0; ok && i < 12; i++) {
		u32 size = space.last - space.first, at;

		at = !i ? 0 : i == 1 ? size : size == U32_MAX ? random_u64() >> 32 :
		     below(2) ? below(size + 1) : below(size < 20 ? size + 1 : 20);
		ok = check(&space, space.first + at, &whole);
	}
	return ok;
}

/* Codes of pure instructions: all that RFC 9669 has but atomic operations, and BPF_NOSPEC. */
static const u8 pure_codes[] = {
	/* arithmetic of 32 bits, and of 64 */
	0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c,
	0x74, 0x7c, 0x84, 0x94, 0x9c, 0xa4, 0xac, 0xb4, 0xbc, 0xc4, 0xcc, 0xd4, 0xdc,
	0x07, 0x0f, 0x17, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x47, 0x4f, 0x57, 0x5f, 0x67, 0x6f,
	0x77, 0x7f, 0x87, 0x97, 0x9f, 0xa7, 0xaf, 0xb7, 0xbf, 0xc7, 0xcf, 0xd7,
	/* jumps by 64 bits, call, exit, a call for the interpreter; jumps by 32 bits */
	0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x55, 0x5d, 0x65, 0x6d, 0x75,
	0x7d, 0x85, 0x95, 0xa5, 0xad, 0xb5, 0xbd, 0xc5, 0xcd, 0xd5, 0xdd, 0xe5,
	0x06, 0x16, 0x1e, 0x26, 0x2e, 0x36, 0x3e, 0x46, 0x4e, 0x56, 0x5e, 0x66, 0x6e, 0x76,
	0x7e, 0xa6, 0xae, 0xb6, 0xbe, 0xc6, 0xce, 0xd6, 0xde,
	/* loads, with the sign or without; stores; the barrier */
	0x61, 0x69, 0x71, 0x79, 0x81, 0x89, 0x91, 0x62, 0x6a, 0x72, 0x7a, 0x63, 0x6b, 0x73,
	0x7b, 0xc2,
};

static bool is_pure_code(unsigned int code)
{
	/* A constant of 64 bits takes two instructions. */
	if (code == 0x18)
		return false;
	return memchr(pure_codes, code, sizeof(pure_codes));
}

/*
 * Each code, with all that else may be in an instruction: where the list has none,
 * it must not be pure, and where it has one, in some form.
 */
static bool check_purity(void)
{
	static const s16 offs[] = { 0, 1, 2, 8, 16, 32, 64, -1 };
	static const s32 imms[] = { 0, 1, 8, 16, 32, 64 };

	for (unsigned int code = 0; code < 256; code++) {
		unsigned int pure = 0;

		for (unsigned int regs = 0; regs < 256; regs++) {
			for (unsigned int k = 0; k < ARRAY_SIZE(offs) * ARRAY_SIZE(imms); k++) {
				struct bpf_insn insn = {
					.code = code, .dst_reg = regs & 15, .src_reg = regs >> 4,
					.off = offs[k % ARRAY_SIZE(offs)],
					.imm = imms[k / ARRAY_SIZE(offs)],
				};

				pure += seccomp_probe_is_pure(&insn, 1);
			}
		}
		if (!pure == !is_pure_code(code))
			continue;
		printf("not ok probe_random: %u instructions of code %#x are pure\n", pure, code);
		return false;
	}
	return true;
}

/* How many programs, and from which seed on. */
int main(int argc, char **argv)
{
	long programs = argc > 1 ? atol(argv[1]) : PROGRAMS;

	if (argc > 2)
		state = strtoull(argv[2], NULL, 0) * 0x9e3779b97f4a7c15 | 1;
	shim_reset();
	shim.plain = true;
	if (!check_purity())
		return 1;
	for (long i = 0; i < programs; i++) {
		if (!one())
			return 1;
	}
	printf("# %ld programs: %llu verdicts constant and right (%llu with calls), %llu ranges\n",
	       programs, count.constant, count.calls, count.ranges);
	printf("# %llu vary, %llu more may be constant, %llu not for the verifier\n",
	       count.varying, count.missed, count.refused);
	printf("# %llu programs with strange calls\n", count.strange);
	/* Else nothing would have been tested. */
	if (programs >= PROGRAMS && (count.constant < 5ULL * programs ||
				     count.varying < 2ULL * programs ||
				     count.calls < 1ULL * programs ||
				     count.strange < programs / 32ULL)) {
		printf("not ok probe_random: the programs are too dull\n");
		return 1;
	}
	printf("ok probe_random\n");
	return 0;
}
