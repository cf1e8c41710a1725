/* SPDX-License-Identifier: GPL-2.0 */
/* Stacks of filters, and what is known of some */

#ifndef _STACKS_H
#define _STACKS_H

#include "run.h"

/* Filters have this many instructions at most, all together. */
#define ROOM	(8 * 4096)

/**
 * struct expectation - what the tool has to say
 * @abi: of which ABI
 * @nr: of which number
 * @want: the answer; it need not be more exact than this
 */
struct expectation {
	int abi;
	u32 nr;
	struct answer want;
};

#define EXPECTATIONS_MAX	16

/**
 * struct known - a stack made by hand
 * @name: what it is about
 * @make: makes it
 * @expect: what is to come of it; ends where @want is neither constant nor has programs
 */
struct known {
	const char *name;
	void (*make)(struct stack *s);
	struct expectation expect[EXPECTATIONS_MAX];
};

extern const struct known known_stacks[];
extern const unsigned int nr_known_stacks;

bool load_ebpf(struct stack *s, u32 ret);
void begin_stack(struct stack *s);
void random_stack(struct stack *s, unsigned long long seed);
bool file_stack(struct stack *s, const char *path, bool attachable);

#endif
