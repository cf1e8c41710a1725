/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that runs out when a test wants it to */

#ifndef _SHIM_LINUX_SLAB_H
#define _SHIM_LINUX_SLAB_H

#include "../shim.h"

#define GFP_KERNEL_ACCOUNT	0
#define __GFP_NORETRY		0
#define __GFP_NOWARN		0

#ifndef __counted_by
#define __counted_by(member)
#endif

#define struct_size(p, member, n) \
	(sizeof(*(p)) + (n) * sizeof(*(p)->member))

#define kvmalloc(size, flags)		((void)(flags), shim_alloc(size))
#define kvmalloc_array(n, size, flags) \
	((void)(flags), shim_alloc((size_t)(n) * (size)))
#define kvmalloc_obj(obj, flags)		((void)(flags), shim_alloc(sizeof(obj)))
#define kvfree(p)			shim_free(p)

#endif
