// SPDX-License-Identifier: GPL-2.0
/* Follow all system call numbers through a classic seccomp filter, in one pass */

/**
 * DOC: Theory of Operation
 *
 * Problem
 * -------
 *
 * Say for each of a few hundred system call numbers what a filter returns, if
 * that depends on nothing but the number and the architecture. To run or to
 * emulate the filter for every number does the same tests hundreds of times
 * over. It also has to give up at the first load of an argument, although
 * what it decides may not matter.
 *
 * Idea
 * ----
 *
 * Classic BPF only jumps forward. So if instructions are visited in their
 * order, then all that can ever arrive at one has arrived when its turn
 * comes, and each has its turn once. What arrives is not one number but a
 * *group*: the set of numbers that can get here with the same state, that is
 * with the same known values (see value.h) of A, X and the scratch memory.
 * A test of the number splits a group, where emulation would go through the
 * test once for each of its members.
 *
 * Example, carried through below, with the numbers 0 to 3::
 *
 *   0  ld  [nr]
 *   1  jeq #1       true 7, false 2
 *   2  jge #3       true 3, false 5
 *   3  ld  [args[0]]
 *   4  jset #1      true 6, false 5
 *   5  and #4
 *   6  ret A
 *   7  ret #ALLOW
 *
 * seccomp_analyze() lets one group {0 1 2 3} with A = X = 0 wait at
 * instruction 0. Then it takes, again and again, the groups that wait at the
 * first instruction where any wait, and follow()s each of them until it
 * returns or meets another.
 *
 * Loads: step() makes A "the number" at 0: still one group, and its A stands
 * for four different values. At 3, A becomes unknown. That alone decides
 * nothing.
 *
 * Tests of the number: at 1, {1} leaves for 7, {0 2 3} stay. At 2, {3} goes to
 * 3, and {0 2} to 5. One bit moves for jeq (skip_tests()), a few words
 * for jge (split()). Where all members agree, nothing is split: that is
 * what the interval is for.
 *
 * Tests of anything else that is not known: at 4, {3} goes both ways. branch_off()
 * copies the state for the way that is taken, and the group itself goes on.
 * So one number may be at several instructions at a time.
 *
 * Meeting: at 5, {0 2} with A = the number wait already when {3} arrives
 * with A unknown. They have no member in common, so arrive() leaves them
 * apart. Had {3} been a part of both, then for it the two A's would have been
 * joined to one that holds both. Thus a number is in at most one group at an
 * instruction, and no chain of diamonds doubles the work with each diamond.
 * Equal states become one group.
 *
 * Arithmetic: at 5, "and #4" of the number is not the number any more. Each
 * member of {0 2} is computed on its own, and those with the same result are
 * a group again: {0 2} with A = 0 (regroup()). If the result is one constant
 * or again the number (plus something), as with the x32 bit masked out, then
 * there is nothing to regroup. A = [0, 4] for {3}: alu() computes what is not
 * the number with intervals.
 *
 * Meeting again: at 6, {3} waits with A unknown, having come from 4. {0 2}
 * with A = 0 stay apart from it, {3} with A = [0, 4] joins it.
 *
 * Returns: at 6, {0 2} return 0 and {3} returns something: settle_set() has it
 * not constant. At 7, {1} returned ALLOW. record_set() notes the first return
 * value of a number, and compares further ones with it: the number is constant
 * if all are the same. Once two differ, nothing can make the number constant
 * again, and prune() drops it from all groups. Returns include what is not
 * written as one: a division by an X of 0 returns 0. What the last instruction
 * returns is the usual value. Whether a number has returned it is a bit, so that
 * doing so again costs a few words of a set.
 *
 * So: 0 and 2 are constant KILL_THREAD, 1 is constant ALLOW, 3 needs to run.
 *
 * Where they part: a number is in one group only until a test of something
 * else sends that group both ways. So far every run for it took the same way,
 * and diverge() notes the last instruction on that way that a run can as well
 * begin at: here 3 for number 3, since "ld" needs neither A nor what came
 * before. seccomp_trace() follows a number from there.
 *
 * With seccomp_space.whole there is one member, which stands for all numbers
 * of a range: "ld [nr]" then loads an interval that never is the number.
 *
 * Soundness
 * ---------
 *
 * A verdict is constant only if a return of the number was recorded, none of
 * another value was, and no group with that number was lost: a group ends in
 * record_set() or settle_set(), or is absorbed by one whose state holds its
 * state. Every concrete run of the filter stays within some group at each
 * instruction, so what it returns has been recorded. Whatever is over a bound,
 * cannot be allocated or is not understood ends in lose_set(), never in silence.
 *
 * Bounds
 * ------
 *
 * All passes together take ANALYZE_STEPS steps, and a pass at most GROUPS_MAX
 * groups at a time, whatever the filter. Without these bounds, a pass would take
 * up to (instructions * numbers) steps, each with a few words of a set, and up
 * to as many groups. What costs more than a step does, such as each number that
 * is computed on its own and each cell of scratch memory that is copied, is
 * counted as more. tools/testing/seccomp/worst.c has the filters that cost most.
 */

#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/filter.h>
#include <linux/hash.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "analyze.h"
#include "value.h"

/*
 * How many steps to take for one filter, all spaces and traces together. A step is
 * 60 to 130 machine instructions: one instruction for one group, one comparison of
 * two groups that meet, a set that returns. Container profiles need 1700, the
 * longest filters (4096) without arithmetic on the number ten times that.
 */
#define ANALYZE_STEPS	(10 * BPF_MAXINSNS)

/* How many steps to take before looking whether someone else wants the CPU. */
#define STEPS_BETWEEN_BREAKS	1024

/*
 * What one step is worth in numbers that are recorded or compared one by one, and
 * in cells of scratch memory that are copied, compared or joined.
 */
