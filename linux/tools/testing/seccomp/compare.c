// SPDX-License-Identifier: GPL-2.0
/* Hold the analysis of a filter against running it */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "interp.h"
#include "interpret.h"
#include "program.h"
#include "residual.h"
#include "spaces.h"

/* How many calls of each number to run. */
#define CALLS	7

/* How many numbers of a space to try that nothing speaks for. */
#define SAMPLES	12

/* How many steps a filter may take, as analyze.c has it. */
#define STEPS_MOST	(10 * BPF_MAXINSNS)

/* In place of a verdict's entry: none. */
#define NO_ENTRY	(-1)

/* A filter, and what the analysis says of it. */
struct subject {
	const struct sock_filter *insns;
	unsigned int len;
	struct seccomp_verdict verdicts[SPACES][SECCOMP_SPACE_MAX];
	int entries[SPACES][SECCOMP_SPACE_MAX];
	u32 smallest[SECCOMP_RESIDUALS_MAX];
	struct sock_filter *residuals;
	unsigned int residuals_len;
};

/* A word of an argument: often a constant of the filter, or next to it. */
static u32 choose_word(struct bytes *bytes, const struct sock_filter *insns, unsigned int len)
{
	if (choose(bytes, 2))
		return choose_number(bytes);
	return insns[choose(bytes, len)].k + choose(bytes, 3) - 1;
}

/* The rest of a call, without its number. */
static void make_calls(struct seccomp_data *calls, struct bytes *bytes,
		       const struct sock_filter *insns, unsigned int len)
{
	memset(calls, 0, CALLS * sizeof(*calls));
	memset(&calls[1], 0xff, sizeof(calls[1]));
	for (int i = 2; i < CALLS; i++) {
		calls[i].instruction_pointer = choose_number(bytes);
		for (int j = 0; j < 6; j++)
			calls[i].args[j] = choose_word(bytes, insns, len) |
					   (u64)(i % 2 ? 0 : choose_word(bytes, insns, len)) << 32;
	}
}

/* The answer of the residual, to which nobody tells more than it may know. */
static u32 run_residual(const struct subject *f, const struct seccomp_data *call,
			const struct seccomp_space *space, int entry, bool mask_shift)
{
	struct seccomp_data poisoned = *call;

	poisoned.arch = entry;
	if (space->first == space->last || !space->whole)
		poisoned.nr = 0xdeadbeef;
	return interpret(f->residuals, &poisoned, mask_shift);
}

static int action(u32 ret)
{
	return ret & SECCOMP_RET_ACTION_FULL;
}

static const char *try_call(const struct subject *f, const struct seccomp_data *call,
			    int space, unsigned int i, bool mask_shift, u32 got)
{
	const struct seccomp_verdict *v = &f->verdicts[space][i];
	int entry = f->entries[space][i];

	if (v->constant)
		return got == v->ret ? NULL : "a verdict is not what the filter returns";
	if (entry == NO_ENTRY)
		return NULL;
	if (action(got) < action(f->smallest[entry]))
		return "the filter returns less than the smallest action";
	if (run_residual(f, call, &spaces[space].space, entry, mask_shift) != got)
		return "a residual returns something else than the filter";
	return NULL;
}

/* Run all calls of one number, which is the one counted @i. */
static bool try_number(const struct subject *f, struct seccomp_data *calls, int space,
		       unsigned int i, u32 nr, struct comparison *result)
{
	const struct seccomp_verdict *v = &f->verdicts[space][i];
	const struct sock_fprog_kern fprog = {
		.len = f->len,
		.filter = (struct sock_filter *)f->insns,
	};
	bool same = true;
	u32 first = 0;

	for (int c = 0; c < CALLS; c++) {
		u32 got;

		calls[c].arch = spaces[space].space.arch;
		calls[c].nr = nr;
		got = interpret(f->insns, &calls[c], c % 2);
		if (!c)
			first = got;
		same &= got == first;
		result->wrong = try_call(f, &calls[c], space, i, c % 2, got);
		/* It counts modulo 32 what X shifts by. */
		if (c % 2 && seccomp_interpret(&fprog, &calls[c]) != got)
			result->wrong = "seccomp_interpret() returns something else";
		if (result->wrong) {
			fprintf(stderr, "%s, number %x, call %d: %x\n", spaces[space].name, nr,
				c, got);
			return false;
		}
	}
	result->constant += v->constant;
	result->missed += same && !v->constant;
	result->varying += !same;
	result->residual += f->entries[space][i] != NO_ENTRY;
	result->inside += f->entries[space][i] != NO_ENTRY && v->start;
	result->whole += !v->constant && f->entries[space][i] == NO_ENTRY;
	return true;
}

