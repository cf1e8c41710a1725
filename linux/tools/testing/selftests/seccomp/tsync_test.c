// SPDX-License-Identifier: GPL-2.0
/* Filters that come to threads while they make calls */

/*
 * The verdict of a call may only ever get newer: not older than what the same
 * thread has seen before, nor than what had been attached before the call.
 * Iterations are few, since a machine that runs these may be slow.
 */

#include <grp.h>

#include "seccomp_test.h"

#define SYNC	SECCOMP_FILTER_FLAG_TSYNC
#define ESRCH_	SECCOMP_FILTER_FLAG_TSYNC_ESRCH

#define THREADS	3
#define ROUNDS	24

/* No table has it: a verdict of a range, not of a number. s390 takes 16 bits of it. */
#define OUTSIDE	50000

/* Shared by the threads of a child */
static const struct abi *abi_;
static long before[CALLS];
/* The last filter that has been attached to all threads */
static atomic_int synced;
static atomic_int stop, ready;

static void *must_start(void *(*fn)(void *), void *arg)
{
	pthread_t *thread = malloc(sizeof(*thread));

	CHECK(pthread_create(thread, NULL, fn, arg), 0);
	return thread;
}

static void join(void *thread)
{
	CHECK(pthread_join(*(pthread_t *)thread, NULL), 0);
	free(thread);
}

/*
 * Filter number @round, from 1: constant errnos for a number, a range and by
 * argument, each newer than the last, in a stack that also allows.
 */
static long attach_round(unsigned int flags, int round)
{
	__u32 error = SECCOMP_RET_ERRNO | (1000 + round), first = abi_->first + OUTSIDE;

	return attach_flags(flags, ALLOW, on(abi_->arch, abi_->nr[GETPPID], error),
			    range(abi_->arch, first, first + 10, error),
			    depends(abi_->arch, abi_->nr[GETUID], ALLOW, error),
			    depends(abi_->arch, abi_->nr[GETGID], error, ALLOW));
}

/* The round whose verdict @got is; 0 for none, -1 for what cannot be */
static int round_of(long got, long unfiltered)
{
	if (got == unfiltered)
		return 0;
	return got < -1000 && got >= -1000 - ROUNDS ? -got - 1000 : -1;
}

/* Make each of the calls; none may be older than @oldest. Return the newest seen. */
static int check_rounds(int oldest)
{
	const struct {
		long nr, arg, unfiltered;
	} calls[] = {
		{ abi_->nr[GETPPID], 0, before[GETPPID] },
		{ abi_->first + OUTSIDE + 5, 0, -ENOSYS },
		{ abi_->nr[GETUID], 1, before[GETUID] },
		{ abi_->nr[GETGID], 0, before[GETGID] },
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int round = round_of(raw3(abi_, calls[i].nr, calls[i].arg, 0, 0),
				     calls[i].unfiltered);

		CHECK(round >= oldest, true);
		if (round > oldest)
			oldest = round;
	}
	CHECK(call(abi_, GETPID), before[GETPID]);
	CHECK(raw3(abi_, abi_->nr[GETUID], 0, 0, 0), before[GETUID]);
	CHECK(raw3(abi_, abi_->nr[GETGID], 1, 0, 0), before[GETGID]);
	return oldest;
}

static void *hammer(void *arg)
{
	int seen = 0;

	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop)) {
		int done = atomic_load(&synced);

		seen = check_rounds(done > seen ? done : seen);
		atomic_fetch_add(&report->mark, 1);
	}
	/* Whatever was attached is there for good. */
	CHECK(check_rounds(seen), atomic_load(&synced));
	return NULL;
}

static void *newborn(void *arg)
{
	check_rounds((long)arg);
	return NULL;
}

/* Threads come and go, and are born with what their parent has. */
static void *breeder(void *arg)
{
	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop)) {
		long done = atomic_load(&synced);

		join(must_start(newborn, (void *)done));
	}
	return NULL;
}

static void child_sync(const struct abi *abi, long with_breeder)
{
	void *threads[THREADS + 1];
	int n = 0, marks;

	abi_ = abi;
	call_each(abi, before);
	for (int i = 0; i < THREADS; i++)
		threads[n++] = must_start(hammer, NULL);
	if (with_breeder)
		threads[n++] = must_start(breeder, NULL);
	wait_for(&ready, n);
	for (int round = 1; round <= ROUNDS; round++) {
		/* Threads that exit in the meantime are no obstacle. */
		CHECK(attach_round(SYNC, round), 0);
		atomic_store(&synced, round);
		/* Let somebody look. */
		marks = atomic_load(&report->mark);
		wait_for(&report->mark, marks + 1);
	}
	check_rounds(ROUNDS);
	atomic_store(&stop, 1);
	while (n)
		join(threads[--n]);
}