#define MEMBERS_PER_STEP	4
#define CELLS_PER_STEP		4

/* What a member costs that is computed on its own and put into a group. */
#define REGROUP_STEPS		2

/* What one step is worth in simple comparisons, and in words of a set. */
#define TESTS_PER_STEP		4
#define WORDS_PER_STEP		8

/* What it costs to begin a pass, in steps. */
#define PASS_STEPS		4

/*
 * Usual filters have less than ten groups at a time: eight come with the
 * analyzer (about 3 kB). The rest is allocated when a ninth is wanted: 504
 * groups of 360 bytes (64-bit), 177 kB. All in all there is one for every
 * number of a table, but for the 548 of x32, and of x86-64 beside x32.
 */
#define GROUPS_FEW	8
#define GROUPS_MANY	504
#define GROUPS_MAX	(GROUPS_FEW + GROUPS_MANY)

/*
 * With the groups, one pointer for every instruction and one bit for each that
 * there can be, an analyzer is at most 220 kB (64-bit). It is charged to the
 * caller, who may have to do without.
 */
#define ANALYZE_BYTES_MAX	(220 * 1024)
#define ANALYZE_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/* How many groups without common members to try to merge an arrival with. */
#define MERGE_TRIES	4

/* regroup() finds groups by value. Misses cost groups, not correctness. */
#define CACHE_BITS	6

#define SET_WORDS	BITS_TO_LONGS(SECCOMP_SPACE_MAX)

/* In place of an instruction: it does not go on, and it comes from several. */
#define PC_DONE		U32_MAX
#define PC_MANY		U16_MAX

/**
 * struct group - numbers that reach an instruction with the same state
 * @next: the next group that waits at the same instruction, or is free
 * @a: the accumulator
 * @x: the index register
 * @size: how many numbers are in @set, never 0 while the group waits
 * @from: the instruction that this group and all groups after it in the list come
 *	from, or PC_MANY; see arrive()
 * @cells: which elements of @mem are in use, one bit each
 * @decided: how many numbers were decided when the group was last pruned
 * @start: seccomp_verdict.start of its numbers, were they to diverge now
 * @set: the numbers, counted from the first of the space
 * @mem: scratch memory; what is not in use was never stored on some way here,
 *	and cannot be loaded then
 */
struct group {
	struct group *next;
	struct seccomp_value a;
	struct seccomp_value x;
	u16 size;
	u16 from;
	u16 cells;
	u16 decided;
	u16 start;
	unsigned long set[SET_WORDS];
	struct seccomp_value mem[BPF_MEMWORDS];
};

/**
 * struct seccomp_analyzer - a filter, and what is needed to analyze it
 * @insns: the filter
 * @len: the number of its instructions
 * @end: where they end
 * @space: the numbers in question
 * @verdicts: what is known of each
 * @no_verdict: the same in a trace, never constant
 * @visits: where seccomp_trace() notes its way, in place of @verdicts
 * @nr_visits: how many there are
 * @lost: something became of a number that is not known
 * @usual: the value that the last instruction returns, as most numbers do
 * @members: how many there are: one for each number, or one if they are whole
 * @words: how many words of a set are in use
 * @next: the first instruction where groups wait, or @len
 * @nr_pending: how many bits of @pending are set
 * @steps: how many steps were taken
 * @next_break: at how many to look around again
 * @decided: how many bits of @not_constant are set
 * @many_tried: @many was allocated, or could not be
 * @many_used: how many of @many were ever in use
 * @few_used: how many of @few were ever in use
 * @free: groups that were used before
 * @many: more groups, if @few did not suffice
 * @not_constant: the numbers that are known not to be constant
 * @returned_usual: the numbers that have returned @usual; those that were recorded
 *	one by one are not in it
 * @diverged: the numbers with more than one way through the filter
 * @pending: the instructions where groups wait
 * @cache: groups of the arithmetic result that regroup() works on
 * @few: the first groups
 * @waiting: the groups that wait at each instruction of @pending
 *
 * Between two spaces nothing is pending, and reset() makes all groups free.
 */
struct seccomp_analyzer {
	const struct sock_filter *insns;
	unsigned int len;
	const struct sock_filter *end;
	const struct seccomp_space *space;
	struct seccomp_verdict *verdicts;
	struct seccomp_verdict no_verdict;
	struct seccomp_visit *visits;
	unsigned int nr_visits;
	bool lost;
	u32 usual;
	unsigned int members;
	unsigned int words;
	unsigned int next;
	unsigned int nr_pending;
	unsigned int steps;
	unsigned int next_break;
	unsigned int decided;
	bool many_tried;
	unsigned int many_used;
	unsigned int few_used;
	struct group *free;
	struct group *many;
	unsigned long not_constant[SET_WORDS];
	unsigned long returned_usual[SET_WORDS];
	unsigned long diverged[SET_WORDS];
	unsigned long pending[BITS_TO_LONGS(BPF_MAXINSNS)];
	struct group *cache[1 << CACHE_BITS];
	struct group few[GROUPS_FEW];
	struct group *waiting[] __counted_by(len);
};

static_assert(SECCOMP_SPACE_MAX <= U16_MAX, "group.size, group.decided");
static_assert(BPF_MAXINSNS < PC_MANY, "group.from");
static_assert(BPF_MEMWORDS <= 16, "group.cells");
static_assert(sizeof(struct seccomp_analyzer) +
	      BPF_MAXINSNS * sizeof(struct group *) +
	      GROUPS_MANY * sizeof(struct group) <= ANALYZE_BYTES_MAX);

static bool exhausted(const struct seccomp_analyzer *an)
{
	return an->steps > ANALYZE_STEPS;
}

/* Memory of groups */

/* A group with nothing in it, or NULL if there are too many. */
static struct group *new_group(struct seccomp_analyzer *an)
{
	struct group *g = an->free;

