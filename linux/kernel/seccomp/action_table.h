/* SPDX-License-Identifier: GPL-2.0 */
/* What a filter and its ancestors do together, by system call */

#ifndef _KERNEL_SECCOMP_ACTION_TABLE_H
#define _KERNEL_SECCOMP_ACTION_TABLE_H

#include <linux/bug.h>
#include <linux/container_of.h>
#include <linux/seccomp_entry.h>
#include <linux/types.h>

#include "program.h"
#include "slots.h"

struct seccomp_action_table;
struct seccomp_filter;

/**
 * struct seccomp_step - what one filter has to say in a plan
 * @answer: it
 * @filter: the filter
 * @log: it was attached with SECCOMP_FILTER_FLAG_LOG
 * @stateful: it has to run, whatever the others return
 * @unanalyzed: its analysis is incomplete, see struct seccomp_program
 */
struct seccomp_step {
	struct seccomp_answer answer;
	struct seccomp_filter *filter;
	bool log;
	bool stateful;
	bool unanalyzed;
};

/**
 * enum seccomp_way - the ways to find out what is done to a system call
 * @SECCOMP_WALK: run every filter of the stack, each by itself; for what is
 *	over the bounds of a table, for calls of an architecture without slots,
 *	and for all calls if verdicts are verified
 * @SECCOMP_ASK_ONE: ask the filter of the only step, a classic one
 * @SECCOMP_ASK_SOME: go through the steps
 * @SECCOMP_ERRNO: nobody is asked, it always is SECCOMP_RET_ERRNO
 * @SECCOMP_CONSTANT: nobody is asked, it always is another action
 */
enum seccomp_way {
	SECCOMP_WALK,
	SECCOMP_ASK_ONE,
	SECCOMP_ASK_SOME,
	SECCOMP_ERRNO,
	SECCOMP_CONSTANT,
};

/**
 * struct seccomp_plan - how to find out what is done to a system call
 * @ret: the SECCOMP_RET_* value, data included, if nobody is to be asked
 * @way: how to
 * @log: @match was attached with SECCOMP_FILTER_FLAG_LOG
 * @nr_steps: how many @steps there are
 * @match: the filter that decides if nobody is to be asked; NULL if @ret is
 *	SECCOMP_RET_ALLOW, and else
 * @steps: what may still matter, of the newest filter first. A pointer of its own,
 *	so that a CPU that has guessed @way wrong takes no filter for a step.
 */
struct seccomp_plan {
	u32 ret;
	u8 way;
	bool log;
	u16 nr_steps;
	struct seccomp_filter *match;
	const struct seccomp_step *steps;
};

extern const struct seccomp_action_table seccomp_table_no_filter;

const struct seccomp_action_table *
seccomp_table_build(const struct seccomp_program *program,
		    struct seccomp_filter *filter, bool log,
		    const struct seccomp_action_table *parent);

/* For what must not happen. */
static const struct seccomp_plan seccomp_plan_kill __maybe_unused = {
	.ret = SECCOMP_RET_KILL_PROCESS,
	.way = SECCOMP_CONSTANT,
};

/* For what no table has. */
static const struct seccomp_plan seccomp_plan_walk __maybe_unused = {
	.way = SECCOMP_WALK,
};

/* Is the action always the same? */
static inline bool seccomp_plan_constant(const struct seccomp_plan *plan)
{
	return plan->way >= SECCOMP_ERRNO;
}

/* What is compared to find the smallest: signed, so that KILL_PROCESS is it. */
static inline s32 seccomp_action_only(u32 ret)
{
	return ret & SECCOMP_RET_ACTION_FULL;
}

/**
 * seccomp_plan_run - ask those that may still matter
 * @plan: whom, SECCOMP_ASK_ONE or SECCOMP_ASK_SOME
 * @sd: the call; its architecture is written over
 * @match: set to the filter that decides, if it is not SECCOMP_RET_ALLOW
 *
 * Context: Any, as long as the filter that has the plan is held.
 *
 * Return: What is done to the call.
 */
static __always_inline u32 seccomp_plan_run(const struct seccomp_plan *plan,
					    struct seccomp_data *sd, struct seccomp_filter **match)
{
	const struct seccomp_step *step = plan->steps, *end = step + plan->nr_steps;
	u32 ret = SECCOMP_RET_ALLOW;

	for (; step < end; step++) {
		u32 cur_ret = seccomp_program_ask(&step->answer, sd);

		if (seccomp_action_only(cur_ret) < seccomp_action_only(ret)) {
			ret = cur_ret;
			*match = step->filter;
		}
	}
	return ret;
}

