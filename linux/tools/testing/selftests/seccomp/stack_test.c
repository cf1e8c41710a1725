// SPDX-License-Identifier: GPL-2.0
/* What several filters decide together: the smallest action, and the newest on a tie */

/*
 * A model of that rule, a few lines long, says what each call should return.
 * Every layer has a verdict for each call, constant or by argument.
 */

#include "seccomp_test.h"

/* One filter's verdict on one call: @even, or @odd if the first argument is odd */
struct layer {
	__u32 even, odd;
	/* Always @even */
	bool constant;
};

#define CONSTANT(verdict)	{ .even = verdict, .constant = true }

static __u32 verdict_on(const struct layer *layer, long arg)
{
	return arg & 1 && !layer->constant ? layer->odd : layer->even;
}

static struct rule rule_of(const struct abi *abi, enum call c, const struct layer *layer)
{
	if (layer->constant)
		return on(abi->arch, abi->nr[c], layer->even);
	return depends(abi->arch, abi->nr[c], layer->even, layer->odd);
}

/* The model: put the verdict of a newer filter on top of those before it. */
static __u32 join(__u32 newer, __u32 older)
{
	return (__s32)(newer & SECCOMP_RET_ACTION_FULL) <=
	       (__s32)(older & SECCOMP_RET_ACTION_FULL) ? newer : older;
}

static void join_layer(struct layer *all, const struct layer *newer)
{
	all->even = join(verdict_on(newer, 0), all->even);
	all->odd = join(verdict_on(newer, 1), all->odd);
}

/* Make a call and hold it against its verdict, which does not kill. */
static void check_call(const struct abi *abi, enum call c, long arg, __u32 verdict, long before)
{
	int marked = atomic_load(&report->mark);
	long got = raw3(abi, abi->nr[c], arg, 0, 0);
	long data = verdict & SECCOMP_RET_DATA;

	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		CHECK(got, before);
		break;
	case SECCOMP_RET_ERRNO:
		CHECK(got, data > 4095 ? -4095 : -data);
		break;
	case SECCOMP_RET_TRAP:
		CHECK(atomic_load(&report->mark), marked + 1);
		CHECK(report->info.si_errno, data);
		CHECK(report->info.si_syscall, (int)abi->nr[c]);
		return;
	default:
		/* Nobody traces, nobody listens. */
		CHECK(got, -ENOSYS);
	}
	CHECK(atomic_load(&report->mark), marked);
}

/* GETPGID depends on its argument by itself, so it is left out. */
static const enum call used[] = { GETPID, GETPPID, GETUID, GETEUID, GETGID, GETEGID, GETTID };

#define USED	ARRAY_SIZE(used)

static void attach_layer(const struct abi *abi, const struct layer layer[USED])
{
	struct rule rules[USED];

	for (size_t i = 0; i < USED; i++)
		rules[i] = rule_of(abi, used[i], &layer[i]);
	CHECK(attach_rules(0, ALLOW, rules, USED), 0);
}

static void check_stack(const struct abi *abi, const struct layer all[USED],
			const long before[CALLS])
{
	for (long arg = 0; arg < 4; arg++) {
		for (size_t i = 0; i < USED; i++)
			check_call(abi, used[i], arg, verdict_on(&all[i], arg),
				   before[used[i]]);
	}
}

static const struct layer allowed = { ALLOW, ALLOW, false };

static const struct layer kinds[] = {
	CONSTANT(ALLOW),
	CONSTANT(SECCOMP_RET_LOG | 3),
	CONSTANT(SECCOMP_RET_TRACE | 1),
	CONSTANT(SECCOMP_RET_USER_NOTIF),
	CONSTANT(SECCOMP_RET_ERRNO | 1),
	CONSTANT(SECCOMP_RET_ERRNO | ENOSYS),
	CONSTANT(SECCOMP_RET_ERRNO | 0xffff),
	CONSTANT(SECCOMP_RET_TRAP | 1),
	CONSTANT(SECCOMP_RET_TRAP | 2),
	{ ALLOW, SECCOMP_RET_ERRNO | 2 },
	{ SECCOMP_RET_ERRNO | 3, ALLOW },
	{ SECCOMP_RET_ERRNO | 4, SECCOMP_RET_ERRNO | 5 },
	{ SECCOMP_RET_LOG, SECCOMP_RET_ERRNO },
	{ SECCOMP_RET_TRAP | 3, SECCOMP_RET_LOG },
	{ SECCOMP_RET_TRACE, SECCOMP_RET_TRAP | 4 },
	{ ALLOW, SECCOMP_RET_USER_NOTIF },
	{ ALLOW, SECCOMP_RET_LOG },
};