	if (g) {
		an->free = g->next;
		return g;
	}
	if (an->few_used < GROUPS_FEW)
		return &an->few[an->few_used++];

	if (!an->many_tried) {
		an->many_tried = true;
		an->many = kvmalloc_array(GROUPS_MANY, sizeof(*an->many),
					  ANALYZE_GFP);
	}
	if (!an->many || an->many_used == GROUPS_MANY)
		return NULL;
	return &an->many[an->many_used++];
}

static void free_group(struct seccomp_analyzer *an, struct group *g)
{
	g->next = an->free;
	an->free = g;
}

/* Groups: their sets */

static void clear_set(const struct seccomp_analyzer *an, unsigned long *set)
{
	for (unsigned int i = 0; i < an->words; i++)
		set[i] = 0;
}

static unsigned int count(const struct seccomp_analyzer *an,
			  const unsigned long *set)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < an->words; i++)
		n += hweight_long(set[i]);
	return n;
}

static bool meet(const struct seccomp_analyzer *an, const struct group *g,
		 const struct group *h)
{
	for (unsigned int i = 0; i < an->words; i++) {
		if (g->set[i] & h->set[i])
			return true;
	}
	return false;
}

static void set_numbers(const struct seccomp_analyzer *an, struct group *g,
			const unsigned long *set)
{
	for (unsigned int i = 0; i < an->words; i++)
		g->set[i] = set[i];
	g->size = count(an, g->set);
}

static void add_numbers(const struct seccomp_analyzer *an, struct group *g,
			const unsigned long *set)
{
	for (unsigned int i = 0; i < an->words; i++)
		g->set[i] |= set[i];
	g->size = count(an, g->set);
}

static void drop_numbers(const struct seccomp_analyzer *an, struct group *g,
			 const unsigned long *set)
{
	for (unsigned int i = 0; i < an->words; i++)
		g->set[i] &= ~set[i];
	g->size = count(an, g->set);
}

static void drop_number(struct group *g, unsigned int i)
{
	__clear_bit(i, g->set);
	g->size--;
}

static void put_number(struct group *g, unsigned int i)
{
	__set_bit(i, g->set);
	g->size++;
}

/* No verdict can change any more: what was decided needs no following. */
static void prune(const struct seccomp_analyzer *an, struct group *g)
{
	if (g->decided == an->decided)
		return;
	drop_numbers(an, g, an->not_constant);
	g->decided = an->decided;
}

/* Groups: their states */

static void spend_cells(struct seccomp_analyzer *an, u16 cells)
{
	an->steps += 1 + hweight16(cells) / CELLS_PER_STEP;
}

#define for_each_cell(i, cells, rest)					\
	for ((rest) = (cells);						\
	     (rest) && ((i) = __ffs(rest), true); (rest) &= (rest) - 1)

static void copy_state(struct seccomp_analyzer *an, struct group *to,
		       const struct group *from)
{
	unsigned long rest;
	unsigned int i;

	spend_cells(an, from->cells);
	to->a = from->a;
	to->x = from->x;
	to->cells = from->cells;
	to->decided = from->decided;
	to->start = from->start;
	for_each_cell(i, from->cells, rest)
		to->mem[i] = from->mem[i];
}

static bool same_state(struct seccomp_analyzer *an, const struct group *g,
		       const struct group *h)
{
	unsigned long rest;
	unsigned int i;

	if (!seccomp_value_equal(g->a, h->a) ||
	    !seccomp_value_equal(g->x, h->x) || g->cells != h->cells)
		return false;
	spend_cells(an, g->cells);
	for_each_cell(i, g->cells, rest) {
		if (!seccomp_value_equal(g->mem[i], h->mem[i]))
			return false;
	}
	return true;
}

/* Make the state of @g hold that of @h too. */
static void join_state(struct group *g, const struct group *h)
{
	unsigned long rest;
	unsigned int i;

	g->a = seccomp_value_join(g->a, h->a);
	g->x = seccomp_value_join(g->x, h->x);
	g->cells &= h->cells;
	for_each_cell(i, g->cells, rest)
		g->mem[i] = seccomp_value_join(g->mem[i], h->mem[i]);
}

/* Verdicts */

/* A loop in a loop: "break" leaves only the numbers of the same word. */
#define for_each_number(i, an, numbers)					\
	for (unsigned int w__ = 0; w__ < (an)->words; w__++)		\
		for (unsigned long rest__ = (numbers)[w__];		\
		     rest__ && ((i) = w__ * BITS_PER_LONG + __ffs(rest__), true); \
		     rest__ &= rest__ - 1)

/*
 * Number @i is not constant, and can never be again. In a trace, number 0 is marked
 * so beforehand without being counted: nothing is recorded of it then, and prune()
 * does not drop it.
 */
static void settle(struct seccomp_analyzer *an, unsigned int i)
{
	if (__test_and_set_bit(i, an->not_constant))
		return;
	an->decided++;
	an->verdicts[i].constant = false;
}

static void settle_word(struct seccomp_analyzer *an, unsigned int w, unsigned long which)
{
	for (which &= ~an->not_constant[w]; which; which &= which - 1)
		settle(an, w * BITS_PER_LONG + __ffs(which));
}

static void settle_set(struct seccomp_analyzer *an, const unsigned long *set)
{
	for (unsigned int w = 0; w < an->words; w++)
		settle_word(an, w, set[w]);
}

/* What becomes of @set, in some runs at least, is not known. */
static void lose_set(struct seccomp_analyzer *an, const unsigned long *set)
{
	an->lost = true;
	settle_set(an, set);
}

/* Number @i may return @ret. */
static inline void record(struct seccomp_analyzer *an, unsigned int i, u32 ret)
{
	struct seccomp_verdict *v = &an->verdicts[i];

	if (v->constant) {
		if (v->ret != ret)
			settle(an, i);
	} else if (!test_bit(i, an->not_constant)) {
		v->ret = ret;
		v->constant = true;
	}
}

