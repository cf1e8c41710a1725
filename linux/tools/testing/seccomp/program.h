/* SPDX-License-Identifier: GPL-2.0 */
/* Filters made of random bytes */

#ifndef _PROGRAM_H
#define _PROGRAM_H

#include <linux/filter.h>
#include <linux/types.h>

/* Bytes to choose by; when they are used up, all choices are the first. */
struct bytes {
	const u8 *next;
	const u8 *end;
};

unsigned int choose(struct bytes *bytes, unsigned int n);
u32 choose_number(struct bytes *bytes);
unsigned int make_program(struct bytes *bytes, struct sock_filter *insns, unsigned int max);

#endif