#define KINDS	ARRAY_SIZE(kinds)

/* Stacks of @depth kinds, from number @first on: as many as there are calls */
static void check_orders(const struct abi *abi, int depth, int first)
{
	struct layer all[USED];
	long before[CALLS];

	catch_sigsys(on_sigsys);
	call_each(abi, before);
	for (size_t i = 0; i < USED; i++)
		all[i] = allowed;
	for (int level = 0; level < depth; level++) {
		struct layer layer[USED];

		for (size_t i = 0; i < USED; i++) {
			int order = first + i;

			for (int j = 0; j < level; j++)
				order /= KINDS;
			layer[i] = kinds[order % KINDS];
			join_layer(&all[i], &layer[i]);
		}
		attach_layer(abi, layer);
	}
	check_stack(abi, all, before);
}

static void child_pair(const struct abi *abi, long first)
{
	check_orders(abi, 2, first);
}

static void child_triple(const struct abi *abi, long first)
{
	check_orders(abi, 3, first);
}

TEST_F(abi, two_filters_in_every_order)
{
	for (size_t first = 0; first < KINDS * KINDS; first += USED)
		EXPECT_FINE(run(child_pair, variant->abi, first));
}

TEST_F_TIMEOUT(abi, three_filters_in_many_orders, 120)
{
	/* A ninth of all, so that a slow machine is done in time */
	for (size_t first = 0; first < KINDS * KINDS * KINDS; first += 9 * USED)
		EXPECT_FINE(run(child_triple, variant->abi, first));
}

#define DEPTH	20

