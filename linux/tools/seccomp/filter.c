// SPDX-License-Identifier: GPL-2.0
/* What one filter says to each system call, by itself */

/*
 * This does what kernel/seccomp/program.c does when a filter is attached, with
 * the same modules and in the same order, so that what is found is the same.
 */

#include <asm/unistd.h>
#include <errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "analyze.h"
#include "filter.h"
#include "residual.h"
#include "util.h"

/* What an older libc does not have yet. */
#ifndef __NR_uretprobe
#define __NR_uretprobe	335
#endif
#ifndef __NR_uprobe
#define __NR_uprobe	336
#endif

/**
 * struct draft - what becomes of a filter
 * @filter: the filter
 * @an: what finds verdicts, and has a bounded number of steps for it
 * @rs: what is left for the other calls
 * @alone: another one, for what is left for one call
 * @whole: the filter itself
 * @codes: what is left, by the entry of @rs; NULL for those who can only allow
 * @nr: how many entries @rs has
 * @verdicts: what the filter returns
 */
struct draft {
	struct filter *filter;
	struct seccomp_analyzer *an;
	struct seccomp_residuals *rs;
	struct seccomp_analyzer *alone;
	struct code *whole;
	struct code *codes[SECCOMP_RESIDUALS_MAX];
	int nr;
	struct seccomp_verdict verdicts[SLOTS];
};

static bool is_test(const struct sock_filter *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != BPF_JA;
}

/*
 * The longest way through a program. Classic BPF only jumps forward, so from
 * behind each instruction's is known before it is asked for.
 */
static unsigned int longest_from(const struct sock_filter *insns, unsigned int len,
				 unsigned int start)
{
	static unsigned int longest[BPF_MAXINSNS];

	for (unsigned int pc = len; pc-- > start;) {
		const struct sock_filter *insn = &insns[pc];
		const unsigned int *next = &longest[pc + 1];

		if (BPF_CLASS(insn->code) == BPF_RET)
			longest[pc] = 1;
		else if (is_test(insn))
			longest[pc] = 1 + max(next[insn->jt], next[insn->jf]);
		else if (BPF_CLASS(insn->code) == BPF_JMP)
			longest[pc] = 1 + next[insn->k];
		else
			longest[pc] = 1 + next[0];
	}
	return longest[start];
}

/* The same for entry @entry of @nr: the search for it in front goes one way. */
static unsigned int longest_of(const struct sock_filter *insns, unsigned int len,
			       int entry, int nr)
{
	int first = 0, last = nr - 1;
	unsigned int pc = 0, search = 0;

	if (nr > 1) {
		pc++;
		search++;
	}
	while (first < last) {
		const struct sock_filter *insn = &insns[pc++];
		/* As write_search() of residual.c parts them. */
		int middle = first + (last - first + 1) / 2;

		search++;
		if (entry >= middle) {
			first = middle;
			pc += insn->jt;
		} else {
			last = middle - 1;
			pc += insn->jf;
		}
		/* Where a target is too far for a test. */
		if (insns[pc].code == (BPF_JMP | BPF_JA)) {
			search++;
			pc += 1 + insns[pc].k;
		}
	}
	return search + longest_from(insns, len, pc);
}

static struct code *make_code(const struct sock_filter *insns, unsigned int len)
{
	struct code *code = allocate(1, sizeof(*code));

	code->insns = insns;
	code->len = len;
	return code;
}

/*
 * What is left for the calls of @space as a program of its own, which is the
 * same for filters that differ elsewhere. If there is too much to do, then the
 * filter is taken, which is right as well.
 */
static struct code *find_code(struct draft *d, const struct seccomp_space *space,
			      unsigned int start)
{
	struct filter *f = d->filter;
	struct seccomp_residuals *rs = seccomp_residuals_alloc(f->insns, f->len);
	struct sock_filter *insns, *copy = f->insns;
	unsigned int len = f->len;

	if (seccomp_residual_add(rs, d->alone, space, start) >= 0) {
		len = seccomp_residuals_finish(rs, &insns);
		copy = allocate(len, sizeof(*copy));
		memcpy(copy, insns, len * sizeof(*copy));
	}
	seccomp_residuals_free(rs);
	return make_code(copy, len);
}

