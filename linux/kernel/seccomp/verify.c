// SPDX-License-Identifier: GPL-2.0
/* Hold what is known of a system call against what its filters return */

/**
 * DOC: Verified verdicts
 *
 * With seccomp.action_tables=verify, three answers to every system call are
 * compared: that of the action table, that of the allow bit which would have
 * been tested at entry, and that of all filters of the stack, run whole. The
 * filters decide what happens. So a wrong bit, table or residual program is
 * found by whoever runs into it, and does no harm.
 *
 * A table then has two maps, see struct seccomp_action_table. The one that system
 * calls are answered from has no bit and no plan, so that each call comes here.
 * The other one is made as ever, and only compared.
 *
 * The entry point hands over its window and the number that it has, for the bit
 * to be looked up as it would have been there. A bit that is not set says nothing.
 * The bits have to be those of the filter whose stack is run: seccomp.c reads both
 * under siglock if they do not match without it.
 *
 * Of a program with state, which must run once for each call, the result is used
 * for both sides. uprobe and uretprobe are exempt on both.
 */
#define pr_fmt(fmt) "seccomp: " fmt

#include <linux/atomic.h>
#include <linux/bpf.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/init.h>
#include <linux/jump_label.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sysfs.h>

#include "action_table.h"
#include "exempt.h"
#include "program.h"
#include "slots.h"
#include "verify.h"

/*
 * System call entry asks for verification. Switched on before there is a program that
 * could have a filter.
 */
DEFINE_STATIC_KEY_FALSE(seccomp_verify_key);

static int __init init_verify(void)
{
	if (seccomp_verify)
		static_branch_enable(&seccomp_verify_key);
	return 0;
}
core_initcall(init_verify);

/* How many verdicts did differ: /sys/module/seccomp/parameters/mismatches */
static atomic_long_t mismatches;

