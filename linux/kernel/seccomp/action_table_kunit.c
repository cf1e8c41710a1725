// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of action tables, held against runs of the filters themselves */

/*
 * Included by kernel/seccomp.c, so that stacks are made of real filters and
 * answer as they do there. The truth is what the kernel's own conversion of
 * the whole filters returns, run by the interpreter.
 */

#include <kunit/test.h>
#include <linux/initrd.h>
#include <linux/kernel_read_file.h>
#include <linux/mman.h>
#include <linux/prandom.h>
#include <linux/seccomp_entry.h>
#include <linux/vmalloc.h>

#define TABLE_KUNIT_SEED	20
/* User-mode Linux takes seconds for what takes a guest minutes. */
#define TABLE_KUNIT_STACKS	(IS_ENABLED(CONFIG_UML) ? 8000 : 80)
#define TABLE_KUNIT_DEPTH	8
#define TABLE_KUNIT_INSNS	40
#define TABLE_KUNIT_CALLS	3	/* argument sets for every number */
#define TABLE_KUNIT_MORE	6	/* more of them where arguments matter */
#define TABLE_KUNIT_WALKS	64	/* calls of an architecture without slots */
#define TABLE_KUNIT_MOST	64	/* filters in a stack */

/* Real stacks, if there are some: see test_corpus(). */
#define TABLE_KUNIT_CORPUS	"/root/corpus"

/* The first number of SECCOMP_ARCH_ALT_*, which not every architecture has */
#define ALT_FIRST		0x40000000U

/* No AUDIT_ARCH_* has this value. */
#define UNKNOWN_ARCH		0xdeadbeefU

/* Numbers that a stack is tried with, whichever tables there are. */
struct numbers {
	u32 arch;
	u32 first;
	u32 nr;
};

#define BEYOND	24	/* how many numbers to try past the end of a table */

static const struct numbers all_numbers[] = {
	{ SECCOMP_ARCH_NATIVE, 0, SECCOMP_ARCH_NATIVE_SLOTS + BEYOND },
	{ SECCOMP_ARCH_NATIVE, ALT_FIRST - BEYOND, 2 * BEYOND },
#ifdef SECCOMP_ARCH_ALT_NR
	{ SECCOMP_ARCH_NATIVE, ALT_FIRST, SECCOMP_ARCH_ALT_NR + BEYOND },
#endif
	{ SECCOMP_ARCH_NATIVE, 0x80000000U - BEYOND, 2 * BEYOND },
	{ SECCOMP_ARCH_NATIVE, 0xc0000000U - BEYOND, 2 * BEYOND },
	{ SECCOMP_ARCH_NATIVE, U32_MAX - BEYOND, BEYOND + 1 },
#ifdef SECCOMP_ARCH_COMPAT
	{ SECCOMP_ARCH_COMPAT, 0, SECCOMP_ARCH_COMPAT_NR + BEYOND },
	{ SECCOMP_ARCH_COMPAT, ALT_FIRST - BEYOND, 2 * BEYOND },
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
	struct bpf_prog *truth[TABLE_KUNIT_MOST];
	struct rnd_state rng;
	const u32 *corpus;
	size_t corpus_words;
	u64 constant;
	u64 asked;
	u64 residual;
	u64 walked;
	u64 denied;
#ifdef CONFIG_BPF_JIT
	int jit_enable;
	int jit_harden;
#endif
};

static void stack_clear(struct stack *s)
{
	while (s->top) {
		struct seccomp_filter *f = s->top;

		s->top = f->prev;
		seccomp_filter_free(f);
	}
	while (s->depth)
		bpf_prog_destroy(s->truth[--s->depth]);
}

/* Convert a whole filter, for the interpreter to run if there is one. */
static struct bpf_prog *make_truth(struct kunit *test, const struct sock_filter *insns,
				   unsigned int len)
{
	struct sock_fprog_kern fprog = { .len = len, .filter = (struct sock_filter *)insns };
	struct bpf_prog *prog = NULL;
#ifdef CONFIG_BPF_JIT
	int enable = bpf_jit_enable, harden = bpf_jit_harden;

	bpf_jit_enable = IS_ENABLED(CONFIG_BPF_JIT_ALWAYS_ON);
	bpf_jit_harden = 0;
#endif
	KUNIT_EXPECT_EQ(test, 0, bpf_prog_create_trans(&prog, &fprog, seccomp_check_filter,
						       false));
#ifdef CONFIG_BPF_JIT
	bpf_jit_harden = harden;
	bpf_jit_enable = enable;
#endif
	KUNIT_ASSERT_NOT_NULL(test, prog);
	KUNIT_ASSERT_TRUE(test, prog->jited == IS_ENABLED(CONFIG_BPF_JIT_ALWAYS_ON));
	return prog;
}

