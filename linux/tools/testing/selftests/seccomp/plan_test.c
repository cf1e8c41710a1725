// SPDX-License-Identifier: GPL-2.0
/* Stacks of filters that look at arguments, and of ones that do not */

/*
 * Which of them decides depends on the call. What each call gives, whose data,
 * listener and log flag count, is held against a model that runs all filters,
 * see ask_stack(). Some of it is told by hand.
 */

#include "seccomp_audit.h"
#include "seccomp_interp.h"

/* The stack of a child, oldest first; parents that follow it build the same. */
#define DEEPEST	40

static struct program stack[DEEPEST];

/* One filter's verdict on a call: @match if a word of the arguments is @k */
struct side {
	__u32 match, other, k;
	int w;
	bool constant;
};

#define ALWAYS(verdict)		{ .match = verdict, .constant = true }
#define IF(verdict, else_)	{ .match = verdict, .other = else_, .k = 1 }

/* GETPGID depends on its argument by itself, so it is left out. */
static const enum call used[] = { GETPID, GETPPID, GETUID, GETEUID, GETGID, GETEGID, GETTID };

#define USED	ARRAY_SIZE(used)

static void add_side(struct program *p, __u32 nr, const struct side *side)
{
	if (side->constant)
		ADD(p, JUMP(BPF_JEQ, nr, 0, 1), RETURN(side->match));
	else
		ADD(p, JUMP(BPF_JEQ, nr, 0, 4), LOAD(word_at(side->w)),
		    JUMP(BPF_JEQ, side->k, 0, 1), RETURN(side->match), RETURN(side->other));
}

/* A program that has a side for each of the first @n calls in use, and allows others */
static void build_sides(struct program *p, const struct abi *abi, const struct side *side,
			size_t n)
{
	p->len = 0;
	p->flags = 0;
	ADD(p, LOAD_ARCH, JUMP(BPF_JEQ, abi->arch, 1, 0), RETURN(ALLOW), LOAD_NR);
	for (size_t i = 0; i < n; i++)
		add_side(p, abi->nr[used[i]], &side[i]);
	ADD(p, RETURN(ALLOW));
}

/* As above, for one call */
static void build_side(struct program *p, const struct abi *abi, enum call c,
		       const struct side *side)
{
	p->len = 0;
	p->flags = 0;
	ADD(p, LOAD_ARCH, JUMP(BPF_JEQ, abi->arch, 1, 0), RETURN(ALLOW), LOAD_NR);
	add_side(p, abi->nr[c], side);
	ADD(p, RETURN(ALLOW));
}

static void attach_stack(int n)
{
	for (int i = 0; i < n; i++)
		CHECK(attach_built(&stack[i]), 0);
}

/* What calls return before there is a filter */
static long before[CALLS];

static struct made made_of(const struct abi *abi, enum call c)
{
	return (struct made) { .abi = abi, .nr = abi->nr[c], .allowed = before[c] };
}

/* --- Two filters in every order --- */

static const __u32 verdicts[] = {
	ALLOW, ALLOW | 7, SECCOMP_RET_TRACE | 1, SECCOMP_RET_USER_NOTIF | 2, ERRNO(0), ERRNO(1),
	ERRNO(39), ERRNO(0xffff), TRAP(1), TRAP(2), SECCOMP_RET_KILL_THREAD,
	SECCOMP_RET_KILL_PROCESS | 3, 0x12340000,
};

#define VERDICTS	ARRAY_SIZE(verdicts)

/* As many sides as there are pairs of verdicts; two of the same are a constant. */
#define SIDES	(VERDICTS * VERDICTS)

static struct side side_of(int i)
{
	struct side side = { verdicts[i / VERDICTS], verdicts[i % VERDICTS], 1, 0, false };

	side.constant = side.match == side.other;
	return side;
}

static void check_both(const struct abi *abi, int n)
{
	for (size_t i = 0; i < USED; i++) {
		struct made made = made_of(abi, used[i]);

		for (int arg = 0; arg < 3; arg++) {
			made.arg[0] = arg;
			check_stacked(stack, n, &made);
		}
	}
	report->seen = results.differ;
}

/* As many pairs of sides as there are calls, from number @first on */
static void child_pairs(const struct abi *abi, long first)
{
	struct side older[USED], newer[USED];

	catch_sigsys(on_sigsys);
	call_each(abi, before);
	for (size_t i = 0; i < USED; i++) {
		older[i] = side_of((first + i) % SIDES);
		newer[i] = side_of((first + i) / SIDES % SIDES);
	}
	build_sides(&stack[0], abi, older, USED);
	build_sides(&stack[1], abi, newer, USED);
	attach_stack(2);
	check_both(abi, 2);
}

TEST_F_TIMEOUT(abi, two_filters_of_many_kinds, 300)
{
	int differ = 0, all = 0;

	/* Steps that meet all sides, older and newer, with many others */
	for (size_t first = 0; first < SIDES * SIDES; first += 6 * SIDES - 5, all++) {
		EXPECT_MODEL(run(child_pairs, variant->abi, first));
		differ += report->seen;
	}
	/* Some kill whatever is called. */
	EXPECT_LT(all / 2, differ);
}

/* Constants, newer and older, with everything that depends */
static void child_with_constant(const struct abi *abi, long first)
{
	struct side constant[USED], depends[USED];
	const bool newer = first & 1;

	catch_sigsys(on_sigsys);
	call_each(abi, before);
	for (size_t i = 0; i < USED; i++) {
		constant[i] = side_of((first / 2 + i) % VERDICTS * (VERDICTS + 1));
		depends[i] = side_of((first / 2 + i) / VERDICTS % SIDES);
	}
	build_sides(&stack[newer], abi, constant, USED);
	build_sides(&stack[!newer], abi, depends, USED);
	attach_stack(2);
	check_both(abi, 2);
}

