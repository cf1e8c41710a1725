// SPDX-License-Identifier: GPL-2.0
/* What a test can make the kernel around the modules do */

#include <stdlib.h>
#include <string.h>

#include "shim.h"

/* Stands in front of what was allocated, which stays aligned. */
struct header {
	_Alignas(max_align_t) size_t size;
};

struct shim shim = { .allocs_left = -1, .looks_left = -1 };

void shim_reset(void)
{
	shim = (struct shim){
		.allocs_left = -1,
		.looks_left = -1,
		.bytes = shim.bytes,
		.bytes_most = shim.bytes,
	};
}

void *shim_alloc(size_t size)
{
	struct header *h;

	if (!shim.allocs_left)
		return NULL;
	if (shim.allocs_left > 0)
		shim.allocs_left--;

	h = malloc(sizeof(*h) + size);
	if (!h)
		return NULL;
	h->size = size;
	/* Whoever takes it for zeroes shall be hurt. */
	if (!shim.plain)
		memset(h + 1, 0xa5, size);
	shim.bytes += size;
	if (shim.bytes > shim.bytes_most)
		shim.bytes_most = shim.bytes;
	return h + 1;
}

void shim_free(void *p)
{
	struct header *h = p;

	if (!h)
		return;
	h--;
	shim.bytes -= h->size;
	free(h);
}

void shim_cond_resched(void)
{
	shim.rescheds++;
}

bool shim_fatal_signal(void)
{
	if (!shim.looks_left)
		return true;
	if (shim.looks_left > 0)
		shim.looks_left--;
	return false;
}
