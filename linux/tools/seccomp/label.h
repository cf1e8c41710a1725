/* SPDX-License-Identifier: GPL-2.0 */
/* A verdict in words, and lists of calls by such words */

#ifndef _LABEL_H
#define _LABEL_H

#include "policy.h"

#define LABEL_MAX	256

/**
 * struct item - something to say of a number or a range of an ABI
 * @first: the least number
 * @last: the greatest
 * @label: what to say
 */
struct item {
	u32 first;
	u32 last;
	char label[LABEL_MAX];
};

void label_verdict(char *to, const struct entry *e, bool cost);
void label_print(enum abi abi, const struct item *items, unsigned int nr, const char *usual);
const char *label_usual(enum abi abi, const struct item *items, unsigned int nr);

#endif