TEST_F_TIMEOUT(abi, a_constant_and_one_that_depends, 300)
{
	int differ = 0, all = 0;

	for (size_t first = 0; first < 2 * VERDICTS * SIDES; first += 79, all++) {
		EXPECT_MODEL(run(child_with_constant, variant->abi, first));
		differ += report->seen;
	}
	EXPECT_LT(all / 2, differ);
}

/* --- Told by hand --- */

struct told {
	/* Oldest first */
	struct side side[3];
	/* With the argument that matches, and with another; LONG_MAX if allowed */
	long match, other;
};

static const struct told told[] = {
	/* A newer errno wins the tie, where it is one. */
	{ { ALWAYS(ERRNO(39)), IF(ERRNO(1), ALLOW) }, -1, -39 },
	{ { ALWAYS(ERRNO(39)), IF(ERRNO(1), SECCOMP_RET_TRACE) }, -1, -39 },
	{ { ALWAYS(ERRNO(39)), IF(ERRNO(1), ERRNO(2)) }, -1, -2 },
	{ { ALWAYS(ERRNO(39)), IF(ERRNO(0), ALLOW) }, 0, -39 },
	/* An older one loses it. */
	{ { IF(ERRNO(1), ALLOW), ALWAYS(ERRNO(39)) }, -39, -39 },
	{ { IF(ERRNO(1), ERRNO(2)), ALWAYS(ERRNO(39)) }, -39, -39 },
	{ { IF(ERRNO(1), ERRNO(2)), ALWAYS(ALLOW | 3) }, -1, -2 },
	{ { IF(ERRNO(1), ALLOW), ALWAYS(SECCOMP_RET_TRACE) }, -1, -ENOSYS },
	/* On both sides of a constant */
	{ { IF(ERRNO(1), ALLOW), ALWAYS(ERRNO(39)), IF(ALLOW, ERRNO(2)) }, -39, -2 },
	{ { IF(ALLOW, ERRNO(1)), ALWAYS(SECCOMP_RET_TRACE), IF(ERRNO(2), ALLOW) }, -2, -1 },
	{ { ALWAYS(ERRNO(39)), IF(ERRNO(1), ALLOW), IF(ERRNO(2), ERRNO(3)) }, -2, -3 },
	{ { ALWAYS(ERRNO(39)), IF(ERRNO(1), ALLOW), IF(ALLOW, ERRNO(3)) }, -1, -3 },
	{ { IF(ERRNO(1), ERRNO(2)), IF(ERRNO(3), ALLOW), IF(ALLOW, ALLOW | 9) }, -3, -2 },
	/* What allows has neither data nor a say. */
	{ { ALWAYS(ALLOW | 1), IF(ALLOW | 2, ALLOW | 3) }, LONG_MAX, LONG_MAX },
	{ { IF(ALLOW | 2, ERRNO(3)), ALWAYS(ALLOW | 1) }, LONG_MAX, -3 },
	/* The smaller action, whoever is newer */
	{ { ALWAYS(SECCOMP_RET_USER_NOTIF), IF(SECCOMP_RET_TRACE, ERRNO(1)) }, -ENOSYS, -1 },
	{ { IF(SECCOMP_RET_USER_NOTIF, ERRNO(7)), IF(ERRNO(1), SECCOMP_RET_TRACE) }, -1, -7 },
	/* Twice the same, and something between */
	{ { IF(ERRNO(1), ERRNO(2)), IF(ERRNO(3), ALLOW), IF(ERRNO(1), ERRNO(2)) }, -1, -2 },
	{ { IF(ERRNO(1), ERRNO(2)), IF(ERRNO(3), ERRNO(4)), IF(ERRNO(1), ALLOW) }, -1, -4 },
};

static void child_told(const struct abi *abi, long which)
{
	const struct told *t = &told[which];
	long ppid = call(abi, GETPPID);

	for (int i = 0; i < 3 && (t->side[i].match || t->side[i].constant); i++) {
		build_side(&stack[i], abi, GETPPID, &t->side[i]);
		CHECK(attach_built(&stack[i]), 0);
	}
	for (int i = 0; i < 6; i++) {
		long want = i & 1 ? t->match : t->other;

		CHECK(raw3(abi, abi->nr[GETPPID], i & 1, i, i), want == LONG_MAX ? ppid : want);
	}
}

TEST_F(abi, ties_told_by_hand)
{
	for (size_t which = 0; which < ARRAY_SIZE(told); which++)
		EXPECT_FINE(run(child_told, variant->abi, which));
}

/* --- Deep stacks --- */

/* Words that they look at, and what calls have there */
static const int words[] = { 0, 3, 10, 11 };
static const __u32 values[] = { 0, 1, 0x80000000 };

#define COMBINATIONS	(3 * 3 * 3 * 3)

static void set_combination(struct made *made, int combination)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++, combination /= 3)
		set_word(made, words[i], values[combination % 3]);
}

/* Verdicts that a child survives, and of which none ends the contest early */
static __u32 draw_weak(__u64 *state, int depth)
{
	static const __u32 weak[] = {
		ALLOW, ALLOW | 1, ALLOW | 2, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF,
		SECCOMP_RET_ERRNO, SECCOMP_RET_TRAP, SECCOMP_RET_KILL_THREAD,
	};
	/* Some that deny, and few that win over all, so that there is a contest */
	int range = draw(state, 3) ? 5 : draw(state, depth) ? 6 : draw(state, 6) ? 7 : 8;
	__u32 verdict = weak[draw(state, range)];

	return verdict == SECCOMP_RET_ERRNO || verdict == SECCOMP_RET_TRAP ?
	       verdict | (1 + draw(state, 4000)) : verdict;
}