#ifdef CONFIG_SECCOMP_ACTION_TABLES
/**
 * struct seccomp_map - which plan a system call leads to
 * @allow: a bit for each slot of a system call table that leads to a constant
 *	SECCOMP_RET_ALLOW; first, so that the native bits of x86-64 are one
 *	cache line
 * @slots: a place among the plans for each slot
 */
struct seccomp_map {
	struct seccomp_allow allow;
	u8 slots[SECCOMP_SLOTS];
};

/**
 * struct seccomp_action_table - what a stack of filters does
 * @map: what system calls are answered from
 * @known: what has been found out, which is @map; or if verdicts are verified,
 *	another map, while @map has no bit and leads to SECCOMP_WALK
 * @nr_plans: how many of them there are
 * @plans: what is done; their steps follow, so the compiler is not told of
 *	@nr_plans. Behind them is what @known points to, if that is not @map.
 */
struct seccomp_action_table {
	struct seccomp_map map;
	const struct seccomp_map *known;
	unsigned int nr_plans;
	struct seccomp_plan plans[];
};

extern bool seccomp_action_tables;

void seccomp_table_free(const struct seccomp_action_table *table);

/**
 * seccomp_table_allow - the bits that are tested at system call entry
 * @table: the table of a filter
 *
 * Return: Its bits, which live as long.
 */
static inline const struct seccomp_allow *
seccomp_table_allow(const struct seccomp_action_table *table)
{
	return &table->map.allow;
}

/**
 * seccomp_table_known_allow - the bits that would be tested, if none are
 * @allow: what seccomp_table_allow() returned of some table, or &seccomp_allow_none
 *
 * Return: The bits of what that table knows, which live as long.
 */
static inline const struct seccomp_allow *
seccomp_table_known_allow(const struct seccomp_allow *allow)
{
	if (allow == &seccomp_allow_none)
		return allow;
	return &container_of(allow, struct seccomp_action_table, map.allow)->known->allow;
}

/**
 * seccomp_table_bits - the allow bits of an architecture
 * @table: the table of a filter, or NULL
 * @arch: SECCOMP_ARCH_NATIVE or SECCOMP_ARCH_COMPAT
 *
 * Return: A bit for each number of its system call table, which live as long as
 * @table; NULL without a table.
 */
static inline const unsigned long *
seccomp_table_bits(const struct seccomp_action_table *table, u32 arch)
{
	if (!table)
		return NULL;
#ifdef SECCOMP_ARCH_COMPAT
	if (arch == SECCOMP_ARCH_COMPAT)
		return table->known->allow.compat;
#endif
	return table->known->allow.native;
}

/**
 * seccomp_table_lookup - how to find out what is done to a system call
 * @table: the table of a filter
 * @arch: what syscall_get_arch() says
 * @nr: what syscall_get_nr() says
 *
 * Context: Any, as long as the filter is held.
 *
 * Return: The plan. For an @arch that is none of SECCOMP_ARCH_* it is to run all
 * filters, as if there were no table: which ABI the call belongs to is not known,
 * but the filters can tell.
 */
static __always_inline const struct seccomp_plan *
seccomp_table_lookup(const struct seccomp_action_table *table, u32 arch, u32 nr)
{
	unsigned int slot = seccomp_slot(arch, nr);

	if (WARN_ON_ONCE(slot == SECCOMP_SLOTS))
		return &seccomp_plan_walk;
	return &table->plans[table->map.slots[slot]];
}

/* The same where verdicts are not to be given, but told of or verified. */
static inline const struct seccomp_plan *
seccomp_table_known(const struct seccomp_action_table *table, u32 arch, u32 nr)
{
	unsigned int slot = seccomp_slot(arch, nr);

	if (WARN_ON_ONCE(slot == SECCOMP_SLOTS))
		return &seccomp_plan_walk;
	return &table->plans[table->known->slots[slot]];
}
#else
/* So nobody has a table. */
#define seccomp_action_tables	false

static inline void seccomp_table_free(const struct seccomp_action_table *table)
{
}

static inline const unsigned long *
seccomp_table_bits(const struct seccomp_action_table *table, u32 arch)
{
	return NULL;
}

static inline const struct seccomp_plan *
seccomp_table_lookup(const struct seccomp_action_table *table, u32 arch, u32 nr)
{
	return &seccomp_plan_kill;
}
#endif /* CONFIG_SECCOMP_ACTION_TABLES */

#endif /* _KERNEL_SECCOMP_ACTION_TABLE_H */
