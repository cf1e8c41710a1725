// SPDX-License-Identifier: GPL-2.0
/* What the filters of a task do together to each system call */

#include <linux/array_size.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "util.h"

#define MAX_ERRNO	4095

/**
 * policy_add - add a verdict
 * @p: the policy
 * @which: of which ABI
 * @first: the least number; greater than all there are yet
 * @last: the greatest number
 * @verdict: what is done to them
 */
void policy_add(struct policy *p, enum abi which, u32 first, u32 last, struct verdict verdict)
{
	unsigned int nr = p->nr[which]++;

	/* A power of two: there is no more room. */
	if (!(nr & (nr - 1))) {
		size_t size = (nr ? 2 * nr : 1) * sizeof(struct entry);

		p->entries[which] = realloc(p->entries[which], size);
		if (!p->entries[which])
			die("out of memory");
	}
	p->entries[which][nr] = (struct entry){ .first = first, .last = last, .verdict = verdict };
}

/* What takes effect of what filters return. */
static u32 effect(u32 ret)
{
	u32 action = ret & SECCOMP_RET_ACTION_FULL, data = ret & SECCOMP_RET_DATA;

	switch (action) {
	case SECCOMP_RET_ERRNO:
		return action | min(data, (u32)MAX_ERRNO);
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_TRACE:
		return ret;
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_KILL_THREAD:
		return action;
	default:
		/* An action that the kernel does not know is this one to it. */
		return SECCOMP_RET_KILL_PROCESS;
	}
}

/**
 * verdict_always - a verdict that is always the same
 * @ret: what the filters return
 * @filter: which of them decides
 *
 * Return: the verdict, with only what makes a difference.
 */
struct verdict verdict_always(u32 ret, int filter)
{
	ret = effect(ret);
	return (struct verdict){
		.constant = true,
		.ret = ret,
		.filter = ret == SECCOMP_RET_ALLOW ? NO_FILTER : filter,
	};
}

/**
 * verdict_unreadable - does a program take part that cannot be read?
 * @v: the verdict
 *
 * Return: true if so.
 */
bool verdict_unreadable(const struct verdict *v)
{
	for (unsigned int i = 0; i < v->nr_steps; i++) {
		if (v->steps[i].answer.code && !v->steps[i].answer.code->insns)
			return true;
	}
	return false;
}

/**
 * verdict_mildest - what is done to a call at least?
 * @v: the verdict
 *
 * Return: The mildest action that there may be, whatever programs return.
 */
u32 verdict_mildest(const struct verdict *v)
{
	static const u32 known[] = {
		SECCOMP_RET_ALLOW, SECCOMP_RET_LOG, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF,
		SECCOMP_RET_ERRNO, SECCOMP_RET_TRAP, SECCOMP_RET_KILL_THREAD,
	};
	s32 least = action_only(SECCOMP_RET_ALLOW);

	if (v->constant)
		return v->ret & SECCOMP_RET_ACTION_FULL;
	for (unsigned int i = 0; i < v->nr_steps; i++) {
		const struct answer *a = &v->steps[i].answer;

		if (!a->code)
			least = min(least, action_only(a->ret));
	}
	/* An unknown action kills, but those that win against it may be milder. */
	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
		if ((s32)known[i] <= least)
			return known[i];
	}
	return SECCOMP_RET_KILL_PROCESS;
}

/* The strictest action that comes of an answer. */
static u32 strictest(const struct answer *a)
{
	u32 action = effect(a->ret) & SECCOMP_RET_ACTION_FULL;

	/* An unknown one is no small number, but kills. */
	for (unsigned int i = 0; a->code && i < a->code->len; i++) {
		const struct sock_filter *insn = &a->code->insns[i];

		if (insn->code == (BPF_RET | BPF_K) && effect(insn->k) == SECCOMP_RET_KILL_PROCESS)
			action = SECCOMP_RET_KILL_PROCESS;
	}
	return action;
}

/**
 * verdict_strictest - what is done to a call at most?
 * @v: the verdict
 *
 * Return: The strictest action that there may be, whatever programs return.
 */
u32 verdict_strictest(const struct verdict *v)
{
	u32 action = SECCOMP_RET_ALLOW;

	if (v->constant)
		return v->ret & SECCOMP_RET_ACTION_FULL;
	/* Nothing is known of them. */
	if (!v->nr_steps)
		return SECCOMP_RET_KILL_PROCESS;
	for (unsigned int i = 0; i < v->nr_steps; i++) {
		u32 a = strictest(&v->steps[i].answer);

		if (action_only(a) < action_only(action))
			action = a;
	}
	return action;
}

/* Does @step tell the same as the newer @first, whatever the call? */
static bool repeats(const struct step *step, const struct step *first)
{
	return step->answer.code == first->answer.code;
}

