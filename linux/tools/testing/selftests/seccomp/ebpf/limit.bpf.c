// SPDX-License-Identifier: GPL-2.0
/* A seccomp filter that limits how often one call is made, by a bucket of tokens */

/*
 * A token comes into the bucket each interval, a call takes one out, and there is
 * room for as many as may come in a burst. Nobody has to fill it: it is enough to
 * know when it would have run empty, had it never been more than full. A call
 * moves that time on by one interval, and may not move it past now.
 *
 * All tasks with the filter share the bucket, as do all filters that are given
 * the same map.
 */

#include "filter.bpf.h"

/* How often to try again if another CPU took a token meanwhile */
#define TRIES	8

/* Set before the filter is loaded, in the map ".rodata". */
const volatile struct rate rate;

/* When the bucket ran empty, or would have */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} bucket SEC(".maps");

static int take_token(void)
{
	__u64 interval = rate.interval, full = interval * rate.burst;
	__u64 *empty = bpf_map_lookup_elem(&bucket, &(__u32){ 0 });
	__u64 now = bpf_ktime_get_boot_ns();

	if (!empty)
		return 0;
	/* Or clang makes a loop whose end the verifier does not see. */
#pragma unroll
	for (int i = 0; i < TRIES; i++) {
		__u64 old = *(volatile __u64 *)empty, start = old;

		if (start + full < now)
			start = now - full;
		if (start + interval > now)
			return 0;
		if (__sync_val_compare_and_swap(empty, old, start + interval) == old)
			return 1;
	}
	return 0;
}

SEC("seccomp")
__u32 limit_rate(struct seccomp_data *ctx)
{
	if (FIELD(ctx, arch) != rate.call.arch || FIELD(ctx, nr) != (int)rate.call.nr)
		return ALLOW;
	return take_token() ? ALLOW : FAIL(EAGAIN);
}