static void draw_side(struct side *side, __u64 *state, int depth, bool constant)
{
	side->match = draw_weak(state, depth);
	side->other = draw_weak(state, depth);
	side->w = words[draw(state, ARRAY_SIZE(words))];
	side->k = values[draw(state, ARRAY_SIZE(values))];
	side->constant = constant;
}

/* Three filters in four look at arguments, or all of them do. */
static void child_deep(const struct abi *abi, long arg)
{
	const int depth = 32, all = arg & 1;
	__u64 state = arg;

	catch_sigsys(on_sigsys);
	call_each(abi, before);
	for (int n = 0; n < depth; n++) {
		struct side sides[USED];

		for (size_t i = 0; i < USED; i++)
			draw_side(&sides[i], &state, depth, !all && !draw(&state, 4));
		build_sides(&stack[n], abi, sides, USED);
		CHECK(attach_built(&stack[n]), 0);
		if (n % 8 != 7)
			continue;
		for (size_t i = 0; i < USED; i++) {
			struct made made = made_of(abi, used[i]);

			for (int c = i % 3; c < COMBINATIONS; c += n == depth - 1 ? 1 : 5) {
				set_combination(&made, c);
				check_stacked(stack, n + 1, &made);
			}
		}
	}
	report->seen = results.differ;
}

TEST_F_TIMEOUT(abi, thirty_two_filters_that_look_at_arguments, 120)
{
	int differ = 0;

	for (int seed = 1; seed <= 12; seed++) {
		EXPECT_MODEL(run(child_deep, variant->abi, seed));
		differ += report->seen;
	}
	EXPECT_LT(8, differ);
}

/* Of 32 filters, two look at the arguments of one call. */
static void child_two_of_many(const struct abi *abi, long arg)
{
	const int depth = 32, one = arg % depth, two = arg / depth % depth;
	const bool with_constant = arg / depth / depth;
	struct side allowed = ALWAYS(ALLOW | 4), denied = ALWAYS(ERRNO(2000));
	__u64 state = arg + 1;

	catch_sigsys(on_sigsys);
	call_each(abi, before);
	for (int n = 0; n < depth; n++) {
		struct side sides[USED];

		/* All look at those of some other call. */
		for (size_t i = 0; i < USED; i++) {
			sides[i] = allowed;
			if (i && (n + i) % 2)
				draw_side(&sides[i], &state, depth, false);
		}
		if (with_constant && n == (one + two) / 2)
			sides[0] = denied;
		if (n == one)
			sides[0] = (struct side) { ERRNO(1001), ALLOW, 1, 0 };
		if (n == two)
			sides[0] = (struct side) { ERRNO(1002), SECCOMP_RET_TRACE, 1, 10 };
		build_sides(&stack[n], abi, sides, USED);
		CHECK(attach_built(&stack[n]), 0);
	}
	for (size_t i = 0; i < USED; i++) {
		struct made made = made_of(abi, used[i]);

		for (int c = 0; c < COMBINATIONS; c += i ? 7 : 1) {
			set_combination(&made, c);
			check_stacked(stack, depth, &made);
		}
	}
	CHECK(results.differ, true);
}