static __u32 next_random(__u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

static void child_deep(const struct abi *abi, long seed)
{
	struct layer all[USED];
	long before[CALLS];
	__u32 state = seed;

	catch_sigsys(on_sigsys);
	call_each(abi, before);
	for (size_t i = 0; i < USED; i++)
		all[i] = allowed;
	for (int depth = 0; depth < DEPTH; depth++) {
		struct layer layer[USED];

		for (size_t i = 0; i < USED; i++) {
			/* Traps would end the contest too soon. */
			do {
				layer[i] = kinds[next_random(&state) % KINDS];
			} while (depth < DEPTH - 2 &&
				 ((layer[i].even & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRAP ||
				  (layer[i].odd & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRAP));
			join_layer(&all[i], &layer[i]);
		}
		attach_layer(abi, layer);
		check_stack(abi, all, before);
	}
}

TEST_F(abi, twenty_filters_as_they_pile_up)
{
	for (int seed = 1; seed <= 12; seed++)
		EXPECT_FINE(run(child_deep, variant->abi, seed));
}

/* The newest depends on an argument and all others are constant, and the reverse. */
static void child_one_unlike(const struct abi *abi, long newest_depends)
{
	static const struct layer constant = CONSTANT(SECCOMP_RET_ERRNO | ENOSYS);
	static const struct layer by_argument = { SECCOMP_RET_ERRNO | 1, ALLOW };
	const struct layer *others = newest_depends ? &constant : &by_argument;
	const struct layer *newest = newest_depends ? &by_argument : &constant;
	struct rule rule = rule_of(abi, GETPPID, others);
	long before = call(abi, GETPPID);

	for (int i = 0; i < DEPTH; i++)
		CHECK(attach_rules(0, ALLOW, &rule, 1), 0);
	for (int i = 0; i < 4; i++)
		check_call(abi, GETPPID, i, verdict_on(others, i), before);
	rule = rule_of(abi, GETPPID, newest);
	CHECK(attach_rules(0, ALLOW, &rule, 1), 0);
	for (int i = 0; i < 4; i++)
		check_call(abi, GETPPID, i, verdict_on(i & 1 ? &constant : newest, i), before);
}

TEST_F(abi, newest_filter_unlike_the_twenty_before)
{
	EXPECT_FINE(run(child_one_unlike, variant->abi, true));
	EXPECT_FINE(run(child_one_unlike, variant->abi, false));
}

/* --- Kills --- */

static void *caller(void *arg)
{
	const struct abi *abi = arg;

	call(abi, GETPPID);
	atomic_store(&report->flag, 1);
	return NULL;
}

/* Two verdicts, that of the older filter in the lower half of the index */
static const struct layer deadly[] = {
	CONSTANT(SECCOMP_RET_KILL_PROCESS | 3),
	CONSTANT(SECCOMP_RET_KILL_THREAD),
	CONSTANT(0x80010000),
	CONSTANT(0x12340000),
	CONSTANT(0x7ffe0000),
	CONSTANT(SECCOMP_RET_ERRNO | 3),
	CONSTANT(ALLOW),
	{ SECCOMP_RET_KILL_THREAD, ALLOW },
	{ ALLOW, SECCOMP_RET_KILL_PROCESS },
	{ 0x12340000, ALLOW },
};

static void child_deadly(const struct abi *abi, long which)
{
	pthread_t thread;

	for (int i = 0; i < 2; i++) {
		struct rule rule = rule_of(abi, GETPPID, &deadly[i ? which / 16 : which % 16]);

		CHECK(attach_rules(0, ALLOW, &rule, 1), 0);
	}
	CHECK(pthread_create(&thread, NULL, caller, (void *)abi), 0);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F(abi, deadliest_of_two_filters)
{
	for (size_t newer = 0; newer < ARRAY_SIZE(deadly); newer++) {
		for (size_t older = 0; older < ARRAY_SIZE(deadly); older++) {
			__u32 verdict = join(deadly[newer].even, deadly[older].even);
			int status = run(child_deadly, variant->abi, newer << 4 | older);
			bool survived = false;

			switch (verdict & SECCOMP_RET_ACTION_FULL) {
			case SECCOMP_RET_ALLOW:
			case SECCOMP_RET_LOG:
			case SECCOMP_RET_ERRNO:
				survived = true;
				EXPECT_FINE(status);
				break;
			case SECCOMP_RET_KILL_THREAD:
				EXPECT_FINE(status);
				break;
			default:
				EXPECT_KILLED(status, SIGSYS);
			}
			EXPECT_EQ(survived, atomic_load(&report->flag));
		}
	}
}

/* --- Whose data, whose listener --- */

static const struct layer traces[][3] = {
	/* Oldest first */
	{ CONSTANT(SECCOMP_RET_TRACE | 1), CONSTANT(SECCOMP_RET_TRACE | 2) },
	{ CONSTANT(SECCOMP_RET_TRACE | 1), { SECCOMP_RET_TRACE | 2, ALLOW } },
	{ { SECCOMP_RET_TRACE | 1, SECCOMP_RET_TRACE | 4 }, CONSTANT(SECCOMP_RET_TRACE | 2) },
	{ { SECCOMP_RET_TRACE | 1, ALLOW }, { ALLOW, SECCOMP_RET_TRACE | 2 },
	  CONSTANT(SECCOMP_RET_LOG) },
	{ CONSTANT(SECCOMP_RET_LOG), CONSTANT(SECCOMP_RET_TRACE | 3), CONSTANT(ALLOW) },
	{ { ALLOW, SECCOMP_RET_TRACE | 1 }, { SECCOMP_RET_TRACE | 2, ALLOW },
	  { ALLOW, SECCOMP_RET_TRACE | 3 } },
};

static void child_traces(const struct abi *abi, long which)
{
	for (int i = 0; i < 3 && traces[which][i].even; i++) {
		struct rule rule = rule_of(abi, GETPPID, &traces[which][i]);

		CHECK(attach_rules(0, ALLOW, &rule, 1), 0);
	}
	for (int i = 0; i < 4; i++)
		raw3(abi, abi->nr[GETPPID], i, 0, 0);
}

TEST_F(abi, tracer_is_told_the_data_of_the_newest)
{
	for (size_t which = 0; which < ARRAY_SIZE(traces); which++) {
		pid_t pid = start_traced(child_traces, variant->abi, which, 0);
		struct layer all = allowed;

		ASSERT_LT(0, pid);
		for (int i = 0; i < 3 && traces[which][i].even; i++)
			join_layer(&all, &traces[which][i]);
		for (int i = 0; i < 4; i++) {
			__u32 verdict = verdict_on(&all, i);
			unsigned long message = 0;

			if ((verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_TRACE)
				continue;
			ASSERT_EQ(SIGTRAP | PTRACE_EVENT_SECCOMP << 8,
				  next_stop(pid, PTRACE_CONT) >> 8);
			ASSERT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message));
			EXPECT_EQ(verdict & SECCOMP_RET_DATA, message);
		}
		EXPECT_FINE(next_stop(pid, PTRACE_CONT));
	}
}

#define NOTIFY	SECCOMP_RET_USER_NOTIF

struct heard {
	struct layer layer[3];
	/* Which of the layers has a listener, and if it hears of even and odd calls */
	int listener;
	bool even, odd;
};

static const struct heard heard[] = {
	{ { CONSTANT(NOTIFY) }, 0, true, true },
	/* The older has the listener, so the newer's verdict has none, or the reverse */
	{ { CONSTANT(NOTIFY), CONSTANT(NOTIFY) }, 0, false, false },
	{ { CONSTANT(NOTIFY), CONSTANT(NOTIFY) }, 1, true, true },
	{ { CONSTANT(NOTIFY), CONSTANT(NOTIFY), CONSTANT(NOTIFY) }, 1, false, false },
	{ { CONSTANT(NOTIFY), { NOTIFY, ALLOW } }, 0, false, true },
	{ { CONSTANT(NOTIFY), { NOTIFY, ALLOW } }, 1, true, false },
	{ { { NOTIFY, ALLOW }, CONSTANT(NOTIFY) }, 0, false, false },
	{ { { NOTIFY, ALLOW }, CONSTANT(NOTIFY) }, 1, true, true },
	/* The same filter twice */
	{ { { NOTIFY, ALLOW }, { NOTIFY, ALLOW } }, 0, false, false },
	{ { { NOTIFY, ALLOW }, { NOTIFY, ALLOW } }, 1, true, false },
	{ { { NOTIFY, ALLOW }, { NOTIFY, ALLOW }, { NOTIFY, ALLOW } }, 1, false, false },
	{ { { NOTIFY, ALLOW }, { ALLOW, NOTIFY } }, 0, true, false },
	{ { { NOTIFY, ALLOW }, CONSTANT(ALLOW), CONSTANT(SECCOMP_RET_LOG) }, 0, true, false },
	{ { CONSTANT(SECCOMP_RET_LOG), CONSTANT(SECCOMP_RET_TRACE), CONSTANT(NOTIFY) },
	  2, true, true },
	{ { CONSTANT(NOTIFY), { SECCOMP_RET_ERRNO, ALLOW } }, 0, false, true },
	{ { { SECCOMP_RET_ERRNO, ALLOW }, CONSTANT(NOTIFY) }, 1, false, true },
	{ { CONSTANT(SECCOMP_RET_ERRNO), CONSTANT(NOTIFY) }, 1, false, false },
};

static void child_heard(const struct abi *abi, long which)
{
	const struct heard *h = &heard[which];
	long before = call(abi, GETPPID), fd = -1;
	struct layer all = allowed;

	for (int i = 0; i < 3 && h->layer[i].even; i++) {
		struct rule rule = rule_of(abi, GETPPID, &h->layer[i]);
		bool listen = i == h->listener;
		long ret = attach_rules(listen ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, ALLOW,
					&rule, 1);

		if (listen)
			fd = ret;
		else
			CHECK(ret, 0);
		join_layer(&all, &h->layer[i]);
	}
	listened(fd);
	for (int i = 0; i < 4; i++) {
		if (i & 1 ? h->odd : h->even)
			CHECK(raw3(abi, abi->nr[GETPPID], i, 0, 0), 4200 + i);
		else
			check_call(abi, GETPPID, i, verdict_on(&all, i), before);
	}
}

TEST_F(abi, listener_of_the_newest_hears)
{
	for (size_t which = 0; which < ARRAY_SIZE(heard); which++) {
		pid_t pid = start(child_heard, variant->abi, which);
		int fd = listen_to(pid);

		ASSERT_LE(0, fd);
		for (int i = 0; i < 4; i++) {
			struct seccomp_notif request;

			if (!(i & 1 ? heard[which].odd : heard[which].even))
				continue;
			ASSERT_EQ(0, receive(fd, &request)) TH_LOG("case %zu", which);
			EXPECT_EQ((unsigned int)i, request.data.args[0]);
			EXPECT_EQ(0, answer(fd, &request, 4200 + i, 0, 0));
		}
		close(fd);
		EXPECT_FINE(finish(pid));
	}
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
