/* SPDX-License-Identifier: GPL-2.0 */
/* What seccomp filters in C and the program that loads them tell each other */

#ifndef _FILTERS_H
#define _FILTERS_H

#include <linux/seccomp.h>
#include <linux/types.h>

/* A number says nothing without the ABI that it is of. */
struct call_id {
	__u32 arch;
	__u32 nr;
};

/* One call that was denied, as stream.bpf.c tells of it */
struct denied_call {
	/* Nanoseconds since boot */
	__u64 time;
	/* In the PID namespace of whoever reads, 0 outside it */
	__u32 pid, tid;
	struct seccomp_data data;
};

/* A PID namespace, by its file in /proc/PID/ns */
struct pid_ns {
	__u64 dev, ino;
};

/* How often limit.bpf.c lets a call pass */
struct rate {
	struct call_id call;
	/* Nanoseconds for each call, and how many may come at once */
	__u64 interval, burst;
};

#endif /* _FILTERS_H */
