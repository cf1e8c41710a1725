// SPDX-License-Identifier: GPL-2.0
/* Attach, call, fork, exec and exit, all at once, and verdicts that never get looser */

/*
 * Filters of a generation are numbered rounds: each denies, with an errno that
 * tells the round, some calls always and some by their arguments. So what a
 * call returns tells how much of the stack was in force, which may only grow.
 *
 * SECCOMP_STRESS_SECONDS says for how long, 10 if it is not set. On kernels
 * that look for races, leaks and locks held the wrong way, longer is better.
 */

#define WITHOUT_ABI_FIXTURE
#include "seccomp_interp.h"

#include <poll.h>
#include <time.h>

#define SYNC	(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH)

/* As many are attached in one generation */
#define ROUNDS	32

/* What is waited for the generations that are under way: a debug kernel is slow. */
#define PATIENCE	300

/* Calls that have to be denied, or nothing was stressed */
#define ENOUGH		100

/* In memory that all share */
struct shared {
	atomic_int over;
	atomic_long generations, denied;
};

static struct shared *shared;

/* Of the generation that a process is in */
static const struct abi *abi_;
static long before[CALLS];
static atomic_int synced, stop, ready;

static __u32 outside(void)
{
	return abi_->first + 5000;
}

/* --- Rounds --- */

/* Argument 4 of this call asks for a listener, in the rounds that have one. */
static void build_round(struct program *p, int round, bool notify)
{
	const struct sock_filter deny = RETURN(ERRNO(1000 + round)), allow = RETURN(ALLOW);

	p->len = 0;
	p->flags = 0;
	ADD(p, LOAD_ARCH, JUMP(BPF_JEQ, abi_->arch, 1, 0), allow,
	    LOAD_NR, JUMP(BPF_JEQ, abi_->nr[GETPPID], 0, 1), deny,
	    LOAD_NR, JUMP(BPF_JEQ, abi_->nr[GETUID], 0, 4), LOAD(LOW_WORD(0)),
	    JUMP(BPF_JSET, 1, 0, 1), deny, allow,
	    LOAD_NR, JUMP(BPF_JEQ, abi_->nr[GETGID], 0, 8), LOAD(LOW_WORD(1)), STORE(round % 16),
	    LOAD(HIGH_WORD(1)), JUMP(BPF_JEQ, 0, 0, 2), RECALL(round % 16),
	    JUMP(BPF_JGT, 0x10000, 0, 1), deny, allow,
	    /* Every other filter looks for another value. */
	    LOAD_NR, JUMP(BPF_JEQ, abi_->nr[GETEUID], 0, 4), LOAD(LOW_WORD(2)),
	    JUMP(BPF_JEQ, 1 + round % 2, 0, 1), deny, allow,
	    LOAD_NR, JUMP(BPF_JEQ, outside(), 0, 5), SET_X(7), LOAD(LOW_WORD(3)),
	    JUMP(BPF_JGE | BPF_X, 0, 0, 1), deny, allow);
	if (notify)
		ADD(p, LOAD_NR, JUMP(BPF_JEQ, abi_->nr[GETEGID], 0, 4), LOAD(LOW_WORD(4)),
		    JUMP(BPF_JEQ, 1, 0, 1), RETURN(SECCOMP_RET_USER_NOTIF), allow);
	ADD(p, allow);
}

static long attach_round(unsigned int flags, int round)
{
	struct program *p = malloc(sizeof(*p));
	long ret;

	build_round(p, round, false);
	ret = attach_program(flags, p->insn, p->len);
	free(p);
	return ret;
}

/* The round whose verdict @got is; 0 for none, -1 for what cannot be */
static int round_of(long got, long unfiltered)
{
	if (got == unfiltered)
		return 0;
	return got < -1000 && got >= -1000 - 2 * ROUNDS ? -got - 1000 : -1;
}

static long make_with(long nr, int which, long arg)
{
	long args[6] = {};

	args[which] = arg;
	return abi_->raw(nr, args);
}

