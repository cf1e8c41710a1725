// SPDX-License-Identifier: GPL-2.0
/* The filters in ebpf/, compiled from C by clang and loaded by libbpf, do what they say */

/*
 * Also an example: open_filter() and attach_filter() are all that a loader needs,
 * between them it sets up the filter's maps.
 */

#define WITHOUT_ABI_FIXTURE
#include "seccomp_test.h"
#include "ebpf/filters.h"

#include <linux/sched.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define BURST		5
#define INTERVAL	(50 * 1000 * 1000UL)	/* ns */
#define NAMESPACES	(CLONE_NEWNS | CLONE_NEWUSER)

/* Calls that a filter of one page of records has to lose some of */
#define MANY		100
#define PAGE		4096

static const struct call_id getppid_call = { .arch = NATIVE_ARCH, .nr = __NR_getppid };

/* Read NAME.bpf.o, which is where this program is. */
static struct bpf_object *open_filter(const char *name)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len < 0)
		return NULL;
	path[len] = 0;
	len = strrchr(path, '/') + 1 - path;
	snprintf(path + len, sizeof(path) - len, "%s.bpf.o", name);
	return bpf_object__open(path);
}

/* The program of an object that has one, once it is loaded */
static int filter_fd(const struct bpf_object *filter)
{
	return bpf_program__fd(bpf_object__next_program(filter, NULL));
}

/* Filter the caller, and all its children. It has no_new_privs, or CAP_SYS_ADMIN. */
static long attach_filter(const struct bpf_object *filter)
{
	int fd = filter_fd(filter);

	return raw3(&native, __NR_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_BPF_PROG_FD, (long)&fd);
}

static int map_fd(const struct bpf_object *filter, const char *name)
{
	return bpf_object__find_map_fd_by_name(filter, name);
}

/*
 * What the filter's C has as global variables, @want bytes: constants before it is
 * loaded, the others also after.
 */
static void *variables(const struct bpf_object *filter, const char *section, size_t want)
{
	struct bpf_map *map = bpf_object__find_map_by_name(filter, section);
	size_t size;
	void *start;

	if (!map)
		return NULL;
	start = bpf_map__initial_value(map, &size);
	return start && size == want ? start : NULL;
}

/* What the child shall attach */
static struct bpf_object *filter;

FIXTURE(filter) {
	int unused;
};

FIXTURE_SETUP(filter)
{
	if (raw3(&native, __NR_seccomp, SECCOMP_SET_MODE_FILTER,
		 SECCOMP_FILTER_FLAG_BPF_PROG_FD, 0) == -EINVAL)
		SKIP(return, "no CONFIG_SECCOMP_FILTER_EXTENDED");
	if (geteuid())
		SKIP(return, "only root may load programs");
	if (!NATIVE_ARCH)
		SKIP(return, "not told which architecture this is");
}

FIXTURE_TEARDOWN(filter)
{
	bpf_object__close(filter);
	filter = NULL;
}

/* --- count.bpf.c --- */

static void child_counted(const struct abi *abi, long calls)
{
	long pid = call(abi, GETPID);

	CHECK(attach_filter(filter), 0);
	for (long i = 0; i < calls; i++)
		CHECK(call(abi, GETPPID), -EPERM);
	CHECK(call(abi, GETPID), pid);
	/* A child is filtered, and counted, as well. */
	if (!fork()) {
		CHECK(call(abi, GETPPID), -EPERM);
		leave(0);
	}
	CHECK(wait(NULL) > 0, true);
	/* It is for others to change what is denied. */
	atomic_store(&report->stage, 1);
	wait_for(&report->stage, 2);
	CHECK(call(abi, GETPPID) > 0, true);
	CHECK(call(abi, GETUID), -EPERM);
}

