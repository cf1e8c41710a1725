// SPDX-License-Identifier: GPL-2.0
/* Filters that look at arguments, and at where a call comes from */

/*
 * Each filter is attached alone, calls are made with the values at which its
 * tests turn, and each result is held against an interpreter's. Both ways of a
 * test give an errno of their own, so that no call can pass unfiltered.
 */

#include "seccomp_interp.h"

/* Numbers of a table, beyond any table, and the one that means "no call" */
enum number { IN_TABLE, BEYOND, MINUS_ONE, NUMBER_KINDS };

static long number_of(const struct abi *abi, enum number kind)
{
#ifdef __arm__
	/* Of numbers beyond the table only these are ENOSYS, and not SIGILL. */
	if (kind != IN_TABLE)
		return 0xf0700;
#endif
#ifdef __s390x__
	/* 16 bits of the number count. */
	if (kind == MINUS_ONE)
		return 0xffff;
#endif
	return kind == IN_TABLE ? abi->nr[GETPPID] : kind == BEYOND ? abi->first + 5000 : -1;
}

/* Each kind in turn, with each word */
static enum number kind_of(long arg)
{
	return (arg + arg / WORDS) % NUMBER_KINDS;
}

static struct program program;

/* A child's call, before there is a filter */
static struct made set_up(const struct abi *abi, enum number kind)
{
	struct made made = { .abi = abi, .nr = number_of(abi, kind) };

	catch_sigsys(on_sigsys);
	/* What each word holds unless told: nothing that is tested for */
	for (int w = 0; w < WORDS; w++)
		set_word(&made, w, 0x5a5a0000 + w);
	made.allowed = make(&made);
	return made;
}

/* All pairs of edges in two words */
static void check_pairs(struct made *made, int w, int other)
{
	for (size_t i = 0; i < EDGES; i++) {
		for (size_t j = 0; j < EDGES; j++) {
			set_word(made, other, edges[j]);
			set_word(made, w, edges[i]);
			check_stacked(&program, 1, made);
		}
	}
}

/* Is a word one that arguments here do not have? */
static bool is_absent(int w)
{
	return w & 1 && __LONG_WIDTH__ < 64;
}

static void check_decided(bool by_argument)
{
	CHECK(results.any, true);
	CHECK(results.differ, by_argument);
}

/* --- Comparisons --- */

static const int jumps[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };

static void child_compares(const struct abi *abi, long arg)
{
	const int w = arg % WORDS, jump = jumps[arg / WORDS % 4];
	const __u32 k = edges[arg / WORDS / 4 % EDGES];
	struct made made = set_up(abi, kind_of(arg));

	begin_on(&program, abi, made.nr);
	ADD(&program, LOAD(word_at(w)), JUMP(jump, k, 0, 1), RETURN(ERRNO(1001)),
	    RETURN(ERRNO(1002)));
	CHECK(attach_built(&program), 0);
	for (int other = 0; other < WORDS; other += 5)
		check_pairs(&made, w, other);
	check_decided(!is_absent(w) && !(jump == BPF_JGE && !k) &&
		      !(jump == BPF_JGT && k == -1U) && !(jump == BPF_JSET && !k));
}

TEST_F_TIMEOUT(abi, every_word_is_compared_with_constants, 120)
{
	for (int i = 0; i < WORDS * 4 * (int)EDGES; i += 5)
		EXPECT_MODEL(run(child_compares, variant->abi, i));
}

/* Two words of the arguments, one in A and the other in X, in each order */
static void child_compares_words(const struct abi *abi, long arg)
{
	const int w = arg % WORDS, jump = jumps[arg / WORDS % 4], x = (w + arg / WORDS + 1) % WORDS;
	struct made made = set_up(abi, kind_of(arg));

	begin_on(&program, abi, made.nr);
	ADD(&program, LOAD(word_at(x)), TAX, LOAD(word_at(w)), JUMP(jump | BPF_X, 0, 1, 0),
	    RETURN(ERRNO(1001)), RETURN(ERRNO(1002)));
	CHECK(attach_built(&program), 0);
	check_pairs(&made, w, x);
	check_decided(jump == BPF_JEQ || (!is_absent(w) && !is_absent(x)) ||
		      (jump == BPF_JGT && !is_absent(w)) || (jump == BPF_JGE && !is_absent(x)));
}

TEST_F_TIMEOUT(abi, words_are_compared_with_each_other, 120)
{
	for (int i = 0; i < WORDS * 4; i++)
		EXPECT_MODEL(run(child_compares_words, variant->abi, i));
}

/* Every test that there is in one program, a bit of the result for each */
static void child_compares_often(const struct abi *abi, long arg)
{
	const int w = arg % WORDS;
	struct made made = set_up(abi, kind_of(arg));

	begin_on(&program, abi, made.nr);
	ADD(&program, SET_A(0), STORE(4));
	for (int i = 0; i < 12; i++) {
		__u32 k = edges[(arg + i) % EDGES];

		ADD(&program, RECALL(4), ALU(BPF_LSH, 1), STORE(4));
		if (i & 1)
			ADD(&program, LOAD(word_at(w)), JUMP(jumps[i / 2 % 4], k, 0, 3));
		else
			ADD(&program, SET_X(k), LOAD(word_at(w)),
			    JUMP(jumps[i / 2 % 4] | BPF_X, 0, 0, 3));
		ADD(&program, RECALL(4), ALU(BPF_OR, 1), STORE(4));
	}
	ADD(&program, RECALL(4), ALU(BPF_OR, SECCOMP_RET_ERRNO), RETURN_A);
	CHECK(attach_built(&program), 0);
	check_pairs(&made, w, (w + 3) % WORDS);
	check_decided(!is_absent(w));
}