/*
 * The numbers @set may return @ret. Those that are known to have returned the usual
 * value are done with in a few words. In a pass, a number gets there once and has
 * its first value recorded once, so that only repeated records count as steps.
 */
static void record_set(struct seccomp_analyzer *an, const unsigned long *set, u32 ret)
{
	unsigned int i, again = 0;

	for (unsigned int w = 0; w < an->words; w++) {
		unsigned long rest = set[w] & ~an->not_constant[w];

		if (ret != an->usual)
			settle_word(an, w, rest & an->returned_usual[w]);
		rest &= ~an->returned_usual[w];
		if (ret == an->usual)
			an->returned_usual[w] |= rest;
		for (; rest; rest &= rest - 1) {
			i = w * BITS_PER_LONG + __ffs(rest);
			again += an->verdicts[i].constant;
			record(an, i, ret);
		}
	}
	an->steps += 1 + an->words / WORDS_PER_STEP + again / MEMBERS_PER_STEP;
}

/* From here on, the numbers of @g have more than one way through the filter. */
static void diverge(struct seccomp_analyzer *an, struct group *g)
{
	for (unsigned int w = 0; w < an->words; w++) {
		unsigned long rest = g->set[w] & ~an->diverged[w];

		an->diverged[w] |= rest;
		for (; rest; rest &= rest - 1)
			an->verdicts[w * BITS_PER_LONG + __ffs(rest)].start = g->start;
	}
	an->steps += an->words / WORDS_PER_STEP;
	/* Means nothing from now on. Let those that meet be the same. */
	g->start = 0;
}

/* Is the value known for each number on its own? */
static bool known_by_number(struct seccomp_value v)
{
	return v.nr || seccomp_value_is_const(v);
}

/* What the value is for number @i. */
static struct seccomp_value member(struct seccomp_value v, unsigned int i)
{
	return v.nr ? seccomp_value_const(v.min + i) : v;
}

/* "ret A" */
static void record_a(struct seccomp_analyzer *an, struct group *g)
{
	unsigned int i;

	if (!known_by_number(g->a)) {
		diverge(an, g);
		settle_set(an, g->set);
	} else if (!g->a.nr) {
		record_set(an, g->set, g->a.min);
	} else {
		an->steps += g->size / MEMBERS_PER_STEP;
		for_each_number(i, an, g->set)
			record(an, i, g->a.min + i);
	}
}

static void give_up(struct seccomp_analyzer *an, struct group *g)
{
	lose_set(an, g->set);
	free_group(an, g);
}

/* Meeting */

/*
 * The numbers that the arriving @g has in common with @h, which waits at
 * @list, now have both states: let them go on with one that holds both. They
 * are not in @g any more afterwards. See DOC: Theory of Operation.
 */
static void join_common(struct seccomp_analyzer *an, struct group **list,
			struct group *h, struct group *g)
{
	unsigned long common[SET_WORDS];
	struct group *both;

	if (same_state(an, g, h)) {
		drop_numbers(an, g, h->set);
		return;
	}

	for (unsigned int i = 0; i < an->words; i++)
		common[i] = g->set[i] & h->set[i];

	drop_numbers(an, g, common);
	spend_cells(an, g->cells);
	if (count(an, common) == h->size) {
		join_state(h, g);
		return;
	}

	both = new_group(an);
	if (!both) {
		/* h's own bits go when it is pruned, at its next turn. */
		lose_set(an, common);
		return;
	}
	drop_numbers(an, h, common);
	copy_state(an, both, h);
	join_state(both, g);
	set_numbers(an, both, common);
	both->from = PC_MANY;
	both->next = *list;
	*list = both;
}

/*
 * Look for a waiting group that has the state of @g, of at most @tries groups,
 * and put the numbers of @g in there.
 */
static bool merge(struct seccomp_analyzer *an, struct group *list,
		  struct group *g, unsigned int tries)
{
	unsigned int nr = 0;

	for (struct group *h = list; h && nr < tries; h = h->next, nr++) {
		if (!same_state(an, g, h))
			continue;
		an->steps += nr / TESTS_PER_STEP;
		/* The set grew: numbers decided long ago may be among them. */
		h->decided = min(h->decided, g->decided);
		if (h->start != g->start)
			h->start = 0;
		add_numbers(an, h, g->set);
		free_group(an, g);
		return true;
	}
	an->steps += nr / TESTS_PER_STEP;
	return false;
}

/*
 * Is this "ret #k", and all there is to do about it? Not past the end, whatever
 * the checker lets pass. A trace has it visited.
 */
static bool returns(const struct seccomp_analyzer *an, const struct sock_filter *insn)
{
	return insn < an->end && insn->code == (BPF_RET | BPF_K) && !an->visits;
}

/*
 * Let @g, which comes from @from, wait at @pc. Groups that wait at the same
 * instruction never have a number in common. Those from one instruction have none
 * to begin with: there they were apart, and an instruction sends a number to each of
 * its targets once. So only a group from another instruction than those that wait has
 * to be compared with them, and all later ones with it. PC_MANY for @from is
 * always right.
 */
