/* SPDX-License-Identifier: GPL-2.0 */
/* User space ABI of classic BPF, and what comes with it in the kernel */

#ifndef _SHIM_LINUX_FILTER_H
#define _SHIM_LINUX_FILTER_H

#include <errno.h>
#include <linux/types.h>
#include_next <linux/filter.h>

struct sock_fprog_kern {
	u16 len;
	struct sock_filter *filter;
};

/* Of linux/build_bug.h */
#undef static_assert
#define static_assert(expr, ...)	__static_assert(expr, ##__VA_ARGS__, #expr)
#define __static_assert(expr, msg, ...)	_Static_assert(expr, msg)

#endif
