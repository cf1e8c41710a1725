// SPDX-License-Identifier: GPL-2.0
/* Filters that are hard to analyze, and what each of them costs */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "residual.h"
#include "shim.h"
#include "spaces.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define ALLOW	SECCOMP_RET_ALLOW
#define ODD	0x9e3779b1	/* no two system call numbers have the same product */

static struct sock_filter insns[BPF_MAXINSNS];
static unsigned int len;

static void add(u16 code, u32 k)
{
	insns[len++] = (struct sock_filter)BPF_STMT(code, k);
}

static void add_jump(u16 code, u32 k, u8 jt, u8 jf)
{
	insns[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | code, k, jt, jf);
}

static void load(u32 offset)
{
	add(BPF_LD | BPF_W | BPF_ABS, offset);
}

static void load_nr(void)
{
	load(offsetof(struct seccomp_data, nr));
}

static void load_arg(void)
{
	load(offsetof(struct seccomp_data, args[0]));
}

/* Every number returns again and again, the same each time. */
static void make_returns(void)
{
	load_arg();
	for (u32 i = 0; i < 500; i++) {
		add_jump(BPF_JEQ | BPF_K, i, 0, 1);
		add(BPF_RET | BPF_K, ALLOW);
	}
	add(BPF_RET | BPF_K, ALLOW);
}

/* The same with tests of bits, as often as there is room for. */
static void make_bits(void)
{
	load_arg();
	for (u32 i = 0; i < 2047; i++) {
		add_jump(BPF_JSET | BPF_K, 1U << i % 32, 0, 1);
		add(BPF_RET | BPF_K, ALLOW);
	}
	add(BPF_RET | BPF_K, ALLOW);
}

/* The same, but what is returned is another value for each number. */
static void make_returns_a(unsigned int nr)
{
	load_arg();
	add(BPF_MISC | BPF_TAX, 0);
	load_nr();
	for (unsigned int i = 0; i < nr; i++) {
		add_jump(BPF_JSET | BPF_X, 0, 0, 1);
		add(BPF_RET | BPF_A, 0);
	}
	add(BPF_RET | BPF_A, 0);
}

static void make_values(void)
{
	make_returns_a(2046);
}

/* The same, but not what the last instruction returns. */
static void make_unusual(void)
{
	make_bits();
	insns[len - 1].k = SECCOMP_RET_ERRNO;
}

/*
 * Arithmetic on what is known of all numbers alike, by two groups for a while, with
 * another one that waits far away.
 */
static void make_arithmetic(unsigned int two, bool far)
{
	load_arg();
	if (far) {
		add_jump(BPF_JSET | BPF_K, 1, 0, 1);
		add(BPF_JMP | BPF_JA, BPF_MAXINSNS - 2 - len - 1);
	}
	load_nr();
	add_jump(BPF_JGE | BPF_X, 0x30, 2, 0);
	add(BPF_LDX | BPF_IMM, 7);
	load_arg();
	for (unsigned int i = 0; i < two; i++)
		add(BPF_ALU | BPF_OR | BPF_K, 0x1b7);
	add(BPF_LDX | BPF_IMM, 0);
	while (len < BPF_MAXINSNS - 2)
		add(BPF_ALU | BPF_OR | BPF_K, 0x1b7);
	add(BPF_ALU | BPF_OR | BPF_K, 0x1b7);
	add(BPF_RET | BPF_K, ALLOW);
}

static void make_row(void)
{
	make_arithmetic(0, false);
}

static void make_two_rows(void)
{
	make_arithmetic(1200, false);
}

static void make_far(void)
{
	make_arithmetic(1200, true);
}

/* Jumps that are decided. */
static void make_decided(void)
{
	load_nr();
	add(BPF_ALU | BPF_OR | BPF_K, 0x10000);
	while (len < BPF_MAXINSNS - 1)
		add_jump(BPF_JSET | BPF_K, 0x10000, 0, 0);
	add(BPF_RET | BPF_K, ALLOW);
	/* The other target would be the next but one. */
	for (unsigned int i = 2; i < len - 2; i++)
		insns[i].jf = 1;
}

/* Each number gets a group of its own, with all of scratch memory, again and again. */
static void make_products(void)
{
	for (u32 i = 0; i < BPF_MEMWORDS; i++)
		add(BPF_ST, i);
	for (int i = 0; i < 95; i++) {
		load_nr();
		add(BPF_ALU | BPF_MUL | BPF_K, ODD);
	}
	load_nr();
	add(BPF_RET | BPF_K, ALLOW);
}