/* Attach a program as seccomp_set_mode_filter() does, but to no task. */
static struct seccomp_filter *stack_push(struct stack *s, const struct sock_filter *insns,
					 unsigned int len)
{
	struct sock_fprog fprog = { .len = len, .filter = s->user };
	struct seccomp_filter *before = current->seccomp.filter;
	struct seccomp_filter *f;

	KUNIT_ASSERT_LT(s->test, s->depth, TABLE_KUNIT_MOST);
	KUNIT_ASSERT_EQ(s->test, 0, copy_to_user(s->user, insns, len * sizeof(*insns)));
	/* As the ancestors whose programs it may share. */
	current->seccomp.filter = s->top;
	f = seccomp_prepare_filter(&fprog);
	current->seccomp.filter = before;
	KUNIT_ASSERT_NOT_ERR_OR_NULL(s->test, f);

	f->log = s->depth & 1;
	f->table = seccomp_table_build(f->program, f, f->log,
				       s->top ? s->top->table : &seccomp_table_no_filter);
	KUNIT_ASSERT_NOT_NULL(s->test, f->table);
	f->prev = s->top;
	s->top = f;
	s->truth[s->depth] = make_truth(s->test, insns, len);
	KUNIT_EXPECT_EQ(s->test, s->truth[s->depth]->len, f->program->path_insns);
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

/* What all filters say, by mainline's rule: the smallest, of the newest. */
static u32 stack_run(struct stack *s, const struct seccomp_data *sd,
		     struct seccomp_filter **match)
{
	struct seccomp_filter *f = s->top;
	u32 ret = SECCOMP_RET_ALLOW;

	*match = NULL;
	for (unsigned int i = s->depth; i--; f = f->prev) {
		u32 one = bpf_prog_run_pin_on_cpu(s->truth[i], sd);

		if ((s32)(one & SECCOMP_RET_ACTION_FULL) < (s32)(ret & SECCOMP_RET_ACTION_FULL)) {
			ret = one;
			*match = f;
		}
	}
	return ret;
}

static const struct seccomp_plan *plan_of(struct stack *s, u32 arch, u32 nr)
{
	return seccomp_table_known(s->top->table, arch, nr);
}

/* What the table leads to, with nothing told that is not to be read. */
static u32 plan_run(struct stack *s, const struct seccomp_plan *plan,
		    const struct seccomp_data *call, struct seccomp_filter **match)
{
	struct seccomp_data sd = *call;

	*match = NULL;
	switch (plan->way) {
	case SECCOMP_WALK:
		return seccomp_walk(s->top, &sd, match);
	case SECCOMP_ASK_ONE:
	case SECCOMP_ASK_SOME:
		sd.arch = UNKNOWN_ARCH;
		return seccomp_plan_run(plan, &sd, match);
	default:
		*match = plan->match;
		if (*match)
			KUNIT_ASSERT_EQ(s->test, plan->log, (*match)->log);
		return plan->ret;
	}
}

/* Is somebody asked, and nobody by the whole filter? */
static bool by_residuals(const struct seccomp_plan *plan)
{
	for (unsigned int i = 0; i < plan->nr_steps; i++) {
		const struct seccomp_step *step = &plan->steps[i];

		if (step->answer.prog && step->answer.prog != step->filter->program->rest)
			return false;
	}
	return plan->nr_steps;
}

/* What is done to a call if its verdict is verified. */
static void expect_verified(struct stack *s, const struct seccomp_data *sd, u32 ret,
			    struct seccomp_filter *match)
{
	struct seccomp_check check = { .sd = *sd };

	KUNIT_ASSERT_EQ(s->test, SECCOMP_WALK,
			seccomp_table_lookup(s->top->table, sd->arch, sd->nr)->way);
	seccomp_check_begin(&check, s->top->table, sd->nr);
	for (struct seccomp_filter *f = s->top; f; f = f->prev)
		seccomp_check_ask(&check, f, f->program, f->log);
	KUNIT_ASSERT_TRUE(s->test, seccomp_check_end(&check));
	KUNIT_ASSERT_EQ(s->test, check.filters.ret, ret);
	KUNIT_ASSERT_PTR_EQ(s->test, check.filters.match, match);
}

/* The table and the truth say the same. Returns whether that is a constant. */
static bool expect_run(struct stack *s, const struct seccomp_data *sd)
{
	const struct seccomp_plan *plan = plan_of(s, sd->arch, sd->nr);
	struct seccomp_filter *match, *true_match;
	u32 ret, true_ret;

	if (seccomp_is_exempt(sd->arch, sd->nr)) {
		if (plan->way != SECCOMP_WALK)
			KUNIT_ASSERT_EQ(s->test, plan->way, SECCOMP_CONSTANT);
		true_ret = SECCOMP_RET_ALLOW;
		true_match = NULL;
	} else {
		true_ret = stack_run(s, sd, &true_match);
	}

	ret = plan_run(s, plan, sd, &match);
	KUNIT_ASSERT_PTR_EQ_MSG(s->test, match, true_match, "arch %x number %x", sd->arch,
				sd->nr);
	if (match)
		KUNIT_ASSERT_EQ_MSG(s->test, ret, true_ret, "arch %x number %x", sd->arch,
				    sd->nr);
	else
		KUNIT_ASSERT_EQ(s->test, ret & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ALLOW);
	if (seccomp_verify)
		expect_verified(s, sd, true_ret, true_match);
	if (seccomp_plan_constant(plan))
		s->constant++;
	else
		s->asked++;
	s->residual += by_residuals(plan);
	return seccomp_plan_constant(plan);
}

/* The bits that are tested at entry say ALLOW where, and only where, slots do. */
static void expect_bits(struct stack *s, u32 arch, u32 nr)
{
	const struct seccomp_plan *plan = plan_of(s, arch, nr);
	const struct seccomp_allow *tested = seccomp_table_allow(s->top->table);
	const struct seccomp_allow *allow = seccomp_table_known_allow(tested);
	enum seccomp_window window = SECCOMP_WINDOW_NATIVE;
	bool tabled = nr < SECCOMP_ARCH_NATIVE_NR;

#ifdef SECCOMP_ARCH_ALT_NR
	tabled |= nr - SECCOMP_ARCH_ALT_FIRST < SECCOMP_ARCH_ALT_NR;
#endif
#ifdef SECCOMP_ARCH_COMPAT
	if (arch == SECCOMP_ARCH_COMPAT) {
		window = SECCOMP_WINDOW_COMPAT;
		tabled = nr < SECCOMP_ARCH_COMPAT_NR;
	}
#endif
	KUNIT_ASSERT_EQ_MSG(s->test, seccomp_allows(allow, window, (int)nr),
			    tabled && seccomp_plan_constant(plan) &&
			    plan->ret == SECCOMP_RET_ALLOW,
			    "arch %x number %x", arch, nr);
	if (seccomp_verify)
		KUNIT_ASSERT_FALSE(s->test, seccomp_allows(tested, window, (int)nr));
}

static u32 any_of(struct rnd_state *rng, unsigned int n)
{
	return prandom_u32_state(rng) % n;
}

/* A word as some filter of the stack compares arguments with, or about that. */
static u32 about_constant(struct stack *s)
{
	const struct seccomp_filter *f = s->top;
	const struct sock_fprog_kern *fprog;

	for (unsigned int i = any_of(&s->rng, s->depth); i; i--)
		f = f->prev;
	fprog = &f->program->fprog;
	return fprog->filter[any_of(&s->rng, fprog->len)].k + any_of(&s->rng, 3) - 1;
}

static void about_constants(struct stack *s, struct seccomp_data *sd)
{
	for (int i = 0; i < 6; i++) {
		u64 high = any_of(&s->rng, 3) ? 0 : about_constant(s);

		sd->args[i] = high << 32 | about_constant(s);
	}
	sd->instruction_pointer = (u64)about_constant(s) << 32 | about_constant(s);
}

/* Try every number of every table, and some beyond, each with several arguments. */
static void expect_runs(struct stack *s)
{
	struct seccomp_data data[TABLE_KUNIT_CALLS] = { }, more = { };

	prandom_bytes_state(&s->rng, &data[1], sizeof(data[1]));
	about_constants(s, &data[2]);

	for (size_t i = 0; i < ARRAY_SIZE(all_numbers); i++) {
		const struct numbers *n = &all_numbers[i];

		for (u32 nr = n->first; nr - n->first < n->nr; nr++) {
			bool constant = true;

			expect_bits(s, n->arch, nr);
			for (int j = 0; j < TABLE_KUNIT_CALLS; j++) {
				data[j].arch = n->arch;
				data[j].nr = nr;
				constant = expect_run(s, &data[j]);
			}
			for (int j = 0; !constant && j < TABLE_KUNIT_MORE; j++) {
				about_constants(s, &more);
				more.arch = n->arch;
				more.nr = nr;
				expect_run(s, &more);
			}
		}
		cond_resched();
	}
}

/* Calls of an architecture that has no slots run all filters as they were installed. */
static void expect_walk(struct stack *s)
{
	struct seccomp_filter *match, *true_match;
	u32 ret, true_ret;

	for (int i = 0; i < TABLE_KUNIT_WALKS; i++) {
		struct seccomp_data sd;

		about_constants(s, &sd);
		sd.arch = UNKNOWN_ARCH;
		sd.nr = i & 1 ? about_constant(s) : any_of(&s->rng, 500);
		true_ret = stack_run(s, &sd, &true_match);
		match = NULL;
		ret = seccomp_walk(s->top, &sd, &match);
		KUNIT_ASSERT_PTR_EQ(s->test, match, true_match);
		if (match)
			KUNIT_ASSERT_EQ(s->test, ret, true_ret);
		else
			KUNIT_ASSERT_EQ(s->test, ret, SECCOMP_RET_ALLOW);
		s->denied += !!match;
	}
	s->walked += TABLE_KUNIT_WALKS;
}

static int stack_init(struct kunit *test)
{
	struct stack *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	unsigned long user;

	if (!seccomp_action_tables)
		kunit_skip(test, "seccomp.action_tables is off");
	KUNIT_ASSERT_NOT_NULL(test, s);
	user = kunit_vm_mmap(test, NULL, 0, BPF_MAXINSNS * sizeof(struct sock_filter),
			     PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE_MSG(test, user, 0, "no user memory");
	KUNIT_ASSERT_LT_MSG(test, user, (unsigned long)TASK_SIZE, "no user memory");
	s->test = test;
	prandom_seed_state(&s->rng, TABLE_KUNIT_SEED);
	s->user = (struct sock_filter __user *)user;
#ifdef CONFIG_BPF_JIT
	s->jit_enable = bpf_jit_enable;
	s->jit_harden = bpf_jit_harden;
#endif
	test->priv = s;
	return 0;
}

static void stack_exit(struct kunit *test)
{
	struct stack *s = test->priv;

	if (!s)
		return;
#ifdef CONFIG_BPF_JIT
	/* See run_with(), which may have been left by an assertion. */
	bpf_jit_harden = s->jit_harden;
	bpf_jit_enable = s->jit_enable;
#endif
	stack_clear(s);
}

/* What syscall_get_arch() returns has slots, and nothing else has. */
static void test_archs(struct kunit *test)
{
	const struct seccomp_plan *plan = NULL;
	struct stack *s = test->priv;

	KUNIT_EXPECT_EQ(test, SECCOMP_ARCH_NATIVE, (u32)syscall_get_arch(current));
	KUNIT_EXPECT_EQ(test, SECCOMP_SLOT_NATIVE, seccomp_slot(SECCOMP_ARCH_NATIVE, 0));
#ifdef SECCOMP_ARCH_COMPAT
	KUNIT_EXPECT_NE(test, SECCOMP_ARCH_NATIVE, SECCOMP_ARCH_COMPAT);
	KUNIT_EXPECT_EQ(test, SECCOMP_SLOT_COMPAT, seccomp_slot(SECCOMP_ARCH_COMPAT, 0));
#endif
	for (int bit = 0; bit < 32; bit++) {
		u32 arch = SECCOMP_ARCH_NATIVE ^ 1U << bit;

#ifdef SECCOMP_ARCH_COMPAT
		if (arch == SECCOMP_ARCH_COMPAT)
			continue;
#endif
		KUNIT_EXPECT_EQ(test, SECCOMP_SLOTS, seccomp_slot(arch, 0));
	}
	KUNIT_EXPECT_EQ(test, SECCOMP_SLOTS, seccomp_slot(UNKNOWN_ARCH, 0));

	stack_push_ret(s, SECCOMP_RET_ERRNO | 1);
	kunit_warning_suppress(test) {
		plan = seccomp_table_lookup(s->top->table, UNKNOWN_ARCH, 0);
		KUNIT_EXPECT_SUPPRESSED_WARNING_COUNT(test, 1);
	}
	KUNIT_ASSERT_NOT_NULL(test, plan);
	KUNIT_EXPECT_EQ(test, SECCOMP_WALK, plan->way);
	expect_walk(s);
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

/* Who is asked about native call 1? */
static void expect_asked(struct stack *s, unsigned int nr)
{
	const struct seccomp_plan *plan = plan_of(s, SECCOMP_ARCH_NATIVE, 1);
	unsigned int asked = 0;

	for (unsigned int i = 0; i < plan->nr_steps; i++)
		asked += !!plan->steps[i].answer.prog;
	KUNIT_EXPECT_EQ_MSG(s->test, asked, nr, "under %x", s->truth[0]->insnsi[3].imm);
	KUNIT_EXPECT_NE(s->test, plan->way, SECCOMP_WALK);
}

/* A filter that looks at an argument and a constant, in both orders. */
static void test_ties(struct kunit *test)
{
	static const struct {
		u32 constant, arg[2];
		bool newer_asked, older_asked;
	} cases[] = {
		/* Newer wins a tie, older loses it: with data, the answer can be 1. */
		{ SECCOMP_RET_ERRNO | 38,
		  { SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1 }, true, false },
		{ SECCOMP_RET_ERRNO | 38,
		  { SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 2 }, true, false },
		/* Never smaller than the constant. */
		{ SECCOMP_RET_ERRNO | 38,
		  { SECCOMP_RET_ALLOW, SECCOMP_RET_TRACE | 1 }, false, false },
		{ SECCOMP_RET_KILL_THREAD,
		  { SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1 }, false, false },
		/* Smaller at times. */
		{ SECCOMP_RET_ERRNO | 38,
		  { SECCOMP_RET_ALLOW, SECCOMP_RET_TRAP | 1 }, true, true },
		{ SECCOMP_RET_KILL_THREAD,
		  { SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS }, true, true },
		{ SECCOMP_RET_KILL_PROCESS,
		  { SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS | 7 }, true, false },
		{ SECCOMP_RET_ALLOW,
		  { SECCOMP_RET_ALLOW, SECCOMP_RET_LOG }, true, true },
		/* Nobody need be asked who only allows. */
		{ SECCOMP_RET_ALLOW,
		  { SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW | 5 }, false, false },
		/* What is no action kills, but is compared as it is. */
		{ 0x12340000, { SECCOMP_RET_ALLOW, 0x12340001 }, true, false },
		{ 0x80000001, { SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS }, true, false },
	};
	struct stack *s = test->priv;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		stack_push_ret(s, cases[i].constant);
		stack_push_arg(s, cases[i].arg[0], cases[i].arg[1]);
		expect_asked(s, cases[i].newer_asked);
		expect_runs(s);
		stack_clear(s);

		stack_push_arg(s, cases[i].arg[0], cases[i].arg[1]);
		stack_push_ret(s, cases[i].constant);
		expect_asked(s, cases[i].older_asked);
		expect_runs(s);
		stack_clear(s);
	}
}

/* Nobody is asked about what has the same outcome on both sides. */
static void test_arguments(struct kunit *test)
{
	struct stack *s = test->priv;

	stack_push_arg(s, SECCOMP_RET_ERRNO | 2, SECCOMP_RET_ERRNO | 2);
	expect_asked(s, 0);
	KUNIT_EXPECT_EQ(test, seccomp_verify, !!s->top->program->whole);
	KUNIT_EXPECT_NULL(test, s->top->program->rest);
	stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1);
	stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_TRAP | 3);
	/* Of these two, the older one loses the tie with a constant that is older still. */
	expect_asked(s, 2);
	expect_runs(s);
}

