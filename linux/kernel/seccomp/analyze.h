/* SPDX-License-Identifier: GPL-2.0 */
/* What a classic seccomp filter does for many system call numbers at once */

#ifndef _KERNEL_SECCOMP_ANALYZE_H
#define _KERNEL_SECCOMP_ANALYZE_H

#include <linux/types.h>

#include "value.h"

struct sock_filter;
struct seccomp_analyzer;

/*
 * The most numbers that one space may have, each with a verdict of its own:
 * every system call table of every architecture is shorter, and a set of them
 * still is no more than two cache lines.
 */
#define SECCOMP_SPACE_MAX	1024

/**
 * struct seccomp_space - the system call numbers that a question is about
 * @arch: the audit architecture that they come with (AUDIT_ARCH_*)
 * @first: the least of them, as the filter sees it (unsigned)
 * @last: the greatest of them
 * @whole: one verdict for all of them together, instead of one for each
 *
 * Unless @whole is set, there may be at most SECCOMP_SPACE_MAX numbers.
 */
struct seccomp_space {
	u32 arch;
	u32 first;
	u32 last;
	bool whole;
};

/**
 * struct seccomp_verdict - what a filter returns for a system call
 * @ret: all 32 bits of it, data included; means nothing unless @constant
 * @start: if it is not @constant, an instruction that every run for this
 *	number comes to, with X and A as at the beginning or not to be read
 *	any more, and with nothing in scratch memory. 0, the beginning, always
 *	is such an instruction.
 * @constant: it is @ret, whatever the arguments and the instruction pointer
 *
 * What is not constant may still be, but could not be shown to be: then the
 * filter has to run, or what is left of it from @start on.
 */
struct seccomp_verdict {
	u32 ret;
	u16 start;
	bool constant;
};

/**
 * struct seccomp_visit - an instruction that some run of a filter comes to
 * @pc: which one
 * @outcome: if it is a conditional jump, where runs go on: SECCOMP_NEVER if only at
 *	the second target or if both targets are the same, SECCOMP_ALWAYS if only at
 *	the first, else SECCOMP_MAYBE
 */
struct seccomp_visit {
	u16 pc;
	enum seccomp_outcome outcome;
};

struct seccomp_analyzer *
seccomp_analyzer_alloc(const struct sock_filter *insns, unsigned int len);
int seccomp_analyze(struct seccomp_analyzer *an,
		    const struct seccomp_space *space,
		    struct seccomp_verdict *verdicts);
int seccomp_trace(struct seccomp_analyzer *an, const struct seccomp_space *space,
		  unsigned int start, struct seccomp_visit *visits);
bool seccomp_analyzer_spend(struct seccomp_analyzer *an, unsigned int steps);
unsigned int seccomp_analyzer_steps(const struct seccomp_analyzer *an);
bool seccomp_analyzer_starved(const struct seccomp_analyzer *an);
void seccomp_analyzer_free(struct seccomp_analyzer *an);

#endif /* _KERNEL_SECCOMP_ANALYZE_H */
