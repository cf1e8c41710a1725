// SPDX-License-Identifier: GPL-2.0
/* The constant actions of a filter and its ancestors, by system call */

/**
 * DOC: Action tables
 *
 * A filter's table has a slot for each number of each system call table that
 * the architecture has, and for each range of numbers that is left over. The
 * slot says what the whole stack, from this filter to its oldest ancestor,
 * does to every call of that number; or that it depends on more than the
 * number, and that the filters have to run.
 *
 * A table is made when its filter is attached, of the filter's own verdicts
 * and the parent's table. So an attach costs the same at any depth, and a
 * look-up does not know of depth at all. It never changes afterwards, and
 * lives as long as its filter. The filters that it names are its own and
 * ancestors of that, which its own holds.
 *
 * Two filters, and what becomes of four numbers::
 *
 *	filter		39 getpid   41 socket   59 execve   165 mount
 *	the newer	ALLOW	    ALLOW	ERRNO(1)    ERRNO(1)
 *	its parent	ALLOW	    (argument)	ERRNO(38)   KILL_PROCESS
 *	its table	ALLOW	    run them	ERRNO(1)    KILL_PROCESS
 *			nobody's		the newer's the parent's
 *
 * The smallest action wins, and the newest filter of those that agree on it,
 * with its data. That is the rule of seccomp_run_filters(), which goes through
 * the filters one after the other and keeps only what it has so far. To do so
 * from the oldest on, as the tables do, gives the same.
 */

#include <linux/array_size.h>
#include <linux/audit.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/nospec.h>
#include <linux/seccomp.h>
#include <linux/seccomp_entry.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "action_table.h"
#include "analyze.h"

/* Charged to the caller, and not needed badly enough to have anyone killed. */
#define TABLE_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/*
 * seccomp.action_tables=0 has filters attached as if there were no tables, see
 * Documentation/admin-guide/kernel-parameters.txt. A parameter of the kernel,
 * so that all filters of a stack have a table or none has.
 */
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "seccomp."
bool seccomp_action_tables __ro_after_init = true;
module_param_named(action_tables, seccomp_action_tables, bool, 0444);

/* Numbers and slots */

/*
 * What the system call tables leave over of an architecture's numbers is in
 * five ranges: a quarter of all numbers each, since filters ask for bits 30
 * and 31, and the very last number, which tracers use to skip a call.
 */
#define QUARTERS	4
#define QUARTER_BITS	30
#define RANGES		(QUARTERS + 1)
#define QUARTER(n)	((u32)(n) << QUARTER_BITS)
#define LAST_NR		U32_MAX

enum {
	SLOT_NATIVE	= 0,
	SLOT_NATIVE_RANGES = SLOT_NATIVE + SECCOMP_ARCH_NATIVE_NR,
	SLOT_COMPAT	= SLOT_NATIVE_RANGES + RANGES,
#ifdef SECCOMP_ARCH_COMPAT
	SLOT_COMPAT_RANGES = SLOT_COMPAT + SECCOMP_ARCH_COMPAT_NR,
	SLOT_X32	= SLOT_COMPAT_RANGES + RANGES,
#else
	SLOT_X32	= SLOT_COMPAT,
#endif
#ifdef SECCOMP_ARCH_X32_NR
	SLOTS		= SLOT_X32 + SECCOMP_ARCH_X32_NR,
#else
	SLOTS		= SLOT_X32,
#endif
};

/* Where the second quarter of the native numbers begins to be left over. */
#ifdef SECCOMP_ARCH_X32_NR
#define NATIVE_QUARTER_1	(SECCOMP_ARCH_X32_BIT + SECCOMP_ARCH_X32_NR)
#else
#define NATIVE_QUARTER_1	QUARTER(1)
#endif

/**
 * struct window - numbers with consecutive slots
 * @name: what /proc calls them
 * @base: what is taken off the number to be shown there
 * @slot: the first slot
 * @space: the numbers
 */
struct window {
	const char *name;
	u32 base;
	unsigned int slot;
	struct seccomp_space space;
};

#define TABLE(abi, slot, arch_, first_, nr)				\
	{ abi, first_, slot, { .arch = arch_, .first = first_, .last = (first_) + (nr) - 1 } }
#define RANGE(abi, slot, arch_, first_, last_)				\
	{ abi, 0, slot, { .arch = arch_, .first = first_, .last = last_, .whole = true } }