/* A stack of many, of which two look at a call's arguments. */
static void test_two_of_many(struct kunit *test)
{
	struct stack *s = test->priv;

	for (int i = 0; i < 32; i++) {
		if (i == 7)
			stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 7);
		else if (i == 20)
			stack_push_arg(s, SECCOMP_RET_ERRNO | 20, SECCOMP_RET_ALLOW);
		else
			stack_push_ret(s, SECCOMP_RET_ALLOW | i);
	}
	expect_asked(s, 2);
	expect_runs(s);
}

/* The same instructions again: one program, asked once, and the newest is the match. */
static void test_same_again(struct kunit *test)
{
	struct stack *s = test->priv;
	struct seccomp_filter *first, *other;

	first = stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1);
	other = stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 2);
	KUNIT_EXPECT_PTR_NE(test, first->program, other->program);
	expect_asked(s, 2);
	for (int i = 0; i < 3; i++) {
		struct seccomp_filter *again;

		again = stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1);
		KUNIT_EXPECT_PTR_EQ(test, first->program, again->program);
		expect_asked(s, 2);
		expect_runs(s);
	}
}

static void test_exempt(struct kunit *test)
{
	struct stack *s = test->priv;
	unsigned int found = 0;

	/* Denied by everyone, unknown to everyone. */
	for (int i = 0; i < 2; i++) {
		if (i)
			stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1);
		else
			stack_push_ret(s, SECCOMP_RET_KILL_PROCESS);
		expect_runs(s);
		stack_clear(s);
	}

	for (u32 nr = 0; nr < SECCOMP_ARCH_NATIVE_NR; nr++)
		found += seccomp_is_exempt(SECCOMP_ARCH_NATIVE, nr);