/* What is said where verdict @v, of the number or range @space, is not constant. */
static struct answer find_answer(struct draft *d, const struct seccomp_space *space,
				 const struct seccomp_verdict *v)
{
	int entry = seccomp_residual_add(d->rs, d->an, space, v->start);
	u32 smallest;

	/* Whatever it may be. */
	if (entry < 0)
		return (struct answer){ .code = d->whole, .ret = SECCOMP_RET_KILL_PROCESS };
	d->nr = max(d->nr, entry + 1);
	smallest = seccomp_residual_smallest(d->rs, entry);
	if (smallest == SECCOMP_RET_ALLOW)
		return (struct answer){ .ret = SECCOMP_RET_ALLOW };
	if (!d->codes[entry])
		d->codes[entry] = find_code(d, space, v->start);
	return (struct answer){ .code = d->codes[entry], .ret = smallest };
}

static void find_answers(struct draft *d, const struct window *w)
{
	struct answer *answers = &d->filter->answers[w->slot];
	struct seccomp_space space = w->space;

	for (unsigned int i = 0; i < window_size(w); i++) {
		const struct seccomp_verdict *v = &d->verdicts[w->slot + i];

		if (!space.whole) {
			space.first = w->space.first + i;
			space.last = space.first;
		}
		if (v->constant)
			answers[i] = (struct answer){ .ret = v->ret };
		else
			answers[i] = find_answer(d, &space, v);
	}
}

/*
 * Ranges that follow each other are asked for together, and each for itself only
 * if that is not constant. Returns how many windows from @w on have verdicts then.
 */
static int find_verdicts(struct draft *d, const struct window *w)
{
	struct seccomp_verdict *verdicts = &d->verdicts[w->slot];
	struct seccomp_space all = w->space;
	int nr = 1;

	while (all.whole && w + nr < windows + WINDOWS && w[nr].space.whole &&
	       w[nr].space.arch == all.arch && w[nr].space.first == all.last + 1)
		all.last = w[nr++].space.last;

	seccomp_analyze(d->an, &all, verdicts);
	if (nr > 1 && !verdicts->constant) {
		seccomp_analyze(d->an, &w->space, verdicts);
		return 1;
	}
	for (int i = 1; i < nr; i++)
		verdicts[i] = verdicts[0];
	return nr;
}

/* What each of the codes takes at most, in the program that has them all. */
static void find_lengths(struct draft *d)
{
	struct sock_filter *insns;
	unsigned int len = seccomp_residuals_finish(d->rs, &insns);

	for (int i = 0; i < d->nr; i++) {
		if (d->codes[i])
			d->codes[i]->longest = longest_of(insns, len, i, d->nr);
	}
	d->whole->longest = longest_from(d->filter->insns, d->filter->len, 0);
}

static void analyze_classic(struct filter *f)
{
	struct draft *d = allocate(1, sizeof(*d));
	const struct window *w;

	d->filter = f;
	d->an = seccomp_analyzer_alloc(f->insns, f->len);
	d->rs = seccomp_residuals_alloc(f->insns, f->len);
	d->alone = seccomp_analyzer_alloc(f->insns, f->len);
	d->whole = make_code(f->insns, f->len);
	if (!d->an || !d->rs || !d->alone)
		die("out of memory");

	/* All verdicts first: residuals make do with the work that is left. */
	for (w = windows; w < windows + WINDOWS;)
		w += find_verdicts(d, w);
	for (w = windows; w < windows + WINDOWS; w++)
		find_answers(d, w);
	find_lengths(d);

	seccomp_analyzer_free(d->alone);
	seccomp_residuals_free(d->rs);
	seccomp_analyzer_free(d->an);
	free(d);
}

/* It may return anything, each time. */
static void analyze_unreadable(struct filter *f)
{
	struct code *code = make_code(NULL, 0);

	code->bpf_prog_id = f->bpf_prog_id;
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		f->answers[slot] = (struct answer){
			.code = code,
			.ret = SECCOMP_RET_KILL_PROCESS,
		};
}

/**
 * filter_analyze - find what a filter says
 * @f: the filter; its answers are set
 */
void filter_analyze(struct filter *f)
{
	if (f->insns)
		analyze_classic(f);
	else
		analyze_unreadable(f);

	/* No program makes these calls, the kernel plants them. Filters are not asked. */
	f->answers[__NR_uretprobe] = (struct answer){ .ret = SECCOMP_RET_ALLOW };
	f->answers[__NR_uprobe] = (struct answer){ .ret = SECCOMP_RET_ALLOW };
}