#define REST(abi, slot, arch, quarter_0, quarter_1)			\
	RANGE(abi, (slot) + 0, arch, quarter_0, QUARTER(1) - 1),	\
	RANGE(abi, (slot) + 1, arch, quarter_1, QUARTER(2) - 1),	\
	RANGE(abi, (slot) + 2, arch, QUARTER(2), QUARTER(3) - 1),	\
	RANGE(abi, (slot) + 3, arch, QUARTER(3), LAST_NR - 1),		\
	RANGE(abi, (slot) + 4, arch, LAST_NR, LAST_NR)

/* In the order of the slots. */
static const struct window windows[] = {
	TABLE(SECCOMP_ARCH_NATIVE_NAME, SLOT_NATIVE, SECCOMP_ARCH_NATIVE,
	      0, SECCOMP_ARCH_NATIVE_NR),
	REST(SECCOMP_ARCH_NATIVE_NAME, SLOT_NATIVE_RANGES, SECCOMP_ARCH_NATIVE,
	     SECCOMP_ARCH_NATIVE_NR, NATIVE_QUARTER_1),
#ifdef SECCOMP_ARCH_COMPAT
	TABLE(SECCOMP_ARCH_COMPAT_NAME, SLOT_COMPAT, SECCOMP_ARCH_COMPAT,
	      0, SECCOMP_ARCH_COMPAT_NR),
	REST(SECCOMP_ARCH_COMPAT_NAME, SLOT_COMPAT_RANGES, SECCOMP_ARCH_COMPAT,
	     SECCOMP_ARCH_COMPAT_NR, QUARTER(1)),
#endif
#ifdef SECCOMP_ARCH_X32_NR
	TABLE(SECCOMP_ARCH_X32_NAME, SLOT_X32, SECCOMP_ARCH_NATIVE,
	      SECCOMP_ARCH_X32_BIT, SECCOMP_ARCH_X32_NR),
#endif
};

/* Else a filter could not be analyzed, and not be attached. */
static_assert(SECCOMP_ARCH_NATIVE_NR <= SECCOMP_SPACE_MAX);
#ifdef SECCOMP_ARCH_COMPAT
static_assert(SECCOMP_ARCH_COMPAT_NR <= SECCOMP_SPACE_MAX);
#endif
#ifdef SECCOMP_ARCH_X32_NR
static_assert(SECCOMP_ARCH_X32_NR <= SECCOMP_SPACE_MAX);
#endif

static unsigned int window_slots(const struct window *w)
{
	return w->space.whole ? 1 : w->space.last - w->space.first + 1;
}

/* The place of a number that no table has among the ranges. */
static unsigned int range_of(u32 nr)
{
	return nr == LAST_NR ? QUARTERS : nr >> QUARTER_BITS;
}

/* No slot is found for an @arch that the kernel does not have. */
static unsigned int slot_of(u32 arch, u32 nr)
{
	if (likely(arch == SECCOMP_ARCH_NATIVE)) {
		if (nr < SECCOMP_ARCH_NATIVE_NR)
			return SLOT_NATIVE + array_index_nospec(nr, SECCOMP_ARCH_NATIVE_NR);
#ifdef SECCOMP_ARCH_X32_NR
		if (nr - SECCOMP_ARCH_X32_BIT < SECCOMP_ARCH_X32_NR)
			return SLOT_X32 + array_index_nospec(nr - SECCOMP_ARCH_X32_BIT,
							     SECCOMP_ARCH_X32_NR);
#endif
		return SLOT_NATIVE_RANGES + range_of(nr);
	}
#ifdef SECCOMP_ARCH_COMPAT
	if (likely(arch == SECCOMP_ARCH_COMPAT)) {
		if (nr < SECCOMP_ARCH_COMPAT_NR)
			return SLOT_COMPAT + array_index_nospec(nr, SECCOMP_ARCH_COMPAT_NR);
		return SLOT_COMPAT_RANGES + range_of(nr);
	}
#endif
	return SLOTS;
}

/* No program makes these calls, the kernel plants them. They are not filtered. */
static bool slot_exempt(unsigned int slot)
{
#ifdef __NR_uretprobe
	if (slot == SLOT_NATIVE + __NR_uretprobe)
		return true;
#endif
#ifdef __NR_uprobe
	if (slot == SLOT_NATIVE + __NR_uprobe)
		return true;
#endif
	return false;
}

