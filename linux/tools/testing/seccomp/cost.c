// SPDX-License-Identifier: GPL-2.0
/* What it costs to analyze one filter, beside emulating it number by number */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/bitops.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "shim.h"
#include "spaces.h"

static struct sock_filter insns[BPF_MAXINSNS];
static unsigned int len;
static struct seccomp_verdict verdicts[SPACES][SECCOMP_SPACE_MAX];

static unsigned int analyze(void)
{
	struct seccomp_analyzer *an = seccomp_analyzer_alloc(insns, len);
	unsigned int steps;

	for (int i = 0; i < SPACES; i++)
		seccomp_analyze(an, &spaces[i].space, verdicts[i]);
	steps = seccomp_analyzer_steps(an);
	seccomp_analyzer_free(an);
	return steps;
}

/*
 * As mainline does it: for one number, go as far as constants go. It knows
 * loads of number and architecture, jumps with a constant, the masking of A,
 * and constant returns.
 */
static bool emulate(u32 arch, u32 nr)
{
	u32 a = 0;
	bool yes;

	for (unsigned int pc = 0; pc < len; pc++) {
		const struct sock_filter *insn = &insns[pc];
		u32 k = insn->k;

		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (k == offsetof(struct seccomp_data, nr))
				a = nr;
			else if (k == offsetof(struct seccomp_data, arch))
				a = arch;
			else
				return false;
			continue;
		case BPF_RET | BPF_K:
			return k == SECCOMP_RET_ALLOW;
		case BPF_JMP | BPF_JA:
			pc += k;
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = a & k;
			break;
		default:
			return false;
		}
		pc += yes ? insn->jt : insn->jf;
	}
	return false;
}

static unsigned int emulate_all(void)
{
	unsigned int allowed = 0;

	/* Mainline has tables for x86-64 and i386 only. */
	for (int i = 0; i < SPACES; i++) {
		const struct seccomp_space *s = &spaces[i].space;

		if (s->first)
			continue;
		for (u32 nr = s->first; nr <= s->last; nr++)
			allowed += emulate(s->arch, nr);
	}
	return allowed;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The best of some runs, in ns: what else the machine did is not the cost. */
static double best_time(unsigned int (*measured)(void))
{
	double best = 1e18;

	for (int i = 0; i < 200; i++) {
		double start = now(), taken;

		measured();
		taken = now() - start;
		if (taken < best)
			best = taken;
	}
	return best;
}

static void print_verdicts(bool each)
{
	for (int i = 0; i < SPACES; i++) {
		unsigned int constant = 0, size = space_size(&spaces[i].space);

		for (unsigned int j = 0; j < size; j++)
			constant += verdicts[i][j].constant;
		printf("%-16s %u of %u constant", spaces[i].name, constant,
		       size);
		if (size == 1 && constant)
			printf(" (0x%08x)", verdicts[i][0].ret);
		else if (constant < size && size - constant < 10)
			printf(", not");
		for (unsigned int j = 0; j < size; j++) {
			if (!verdicts[i][j].constant && size - constant < 10)
				printf(" %u", j);
		}
		printf("\n");
		for (unsigned int j = 0; each && j < size; j++) {
			if (verdicts[i][j].constant)
				printf("  %u 0x%08x\n", j, verdicts[i][j].ret);
			else
				printf("  %u filter\n", j);
		}
	}
}

static bool read_filter(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f) {
		fprintf(stderr, "cost: %s: %s\n", path, strerror(errno));
		return false;
	}
	len = fread(insns, sizeof(*insns), BPF_MAXINSNS, f);
	fclose(f);
	if (!len)
		fprintf(stderr, "cost: %s: no struct sock_filter in it\n", path);
	return len;
}

int main(int argc, char **argv)
{
	double analysis, emulation;
	unsigned int steps;

	if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "verdicts"))) {
		fprintf(stderr, "usage: cost FILTER [verdicts]\n");
		return 2;
	}
	if (!read_filter(argv[1]))
		return 2;
	shim.plain = true;

	if (argc == 3) {
		analyze();
		print_verdicts(true);
		return 0;
	}

	steps = analyze();
	print_verdicts(false);
	analysis = best_time(analyze);
	emulation = best_time(emulate_all);
	printf("filter           %u instructions\n", len);
	printf("steps            %u\n", steps);
	printf("memory           %zu bytes at most\n", shim.bytes_most);
	printf("analysis         %.1f us, all spaces\n", analysis / 1e3);
	printf("emulation        %.1f us, x86-64 and i386 tables\n", emulation / 1e3);
	printf("ratio of times   %.1f\n", emulation / analysis);
	return 0;
}