TEST_F(abi, one_word_is_compared_many_times)
{
	for (int i = 0; i < WORDS * 3; i++)
		EXPECT_MODEL(run(child_compares_often, variant->abi, i));
}

/* Not by the interpreter */
static void child_by_hand(const struct abi *abi, long arg)
{
	const bool high = __LONG_WIDTH__ == 64;
	const unsigned long top = high ? 1UL << (__LONG_WIDTH__ - 1) : 0;
	const long nr = abi->nr[GETPPID];
	long before = call(abi, GETPPID);

	/* As libseccomp does "argument 1 == 0x100000005 or 5" */
	begin_on(&program, abi, nr);
	ADD(&program, LOAD(HIGH_WORD(1)), JUMP(BPF_JEQ, high, 0, 3), LOAD(LOW_WORD(1)),
	    JUMP(BPF_JEQ, 5, 0, 1), RETURN(ERRNO(11)),
	    /* "argument 2 has a bit of 0x8000000000000006" */
	    LOAD(HIGH_WORD(2)), JUMP(BPF_JSET, 0x80000000, 2, 0),
	    LOAD(LOW_WORD(2)), JUMP(BPF_JSET, 6, 0, 1), RETURN(ERRNO(12)),
	    /* "argument 0 > argument 3", lower halves only */
	    LOAD(LOW_WORD(3)), TAX, LOAD(LOW_WORD(0)),
	    JUMP(BPF_JGT | BPF_X, 0, 0, 1), RETURN(ERRNO(13)),
	    /* "argument 5 in 7..9" */
	    LOAD(LOW_WORD(5)), JUMP(BPF_JGE, 7, 0, 2), JUMP(BPF_JGT, 9, 1, 0),
	    RETURN(ERRNO(14)), RETURN(ALLOW | 15));
	CHECK(attach_built(&program), 0);
#define MAKE(...)	abi->raw(nr, (long [6]) { __VA_ARGS__ })
	CHECK(MAKE(0, 5, 0, 0, 0, 0), high ? before : -11);
#if __LONG_WIDTH__ == 64
	CHECK(MAKE(0, 0x100000005, 0, 0, 0, 0), -11);
	CHECK(MAKE(0, 0x100000004, 0, 0, 0, 0), before);
	CHECK(MAKE(0, 0x300000005, 0, 0, 0, 0), before);
#endif
	CHECK(MAKE(0, 0, top, 0, 0, 0), high ? -12 : before);
	CHECK(MAKE(0, 0, 6, 0, 0, 0), -12);
	CHECK(MAKE(0, 0, 4, 0, 0, 0), -12);
	CHECK(MAKE(0, 0, 2, 0, 0, 0), -12);
	CHECK(MAKE(0, 0, 9, 0, 0, 0), before);
	CHECK(MAKE(1, 0, 0, 0, 0, 0), -13);
	CHECK(MAKE(1, 0, 0, 1, 0, 0), before);
	CHECK(MAKE(1, 0, 0, -1, 0, 8), -14);
	CHECK(MAKE(-1, 0, 0, 1, 0, 8), -13);
	CHECK(MAKE(0, 0, 0, 0, 0, 6), before);
	CHECK(MAKE(0, 0, 0, 0, 0, 7), -14);
	CHECK(MAKE(0, 0, 0, 0, 0, 9), -14);
	CHECK(MAKE(0, 0, 0, 0, 0, 10), before);
	CHECK(MAKE(0, 0, 0, 0, -1, 0), before);
	/* In the order of the program */
	CHECK(MAKE(1, high ? 0 : 5, 2, 0, 0, 8), high ? -12 : -11);
#undef MAKE
}

TEST_F(abi, verdicts_told_by_hand)
{
	EXPECT_FINE(run(child_by_hand, variant->abi, 0));
}

/* --- Arithmetic --- */

static const int alu_ops[] = {
	BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG,
};

#define ALU_OPS	ARRAY_SIZE(alu_ops)

/* An errno has room for twelve bits of a result, so it takes three programs. */
#define PARTS	3

static void end_with_part(int part)
{
	ADD(&program, ALU(BPF_RSH, 12 * part), ALU(BPF_AND, 0xfff),
	    ALU(BPF_OR, SECCOMP_RET_ERRNO), RETURN_A);
}

static void child_computes(const struct abi *abi, long arg)
{
	const int part = arg % PARTS, op = alu_ops[arg / PARTS % ALU_OPS];
	const int w = arg / PARTS % 6 * 2, x = (w + 7) % WORDS & ~1;
	struct made made = set_up(abi, kind_of(arg));

	begin_on(&program, abi, made.nr);
	ADD(&program, LOAD(word_at(x)), TAX, LOAD(word_at(w)));
	if (op == BPF_NEG)
		ADD(&program, INSN(BPF_ALU | BPF_NEG, 0));
	else
		ADD(&program, ALU_BY_X(op));
	end_with_part(part);
	CHECK(attach_built(&program), 0);
	check_pairs(&made, w, x);
	check_decided(true);
}