TEST_F_TIMEOUT(abi, two_of_thirty_two_filters_look_at_a_call, 120)
{
	static const int places[][2] = {
		{ 0, 1 }, { 0, 31 }, { 30, 31 }, { 15, 16 }, { 31, 0 }, { 31, 30 }, { 7, 24 },
		{ 20, 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		for (int constant = 0; constant < 2; constant++)
			EXPECT_MODEL(run(child_two_of_many, variant->abi,
					 places[i][0] + 32 * (places[i][1] + 32 * constant)));
	}
}

/* The same filter many times, and another one here and there */
static void child_same(const struct abi *abi, long every)
{
	static const struct side same = { ERRNO(1001), SECCOMP_RET_TRACE, 1, 0 };
	static const struct side others[] = {
		IF(ERRNO(1002), ALLOW), ALWAYS(ERRNO(1003)), IF(ALLOW, ERRNO(1004)),
		/* It differs in what it looks for, and in nothing else. */
		{ ERRNO(1001), SECCOMP_RET_TRACE, 0x80000000, 0 },
		/* or in the word that it looks at. */
		{ ERRNO(1001), SECCOMP_RET_TRACE, 1, 3 },
	};

	catch_sigsys(on_sigsys);
	call_each(abi, before);
	for (int n = 0; n < DEEPEST; n++) {
		struct made made = made_of(abi, GETPPID);

		build_side(&stack[n], abi, GETPPID,
			   every && n % every == every - 1 ?
			   &others[n / every % ARRAY_SIZE(others)] : &same);
		CHECK(attach_built(&stack[n]), 0);
		for (int c = 0; c < COMBINATIONS; c += 2) {
			set_combination(&made, c);
			check_stacked(stack, n + 1, &made);
		}
	}
	CHECK(results.differ, true);
}

TEST_F(abi, same_filter_forty_times_and_others_between)
{
	for (int every = 0; every <= 20; every += every ? every : 1)
		EXPECT_MODEL(run(child_same, variant->abi, every));
	EXPECT_MODEL(run(child_same, variant->abi, 3));
	EXPECT_MODEL(run(child_same, variant->abi, 7));
}

/* Programs that differ, though what is left of them for a call is the same */
static void child_same_rest(const struct abi *abi, long arg)
{
	catch_sigsys(on_sigsys);
	call_each(abi, before);
	for (int n = 0; n < 8; n++) {
		struct program *p = &stack[n];

		p->len = 0;
		p->flags = 0;
		ADD(p, LOAD_ARCH, JUMP(BPF_JEQ, abi->arch, 1, 0), RETURN(ALLOW), LOAD_NR,
		    JUMP(BPF_JEQ, abi->nr[GETUID], 0, 1), RETURN(ERRNO(1100 + n)));
		/* What is in X and in memory differs, and is or is not used. */
		if (n >= 2)
			ADD(p, SET_X(n), STORE_X(n), SET_X(0));
		if (n >= 4)
			ADD(p, SET_X(n / 2));
		ADD(p, JUMP(BPF_JEQ, abi->nr[GETPPID], 1, 0), RETURN(ALLOW), LOAD(LOW_WORD(0)),
		    JUMP(BPF_JGT, 0, 0, 3), ALU_BY_X(BPF_ADD), ALU(BPF_OR, ERRNO(0)), RETURN_A,
		    RETURN(n & 1 ? ALLOW : ALLOW | 1));
		CHECK(attach_built(p), 0);
		for (int c = GETPPID; c <= GETUID; c++) {
			struct made made = made_of(abi, c);

			for (int i = 0; i < COMBINATIONS; i += 4) {
				set_combination(&made, i);
				made.arg[0] &= 0xfff;
				check_stacked(stack, n + 1, &made);
			}
		}
	}
	CHECK(results.differ, true);
}

TEST_F(abi, filters_that_differ_where_the_call_does_not_see_it)
{
	EXPECT_MODEL(run(child_same_rest, variant->abi, 0));
}

/* Stacks of programs that are random altogether */
static void child_random(const struct abi *abi, long seed)
{
	struct made made = { .abi = abi };
	long allowed[RANDOM_NUMBERS];
	__u64 state = seed;
	int depth = 2 + draw(&state, 7);

	catch_sigsys(on_sigsys);
	for (int i = 0; i < RANDOM_NUMBERS; i++) {
		made.nr = random_number(abi, i);
		allowed[i] = make(&made);
	}
#ifdef __x86_64__
	made.site = map_calls(abi, 0, MAP_32BIT);
#endif
	for (int n = 0; n < depth; n++) {
		/* Some are the same as one before. */
		if (n && !draw(&state, 4))
			stack[n] = stack[draw(&state, n)];
		else
			build_random(&stack[n], abi, &state, 5 + draw(&state, 80));
	}
	attach_stack(depth);
	for (int i = 0; i < 60; i++) {
		draw_call(&made, &state, allowed);
		check_stacked(stack, depth, &made);
	}
	report->seen = results.differ;
}

TEST_F_TIMEOUT(abi, random_stacks, 300)
{
	int differ = 0;

	for (int seed = 1; seed <= 40; seed++) {
		EXPECT_MODEL(run(child_random, variant->abi, seed));
		differ += report->seen;
	}
	EXPECT_LT(12, differ);
}

/* --- Kills --- */

struct deadly {
	struct side side[2];
	/* What a thread of the child does with the argument that matches */
	enum { GOES_ON, DIES, DIES_WITH_ALL } end;
};

static const struct deadly deadly[] = {
	{ { ALWAYS(ERRNO(1)), IF(SECCOMP_RET_KILL_THREAD, ALLOW) }, DIES },
	{ { IF(SECCOMP_RET_KILL_THREAD, ALLOW), ALWAYS(ERRNO(1)) }, DIES },
	{ { ALWAYS(ERRNO(1)), IF(SECCOMP_RET_KILL_PROCESS, ALLOW) }, DIES_WITH_ALL },
	{ { IF(SECCOMP_RET_KILL_PROCESS | 5, ALLOW), ALWAYS(TRAP(1)) }, DIES_WITH_ALL },
	{ { IF(SECCOMP_RET_KILL_PROCESS, ERRNO(1)), IF(SECCOMP_RET_KILL_THREAD, ERRNO(1)) },
	  DIES_WITH_ALL },
	{ { IF(SECCOMP_RET_KILL_THREAD, ERRNO(1)), IF(SECCOMP_RET_KILL_PROCESS, ERRNO(1)) },
	  DIES_WITH_ALL },
	{ { IF(SECCOMP_RET_KILL_THREAD | 1, ERRNO(1)), IF(SECCOMP_RET_KILL_THREAD, ALLOW) },
	  DIES },
	/* What is no action sorts by its value, as a signed one. */
	{ { IF(0x12340000, ALLOW), ALWAYS(SECCOMP_RET_KILL_THREAD) }, DIES },
	{ { ALWAYS(ERRNO(1)), IF(0x12340000, ALLOW) }, GOES_ON },
	{ { ALWAYS(SECCOMP_RET_TRACE), IF(0x12340000, ALLOW) }, DIES_WITH_ALL },
	{ { IF(0x80010000, ALLOW), ALWAYS(SECCOMP_RET_KILL_THREAD) }, DIES_WITH_ALL },
	{ { IF(0x80010000, ALLOW), ALWAYS(ALLOW) }, DIES_WITH_ALL },
	{ { ALWAYS(SECCOMP_RET_TRACE), IF(0x7ffd0000, ALLOW) }, GOES_ON },
	{ { ALWAYS(ALLOW), IF(0x7ffd0000, ALLOW) }, DIES_WITH_ALL },
	{ { ALWAYS(ERRNO(1)), IF(ALLOW, SECCOMP_RET_KILL_THREAD) }, GOES_ON },
	{ { IF(ALLOW, SECCOMP_RET_KILL_PROCESS), ALWAYS(ERRNO(1)) }, GOES_ON },
};

static void *call_with_one(void *arg)
{
	const struct abi *abi = arg;

	atomic_store(&report->stage, 1);
	raw3(abi, abi->nr[GETPPID], 1, 0, 0);
	atomic_store(&report->flag, 1);
	return NULL;
}

static void child_deadly(const struct abi *abi, long which)
{
	pthread_t thread;

	for (int i = 0; i < 2; i++) {
		build_side(&stack[i], abi, GETPPID, &deadly[which].side[i]);
		CHECK(attach_built(&stack[i]), 0);
	}
	CHECK(pthread_create(&thread, NULL, call_with_one, (void *)abi), 0);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F(abi, deadliest_of_two_filters_by_argument)
{
	for (size_t which = 0; which < ARRAY_SIZE(deadly); which++) {
		int status = run(child_deadly, variant->abi, which);

		if (deadly[which].end == DIES_WITH_ALL)
			EXPECT_KILLED(status, SIGSYS);
		else
			EXPECT_FINE(status);
		EXPECT_EQ(1, atomic_load(&report->stage));
		EXPECT_EQ(deadly[which].end == GOES_ON, atomic_load(&report->flag))
			TH_LOG("case %zu", which);
	}
}

/* --- Tracers, listeners and the log --- */

/* What matches, in stacks where most verdicts are of one action */
static __u32 draw_mostly(__u64 *state, __u32 action)
{
	static const __u32 above[] = { ALLOW, ALLOW | 1, SECCOMP_RET_TRACE };

	switch (draw(state, 12)) {
	default:
		return action | (1 + draw(state, 4000));
	case 7 ... 10:
		return above[draw(state, ARRAY_SIZE(above))];
	case 11:
		return ERRNO(2000 + draw(state, 1000));
	}
}

static int draw_stack(const struct abi *abi, __u64 *state, __u32 action)
{
	int depth = 2 + draw(state, 6);

	for (int n = 0; n < depth; n++) {
		struct side side;

		draw_side(&side, state, depth, !draw(state, 3));
		side.match = draw_mostly(state, action);
		side.other = draw_mostly(state, action);
		build_side(&stack[n], abi, GETPPID, &side);
		/* Now and then the same filter again */
		if (n && !draw(state, 4)) {
			unsigned int flags = stack[n].flags;

			stack[n] = stack[n - 1];
			stack[n].flags = flags;
		}
	}
	return depth;
}

#define CALLS_MADE	9

/* The calls that children make and parents follow */
static struct made nth_call(const struct abi *abi, int i)
{
	struct made made = made_of(abi, GETPPID);

	set_combination(&made, i * 23 % COMBINATIONS);
	return made;
}

static void child_traced_by_argument(const struct abi *abi, long seed)
{
	__u64 state = seed;
	int depth;

	call_each(abi, before);
	depth = draw_stack(abi, &state, SECCOMP_RET_TRACE);
	attach_stack(depth);
	for (int i = 0; i < CALLS_MADE; i++) {
		struct made made = nth_call(abi, i);
		struct seccomp_data data = told_of(&made);
		__u32 verdict = ask_stack(stack, depth, &data, NULL);

		if ((verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE)
			check_told(&made, make(&made), made.allowed);
		else
			check_made(&made, verdict);
	}
}

TEST_F_TIMEOUT(abi, tracer_is_told_the_data_of_who_decided, 120)
{
	int told_of_it = 0;

	for (int seed = 1; seed <= 30; seed++) {
		pid_t pid = start_traced(child_traced_by_argument, variant->abi, seed, 0);
		__u64 state = seed;
		int depth = draw_stack(variant->abi, &state, SECCOMP_RET_TRACE);

		ASSERT_LT(0, pid);
		for (int i = 0; i < CALLS_MADE; i++) {
			struct made made = nth_call(variant->abi, i);
			struct seccomp_data data = told_of(&made);
			__u32 verdict = ask_stack(stack, depth, &data, NULL);
			unsigned long message = -1;

			if ((verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_TRACE)
				continue;
			ASSERT_EQ(SIGTRAP | PTRACE_EVENT_SECCOMP << 8,
				  next_stop(pid, PTRACE_CONT) >> 8)
				TH_LOG("seed %d, call %d", seed, i);
			ASSERT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message));
			EXPECT_EQ(verdict & SECCOMP_RET_DATA, message);
			told_of_it++;
		}
		EXPECT_MODEL(next_stop(pid, PTRACE_CONT));
	}
	EXPECT_LT(30, told_of_it);
}

/* One of the filters has a listener; @seed says which one. */
static int draw_heard(const struct abi *abi, long seed, int *listener)
{
	__u64 state = seed;
	int depth = draw_stack(abi, &state, SECCOMP_RET_USER_NOTIF);

	*listener = draw(&state, depth);
	stack[*listener].flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return depth;
}

static bool is_heard(const struct made *made, int depth, int listener)
{
	struct seccomp_data data = told_of(made);
	int match;

	return (ask_stack(stack, depth, &data, &match) & SECCOMP_RET_ACTION_FULL) ==
	       SECCOMP_RET_USER_NOTIF && match == listener;
}

static void child_heard(const struct abi *abi, long seed)
{
	int listener, depth;
	long fd = -1;

	catch_sigsys(on_sigsys);
	call_each(abi, before);
	depth = draw_heard(abi, seed, &listener);
	for (int i = 0; i < depth; i++) {
		long ret = attach_built(&stack[i]);

		if (i == listener)
			fd = ret;
		else
			CHECK(ret, 0);
	}
	listened(fd);
	for (int i = 0; i < CALLS_MADE; i++) {
		struct made made = nth_call(abi, i);

		if (is_heard(&made, depth, listener))
			check_told(&made, make(&made), 4200 + i);
		else
			check_stacked(stack, depth, &made);
	}
}

TEST_F_TIMEOUT(abi, listener_of_who_decided_hears, 120)
{
	int heard = 0;

	for (int seed = 1; seed <= 30; seed++) {
		pid_t pid = start(child_heard, variant->abi, seed);
		int listener, fd = listen_to(pid);
		int depth = draw_heard(variant->abi, seed, &listener);

		ASSERT_LE(0, fd);
		for (int i = 0; i < CALLS_MADE; i++) {
			struct made made = nth_call(variant->abi, i);
			struct seccomp_data data = told_of(&made);
			struct seccomp_notif request;

			if (!is_heard(&made, depth, listener))
				continue;
			ASSERT_EQ(0, receive(fd, &request)) TH_LOG("seed %d, call %d", seed, i);
			EXPECT_EQ(data.nr, request.data.nr);
			EXPECT_EQ(data.arch, request.data.arch);
			EXPECT_EQ(0, memcmp(data.args, request.data.args, sizeof(data.args)));
			EXPECT_NE(0ULL, request.data.instruction_pointer);
			EXPECT_EQ(0, answer(fd, &request, 4200 + i, 0, 0));
			heard++;
		}
		close(fd);
		EXPECT_MODEL(finish(pid));
	}
	EXPECT_LT(10, heard);
}

/* The same filter many times: the newest hears, or nobody. */
static void child_same_heard(const struct abi *abi, long arg)
{
	const struct side side = IF(SECCOMP_RET_USER_NOTIF | 3, ERRNO(1001));
	const int depth = arg % 16, listener = arg / 16;
	long fd = -1;

	build_side(&stack[0], abi, GETPPID, &side);
	for (int i = 0; i < depth; i++) {
		stack[0].flags = i == listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
		if (i == listener)
			fd = attach_built(&stack[0]);
		else
			CHECK(attach_built(&stack[0]), 0);
	}
	listened(fd);
	for (int i = 0; i < 4; i++) {
		CHECK(raw3(abi, abi->nr[GETPPID], 0, i, 0), -1001);
		CHECK(raw3(abi, abi->nr[GETPPID], 1, i, 0),
		      listener == depth - 1 ? 4200 : -ENOSYS);
	}
}

TEST_F(abi, newest_of_the_same_filters_hears)
{
	static const int depths[] = { 1, 2, 3, 9 };

	for (size_t i = 0; i < ARRAY_SIZE(depths); i++) {
		for (int listener = 0; listener < depths[i]; listener++) {
			pid_t pid = start(child_same_heard, variant->abi,
					  depths[i] + 16 * listener);
			int fd = listen_to(pid);

			ASSERT_LE(0, fd);
			for (int j = 0; j < 4 && listener == depths[i] - 1; j++) {
				struct seccomp_notif request;

				ASSERT_EQ(0, receive(fd, &request));
				EXPECT_EQ(1ULL, request.data.args[0]);
				EXPECT_EQ(0, answer(fd, &request, 4200, 0, 0));
			}
			close(fd);
			EXPECT_FINE(finish(pid));
		}
	}
}

static int draw_logged(const struct abi *abi, long seed)
{
	__u64 state = seed;
	int depth = draw_stack(abi, &state, SECCOMP_RET_ERRNO);

	for (int n = 0; n < depth; n++)
		stack[n].flags = draw(&state, 2) ? SECCOMP_FILTER_FLAG_LOG : 0;
	return depth;
}

static void child_logged(const struct abi *abi, long seed)
{
	int depth;

	catch_sigsys(on_sigsys);
	call_each(abi, before);
	depth = draw_logged(abi, seed);
	attach_stack(depth);
	for (int i = 0; i < CALLS_MADE; i++) {
		struct made made = nth_call(abi, i);

		check_stacked(stack, depth, &made);
	}
}

TEST_F_TIMEOUT(abi, log_flag_of_who_decided_counts, 120)
{
	const char *why = set_up_log();
	int logged = 0, unlogged = 0;

	if (why)
		SKIP(return, "%s", why);
	for (int seed = 1; seed <= 30; seed++) {
		int depth = draw_logged(variant->abi, seed), wanted = 0;
		pid_t pid = start(child_logged, variant->abi, seed);

		EXPECT_MODEL(finish(pid));
		for (int i = 0; i < CALLS_MADE; i++) {
			struct made made = nth_call(variant->abi, i);
			struct seccomp_data data = told_of(&made);
			int match;

			ask_stack(stack, depth, &data, &match);
			wanted += match >= 0 && stack[match].flags;
		}
		EXPECT_EQ(wanted, read_log(pid).count) TH_LOG("seed %d", seed);
		logged += wanted;
		unlogged += CALLS_MADE - wanted;
	}
	EXPECT_LT(30, logged);
	EXPECT_LT(30, unlogged);
}

/* The same filter twice, of which one logs; and a constant one beside it */
struct logged_twice {
	struct side side[3];
	/* Which of them are logged, a bit for each, and how many records there are */
	int flags, match, other;
};

static const struct logged_twice logged_twice[] = {
	{ { IF(ERRNO(1), ALLOW), IF(ERRNO(1), ALLOW), ALWAYS(ALLOW) }, 1, 0, 0 },
	{ { IF(ERRNO(1), ALLOW), IF(ERRNO(1), ALLOW), ALWAYS(ALLOW) }, 2, 1, 0 },
	{ { IF(ERRNO(1), ALLOW), IF(ERRNO(1), ALLOW), ALWAYS(ALLOW) }, 4, 0, 0 },
	{ { ALWAYS(ERRNO(1)), IF(ERRNO(1), ALLOW), ALWAYS(ALLOW) }, 1, 0, 1 },
	{ { ALWAYS(ERRNO(1)), IF(ERRNO(1), ALLOW), ALWAYS(ALLOW) }, 2, 1, 0 },
	{ { IF(ERRNO(1), ALLOW), ALWAYS(ERRNO(1)), IF(ALLOW, ERRNO(1)) }, 1, 0, 0 },
	{ { IF(ERRNO(1), ALLOW), ALWAYS(ERRNO(1)), IF(ALLOW, ERRNO(1)) }, 2, 1, 0 },
	{ { IF(ERRNO(1), ALLOW), ALWAYS(ERRNO(1)), IF(ALLOW, ERRNO(1)) }, 4, 0, 1 },
	{ { IF(ALLOW | 1, ALLOW), ALWAYS(ALLOW), IF(ALLOW, ALLOW) }, 7, 0, 0 },
};

static void child_logged_twice(const struct abi *abi, long which)
{
	const struct logged_twice *t = &logged_twice[which / 2];

	for (int i = 0; i < 3; i++) {
		build_side(&stack[i], abi, GETPPID, &t->side[i]);
		stack[i].flags = t->flags >> i & 1 ? SECCOMP_FILTER_FLAG_LOG : 0;
		CHECK(attach_built(&stack[i]), 0);
	}
	raw3(abi, abi->nr[GETPPID], which & 1, 0, 0);
}

TEST_F(abi, log_flag_of_the_newest_told_by_hand)
{
	const char *why = set_up_log();

	if (why)
		SKIP(return, "%s", why);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(logged_twice); i++) {
		const struct logged_twice *t = &logged_twice[i / 2];
		pid_t pid = start(child_logged_twice, variant->abi, i);

		EXPECT_FINE(finish(pid));
		EXPECT_EQ(i & 1 ? t->match : t->other, read_log(pid).count)
			TH_LOG("case %zu", i);
	}
}

/* --- How long a stack may be --- */

/* As many instructions may be in force together, and what each filter before costs */
#define MAX_PATH	32768
#define PENALTY		4

/* What a program becomes when it is converted, which is what counts */
static size_t converted(const struct program *p)
{
	size_t len = 3;

	for (size_t i = 0; i < p->len; i++) {
		const struct sock_filter *insn = &p->insn[i];

		len++;
		switch (BPF_CLASS(insn->code)) {
		case BPF_RET:
			len += BPF_RVAL(insn->code) == BPF_K;
			break;
		case BPF_ALU:
			if (BPF_OP(insn->code) == BPF_DIV && BPF_SRC(insn->code) == BPF_X)
				len += 4;
			break;
		case BPF_JMP:
			if (BPF_OP(insn->code) == BPF_JA)
				break;
			/* A constant that looks negative needs a register. */
			if (BPF_SRC(insn->code) == BPF_K && insn->k > INT_MAX)
				len++;
			/* Two ways, neither of which is the next instruction */
			if (insn->jf && (insn->jt || BPF_OP(insn->code) == BPF_JSET))
				len++;
		}
	}
	return len;
}

/* A filter that looks at arguments in all sorts of ways, @n times */
static void build_long(struct program *p, const struct abi *abi, int n, __u32 seed)
{
	/* Where arguments have no upper halves, those would divide by zero. */
	const int mask = __LONG_WIDTH__ < 64 ? ~1 : ~0;

	begin_on(p, abi, abi->nr[GETPPID]);
	for (int i = 0; i < n; i++)
		ADD(p, LOAD(word_at((i + seed) % WORDS & mask)),
		    JUMP(BPF_JEQ, 1000 * seed + i, 0, 1), RETURN(ERRNO(1000 + i % 1000)),
		    JUMP(BPF_JSET, 1U << 31, 0, 1), RETURN(ERRNO(2000 + seed)), TAX,
		    ALU(BPF_OR, 1), ALU_BY_X(BPF_DIV), JUMP(BPF_JGE, -2, 1, 2), STORE(3), GOTO(0));
	ADD(p, RETURN(ALLOW));
}

struct path {
	/* How long the filters are, and how many kinds of them take turns */
	int n, kinds;
};

static const struct path paths[] = {
	{ 20, 1 }, { 40, 4 }, { 100, 3 }, { 370, 1 }, { 370, 5 },
};

static void child_path(const struct abi *abi, long which)
{
	const struct path *path = &paths[which];
	static struct program filter;
	int count = 0, depth;
	size_t total = 0, room;
	struct made made;
	long ret;

	catch_sigsys(on_sigsys);
	call_each(abi, before);
	made = made_of(abi, GETPPID);
	for (;; count++) {
		build_long(&filter, abi, path->n, count % path->kinds);
		ret = attach_built(&filter);
		if (total + converted(&filter) > MAX_PATH)
			break;
		CHECK(ret, 0);
		if (ret)
			return;
		total += converted(&filter) + PENALTY;
	}
	CHECK(ret, -ENOMEM);
	CHECK(attach_built(&filter), -ENOMEM);
	depth = count < path->kinds ? count : path->kinds;
	CHECK(count >= 4, true);
	/* One that leaves no room at all, to the instruction */
	room = MAX_PATH - total;
	if (room > 100) {
		build_long(&filter, abi, 1, 9);
		filter.len--;
		while (converted(&filter) < room - 1)
			ADD(&filter, SET_A(0));
		ADD(&filter, RETURN(ALLOW));
		CHECK(converted(&filter), room + 1);
		CHECK(attach_built(&filter), -ENOMEM);
		filter.len -= 2;
		ADD(&filter, RETURN(ALLOW));
		CHECK(converted(&filter), room);
		CHECK(attach_built(&filter), 0);
		stack[depth] = filter;
		filter.len = 0;
		ADD(&filter, RETURN(ALLOW));
		CHECK(attach_built(&filter), -ENOMEM);
	}
	/* Of those that are the same, the model is told of the newest. */
	for (int i = 0; i < depth; i++)
		build_long(&stack[i], abi, path->n, (count - depth + i) % path->kinds);
	depth += room > 100;
	for (int i = 0; i < 60; i++) {
		for (int w = 0; w < WORDS; w++)
			set_word(&made, w, i < 20 ? 0x80000001 + i : 77777);
		set_word(&made, i % WORDS, i % 7 * 1000 + i * 2);
		check_stacked(stack, depth, &made);
	}
	CHECK(results.differ, true);
	report->seen = count;
}

TEST_F_TIMEOUT(abi, stacks_as_long_as_can_be, 300)
{
	if (is_hardened())
		SKIP(return, "programs are longer under bpf_jit_harden");
	for (size_t which = 0; which < ARRAY_SIZE(paths); which++) {
		EXPECT_MODEL(run(child_path, variant->abi, which));
		EXPECT_LE(4, report->seen);
	}
}

/* --- Programs that are refused --- */

static const struct {
	struct sock_filter insn[2];
} bad[] = {
	{ { INSN(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)) } },
	{ { INSN(BPF_LD | BPF_W | BPF_ABS, 2) } },
	{ { INSN(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 1) } },
	{ { INSN(BPF_LD | BPF_W | BPF_ABS, -4) } },
	{ { INSN(BPF_LD | BPF_H | BPF_ABS, 16) } },
	{ { INSN(BPF_LD | BPF_B | BPF_ABS, 16) } },
	{ { INSN(BPF_LD | BPF_W | BPF_IND, 16) } },
	{ { INSN(BPF_LDX | BPF_W | BPF_ABS, 16) } },
	{ { INSN(BPF_LDX | BPF_B | BPF_MSH, 16) } },
	{ { INSN(BPF_LD | BPF_MEM, 5) } },
	{ { INSN(BPF_LDX | BPF_MEM, 5) } },
	{ { INSN(BPF_LD | BPF_MEM, 16) } },
	{ { INSN(BPF_ST, 16) } },
	{ { INSN(BPF_STX, 16) } },
	/* Written on one way of two */
	{ { INSN(BPF_JMP | BPF_JEQ | BPF_K, 1), INSN(BPF_LD | BPF_MEM, 5) } },
	{ { INSN(BPF_ALU | BPF_MOD | BPF_K, 3) } },
	{ { INSN(BPF_ALU | BPF_MOD | BPF_X, 0) } },
	{ { INSN(BPF_ALU | BPF_DIV | BPF_K, 0) } },
	{ { INSN(BPF_ALU | BPF_LSH | BPF_K, 32) } },
	{ { INSN(BPF_ALU | BPF_RSH | BPF_K, -1) } },
	{ { INSN(BPF_ALU | 0xd0, 0) } },
	{ { INSN(BPF_JMP | 0x50, 0) } },
	{ { INSN(BPF_JMP | BPF_JA, 200) } },
	{ { INSN(BPF_JMP | BPF_JA, -2) } },
	{ { BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0, 0, 200) } },
	{ { BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 200, 0) } },
	{ { INSN(BPF_RET | BPF_X, 0) } },
	{ { INSN(BPF_MISC | 0x40, 0) } },
	{ { INSN(0xffff, 0) } },
	{ { INSN(0x1000 | BPF_RET, 0) } },
};

