/* SPDX-License-Identifier: GPL-2.0 */
/* What a test can make the kernel around the modules do */

#ifndef _SHIM_H
#define _SHIM_H

#include <stdbool.h>
#include <stddef.h>

struct shim {
	/* How many allocations succeed before all fail; negative: no limit. */
	long allocs_left;
	/* After how many looks a fatal signal is pending; negative: never. */
	long looks_left;
	/* Allocate memory with nothing written to it, as when time counts. */
	bool plain;
	/* How often the modules offered the CPU. */
	unsigned long rescheds;
	/* What is allocated now, and the most that ever was. */
	size_t bytes;
	size_t bytes_most;
};

extern struct shim shim;

void shim_reset(void);
void *shim_alloc(size_t size);
void shim_free(void *p);
void shim_cond_resched(void);
bool shim_fatal_signal(void);

#endif