TEST_F_TIMEOUT(abi, arguments_are_computed_with, 120)
{
	for (size_t i = 0; i < PARTS * ALU_OPS; i++)
		EXPECT_MODEL(run(child_computes, variant->abi, i));
}

static void child_computes_constant(const struct abi *abi, long arg)
{
	const int op = alu_ops[arg / EDGES % (ALU_OPS - 1)], w = arg % WORDS & ~1;
	struct made made = set_up(abi, kind_of(arg));
	__u32 k = edges[arg % EDGES];

	if (op == BPF_LSH || op == BPF_RSH)
		k %= 32;
	if (op == BPF_DIV && !k)
		k = 12345;
	/* The parts of the result one upon the other */
	begin_on(&program, abi, made.nr);
	ADD(&program, LOAD(word_at(w)), ALU(op, k), STORE(0), ALU(BPF_RSH, 12), STORE(1),
	    ALU(BPF_RSH, 12), STORE(2), RECALL_X(1), RECALL(0), ALU_BY_X(BPF_XOR), RECALL_X(2),
	    ALU_BY_X(BPF_XOR));
	end_with_part(0);
	CHECK(attach_built(&program), 0);
	check_pairs(&made, w, (w + 1) % WORDS);
	check_decided(!((op == BPF_MUL || op == BPF_AND) && !k) && !(op == BPF_OR && k == -1U));
}

TEST_F_TIMEOUT(abi, arguments_are_computed_with_constants, 120)
{
	for (size_t i = 0; i < EDGES * (ALU_OPS - 1); i++)
		EXPECT_MODEL(run(child_computes_constant, variant->abi, i));
}

/* A number that an argument divides, and two arguments; zero kills. */
static void child_divides(const struct abi *abi, long arg)
{
	const int x = arg % WORDS, w = (x + 2) % WORDS;
	struct made made = set_up(abi, kind_of(arg));

	begin_on(&program, abi, made.nr);
	if (arg & 1)
		ADD(&program, LOAD(word_at(x)), TAX, SET_A(1000));
	else
		ADD(&program, LOAD(word_at(x)), TAX, LOAD(word_at(w)), ALU(BPF_OR, 0x100));
	ADD(&program, ALU_BY_X(BPF_DIV));
	end_with_part(0);
	CHECK(attach_built(&program), 0);
	for (size_t i = 0; i < EDGES; i++) {
		set_word(&made, w, edges[(i + 5) % EDGES]);
		set_word(&made, x, edges[i]);
		check_stacked(&program, 1, &made);
	}
	check_decided(!is_absent(x));
}

TEST_F(abi, division_by_an_argument_that_may_be_zero)
{
	for (int i = 0; i < WORDS * 2; i += 5)
		EXPECT_MODEL(run(child_divides, variant->abi, i));
}

static void *divide_by_zero(void *arg)
{
	const struct abi *abi = arg;

	atomic_store(&report->flag, 1);
	raw3(abi, abi->nr[GETPPID], 0, 0, 0);
	atomic_store(&report->mark, 1);
	return NULL;
}

static void child_thread_divides(const struct abi *abi, long arg)
{
	const long nr = abi->nr[GETPPID];
	pthread_t thread;

	begin_on(&program, abi, nr);
	ADD(&program, LOAD(LOW_WORD(0)), TAX, SET_A(77), ALU_BY_X(BPF_DIV),
	    ALU(BPF_OR, SECCOMP_RET_ERRNO), RETURN_A);
	CHECK(attach_built(&program), 0);
	for (int i = 0; i < 3; i++) {
		CHECK(pthread_create(&thread, NULL, divide_by_zero, (void *)abi), 0);
		CHECK(pthread_join(thread, NULL), 0);
		CHECK(atomic_exchange(&report->flag, 0), 1);
		CHECK(atomic_load(&report->mark), 0);
		CHECK(raw3(abi, nr, 7, 0, 0), -11);
		CHECK(raw3(abi, nr, 78, 0, 0), 0);
	}
}

TEST_F(abi, division_by_zero_kills_the_thread_only)
{
	EXPECT_FINE(run(child_thread_divides, variant->abi, 0));
}

/* --- The verdict itself is an argument --- */

static const __u32 verdicts[] = {
	ALLOW, ALLOW | 5, ALLOW | 0xffff, SECCOMP_RET_TRACE, SECCOMP_RET_TRACE | 77,
	SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF | 1, ERRNO(0), ERRNO(1), ERRNO(4095),
	ERRNO(4096), ERRNO(0xffff), TRAP(0), TRAP(1), TRAP(0xffff), SECCOMP_RET_LOG,
	SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_THREAD | 9, SECCOMP_RET_KILL_PROCESS,
	SECCOMP_RET_KILL_PROCESS | 9, 0x12340000, 0x7fff8000, 0x7ffeffff, 0x80010000, 0xffffffff,
	0x00010000, 0x00060000,
};