/* One call that round @oldest denies already; return the round that it tells. */
static int check_denied(long nr, int which, long arg, long unfiltered, int oldest)
{
	int round = round_of(make_with(nr, which, arg), unfiltered);

	CHECK(round >= oldest, true);
	atomic_fetch_add(&shared->denied, round > 0);
	return round > oldest ? round : oldest;
}

/* Calls that every round denies, and ones that it allows. Return the newest round seen. */
static int check_rounds(int oldest)
{
	const long uid = abi_->nr[GETUID], gid = abi_->nr[GETGID], euid = abi_->nr[GETEUID];
	int seen;

	oldest = check_denied(uid, 0, 1, before[GETUID], oldest);
	oldest = check_denied(abi_->nr[GETPPID], 0, 0, before[GETPPID], oldest);
	oldest = check_denied(gid, 1, 0x10001, before[GETGID], oldest);
	oldest = check_denied(outside(), 3, 7, -ENOSYS, oldest);
	/* These are denied by every other filter, the newest of which counts. */
	for (int parity = 0; parity < 2; parity++) {
		int least = oldest - (oldest % 2 != parity);

		seen = check_denied(euid, 2, 1 + parity, before[GETEUID], least > 0 ? least : 0);
		CHECK(!seen || seen % 2 == parity, true);
		if (seen > oldest)
			oldest = seen;
	}
#if __LONG_WIDTH__ == 64
	oldest = check_denied(gid, 1, 0x100000000, before[GETGID], oldest);
#endif
	CHECK(make_with(uid, 0, 2), before[GETUID]);
	CHECK(make_with(gid, 1, 0x10000), before[GETGID]);
	CHECK(make_with(euid, 2, 3), before[GETEUID]);
	CHECK(make_with(outside(), 3, 6), -ENOSYS);
	CHECK(make_with(abi_->nr[GETPID], 0, 1), before[GETPID]);
	return oldest;
}

/* As above, where nobody else attaches: the newest is known. */
static void check_exactly(int round)
{
	CHECK(check_rounds(round), round);
}

static void begin_generation(long seed)
{
	abi_ = abis[seed % ARRAY_SIZE(abis)];
	if (is_missing(abi_))
		abi_ = &native;
	call_each(abi_, before);
}

/* A child is another process, and knows nothing else of before. */
static void adopt(void)
{
	before[GETPID] = make_with(abi_->nr[GETPID], 0, 0);
}

/* A child of the generation must come to its end. */
static void check_child(pid_t pid)
{
	CHECK(finish(pid), CHILD_DONE << 8);
}

static pthread_t must_start(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, fn, arg), 0);
	return thread;
}

/* --- Filters that come to all threads --- */

static void *hammer(void *arg)
{
	int seen = 0;

	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop)) {
		int done = atomic_load(&synced);

		seen = check_rounds(done > seen ? done : seen);
	}
	return NULL;
}

static void *newborn(void *arg)
{
	check_rounds((long)arg);
	return NULL;
}

static void *breeder(void *arg)
{
	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop)) {
		long done = atomic_load(&synced);

		pthread_join(must_start(newborn, (void *)done), NULL);
	}
	return NULL;
}

/* Children are born with what their parent has, and attach for themselves. */
static void *forker(void *arg)
{
	atomic_fetch_add(&ready, 1);
	wait_for(&synced, 1);
	for (int i = 0; !atomic_load(&stop); i++) {
		int done = atomic_load(&synced);
		pid_t pid = fork();

		if (!pid) {
			adopt();
			done = check_rounds(done);
			if (i & 1) {
				CHECK(attach_round(i & 2 ? SYNC : 0, done + 1), 0);
				check_exactly(done + 1);
			}
			leave(CHILD_DONE);
		}
		check_child(pid);
	}
	return NULL;
}

static void generation_synced(long seed)
{
	void *(*const kinds[])(void *) = { hammer, hammer, breeder, forker };
	pthread_t threads[ARRAY_SIZE(kinds)];

	begin_generation(seed);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		threads[i] = must_start(kinds[i], NULL);
	wait_for(&ready, ARRAY_SIZE(kinds));
	for (int round = 1; round <= ROUNDS; round++) {
		CHECK(attach_round(SYNC, round), 0);
		atomic_store(&synced, round);
		check_exactly(round);
	}
	/* Every other generation exits with its threads running. */
	if (seed & 1)
		leave(CHILD_DONE);
	atomic_store(&stop, 1);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		CHECK(pthread_join(threads[i], NULL), 0);
}