static void arrive(struct seccomp_analyzer *an, struct group *g,
		   unsigned int pc, u16 from)
{
	struct group **list, *h, *next;
	unsigned int tries = MERGE_TRIES;

	/* The checker refuses that, but is too far away to be relied on. */
	if (pc >= an->len) {
		give_up(an, g);
		return;
	}

	/* Most jumps go to a return. Nothing needs to wait there. */
	if (returns(an, an->insns + pc)) {
		record_set(an, g->set, an->insns[pc].k);
		free_group(an, g);
		return;
	}

	if (exhausted(an)) {
		give_up(an, g);
		return;
	}

	an->steps++;
	list = &an->waiting[pc];
	g->from = from;
	if (!__test_and_set_bit(pc, an->pending)) {
		an->nr_pending++;
		*list = NULL;
		if (pc < an->next)
			an->next = pc;
	} else if (from == PC_MANY || (*list)->from != from) {
		(*list)->from = PC_MANY;
		g->from = PC_MANY;
		tries = GROUPS_MAX;
		for (h = *list; h; h = next) {
			next = h->next;
			an->steps += 1 + an->words / WORDS_PER_STEP;
			if (!meet(an, g, h))
				continue;
			join_common(an, list, h, g);
			if (!g->size) {
				free_group(an, g);
				return;
			}
		}
	}

	if (merge(an, *list, g, tries))
		return;
	g->next = *list;
	*list = g;
}

/* Jumps */

/*
 * A group that shall go to @pc with the state of @g. NULL if there is none to
 * be had; the caller then has to settle its numbers.
 */
static struct group *copy_group(struct seccomp_analyzer *an,
				const struct group *g)
{
	struct group *h = new_group(an);

	if (h)
		copy_state(an, h, g);
	return h;
}

/*
 * Let the numbers @set, which @g has, go to @pc with the state of @g. What
 * becomes of those in @g is up to the caller.
 */
static void branch_off(struct seccomp_analyzer *an, const struct group *g,
		       const unsigned long *set, unsigned int pc, u16 from)
{
	struct group *h;

	if (returns(an, an->insns + pc)) {
		record_set(an, set, an->insns[pc].k);
		return;
	}

	h = copy_group(an, g);
	if (!h) {
		lose_set(an, set);
		return;
	}
	an->steps += an->words / WORDS_PER_STEP;
	set_numbers(an, h, set);
	if (h->size)
		arrive(an, h, pc, from);
	else
		free_group(an, h);
}

/* The same for number @i, if @g has it, which it has no more afterwards. */
static void branch_off_number(struct seccomp_analyzer *an, struct group *g,
			      unsigned int i, unsigned int pc, u16 from)
{
	struct group *h;

	if (!test_bit(i, g->set))
		return;
	drop_number(g, i);

	/* Not in a trace, where no value is the number: nothing is lost. */
	h = copy_group(an, g);
	if (!h) {
		settle(an, i);
		return;
	}
	clear_set(an, h->set);
	h->size = 0;
	put_number(h, i);
	arrive(an, h, pc, from);
}

/* All numbers of @g from the one that is counted @first on. */
static void numbers_from(const struct seccomp_analyzer *an, unsigned long *set,
			 const struct group *g, u32 first)
{
	for (u32 i = 0; i < an->words; i++) {
		set[i] = g->set[i];
		if (i < BIT_WORD(first))
			set[i] = 0;
		else if (i == BIT_WORD(first))
			set[i] &= BITMAP_FIRST_WORD_MASK(first);
	}
}

/*
 * The numbers of @g for which the comparison is true, given that it is decided
 * for each by its number, but not the same for all.
 */
static void split(struct seccomp_analyzer *an, unsigned long *set,
		  const struct group *g, u16 op, struct seccomp_value a,
		  struct seccomp_value b)
{
	unsigned int i;

	/*
	 * Not the same for all, so that the constant is within the interval.
	 * This keeps the differences below small.
	 */
	if (op == BPF_JGE && !b.nr) {
		numbers_from(an, set, g, b.min - a.min);
		return;
	}
	if (op == BPF_JGT && !b.nr) {
		numbers_from(an, set, g, b.min - a.min + 1);
		return;
	}

	clear_set(an, set);
	an->steps += g->size / MEMBERS_PER_STEP;
	for_each_number(i, an, g->set) {
		u32 left = a.nr ? a.min + i : a.min, right = b.nr ? b.min + i : b.min;

		if (op == BPF_JSET ? left & right : op == BPF_JGE ? left >= right : left > right)
			__set_bit(i, set);
	}
}

/* What is known of the jump that was visited last. */
static void note_outcome(struct seccomp_analyzer *an, enum seccomp_outcome outcome)
{
	if (an->visits)
		an->visits[an->nr_visits - 1].outcome = outcome;
}

/* A conditional jump at @pc: returns where @g goes on, or PC_DONE. */
static unsigned int jump(struct seccomp_analyzer *an, struct group *g,
			 unsigned int pc, struct seccomp_value b)
{
	const struct sock_filter *insn = &an->insns[pc];
	unsigned int taken = pc + 1 + insn->jt;
	unsigned int other = pc + 1 + insn->jf;
	u16 op = BPF_OP(insn->code);
	struct seccomp_value a = g->a;
	unsigned long set[SET_WORDS];
	enum seccomp_outcome outcome;

	/* Else the same numbers would get there twice from here, see arrive(). */
	if (taken == other) {
		note_outcome(an, SECCOMP_NEVER);
		return other;
	}

	outcome = seccomp_value_compare(op, a, b);
	an->steps++;
	note_outcome(an, outcome);
	switch (outcome) {
	case SECCOMP_ALWAYS:
		return taken;
	case SECCOMP_NEVER:
		return other;
	case SECCOMP_MAYBE:
		break;
	}

	if (!known_by_number(a) || !known_by_number(b)) {
		diverge(an, g);
		branch_off(an, g, g->set, taken, pc);
		return other;
	}

	/* One of the two is the number: else it would not be maybe. */
	if (op == BPF_JEQ) {
		branch_off_number(an, g, a.nr ? b.min - a.min : a.min - b.min,
				  taken, pc);
		return other;
	}

	an->steps += 2 * (an->words / WORDS_PER_STEP);
	split(an, set, g, op, a, b);
	branch_off(an, g, set, taken, pc);
	drop_numbers(an, g, set);
	return other;
}