static void child_returns(const struct abi *abi, long arg)
{
	const int w = arg % WORDS;
	struct made made = set_up(abi, kind_of(arg));

	deaths_left = ARRAY_SIZE(verdicts);
	begin_on(&program, abi, made.nr);
	switch (arg / WORDS) {
	case 0:
		ADD(&program, LOAD(word_at(w)), RETURN_A);
		break;
	case 1:
		/* By way of memory and X, and behind a test that changes nothing */
		ADD(&program, LOAD(word_at(w)), STORE(15), JUMP(BPF_JGT, 5, 0, 0),
		    RECALL_X(15), TXA, RETURN_A);
		break;
	case 2:
		/* The action is known, the data is not; and the reverse */
		ADD(&program, LOAD(word_at(w)), ALU(BPF_AND, SECCOMP_RET_DATA),
		    ALU(BPF_OR, SECCOMP_RET_TRAP), JUMP(BPF_JEQ, TRAP(1), 0, 2),
		    LOAD(word_at((w + 2) % WORDS)), ALU(BPF_AND, 0x7fff0000), RETURN_A);
	}
	CHECK(attach_built(&program), 0);
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		set_word(&made, (w + 2) % WORDS, verdicts[(i + 3) % ARRAY_SIZE(verdicts)]);
		set_word(&made, w, verdicts[i]);
		check_stacked(&program, 1, &made);
	}
	check_decided(!is_absent(w));
}

TEST_F_TIMEOUT(abi, verdict_comes_from_an_argument, 120)
{
	for (int i = 0; i < WORDS * 3; i += 5)
		EXPECT_MODEL(run(child_returns, variant->abi, i));
}

/* --- What lies around the test --- */

enum around {
	LENGTH, LENGTH_OF_X, NUMBER_AGAIN, ARCH_AGAIN, NUMBER_IN_RESULT, ARGUMENT_FIRST_IN_X,
	ARGUMENT_FIRST_IN_CELL, RESULT_FIRST, ALL_CELLS, CELL_ON_TWO_WAYS, X_ON_TWO_WAYS,
	NUMBER_AS_X, MANY_SECTIONS, ENTRY_IS_ZERO, JUMP_TO_NEXT, COMMON_TAIL, SAME_WORD_TWICE,
	IN_ALL_WORDS, AROUNDS
};

