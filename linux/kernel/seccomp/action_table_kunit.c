// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of action tables, held against runs of the filters themselves */

/*
 * Included by kernel/seccomp.c, so that stacks are made of real filters and
 * the truth is what seccomp_run_filters() says of them.
 */

#include <kunit/test.h>
#include <linux/mman.h>
#include <linux/prandom.h>
#include <linux/seccomp_entry.h>

#define TABLE_KUNIT_SEED	20
#define TABLE_KUNIT_STACKS	200
#define TABLE_KUNIT_DEPTH	8
#define TABLE_KUNIT_INSNS	40
#define TABLE_KUNIT_ARGS	3

/* __X32_SYSCALL_BIT, which not every architecture has */
#define X32_BIT			0x40000000U

/* Numbers that a stack is tried with, whichever tables there are. */
struct numbers {
	u32 arch;
	u32 first;
	u32 nr;
};

#define BEYOND	24	/* how many numbers to try past the end of a table */

static const struct numbers all_numbers[] = {
	{ SECCOMP_ARCH_NATIVE, 0, SECCOMP_ARCH_NATIVE_NR + BEYOND },
	{ SECCOMP_ARCH_NATIVE, X32_BIT - BEYOND, 2 * BEYOND },
#ifdef SECCOMP_ARCH_X32_NR
	{ SECCOMP_ARCH_NATIVE, X32_BIT, SECCOMP_ARCH_X32_NR + BEYOND },
#endif
	{ SECCOMP_ARCH_NATIVE, 0x80000000U - BEYOND, 2 * BEYOND },
	{ SECCOMP_ARCH_NATIVE, 0xc0000000U - BEYOND, 2 * BEYOND },
	{ SECCOMP_ARCH_NATIVE, U32_MAX - BEYOND, BEYOND + 1 },
#ifdef SECCOMP_ARCH_COMPAT
	{ SECCOMP_ARCH_COMPAT, 0, SECCOMP_ARCH_COMPAT_NR + BEYOND },
	{ SECCOMP_ARCH_COMPAT, X32_BIT - BEYOND, 2 * BEYOND },
	{ SECCOMP_ARCH_COMPAT, 0x80000000U - BEYOND, 2 * BEYOND },
	{ SECCOMP_ARCH_COMPAT, 0xc0000000U - BEYOND, 2 * BEYOND },
	{ SECCOMP_ARCH_COMPAT, U32_MAX - BEYOND, BEYOND + 1 },
#endif
};

/* Every action, the edges of the data, and values that are no action. */
static const u32 some_rets[] = {
	SECCOMP_RET_ALLOW,
	SECCOMP_RET_ALLOW | 7,
	SECCOMP_RET_ERRNO | 1,
	SECCOMP_RET_ERRNO | 38,
	SECCOMP_RET_ERRNO | SECCOMP_RET_DATA,
	SECCOMP_RET_KILL_PROCESS,
	SECCOMP_RET_KILL_THREAD,
	SECCOMP_RET_TRAP | 5,
	SECCOMP_RET_TRACE | 6,
	SECCOMP_RET_LOG,
	SECCOMP_RET_USER_NOTIF,
	0x00040000,
	0x7fff0000 - 1,
	0x80000001,
	0xffffffff,
};

/* The stack of filters under test, oldest first. */
struct stack {
	struct kunit *test;
	struct sock_filter __user *user;
	struct seccomp_filter *top;
	unsigned int depth;
};

static void stack_clear(struct stack *s)
{
	while (s->top) {
		struct seccomp_filter *f = s->top;

		s->top = f->prev;
		seccomp_filter_free(f);
	}
	s->depth = 0;
}

/* Attach a program as seccomp_set_mode_filter() does, but to no task. */
static struct seccomp_filter *stack_push(struct stack *s, const struct sock_filter *insns,
					 unsigned int len)
{
	struct sock_fprog fprog = { .len = len, .filter = s->user };
	struct seccomp_verdict *verdicts;
	struct seccomp_filter *f;

	KUNIT_ASSERT_EQ(s->test, 0, copy_to_user(s->user, insns, len * sizeof(*insns)));
	f = seccomp_prepare_filter(&fprog);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(s->test, f);

	verdicts = seccomp_table_verdicts(f->prog->orig_prog);
	f->log = s->depth & 1;
	f->table = seccomp_table_build(verdicts, f, f->log,
				       s->top ? s->top->table : &seccomp_table_no_filter);
	kvfree(verdicts);

	f->prev = s->top;
	s->top = f;
	s->depth++;
	return f;
}