/*
 * The part of a filter that most of the time goes to: a row of "jeq #k" with
 * the same A, where no test is true for anyone, or leads to a return. Goes
 * through them from @pc until something else comes, or until @stop, and
 * returns the instruction where @g is then. The set is empty if all have
 * returned on the way. @g has been pruned.
 */
static unsigned int skip_tests(struct seccomp_analyzer *an, struct group *g,
			       unsigned int pc, unsigned int stop)
{
	const struct sock_filter *const start = an->insns + pc;
	const struct sock_filter *const end = an->insns + stop;
	const struct sock_filter *insn = start, *to;
	const u32 min = g->a.min;
	const u32 width = g->a.max - min;
	const bool nr = g->a.nr;
	u32 i;

	for (; insn < end && insn->code == (BPF_JMP | BPF_JEQ | BPF_K);
	     insn += 1 + insn->jf) {
		i = insn->k - min;
		if (i > width)
			continue;

		/* Within the interval, only the set can tell. */
		if (!nr)
			break;
		if (!test_bit(i, g->set))
			continue;
		to = insn + 1 + insn->jt;
		if (!returns(an, to))
			break;
		record(an, i, to->k);
		drop_number(g, i);
		if (!g->size)
			break;
	}

	an->steps += (insn - start) / TESTS_PER_STEP;
	return insn - an->insns;
}

/* Arithmetic */

/*
 * A becomes A @op @b, where both are known for each number on its own. The
 * groups arrive at the instruction after @pc.
 */
static void regroup(struct seccomp_analyzer *an, struct group *g, u16 op,
		    struct seccomp_value b, unsigned int pc)
{
	struct seccomp_value rest = seccomp_value_alu(op, g->a, b);
	struct group *results = NULL, *h, *next;
	unsigned int i;

	an->steps += g->size * REGROUP_STEPS;
	memset(an->cache, 0, sizeof(an->cache));

	for_each_number(i, an, g->set) {
		struct seccomp_value v = seccomp_value_alu(op, member(g->a, i),
							   member(b, i));
		struct group **found = &an->cache[hash_32(v.min, CACHE_BITS)];

		h = *found;
		if (!h || !seccomp_value_equal(h->a, v)) {
			h = new_group(an);
			/* Those without a group keep the interval in common. */
			if (!h)
				continue;
			copy_state(an, h, g);
			h->a = v;
			h->size = 0;
			clear_set(an, h->set);
			h->next = results;
			results = h;
			*found = h;
		}
		put_number(h, i);
		drop_number(g, i);
	}

	for (h = results; h; h = next) {
		next = h->next;
		arrive(an, h, pc + 1, pc);
	}
	if (g->size) {
		g->a = rest;
		arrive(an, g, pc + 1, pc);
	} else {
		free_group(an, g);
	}
}

/*
 * A division by X returns 0 from the filter where X is 0. The set of @g is empty
 * afterwards if that is always so.
 */
static void divide_by_zero(struct seccomp_analyzer *an, struct group *g)
{
	if (g->x.min)
		return;

	record_set(an, g->set, 0);
	if (g->x.max) {
		diverge(an, g);
	} else {
		clear_set(an, g->set);
		g->size = 0;
	}
}

/* Returns where @g goes on, or PC_DONE if it does so elsewhere. */
static unsigned int alu(struct seccomp_analyzer *an, struct group *g,
			unsigned int pc, struct seccomp_value b)
{
	u16 op = BPF_OP(an->insns[pc].code);
	struct seccomp_value v = seccomp_value_alu(op, g->a, b);

	an->steps++;
	if ((g->a.nr || b.nr) && known_by_number(g->a) && known_by_number(b) &&
	    !known_by_number(v)) {
		regroup(an, g, op, b, pc);
		return PC_DONE;
	}
	g->a = v;
	return pc + 1;
}

/* Loads */

/* Does the number alone decide what is loaded from here? */
static bool by_number(u32 k)
{
	return k == offsetof(struct seccomp_data, nr) ||
	       k == offsetof(struct seccomp_data, arch);
}

static struct seccomp_value load_data(const struct seccomp_analyzer *an, u32 k)
{
	const struct seccomp_space *s = an->space;

	switch (k) {
	case offsetof(struct seccomp_data, nr):
		if (s->whole)
			return seccomp_value_range(s->first, s->last);
		return seccomp_value_number(s->first, s->last);
	case offsetof(struct seccomp_data, arch):
		return seccomp_value_const(s->arch);
	default:
		return seccomp_value_unknown();
	}
}

static struct seccomp_value load_cell(const struct group *g, u32 k)
{
	if (k < BPF_MEMWORDS && g->cells & BIT(k))
		return g->mem[k];
	return seccomp_value_unknown();
}

static void store_cell(struct group *g, u32 k, struct seccomp_value v)
{
	if (k >= BPF_MEMWORDS)
		return;
	g->cells |= BIT(k);
	g->mem[k] = v;
}

/*
 * What the instruction at @pc does to @g. Returns where @g goes on, or PC_DONE
 * if it does not. The set may be empty if it does.
 */