/* Look at words @w and @x; the head of begin_on() is not there where it is in the way. */
static void build_around(const struct abi *abi, __u32 nr, enum around around, int w, int x)
{
	struct program *p = &program;

	begin_on(p, abi, nr);
	switch (around) {
	case LENGTH:
		ADD(p, INSN(BPF_LD | BPF_W | BPF_LEN, 99), TAX, LOAD(word_at(w)),
		    ALU_BY_X(BPF_SUB), JUMP(BPF_JEQ, 1 - (int)sizeof(struct seccomp_data), 0, 1),
		    RETURN(ERRNO(1001)), RETURN(ERRNO(1002)));
		break;
	case LENGTH_OF_X:
		ADD(p, LOAD(word_at(w)), INSN(BPF_LDX | BPF_W | BPF_LEN, 7),
		    JUMP(BPF_JGE | BPF_X, 0, 0, 1), RETURN(ERRNO(1001)), TXA,
		    ALU(BPF_OR, SECCOMP_RET_ERRNO), RETURN_A);
		break;
	case NUMBER_AGAIN:
		/* Both ways of the test load the number again, and are sure of it. */
		ADD(p, LOAD(word_at(w)), JUMP(BPF_JGT, 5, 0, 3), LOAD_NR, JUMP(BPF_JEQ, nr, 0, 4),
		    RETURN(ERRNO(1001)), LOAD_NR, JUMP(BPF_JEQ, nr, 0, 1), RETURN(ERRNO(1002)),
		    RETURN(KILL));
		break;
	case ARCH_AGAIN:
		ADD(p, LOAD(word_at(w)), JUMP(BPF_JSET, 1, 0, 4), LOAD_ARCH,
		    JUMP(BPF_JEQ, abi->arch, 0, 1), RETURN(ERRNO(1001)), RETURN(KILL),
		    LOAD_ARCH, ALU(BPF_XOR, abi->arch), ALU(BPF_ADD, ERRNO(1002)), RETURN_A);
		break;
	case NUMBER_IN_RESULT:
		ADD(p, LOAD(word_at(w)), TAX, LOAD_NR, ALU_BY_X(BPF_ADD), ALU(BPF_AND, 0xfff),
		    ALU(BPF_OR, SECCOMP_RET_ERRNO), RETURN_A);
		break;
	case ARGUMENT_FIRST_IN_X:
		/* Whatever the number is, the argument was loaded before. */
		p->len = 0;
		ADD(p, LOAD(word_at(w)), TAX, LOAD_ARCH, JUMP(BPF_JEQ, abi->arch, 0, 5),
		    LOAD_NR, JUMP(BPF_JEQ, nr, 0, 3), TXA, JUMP(BPF_JGE, 0x80000000, 2, 0),
		    RETURN(ERRNO(1001)), RETURN(ALLOW), RETURN(ERRNO(1002)));
		break;
	case ARGUMENT_FIRST_IN_CELL:
		p->len = 0;
		ADD(p, LOAD(word_at(w)), STORE(0), LOAD(word_at(x)), STORE(1), LOAD_ARCH,
		    JUMP(BPF_JEQ, abi->arch, 0, 6), LOAD_NR, JUMP(BPF_JEQ, nr, 0, 4),
		    RECALL(0), RECALL_X(1), JUMP(BPF_JGT | BPF_X, 0, 2, 0),
		    RETURN(ERRNO(1001)), RETURN(ALLOW), RETURN(ERRNO(1002)));
		break;
	case RESULT_FIRST:
		/* The errno of a test that is made before the number is known */
		p->len = 0;
		ADD(p, SET_A(ERRNO(1001)), STORE(3), LOAD(word_at(w)), JUMP(BPF_JGT, 31, 0, 2),
		    SET_A(ERRNO(1002)), STORE(3), LOAD_ARCH, JUMP(BPF_JEQ, abi->arch, 0, 4),
		    LOAD_NR, JUMP(BPF_JEQ, nr, 0, 2), RECALL(3), RETURN_A, RETURN(ALLOW));
		break;
	case ALL_CELLS:
		/* Known, unknown, known: their sum is 1000 and what the words are */
		for (int i = 0; i < BPF_MEMWORDS; i++) {
			if (i % 3 == 1)
				ADD(p, LOAD(word_at(i & 1 ? w : x)), ALU(BPF_AND, 3), STORE(i));
			else if (i % 3 == 2)
				ADD(p, SET_X(7 * i), STORE_X(i));
			else
				ADD(p, SET_A(3 * i), STORE(i));
		}
		ADD(p, SET_A(0), TAX);
		for (int i = BPF_MEMWORDS - 1; i >= 0; i--)
			ADD(p, RECALL(i), ALU_BY_X(BPF_ADD), TAX);
		ADD(p, ALU(BPF_ADD, ERRNO(1000)), RETURN_A);
		break;
	case CELL_ON_TWO_WAYS:
		/* A cell is known on both ways, and not where they meet. */
		ADD(p, SET_A(5), STORE(9), LOAD(word_at(w)), JUMP(BPF_JEQ, 2, 0, 2), SET_A(9),
		    STORE(9), RECALL(9), STORE(2), LOAD(word_at(x)), JUMP(BPF_JGE, 33, 2, 0),
		    SET_X(100), STORE_X(2), RECALL_X(2), RECALL(9), ALU_BY_X(BPF_ADD),
		    ALU(BPF_OR, SECCOMP_RET_ERRNO), RETURN_A);
		break;
	case X_ON_TWO_WAYS:
		/* X is 0 at entry and stays so on one way. */
		ADD(p, LOAD(word_at(w)), JUMP(BPF_JGT, 0x7fffffff, 0, 1), SET_X(600),
		    LOAD(word_at(x)), ALU(BPF_AND, 0xf), ALU_BY_X(BPF_ADD),
		    ALU(BPF_OR, SECCOMP_RET_ERRNO), RETURN_A);
		break;
	case NUMBER_AS_X:
		ADD(p, LOAD_NR, TAX, STORE_X(1), LOAD(word_at(w)), RECALL_X(1), ALU_BY_X(BPF_XOR),
		    TAX, LOAD_NR, ALU_BY_X(BPF_XOR), JUMP(BPF_JEQ, 33, 1, 0),
		    RETURN(ERRNO(1001)), RETURN(ERRNO(1002)));
		break;
	case MANY_SECTIONS:
		/* As OpenSSH does it: each rule tests the number, and loads it anew. */
		for (int i = 0; i < 8; i++)
			ADD(p, JUMP(BPF_JEQ, i & 1 ? nr : nr + i + 1, 0, 6),
			    LOAD(word_at(w)), JUMP(BPF_JEQ, edges[i], 0, 3),
			    LOAD(word_at(x)), JUMP(BPF_JGE, edges[i], 0, 1),
			    RETURN(ERRNO(1001 + i)), LOAD_NR);
		ADD(p, JUMP(BPF_JEQ, nr, 1, 0), RETURN(KILL), RETURN(ERRNO(1010)));
		break;
	case ENTRY_IS_ZERO:
		/* Neither A nor X is ever set before it is used. */
		p->len = 0;
		ADD(p, STORE(0), STORE_X(1), LOAD_ARCH, JUMP(BPF_JEQ, abi->arch, 0, 10),
		    LOAD_NR, JUMP(BPF_JEQ, nr, 0, 8), LOAD(word_at(w)), ALU(BPF_AND, 7),
		    RECALL_X(1), ALU_BY_X(BPF_ADD), RECALL_X(0), ALU_BY_X(BPF_ADD),
		    ALU(BPF_OR, ERRNO(1000)), RETURN_A, RETURN(ALLOW));
		break;
	case JUMP_TO_NEXT:
		ADD(p, LOAD(word_at(w)), JUMP(BPF_JEQ, 1, 0, 0), GOTO(0), JUMP(BPF_JSET, 2, 0, 0),
		    JUMP(BPF_JGT, 1, 1, 0), GOTO(1), RETURN(ERRNO(1001)), RETURN(ERRNO(1002)));
		break;
	case COMMON_TAIL:
		/* Three ways to one test, each with another word in A */
		ADD(p, LOAD(word_at(w)), JUMP(BPF_JGT, 2, 0, 2), LOAD(word_at(x)), GOTO(2),
		    JUMP(BPF_JEQ, 1, 0, 1), ALU(BPF_MUL, 31), JUMP(BPF_JEQ, 31, 0, 1),
		    RETURN(ERRNO(1001)), JUMP(BPF_JGE, 2, 0, 1), RETURN(ERRNO(1002)),
		    RETURN(ERRNO(1003)));
		break;
	case SAME_WORD_TWICE:
		/* The second time it may only be what it was before. */
		ADD(p, LOAD(word_at(w)), JUMP(BPF_JEQ, 31, 0, 3), LOAD(word_at(w)),
		    JUMP(BPF_JEQ, 31, 2, 0), RETURN(KILL), RETURN(ERRNO(1001)),
		    RETURN(ERRNO(1002)));
		break;
	case IN_ALL_WORDS:
		/* The arguments' exclusive or, of both halves apart */
		ADD(p, SET_X(0));
		for (int i = 0; i < WORDS; i++)
			ADD(p, LOAD(word_at(i)), ALU_BY_X(BPF_XOR), TAX);
		ADD(p, ALU(BPF_AND, 0xfff), ALU(BPF_OR, SECCOMP_RET_ERRNO), RETURN_A);
		break;
	case AROUNDS:
		abort();
	}
}

