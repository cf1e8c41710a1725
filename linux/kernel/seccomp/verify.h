/* SPDX-License-Identifier: GPL-2.0 */
/* Hold what is known of a system call against what its filters return */

#ifndef _KERNEL_SECCOMP_VERIFY_H
#define _KERNEL_SECCOMP_VERIFY_H

#include <linux/seccomp.h>
#include <linux/seccomp_verify.h>
#include <linux/types.h>

#include "action_table.h"
#include "program.h"

/**
 * struct seccomp_ruling - what is done to a system call, and who says so
 * @ret: the SECCOMP_RET_* value, data included
 * @match: the filter that decides; NULL if @ret is SECCOMP_RET_ALLOW
 * @program: the program of @match; NULL if @match is not in the stack
 * @index: the place of @match in the stack, 0 for the newest filter
 */
struct seccomp_ruling {
	u32 ret;
	struct seccomp_filter *match;
	const struct seccomp_program *program;
	unsigned int index;
};

/**
 * struct seccomp_check - a system call whose verdict is verified
 * @window: the system call tables that its entry point serves
 * @entry_nr: the number that its entry point got
 * @bit: it would have been allowed at entry
 * @sd: the call, as the filters see it; filled in by the caller
 * @slot: its slot
 * @plan: what the table has for it
 * @step: the next step of @plan
 * @end: the end of its steps
 * @args_differ: what residual programs read of the call is not what the filters read
 * @log_differs: @plan has not the log flag of the filter that decides
 * @depth: how many filters have been asked
 * @filters: what the filters say, run whole
 * @table: what the table says
 */
struct seccomp_check {
	enum seccomp_window window;
	long entry_nr;
	bool bit;
	struct seccomp_data sd;
	unsigned int slot;
	const struct seccomp_plan *plan;
	const struct seccomp_step *step;
	const struct seccomp_step *end;
	bool args_differ;
	bool log_differs;
	unsigned int depth;
	struct seccomp_ruling filters;
	struct seccomp_ruling table;
};

#ifdef CONFIG_SECCOMP_ACTION_TABLES
void seccomp_check_begin(struct seccomp_check *c, const struct seccomp_action_table *table,
			 u32 nr);
void seccomp_check_ask(struct seccomp_check *c, struct seccomp_filter *filter,
		       const struct seccomp_program *program, bool log);
bool seccomp_check_end(const struct seccomp_check *c);
#endif

#endif /* _KERNEL_SECCOMP_VERIFY_H */
