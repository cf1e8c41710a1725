// SPDX-License-Identifier: GPL-2.0
/* Give the corpus to the fuzzer's target, or write it out for libFuzzer */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

#define CORPUS		"corpus.hex"
#define MOST_BYTES	4096

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The bytes that a line spells; none for a comment. */
static size_t parse(const char *line, u8 *data)
{
	unsigned int byte;
	size_t size = 0;

	while (size < MOST_BYTES && sscanf(line + 2 * size, "%2x", &byte) == 1)
		data[size++] = byte;
	return size;
}

static void save(const char *folder, int number, const u8 *data, size_t size)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d", folder, number);
	f = fopen(path, "wb");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		die(path);
}

int main(int argc, char **argv)
{
	static char line[2 * MOST_BYTES + 2];
	static u8 data[MOST_BYTES];
	FILE *corpus = fopen(CORPUS, "r");
	int inputs = 0;

	if (!corpus)
		die(CORPUS);
	while (fgets(line, sizeof(line), corpus)) {
		size_t size = line[0] == '#' ? 0 : parse(line, data);

		if (!size)
			continue;
		inputs++;
		if (argc > 1)
			save(argv[1], inputs, data, size);
		else
			LLVMFuzzerTestOneInput(data, size);
	}
	fclose(corpus);
	printf("%sok replay of %d inputs\n", inputs ? "" : "not ", inputs);
	return !inputs;
}