static void child_around(const struct abi *abi, long arg)
{
	const int w = arg / AROUNDS % 6 * 2, x = (w + 4) % WORDS;
	struct made made = set_up(abi, kind_of(arg));
	struct made elsewhere = made;

	elsewhere.nr = number_of(abi, BEYOND) + 1;
	elsewhere.allowed = -ENOSYS;
	build_around(abi, made.nr, arg % AROUNDS, w, x);
	CHECK(attach_built(&program), 0);
	check_pairs(&made, w, x);
	check_decided(true);
	/* What it does not look at it allows. */
	check_stacked(&program, 1, &elsewhere);
	for (int c = 0; c < CALLS; c++) {
		if (c != GETPPID)
			CHECK(call(abi, c) <= -1000, false);
	}
}

TEST_F_TIMEOUT(abi, registers_and_memory_around_a_test, 120)
{
	for (int i = 0; i < AROUNDS * 6; i += 5)
		EXPECT_MODEL(run(child_around, variant->abi, i));
}

/* The same verdict on every way, though arguments are tested */
static void child_regardless(const struct abi *abi, long arg)
{
	struct made made = set_up(abi, kind_of(arg));

	begin_on(&program, abi, made.nr);
	ADD(&program, LOAD(word_at(arg)), JUMP(BPF_JGT, 5, 0, 1), RETURN(ERRNO(1001)),
	    LOAD(word_at(3)), JUMP(BPF_JSET, 5, 1, 0), RETURN(ERRNO(1001)), RETURN(ERRNO(1001)));
	CHECK(attach_built(&program), 0);
	check_pairs(&made, arg, 3);
	check_decided(false);
	CHECK(results.first, -1001);
}

TEST_F(abi, verdict_may_be_the_same_for_all_arguments)
{
	for (int w = 0; w < WORDS; w++)
		EXPECT_MODEL(run(child_regardless, variant->abi, w));
}

/* --- Long programs --- */

/* Tests whose targets are further away than a conditional jump reaches */
static void child_far(const struct abi *abi, long arg)
{
	static const int gaps[] = { 254, 255, 256, 300, 2000, 3900 };
	const int gap = gaps[arg % ARRAY_SIZE(gaps)];
	const int w = arg * 2 % WORDS, x = (w + 2) % WORDS;
	struct made made = set_up(abi, kind_of(arg));
	struct program *p = &program;
	size_t jump;

	begin_on(p, abi, made.nr);
	ADD(p, LOAD(word_at(w)));
	jump = p->len;
	ADD(p, JUMP(BPF_JGT, 33, 0, 1), GOTO(0), JUMP(BPF_JEQ, 33, 0, 1), GOTO(1),
	    GOTO(0), LOAD(word_at(x)));
	/* Nothing of it can be left out, as every instruction may decide. */
	for (int i = 0; i < gap - 10; i += 2)
		ADD(p, JUMP(BPF_JEQ, edges[i % EDGES] + 100 * (i / EDGES), 0, 1),
		    RETURN(ERRNO(1 + i)));
	ADD(p, RETURN(ERRNO(4000)));
	p->insn[jump + 1].k = p->len - (jump + 2);
	p->insn[jump + 3].k = p->len - (jump + 4);
	ADD(p, JUMP(BPF_JEQ, 33, 0, 1), RETURN(ERRNO(4001)), RETURN(ERRNO(4002)));
	CHECK(attach_built(p), 0);
	check_pairs(&made, w, x);
	check_decided(true);
}

TEST_F(abi, targets_further_than_a_jump_reaches)
{
	for (int i = 0; i < 18; i++)
		EXPECT_MODEL(run(child_far, variant->abi, i));
}

/* The furthest that a conditional jump reaches, with tests on the way */
static void child_at_reach(const struct abi *abi, long between)
{
	struct made made = set_up(abi, kind_of(between));
	struct program *p = &program;

	begin_on(p, abi, made.nr);
	ADD(p, LOAD(word_at(0)), JUMP(BPF_JGE, 0x80000000, between, 0));
	for (int i = 0; i < between - 1; i++)
		ADD(p, i % 5 ? JUMP(BPF_JEQ, 1000 + i, between - 1 - i, 0) : STORE(i / 5 % 16));
	ADD(p, RETURN(ERRNO(1001)), RETURN(ERRNO(1002)));
	CHECK(attach_built(p), 0);
	check_pairs(&made, 0, 2);
	for (int i = 0; i < between - 1; i++) {
		set_word(&made, 0, 1000 + i);
		check_stacked(p, 1, &made);
	}
	check_decided(true);
}

