/* SPDX-License-Identifier: GPL-2.0 */
/* The tables of x86, and the ranges that they leave over */

#ifndef _SPACES_H
#define _SPACES_H

#include "../../../kernel/seccomp/analyze.h"

struct named_space {
	const char *name;
	struct seccomp_space space;
};

#define SPACES	6

extern const struct named_space spaces[SPACES];

/* How many verdicts the analysis of a space gives. */
static inline unsigned int space_size(const struct seccomp_space *s)
{
	return s->whole ? 1 : s->last - s->first + 1;
}

#endif
