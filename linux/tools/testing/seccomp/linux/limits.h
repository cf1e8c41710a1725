/* SPDX-License-Identifier: GPL-2.0 */
/* Limits of kernel integer types, for programs */

#ifndef _SHIM_LINUX_LIMITS_H
#define _SHIM_LINUX_LIMITS_H

#include_next <linux/limits.h>

#include <limits.h>

#define U8_MAX		0xff
#define U16_MAX	0xffffU
#define U32_MAX	0xffffffffU
#define S32_MAX	INT32_MAX
#define S64_MAX	INT64_MAX
#define S64_MIN	INT64_MIN

#endif