/* --- Filters that threads attach for themselves --- */

static void *alone(void *arg)
{
	struct program *p = malloc(sizeof(*p));

	atomic_fetch_add(&ready, 1);
	wait_for(&ready, 3);
	for (int round = 1; round <= ROUNDS; round++) {
		/* The same as those of the others, or not quite */
		build_round(p, round, arg && round % 3 == 0);
		CHECK(attach_built(p), 0);
		check_exactly(round);
	}
	free(p);
	return NULL;
}

static void generation_alone(long seed)
{
	pthread_t threads[3];

	begin_generation(seed);
	for (long i = 0; i < 3; i++)
		threads[i] = must_start(alone, (void *)(i / 2));
	if (seed & 1) {
		wait_for(&ready, 3);
		sched_yield();
		leave(CHILD_DONE);
	}
	for (int i = 0; i < 3; i++)
		CHECK(pthread_join(threads[i], NULL), 0);
	/* None of it came to this one. */
	CHECK(call(abi_, GETPPID), before[GETPPID]);
	CHECK(make_with(abi_->nr[GETUID], 0, 1), before[GETUID]);
}

/* --- Siblings that attach the same --- */

#define SIBLINGS	4

static void sibling(int which)
{
	pid_t pid;

	adopt();
	check_exactly(3);
	for (int round = 4; round <= 12; round++) {
		CHECK(attach_round(0, round), 0);
		check_exactly(round);
		/* Some leave early, by themselves or not. */
		if (round == 5 + 2 * which) {
			if (which == 1)
				raw3(&native, __NR_kill, raw3(&native, __NR_getpid, 0, 0, 0),
				     SIGKILL, 0);
			if (which != 3)
				leave(CHILD_DONE);
		}
	}
	pid = fork();
	if (!pid) {
		adopt();
		CHECK(attach_round(0, 12), 0);
		check_exactly(12);
		leave(CHILD_DONE);
	}
	check_exactly(12);
	check_child(pid);
	check_exactly(12);
	leave(CHILD_DONE);
}

static void generation_siblings(long seed)
{
	pid_t pids[SIBLINGS];

	begin_generation(seed);
	for (int round = 1; round <= 3; round++)
		CHECK(attach_round(0, round), 0);
	for (int i = 0; i < SIBLINGS; i++) {
		pids[i] = fork();
		if (!pids[i])
			sibling(i);
	}
	check_exactly(3);
	for (int i = 0; i < SIBLINGS; i++)
		CHECK(finish(pids[i]), i == 1 ? SIGKILL : CHILD_DONE << 8);
	check_exactly(3);
}

/* --- A thread that makes it another program --- */

/* What the other program does: argv[2] is the oldest round that it must be under. */
static int run_after_exec(char **argv)
{
	struct report mine = {};
	struct shared none = {};

	report = &mine;
	shared = &none;
	/* What is not denied it cannot know from before. */
	abi_ = abis[atoi(argv[3])];
	for (int i = 0; i < 20; i++) {
		long got = make_with(abi_->nr[GETUID], 0, 1);

		CHECK(round_of(got, 0) >= atoi(argv[2]), true);
		got = make_with(outside(), 3, 7);
		CHECK(round_of(got, 0) >= atoi(argv[2]), true);
		CHECK(make_with(outside(), 3, 6), -ENOSYS);
		CHECK(make_with(abi_->nr[GETUID], 0, 2) < -1000, false);
	}
	return mine.line ? 1 : CHILD_DONE;
}

static void *executer(void *arg)
{
	char round[16], abi[16];
	char *const argv[] = { "stress_test", "--after-exec", round, abi, NULL };

	wait_for(&synced, 1 + (long)arg % ROUNDS / 2);
	snprintf(round, sizeof(round), "%d", atomic_load(&synced));
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		if (abis[i] == abi_)
			snprintf(abi, sizeof(abi), "%zu", i);
	}
	execve("/proc/self/exe", argv, (char *[]) { NULL });
	CHECK(true, false);
	return NULL;
}

