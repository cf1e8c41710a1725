// SPDX-License-Identifier: GPL-2.0
/* eBPF filters: records in a ring buffer, by several tasks, and who waits for them */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"

#include <sys/epoll.h>

/* Patience with what must happen, and with what must not, in milliseconds */
#define LONG		20000
#define SHORT		100

/* The errno of a call whose record found no room */
#define FULL		(DENIED + 1)

/* What a filter leaves of a call of getppid(), behind its length */
struct record {
	__u32 length, page;
	__u64 arg, inverse;
};

/*
 * Reserve a record, store the first argument, and the same inverted; submit or
 * discard it with the flags of the second argument.
 */
static int load_recorder(int map, int how)
{
	return LOAD_EBPF(CTX_NR(R2), BPF_JMP32_IMM(BPF_JEQ, R2, native.nr[GETPPID], 2),
			 VERDICT(ALLOW),
			 BPF_MOV64_REG(R6, R1), BPF_LD_MAP_FD(R1, map), BPF_MOV64_IMM(R2, 16),
			 BPF_MOV64_IMM(R3, 0), BPF_CALL_HELPER(BPF_FUNC_ringbuf_reserve),
			 BPF_JMP_IMM(BPF_JNE, R0, 0, 2), VERDICT(SECCOMP_RET_ERRNO | FULL),
			 BPF_LDX_MEM(BPF_DW, R2, R6, ARG_OFF(0)), BPF_STX_MEM(BPF_DW, R0, R2, 0),
			 BPF_ALU64_IMM(BPF_XOR, R2, -1), BPF_STX_MEM(BPF_DW, R0, R2, 8),
			 BPF_LDX_MEM(BPF_DW, R2, R6, ARG_OFF(1)),
			 BPF_MOV64_REG(R1, R0), BPF_CALL_HELPER(how), VERDICT(DENY));
}

/* A ring of one page, who waits for it, and where the reader is */
struct ring {
	int map, epoll;
	size_t page;
	unsigned long *consumed;
	const unsigned long *produced;
	const char *data;
};

static bool open_ring(struct ring *r, int events)
{
	struct epoll_event event = { .events = events };
	void *first, *rest;

	r->page = sysconf(_SC_PAGESIZE);
	r->map = create_map(BPF_MAP_TYPE_RINGBUF, 0, 0, r->page);
	if (r->map < 0)
		return false;
	first = mmap(NULL, r->page, PROT_READ | PROT_WRITE, MAP_SHARED, r->map, 0);
	rest = mmap(NULL, 3 * r->page, PROT_READ, MAP_SHARED, r->map, r->page);
	r->epoll = epoll_create1(0);
	if (first == MAP_FAILED || rest == MAP_FAILED)
		return false;
	r->consumed = first;
	r->produced = rest;
	r->data = rest + r->page;
	return !epoll_ctl(r->epoll, EPOLL_CTL_ADD, r->map, &event);
}

static void close_ring(struct ring *r)
{
	munmap(r->consumed, r->page);
	munmap((void *)r->produced, 3 * r->page);
	close(r->epoll);
	close(r->map);
}

/* How many wait that were woken: 1, or 0 if none is within @timeout */
static int wait_ring(const struct ring *r, int timeout)
{
	struct epoll_event event;

	return epoll_wait(r->epoll, &event, 1, timeout);
}

/* The next record, or NULL if there is none that is complete; drop_record() goes on. */
static const struct record *next_record(const struct ring *r)
{
	unsigned long at = *r->consumed;
	const struct record *record = (void *)(r->data + at % r->page);

	if (at == __atomic_load_n(r->produced, __ATOMIC_ACQUIRE))
		return NULL;
	if (__atomic_load_n(&record->length, __ATOMIC_ACQUIRE) & BPF_RINGBUF_BUSY_BIT)
		return NULL;
	return record;
}

static void drop_record(struct ring *r)
{
	__atomic_store_n(r->consumed, *r->consumed + sizeof(struct record), __ATOMIC_RELEASE);
}

static int drop_all(struct ring *r)
{
	int n = 0;

	for (; next_record(r); n++)
		drop_record(r);
	return n;
}

/* --- Who is woken --- */

/* How many calls another task shall have made, and has; the flags of the last, or STOP */
static struct orders {
	atomic_int given, done, flags;
} *orders;