/* Tables */

/* What a slot says: a place in the table's actions, where two are fixed. */
enum {
	RUN_FILTERS,	/* not constant, or not known to be */
	ALLOW,
	FIRST_OTHER,
};

/*
 * A byte could tell one more apart, but struct actions would need a second
 * page. The filters run for whatever is more.
 */
#define ACTIONS_MAX	255

/**
 * struct seccomp_action_table - the constant actions of a stack of filters
 * @allow: a bit for each slot of a system call table that says ALLOW; first,
 *	so that the native bits of x86-64 are one cache line
 * @slots: a place in @actions for each slot
 * @nr_actions: how many of them there are
 * @actions: what the slots say, with nothing in the place of RUN_FILTERS
 */
struct seccomp_action_table {
	struct seccomp_allow allow;
	u8 slots[SLOTS];
	unsigned int nr_actions;
	struct seccomp_action actions[] __counted_by(nr_actions);
};

/* The parent of filters that have none. Only its address means something. */
const struct seccomp_action_table seccomp_table_no_filter;

/*
 * Stands for the table of a filter that there was no memory for: nothing is
 * known, here and in all tables that are built on it.
 */
static const struct seccomp_action_table table_unknown;

static const struct seccomp_action action_allow = { .ret = SECCOMP_RET_ALLOW };

/*
 * Ranges that follow each other mostly fare the same: ask for all of them at
 * once, and for each only if that is not constant. Returns how many windows
 * from @w on have verdicts then, or an error.
 */
static int window_verdicts(struct seccomp_analyzer *an, const struct window *w,
			   struct seccomp_verdict *verdicts)
{
	const struct window *const end = windows + ARRAY_SIZE(windows);
	struct seccomp_space all = w->space;
	int err, nr = 1;

	while (all.whole && w + nr < end && w[nr].space.whole &&
	       w[nr].space.arch == all.arch && w[nr].space.first == all.last + 1)
		all.last = w[nr++].space.last;

	err = seccomp_analyze(an, &all, verdicts);
	if (err)
		return err;
	if (nr == 1)
		return nr;
	if (!verdicts->constant)
		return seccomp_analyze(an, &w->space, verdicts) ?: 1;
	for (int i = 1; i < nr; i++)
		verdicts[i] = verdicts[0];
	return nr;
}

/**
 * seccomp_table_verdicts - find what a filter returns, by itself
 * @prog: the program as user space gave it, accepted by seccomp
 *
 * Context: Process context, may sleep. Takes no locks. Stops for a fatal
 * signal. May need milliseconds for a filter made to be hard.
 *
 * Return: A verdict for each slot, for seccomp_table_build() and at last for
 * kvfree(); NULL if there is no memory, which says that nothing is known;
 * -EINTR as a pointer if a fatal signal is pending.
 */
struct seccomp_verdict *seccomp_table_verdicts(const struct sock_fprog_kern *prog)
{
	struct seccomp_verdict *verdicts;
	struct seccomp_analyzer *an;
	unsigned int slot = 0;
	int done;

	verdicts = kvmalloc_objs(*verdicts, SLOTS, TABLE_GFP);
	an = verdicts ? seccomp_analyzer_alloc(prog->filter, prog->len) : NULL;
	if (!an) {
		kvfree(verdicts);
		return NULL;
	}

	for (unsigned int i = 0; i < ARRAY_SIZE(windows); i += done) {
		/* Were windows and slots not the same, so would verdicts not be. */
		if (WARN_ON_ONCE(slot != windows[i].slot)) {
			kvfree(verdicts);
			verdicts = NULL;
			break;
		}
		done = window_verdicts(an, &windows[i], &verdicts[slot]);
		if (done < 0) {
			kvfree(verdicts);
			verdicts = ERR_PTR(done);
			break;
		}
		for (int j = 0; j < done; j++)
			slot += window_slots(&windows[i + j]);
	}

	seccomp_analyzer_free(an);
	return verdicts;
}

/* The actions of a table that is being built. */
struct actions {
	unsigned int nr;
	struct seccomp_action action[ACTIONS_MAX];
};

static bool same_action(const struct seccomp_action *a, const struct seccomp_action *b)
{
	/* The match has the log flag, always the same. */
	return a->ret == b->ret && a->match == b->match;
}