static void generation_exec(long seed)
{
	begin_generation(seed);
	must_start(hammer, NULL);
	must_start(executer, (void *)seed);
	wait_for(&ready, 1);
	for (int round = 1; round <= ROUNDS; round++) {
		CHECK(attach_round(SYNC, round), 0);
		atomic_store(&synced, round);
		check_exactly(round);
	}
	for (;;)
		check_exactly(ROUNDS);
}

/* --- A listener that comes and goes --- */

static void *caller(void *arg)
{
	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop)) {
		int closed = atomic_load(&report->flag);
		long got = make_with(abi_->nr[GETEGID], 4, 1);

		CHECK(got == -ENOSYS || (!closed && got == 4200), true);
		CHECK(make_with(abi_->nr[GETEGID], 4, 2), before[GETEGID]);
		atomic_fetch_add(&report->stage, got == 4200);
	}
	return NULL;
}

/* Answer @n calls; the thread makes none of those itself. */
static void supervise(int fd, int n)
{
	while (n > 0) {
		struct seccomp_notif request;
		struct pollfd poll_in = { .fd = fd, .events = POLLIN };

		if (poll(&poll_in, 1, 1000) < 1)
			continue;
		if (receive(fd, &request)) {
			CHECK(errno == ENOENT || errno == EINTR, true);
			continue;
		}
		CHECK(request.data.nr, (int)abi_->nr[GETEGID]);
		CHECK((long)request.data.args[4], 1);
		answer(fd, &request, 4200, 0, 0);
		n--;
	}
}

static void generation_heard(long seed)
{
	static struct program p;
	pthread_t threads[2];
	long fd;

	begin_generation(seed);
	build_round(&p, 1, true);
	fd = attach_program(SECCOMP_FILTER_FLAG_NEW_LISTENER, p.insn, p.len);
	CHECK(fd >= 0, true);
	for (int i = 0; i < 2; i++)
		threads[i] = must_start(caller, NULL);
	for (int round = 2; round <= 9; round++) {
		supervise(fd, 3);
		/* Some that are newer, so that the listener's is older than the rest */
		CHECK(attach_round(SYNC, round), 0);
		check_exactly(round);
	}
	close(fd);
	atomic_store(&report->flag, 1);
	CHECK(attach_round(SYNC, 10), 0);
	check_exactly(10);
	CHECK(atomic_load(&report->stage) > 0, true);
	atomic_store(&stop, 1);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(threads[i], NULL), 0);
}

/* --- The machine's settings --- */

static struct setting {
	const char *path, *values[3];
	char saved[16];
} settings[] = {
	{ "/proc/sys/net/core/bpf_jit_harden", { "0", "1", "2" } },
	/* 2 would print every program. */
	{ "/proc/sys/net/core/bpf_jit_enable", { "1", "0", "1" } },
};

static void save_settings(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		FILE *file = fopen(settings[i].path, "r");

		if (!file)
			continue;
		if (!fgets(settings[i].saved, sizeof(settings[i].saved), file))
			settings[i].saved[0] = 0;
		fclose(file);
	}
}

static void restore_settings(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (settings[i].saved[0])
			write_file(settings[i].path, settings[i].saved);
	}
}

/* Whoever may not, or has them fixed, changes nothing. */
static void generation_settings(long seed)
{
	__u64 state = seed;

	for (int i = 0; i < 20; i++) {
		const struct setting *setting = &settings[draw(&state, ARRAY_SIZE(settings))];

		if (setting->saved[0])
			write_file(setting->path, setting->values[draw(&state, 3)]);
		usleep(500 + draw(&state, 3000));
	}
}

/* --- Generation after generation --- */

static void (*const kinds[])(long seed) = {
	generation_synced, generation_alone, generation_siblings, generation_exec,
	generation_heard, generation_settings,
};

#define KINDS	ARRAY_SIZE(kinds)

/* Each has a report of its own. */
static struct report *reports;

