// SPDX-License-Identifier: GPL-2.0
/* What a filter and its ancestors do together, by system call */

/**
 * DOC: Action tables
 *
 * A filter's table has a slot for each number of each system call table that
 * the architecture has, and for each range of numbers that is left over. The
 * slot leads to a plan: what the whole stack, from this filter to its oldest
 * ancestor, does to every call of that number; or if that depends on more than
 * the number, which filters are to be asked, by which programs.
 *
 * A table is made when its filter is attached, of what the filter says by
 * itself and of the parent's table. So a look-up does not know of depth. It
 * never changes afterwards, and lives as long as its filter. The filters that
 * it names are its own and ancestors of that, which its own holds.
 *
 * Three filters, the newest first, and what becomes of four numbers::
 *
 *	39 getpid   41 socket	       59 execve   165 mount
 *	ALLOW	    ALLOW	       ERRNO(1)    ERRNO(1)
 *	ALLOW	    ERRNO(97) or ALLOW ERRNO(38)   KILL_PROCESS
 *	ALLOW	    ERRNO(38)	       ALLOW	   ERRNO(1) or ALLOW
 *
 *	ALLOW	    ask the second,    ERRNO(1),   KILL_PROCESS,
 *		    then ERRNO(38)     the newest  the second
 *
 * The smallest action wins, and the newest filter of those that agree on it,
 * with its data. That is the rule of seccomp_run_filters(). Of constants, one
 * is left in each plan, at its place in the order, so that
 *
 * - a filter that is newer than the constant wins a tie against it: it need not
 *   be asked only if the smallest action it can return is above the constant.
 *   So the second filter is asked about socket, it may be ERRNO(97).
 * - one that is older loses a tie: it need not be asked if the smallest action
 *   it can return is not below the constant. So the oldest one is not asked
 *   about mount. (It would not be either if the second said ERRNO(38).)
 * - nobody need be asked who can only allow.
 *
 * Two filters that would run the same program with the same entry, which are
 * filters of the same instructions, get the same answer: only the newer is
 * asked, since it wins the tie.
 *
 * All this is for filters without state. One that has some, see ebpf.c, is a
 * step of every plan, each time that it is attached, in its place of the order.
 * So no call but uprobe and uretprobe is always allowed then; nothing else changes.
 */

#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/hash.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/seccomp_entry.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>

#include "action_table.h"
#include "program.h"
#include "slots.h"

/* A filter is not attached without its table. Charged to the caller, may fail. */
#define TABLE_GFP	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/*
 * seccomp.action_tables=0 has filters attached as if there were no tables, and
 * "verify" has each verdict held against what the filters return, see
 * Documentation/admin-guide/kernel-parameters.txt and verify.c. A parameter of the
 * kernel, so that all filters of a stack have a table or none has.
 */
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "seccomp."
bool seccomp_action_tables __ro_after_init = true;
bool seccomp_verify __ro_after_init;

static int set_action_tables(const char *val, const struct kernel_param *kp)
{
	seccomp_verify = val && sysfs_streq(val, "verify");
	if (!seccomp_verify)
		return param_set_bool(val, kp);
	seccomp_action_tables = true;
	return 0;
}

static int get_action_tables(char *buffer, const struct kernel_param *kp)
{
	return seccomp_verify ? sysfs_emit(buffer, "verify\n") : param_get_bool(buffer, kp);
}

static const struct kernel_param_ops action_tables_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = set_action_tables,
	.get = get_action_tables,
};
module_param_cb(action_tables, &action_tables_ops, &seccomp_action_tables, 0444);

/* Places of plans that every table has. */
enum {
	WALK,		/* no plan: every filter of the stack runs by itself */
	ALLOW,
	FIRST_OTHER,
};

/* As many as a byte can tell apart. For what is more, the stack is walked. */
#define PLANS_MAX	(U8_MAX + 1)

/*
 * How many steps all plans of a table may have together: 16 kB. A plan has one
 * for each filter that looks at arguments, and calls mostly share their plans.
 */
#define STEPS_MAX	512

/*
 * How many steps of the parent's plans to look at for one table: some 300,000
 * machine instructions. For the system calls that are left then, the stack is
 * walked. Stacks as they are in use take some hundred.
 */
#define JOIN_STEPS_MAX	8192

/* The parent of filters that have none. All its slots are the same. */
const struct seccomp_action_table seccomp_table_no_filter = {
	.known = &seccomp_table_no_filter.map,
};

