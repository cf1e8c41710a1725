// SPDX-License-Identifier: GPL-2.0
/* Compare the analysis of random filters with runs of them */

#include <stdio.h>
#include <stdlib.h>

#include "compare.h"
#include "program.h"
#include "shim.h"

#define PROGRAMS	6000
#define MOST_BYTES	(16 * 1024)

/* How long a program may be: short ones have more to say for their length. */
#define SHORT		16
#define MIDDLE		64
#define LONG		1500

/* One of so many is long. Of these not all numbers are tried. */
#define LONG_ONES	40

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
	static struct sock_filter insns[LONG];
	struct comparison result = { 0 };

	for (int i = 0; i < PROGRAMS; i++) {
		struct bytes bytes = { .next = buffer, .end = buffer + sizeof(buffer) };
		bool is_long = i % LONG_ONES == 0;
		unsigned int len;

		for (unsigned int j = 0; j < sizeof(buffer); j++)
			buffer[j] = random_byte();
		len = make_program(&bytes, insns, is_long ? LONG : i % 2 ? MIDDLE : SHORT);
		/* Some without the memory for many groups: analyzer and residuals take four. */
		shim_reset();
		if (i % 4 == 3)
			shim.allocs_left = 4;
		compare(insns, len, &bytes, !is_long, &result);
		if (result.wrong) {
			print_program(insns, len);
			printf("not ok random: program %d: %s\n", i, result.wrong);
			return 1;
		}
	}

	printf("# %d filters: %llu verdicts constant and right, %llu vary, %llu more may be\n",
	       PROGRAMS, (unsigned long long)result.constant, (unsigned long long)result.varying,
	       (unsigned long long)result.missed);
	printf("# %llu of the others by residuals and right, %llu of these from inside the filter, ",
	       (unsigned long long)result.residual, (unsigned long long)result.inside);
	printf("%llu by the filter\n", (unsigned long long)result.whole);
	printf("# %llu far jumps\n", (unsigned long long)result.far);
	/* Else nothing would have been tested. */
	if (result.constant < 1000000 || result.varying < 100000 || result.residual < 80000 ||
	    result.inside < 40000 || result.far < 100) {
		printf("not ok random: the filters are too dull\n");
		return 1;
	}
	printf("ok random\n");
	return 0;
}
