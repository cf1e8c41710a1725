/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of a tracer share that reads filters: their instructions and metadata */

#ifndef _SECCOMP_METADATA_H
#define _SECCOMP_METADATA_H

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER	0x420c
#endif
#ifndef PTRACE_SECCOMP_GET_METADATA
#define PTRACE_SECCOMP_GET_METADATA	0x420d
#endif

/* struct seccomp_metadata, of which older headers have the first line only */
struct metadata {
	__u64 filter_off, flags;
	__u64 filter_id, parent_id;
	__u32 bpf_prog_id, pin_action, pin_arch, reserved;
};

/* SECCOMP_FILTER_FLAG_SPEC_ALLOW and _WAIT_KILLABLE_RECV, reported with more than that */
#define NEW_FLAGS	(1ULL << 2 | 1ULL << 5)

/* As much as kernels have filled since Linux 4.16 */
#define METADATA_OLD	offsetof(struct metadata, filter_id)

static inline long get_filter(pid_t pid, unsigned long off, void *insn)
{
	long ret = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, off, insn);

	return ret < 0 ? -errno : ret;
}

static inline long get_metadata(pid_t pid, size_t size, void *data)
{
	long ret = ptrace(PTRACE_SECCOMP_GET_METADATA, pid, size, data);

	return ret < 0 ? -errno : ret;
}

/*
 * Every size: what is asked for is given, nothing behind it, and no more than there is.
 * The numbers of filters are not known before: each filter has one, the oldest has no
 * parent, and the parent of every other one is the filter before.
 */
static inline void expect_metadata(struct __test_metadata *_metadata, pid_t pid,
				   struct metadata want)
{
	struct metadata read = { .filter_off = want.filter_off }, older = {};
	__u8 data[2 * sizeof(want)];

	ASSERT_EQ((long)sizeof(read), get_metadata(pid, sizeof(read), &read));
	EXPECT_NE(0ULL, read.filter_id);
	if (want.filter_off) {
		older.filter_off = want.filter_off - 1;
		ASSERT_EQ((long)sizeof(older), get_metadata(pid, sizeof(older), &older));
		EXPECT_LT(older.filter_id, read.filter_id);
	}
	want.filter_id = read.filter_id;
	want.parent_id = older.filter_id;
	for (size_t size = 8; size <= sizeof(data); size++) {
		size_t given = size < sizeof(want) ? size : sizeof(want);

		struct metadata given_want = want;

		/* Who has no room for more gets the flag that it knows. */
		if (size <= METADATA_OLD)
			given_want.flags &= ~(__u64)NEW_FLAGS;
		memset(data, 0xa5, sizeof(data));
		memcpy(data, &want.filter_off, sizeof(want.filter_off));
		EXPECT_EQ((long)given, get_metadata(pid, size, data));
		EXPECT_EQ(0, memcmp(data, &given_want, given))
			TH_LOG("filter %lld, %zu bytes", want.filter_off, size);
		for (size_t i = given; i < sizeof(data); i++)
			EXPECT_EQ(0xa5, data[i]);
	}
	for (size_t size = 0; size < 8; size++)
		EXPECT_EQ(-EINVAL, get_metadata(pid, size, &read));
	EXPECT_EQ(-EFAULT, get_metadata(pid, sizeof(want), NULL));
}

#endif /* _SECCOMP_METADATA_H */