static struct seccomp_filter *stack_push_ret(struct stack *s, u32 ret)
{
	const struct sock_filter insn = BPF_STMT(BPF_RET | BPF_K, ret);

	return stack_push(s, &insn, 1);
}

/* "@ret, but @other if the low half of the first argument is not 0" */
static struct seccomp_filter *stack_push_arg(struct stack *s, u32 ret, u32 other)
{
	const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ret),
		BPF_STMT(BPF_RET | BPF_K, other),
	};

	return stack_push(s, insns, ARRAY_SIZE(insns));
}

/* What running all filters says. */
static u32 stack_run(struct stack *s, const struct seccomp_data *sd,
		     struct seccomp_filter **match)
{
	struct seccomp_filter *before = current->seccomp.filter;
	u32 ret;

	*match = NULL;
	current->seccomp.filter = s->top;
	ret = seccomp_run_filters(sd, match);
	current->seccomp.filter = before;
	return ret;
}

static bool exempt(u32 arch, u32 nr)
{
	struct seccomp_data sd = { .arch = arch, .nr = nr };

	return seccomp_uprobe_exception(&sd);
}

/* Returns whether the table knew an answer, which then has to be right. */
static bool expect_run(struct stack *s, const struct seccomp_data *sd)
{
	const struct seccomp_action *action = seccomp_table_lookup(s->top->table, sd->arch, sd->nr);
	struct seccomp_filter *match;
	u32 ret;

	if (exempt(sd->arch, sd->nr)) {
		KUNIT_ASSERT_NOT_NULL(s->test, action);
		KUNIT_ASSERT_EQ(s->test, action->ret, SECCOMP_RET_ALLOW);
		KUNIT_ASSERT_NULL(s->test, action->match);
		return true;
	}
	if (!action)
		return false;

	ret = stack_run(s, sd, &match);
	KUNIT_ASSERT_PTR_EQ_MSG(s->test, action->match, match, "arch %x number %x", sd->arch,
				sd->nr);
	KUNIT_ASSERT_EQ_MSG(s->test, action->ret, ret, "arch %x number %x", sd->arch, sd->nr);
	if (match)
		KUNIT_ASSERT_EQ(s->test, action->log, match->log);
	return true;
}

/* The bits that are tested at entry say ALLOW where, and only where, slots do. */
static void expect_bits(struct stack *s, u32 arch, u32 nr)
{
	const struct seccomp_action *action = seccomp_table_lookup(s->top->table, arch, nr);
	const struct seccomp_allow *allow = seccomp_table_allow(s->top->table);
	enum seccomp_window window = SECCOMP_WINDOW_NATIVE;
	bool tabled = nr < SECCOMP_ARCH_NATIVE_NR;

#ifdef SECCOMP_ARCH_X32_NR
	tabled |= nr - SECCOMP_ARCH_X32_BIT < SECCOMP_ARCH_X32_NR;
#endif
#ifdef SECCOMP_ARCH_COMPAT
	if (arch == SECCOMP_ARCH_COMPAT) {
		window = SECCOMP_WINDOW_COMPAT;
		tabled = nr < SECCOMP_ARCH_COMPAT_NR;
	}
#endif
	KUNIT_ASSERT_EQ_MSG(s->test, seccomp_allows(allow, window, (int)nr),
			    tabled && action && action->ret == SECCOMP_RET_ALLOW,
			    "arch %x number %x", arch, nr);
}

