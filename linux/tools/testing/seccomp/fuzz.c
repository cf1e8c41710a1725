// SPDX-License-Identifier: GPL-2.0
/* Let libFuzzer look for a filter that the analysis gets wrong */

#include <stdio.h>
#include <stdlib.h>

#include "compare.h"
#include "program.h"

#define MOST_INSNS	200

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct bytes bytes = { .next = data, .end = data + size };
	static struct sock_filter insns[MOST_INSNS];
	struct comparison result = { 0 };
	unsigned int len = make_program(&bytes, insns, MOST_INSNS);

	compare(insns, len, &bytes, false, &result);
	if (result.wrong) {
		print_program(insns, len);
		fprintf(stderr, "%s\n", result.wrong);
		abort();
	}
	return 0;
}