static unsigned int step(struct seccomp_analyzer *an, struct group *g,
			 unsigned int pc)
{
	const struct sock_filter *insn = &an->insns[pc];
	struct seccomp_value k = seccomp_value_const(insn->k);

	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		/* A is not read here, and the rest is as it was at first. */
		if (!g->x.max && !g->cells && !by_number(insn->k))
			g->start = pc;
		g->a = load_data(an, insn->k);
		return pc + 1;
	case BPF_LD | BPF_W | BPF_LEN:
		g->a = seccomp_value_const(sizeof(struct seccomp_data));
		return pc + 1;
	case BPF_LDX | BPF_W | BPF_LEN:
		g->x = seccomp_value_const(sizeof(struct seccomp_data));
		return pc + 1;
	case BPF_LD | BPF_IMM:
		g->a = k;
		return pc + 1;
	case BPF_LDX | BPF_IMM:
		g->x = k;
		return pc + 1;
	case BPF_LD | BPF_MEM:
		g->a = load_cell(g, insn->k);
		return pc + 1;
	case BPF_LDX | BPF_MEM:
		g->x = load_cell(g, insn->k);
		return pc + 1;
	case BPF_ST:
		store_cell(g, insn->k, g->a);
		return pc + 1;
	case BPF_STX:
		store_cell(g, insn->k, g->x);
		return pc + 1;
	case BPF_MISC | BPF_TAX:
		g->x = g->a;
		return pc + 1;
	case BPF_MISC | BPF_TXA:
		g->a = g->x;
		return pc + 1;

	case BPF_RET | BPF_K:
		record_set(an, g->set, insn->k);
		free_group(an, g);
		return PC_DONE;
	case BPF_RET | BPF_A:
		record_a(an, g);
		free_group(an, g);
		return PC_DONE;

	case BPF_JMP | BPF_JA:
		/* Compared, not added: k has 32 bits. */
		if (insn->k >= an->len - pc - 1)
			break;
		return pc + 1 + insn->k;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
		return jump(an, g, pc, k);
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_X:
		return jump(an, g, pc, g->x);

	case BPF_ALU | BPF_DIV | BPF_X:
		divide_by_zero(an, g);
		if (!g->size)
			return pc + 1;
		return alu(an, g, pc, g->x);
	case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_X:
	case BPF_ALU | BPF_RSH | BPF_X:
		return alu(an, g, pc, g->x);
	case BPF_ALU | BPF_DIV | BPF_K:
	case BPF_ALU | BPF_ADD | BPF_K:
	case BPF_ALU | BPF_SUB | BPF_K:
	case BPF_ALU | BPF_MUL | BPF_K:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
	case BPF_ALU | BPF_NEG:
		return alu(an, g, pc, k);
	}

	/* Nothing that the checker lets pass. Know nothing about it. */
	give_up(an, g);
	return PC_DONE;
}

/* The pass */