TEST_F_TIMEOUT(abi, verdicts_only_get_newer, 120)
{
	for (int i = 0; i < 4; i++)
		EXPECT_FINE(run(child_sync, variant->abi, false));
}

TEST_F_TIMEOUT(abi, verdicts_only_get_newer_for_threads_that_come_and_go, 120)
{
	for (int i = 0; i < 4; i++)
		EXPECT_FINE(run(child_sync, variant->abi, true));
}

/* --- Several at once --- */

#define EACH	8

/* Deny a number that is the thread's and the turn's own, as with a range. */
static long attach_own(unsigned int flags, long thread, int turn)
{
	__u32 nr = abi_->first + OUTSIDE + 100 * thread + turn;

	return attach_flags(flags, ALLOW, on(abi_->arch, nr, DENY + turn),
			    on(abi_->arch, abi_->nr[GETPPID], DENY));
}

static void check_own(long thread, int turns)
{
	for (int turn = 0; turn < turns; turn++)
		CHECK(raw3(abi_, abi_->first + OUTSIDE + 100 * thread + turn, 0, 0, 0),
		      -DENIED - turn);
}

static int count_filters(void)
{
	FILE *file = fopen("/proc/thread-self/status", "r");
	int count = -1;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "Seccomp_filters: %d", &count);
	if (file)
		fclose(file);
	return count;
}

/* All attach for all; nobody's filter may get lost. */
static void *sync_own(void *arg)
{
	long thread = (long)arg;

	atomic_fetch_add(&ready, 1);
	wait_for(&ready, THREADS);
	for (int turn = 0; turn < EACH; turn++) {
		CHECK(attach_own(SYNC, thread, turn), 0);
		check_own(thread, turn + 1);
	}
	atomic_fetch_add(&stop, 1);
	wait_for(&stop, THREADS);
	for (long i = 0; i < THREADS; i++)
		check_own(i, EACH);
	if (count_filters() >= 0)
		CHECK(count_filters(), THREADS * EACH);
	return NULL;
}

static void child_all_sync(const struct abi *abi, long arg)
{
	void *threads[THREADS];

	abi_ = abi;
	for (long i = 0; i < THREADS; i++)
		threads[i] = must_start(sync_own, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(threads[i]);
	for (long i = 0; i < THREADS; i++)
		check_own(i, EACH);
}

TEST_F_TIMEOUT(abi, threads_that_sync_at_once_lose_nothing, 120)
{
	for (int i = 0; i < 8; i++)
		EXPECT_FINE(run(child_all_sync, variant->abi, 0));
}

/* Each attaches for itself. */
static void *attach_for_itself(void *arg)
{
	long thread = (long)arg;

	atomic_fetch_add(&ready, 1);
	wait_for(&ready, THREADS);
	for (int turn = 0; turn < EACH; turn++) {
		CHECK(attach_own(0, thread, turn), 0);
		check_own(thread, turn + 1);
	}
	for (long i = 0; i < THREADS; i++) {
		if (i != thread)
			CHECK(raw3(abi_, abi_->first + OUTSIDE + 100 * i, 0, 0, 0), -ENOSYS);
	}
	if (count_filters() >= 0)
		CHECK(count_filters(), EACH);
	atomic_fetch_add(&stop, 1);
	/* Stay, in the way of whoever would like to sync. */
	wait_for(&report->flag, 1);
	return NULL;
}

static void child_each_itself(const struct abi *abi, long arg)
{
	void *threads[THREADS];
	long ppid = call(abi, GETPPID);

	abi_ = abi;
	for (long i = 0; i < THREADS; i++)
		threads[i] = must_start(attach_for_itself, (void *)i);
	wait_for(&stop, THREADS);
	CHECK(attach_own(SYNC, THREADS, 0) > 0, true);
	CHECK(attach_own(SYNC | ESRCH_, THREADS, 0), -ESRCH);
	CHECK(call(abi, GETPPID), ppid);
	atomic_store(&report->flag, 1);
	for (int i = 0; i < THREADS; i++)
		join(threads[i]);
	/* Those who were in the way are gone. */
	CHECK(attach_own(SYNC, THREADS, 0), 0);
	CHECK(call(abi, GETPPID), -DENIED);
}

TEST_F_TIMEOUT(abi, threads_that_attach_for_themselves_stay_apart, 120)
{
	for (int i = 0; i < 8; i++)
		EXPECT_FINE(run(child_each_itself, variant->abi, 0));
}

/* --- Nobody is kept from attaching --- */

/* What is asked for at least: of so many syncs, one lets another attach. */
#define SYNCS	3000

static void *sync_all_the_time(void *arg)
{
	struct sock_filter insn = RETURN(ALLOW);
	long ret = 0;

	atomic_fetch_add(&ready, 1);
	for (int i = 0; i < SYNCS && !ret && !atomic_load(&stop); i++) {
		/* Each another one, to be looked at anew. */
		insn.k = SECCOMP_RET_ALLOW | i;
		ret = attach_program(SYNC | ESRCH_, &insn, 1);
		atomic_fetch_add(&report->mark, 1);
	}
	/* It goes on until another thread has a filter that is not its own. */
	CHECK(ret == -ESRCH || (!ret && atomic_load(&stop)), true);
	return NULL;
}

static void child_starved(const struct abi *abi, long flags)
{
	void *thread;

	abi_ = abi;
	thread = must_start(sync_all_the_time, NULL);
	wait_for(&report->mark, 3);
	CHECK(attach_own(flags, 0, 0), 0);
	CHECK(call(abi, GETPPID), -DENIED);
	/* A filter that is not for all ends it, one that is does not. */
	if (flags)
		atomic_store(&stop, 1);
	join(thread);
	check_own(0, 1);
}

TEST_F_TIMEOUT(abi, endless_syncs_leave_room_for_an_attach, 120)
{
	for (int i = 0; i < 4; i++)
		EXPECT_FINE(run(child_starved, variant->abi, 0));
}

TEST_F_TIMEOUT(abi, endless_syncs_leave_room_for_a_sync, 120)
{
	for (int i = 0; i < 4; i++)
		EXPECT_FINE(run(child_starved, variant->abi, SYNC));
}

/* --- Threads that cannot be synced --- */

/* How a thread gets in the way of others' syncs */
enum obstacle { HAS_FILTER, IS_STRICT, OBSTACLES };

static void *stand_in_the_way(void *arg)
{
	report->seen = raw3(&native, __NR_gettid, 0, 0, 0);
	if ((long)arg == IS_STRICT)
		CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), 0);
	else
		CHECK(attach_own(0, 1, 0), 0);
	atomic_store(&report->stage, 1);
	/* Not wait_for(): strict mode has no sched_yield(). */
	while (!atomic_load(&report->flag))
		;
	raw3(&native, __NR_exit, 0, 0, 0);
	return NULL;
}

