// SPDX-License-Identifier: GPL-2.0
/* Hold the analysis of a filter against running it */

#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "interp.h"
#include "program.h"
#include "spaces.h"

/* How many calls of each number to run. */
#define CALLS	5

/* How many numbers of a space to try that nothing speaks for. */
#define SAMPLES	12

/* The rest of a call, without its number. */
static void make_calls(struct seccomp_data *calls, struct bytes *bytes)
{
	memset(calls, 0, CALLS * sizeof(*calls));
	memset(&calls[1], 0xff, sizeof(calls[1]));
	for (int i = 2; i < CALLS; i++) {
		calls[i].instruction_pointer = choose_number(bytes);
		for (int j = 0; j < 6; j++)
			calls[i].args[j] = choose_number(bytes) |
					   (u64)(i % 2 ? 0 : choose_number(bytes)) << 32;
	}
}

/* Run all calls of one number. Is it the same each time, and is that @ret? */
static void run_calls(const struct sock_filter *insns, struct seccomp_data *calls, u32 arch,
		      u32 nr, bool *same, u32 *ret)
{
	for (int i = 0; i < CALLS; i++) {
		u32 got;

		calls[i].arch = arch;
		calls[i].nr = nr;
		got = interpret(insns, &calls[i], i % 2);
		if (!i)
			*ret = got;
		else if (*ret != got)
			*same = false;
	}
}

static bool try_number(const struct sock_filter *insns, struct seccomp_data *calls,
		       const struct seccomp_space *space, const struct seccomp_verdict *v, u32 nr,
		       struct comparison *result)
{
	bool same = true;
	u32 ret = 0;

	run_calls(insns, calls, space->arch, nr, &same, &ret);
	if (v->constant && (!same || ret != v->ret)) {
		fprintf(stderr, "arch %x number %x: %x is not constant\n", space->arch, nr, v->ret);
		result->wrong = "a verdict is not what the filter returns";
		return false;
	}
	result->constant += v->constant;
	result->missed += same && !v->constant;
	result->varying += !same;
	return true;
}

/* The ends, what the program asks for, and a few others. */
static void try_some(const struct sock_filter *insns, unsigned int len,
		     struct seccomp_data *calls, const struct seccomp_space *space,
		     const struct seccomp_verdict *verdicts, struct bytes *bytes,
		     struct comparison *result)
{
	const u32 size = space->last - space->first;

	for (unsigned int i = 0; i < 2 * len + SAMPLES; i++) {
		u32 offset;

		if (i < 2 * len)
			offset = insns[i / 2].k + i % 2 - space->first;
		else if (i < 2 * len + 4)
			offset = i % 2 ? i / 2 % 2 : size - i / 2 % 2;
		else
			offset = choose_number(bytes) * choose(bytes, 65536);

		/* Most numbers that are too great stand for the same one. */
		if (offset > size) {
			if (i < 2 * len)
				continue;
			offset %= size + !!~size;
		}
		if (!try_number(insns, calls, space, &verdicts[space->whole ? 0 : offset],
				space->first + offset, result))
			return;
	}
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
	static struct seccomp_verdict verdicts[SECCOMP_SPACE_MAX];
	struct seccomp_data calls[CALLS];
	struct seccomp_analyzer *an;

	if (!accepted(insns, len)) {
		result->wrong = "made a program that seccomp refuses";
		return;
	}

	make_calls(calls, bytes);
	an = seccomp_analyzer_alloc(insns, len);
	for (int i = 0; i < SPACES && !result->wrong; i++) {
		const struct seccomp_space *space = &spaces[i].space;

		if (seccomp_analyze(an, space, verdicts)) {
			result->wrong = "the analysis failed";
			break;
		}
		if (!all || space->whole) {
			try_some(insns, len, calls, space, verdicts, bytes, result);
			continue;
		}
		for (unsigned int j = 0; j < space_size(space); j++) {
			if (!try_number(insns, calls, space, &verdicts[j],
					space->first + j, result))
				break;
		}
	}
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