#ifdef CONFIG_X86_64
	KUNIT_EXPECT_EQ(test, found, 2);
#endif
}

/* More answers than a table can hold: filters run for what is left out. */
static void test_many_actions(struct kunit *test)
{
	const unsigned int nr = min(400, SECCOMP_ARCH_NATIVE_NR);
	struct stack *s = test->priv;
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
		expect_runs(s);
		insns[len - 1].k = SECCOMP_RET_LOG;
	}
	for (u32 i = 0; i < nr; i++)
		known += seccomp_plan_constant(plan_of(s, SECCOMP_ARCH_NATIVE, i));
	KUNIT_EXPECT_GE(test, known, 200);
	KUNIT_EXPECT_LE(test, known, 256);
}

/* Too many steps for a table: the stack is walked where they do not fit. */
static void test_many_steps(struct kunit *test)
{
	struct stack *s = test->priv;
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	unsigned int walked = 0;

	/* Number n is looked at by the first n. */
	for (int i = 0; i < 40; i++) {
		insns[1].k = i;
		insns[3].k = i;
		insns[4].k = SECCOMP_RET_ERRNO | i;
		stack_push(s, insns, ARRAY_SIZE(insns));
	}
	for (u32 i = 0; i < 40; i++)
		walked += plan_of(s, SECCOMP_ARCH_NATIVE, i)->way == SECCOMP_WALK;
	KUNIT_EXPECT_GE(test, walked, 1);
	KUNIT_EXPECT_LE(test, walked, 39);
	expect_runs(s);
}