/* Something to do now and then. Returns -EINTR if there is no point going on. */
static int look_around(struct seccomp_analyzer *an)
{
	an->next_break = an->steps + STEPS_BETWEEN_BREAKS;
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/*
 * Follow @g from @pc on. If it is @alone, no other group will come to any
 * instruction before an->next, and it goes on that far without being put down.
 * If not, it takes one step.
 */
static int follow(struct seccomp_analyzer *an, struct group *g,
		  unsigned int pc, bool alone)
{
	unsigned int start = pc;

	for (;;) {
		unsigned int stop = alone ? an->next : start + 1;

		if (an->steps >= an->next_break) {
			int err = look_around(an);

			if (err)
				return err;
		}

		prune(an, g);
		if (g->size && !an->visits)
			pc = skip_tests(an, g, pc, stop);
		if (!g->size) {
			free_group(an, g);
			return 0;
		}
		if (exhausted(an)) {
			give_up(an, g);
			return 0;
		}
		if (pc >= stop)
			break;

		an->steps++;
		if (an->visits)
			an->visits[an->nr_visits++] = (struct seccomp_visit){
				.pc = pc,
				.outcome = SECCOMP_MAYBE,
			};
		pc = step(an, g, pc);
		if (pc == PC_DONE)
			return 0;
	}

	/* With others, @g did not go on after @start, but they come from there. */
	arrive(an, g, pc, alone ? PC_MANY : start);
	return 0;
}

static int run(struct seccomp_analyzer *an)
{
	while (an->next < an->len) {
		unsigned int pc = an->next;
		struct group *list = an->waiting[pc];

		__clear_bit(pc, an->pending);
		/* Else all words up to the end would be looked at. */
		an->next = --an->nr_pending ? find_next_bit(an->pending, an->len, pc + 1) :
					      an->len;
		if (an->nr_pending)
			an->steps += BIT_WORD(an->next - pc) / WORDS_PER_STEP;

		while (list) {
			struct group *g = list;
			int err;

			list = g->next;
			err = follow(an, g, pc, !list);
			if (err)
				return err;
		}
	}
	return 0;
}

/* How many members a space has, or -EINVAL. */
static int members(const struct seccomp_space *space)
{
	if (space->first > space->last)
		return -EINVAL;
	if (space->whole)
		return 1;
	if (space->last - space->first >= SECCOMP_SPACE_MAX)
		return -EINVAL;
	return space->last - space->first + 1;
}

/* Begin with @space, and forget everything about the last one, however it ended. */
static void reset(struct seccomp_analyzer *an, const struct seccomp_space *space)
{
	an->space = space;
	an->members = members(space);
	an->words = BITS_TO_LONGS(an->members);
	an->free = NULL;
	an->few_used = 0;
	an->many_used = 0;
	an->decided = 0;
	an->next = an->len;
	an->nr_pending = 0;
	an->lost = false;
	bitmap_zero(an->not_constant, SECCOMP_SPACE_MAX);
	bitmap_zero(an->returned_usual, SECCOMP_SPACE_MAX);
	bitmap_zero(an->diverged, SECCOMP_SPACE_MAX);
}

/* Let all numbers of the space begin at @pc as a filter begins, and follow them. */
static int run_all(struct seccomp_analyzer *an, unsigned int pc)
{
	struct group *g;
	int err;

	an->steps += PASS_STEPS;
	g = new_group(an);
	g->a = seccomp_value_const(0);
	g->x = seccomp_value_const(0);
	g->cells = 0;
	g->decided = 0;
	g->start = 0;
	g->size = an->members;
	clear_set(an, g->set);
	bitmap_set(g->set, 0, an->members);
	arrive(an, g, pc, PC_MANY);

	err = run(an);
	if (err)
		bitmap_zero(an->pending, an->len);
	return err;
}

/**
 * seccomp_analyzer_alloc - make what is needed to analyze one filter
 * @insns: the filter as user space gave it, accepted by bpf_check_classic()
 *	and by seccomp_check_filter() but not yet changed by the latter. It has
 *	to stay until seccomp_analyzer_free().
 * @len: the number of its instructions
 *
 * The memory is charged to the caller. It is not needed badly enough to have
 * anyone killed for it.
 *
 * Context: Process context, may sleep. Takes no locks.
 *
 * Return: The analyzer, to use for any number of spaces one after another, or
 * NULL if there is no memory for it or if @len is none that a filter can have.
 */
struct seccomp_analyzer *
seccomp_analyzer_alloc(const struct sock_filter *insns, unsigned int len)
{
	struct seccomp_analyzer *an;

	if (!len || len > BPF_MAXINSNS)
		return NULL;
	an = kvmalloc(struct_size(an, waiting, len), ANALYZE_GFP);
	if (!an)
		return NULL;
	an->len = len;
	an->insns = insns;
	an->end = insns + len;
	an->usual = insns[len - 1].k;
	an->no_verdict = (struct seccomp_verdict){ };
	an->steps = 0;
	an->next_break = STEPS_BETWEEN_BREAKS;
	an->many = NULL;
	an->many_tried = false;
	bitmap_zero(an->pending, len);
	return an;
}

/**
 * seccomp_analyzer_starved - test if verdicts are missing for want of memory
 * @an: the analyzer, or NULL if there was no memory for it
 *
 * Return: true if, with more memory, more might be known.
 */
bool seccomp_analyzer_starved(const struct seccomp_analyzer *an)
{
	return !an || (an->many_tried && !an->many);
}

/**
 * seccomp_analyzer_free - free an analyzer
 * @an: the analyzer, or NULL
 *
 * Context: Process context, may sleep. Takes no locks.
 */
void seccomp_analyzer_free(struct seccomp_analyzer *an)
{
	if (!an)
		return;
	kvfree(an->many);
	kvfree(an);
}

/**
 * seccomp_analyzer_spend - count work that is done elsewhere
 * @an: the analyzer
 * @steps: the work, in steps of the analysis
 *
 * What is made of a trace is bounded by bounding all of them together.
 *
 * Return: true if there are so many steps left; false if not, with none left
 * from now on.
 */
bool seccomp_analyzer_spend(struct seccomp_analyzer *an, unsigned int steps)
{
	an->steps = min(an->steps + steps, ANALYZE_STEPS + 1);
	return !exhausted(an);
}

/**
 * seccomp_analyzer_steps - how much work was it so far?
 * @an: the analyzer
 *
 * For tests, and for those who want to know what a filter costs to analyze.
 *
 * Return: The number of steps; see ANALYZE_STEPS.
 */
unsigned int seccomp_analyzer_steps(const struct seccomp_analyzer *an)
{
	return an->steps;
}

/**
 * seccomp_analyze - find what a filter returns for the numbers of a space
 * @an: the filter's analyzer, or NULL if there was no memory for it
 * @space: the numbers
 * @verdicts: one for each number in their order, or only one if they are whole
 *
 * A verdict that is constant is what every run of the filter returns for that
 * number (for all numbers of the range, if they are whole). Verdicts are not
 * constant where they depend on anything else, and where finding out would
 * have taken more time or memory than is allowed. See DOC: Theory of Operation.
 *
 * Context: Process context, may sleep. Takes no locks. The caller sees to it
 * that nobody else uses @an.
 *
 * Return: 0, or -EINTR if a fatal signal is pending, in which case no verdict
 * is constant. -EINVAL if the space is none, with nothing written to @verdicts.
 */
int seccomp_analyze(struct seccomp_analyzer *an,
		    const struct seccomp_space *space,
		    struct seccomp_verdict *verdicts)
{
	int nr = members(space), err;

	if (nr < 0)
		return nr;
	memset(verdicts, 0, nr * sizeof(*verdicts));
	if (!an || exhausted(an))
		return 0;

	reset(an, space);
	an->verdicts = verdicts;
	an->visits = NULL;
	err = run_all(an, 0);
	if (err)
		memset(verdicts, 0, nr * sizeof(*verdicts));
	return err;
}

/**
 * seccomp_trace - find which instructions runs come to, from one on
 * @an: the filter's analyzer
 * @space: the numbers, either only one or whole
 * @start: seccomp_verdict.start of them
 * @visits: where to write the instructions, in their order; there must be room
 *	for all from @start on
 *
 * Every run of the filter for one of the numbers, from @start on, comes to no
 * other instructions than these, and a jump goes only where its outcome says.
 * This counts for the same bound on work as seccomp_analyze().
 *
 * Context: Process context, may sleep. Takes no locks. The caller sees to it
 * that nobody else uses @an.
 *
 * Return: The number of visits; -E2BIG if it would have taken more work or
 * memory than is allowed; -EINTR if a fatal signal is pending; -EINVAL if
 * the space or @start is none.
 */
int seccomp_trace(struct seccomp_analyzer *an, const struct seccomp_space *space,
		  unsigned int start, struct seccomp_visit *visits)
{
	int err;

	if (start >= an->len || members(space) != 1)
		return -EINVAL;
	if (exhausted(an))
		return -E2BIG;

	reset(an, space);
	/* There is no verdict to find: see settle() and diverge(). */
	__set_bit(0, an->not_constant);
	__set_bit(0, an->diverged);
	an->verdicts = &an->no_verdict;
	an->visits = visits;
	an->nr_visits = 0;
	err = run_all(an, start);
	if (err)
		return err;
	if (an->lost)
		return -E2BIG;
	return an->nr_visits;
}
