// SPDX-License-Identifier: GPL-2.0
/* Pins for all threads, and pins while others give filters to all threads */

/*
 * From the moment that a thread's own call returned 0, nothing may ever take the
 * pin away from it; and a pin goes to other threads only if it is for all, or with
 * a filter that is. Iterations are few, since a machine that runs these may be slow.
 */

#include "seccomp_pin.h"

#ifdef __x86_64__
#define SYNC	(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH)

#define THREADS	3
#define CHECKS	100

/* Shared by the threads of a child */
static const struct abi *abi_;
static atomic_int ready, go, pinned, finished, stop;
static pid_t tids[THREADS];

static void begin(const struct abi *abi)
{
	abi_ = abi;
	memset(low_page, 0, LOW_SIZE);
}

/* A filter that allows, each another one */
static long sync_by(const struct abi *abi, int round)
{
	struct rule rule = on(abi->arch, abi->first + 100000, SECCOMP_RET_ERRNO | (100 + round));

	return attach_rules_by(abi, SYNC, &rule, 1);
}

/* --- Threads pin themselves while another syncs --- */

static void *pins_in_a_race(void *arg)
{
	long thread = (long)arg, own = call(abi_, GETPID);

	tids[thread] = call(abi_, GETTID);
	atomic_fetch_add(&ready, 1);
	wait_by(abi_, &go, 1);
	for (atomic_int i = 0; i < 300 * thread; i++)
		;
	CHECK(pin(abi_, PIN_ERRNO), 0);
	atomic_fetch_add(&pinned, 1);
	for (int i = 0; i < CHECKS; i++) {
		CHECK(call_foreign(abi_), -PINNED);
		CHECK(call(abi_, GETPID), own);
	}
	wait_by(abi_, &pinned, THREADS);
	atomic_fetch_add(&finished, 1);
	wait_by(abi_, &stop, 1);
	CHECK(call_foreign(abi_), -PINNED);
	leave_thread_by(abi_);
	return NULL;
}

static void child_race(const struct abi *abi, long delay)
{
	pthread_t threads[THREADS];
	int synced = 0, round = 0;

	begin(abi);
	for (long i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, pins_in_a_race, (void *)i), 0);
	wait_for(&ready, THREADS);
	for (int i = 0; i < 3; i++)
		synced += !sync_by(&native, round++);
	CHECK(synced, 3);
	atomic_store(&go, 1);
	while (atomic_load(&finished) < THREADS && round < 400) {
		bool had_pinned = atomic_load(&pinned);
		long ret = sync_by(&native, round++);

		/* A pin that the caller does not have is in the way. */
		if (had_pinned)
			CHECK(ret, -ESRCH);
		CHECK(!ret || ret == -ESRCH, true);
		synced += !ret;
		for (atomic_int j = 0; j < delay; j++)
			;
	}
	wait_for(&finished, THREADS);
	CHECK(sync_by(&native, round), -ESRCH);
	/* Each has what came before its pin, and the pin. */
	for (int i = 0; i < THREADS; i++)
		CHECK(status_of(tids[i], "Seccomp_filters"), synced + 1);
	CHECK(status_of(getpid(), "Seccomp_filters"), synced);
	CHECK(call(foreign_to(abi), GETPPID) > 0, true);
	atomic_store(&stop, 1);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL), 0);
	/* Those who were in the way are gone. */
	CHECK(sync_by(&native, round), 0);
	report->told[0] += synced;
}

TEST_F_TIMEOUT(pin, holds_from_its_return_on_while_others_sync, 240)
{
	for (int i = 0; i < 6; i++) {
		EXPECT_FINE(run(child_race, variant->abi, i * i * 80));
		EXPECT_LE(3, report->told[0]);
	}
}

/* --- A pinned thread syncs while another pins itself --- */

#define OWN	1700

static void *pins_over(void *arg)
{
	int first;

	tids[0] = call(abi_, GETTID);
	atomic_fetch_add(&ready, 1);
	wait_by(abi_, &go, 1);
	for (atomic_int i = 0; i < (long)arg; i++)
		;
	/* Its word is not the low page's, where the other has its own. */
	*(__u32 *)(low_page + 32) = SECCOMP_RET_ERRNO | OWN;
	CHECK(raw3(abi_, needed_by(abi_)->seccomp, SECCOMP_PIN_ARCHITECTURE, 0,
		   (long)low_page + 32), 0);
	atomic_store(&pinned, 1);
	/* Newer than what it has from the other, so it is its own that decides. */
	for (int i = 0; i < CHECKS; i++)
		CHECK(call_foreign(abi_), -OWN);
	first = atomic_load(&stop);
	while (!first) {
		CHECK(call_foreign(abi_), -OWN);
		raw3(abi_, needed_by(abi_)->sched_yield, 0, 0, 0);
		first = atomic_load(&stop);
	}
	CHECK(call_foreign(abi_), -OWN);
	atomic_store(&finished, 1);
	leave_thread_by(abi_);
	return NULL;
}