static void work(int kind)
{
	report = &reports[kind];
	setpgid(0, 0);
	for (long seed = 0; !seed || !atomic_load(&shared->over); seed++) {
		pid_t pid;
		int status;

		atomic_store(&report->stage, 0);
		atomic_store(&report->flag, 0);
		report->arg = seed;
		pid = fork();
		if (!pid) {
			setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 });
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			kinds[kind](seed);
			leave(CHILD_DONE);
		}
		status = finish(pid);
		if (status != CHILD_DONE << 8) {
			CHECK(status, CHILD_DONE << 8);
			leave(1);
		}
		if (report->line)
			leave(1);
		atomic_fetch_add(&shared->generations, 1);
	}
	leave(CHILD_DONE);
}

static int seconds(void)
{
	const char *told = getenv("SECCOMP_STRESS_SECONDS");

	return told && atoi(told) > 0 ? atoi(told) : 10;
}

/* Have the kinds of @mask work for a while. */
static void expect_no_looser(struct __test_metadata *_metadata, unsigned int mask,
			     long milliseconds)
{
	pid_t pids[KINDS] = {};
	time_t patience;

	memset(shared, 0, sizeof(*shared));
	memset(reports, 0, KINDS * sizeof(*reports));
	for (size_t i = 0; i < KINDS; i++) {
		if (!(mask >> i & 1))
			continue;
		pids[i] = fork();
		if (!pids[i])
			work(i);
	}
	usleep(1000 * milliseconds);
	/* A slow machine has more time for as much work. */
	for (int i = 0; i < PATIENCE && atomic_load(&shared->denied) <= ENOUGH; i++)
		sleep(1);
	atomic_store(&shared->over, 1);
	patience = time(NULL) + PATIENCE;
	for (size_t i = 0; i < KINDS; i++) {
		int status = -1;

		if (!pids[i])
			continue;
		while (!waitpid(pids[i], &status, WNOHANG) && time(NULL) < patience)
			usleep(10000);
		/* Whatever is left of it, also of one that came to its end */
		kill(-pids[i], SIGKILL);
		if (status == -1)
			waitpid(pids[i], NULL, 0);
		EXPECT_EQ(CHILD_DONE << 8, status)
			TH_LOG("kind %zu, seed %ld, line %d: got %ld, not %ld%s", i,
			       reports[i].arg, reports[i].line, reports[i].got, reports[i].want,
			       status == -1 ? ": still not done" : "");
	}
	EXPECT_LE(__builtin_popcount(mask), atomic_load(&shared->generations));
	EXPECT_LT(ENOUGH, atomic_load(&shared->denied));
	TH_LOG("%ld generations, %ld calls denied", atomic_load(&shared->generations),
	       atomic_load(&shared->denied));
}

FIXTURE(stress)
{
};

FIXTURE_SETUP(stress)
{
	save_settings();
}

FIXTURE_TEARDOWN(stress)
{
	restore_settings();
}

/* With settings that change, and each with a tenth of the time */
#define ALONE(kind)	expect_no_looser(_metadata, 1 << (kind) | 1 << (KINDS - 1), \
					 100 * seconds())
/* The harness' limit is for who hangs though told to end. */
#define LIMIT		86400

TEST_F_TIMEOUT(stress, threads_that_sync, LIMIT)
{
	ALONE(0);
}

TEST_F_TIMEOUT(stress, threads_that_attach_for_themselves, LIMIT)
{
	ALONE(1);
}

TEST_F_TIMEOUT(stress, siblings_that_attach_the_same, LIMIT)
{
	ALONE(2);
}

TEST_F_TIMEOUT(stress, another_program, LIMIT)
{
	ALONE(3);
}

TEST_F_TIMEOUT(stress, listener_that_goes, LIMIT)
{
	ALONE(4);
}

TEST_F_TIMEOUT(stress, all_at_once, LIMIT)
{
	expect_no_looser(_metadata, (1 << KINDS) - 1, 500 * seconds());
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--after-exec"))
		return run_after_exec(argv);
	reports = mmap(NULL, KINDS * sizeof(*reports), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (!set_up_report() || reports == MAP_FAILED || shared == MAP_FAILED)
		return KSFT_FAIL;
#ifdef __x86_64__
	have_ia32 = WIFEXITED(run(child_probe, &ia32, 0));
#endif
	return test_harness_run(argc, argv);
}