TEST_F(abi, targets_as_far_as_a_jump_reaches)
{
	for (int i = 0; i < 6; i++)
		EXPECT_MODEL(run(child_at_reach, variant->abi, 250 + i));
}

/* As long as a program may be, with tests from its beginning to its end */
static void child_longest(const struct abi *abi, long arg)
{
	struct made made = set_up(abi, kind_of(arg));
	struct program *p = &program;
	__u32 k = 0;

	begin_on(p, abi, made.nr);
	switch (arg / NUMBER_KINDS) {
	case 0:
		/* One word, one value after the other */
		ADD(p, LOAD(word_at(4)));
		for (; p->len < BPF_MAXINSNS - 2; k++)
			ADD(p, JUMP(BPF_JEQ, k, 0, 1), RETURN(ERRNO(1 + k)));
		break;
	case 1:
		/* Every word in turn, and one more of its values each time */
		for (; p->len < BPF_MAXINSNS - 4; k++)
			ADD(p, LOAD(word_at(k % WORDS)), JUMP(BPF_JEQ, k / WORDS, 0, 1),
			    RETURN(ERRNO(1 + k)));
		break;
	case 2:
		/* The number is loaded again and again. */
		for (; p->len < BPF_MAXINSNS - 6; k++)
			ADD(p, LOAD_NR, JUMP(BPF_JEQ, k & 1 ? made.nr : made.nr + 7, 0, 3),
			    LOAD(word_at(4)), JUMP(BPF_JEQ, k, 0, 1), RETURN(ERRNO(1 + k)));
		break;
	case 3:
		/* A sum over all of it, which depends on two words */
		ADD(p, LOAD(word_at(4)), STORE(0), LOAD(word_at(2)), STORE(1));
		for (; p->len < BPF_MAXINSNS - 12; k++)
			ADD(p, RECALL_X(k & 1), ALU_BY_X(BPF_ADD), JUMP(BPF_JSET, 4, 1, 0),
			    ALU(BPF_ADD, k), ALU(BPF_MUL, 5));
		ADD(p, ALU(BPF_AND, 0xfff), ALU(BPF_OR, SECCOMP_RET_ERRNO), RETURN_A);
	}
	while (p->len < BPF_MAXINSNS)
		ADD(p, RETURN(ERRNO(4090)));
	CHECK(p->len, BPF_MAXINSNS);
	CHECK(attach_built(p), 0);
	check_pairs(&made, 4, 2);
	for (__u32 i = 0; i < k + 10; i += 37) {
		set_word(&made, 4, i);
		check_stacked(p, 1, &made);
		set_word(&made, 4, -1);
		for (int w = 0; w < WORDS; w += 5) {
			set_word(&made, w, i / WORDS);
			check_stacked(p, 1, &made);
			set_word(&made, w, 0x5a5a5a5a);
		}
	}
	check_decided(true);
}

TEST_F_TIMEOUT(abi, longest_programs_test_arguments_everywhere, 120)
{
	for (int i = 0; i < 4 * NUMBER_KINDS; i++)
		EXPECT_MODEL(run(child_longest, variant->abi, i));
}

/* --- Where a call comes from --- */

#ifdef __x86_64__
#define ADDRESS_LOW	offsetof(struct seccomp_data, instruction_pointer)
#define ADDRESS_HIGH	(ADDRESS_LOW + sizeof(__u32))

static void child_from(const struct abi *abi, long arg)
{
	struct made made = set_up(abi, kind_of(arg));
	/* Two pages whose addresses differ in both halves */
	const char *low = map_calls(abi, 0, MAP_32BIT);
	const char *high = map_calls(abi, 0x7e0012345000, 0);
	struct program *p = &program;

	CHECK((unsigned long)low >> 32, 0);
	CHECK((unsigned long)high >> 32 != 0, true);
	begin_on(p, abi, made.nr);
	switch (arg / NUMBER_KINDS) {
	case 0:
		ADD(p, LOAD(ADDRESS_LOW), JUMP(BPF_JEQ, (long)low + 64 + SITE_INSN, 0, 1),
		    RETURN(ERRNO(1001)), RETURN(ERRNO(1002)));
		break;
	case 1:
		ADD(p, LOAD(ADDRESS_HIGH), JUMP(BPF_JEQ, (long)high >> 32, 0, 1),
		    RETURN(ERRNO(1001)), RETURN(ERRNO(1002)));
		break;
	case 2:
		/* As user-mode kernels do: allow their own page only */
		ADD(p, LOAD(ADDRESS_HIGH), JUMP(BPF_JEQ, (long)high >> 32, 0, 3),
		    LOAD(ADDRESS_LOW), ALU(BPF_AND, -SITE_PAGE),
		    JUMP(BPF_JEQ, (__u32)(long)high, 1, 0), RETURN(TRAP(7)), RETURN(ALLOW));
		break;
	case 3:
		/* Address and argument together */
		ADD(p, LOAD(ADDRESS_LOW), ALU(BPF_AND, SITE_PAGE - 1), TAX, LOAD(word_at(4)),
		    ALU_BY_X(BPF_ADD), ALU(BPF_AND, 0xfff), ALU(BPF_OR, SECCOMP_RET_ERRNO),
		    RETURN_A);
		break;
	case 4:
		ADD(p, LOAD(ADDRESS_LOW), STORE(2), LOAD(word_at(4)), JUMP(BPF_JGT, 5, 0, 3),
		    RECALL(2), JUMP(BPF_JSET, 1 << 6, 0, 2), RETURN(ERRNO(1001)),
		    RETURN(ERRNO(1002)), RETURN(ERRNO(1003)));
	}
	CHECK(attach_built(p), 0);
	for (int i = 0; i < 40; i++) {
		made.site = (i & 1 ? low : high) + i * 32;
		set_word(&made, 4, edges[i % EDGES]);
		check_stacked(p, 1, &made);
	}
	made.site = low + 64;
	check_stacked(p, 1, &made);
	made.site = high + 64;
	check_stacked(p, 1, &made);
	check_decided(true);
}