/* More joins of long plans than are done for one table: the stack is walked for the rest. */
static void test_many_joins(struct kunit *test)
{
	const unsigned int nr = min(240, SECCOMP_ARCH_NATIVE_NR), depth = 40;
	struct stack *s = test->priv;
	struct sock_filter *insns;
	unsigned int walked = 0, len = 0;

	insns = kunit_kcalloc(test, 2 * nr + 2, sizeof(*insns), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, insns);
	insns[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	for (u32 i = 0; i < nr; i++) {
		insns[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i, 0, 1);
		insns[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							    SECCOMP_RET_ERRNO | (i + 1));
	}
	insns[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	/* None can matter beside the errno of the newest, but all are looked at. */
	for (unsigned int i = 0; i < depth; i++)
		stack_push_arg(s, SECCOMP_RET_ALLOW | i, SECCOMP_RET_ERRNO);
	stack_push(s, insns, len);
	for (u32 i = 0; i < nr; i++)
		walked += plan_of(s, SECCOMP_ARCH_NATIVE, i)->way == SECCOMP_WALK;
	/* JOIN_STEPS_MAX */
	KUNIT_EXPECT_EQ(test, walked, nr - 8192 / depth);
	expect_runs(s);

	/* What is walked stays so in the next table, and returns the same. */
	stack_push_ret(s, SECCOMP_RET_TRAP | 4);
	expect_runs(s);
}

/*
 * The first numbers have a residual with so many @tests of an argument. The others
 * return more constants than there can be answers, so that the filter is compiled
 * whole; beside that it has a residual program only if that is short.
 */
static void expect_rest_beside_whole(struct kunit *test, unsigned int tests, bool rest)
{
	const u32 first = 10, nr = 300;
	struct stack *s = test->priv;
	struct seccomp_filter *f;
	struct sock_filter *insns;
	unsigned int len = 0;

	insns = kunit_kcalloc(test, 2 * (nr + tests) + 6, sizeof(*insns), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, insns);
	insns[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	insns[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 1);
	insns[len++] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 2 * tests + 2);
	insns[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						    offsetof(struct seccomp_data, args[0]));
	for (u32 i = 0; i < tests; i++) {
		insns[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i, 0, 1);
		insns[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							    SECCOMP_RET_ERRNO | i % 200);
	}
	insns[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	for (u32 i = first; i < first + nr; i++) {
		insns[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i, 0, 1);
		insns[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | i);
	}
	insns[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	f = stack_push(s, insns, len);
	KUNIT_EXPECT_NOT_NULL(test, f->program->whole);
	KUNIT_EXPECT_EQ(test, rest, !!f->program->rest);
	KUNIT_EXPECT_FALSE(test, f->program->unanalyzed);
	/* Neither is taken for a constant. */
	KUNIT_EXPECT_EQ(test, SECCOMP_ASK_ONE, plan_of(s, SECCOMP_ARCH_NATIVE, 0)->way);
	KUNIT_EXPECT_EQ(test, SECCOMP_ASK_ONE,
			plan_of(s, SECCOMP_ARCH_NATIVE, first + nr - 1)->way);
	expect_runs(s);
	stack_clear(s);
}

static void test_rest_beside_whole(struct kunit *test)
{
	if (SECCOMP_ARCH_NATIVE_NR < 310)
		kunit_skip(test, "not enough system calls");
	expect_rest_beside_whole(test, 100, true);
	expect_rest_beside_whole(test, 400, false);
}

/* The same instructions again, after memory was short: they are analyzed anew. */
static void test_unanalyzed(struct kunit *test)
{
	struct stack *s = test->priv;
	struct seccomp_filter *f, *again;
	const struct seccomp_plan *plan;

	f = stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1);
	KUNIT_EXPECT_FALSE(test, f->program->unanalyzed);
	KUNIT_EXPECT_TRUE(test, seccomp_program_shareable(f->program));
	plan = plan_of(s, SECCOMP_ARCH_NATIVE, 1);
	KUNIT_ASSERT_EQ(test, 1, plan->nr_steps);
	KUNIT_EXPECT_FALSE(test, plan->steps->unanalyzed);

	/* As if there had been no memory. */
	f->program->unanalyzed = true;
	KUNIT_EXPECT_FALSE(test, seccomp_program_shareable(f->program));
	again = stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1);
	KUNIT_EXPECT_PTR_NE(test, f->program, again->program);
	KUNIT_EXPECT_FALSE(test, again->program->unanalyzed);
	expect_asked(s, 2);
	expect_runs(s);

	/* Plans tell which filters were analyzed. */
	f = stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 2);
	f->program->unanalyzed = true;
	seccomp_table_free(f->table);
	f->table = seccomp_table_build(f->program, f, f->log, again->table);
	KUNIT_ASSERT_NOT_NULL(test, f->table);
	plan = plan_of(s, SECCOMP_ARCH_NATIVE, 1);
	KUNIT_ASSERT_EQ(test, 3, plan->nr_steps);
	KUNIT_EXPECT_TRUE(test, plan->steps[0].unanalyzed);
	KUNIT_EXPECT_FALSE(test, plan->steps[1].unanalyzed);
	expect_runs(s);
}

#ifdef CONFIG_BPF_JIT
/* What the JIT could not compile is compiled anew. */
static void test_fallback(struct kunit *test)
{
	struct stack *s = test->priv;
	struct seccomp_filter *f, *again;

	if (!bpf_jit_enable)
		kunit_skip(test, "bpf_jit_enable is off");
	f = stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1);
	KUNIT_ASSERT_NOT_NULL(test, f->program->rest);
	KUNIT_ASSERT_TRUE(test, f->program->rest->jited);
	/* As if it had failed. */
	f->program->rest->jited = 0;
	KUNIT_EXPECT_FALSE(test, seccomp_program_shareable(f->program));
	again = stack_push_arg(s, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1);
	KUNIT_EXPECT_PTR_NE(test, f->program, again->program);
	f->program->rest->jited = 1;
	KUNIT_EXPECT_TRUE(test, seccomp_program_shareable(f->program));
	expect_runs(s);
}
#else
static void test_fallback(struct kunit *test)
{
	kunit_skip(test, "there is no JIT");
}
#endif

