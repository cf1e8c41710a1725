/* SPDX-License-Identifier: GPL-2.0 */
/* Start processes with filters, and run the tool on them */

#ifndef _RUN_H
#define _RUN_H

#include <stdbool.h>
#include <sys/types.h>

#include "truth.h"

#define ENTRIES_MAX	2048
#define OUTPUT_MAX	0x100000

/**
 * struct answer - a line of the tool's JSON
 * @abi: which ABI, counted as the tool prints them
 * @first: the least number
 * @last: the greatest
 * @constant: it always is @ret
 * @ret: action and data
 * @filter: which filter decides; -1 if none
 * @programs: if it is not constant, how many programs run
 * @longest: what these take, 0 if not told
 * @strictest: the smallest action that may come of it
 * @mildest: the greatest
 */
struct answer {
	int abi;
	u32 first;
	u32 last;
	bool constant;
	u32 ret;
	int filter;
	unsigned int programs;
	unsigned int longest;
	u32 strictest;
	u32 mildest;
};

/**
 * struct answers - all that the tool says
 * @nr: how many lines
 * @all: the lines
 */
struct answers {
	unsigned int nr;
	struct answer all[ENTRIES_MAX];
};

extern const char *const abi_names[ABIS];

pid_t start(const struct stack *s);
void stop(pid_t pid);
int run_as(void (*prepare)(void), char *const argv[], char *output);
int run(char *const argv[], char *output);
bool parse(const char *json, struct answers *answers);

#endif