TEST_F(abi, verdict_depends_on_the_address_of_the_call)
{
	for (int i = 0; i < 5 * NUMBER_KINDS; i++)
		EXPECT_MODEL(run(child_from, variant->abi, i));
}

/* --- A tracer changes what is tested --- */

static void child_changed(const struct abi *abi, long arg)
{
	const long nr = number_of(abi, arg), uid = call(abi, GETUID);

	begin_on(&program, abi, nr);
	ADD(&program, LOAD(LOW_WORD(1)), JUMP(BPF_JEQ, 31, 0, 1), RETURN(ERRNO(1001)),
	    RETURN(ERRNO(1002)));
	CHECK(attach_built(&program), 0);
	/* The tracer makes this call number @nr, or gives it the other argument. */
	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETEUID], SECCOMP_RET_TRACE | 1)), 0);
	CHECK(call(abi, GETUID), uid);
	CHECK(raw3(abi, abi->nr[GETEUID], 0, 31, 0), -1001);
	CHECK(raw3(abi, abi->nr[GETEUID], 0, 30, 0), -1002);
	CHECK(raw3(abi, abi->nr[GETEUID], 0, 30, 0), -1001);
	CHECK(raw3(abi, abi->nr[GETEUID], 0, 31, 0), -1002);
}

TEST_F(abi, number_and_argument_from_a_tracer)
{
	const struct abi *abi = variant->abi;
	const size_t second = abi == &ia32 ? offsetof(struct user, regs.rcx) :
			      offsetof(struct user, regs.rsi);

	/* Number -1 from a tracer means that there is no call to be asked about. */
	for (int kind = IN_TABLE; kind <= BEYOND; kind++) {
		pid_t pid = start_traced(child_changed, abi, kind, 0);

		ASSERT_LT(0, pid);
		for (int i = 0; i < 4; i++) {
			ASSERT_TRUE(is_call_stop(next_stop(pid, PTRACE_CONT)));
			set_number(pid, number_of(abi, kind));
			if (i >= 2)
				ptrace(PTRACE_POKEUSER, pid, second, i == 2 ? 31L : 30L);
		}
		EXPECT_FINE(next_stop(pid, PTRACE_CONT));
	}
}

/* Before seccomp is asked, a tracer of system calls makes a call another one. */
TEST_F(abi, number_and_argument_from_a_tracer_of_calls)
{
	const struct abi *abi = variant->abi;
	const size_t second = abi == &ia32 ? offsetof(struct user, regs.rcx) :
			      offsetof(struct user, regs.rsi);

	for (int kind = IN_TABLE; kind <= BEYOND; kind++) {
		pid_t pid = start_traced(child_changed, abi, kind, 0);
		int status, changed = 0;

		ASSERT_LT(0, pid);
		while (is_call_stop(status = next_stop(pid, PTRACE_SYSCALL))) {
			long nr = ptrace(PTRACE_PEEKUSER, pid,
					 offsetof(struct user, regs.orig_rax), NULL);
			long rax = ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.rax),
					  NULL);

			/* At entry only */
			if (nr != abi->nr[GETEUID] || (int)rax != -ENOSYS)
				continue;
			set_number(pid, number_of(abi, kind));
			if (changed >= 2)
				ptrace(PTRACE_POKEUSER, pid, second, changed == 2 ? 31L : 30L);
			changed++;
		}
		EXPECT_FINE(status);
		EXPECT_EQ(4, changed);
	}
}
#endif

/* --- Anything --- */

static void child_random(const struct abi *abi, long seed)
{
	struct made made = { .abi = abi };
	long allowed[RANDOM_NUMBERS];
	__u64 state = seed;
#ifdef __x86_64__
	char *page = map_calls(abi, 0, MAP_32BIT);
#endif

	catch_sigsys(on_sigsys);
	for (int i = 0; i < RANDOM_NUMBERS; i++) {
		made.nr = random_number(abi, i);
		allowed[i] = make(&made);
	}
	build_random(&program, abi, &state, 5 + draw(&state, 150));
	CHECK(attach_built(&program), 0);
	for (int i = 0; i < 50; i++) {
#ifdef __x86_64__
		made.site = page + (i & 3) * 64;
#endif
		draw_call(&made, &state, allowed);
		check_stacked(&program, 1, &made);
	}
	report->seen = results.differ;
}

TEST_F_TIMEOUT(abi, random_programs, 120)
{
	int differ = 0;

	for (int seed = 1; seed <= 120; seed++) {
		EXPECT_MODEL(run(child_random, variant->abi, seed));
		differ += report->seen;
	}
	/* Many of them decide one way and another. */
	EXPECT_LT(25, differ);
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