static int set_mismatches(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static int get_mismatches(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%ld\n", atomic_long_read(&mismatches));
}

static const struct kernel_param_ops mismatches_ops = {
	.set = set_mismatches,
	.get = get_mismatches,
};

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "seccomp."
module_param_cb(mismatches, &mismatches_ops, NULL, 0444);

/**
 * seccomp_check_begin - begin to verify the verdict of a system call
 * @c: the call: seccomp_check.sd, window, entry_nr and bit are filled in
 * @table: the table of the newest filter
 * @nr: the number that the table is asked for
 *
 * Then seccomp_check_ask() is to be called for each filter of the stack, and
 * seccomp_check_end().
 *
 * Context: Any, as long as the newest filter is held.
 */
void seccomp_check_begin(struct seccomp_check *c, const struct seccomp_action_table *table,
			 u32 nr)
{
	c->slot = seccomp_slot(c->sd.arch, nr);
	c->plan = seccomp_table_known(table, c->sd.arch, nr);
	c->step = c->plan->steps;
	c->end = c->step + c->plan->nr_steps;
	c->depth = 0;
	c->filters = (struct seccomp_ruling){ .ret = SECCOMP_RET_ALLOW };
	c->table = c->filters;
	if (seccomp_plan_constant(c->plan)) {
		c->table.ret = c->plan->ret;
		c->table.match = c->plan->match;
	}
}

/* What the table asks @filter; NULL if nothing. */
static const struct seccomp_answer *next_answer(struct seccomp_check *c,
						const struct seccomp_filter *filter,
						const struct seccomp_program *program)
{
	if (c->slot >= SECCOMP_SLOTS)
		return NULL;
	if (c->plan->way == SECCOMP_WALK)
		return seccomp_program_answer(program, c->slot);
	if (c->step < c->end && c->step->filter == filter)
		return &c->step++->answer;
	return NULL;
}

/* The smallest action wins, and the newest filter of those that agree on it. */
static void hear(struct seccomp_ruling *o, u32 ret, const struct seccomp_check *c,
		 struct seccomp_filter *filter, const struct seccomp_program *program)
{
	if (seccomp_action_only(ret) >= seccomp_action_only(o->ret))
		return;
	*o = (struct seccomp_ruling){
		.ret = ret,
		.match = filter,
		.program = program,
		.index = c->depth,
	};
}

/**
 * seccomp_check_ask - have a filter of the stack answer
 * @c: the call, from seccomp_check_begin()
 * @filter: the filter; the newest one first
 * @program: the program of @filter
 * @log: @filter was attached with SECCOMP_FILTER_FLAG_LOG
 *
 * Context: Any that @program may run in.
 */
void seccomp_check_ask(struct seccomp_check *c, struct seccomp_filter *filter,
		       const struct seccomp_program *program, bool log)
{
	const struct seccomp_answer whole = {
		.prog = program->ebpf ?: program->whole,
		.arch = c->sd.arch,
		/* There is always a program. If there were none, this would have to kill. */
		.ret = SECCOMP_RET_KILL_PROCESS,
	};
	const struct seccomp_answer *known = next_answer(c, filter, program);
	struct seccomp_data sd = c->sd;
	u32 ret = seccomp_is_exempt(sd.arch, sd.nr) ? SECCOMP_RET_ALLOW :
						      seccomp_program_ask(&whole, &sd);

	hear(&c->filters, ret, c, filter, program);
	if (c->slot >= SECCOMP_SLOTS) {
		if (!program->stateful)
			ret = seccomp_program_run_whole(program, &sd);
		hear(&c->table, ret, c, filter, program);
	} else if (known) {
		if (!program->stateful || !known->prog)
			ret = seccomp_program_ask(known, &sd);
		hear(&c->table, ret, c, filter, program);
	}
	if (c->plan->match == filter && c->plan->log != log)
		c->log_differs = true;
	/* Whoever decides without being asked. */
	if (c->table.match == filter) {
		c->table.program = program;
		c->table.index = c->depth;
	}
	c->depth++;
}

/* Is the plan of the kind that its contents ask for? It is carried out by its kind. */
static bool is_sound(const struct seccomp_plan *plan)
{
	u32 action = plan->ret & SECCOMP_RET_ACTION_FULL;

	switch (plan->way) {
	case SECCOMP_WALK:
		return !plan->nr_steps && !plan->match;
	case SECCOMP_ASK_ONE:
		return plan->nr_steps == 1 && plan->steps->answer.prog &&
		       bpf_prog_was_classic(plan->steps->answer.prog);
	case SECCOMP_ASK_SOME:
		return plan->nr_steps && !plan->match;
	case SECCOMP_ERRNO:
		return !plan->nr_steps && plan->match && action == SECCOMP_RET_ERRNO;
	case SECCOMP_CONSTANT:
		return !plan->nr_steps && action != SECCOMP_RET_ERRNO &&
		       !plan->match == (action == SECCOMP_RET_ALLOW);
	}
	return false;
}

/*
 * Does what runs without verification come to what the steps of the plan return one by
 * one? Not tried where a program has state, which has run once.
 */
static bool runs_the_same(const struct seccomp_check *c)
{
	struct seccomp_filter *match = NULL;
	struct seccomp_data sd = c->sd;
	u32 ret;

	if (c->plan->way != SECCOMP_ASK_ONE && c->plan->way != SECCOMP_ASK_SOME)
		return true;
	for (unsigned int i = 0; i < c->plan->nr_steps; i++) {
		if (c->plan->steps[i].stateful)
			return true;
	}
	ret = seccomp_plan_run(c->plan, &sd, &match);
	return match == c->table.match && (!match || ret == c->table.ret);
}

/* Did the entry point get another number? It may have more bits; without a window none. */
static bool is_misnumbered(const struct seccomp_check *c)
{
	return c->window != SECCOMP_WINDOW_NONE && (int)c->entry_nr != c->sd.nr;
}

static void show_ruling(const char *who, const struct seccomp_ruling *o)
{
	if (!o->match)
		pr_warn("%s: 0x%08x\n", who, o->ret);
	else if (!o->program)
		pr_warn("%s: 0x%08x by a filter that is not in the stack\n", who, o->ret);
	else
		pr_warn("%s: 0x%08x by filter %u\n", who, o->ret, o->index);
}

static void show_program(const struct seccomp_ruling *o)
{
	const struct sock_filter *insns;

	if (!o->program)
		return;
	if (o->program->ebpf) {
		pr_warn("filter %u is eBPF program %u\n", o->index, o->program->ebpf->aux->id);
		return;
	}
	insns = o->program->fprog.filter;
	for (unsigned int i = 0; i < o->program->fprog.len; i++) {
		pr_warn("filter %u: { 0x%02x, %u, %u, 0x%08x },\n", o->index,
			insns[i].code, insns[i].jt, insns[i].jf, insns[i].k);
	}
}

/* Tell all that it takes to have the same call again. */
static void report(const struct seccomp_check *c, long count)
{
	static const char * const windows[] = {
		[SECCOMP_WINDOW_NONE] = "none",
		[SECCOMP_WINDOW_NATIVE] = "native",
		[SECCOMP_WINDOW_COMPAT] = "compat",
	};
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);

	if (!__ratelimit(&limit))
		return;
	pr_warn("verdict %ld that differs: %s[%d] arch 0x%08x nr %d (0x%08x), %u filters\n",
		count, current->comm, task_pid_nr(current), c->sd.arch, c->sd.nr, c->sd.nr,
		c->depth);
	pr_warn("instruction 0x%llx, arguments 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx\n",
		c->sd.instruction_pointer, c->sd.args[0], c->sd.args[1], c->sd.args[2],
		c->sd.args[3], c->sd.args[4], c->sd.args[5]);
	show_ruling("filters", &c->filters);
	show_ruling("table", &c->table);
	pr_warn("bit: %s, window %s nr %ld\n", c->bit ? "allows" : "not set",
		windows[c->window], c->entry_nr);
	pr_warn("plan: kind %u, %u steps%s%s%s%s\n", c->plan->way, c->plan->nr_steps,
		is_sound(c->plan) ? "" : ", unsound",
		runs_the_same(c) ? "" : ", runs otherwise",
		c->log_differs ? ", wrong log flag" : "",
		c->args_differ ? ", wrong arguments" : "");
}

/**
 * seccomp_check_end - compare the answers, and report if they differ
 * @c: the call, all filters of the stack were asked
 *
 * Beside the answers, the plan has to be one that is carried out as it is meant, and
 * the entry point must have had the number that the filters have seen.
 *
 * What is to be done to the call is in seccomp_check.filters, whether or not.
 *
 * Context: Any.
 *
 * Return: True if all is well.
 */
bool seccomp_check_end(const struct seccomp_check *c)
{
	bool differs = c->filters.ret != c->table.ret || c->filters.match != c->table.match;
	bool slips = c->bit && c->filters.ret != SECCOMP_RET_ALLOW;
	bool misled = !is_sound(c->plan) || !runs_the_same(c) || is_misnumbered(c) ||
		      c->log_differs || c->args_differ;
	long count;

	if (likely(!differs && !slips && !misled))
		return true;
	count = atomic_long_inc_return(&mismatches);
	report(c, count);
	/* The first of them, with the filters and a backtrace. */
	if (count == 1) {
		show_program(&c->filters);
		if (c->table.program != c->filters.program)
			show_program(&c->table);
	}
	WARN_ONCE(1, "seccomp: a verdict differs from what the filters return\n");
	return false;
}
