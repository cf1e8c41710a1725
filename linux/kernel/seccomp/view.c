// SPDX-License-Identifier: GPL-2.0
/* The policy of a task as text, see /proc/PID/seccomp_policy */

#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/seq_file.h>

#include "action_table.h"
#include "slots.h"
#include "view.h"

/**
 * struct view - a policy that is being printed
 * @m: the file to print to
 * @table: the table of the newest filter
 * @subject: whose policy it is, and what of it is shown
 */
struct view {
	struct seq_file *m;
	const struct seccomp_action_table *table;
	const struct seccomp_view_subject *subject;
};

static unsigned int find_filter(const struct view *v, const struct seccomp_filter *filter)
{
	return v->subject->index(v->subject->newest, filter);
}

static bool is_shown(const struct view *v, const struct seccomp_filter *filter)
{
	return find_filter(v, filter) < v->subject->shown;
}

/*
 * Print how many programs @plan may run at most, and how many of them because their
 * filter was not analyzed; unless one of their filters is not to be shown.
 */
static void show_programs(struct view *v, const struct seccomp_plan *plan)
{
	unsigned int programs = 0, unanalyzed = 0;

	if (plan->way == SECCOMP_WALK) {
		if (v->subject->shown < v->subject->depth)
			return;
		programs = v->subject->depth;
		unanalyzed = v->subject->unanalyzed;
	}
	for (unsigned int i = 0; i < plan->nr_steps; i++) {
		const struct seccomp_step *step = &plan->steps[i];

		if (!is_shown(v, step->filter))
			return;
		programs += !!step->answer.prog;
		unanalyzed += step->unanalyzed;
	}
	seq_printf(v->m, " programs=%u", programs);
	if (unanalyzed)
		seq_printf(v->m, " unanalyzed=%u", unanalyzed);
}

static void show_action(struct seq_file *m, u32 ret)
{
	const char *name = "KILL_PROCESS";
	u32 data = 0;

	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		seq_printf(m, " ERRNO(%u)", min_t(u32, ret & SECCOMP_RET_DATA, MAX_ERRNO));
		return;
	case SECCOMP_RET_TRAP:
		name = "TRAP";
		data = ret & SECCOMP_RET_DATA;
		break;
	case SECCOMP_RET_TRACE:
		name = "TRACE";
		data = ret & SECCOMP_RET_DATA;
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
		seq_printf(m, " %s(%u)", name, data);
	else
		seq_printf(m, " %s", name);
}

static void show_plan(struct view *v, const struct seccomp_plan *plan)
{
	if (!seccomp_plan_constant(plan)) {
		seq_puts(v->m, " FILTER");
		show_programs(v, plan);
	} else {
		show_action(v->m, plan->ret);
		if (plan->match && is_shown(v, plan->match))
			seq_printf(v->m, " filter=%u", find_filter(v, plan->match));
	}
	seq_putc(v->m, '\n');
}

static void show_slots(struct view *v, const struct seccomp_slots *w)
{
	const struct seccomp_space *s = &w->space;

	if (s->whole) {
		seq_printf(v->m, "%s %u", w->name, s->first - w->base);
		if (s->first != s->last)
			seq_printf(v->m, "-%u", s->last - w->base);
		show_plan(v, seccomp_table_known(v->table, s->arch, s->first));
		return;
	}
	/* Once there is no room, all of it is asked for again. */
	for (u32 nr = s->first; nr <= s->last && !seq_has_overflowed(v->m); nr++) {
		seq_printf(v->m, "%s %u", w->name, nr - w->base);
		show_plan(v, seccomp_table_known(v->table, s->arch, nr));
		cond_resched();
	}
}

/**
 * seccomp_view_show - print what is done to every system call
 * @m: the file to print to
 * @table: the table of the newest filter
 * @subject: whose policy it is, and what of it is shown
 *
 * Prints a line for each syscall number of each ABI, "ABI NUMBER ACTION", and then
 * for each range of the numbers beyond the syscall tables, "ABI FIRST-LAST ACTION".
 * The numbers of x32 are shown without its bit. Then follows which filter decides,
 * or how many programs run; not if this is a filter that is not to be shown.
 *
 * Context: Process context, may sleep. The newest filter must be held.
 */
void seccomp_view_show(struct seq_file *m, const struct seccomp_action_table *table,
		       const struct seccomp_view_subject *subject)
{
	struct view v = { .m = m, .table = table, .subject = subject };
	const struct seccomp_slots *s;

	for (s = seccomp_slots; s->name; s++) {
		if (!s->space.whole)
			show_slots(&v, s);
	}
	for (s = seccomp_slots; s->name; s++) {
		if (s->space.whole)
			show_slots(&v, s);
	}
}