/* Try every number of every table, and some beyond, each with these arguments. */
static unsigned int expect_runs(struct stack *s, struct seccomp_data *data, unsigned int nr_data)
{
	unsigned int known = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all_numbers); i++) {
		const struct numbers *n = &all_numbers[i];

		for (u32 k = 0; k < n->nr; k++) {
			expect_bits(s, n->arch, n->first + k);
			for (unsigned int j = 0; j < nr_data; j++) {
				data[j].arch = n->arch;
				data[j].nr = n->first + k;
				known += expect_run(s, &data[j]);
			}
		}
	}
	return known;
}

static int stack_init(struct kunit *test)
{
	struct stack *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	unsigned long user;

	KUNIT_ASSERT_NOT_NULL(test, s);
	user = kunit_vm_mmap(test, NULL, 0, BPF_MAXINSNS * sizeof(struct sock_filter),
			     PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE_MSG(test, user, 0, "no user memory");
	KUNIT_ASSERT_LT_MSG(test, user, (unsigned long)TASK_SIZE, "no user memory");
	s->test = test;
	s->user = (struct sock_filter __user *)user;
	test->priv = s;
	return 0;
}

static void stack_exit(struct kunit *test)
{
	if (test->priv)
		stack_clear(test->priv);
}

/* Every pair of actions, and every three of the first few. */
static void test_constants(struct kunit *test)
{
	struct stack *s = test->priv;
	struct seccomp_data sd = { .arch = SECCOMP_ARCH_NATIVE, .nr = 1 };
	const unsigned int rets = ARRAY_SIZE(some_rets), few = 6;

	for (unsigned int i = 0; i < rets * rets; i++) {
		stack_push_ret(s, some_rets[i / rets]);
		KUNIT_EXPECT_TRUE(test, expect_run(s, &sd));
		stack_push_ret(s, some_rets[i % rets]);
		KUNIT_EXPECT_TRUE(test, expect_run(s, &sd));
		stack_clear(s);
	}
	for (unsigned int i = 0; i < few * few * few; i++) {
		stack_push_ret(s, some_rets[i / few / few]);
		stack_push_ret(s, some_rets[i / few % few]);
		stack_push_ret(s, some_rets[i % few]);
		KUNIT_EXPECT_TRUE(test, expect_run(s, &sd));
		stack_clear(s);
	}
}

/* Nothing is known of a number that some filter looks at the arguments of. */
static void test_arguments(struct kunit *test)
{
	struct stack *s = test->priv;

	for (int place = 0; place < 3; place++) {
		for (int i = 0; i < 3; i++) {
			if (i == place)
				stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1);
			else
				stack_push_ret(s, SECCOMP_RET_ERRNO | 38);
		}
		KUNIT_EXPECT_NULL(test, seccomp_table_lookup(s->top->table,
							     SECCOMP_ARCH_NATIVE, 1));
		KUNIT_EXPECT_NULL(test, seccomp_table_lookup(s->top->table,
							     SECCOMP_ARCH_NATIVE, U32_MAX));
		stack_clear(s);
	}

	/* Nothing depends on a test with the same outcome on both sides. */
	stack_push_arg(s, SECCOMP_RET_ERRNO | 2, SECCOMP_RET_ERRNO | 2);
	KUNIT_EXPECT_NOT_NULL(test, seccomp_table_lookup(s->top->table, SECCOMP_ARCH_NATIVE, 1));
}

static void test_exempt(struct kunit *test)
{
	struct stack *s = test->priv;
	struct seccomp_data data[1] = { };
	unsigned int found = 0;

	/* Denied by everyone, unknown to everyone. */
	for (int i = 0; i < 2; i++) {
		if (i)
			stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1);
		else
			stack_push_ret(s, SECCOMP_RET_KILL_PROCESS);
		expect_runs(s, data, ARRAY_SIZE(data));
		stack_clear(s);
	}

	for (u32 nr = 0; nr < SECCOMP_ARCH_NATIVE_NR; nr++)
		found += exempt(SECCOMP_ARCH_NATIVE, nr);
#ifdef CONFIG_X86_64
	KUNIT_EXPECT_EQ(test, found, 2);
#endif
}