/* The place of @action, which is added if it has none; RUN_FILTERS if it can't be. */
static u8 place_of(struct actions *actions, const struct seccomp_action *action)
{
	unsigned int i;

	for (i = FIRST_OTHER; i < actions->nr; i++) {
		if (same_action(&actions->action[i], action))
			return i;
	}
	if (i == ACTIONS_MAX)
		return RUN_FILTERS;
	actions->action[actions->nr++] = *action;
	return i;
}

/* What is compared to find the smallest: signed, so that KILL_PROCESS is it. */
static s32 action_only(u32 ret)
{
	return ret & SECCOMP_RET_ACTION_FULL;
}

/*
 * What is done where @own is the action of a filter itself, and @older that of
 * its ancestors. The data of SECCOMP_RET_ALLOW, the greatest, is dropped.
 */
static const struct seccomp_action *join(const struct seccomp_action *own,
					 const struct seccomp_action *older)
{
	if (action_only(own->ret) < action_only(SECCOMP_RET_ALLOW) &&
	    action_only(own->ret) <= action_only(older->ret))
		return own;
	return older;
}

static void join_slots(u8 *slots, struct actions *actions,
		       const struct seccomp_verdict *verdicts,
		       struct seccomp_filter *filter, bool log,
		       const struct seccomp_action_table *parent)
{
	struct seccomp_action own = { .log = log, .match = filter };
	u8 last = RUN_FILTERS;

	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		const struct seccomp_action *action = &action_allow;

		if (slot_exempt(slot)) {
			slots[slot] = ALLOW;
			continue;
		}
		if (parent != &seccomp_table_no_filter) {
			if (parent->slots[slot] == RUN_FILTERS)
				continue;
			action = &parent->actions[parent->slots[slot]];
		}
		if (!verdicts[slot].constant)
			continue;

		own.ret = verdicts[slot].ret;
		action = join(&own, action);
		if (!action->match) {
			slots[slot] = ALLOW;
			continue;
		}
		/* Neighbours mostly share their action. */
		if (last == RUN_FILTERS || !same_action(&actions->action[last], action))
			last = place_of(actions, action);
		slots[slot] = last;
	}
}

static void set_bits(unsigned long *bits, const u8 *slots, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (slots[i] == ALLOW)
			__set_bit(i, bits);
	}
}

static void set_allow(struct seccomp_allow *allow, const u8 *slots)
{
	set_bits(allow->native, slots + SLOT_NATIVE, SECCOMP_ARCH_NATIVE_NR);
#ifdef SECCOMP_ARCH_COMPAT
	set_bits(allow->compat, slots + SLOT_COMPAT, SECCOMP_ARCH_COMPAT_NR);
#endif
#ifdef SECCOMP_ARCH_X32_NR
	set_bits(allow->x32, slots + SLOT_X32, SECCOMP_ARCH_X32_NR);
#endif
}

/**
 * seccomp_table_build - join a filter's verdicts with what its ancestors do
 * @verdicts: the filter's own, from seccomp_table_verdicts()
 * @filter: the filter, to be named where it decides
 * @log: it has SECCOMP_FILTER_FLAG_LOG
 * @parent: the table of the filter that it is to be attached to, or
 *	&seccomp_table_no_filter
 *
 * Context: Process context, may sleep. Takes no locks. The parent must not go
 * away meanwhile, and as long as there is a table for @filter.
 *
 * Return: A table for seccomp_table_free(), never NULL. It knows nothing if
 * there was no memory for it or for what it is made of.
 */
const struct seccomp_action_table *
seccomp_table_build(const struct seccomp_verdict *verdicts,
		    struct seccomp_filter *filter, bool log,
		    const struct seccomp_action_table *parent)
{
	struct seccomp_action_table *draft, *table = NULL;
	struct actions *actions;

	/* No parent's table is a mistake, to be answered with more filtering. */
	if (!verdicts || !parent || parent == &table_unknown)
		return &table_unknown;

	draft = kzalloc_obj(*draft, TABLE_GFP);
	actions = kzalloc_obj(*actions, TABLE_GFP);
	if (draft && actions) {
		actions->action[ALLOW] = action_allow;
		actions->nr = FIRST_OTHER;
		join_slots(draft->slots, actions, verdicts, filter, log, parent);
		set_allow(&draft->allow, draft->slots);
		table = kmalloc_flex(*table, actions, actions->nr, TABLE_GFP);
	}
	if (table) {
		memcpy(table, draft, sizeof(*table));
		table->nr_actions = actions->nr;
		memcpy(table->actions, actions->action,
		       flex_array_size(table, actions, actions->nr));
	}
	kfree(actions);
	kfree(draft);
	return table ?: &table_unknown;
}

