/* SPDX-License-Identifier: GPL-2.0 */
/* The least, the greatest, the other way round */

#ifndef _SHIM_LINUX_MINMAX_H
#define _SHIM_LINUX_MINMAX_H

#define min(a, b)	((a) < (b) ? (a) : (b))
#define max(a, b)	((a) > (b) ? (a) : (b))
#define min3(a, b, c)	min(min(a, b), c)
#define max3(a, b, c)	max(max(a, b), c)

#define swap(a, b)					\
	do {						\
		__typeof__(a) shim_swap = (a);		\
							\
		(a) = (b);				\
		(b) = shim_swap;			\
	} while (0)

#endif