/* The ends, what the program asks for, and a few others. */
static void try_some(const struct subject *f, struct seccomp_data *calls, int i,
		     struct bytes *bytes, struct comparison *result)
{
	const struct seccomp_space *space = &spaces[i].space;
	const u32 size = space->last - space->first;

	for (unsigned int j = 0; j < 2 * f->len + SAMPLES; j++) {
		u32 offset;

		if (j < 2 * f->len)
			offset = f->insns[j / 2].k + j % 2 - space->first;
		else if (j < 2 * f->len + 4)
			offset = j % 2 ? j / 2 % 2 : size - j / 2 % 2;
		else
			offset = choose_number(bytes) * choose(bytes, 65536);

		/* Most numbers that are too great stand for the same one. */
		if (offset > size) {
			if (j < 2 * f->len)
				continue;
			offset %= size + !!~size;
		}
		if (!try_number(f, calls, i, space->whole ? 0 : offset, space->first + offset,
				result))
			return;
	}
}

/* Find the verdicts, and the residuals for what is not constant. */
static const char *analyze(struct subject *f, struct seccomp_analyzer *an,
			   struct seccomp_residuals *rs)
{
	for (int i = 0; i < SPACES; i++) {
		if (seccomp_analyze(an, &spaces[i].space, f->verdicts[i]))
			return "the analysis failed";
	}
	for (int i = 0; i < SPACES; i++) {
		struct seccomp_space one = spaces[i].space;

		for (unsigned int j = 0; j < space_size(&spaces[i].space); j++) {
			int entry = NO_ENTRY;

			if (!spaces[i].space.whole) {
				one.first = spaces[i].space.first + j;
				one.last = one.first;
			}
			if (!f->verdicts[i][j].constant)
				entry = seccomp_residual_add(rs, an, &one,
							     f->verdicts[i][j].start);
			if (entry < 0 && entry != -E2BIG && entry != NO_ENTRY)
				return "finding a residual failed";
			f->entries[i][j] = entry < 0 ? NO_ENTRY : entry;
			if (entry >= 0)
				f->smallest[entry] = seccomp_residual_smallest(rs, entry);
		}
	}
	f->residuals_len = seccomp_residuals_finish(rs, &f->residuals);
	if (f->residuals_len > f->len)
		return "the residuals are longer than the filter";
	if (f->residuals_len && !accepted(f->residuals, f->residuals_len))
		return "seccomp refuses the residuals";
	return NULL;
}

/**
 * compare - analyze a filter for all spaces, and run it for many calls
 * @insns: the program
 * @len: its number of instructions
 * @bytes: what chooses calls
 * @all: try all numbers of the spaces that are not whole
 * @result: what came of it is added here; @wrong is set if it is wrong
 */
void compare(const struct sock_filter *insns, unsigned int len, struct bytes *bytes, bool all,
	     struct comparison *result)
{
	static struct subject f;
	struct seccomp_data calls[CALLS];
	struct seccomp_residuals *rs;
	struct seccomp_analyzer *an;

	if (!accepted(insns, len)) {
		result->wrong = "made a program that seccomp refuses";
		return;
	}

	make_calls(calls, bytes, insns, len);
	f.insns = insns;
	f.len = len;
	an = seccomp_analyzer_alloc(insns, len);
	rs = seccomp_residuals_alloc(insns, len);
	/* Some run out of steps on their way. */
	if (an && !choose(bytes, 8))
		seccomp_analyzer_spend(an, STEPS_MOST - choose(bytes, 4096));
	result->wrong = analyze(&f, an, rs);
	for (int i = 0; i < SPACES && !result->wrong; i++) {
		const struct seccomp_space *space = &spaces[i].space;

		if (!all || space->whole) {
			try_some(&f, calls, i, bytes, result);
			continue;
		}
		for (unsigned int j = 0; j < space_size(space); j++) {
			if (!try_number(&f, calls, i, j, space->first + j, result))
				break;
		}
	}
	for (unsigned int pc = 0; pc < f.residuals_len; pc++)
		result->far += f.residuals[pc].code == (BPF_JMP | BPF_JA);
	if (result->wrong && f.residuals_len) {
		fprintf(stderr, "residuals:\n");
		print_program(f.residuals, f.residuals_len);
		fprintf(stderr, "filter:\n");
	}
	seccomp_residuals_free(rs);
	seccomp_analyzer_free(an);
}

/**
 * print_program - print a program as C would have it
 * @insns: the program
 * @len: its number of instructions
 */
void print_program(const struct sock_filter *insns, unsigned int len)
{
	for (unsigned int pc = 0; pc < len; pc++)
		fprintf(stderr, "\t{ 0x%02x, %u, %u, 0x%08x },\t/* %u */\n", insns[pc].code,
			insns[pc].jt, insns[pc].jf, insns[pc].k, pc);
}