TEST_F(filter, count_has_each_denied_call_once)
{
	const struct call_id getuid_call = { .arch = NATIVE_ARCH, .nr = native.nr[GETUID] };
	__u64 count = 0;
	pid_t pid;
	int fd;

	filter = open_filter("count");
	ASSERT_NE(NULL, filter);
	ASSERT_EQ(0, bpf_object__load(filter));
	fd = map_fd(filter, "denied");
	ASSERT_EQ(0, bpf_map_update_elem(fd, &getppid_call, &count, BPF_NOEXIST));

	pid = start(child_counted, &native, 7);
	getppid();
	wait_for(&report->stage, 1);
	EXPECT_EQ(0, bpf_map_lookup_elem(fd, &getppid_call, &count));
	EXPECT_EQ(8, count);
	EXPECT_EQ(0, bpf_map_delete_elem(fd, &getppid_call));
	count = 1000;
	EXPECT_EQ(0, bpf_map_update_elem(fd, &getuid_call, &count, BPF_NOEXIST));
	atomic_store(&report->stage, 2);
	EXPECT_FINE(finish(pid));
	EXPECT_EQ(0, bpf_map_lookup_elem(fd, &getuid_call, &count));
	EXPECT_EQ(1001, count);
	EXPECT_NE(0, bpf_map_lookup_elem(fd, &getppid_call, &count));
}

/* --- stream.bpf.c --- */

/* An errno that the kernel would not return by itself */
static const __u32 denied_errno = DENIED;

static const long some_args[6] = { 1, -1, 0x123456789abcdefL, LONG_MIN, 0, 0xffffffff };

/* Where to call from, to know what is told of it */
static char *site;

static void child_streamed(const struct abi *abi, long calls)
{
	CHECK(attach_filter(filter), 0);
	call(abi, GETPID);
	for (long i = 0; i < calls; i++)
		CHECK(abi->raw(abi->nr[GETPPID], some_args), -DENIED);
#ifdef __x86_64__
	if (site)
		CHECK(call_from(site, abi->nr[GETPPID]), -DENIED);
#endif
}

struct seen {
	struct denied_call calls[4];
	size_t n;
};

static int on_record(void *seen_by, void *data, size_t size)
{
	struct seen *seen = seen_by;

	if (size != sizeof(struct denied_call))
		return -EINVAL;
	if (seen->n < ARRAY_SIZE(seen->calls))
		seen->calls[seen->n] = *(struct denied_call *)data;
	seen->n++;
	return 0;
}