/*
 * Leave of @nr steps, the newest first, only those that can matter, see DOC:
 * Action tables in kernel/seccomp/action_table.c. Returns how many these are.
 */
static unsigned int reduce(struct step *steps, unsigned int nr)
{
	const s32 allow = action_only(SECCOMP_RET_ALLOW);
	unsigned int winner = nr, kept = 0;
	s32 least = allow;

	for (unsigned int i = 0; i < nr; i++) {
		if (!steps[i].answer.code && action_only(steps[i].answer.ret) < least) {
			least = action_only(steps[i].answer.ret);
			winner = i;
		}
	}
	for (unsigned int i = 0; i < nr; i++) {
		const struct answer *a = &steps[i].answer;
		s32 smallest = action_only(a->ret);

		if (i != winner) {
			if (!a->code)
				continue;
			/* What cannot be read may have effects, and always runs. */
			if (a->code->insns &&
			    (smallest == allow || smallest > least ||
			     (smallest == least && i > winner) ||
			     (kept && repeats(&steps[i], &steps[0]))))
				continue;
		}
		steps[kept++] = steps[i];
	}
	return kept;
}

/* What all filters do to the calls of one slot. */
static struct verdict join(const struct policy *p, unsigned int slot)
{
	struct step *steps = allocate(p->nr_filters, sizeof(*steps));
	struct verdict v = { .steps = steps };

	/* From the oldest on, as they were attached. */
	for (unsigned int i = p->nr_filters; i--;) {
		memmove(steps + 1, steps, v.nr_steps * sizeof(*steps));
		steps[0] = (struct step){ .answer = p->filters[i].answers[slot], .filter = i };
		v.nr_steps = reduce(steps, v.nr_steps + 1);
	}

	if (!v.nr_steps)
		return verdict_always(SECCOMP_RET_ALLOW, NO_FILTER);
	if (v.nr_steps == 1 && !steps->answer.code)
		return verdict_always(steps->answer.ret, steps->filter);
	for (unsigned int i = 0; i < v.nr_steps; i++)
		v.programs += !!steps[i].answer.code;
	return v;
}

/* A filter is only analyzed if it is not the same as a newer one. */
static void analyze(struct policy *p, struct filter *f)
{
	for (struct filter *same = p->filters; f->insns && same < f; same++) {
		if (same->insns && same->len == f->len &&
		    !memcmp(same->insns, f->insns, f->len * sizeof(*f->insns))) {
			memcpy(f->answers, same->answers, sizeof(f->answers));
			return;
		}
	}
	filter_analyze(f);
}

typedef struct verdict (*verdict_of_fn)(const struct policy *p, unsigned int slot);

/* Add the verdicts of all slots that are ranges, or of all that are not. */
static void add_slots(struct policy *p, bool ranges, verdict_of_fn verdict_of)
{
	for (const struct window *w = windows; w < windows + WINDOWS; w++) {
		if (w->space.whole != ranges)
			continue;
		for (unsigned int i = 0; i < window_size(w); i++) {
			u32 first = w->space.first - w->base + i;

			policy_add(p, w->abi, first, ranges ? w->space.last - w->base : first,
				   verdict_of(p, w->slot + i));
		}
	}
}

/* Add those of all slots. The range of x32 comes before its table, in their order. */
static void add_all(struct policy *p, verdict_of_fn verdict_of)
{
	add_slots(p, false, verdict_of);
	add_slots(p, true, verdict_of);
}

/**
 * policy_join - find out what filters do together
 * @p: a policy with filters, and without entries; they are added
 */
void policy_join(struct policy *p)
{
	for (unsigned int i = 0; i < p->nr_filters; i++)
		analyze(p, &p->filters[i]);
	add_all(p, join);
}

/*
 * What strict mode allows: to read, to write, to exit and to return from a signal,
 * and the two that the kernel plants. It looks for the calls of i386 in those of
 * x32, and does not find them.
 */
static struct verdict without_filters(const struct policy *p, unsigned int slot)
{
	static const u16 x86_64[] = { 0, 1, 15, 60, 335, 336 };
	static const u16 ia32[] = { 1, 3, 4, 119 };
	const unsigned int first_ia32 = NR_X86_64 + RANGES;
	bool allowed = p->mode == MODE_NONE;

	for (unsigned int i = 0; i < ARRAY_SIZE(x86_64); i++)
		allowed |= slot == x86_64[i];
	for (unsigned int i = 0; i < ARRAY_SIZE(ia32); i++)
		allowed |= slot == first_ia32 + ia32[i];
	return verdict_always(allowed ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_THREAD, NO_FILTER);
}

/**
 * policy_without_filters - what is done in strict mode, or without seccomp
 * @p: a policy of that mode; its entries are added
 */
void policy_without_filters(struct policy *p)
{
	add_all(p, without_filters);
}