static void child_pins_and_syncs(const struct abi *abi, long delay)
{
	pthread_t thread;
	int round = 0;

	begin(abi);
	CHECK(pthread_create(&thread, NULL, pins_over, (void *)delay), 0);
	wait_for(&ready, 1);
	CHECK(pin(abi, PIN_ERRNO), 0);
	atomic_store(&go, 1);
	while (round < 100) {
		bool had_pinned = atomic_load(&pinned);
		long ret = sync_by(abi, round++);

		if (had_pinned)
			CHECK(ret, -ESRCH);
		CHECK(!ret || ret == -ESRCH, true);
		report->told[0] += !ret;
		CHECK(call_foreign(abi), -PINNED);
		if (had_pinned && round > 50)
			break;
	}
	wait_by(abi, &pinned, 1);
	atomic_store(&stop, 1);
	wait_by(abi, &finished, 1);
	leave_by(abi, CHILD_DONE);
}

TEST_F_TIMEOUT(pin, is_not_lost_to_a_pin_that_is_synced, 240)
{
	for (int i = 0; i < 6; i++)
		EXPECT_FINE(run(child_pins_and_syncs, variant->abi, i * i * 400));
}

/* --- A filter that is for all carries the pin of who attaches it --- */

static void *is_synced(void *arg)
{
	const struct abi *other = foreign_to(abi_);
	long ppid = call(other, GETPPID);
	bool seen = false;

	atomic_fetch_add(&ready, 1);
	for (;;) {
		int synced = atomic_load(&pinned);
		long got = call(other, GETPPID);

		/* Refused once is refused for ever, and by all means since the sync returned. */
		CHECK(got, seen || synced || got == -PINNED ? -PINNED : ppid);
		seen = got == -PINNED;
		if (atomic_load(&stop))
			break;
	}
	CHECK(call(other, GETPPID), -PINNED);
	atomic_fetch_add(&finished, 1);
	leave_thread_by(abi_);
	return NULL;
}

static void child_carries(const struct abi *abi, long arg)
{
	pthread_t threads[THREADS];

	begin(abi);
	for (long i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, is_synced, NULL), 0);
	wait_for(&ready, THREADS);
	if (arg)
		CHECK(sync_by(&native, 0), 0);
	CHECK(pin(abi, PIN_ERRNO), 0);
	for (int i = 0; i < CHECKS; i++)
		CHECK(call_foreign(abi), -PINNED);
	CHECK(sync_by(abi, 1), 0);
	atomic_store(&pinned, 1);
	for (int i = 2; i < 20; i++)
		CHECK(sync_by(abi, i), 0);
	atomic_store(&stop, 1);
	wait_by(abi, &finished, THREADS);
	leave_by(abi, CHILD_DONE);
}

/* The same by the pin itself. Threads have what the caller had, too. */
static void child_pins_all(const struct abi *abi, long arg)
{
	const long sync = PIN_TSYNC | (arg & 2 ? PIN_ESRCH : 0);
	pthread_t threads[THREADS];

	begin(abi);
	for (long i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, is_synced, NULL), 0);
	wait_for(&ready, THREADS);
	if (arg & 1)
		CHECK(sync_by(&native, 0), 0);
	CHECK(pin_flags(abi, PROBE | sync, PIN_ERRNO), 0);
	CHECK(pin_flags(abi, sync, PIN_ERRNO), 0);
	atomic_store(&pinned, 1);
	CHECK(call_foreign(abi), -PINNED);
	/* All have the same filters, so it works again. */
	for (int i = 0; i < 10; i++) {
		CHECK(pin_flags(abi, sync, PIN_ERRNO), 0);
		CHECK(sync_by(abi, i), 0);
	}
	atomic_store(&stop, 1);
	wait_by(abi, &finished, THREADS);
	leave_by(abi, CHILD_DONE);
}

TEST_F_TIMEOUT(pin, for_all_pins_all, 120)
{
	for (int i = 0; i < 8; i++)
		EXPECT_FINE(run(child_pins_all, variant->abi, i & 3));
}

/* A thread in strict mode cannot be given a filter. */
static void *is_strict(void *arg)
{
	report->sent = call(&native, GETTID);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), 0);
	atomic_store(&report->stage, 1);
	while (!atomic_load(&stop))
		;
	raw3(&native, __NR_exit, 0, 0, 0);
	return NULL;
}