/* Random programs */

static u32 random_constant(struct rnd_state *rng)
{
	switch (any_of(rng, 8)) {
	case 0:
		return SECCOMP_ARCH_NATIVE;
	case 1:
		return ALT_FIRST | any_of(rng, 600);
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

static void random_stacks(struct stack *s)
{
	static struct sock_filter insns[TABLE_KUNIT_INSNS + 3];
	u64 calls = 0;

	for (int i = 0; i < TABLE_KUNIT_STACKS; i++) {
		unsigned int depth = 1 + any_of(&s->rng, TABLE_KUNIT_DEPTH);

		for (unsigned int j = 0; j < depth; j++)
			stack_push(s, insns, random_program(&s->rng, insns));
		expect_runs(s);
		expect_walk(s);
		stack_clear(s);
	}
	/* Else this would prove little. */
	kunit_info(s->test, "%llu constant answers and %llu others compared with runs\n",
		   s->constant, s->asked);
	kunit_info(s->test, "%llu of the others by residuals alone\n", s->residual);
	kunit_info(s->test, "%llu calls of an architecture without slots, %llu not allowed\n",
		   s->walked, s->denied);
	for (size_t i = 0; i < ARRAY_SIZE(all_numbers); i++)
		calls += (u64)TABLE_KUNIT_STACKS * TABLE_KUNIT_CALLS * all_numbers[i].nr;
	KUNIT_EXPECT_GT(s->test, s->constant, calls / 4);
	KUNIT_EXPECT_GT(s->test, s->asked, calls / 20);
	KUNIT_EXPECT_GT(s->test, s->residual, calls / 20);
	KUNIT_EXPECT_GT(s->test, s->denied, s->walked / 4);
	KUNIT_EXPECT_LT(s->test, s->denied, s->walked);
}

/* What compiles: nothing, the JIT, or the JIT that blinds constants. */
enum compiler { INTERPRETED, COMPILED, HARDENED, COMPILERS };

static void run_with(enum compiler compiler, struct stack *s, void (*run)(struct stack *s))
{
#ifdef CONFIG_BPF_JIT
	/* Then there is no interpreter. */
	if (compiler == INTERPRETED && IS_ENABLED(CONFIG_BPF_JIT_ALWAYS_ON))
		return;
	/* Until stack_exit() */
	bpf_jit_enable = compiler != INTERPRETED;
	bpf_jit_harden = compiler == HARDENED ? 2 : 0;
	run(s);
#else
	if (compiler == INTERPRETED)
		run(s);
#endif
}

static void test_random_interpreted(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_BPF_JIT_ALWAYS_ON))
		kunit_skip(test, "there is no interpreter");
	run_with(INTERPRETED, test->priv, random_stacks);
}