/**
 * seccomp_table_free - free a table
 * @table: from seccomp_table_build(), or NULL
 *
 * Context: Any. No reader may be left: the table's filter was never attached,
 * or no task has it any more.
 */
void seccomp_table_free(const struct seccomp_action_table *table)
{
	if (table != &table_unknown)
		kfree(table);
}

/**
 * seccomp_table_lookup - what is done to a system call, if that is constant
 * @table: the table of a filter
 * @arch: what syscall_get_arch() says
 * @nr: what syscall_get_nr() says
 *
 * Context: Any, as long as the filter is held.
 *
 * Return: What the filter and its ancestors do, whatever the arguments and the
 * instruction pointer are; NULL if they have to run.
 */
const struct seccomp_action *
seccomp_table_lookup(const struct seccomp_action_table *table, u32 arch, u32 nr)
{
	unsigned int slot = slot_of(arch, nr);
	u8 place;

	if (unlikely(slot == SLOTS))
		return NULL;
	place = table->slots[slot];
	if (likely(place != RUN_FILTERS))
		return &table->actions[place];
	/* There may have been no memory to say so. */
	return slot_exempt(slot) ? &action_allow : NULL;
}

/**
 * seccomp_table_allow - the bits that are tested at system call entry
 * @table: the table of a filter
 *
 * Return: Its bits, which live as long.
 */
const struct seccomp_allow *seccomp_table_allow(const struct seccomp_action_table *table)
{
	return &table->allow;
}

/* The view in /proc */

static void show_action(struct seq_file *m, const struct seccomp_action *action)
{
	const char *name = "KILL_PROCESS";
	u32 data = 0;

	if (!action) {
		seq_puts(m, " FILTER\n");
		return;
	}

	switch (action->ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		seq_printf(m, " ERRNO(%u)\n",
			   min_t(u32, action->ret & SECCOMP_RET_DATA, MAX_ERRNO));
		return;
	case SECCOMP_RET_TRAP:
		name = "TRAP";
		data = action->ret & SECCOMP_RET_DATA;
		break;
	case SECCOMP_RET_TRACE:
		name = "TRACE";
		data = action->ret & SECCOMP_RET_DATA;
		break;
	case SECCOMP_RET_KILL_THREAD:
		name = "KILL_THREAD";
		break;
	case SECCOMP_RET_USER_NOTIF:
		name = "USER_NOTIF";
		break;
	case SECCOMP_RET_LOG:
		name = "LOG";
		break;
	case SECCOMP_RET_ALLOW:
		name = "ALLOW";
		break;
	}
	if (data)
		seq_printf(m, " %s(%u)\n", name, data);
	else
		seq_printf(m, " %s\n", name);
}

static void show_window(struct seq_file *m, const struct seccomp_action_table *table,
			const struct window *w)
{
	const struct seccomp_space *s = &w->space;

	if (s->whole) {
		seq_printf(m, "%s %u", w->name, s->first);
		if (s->first != s->last)
			seq_printf(m, "-%u", s->last);
		show_action(m, seccomp_table_lookup(table, s->arch, s->first));
		return;
	}
	for (u32 nr = s->first; nr <= s->last; nr++) {
		seq_printf(m, "%s %u", w->name, nr - w->base);
		show_action(m, seccomp_table_lookup(table, s->arch, nr));
	}
}

/**
 * seccomp_table_show - print what is known of every system call
 * @m: the file to print to
 * @table: the table of a filter
 *
 * A line for each number, "ABI NUMBER ACTION", and then for each range that is
 * left over, "ABI FIRST-LAST ACTION". Those of x32 are counted from its bit.
 *
 * Context: Process context, as long as the filter is held.
 */
void seccomp_table_show(struct seq_file *m, const struct seccomp_action_table *table)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(windows); i++) {
		if (!windows[i].space.whole)
			show_window(m, table, &windows[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(windows); i++) {
		if (windows[i].space.whole)
			show_window(m, table, &windows[i]);
	}
}
