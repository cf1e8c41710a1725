// SPDX-License-Identifier: GPL-2.0
/* Compare the analysis of random filters with runs of them */

#include <stdio.h>
#include <stdlib.h>

#include "compare.h"
#include "program.h"
#include "shim.h"

#define PROGRAMS	6000
#define MOST_INSNS	64
#define MOST_BYTES	1024

/* xorshift64*: the same numbers everywhere, from the same seed. */
static u64 state = 0x20261121;

static u8 random_byte(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d >> 56;
}

int main(void)
{
	static u8 buffer[MOST_BYTES];
	struct sock_filter insns[MOST_INSNS];
	struct comparison result = { 0 };

	for (int i = 0; i < PROGRAMS; i++) {
		struct bytes bytes = { .next = buffer, .end = buffer + sizeof(buffer) };
		unsigned int len;

		for (unsigned int j = 0; j < sizeof(buffer); j++)
			buffer[j] = random_byte();
		/* Short ones have more to say for their length. */
		len = make_program(&bytes, insns, i % 2 ? MOST_INSNS : 16);
		/* Some without the memory for many groups. */
		shim_reset();
		if (i % 4 == 3)
			shim.allocs_left = 1;
		compare(insns, len, &bytes, true, &result);
		if (result.wrong) {
			print_program(insns, len);
			printf("not ok random: program %d: %s\n", i, result.wrong);
			return 1;
		}
	}

	printf("# %d filters: %llu verdicts constant and right, %llu vary, %llu more may be\n",
	       PROGRAMS, (unsigned long long)result.constant, (unsigned long long)result.varying,
	       (unsigned long long)result.missed);
	printf("# %llu of the others by residuals and right, %llu by the filter\n",
	       (unsigned long long)result.residual, (unsigned long long)result.whole);
	/* Else nothing would have been tested. */
	if (result.constant < 1000000 || result.varying < 100000 || result.residual < 80000) {
		printf("not ok random: the filters are too dull\n");
		return 1;
	}
	printf("ok random\n");
	return 0;
}