static void test_random_compiled(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_BPF_JIT))
		kunit_skip(test, "there is no JIT");
	run_with(COMPILED, test->priv, random_stacks);
}

static void test_random_hardened(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_BPF_JIT))
		kunit_skip(test, "there is no JIT");
	run_with(HARDENED, test->priv, random_stacks);
}

static void vfree_action(void *p)
{
	vfree(p);
}

/* Filters as programs install them: the number of a stack's, each with its length. */
static void corpus_stacks(struct stack *s)
{
	unsigned int stacks = 0, filters = 0, whole = 0;

	for (const u32 *word = s->corpus, *end = word + s->corpus_words; word < end; stacks++) {
		for (u32 nr = *word++; nr; nr--) {
			u32 len = *word++;

			KUNIT_ASSERT_LE(s->test, len, (end - word) / 2);
			stack_push(s, (const struct sock_filter *)word, len);
			whole += !!s->top->program->whole;
			filters++;
			word += len * 2;
		}
		expect_runs(s);
		stack_clear(s);
	}
	kunit_info(s->test, "%u stacks of %u filters, %u of them needed whole\n", stacks, filters,
		   whole);
	KUNIT_EXPECT_GT(s->test, stacks, 0);
}

static void test_corpus(struct kunit *test)
{
	struct stack *s = test->priv;
	void *file = NULL;
	ssize_t size;

	wait_for_initramfs();
	size = kernel_read_file_from_path_initns(TABLE_KUNIT_CORPUS, 0, &file, SZ_16M, NULL,
						 READING_UNKNOWN);
	if (size < 0)
		kunit_skip(test, "no " TABLE_KUNIT_CORPUS);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, vfree_action, file));

	s->corpus = file;
	s->corpus_words = size / sizeof(u32);
	for (enum compiler c = 0; c < COMPILERS; c++)
		run_with(c, s, corpus_stacks);
	kunit_info(test, "%llu constant answers and %llu others compared with runs\n",
		   s->constant, s->asked);
	KUNIT_EXPECT_EQ(test, s->asked, s->residual);
}

static struct kunit_case action_table_cases[] = {
	KUNIT_CASE(test_archs),
	KUNIT_CASE(test_constants),
	KUNIT_CASE(test_ties),
	KUNIT_CASE(test_arguments),
	KUNIT_CASE(test_two_of_many),
	KUNIT_CASE(test_same_again),
	KUNIT_CASE(test_exempt),
	KUNIT_CASE(test_many_actions),
	KUNIT_CASE(test_many_steps),
	KUNIT_CASE(test_many_joins),
	KUNIT_CASE(test_rest_beside_whole),
	KUNIT_CASE(test_unanalyzed),
	KUNIT_CASE(test_fallback),
	KUNIT_CASE_SLOW(test_random_interpreted),
	KUNIT_CASE_SLOW(test_random_compiled),
	KUNIT_CASE_SLOW(test_random_hardened),
	KUNIT_CASE_SLOW(test_corpus),
	{ }
};

static struct kunit_suite action_table_suite = {
	.name = "seccomp_action_table",
	.init = stack_init,
	.exit = stack_exit,
	.test_cases = action_table_cases,
};

kunit_test_suite(action_table_suite);