static void *look_on(void *arg)
{
	wait_for(&report->flag, 1);
	CHECK(call(abi_, GETPPID), before[GETPPID]);
	CHECK(call(abi_, GETPID), before[GETPID]);
	return NULL;
}

static void child_obstacle(const struct abi *abi, long which)
{
	pthread_t obstacle;
	void *other;

	abi_ = abi;
	call_each(abi, before);
	other = must_start(look_on, NULL);
	CHECK(pthread_create(&obstacle, NULL, stand_in_the_way, (void *)which), 0);
	wait_for(&report->stage, 1);
	for (int i = 0; i < 3; i++) {
		CHECK(attach_own(SYNC, 0, 0), report->seen);
		CHECK(attach_own(SYNC | ESRCH_, 0, 0), -ESRCH);
	}
	/* Nobody has it, not this thread either. */
	CHECK(call(abi, GETPPID), before[GETPPID]);
	CHECK(prctl(PR_GET_SECCOMP), SECCOMP_MODE_DISABLED);
	atomic_store(&report->flag, 1);
	join(other);
	CHECK(pthread_join(obstacle, NULL), 0);
	CHECK(attach_own(SYNC, 0, 0), 0);
	CHECK(call(abi, GETPPID), -DENIED);
}

TEST_F(abi, sync_that_fails_names_a_thread_and_changes_nothing)
{
	for (int which = 0; which < OBSTACLES; which++)
		EXPECT_FINE(run(child_obstacle, variant->abi, which));
}

/* --- Threads that die --- */

static void *short_life(void *arg)
{
	int done = atomic_load(&synced);

	check_rounds(done);
	if ((long)arg)
		call(abi_, GETEUID);
	return NULL;
}

/* Every other thread is killed by a filter, the others just end. */
static void *mortals(void *arg)
{
	atomic_fetch_add(&ready, 1);
	for (long i = 0; !atomic_load(&stop); i++) {
		join(must_start(short_life, (void *)(i & 1)));
		atomic_fetch_add(&report->mark, 1);
	}
	return NULL;
}

static void child_mortals(const struct abi *abi, long arg)
{
	void *thread;

	abi_ = abi;
	call_each(abi, before);
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETEUID], SECCOMP_RET_KILL_THREAD)), 0);
	thread = must_start(mortals, NULL);
	wait_for(&ready, 1);
	for (int round = 1; round <= ROUNDS; round++) {
		int marks = atomic_load(&report->mark);
		long ret;

		/* A thread that is dead but not yet gone cannot be synced. */
		do {
			ret = attach_round(SYNC, round);
		} while (ret > 0);
		CHECK(ret, 0);
		atomic_store(&synced, round);
		check_rounds(round);
		wait_for(&report->mark, marks + 1);
	}
	atomic_store(&stop, 1);
	join(thread);
}

