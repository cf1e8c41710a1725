// SPDX-License-Identifier: GPL-2.0
/* Compare the analysis of given filters with runs of them */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "program.h"

/* How many different sets of arguments to try, each of a few. */
#define ROUNDS		3
#define MOST_BYTES	1024

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static unsigned int load(const char *path, struct sock_filter *insns)
{
	FILE *f = fopen(path, "r");
	size_t len;

	if (!f)
		die(path);
	len = fread(insns, sizeof(*insns), BPF_MAXINSNS, f);
	if (!len || getc(f) != EOF)
		die(path);
	fclose(f);
	return len;
}

int main(int argc, char **argv)
{
	static struct sock_filter insns[BPF_MAXINSNS];
	struct comparison all = { 0 };
	u8 buffer[MOST_BYTES];
	int failed = 0;

	srandom(1);
	for (int i = 1; i < argc; i++) {
		struct comparison result = { 0 };
		unsigned int len = load(argv[i], insns);

		for (int round = 0; round < ROUNDS && !result.wrong; round++) {
			struct bytes bytes = { .next = buffer, .end = buffer + sizeof(buffer) };

			for (unsigned int j = 0; j < sizeof(buffer); j++)
				buffer[j] = random();
			compare(insns, len, &bytes, true, &result);
		}
		if (result.wrong) {
			printf("not ok corpus: %s: %s\n", argv[i], result.wrong);
			failed = 1;
			continue;
		}
		printf("# %s: %u insns, %llu constant, %llu residual, %llu whole, %llu missed\n",
		       argv[i], len, (unsigned long long)result.constant / ROUNDS,
		       (unsigned long long)result.residual / ROUNDS,
		       (unsigned long long)result.whole / ROUNDS,
		       (unsigned long long)result.missed / ROUNDS);
		all.constant += result.constant;
		all.residual += result.residual;
		all.whole += result.whole;
	}
	if (!failed)
		printf("ok corpus of %d filters: %llu constant, %llu by residuals, %llu whole\n",
		       argc - 1, (unsigned long long)all.constant / ROUNDS,
		       (unsigned long long)all.residual / ROUNDS,
		       (unsigned long long)all.whole / ROUNDS);
	return failed || argc < 2;
}