#define STOP	-1

static void child_ordered(const struct abi *abi, long filter)
{
	CHECK(attach_ebpf(0, filter), 0);
	for (long n = 1;; n++) {
		int flags;

		wait_for(&orders->given, n);
		flags = atomic_load(&orders->flags);
		if (flags == STOP)
			return;
		CHECK(raw3(abi, abi->nr[GETPPID], n, flags, 0), -DENIED);
		atomic_store(&orders->done, n);
	}
}

/* Have a call made with @flags; it has returned when this does. */
static void order(int flags)
{
	int n = atomic_load(&orders->given) + 1;

	atomic_store(&orders->flags, flags);
	atomic_store(&orders->given, n);
	if (flags != STOP)
		wait_for(&orders->done, n);
}

static void expect_flags(struct __test_metadata *_metadata, int how)
{
	struct ring r;
	int filter;
	pid_t pid;

	orders = mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)orders);
	/* Edge-triggered, it says once of each time that it was woken. */
	ASSERT_TRUE(open_ring(&r, EPOLLIN | EPOLLET));
	filter = load_recorder(r.map, how);
	ASSERT_LOADED(filter);
	pid = start(child_ordered, &native, filter);

	EXPECT_EQ(0, wait_ring(&r, 0));
	order(0);
	EXPECT_EQ(1, wait_ring(&r, LONG));
	EXPECT_EQ(0, wait_ring(&r, SHORT));
	/* Who has not read the last record need not be woken for the next. */
	order(0);
	EXPECT_EQ(0, wait_ring(&r, SHORT));
	order(BPF_RB_FORCE_WAKEUP);
	EXPECT_EQ(1, wait_ring(&r, LONG));
	EXPECT_EQ(3, drop_all(&r));
	/* Who has is, unless told otherwise. */
	order(BPF_RB_NO_WAKEUP);
	EXPECT_EQ(0, wait_ring(&r, SHORT));
	EXPECT_EQ(1, drop_all(&r));
	order(0);
	EXPECT_EQ(1, wait_ring(&r, LONG));
	EXPECT_EQ(1, drop_all(&r));
	/* The stronger of the two flags */
	order(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP);
	EXPECT_EQ(1, wait_ring(&r, LONG));
	EXPECT_EQ(1, drop_all(&r));
	order(STOP);
	EXPECT_FINE(finish(pid));
	EXPECT_EQ(0, wait_ring(&r, 0));
	close(filter);
	close_ring(&r);
	munmap(orders, sizeof(*orders));
}

TEST(flags_of_submit_tell_whom_to_wake)
{
	NEED_EBPF();
	expect_flags(_metadata, BPF_FUNC_ringbuf_submit);
}

TEST(flags_of_discard_tell_whom_to_wake)
{
	NEED_EBPF();
	expect_flags(_metadata, BPF_FUNC_ringbuf_discard);
}

TEST(flags_of_output_are_checked)
{
	struct seccomp_data data = {};
	struct ring r;
	int fd;

	NEED_EBPF();
	ASSERT_TRUE(open_ring(&r, EPOLLIN | EPOLLET));
	fd = LOAD_EBPF(BPF_MOV64_REG(R6, R1), BPF_ST_MEM(BPF_DW, FP, -16, 1),
		       BPF_ST_MEM(BPF_DW, FP, -8, -2),
		       BPF_LD_MAP_FD(R1, r.map), BPF_MOV64_REG(R2, FP),
		       BPF_ALU64_IMM(BPF_ADD, R2, -16), BPF_MOV64_IMM(R3, 16),
		       BPF_LDX_MEM(BPF_DW, R4, R6, ARG_OFF(1)),
		       BPF_CALL_HELPER(BPF_FUNC_ringbuf_output), BPF_EXIT_INSN());
	ASSERT_LOADED(fd);
	for (__u64 flags = 0; flags < 16; flags++) {
		bool valid = flags < 4, wakes = valid && flags != BPF_RB_NO_WAKEUP;

		data.args[1] = flags;
		EXPECT_EQ(valid ? 0 : -EINVAL, (int)result_of(fd, &data))
			TH_LOG("flags %llu", flags);
		EXPECT_EQ(wakes, wait_ring(&r, wakes ? LONG : SHORT / 5))
			TH_LOG("flags %llu", flags);
		EXPECT_EQ(valid, drop_all(&r));
	}
	data.args[1] = 1ULL << 32;
	EXPECT_EQ(-EINVAL, (int)result_of(fd, &data));
	close(fd);
	close_ring(&r);
}

