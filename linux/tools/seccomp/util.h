/* SPDX-License-Identifier: GPL-2.0 */
/* How to fail, and memory that is there */

#ifndef _UTIL_H
#define _UTIL_H

#include <stdlib.h>

/* Exit status, beside 0 */
#define DIFFERENT	1
#define FAILED		2

__attribute__((noreturn, format(printf, 1, 2)))
void die(const char *format, ...);
void *allocate(size_t n, size_t size);

#endif