/* More actions than a table can hold: the filters run for what is left out. */
static void test_many_actions(struct kunit *test)
{
	const unsigned int nr = min(400, SECCOMP_ARCH_NATIVE_NR);
	struct stack *s = test->priv;
	struct seccomp_data data[1] = { };
	struct sock_filter *insns;
	unsigned int known = 0, len = 0;

	insns = kunit_kcalloc(test, 2 * nr + 2, sizeof(*insns), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, insns);
	insns[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (u32 i = 0; i < nr; i++) {
		insns[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i, 0, 1);
		insns[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							    SECCOMP_RET_ERRNO | (i + 1));
	}
	insns[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	/* The second one names other filters, and keeps to the limit as well. */
	for (int i = 0; i < 2; i++) {
		stack_push(s, insns, len);
		expect_runs(s, data, ARRAY_SIZE(data));
	}
	for (u32 i = 0; i < nr; i++)
		known += !!seccomp_table_lookup(s->top->table, SECCOMP_ARCH_NATIVE, i);
	KUNIT_EXPECT_GE(test, known, 200);
	KUNIT_EXPECT_LE(test, known, 256);
}

/* Whatever is missing, nothing is known, and nothing is allowed at entry. */
static void expect_unknown(struct kunit *test, const struct seccomp_action_table *table)
{
	KUNIT_ASSERT_NOT_NULL(test, table);
	for (size_t i = 0; i < ARRAY_SIZE(all_numbers); i++) {
		const struct numbers *n = &all_numbers[i];

		for (u32 k = 0; k < n->nr; k++) {
			u32 nr = n->first + k;

			if (exempt(n->arch, nr))
				continue;
			KUNIT_ASSERT_NULL(test, seccomp_table_lookup(table, n->arch, nr));
		}
	}
	KUNIT_EXPECT_NULL(test, memchr_inv(seccomp_table_allow(table), 0,
					   sizeof(struct seccomp_allow)));
}

static void test_unknown(struct kunit *test)
{
	struct stack *s = test->priv;
	struct seccomp_filter *f = stack_push_ret(s, SECCOMP_RET_ALLOW);
	const struct seccomp_action_table *unknown, *table;
	struct seccomp_verdict *verdicts = seccomp_table_verdicts(f->prog->orig_prog);

	KUNIT_ASSERT_NOT_NULL(test, verdicts);

	/* No memory for the verdicts, on a parent that is known. */
	unknown = seccomp_table_build(NULL, f, false, f->table);
	expect_unknown(test, unknown);
	/* A parent that is not known, or that is missing by mistake. */
	table = seccomp_table_build(verdicts, f, false, unknown);
	expect_unknown(test, table);
	seccomp_table_free(table);
	table = seccomp_table_build(verdicts, f, false, NULL);
	expect_unknown(test, table);
	seccomp_table_free(table);

	/* An architecture that is none of this kernel's. */
	KUNIT_EXPECT_NULL(test, seccomp_table_lookup(f->table, 0, 1));
	KUNIT_EXPECT_NULL(test, seccomp_table_lookup(f->table, U32_MAX, 1));

	seccomp_table_free(unknown);
	kvfree(verdicts);
}

/* Random programs */

static u32 any_of(struct rnd_state *rng, unsigned int n)
{
	return prandom_u32_state(rng) % n;
}

static u32 random_constant(struct rnd_state *rng)
{
	switch (any_of(rng, 8)) {
	case 0:
		return SECCOMP_ARCH_NATIVE;
	case 1:
		return X32_BIT | any_of(rng, 600);
	case 2:
		return 1U << any_of(rng, 32);
	case 3:
		return -1 - any_of(rng, 3);
	default:
		return any_of(rng, 500);
	}
}

static struct sock_filter random_alu(struct rnd_state *rng)
{
	static const u16 ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH,
	};
	u16 op = ops[any_of(rng, ARRAY_SIZE(ops))];
	u32 k = random_constant(rng);

	if (op == BPF_LSH || op == BPF_RSH)
		return (struct sock_filter)BPF_STMT(BPF_ALU | op | BPF_K, k % 32);
	if (any_of(rng, 4) == 0)
		return (struct sock_filter)BPF_STMT(BPF_ALU | op | BPF_X, 0);
	return (struct sock_filter)BPF_STMT(BPF_ALU | op | BPF_K, k ?: 1);
}

static struct sock_filter random_insn(struct rnd_state *rng, unsigned int left)
{
	static const u16 jumps[] = { BPF_JEQ, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	static const struct sock_filter plain[] = {
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		BPF_STMT(BPF_ALU | BPF_NEG, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_LD | BPF_MEM, 0),
		BPF_STMT(BPF_LDX | BPF_MEM, 1),
		BPF_STMT(BPF_ST, 0),
		BPF_STMT(BPF_STX, 1),
	};
	u32 ret = some_rets[any_of(rng, ARRAY_SIZE(some_rets))];

	switch (any_of(rng, 16)) {
	case 0 ... 2:
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	case 3:
		return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						    any_of(rng, 16) * 4);
	case 4:
		return random_alu(rng);
	case 5:
		return plain[any_of(rng, ARRAY_SIZE(plain))];
	case 6:
		return (struct sock_filter)BPF_STMT(any_of(rng, 2) ? BPF_LD | BPF_IMM :
						    BPF_LDX | BPF_IMM, random_constant(rng));
	case 7:
		return (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, any_of(rng, left));
	case 8:
	case 9:
		return any_of(rng, 16) ? (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ret) :
					 (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	default:
		return (struct sock_filter)
			BPF_JUMP(BPF_JMP | jumps[any_of(rng, ARRAY_SIZE(jumps))] |
				 (any_of(rng, 8) ? BPF_K : BPF_X), random_constant(rng),
				 any_of(rng, min(left, 256U)), any_of(rng, min(left, 256U)));
	}
}

/* Begins with stores, without which the checker refuses loads from there. */
static unsigned int random_program(struct rnd_state *rng, struct sock_filter *insns)
{
	unsigned int len = 3 + any_of(rng, TABLE_KUNIT_INSNS);

	insns[0] = (struct sock_filter)BPF_STMT(BPF_ST, 0);
	insns[1] = (struct sock_filter)BPF_STMT(BPF_STX, 1);
	for (unsigned int pc = 2; pc < len - 1; pc++)
		insns[pc] = random_insn(rng, len - 1 - pc);
	insns[len - 1] = (struct sock_filter)
		BPF_STMT(BPF_RET | BPF_K, some_rets[any_of(rng, ARRAY_SIZE(some_rets))]);
	return len;
}

static void test_random_stacks(struct kunit *test)
{
	static struct sock_filter insns[TABLE_KUNIT_INSNS + 3];
	struct stack *s = test->priv;
	struct seccomp_data data[TABLE_KUNIT_ARGS];
	unsigned int known = 0;
	struct rnd_state rng;

	prandom_seed_state(&rng, TABLE_KUNIT_SEED);
	for (int i = 0; i < TABLE_KUNIT_STACKS; i++) {
		unsigned int depth = 1 + any_of(&rng, TABLE_KUNIT_DEPTH);

		for (unsigned int j = 0; j < depth; j++)
			stack_push(s, insns, random_program(&rng, insns));

		memset(data, 0, sizeof(data));
		prandom_bytes_state(&rng, &data[1], sizeof(data[1]));
		for (int j = 0; j < 6; j++)
			data[2].args[j] = random_constant(&rng);
		known += expect_runs(s, data, ARRAY_SIZE(data));
		stack_clear(s);
		cond_resched();
	}
	/* Else this would prove little. */
	kunit_info(test, "%u answers of tables compared with runs\n", known);
	KUNIT_EXPECT_GT(test, known, 100000);
}

static struct kunit_case action_table_cases[] = {
	KUNIT_CASE(test_constants),
	KUNIT_CASE(test_arguments),
	KUNIT_CASE(test_exempt),
	KUNIT_CASE(test_many_actions),
	KUNIT_CASE(test_unknown),
	KUNIT_CASE_SLOW(test_random_stacks),
	{ }
};

static struct kunit_suite action_table_suite = {
	.name = "seccomp_action_table",
	.init = stack_init,
	.exit = stack_exit,
	.test_cases = action_table_cases,
};

kunit_test_suite(action_table_suite);