static const struct seccomp_plan plan_allow = {
	.ret = SECCOMP_RET_ALLOW,
	.way = SECCOMP_CONSTANT,
};

/* Plans */

/* How many pairs of a filter's answer and a parent's plan to remember. */
#define SEEN_BITS	8

/* How many chains plans are kept in, to find an equal one. */
#define CHAIN_BITS	8

/**
 * struct seen - what became of a filter's answer and its parent's plan
 * @own: the place of the answer, plus one; 0 if nothing is remembered here
 * @older: the place of the parent's plan
 * @place: the place of the plan made of both
 */
struct seen {
	u16 own;
	u8 older;
	u8 place;
};

/**
 * struct draft - plans of a table that is being built
 * @filter: the filter
 * @log: it has SECCOMP_FILTER_FLAG_LOG
 * @stateful: it has to run for each call
 * @unanalyzed: its analysis is incomplete, see struct seccomp_program
 * @nr_plans: how many of @plans there are
 * @nr_steps: how many of @steps are used by plans
 * @steps_left: how many more steps of the parent's to look at
 * @seed: keys the hash of plans, so that user space cannot make chains long
 * @chains: the newest plan of each hash; WALK if there is none
 * @next: the plan after each one of @plans in its chain, or WALK
 * @seen: what was joined lately
 * @plans: they
 * @steps: the steps of all plans, and room to find those of another one
 */
struct draft {
	struct seccomp_filter *filter;
	bool log;
	bool stateful;
	bool unanalyzed;
	unsigned int nr_plans;
	unsigned int nr_steps;
	unsigned int steps_left;
	u32 seed;
	u8 chains[1 << CHAIN_BITS];
	u8 next[PLANS_MAX];
	struct seen seen[1 << SEEN_BITS];
	struct seccomp_plan plans[PLANS_MAX];
	struct seccomp_step steps[STEPS_MAX + STEPS_MAX + 1];
};

static bool same_step(const struct seccomp_step *a, const struct seccomp_step *b)
{
	return a->filter == b->filter && a->answer.prog == b->answer.prog &&
	       a->answer.arch == b->answer.arch && a->answer.ret == b->answer.ret;
}

static bool same_plan(const struct seccomp_plan *a, const struct seccomp_plan *b)
{
	if (a->way != b->way || a->nr_steps != b->nr_steps)
		return false;
	/* The match has the log flag, always the same. */
	if (!a->nr_steps)
		return a->ret == b->ret && a->match == b->match;
	for (unsigned int i = 0; i < a->nr_steps; i++) {
		if (!same_step(&a->steps[i], &b->steps[i]))
			return false;
	}
	return true;
}

/* Equal plans have the same hash. */
static u32 hash_plan(const struct draft *d, const struct seccomp_plan *plan)
{
	u32 hash = hash_long((unsigned long)plan->match ^ plan->ret ^ d->seed, 32);

	for (unsigned int i = 0; i < plan->nr_steps; i++) {
		const struct seccomp_answer *a = &plan->steps[i].answer;

		hash = hash_long((unsigned long)a->prog ^ a->ret ^ hash, 32);
		hash = hash_long(a->arch ^ hash, 32);
	}
	return hash >> (32 - CHAIN_BITS);
}

/* The index of @plan, which is added if there is no equal one; WALK if it can't be. */
static u8 place_of(struct draft *d, const struct seccomp_plan *plan)
{
	u8 *chain = &d->chains[hash_plan(d, plan)];
	unsigned int i;

	for (i = *chain; i != WALK; i = d->next[i]) {
		if (same_plan(&d->plans[i], plan))
			return i;
	}
	if (d->nr_plans == PLANS_MAX || d->nr_steps + plan->nr_steps > STEPS_MAX)
		return WALK;
	i = d->nr_plans++;
	d->plans[i] = *plan;
	d->nr_steps += plan->nr_steps;
	d->next[i] = *chain;
	*chain = i;
	return i;
}

/* Does @step tell the same as the newer @first, whatever the call? */
static bool repeats(const struct seccomp_step *step, const struct seccomp_step *first)
{
	return step->answer.prog == first->answer.prog &&
	       step->answer.arch == first->answer.arch;
}

/*
 * Leave of @nr steps, the newest first, only those that can matter, see DOC:
 * Action tables. Returns how many these are.
 */