static __u64 since_boot(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* Have the stream filter loaded, with a ring of @size bytes, and getppid() denied. */
static struct ring_buffer *load_stream(size_t size, struct seen *seen)
{
	struct pid_ns *reader;
	struct stat ns;

	filter = open_filter("stream");
	if (!filter || stat("/proc/self/ns/pid", &ns))
		return NULL;
	reader = variables(filter, ".rodata", sizeof(*reader));
	if (!reader)
		return NULL;
	reader->dev = ns.st_dev;
	reader->ino = ns.st_ino;
	if (bpf_map__set_max_entries(bpf_object__find_map_by_name(filter, "records"), size) ||
	    bpf_object__load(filter) ||
	    bpf_map_update_elem(map_fd(filter, "denied"), &getppid_call, &denied_errno, 0))
		return NULL;
	return ring_buffer__new(map_fd(filter, "records"), on_record, seen, NULL);
}

TEST_F(filter, stream_tells_who_called_what_from_where)
{
	__u64 begun = since_boot(), *lost;
	struct seen seen = {};
	struct ring_buffer *ring = load_stream(16 * PAGE, &seen);
	pid_t pid;

	ASSERT_NE(NULL, ring);
#ifdef __x86_64__
	site = map_sites(&native);
#endif
	pid = start(child_streamed, &native, 2);
	EXPECT_FINE(finish(pid));
	EXPECT_EQ(site ? 3 : 2, ring_buffer__consume(ring));
	ASSERT_EQ(site ? 3 : 2, seen.n);
	for (size_t i = 0; i < seen.n; i++) {
		const struct denied_call *denied = &seen.calls[i];

		EXPECT_LE(i ? seen.calls[i - 1].time : begun, denied->time);
		EXPECT_GE(since_boot(), denied->time);
		EXPECT_EQ(pid, denied->pid);
		EXPECT_EQ(pid, denied->tid);
		EXPECT_EQ(__NR_getppid, denied->data.nr);
		EXPECT_EQ(NATIVE_ARCH, denied->data.arch);
		if (i < 2) {
			EXPECT_EQ(0, memcmp(some_args, denied->data.args, sizeof(some_args)));
			continue;
		}
#ifdef __x86_64__
		EXPECT_EQ((long)site + SITE_RETURN, denied->data.instruction_pointer);
#endif
	}
	lost = variables(filter, ".bss", sizeof(*lost));
	ASSERT_NE(NULL, lost);
	EXPECT_EQ(0, *lost);
	ring_buffer__free(ring);
}

TEST_F(filter, stream_counts_what_it_loses)
{
	struct seen seen = {};
	struct ring_buffer *ring = load_stream(PAGE, &seen);
	__u64 *lost;
	int read;

	ASSERT_NE(NULL, ring);
	/* Denied all the same */
	EXPECT_FINE(run(child_streamed, &native, MANY));
	read = ring_buffer__consume(ring);
	EXPECT_LT(PAGE / sizeof(struct denied_call) / 2, read);
	lost = variables(filter, ".bss", sizeof(*lost));
	ASSERT_NE(NULL, lost);
	EXPECT_EQ(MANY, read + *lost);
	ring_buffer__free(ring);
}

/* --- limit.bpf.c --- */

/* Call until there is no token left; return how many there were. */
static long empty_bucket(const struct abi *abi)
{
	long passed = 0, ret;

	while ((ret = call(abi, GETPPID)) != -EAGAIN) {
		CHECK(ret > 0, true);
		passed++;
	}
	return passed;
}

/*
 * Call for as long as @intervals last, and tell how many calls passed. Tokens are
 * @lost if the machine has something else to do for longer than a burst.
 */
static long passed_within(const struct abi *abi, long intervals, long *lost)
{
	__u64 now = since_boot(), end = now + intervals * INTERVAL, last;
	long passed = 0;

	while (now < end) {
		passed += empty_bucket(abi);
		last = now;
		now = since_boot();
		if (now - last > BURST * INTERVAL)
			*lost += (now - last) / INTERVAL - BURST + 1;
	}
	return passed + empty_bucket(abi);
}

static void child_limited(const struct abi *abi, long intervals)
{
	__u64 begun = since_boot();
	long other, lost = 0;
	int fds[2];

	CHECK(pipe(fds), 0);
	CHECK(attach_filter(filter), 0);
	/* Two tasks at a time take from one bucket. */
	if (!fork()) {
		other = passed_within(abi, intervals, &lost);
		CHECK(write(fds[1], &other, sizeof(other)), sizeof(other));
		leave(0);
	}
	report->told[0] = passed_within(abi, intervals, &lost);
	CHECK(read(fds[0], &other, sizeof(other)), sizeof(other));
	report->told[0] += other;
	report->told[1] = (since_boot() - begun) / INTERVAL;
	report->told[2] = lost;
	/* Other calls are not limited. */
	for (int i = 0; i < 10 * BURST; i++)
		CHECK(call(abi, GETPID) > 0, true);
	/* A full bucket is not more than full. */
	usleep(3 * BURST * INTERVAL / 1000);
	begun = since_boot();
	report->told[3] = empty_bucket(abi);
	report->told[4] = (since_boot() - begun) / INTERVAL;
}

TEST_F(filter, limit_lets_pass_a_burst_and_then_the_rate)
{
	struct rate *rate;

	filter = open_filter("limit");
	ASSERT_NE(NULL, filter);
	rate = variables(filter, ".rodata", sizeof(*rate));
	ASSERT_NE(NULL, rate);
	*rate = (struct rate) { .call = getppid_call, .interval = INTERVAL, .burst = BURST };
	ASSERT_EQ(0, bpf_object__load(filter));

	EXPECT_FINE(run(child_limited, &native, 20));
	/* Half a token may be there at the end, or have been there at the beginning. */
	EXPECT_LE(BURST + 20 - 1 - report->told[2], report->told[0])
		TH_LOG("%ld may be lost", report->told[2]);
	EXPECT_GE(BURST + report->told[1] + 1, report->told[0]);
	EXPECT_LE(BURST, report->told[3]);
	EXPECT_GE(BURST + report->told[4] + 1, report->told[3]);
}

/* --- pure.bpf.c --- */

#define FAIL(error)	(SECCOMP_RET_ERRNO | (error))

/* Arguments where only the lower half decides: the kernel ignores the upper */
#define UPPER		0x100000000UL

static const struct {
	struct seccomp_data data;
	__u32 verdict;
} verdicts[] = {
	{ { __NR_getppid, NATIVE_ARCH }, ALLOW },
	{ { __NR_getppid, NATIVE_ARCH, 1, { 2, 3, 4, 5, 6, 7 } }, ALLOW },
	{ { __NR_getppid, NATIVE_ARCH ^ 1 }, KILL },
	{ { __NR_getppid }, KILL },
	{ { __NR_mount, NATIVE_ARCH }, FAIL(EPERM) },
	{ { __NR_bpf, NATIVE_ARCH }, FAIL(EPERM) },
	{ { __NR_keyctl, NATIVE_ARCH }, FAIL(ENOSYS) },
	{ { __NR_clone3, NATIVE_ARCH }, FAIL(ENOSYS) },
	{ { __NR_mseal, NATIVE_ARCH }, ALLOW },
	{ { __NR_mseal + 1, NATIVE_ARCH }, FAIL(ENOSYS) },
	{ { INT_MAX, NATIVE_ARCH }, FAIL(ENOSYS) },
	{ { -1, NATIVE_ARCH }, FAIL(ENOSYS) },
	{ { 0x40000000 | __NR_getppid, NATIVE_ARCH }, FAIL(ENOSYS) },
	{ { __NR_clone, NATIVE_ARCH, 0, { SIGCHLD } }, ALLOW },
	{ { __NR_clone, NATIVE_ARCH, 0, { CLONE_NEWUSER } }, FAIL(EPERM) },
	{ { __NR_unshare, NATIVE_ARCH, 0, { CLONE_FILES } }, ALLOW },
	{ { __NR_unshare, NATIVE_ARCH, 0, { CLONE_FILES | NAMESPACES } }, FAIL(EPERM) },
	{ { __NR_unshare, NATIVE_ARCH, 0, { UPPER | CLONE_FILES } }, ALLOW },
	{ { __NR_personality, NATIVE_ARCH, 0, { 0 } }, ALLOW },
	{ { __NR_personality, NATIVE_ARCH, 0, { 8 } }, ALLOW },
	{ { __NR_personality, NATIVE_ARCH, 0, { UPPER | 0x20008 } }, ALLOW },
	{ { __NR_personality, NATIVE_ARCH, 0, { 0xffffffff } }, ALLOW },
	{ { __NR_personality, NATIVE_ARCH, 0, { 9 } }, FAIL(EPERM) },
	{ { __NR_personality, NATIVE_ARCH, 0, { 0xfffffffe } }, FAIL(EPERM) },
	{ { __NR_socket, NATIVE_ARCH, 0, { 1, 1 } }, ALLOW },
	{ { __NR_socket, NATIVE_ARCH, 0, { UPPER | 40, 1 } }, FAIL(EINVAL) },
	{ { __NR_ioctl, NATIVE_ARCH, 0, { 0, 0x5412 } }, FAIL(EPERM) },
	{ { __NR_ioctl, NATIVE_ARCH, 0, { 0, UPPER | 0x5412 } }, FAIL(EPERM) },
	{ { __NR_ioctl, NATIVE_ARCH, 0, { 0x5412, 0 } }, ALLOW },
};

/* Make those calls that are denied with an errno, for real. */
static void child_denied(const struct abi *abi, long unused)
{
	CHECK(attach_filter(filter), 0);
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		const struct seccomp_data *data = &verdicts[i].data;
		long error = verdicts[i].verdict & SECCOMP_RET_DATA;

		report->arg = i;
		if (data->arch == abi->arch && verdicts[i].verdict != ALLOW)
			CHECK(abi->raw(data->nr, (const long *)data->args), -error);
	}
	CHECK(call(abi, GETPPID) > 0, true);
	CHECK(raw3(abi, __NR_personality, 0xffffffff, 0, 0) >= 0, true);
	CHECK(raw3(abi, __NR_unshare, CLONE_FILES, 0, 0), 0);
	CHECK(raw3(abi, __NR_ioctl, -1, 0, 0), -EBADF);
}

TEST_F(filter, pure_answers_like_a_container)
{
	struct seccomp_data data;
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts), .ctx_in = &data, .ctx_size_in = sizeof(data),
	};
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	filter = open_filter("pure");
	ASSERT_NE(NULL, filter);
	ASSERT_EQ(0, bpf_object__load(filter));
	/* Or else it would not be what it is called. */
	ASSERT_EQ(0, bpf_prog_get_info_by_fd(filter_fd(filter), &info, &len));
	EXPECT_EQ(0, info.nr_map_ids);

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		data = verdicts[i].data;
		EXPECT_EQ(0, bpf_prog_test_run_opts(filter_fd(filter), &opts));
		EXPECT_EQ(verdicts[i].verdict, opts.retval)
			TH_LOG("verdict %zu: number %d, argument %#llx", i, data.nr, data.args[0]);
	}
	EXPECT_FINE(run(child_denied, &native, 0));
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