/* The last two, one after the other. */
static void make_both(void)
{
	make_products();
	len--;
	make_returns_a((BPF_MAXINSNS - len - 4) / 2);
}

/* Groups of one number, told apart by the last word of scratch memory. */
static void make_cells(void)
{
	load_nr();
	add(BPF_ALU | BPF_MUL | BPF_K, ODD);
	for (u32 i = 0; i < BPF_MEMWORDS; i++)
		add(BPF_ST, i);
	while (len < BPF_MAXINSNS - 8) {
		load_arg();
		add_jump(BPF_JSET | BPF_K, 1U << len % 32, 0, 1);
		add(BPF_ST, len % BPF_MEMWORDS);
	}
	load_nr();
	add(BPF_RET | BPF_A, 0);
}

/* Tests of bits of a number that split a group each. */
static void make_splits(void)
{
	load_nr();
	add(BPF_MISC | BPF_TAX, 0);
	for (u32 i = 0; len < BPF_MAXINSNS - 4; i++) {
		load_nr();
		add(BPF_ALU | BPF_ADD | BPF_K, i);
		add_jump(i % 2 ? BPF_JSET | BPF_K : BPF_JSET | BPF_X, 1U << i % 10, 0, 1);
		load_arg();
	}
	add(BPF_RET | BPF_K, ALLOW);
}

/* For each number something else is left, as long as there is room. */
static void make_residuals(void)
{
	load_nr();
	add(BPF_ALU | BPF_MUL | BPF_K, ODD);
	add(BPF_MISC | BPF_TAX, 0);
	for (u32 i = 0; i < 500; i++) {
		load_arg();
		add_jump(BPF_JEQ | BPF_X, 0, 0, 1);
		add(BPF_RET | BPF_K, ALLOW + i % 2);
	}
	load_nr();
	add(BPF_RET | BPF_A, 0);
}

static const struct {
	const char *name;
	void (*make)(void);
} filters[] = {
	{ "returns", make_returns },
	{ "bits", make_bits },
	{ "values", make_values },
	{ "unusual", make_unusual },
	{ "products", make_products },
	{ "both", make_both },
	{ "cells", make_cells },
	{ "splits", make_splits },
	{ "residuals", make_residuals },
	{ "row", make_row },
	{ "two-rows", make_two_rows },
	{ "far", make_far },
	{ "decided", make_decided },
};

/* What the kernel does before a filter is compiled; callgrind counts this function. */
__attribute__((noinline)) void measured(void);

__attribute__((noinline)) void measured(void)
{
	static struct seccomp_verdict verdicts[SPACES][SECCOMP_SPACE_MAX];
	struct seccomp_analyzer *an = seccomp_analyzer_alloc(insns, len);
	struct seccomp_residuals *rs = seccomp_residuals_alloc(insns, len);
	struct sock_filter *program;

	for (int i = 0; i < SPACES; i++)
		seccomp_analyze(an, &spaces[i].space, verdicts[i]);
	for (int i = 0; i < SPACES; i++) {
		struct seccomp_space one = spaces[i].space;

		for (unsigned int j = 0; j < space_size(&spaces[i].space); j++) {
			if (verdicts[i][j].constant)
				continue;
			if (!one.whole) {
				one.first = spaces[i].space.first + j;
				one.last = one.first;
			}
			seccomp_residual_add(rs, an, &one, verdicts[i][j].start);
		}
	}
	fprintf(stderr, "filter of %u, %u steps, residuals of %u\n", len,
		seccomp_analyzer_steps(an), seccomp_residuals_finish(rs, &program));
	seccomp_residuals_free(rs);
	seccomp_analyzer_free(an);
}

static bool make(const char *name)
{
	FILE *f;

	for (unsigned int i = 0; i < ARRAY_SIZE(filters); i++) {
		if (strcmp(filters[i].name, name))
			continue;
		filters[i].make();
		return true;
	}
	f = fopen(name, "rb");
	if (!f)
		return false;
	len = fread(insns, sizeof(*insns), BPF_MAXINSNS, f);
	fclose(f);
	return len;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list")) {
		for (unsigned int i = 0; i < ARRAY_SIZE(filters); i++)
			puts(filters[i].name);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "write") && make(argv[2]))
		return fwrite(insns, sizeof(*insns), len, stdout) != len;
	if (argc == 2 && make(argv[1])) {
		shim.plain = true;
		measured();
		return 0;
	}
	fprintf(stderr, "usage: worst list | worst NAME | worst FILE | worst write NAME\n");
	return 2;
}