static unsigned int reduce(struct seccomp_step *steps, unsigned int nr)
{
	const s32 allow = seccomp_action_only(SECCOMP_RET_ALLOW);
	s32 least = allow;
	unsigned int winner = nr, kept = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (!steps[i].answer.prog && seccomp_action_only(steps[i].answer.ret) < least) {
			least = seccomp_action_only(steps[i].answer.ret);
			winner = i;
		}
	}
	for (unsigned int i = 0; i < nr; i++) {
		s32 smallest = seccomp_action_only(steps[i].answer.ret);

		if (i != winner && !steps[i].stateful) {
			if (!steps[i].answer.prog)
				continue;
			if (smallest == allow || smallest > least ||
			    (smallest == least && i > winner))
				continue;
			if (kept && repeats(&steps[i], &steps[0]))
				continue;
		}
		steps[kept++] = steps[i];
	}
	return kept;
}

/* What is done where @own is said by the filter, and @older by its ancestors. */
static u8 join(struct draft *d, const struct seccomp_answer *own,
	       const struct seccomp_plan *older)
{
	struct seccomp_step *steps = &d->steps[d->nr_steps];
	struct seccomp_plan plan = { };
	unsigned int nr = 0;

	if (older->way == SECCOMP_WALK || older->nr_steps > d->steps_left)
		return WALK;
	d->steps_left -= older->nr_steps;

	steps[nr++] = (struct seccomp_step){
		.answer = *own,
		.filter = d->filter,
		.log = d->log,
		.stateful = d->stateful && own->prog,
		.unanalyzed = d->unanalyzed && own->prog,
	};
	for (unsigned int i = 0; i < older->nr_steps; i++)
		steps[nr++] = older->steps[i];
	/* A plan without steps is a step with a constant. */
	if (!older->nr_steps && older->match)
		steps[nr++] = (struct seccomp_step){
			.answer = { .ret = older->ret },
			.filter = older->match,
			.log = older->log,
		};

	nr = reduce(steps, nr);
	if (!nr)
		return ALLOW;
	if (nr == 1 && !steps->answer.prog) {
		plan.ret = steps->answer.ret;
		plan.log = steps->log;
		plan.match = steps->filter;
		plan.way = seccomp_action_only(steps->answer.ret) == SECCOMP_RET_ERRNO ?
			   SECCOMP_ERRNO : SECCOMP_CONSTANT;
	} else {
		plan.steps = steps;
		plan.nr_steps = nr;
		plan.way = nr == 1 && bpf_prog_was_classic(steps->answer.prog) ?
			   SECCOMP_ASK_ONE : SECCOMP_ASK_SOME;
	}
	return place_of(d, &plan);
}

static const struct seccomp_plan *parent_plan(const struct seccomp_action_table *parent, u8 place)
{
	if (parent == &seccomp_table_no_filter)
		return &plan_allow;
	return &parent->plans[place];
}

static void join_slots(struct draft *d, u8 *slots, const struct seccomp_program *program,
		       const struct seccomp_action_table *parent)
{
	const u8 *before = parent->known->slots;

	for (unsigned int slot = 0; slot < SECCOMP_SLOTS;) {
		u8 own = program->slots[slot], older = before[slot];
		struct seen *seen = &d->seen[hash_32(own << 8 | older, SEEN_BITS)];

		/* The same two meet again and again, mostly in a row. */
		if (seen->own != own + 1 || seen->older != older) {
			seen->place = join(d, &program->answers[own], parent_plan(parent, older));
			seen->own = own + 1;
			seen->older = older;
			cond_resched();
		}
		do
			slots[slot++] = seen->place;
		while (slot < SECCOMP_SLOTS && program->slots[slot] == own &&
		       before[slot] == older);
	}
}

static void fill_bits(unsigned long *bits, const u8 *slots, unsigned int nr)
{
	for (unsigned int first = 0; first < nr; first += BITS_PER_LONG) {
		unsigned int last = min(first + BITS_PER_LONG, nr);
		unsigned long word = 0;

		for (unsigned int i = last; i-- > first;)
			word = word << 1 | (slots[i] == ALLOW);
		*bits++ = word;
	}
}

static void set_allow(struct seccomp_allow *allow, const u8 *slots)
{
	fill_bits(allow->native, slots + SECCOMP_SLOT_NATIVE, SECCOMP_ARCH_NATIVE_NR);
#ifdef SECCOMP_ARCH_COMPAT
	fill_bits(allow->compat, slots + SECCOMP_SLOT_COMPAT, SECCOMP_ARCH_COMPAT_NR);
#endif
#ifdef SECCOMP_ARCH_ALT_NR
	fill_bits(allow->alt, slots + SECCOMP_SLOT_ALT, SECCOMP_ARCH_ALT_NR);
#endif
}

