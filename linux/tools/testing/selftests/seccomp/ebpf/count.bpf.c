// SPDX-License-Identifier: GPL-2.0
/* A seccomp filter that denies some calls, and counts how often each was tried */

#include "filter.bpf.h"

/*
 * What is denied is what has an entry. Whoever has the map may add, read and
 * delete entries while the filter runs:
 *
 *	bpftool prog load count.bpf.o /sys/fs/bpf/count pinmaps /sys/fs/bpf
 *	bpftool map update pinned /sys/fs/bpf/denied \
 *		key hex 3e 00 00 c0 a5 00 00 00 value hex 00 00 00 00 00 00 00 00
 *	bpftool map dump pinned /sys/fs/bpf/denied
 *
 * denies mount(2) of x86-64, and tells who tried.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct call_id);
	__type(value, __u64);
} denied SEC(".maps");

SEC("seccomp")
__u32 count_denied(struct seccomp_data *ctx)
{
	struct call_id call = { .arch = FIELD(ctx, arch), .nr = FIELD(ctx, nr) };
	__u64 *count = bpf_map_lookup_elem(&denied, &call);

	if (!count)
		return ALLOW;
	/* Other CPUs count, too. */
	__sync_fetch_and_add(count, 1);
	return FAIL(EPERM);
}
