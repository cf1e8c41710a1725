/* SPDX-License-Identifier: GPL-2.0 */
/* What is done to each system call of a task */

#ifndef _POLICY_H
#define _POLICY_H

#include <linux/types.h>

#include "filter.h"
#include "windows.h"

/* In place of the filter that decides: none, or not known. */
#define NO_FILTER	(-1)

/**
 * struct step - a filter that may matter to a call
 * @answer: what it says
 * @filter: which one it is, 0 is the newest
 */
struct step {
	struct answer answer;
	int filter;
};

/**
 * struct verdict - what is done to a call
 * @constant: always the same
 * @ret: then the SECCOMP_RET_* value, as it takes effect
 * @filter: and the filter that decides, or NO_FILTER
 * @programs: else how many programs have to be asked
 * @nr_steps: 0 if they are not known
 * @steps: they, and maybe a constant among them, of the newest filter first
 */
struct verdict {
	bool constant;
	u32 ret;
	int filter;
	unsigned int programs;
	unsigned int nr_steps;
	const struct step *steps;
};

/**
 * struct entry - the verdict on a number or on a range
 * @first: the least number, as the ABI counts
 * @last: the greatest
 * @verdict: what is done to all of them
 */
struct entry {
	u32 first;
	u32 last;
	struct verdict verdict;
};

enum mode {
	MODE_NONE,
	MODE_STRICT,
	MODE_FILTER,
};

/**
 * struct policy - what is done to each system call of a task
 * @mode: its seccomp mode
 * @source: where this comes from, in words
 * @nr_filters: how many filters it has
 * @filters: they, the newest first; NULL if they were not read
 * @nr: for each ABI how many entries there are; 0 if the kernel does not have it
 * @entries: and the entries, in the order of their numbers
 */
struct policy {
	enum mode mode;
	const char *source;
	unsigned int nr_filters;
	struct filter *filters;
	unsigned int nr[ABIS];
	struct entry *entries[ABIS];
};

void policy_add(struct policy *p, enum abi which, u32 first, u32 last, struct verdict verdict);
void policy_join(struct policy *p);
void policy_without_filters(struct policy *p);
struct verdict verdict_always(u32 ret, int filter);
bool verdict_unreadable(const struct verdict *v);
u32 verdict_mildest(const struct verdict *v);
u32 verdict_strictest(const struct verdict *v);

/* The smallest action wins: signed, so that KILL_PROCESS is it. */
static inline s32 action_only(u32 ret)
{
	return ret & SECCOMP_RET_ACTION_FULL;
}

#endif