/* --- Several producers --- */

#define THREADS		3
#define TASKS		2
#define PRODUCERS	(THREADS * TASKS)
#define RECORDS		1500

struct producer {
	pthread_t thread;
	long number, full;
};

static atomic_int filtered;

/* Each call has to leave a record, so if there is no room it is made again. */
static void *produce(void *arg)
{
	struct producer *p = arg;
	long got;

	wait_for(&filtered, 1);
	for (long i = 0; i < RECORDS; i++) {
		for (;;) {
			got = raw3(&native, native.nr[GETPPID], p->number << 32 | i, 0, 0);
			if (got != -FULL)
				break;
			p->full++;
			sched_yield();
		}
		CHECK(got, -DENIED);
	}
	return NULL;
}

static void child_producers(const struct abi *abi, long filter)
{
	struct producer producers[THREADS] = {};
	long first = atomic_fetch_add(&report->mark, THREADS);

	/* The threads of one task inherit the filter, those of the other get it by TSYNC. */
	if (!first)
		CHECK(attach_ebpf(0, filter), 0);
	for (int i = 0; i < THREADS; i++) {
		producers[i].number = first + i;
		CHECK(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
	}
	if (first)
		CHECK(attach_ebpf(SECCOMP_FILTER_FLAG_TSYNC, filter), 0);
	atomic_store(&filtered, 1);
	for (int i = 0; i < THREADS; i++) {
		CHECK(pthread_join(producers[i].thread, NULL), 0);
		atomic_fetch_add(&report->flag, producers[i].full);
	}
}

static void child_tasks(const struct abi *abi, long filter)
{
	pid_t other = fork();

	child_producers(abi, filter);
	if (!other)
		leave(CHILD_DONE);
	CHECK(finish(other), CHILD_DONE << 8);
}

FIXTURE(ring) {
	int unused;
};

FIXTURE_SETUP(ring)
{
	NEED_EBPF();
}

FIXTURE_TEARDOWN(ring)
{
}

/* Nobody reads until there is no room, so that some calls find none. */
static void wait_until_full(const struct ring *r)
{
	while (__atomic_load_n(r->produced, __ATOMIC_ACQUIRE) + sizeof(struct record) <= r->page)
		usleep(1000);
	usleep(1000 * SHORT);
}

TEST_F_TIMEOUT(ring, records_of_several_tasks_arrive_once_and_in_order, 180)
{
	long next[PRODUCERS] = {}, total = 0, waits = 0;
	const struct record *record;
	struct ring r;
	int filter;
	pid_t pid;

	ASSERT_TRUE(open_ring(&r, EPOLLIN));
	filter = load_recorder(r.map, BPF_FUNC_ringbuf_submit);
	ASSERT_LOADED(filter);
	pid = start(child_tasks, &native, filter);
	wait_until_full(&r);
	/* A wake-up that is lost would end it early, with nobody to produce more. */
	while (total < PRODUCERS * RECORDS) {
		int woken = wait_ring(&r, LONG);

		ASSERT_EQ(1, woken) TH_LOG("%ld records, then none", total);
		waits++;
		while ((record = next_record(&r))) {
			unsigned long number = record->arg >> 32;

			EXPECT_EQ(16U, record->length);
			EXPECT_EQ(~record->arg, record->inverse);
			ASSERT_GT(PRODUCERS, number);
			ASSERT_EQ(next[number], (__u32)record->arg) TH_LOG("producer %lu", number);
			next[number]++;
			total++;
			drop_record(&r);
		}
	}
	EXPECT_FINE(finish(pid));
	EXPECT_EQ(0, drop_all(&r));
	EXPECT_EQ(0, wait_ring(&r, SHORT));
	TH_LOG("%ld waits, %d times no room", waits, atomic_load(&report->flag));
	EXPECT_LT(1, waits);
	EXPECT_LT(0, atomic_load(&report->flag));
	close(filter);
	close_ring(&r);
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