/* What system calls lead to by @slots. */
static void fill_map(struct seccomp_map *map, const u8 *slots)
{
	memcpy(map->slots, slots, sizeof(map->slots));
	set_allow(&map->allow, slots);
}

/* What they lead to if each verdict is verified: every filter is to run. */
static void fill_map_to_walk(struct seccomp_map *map)
{
	memset(map->slots, WALK, sizeof(map->slots));
	memset(&map->allow, 0, sizeof(map->allow));
}

/* How much memory follows a table, after its plans? */
static size_t size_behind(const struct draft *d)
{
	return d->nr_steps * sizeof(*d->steps) + (seccomp_verify ? sizeof(struct seccomp_map) : 0);
}

/* Give the plans of @d the memory that they stay in. Returns what follows them. */
static void *move_plans(struct seccomp_action_table *table, const struct draft *d)
{
	struct seccomp_step *steps = (struct seccomp_step *)(table->plans + d->nr_plans);

	memcpy(table->plans, d->plans, d->nr_plans * sizeof(*d->plans));
	memcpy(steps, d->steps, d->nr_steps * sizeof(*d->steps));
	for (unsigned int i = 0; i < d->nr_plans; i++) {
		if (table->plans[i].nr_steps)
			table->plans[i].steps = steps + (d->plans[i].steps - d->steps);
	}
	return steps + d->nr_steps;
}

/*
 * Memory for kvfree(). A large block need not be in one piece, so that nothing is
 * reclaimed or compacted to have one.
 */
static void *table_alloc(size_t size)
{
	void *p;

	if (size <= PAGE_SIZE)
		return kmalloc(size, TABLE_GFP);
	p = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN);
	return p ?: __vmalloc(size, TABLE_GFP);
}

/**
 * seccomp_table_build - join what a filter says with what its ancestors do
 * @program: what it says
 * @filter: the filter, to be named where it decides
 * @log: it has SECCOMP_FILTER_FLAG_LOG
 * @parent: the table of the filter that it is to be attached to, or
 *	&seccomp_table_no_filter
 *
 * Context: Process context, may sleep. Takes no locks. The parent must not go
 * away meanwhile, and as long as there is a table for @filter.
 *
 * Return: A table for seccomp_table_free(); NULL if there is no memory for it.
 */
const struct seccomp_action_table *
seccomp_table_build(const struct seccomp_program *program,
		    struct seccomp_filter *filter, bool log,
		    const struct seccomp_action_table *parent)
{
	struct seccomp_action_table *table = NULL;
	struct draft *d;
	void *behind;
	u8 *slots;

	/* No filter is attached on top of one whose table is missing. */
	if (WARN_ON_ONCE(!program || !parent))
		return NULL;

	d = table_alloc(sizeof(*d));
	slots = kmalloc_array(SECCOMP_SLOTS, sizeof(*slots), TABLE_GFP);
	if (d && slots) {
		d->filter = filter;
		d->log = log;
		d->stateful = program->stateful;
		d->unanalyzed = program->unanalyzed;
		d->plans[WALK] = seccomp_plan_walk;
		d->plans[ALLOW] = plan_allow;
		d->nr_plans = FIRST_OTHER;
		d->nr_steps = 0;
		d->steps_left = JOIN_STEPS_MAX;
		d->seed = get_random_u32();
		memset(d->chains, WALK, sizeof(d->chains));
		memset(d->seen, 0, sizeof(d->seen));
		join_slots(d, slots, program, parent);
		table = table_alloc(struct_size(table, plans, d->nr_plans) + size_behind(d));
	}
	if (table) {
		struct seccomp_map *known = &table->map;

		table->nr_plans = d->nr_plans;
		behind = move_plans(table, d);
		if (seccomp_verify) {
			fill_map_to_walk(&table->map);
			known = behind;
		}
		fill_map(known, slots);
		table->known = known;
	}
	kfree(slots);
	kvfree(d);
	return table;
}

/**
 * seccomp_table_free - free a table
 * @table: from seccomp_table_build(), or NULL
 *
 * Context: Process context, may sleep. No reader may be left: the table's
 * filter was never attached, or no task has it any more.
 */
void seccomp_table_free(const struct seccomp_action_table *table)
{
	kvfree(table);
}
