// SPDX-License-Identifier: GPL-2.0
/* A seccomp filter that denies some calls, and streams all about each to a ring buffer */

#include "filter.bpf.h"

/* What is denied, and with which errno. Can be changed while the filter runs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct call_id);
	__type(value, __u32);
} denied SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} records SEC(".maps");

/* Calls that nobody will read of, since the buffer was full. In the map ".bss". */
__u64 lost;

/* Set before the filter is loaded, in the map ".rodata". */
const volatile struct pid_ns reader;

static void tell(struct seccomp_data *ctx)
{
	struct denied_call *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	struct bpf_pidns_info ids = {};

	if (!record) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	record->time = bpf_ktime_get_boot_ns();
	bpf_get_ns_current_pid_tgid(reader.dev, reader.ino, &ids, sizeof(ids));
	record->pid = ids.tgid;
	record->tid = ids.pid;
	record->data.nr = FIELD(ctx, nr);
	record->data.arch = FIELD(ctx, arch);
	record->data.instruction_pointer = FIELD(ctx, instruction_pointer);
	record->data.args[0] = FIELD(ctx, args[0]);
	record->data.args[1] = FIELD(ctx, args[1]);
	record->data.args[2] = FIELD(ctx, args[2]);
	record->data.args[3] = FIELD(ctx, args[3]);
	record->data.args[4] = FIELD(ctx, args[4]);
	record->data.args[5] = FIELD(ctx, args[5]);
	bpf_ringbuf_submit(record, 0);
}

SEC("seccomp")
__u32 stream_denied(struct seccomp_data *ctx)
{
	struct call_id call = { .arch = FIELD(ctx, arch), .nr = FIELD(ctx, nr) };
	__u32 *error = bpf_map_lookup_elem(&denied, &call);

	if (!error)
		return ALLOW;
	tell(ctx);
	return FAIL(*error & SECCOMP_RET_DATA);
}
