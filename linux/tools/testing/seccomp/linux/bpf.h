/* SPDX-License-Identifier: GPL-2.0 */
/* Instructions of eBPF, for programs */

#ifndef _SHIM_LINUX_BPF_H
#define _SHIM_LINUX_BPF_H

#include <linux/array_size.h>
#include <linux/types.h>
#include_next <linux/bpf.h>

/* What older headers do not have yet. */
#ifndef BPF_MEMSX
#define BPF_MEMSX	0x80
#endif

/* What the kernel keeps to itself, in its linux/filter.h. */
#define BPF_REG_PARAMS	MAX_BPF_REG
#define BPF_REG_AX	(MAX_BPF_REG + 1)
#define MAX_BPF_EXT_REG	(MAX_BPF_REG + 2)
#define MAX_BPF_STACK	512
#define BPF_CALL_ARGS	0xe0
#define BPF_NOSPEC	0xc0

static inline int bpf_size_to_bytes(int size)
{
	switch (size) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

#endif
