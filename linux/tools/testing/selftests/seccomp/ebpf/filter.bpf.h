/* SPDX-License-Identifier: GPL-2.0 */
/* What seccomp filters in C have in common: reading what a call is, and the answers */

#ifndef _FILTER_BPF_H
#define _FILTER_BPF_H

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/seccomp.h>
#include <bpf/bpf_helpers.h>

#include "filters.h"

/*
 * The kernel lets a filter load one field at a time, or less, from a place that is
 * known when the program is loaded. The compiler does not know: it may load nr and
 * arch together, as it does to copy all of *ctx ("invalid bpf_context access"), or
 * choose the address first. This has it load what is written, where it is written.
 */
#define FIELD(ctx, name)	(*(volatile typeof((ctx)->name) *)&(ctx)->name)

#define ALLOW		SECCOMP_RET_ALLOW
#define KILL		SECCOMP_RET_KILL_PROCESS
#define FAIL(error)	(SECCOMP_RET_ERRNO | (error))

char _license[] SEC("license") = "GPL";

#endif /* _FILTER_BPF_H */
