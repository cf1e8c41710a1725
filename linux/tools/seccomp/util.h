/* SPDX-License-Identifier: GPL-2.0 */
/* How to fail, and memory that is there */

#ifndef _UTIL_H
#define _UTIL_H

#include <stdlib.h>

/* Exit status, beside 0 */
#define DIFFERENT	1
#define FAILED		2

/* As the kernel has them. */
#define __noreturn	__attribute__((__noreturn__))
#define __printf(a, b)	__attribute__((__format__(printf, a, b)))

__noreturn __printf(1, 2)
void die(const char *format, ...);
void *allocate(size_t n, size_t size);

#endif