static void child_beside_strict(const struct abi *abi, long arg)
{
	pthread_t thread;

	begin(abi);
	CHECK(pthread_create(&thread, NULL, is_strict, NULL), 0);
	wait_for(&report->stage, 1);
	CHECK(pin_flags(abi, PIN_TSYNC, PIN_ERRNO), report->sent);
	CHECK(pin_flags(abi, PIN_TSYNC | PIN_ESRCH, PIN_ERRNO), -ESRCH);
	child_is_fresh(0);
	CHECK(call(foreign_to(abi), GETPPID) > 0, true);
	/* For itself it may. */
	CHECK(pin(abi, PIN_ERRNO), 0);
	CHECK(call_foreign(abi), -PINNED);
	atomic_store(&stop, 1);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, for_all_is_for_none_beside_strict_mode)
{
	EXPECT_FINE(run(child_beside_strict, variant->abi, 0));
}

TEST_F_TIMEOUT(pin, is_carried_by_a_filter_for_all, 120)
{
	for (int i = 0; i < 6; i++)
		EXPECT_FINE(run(child_carries, variant->abi, i & 1));
}

/* --- Who has no pin cannot sync with who has one --- */

static void *stands_in_the_way(void *arg)
{
	CHECK(pin(abi_, PIN_ERRNO), 0);
	report->sent = call(abi_, GETTID);
	atomic_store(&report->stage, 1);
	wait_by(abi_, &stop, 1);
	CHECK(call_foreign(abi_), -PINNED);
	leave_thread_by(abi_);
	return NULL;
}

static void child_in_the_way(const struct abi *abi, long filtered)
{
	struct rule rule = on(NATIVE_ARCH, 100000, DENY);
	pthread_t thread;

	begin(abi);
	if (filtered)
		CHECK(attach_rules(0, ALLOW, &rule, 1), 0);
	CHECK(pthread_create(&thread, NULL, stands_in_the_way, NULL), 0);
	wait_for(&report->stage, 1);
	for (int i = 0; i < 3; i++) {
		CHECK(attach_rules(SECCOMP_FILTER_FLAG_TSYNC, ALLOW, &rule, 1), report->sent);
		CHECK(attach_rules(SYNC, ALLOW, &rule, 1), -ESRCH);
		CHECK(pin_flags(abi, PIN_TSYNC, PIN_ERRNO), report->sent);
		CHECK(pin_flags(abi, PIN_TSYNC | PIN_ESRCH, PIN_ERRNO), -ESRCH);
	}
	child_is_fresh(filtered);
	CHECK(status_of(report->sent, "Seccomp_filters"), filtered + 1);
	/* A pin of its own is not that of the other. */
	CHECK(pin(abi, PIN_ERRNO), 0);
	CHECK(attach_rules_by(abi, SECCOMP_FILTER_FLAG_TSYNC, &rule, 1), report->sent);
	CHECK(attach_rules_by(abi, SYNC, &rule, 1), -ESRCH);
	CHECK(pin_flags(abi, PIN_TSYNC, PIN_ERRNO), report->sent);
	CHECK(pin_flags(abi, PIN_TSYNC | PIN_ESRCH, PIN_ERRNO), -ESRCH);
	atomic_store(&stop, 1);
	leave_by(abi, CHILD_DONE);
}

TEST_F(pin, keeps_filters_for_all_from_its_thread)
{
	EXPECT_FINE(run(child_in_the_way, variant->abi, 0));
	EXPECT_FINE(run(child_in_the_way, variant->abi, 1));
}

/* --- Threads that come and go --- */

static void *newborn(void *arg)
{
	CHECK(pin(abi_, PIN_ERRNO), 0);
	CHECK(call_foreign(abi_), -PINNED);
	atomic_fetch_add(&report->mark, 1);
	leave_thread_by(abi_);
	return NULL;
}

static void *breeds(void *arg)
{
	pthread_t thread;

	for (int i = 0; i < 30; i++) {
		CHECK(pthread_create(&thread, NULL, newborn, NULL), 0);
		CHECK(pthread_join(thread, NULL), 0);
	}
	atomic_store(&stop, 1);
	return NULL;
}

static void child_breeds(const struct abi *abi, long arg)
{
	int round = 0, synced = 0;
	pthread_t thread;

	begin(abi);
	CHECK(pthread_create(&thread, NULL, breeds, NULL), 0);
	while (!atomic_load(&stop) && round < 1000) {
		long ret = sync_by(&native, round++);

		CHECK(!ret || ret == -ESRCH, true);
		synced += !ret;
	}
	CHECK(pthread_join(thread, NULL), 0);
	child_is_fresh(synced);
	CHECK(call(foreign_to(abi), GETPPID) > 0, true);
}

TEST_F_TIMEOUT(pin, of_threads_that_come_and_go, 120)
{
	for (int i = 0; i < 4; i++) {
		EXPECT_FINE(run(child_breeds, variant->abi, 0));
		EXPECT_EQ(30, atomic_load(&report->mark));
	}
}
#else
TEST(pin)
{
	SKIP(return, "knows the numbers of x86-64 only");
}
#endif /* __x86_64__ */

int main(int argc, char **argv)
{
	if (!set_up_pins())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