TEST_F_TIMEOUT(abi, sync_while_threads_die, 120)
{
	for (int i = 0; i < 4; i++)
		EXPECT_FINE(run(child_mortals, variant->abi, 0));
}

/* --- Syncs while another thread executes a program that gets privilege --- */

/*
 * Threads without privilege attach to all, so often that each loses races, and one
 * executes a program that is set-user-ID. Either it executes first: then it has
 * another user's rights, and no filter. Or a sync does: then it has the filter and
 * no_new_privs, and stays who it was.
 */
#define EXEC_ROUNDS	24
#define CALLER_ID	1000
#define OWNER_ID	65534
#define AFTER_EXEC	"--after-exec"

/* Exit statuses of the program that is executed */
enum { GOT_RIGHTS = 10, GOT_FILTER, GOT_BOTH, GOT_NEITHER };

static int after_exec(void)
{
	bool rights = geteuid() == OWNER_ID;
	bool filter = raw3(&native, __NR_getppid, 0, 0, 0) == -DENIED;
	bool no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;

	if (filter != no_new_privs || filter != (prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER))
		return GOT_BOTH;
	if (rights)
		return filter ? GOT_BOTH : GOT_RIGHTS;
	return filter && geteuid() == CALLER_ID ? GOT_FILTER : GOT_NEITHER;
}

static void *sync_until_dead(void *arg)
{
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	atomic_fetch_add(&ready, 1);
	wait_for(&ready, THREADS);
	for (int turn = 0; turn < 400; turn++) {
		if (attach_own(SYNC | ESRCH_, (long)arg, turn % 100))
			break;
		atomic_fetch_add(&report->mark, 1);
	}
	for (;;)
		pause();
	return NULL;
}

/* Execute @path when so many filters have been attached; with -1, with no thread to do it. */
static void exec_among_syncs(const char *path, int syncs)
{
	abi_ = &native;
	if (setgroups(0, NULL) || setresgid(CALLER_ID, CALLER_ID, CALLER_ID) ||
	    setresuid(CALLER_ID, CALLER_ID, CALLER_ID))
		_exit(CHILD_DONE);
	for (long i = 0; syncs >= 0 && i < THREADS; i++)
		must_start(sync_until_dead, (void *)i);
	wait_for(&report->mark, syncs);
	execl(path, path, AFTER_EXEC, NULL);
	_exit(CHILD_DONE);
}

/* A copy of this program that is another user's, and runs as that user. */
static bool make_setuid_copy(char *path)
{
	int from = open("/proc/self/exe", O_RDONLY), to = mkostemp(path, O_CLOEXEC);
	char buffer[4096];
	ssize_t got = -1;
	bool made;

	while (from >= 0 && to >= 0 && (got = read(from, buffer, sizeof(buffer))) > 0) {
		if (write(to, buffer, got) != got)
			break;
	}
	made = !got && !fchown(to, OWNER_ID, OWNER_ID) && !fchmod(to, 04755);
	close(from);
	close(to);
	return made;
}

TEST_F_TIMEOUT(abi, exec_gets_rights_or_the_filter, 240)
{
	char path[] = "/tmp/tsync_test.XXXXXX";
	int rights = 0, filtered = 0;

	/* It is not about calls. */
	if (variant->abi != &native)
		return;
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(make_setuid_copy(path));

	for (int i = 0; i < EXEC_ROUNDS; i++) {
		int status;
		pid_t pid;

		memset(report, 0, sizeof(*report));
		pid = fork();
		if (!pid)
			exec_among_syncs(path, i % 8 - 1);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFEXITED(status)) TH_LOG("round %d: status %#x", i, status);
		if (i % 8 == 0 && WEXITSTATUS(status) == GOT_NEITHER) {
			unlink(path);
			SKIP(return, "/tmp gives no rights");
		}
		EXPECT_TRUE(WEXITSTATUS(status) == GOT_RIGHTS ||
			    WEXITSTATUS(status) == GOT_FILTER)
			TH_LOG("round %d: exit %d", i, WEXITSTATUS(status));
		rights += WEXITSTATUS(status) == GOT_RIGHTS;
		filtered += WEXITSTATUS(status) == GOT_FILTER;
	}
	unlink(path);
	TH_LOG("%d times with rights, %d times with the filter", rights, filtered);
	EXPECT_GT(filtered, 0);
	EXPECT_GT(rights, 0);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], AFTER_EXEC))
		return after_exec();
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
