// SPDX-License-Identifier: GPL-2.0
/* How to fail, and memory that is there */

#include <stdarg.h>
#include <stdio.h>

#include "util.h"

/**
 * die - say in one line why this does not work, and exit
 * @format: as of printf()
 */
void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fflush(stdout);
	fputs("seccomp-policy: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(FAILED);
}

/**
 * allocate - get zeroed memory; what a policy is made of stays until exit
 * @n: how many elements
 * @size: of what size
 *
 * Return: the memory.
 */
void *allocate(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		die("out of memory");
	return p;
}