static long try_fprog(const struct sock_fprog *prog)
{
	return raw3(&native, __NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)prog);
}

static void child_refused(const struct abi *abi, long where)
{
	const struct side side = IF(ERRNO(1001), ERRNO(1002));
	struct program *p = &stack[0];
	struct sock_fprog none = { 0, p->insn }, wild = { 3, (void *)8 }, null = { 3, NULL };
	struct sock_fprog too_long = { BPF_MAXINSNS + 1, p->insn };
	long ppid = call(abi, GETPPID);
	char *edge;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		size_t n = bad[i].insn[1].code ? 2 : 1;

		begin_on(p, abi, abi->nr[GETPPID]);
		ADD(p, LOAD(word_at(0)), JUMP(BPF_JEQ, 1, 0, 1), RETURN(ERRNO(1001)));
		/* Behind a test, or where no way leads */
		if (where)
			ADD(p, RETURN(ERRNO(1002)));
		add_insns(p, bad[i].insn, n);
		ADD(p, RETURN(ERRNO(1003)));
		CHECK(attach_built(p) == -EINVAL ? -1 : (long)i, -1);
		/* It was only that one instruction. */
		p->len -= n + 1;
		ADD(p, SET_A(0), RETURN(ERRNO(1003)));
		if (i == ARRAY_SIZE(bad) - 1) {
			CHECK(call(abi, GETPPID), ppid);
			CHECK(attach_built(p), 0);
			CHECK(raw3(abi, abi->nr[GETPPID], 1, 0, 0), -1001);
			CHECK(call(abi, GETPPID), where ? -1002 : -1003);
		}
	}
	/* No return at the end */
	p->len--;
	CHECK(attach_built(p), -EINVAL);
	for (int i = 0; i < 2; i++) {
		CHECK(try_fprog(&none), -EINVAL);
		CHECK(try_fprog(&wild), -EFAULT);
		CHECK(try_fprog(&null), -EINVAL);
		CHECK(try_fprog(&too_long), -EINVAL);
		CHECK(try_fprog((void *)8), -EFAULT);
		/* The last instruction is beyond the end of the memory. */
		edge = mmap(NULL, 2 * getpagesize(), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mprotect(edge + getpagesize(), getpagesize(), PROT_NONE);
		build_side(p, abi, GETPPID, &side);
		edge += getpagesize() - (p->len - 1) * sizeof(p->insn[0]);
		memcpy(edge, p->insn, (p->len - 1) * sizeof(p->insn[0]));
		CHECK(attach_program(0, (void *)edge, p->len), -EFAULT);
		memcpy(edge + (p->len - 2) * sizeof(p->insn[0]), &p->insn[p->len - 1],
		       sizeof(p->insn[0]));
		CHECK(call(abi, GETPPID), where ? -1002 : -1003);
	}
}

TEST_F(abi, programs_with_one_bad_instruction_are_refused)
{
	EXPECT_FINE(run(child_refused, variant->abi, false));
	EXPECT_FINE(run(child_refused, variant->abi, true));
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
