// SPDX-License-Identifier: GPL-2.0
/* What /proc/PID/seccomp_policy says, and that it is so */

#include "seccomp_policy.h"

#ifdef __x86_64__
/* --- The model: what a stack of layers says of a number --- */

struct verdict {
	__u32 even, odd;
};

static __s32 action_only(__u32 ret)
{
	return ret & SECCOMP_RET_ACTION_FULL;
}

static struct verdict verdict_of_layer(const struct stack *stack, size_t which, __u32 arch,
				       __u32 nr)
{
	const struct layer *layer = &stack->layers[which];

	if (layer->is_pin) {
		__u32 ret = is_pinned_in(stack->abi, arch, nr) ? ALLOW : layer->dflt;

		return (struct verdict) { ret, ret };
	}
	for (size_t i = 0; i < ARRAY_SIZE(spared); i++) {
		if (arch == spared[i].arch && nr == spared[i].nr)
			return (struct verdict) { ALLOW, ALLOW };
	}
	for (size_t i = 0; i < layer->n; i++) {
		const struct rule *r = &layer->rules[i];

		if (r->arch == arch && r->first <= nr && nr <= r->last)
			return (struct verdict) { r->action, r->depends ? r->odd : r->action };
	}
	return (struct verdict) { layer->dflt, layer->dflt };
}

/* What is to be seen of a number: its verdict, and whose it is; or that it depends */
struct seen {
	char verdict[32];
	long filter;
	bool depends;
};

static void name_with_data(char *word, const char *name, __u32 n, bool always)
{
	if (n || always)
		snprintf(word, 32, "%s(%u)", name, n);
	else
		snprintf(word, 32, "%s", name);
}

static void name_verdict(__u32 ret, char word[32])
{
	__u32 n = ret & SECCOMP_RET_DATA;

	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		name_with_data(word, "ALLOW", 0, false);
		break;
	case SECCOMP_RET_LOG:
		name_with_data(word, "LOG", 0, false);
		break;
	case SECCOMP_RET_TRACE:
		name_with_data(word, "TRACE", n, false);
		break;
	case SECCOMP_RET_USER_NOTIF:
		name_with_data(word, "USER_NOTIF", 0, false);
		break;
	case SECCOMP_RET_ERRNO:
		name_with_data(word, "ERRNO", n > 4095 ? 4095 : n, true);
		break;
	case SECCOMP_RET_TRAP:
		name_with_data(word, "TRAP", n, false);
		break;
	case SECCOMP_RET_KILL_THREAD:
		name_with_data(word, "KILL_THREAD", 0, false);
		break;
	default:
		name_with_data(word, "KILL_PROCESS", 0, false);
	}
}

static struct seen seen_of(const struct stack *stack, __u32 arch, __u32 nr)
{
	struct seen seen = { .filter = -1 };
	__u32 all = ALLOW;

	if (arch == NATIVE_ARCH && (nr == __NR_uprobe || nr == __NR_uretprobe)) {
		name_verdict(ALLOW, seen.verdict);
		return seen;
	}
	for (size_t i = 0; i < stack->n; i++) {
		struct verdict newer = verdict_of_layer(stack, i, arch, nr);

		seen.depends |= newer.even != newer.odd;
		if (action_only(newer.even) <= action_only(all)) {
			all = newer.even;
			seen.filter = stack->n - 1 - i;
		}
	}
	if (action_only(all) == (__s32)SECCOMP_RET_ALLOW)
		seen.filter = -1;
	name_verdict(all, seen.verdict);
	return seen;
}

/* Is what is seen one and the same from @first to @last? It may change where a rule does. */
static bool is_uniform(const struct stack *stack, __u32 arch, __u32 first, __u32 last)
{
	static const __u32 of_pins[] = {
		512, 548, 0x40000000, 0x40000000 + 512, 0x40000000 + 548, 0x80000000, UINT_MAX,
	};
	const struct seen want = seen_of(stack, arch, first);
	__u32 ends[2 * LAYERS * LAYER_RULES + ARRAY_SIZE(of_pins)];
	size_t n = 0;

	for (size_t i = 0; i < stack->n; i++) {
		for (size_t j = 0; j < stack->layers[i].n; j++) {
			ends[n++] = stack->layers[i].rules[j].first;
			ends[n++] = stack->layers[i].rules[j].last + 1;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(of_pins); i++)
		ends[n++] = of_pins[i];
	for (size_t i = 0; i < n; i++) {
		if (first < ends[i] && ends[i] <= last) {
			struct seen here = seen_of(stack, arch, ends[i]);

			if (here.depends || here.filter != want.filter ||
			    strcmp(here.verdict, want.verdict))
				return false;
		}
	}
	return !want.depends;
}

static void expect_lines(struct __test_metadata *_metadata, const struct stack *stack)
{
	expect_complete(_metadata);
	for (size_t i = 0; i < line_count; i++) {
		const struct line *l = &lines[i];
		struct seen want = seen_of(stack, l->abi->arch, l->first);

		if (!is_uniform(stack, l->abi->arch, l->first, l->last)) {
			/* Those that depend are told by the cases on programs. */
			EXPECT_LE(l->programs, (long)stack->n);
			continue;
		}
		EXPECT_STREQ(want.verdict, l->verdict)
			TH_LOG("arch %x, %#x-%#x", l->abi->arch, l->first, l->last);
		EXPECT_EQ(want.filter, l->filter)
			TH_LOG("arch %x, %#x-%#x", l->abi->arch, l->first, l->last);
	}
}

static void expect_stack(struct __test_metadata *_metadata, const struct stack *stack)
{
	ASSERT_EQ(0, read_stack(_metadata, stack));
	ASSERT_LT(0UL, line_count);
	expect_lines(_metadata, stack);
}

/* --- What it says --- */

TEST_F(policy, all_is_allowed)
{
	expect_stack(_metadata, &any);
	for (size_t i = 0; i < line_count; i++)
		EXPECT_STREQ("ALLOW", lines[i].verdict);
}

TEST_F(policy, has_the_tables_first_and_the_ranges_behind)
{
	size_t ranges = 0, singles[3] = {};

	ASSERT_EQ(0, read_stack(_metadata, &any));
	for (size_t i = 0; i < line_count; i++) {
		const struct line *l = &lines[i];

		ranges += l->is_range;
		if (l->first == UINT_MAX)
			continue;
		EXPECT_TRUE(!ranges || l->is_range) TH_LOG("line %zu", i);
		singles[l->abi == &native ? 0 : l->abi == &ia32 ? 1 : 2] += !l->is_range;
	}
	EXPECT_LT(400UL, singles[0]);
	EXPECT_TRUE(!have_ia32 || singles[1] > 400);
	EXPECT_TRUE(!have_x32 || singles[2] > 400);
	EXPECT_LT(0UL, ranges);
}

TEST_F_TIMEOUT(policy, every_verdict_has_its_name, 120)
{
	static const __u32 verdicts[] = {
		ALLOW | 5, SECCOMP_RET_LOG, SECCOMP_RET_LOG | 5, SECCOMP_RET_TRACE,
		SECCOMP_RET_TRACE | 1, SECCOMP_RET_TRACE | 0xffff, SECCOMP_RET_USER_NOTIF,
		SECCOMP_RET_USER_NOTIF | 5, SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO | 38,
		SECCOMP_RET_ERRNO | 4095, SECCOMP_RET_ERRNO | 4096, SECCOMP_RET_ERRNO | 0xffff,
		SECCOMP_RET_TRAP, SECCOMP_RET_TRAP | 1, SECCOMP_RET_TRAP | 0xffff,
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_THREAD | 5, SECCOMP_RET_KILL_PROCESS,
		SECCOMP_RET_KILL_PROCESS | 5, 0x12340000, 0x7ffe0005, 0x80010000,
	};

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct stack stack = { { { .dflt = verdicts[i] } }, 1 };

		expect_stack(_metadata, &stack);
	}
}

TEST_F(policy, every_number_has_its_own)
{
	static const struct stack stack = { {
		{ ALLOW, {
			{ NATIVE_ARCH, 101, 101, SECCOMP_RET_ERRNO | 1 },
			{ NATIVE_ARCH, 0, 0, SECCOMP_RET_ERRNO | 2 },
			{ AUDIT_ARCH_I386, 101, 103, SECCOMP_RET_TRAP | 3 },
			{ NATIVE_ARCH, X32_BIT | 102, X32_BIT | 102, KILL },
		}, 4 },
		{ ALLOW, {
			{ NATIVE_ARCH, 548, X32_BIT - 1, SECCOMP_RET_ERRNO | 38 },
			{ AUDIT_ARCH_I386, 0x80000000, UINT_MAX, SECCOMP_RET_TRAP },
			{ NATIVE_ARCH, UINT_MAX, UINT_MAX, SECCOMP_RET_TRACE | 9 },
			{ NATIVE_ARCH, X32_BIT | 512, X32_BIT | 547, SECCOMP_RET_LOG },
		}, 4 },
	}, 2 };

	expect_stack(_metadata, &stack);
	EXPECT_STREQ("ERRNO(1)", line_of(&native, 101)->verdict);
	EXPECT_EQ(1, line_of(&native, 101)->filter);
	EXPECT_STREQ("TRACE(9)", line_of(&native, UINT_MAX)->verdict);
	EXPECT_EQ(0, line_of(&native, UINT_MAX)->filter);
}

TEST_F_TIMEOUT(policy, says_which_filter_decides, 120)
{
	static const size_t depths[] = { 1, 2, 3, 20 };
	static struct stack stack;

	for (size_t i = 0; i < ARRAY_SIZE(depths); i++) {
		for (__u32 seed = 1; seed < 5; seed++) {
			build_deep(&stack, depths[i], seed);
			expect_stack(_metadata, &stack);
		}
	}
	/* All the same: it is the newest that says so. */
	memset(&stack, 0, sizeof(stack));
	stack.n = LAYERS;
	for (size_t i = 0; i < LAYERS; i++)
		stack.layers[i].dflt = SECCOMP_RET_ERRNO | 9;
	expect_stack(_metadata, &stack);
	EXPECT_EQ(0, line_of(&native, 1)->filter);
	/* Or the oldest, if it is the strictest. */
	stack.layers[0].dflt = SECCOMP_RET_TRAP | 9;
	expect_stack(_metadata, &stack);
	EXPECT_EQ(LAYERS - 1, line_of(&native, 1)->filter);
}

/* --- Pins --- */

TEST_F_TIMEOUT(policy, shows_pins, 120)
{
	static const __u32 actions[] = { KILL, SECCOMP_RET_ERRNO | 3, SECCOMP_RET_TRAP };

	NEED_PIN();
	for (size_t i = 0; i < 3 * ARRAY_SIZE(actions); i++) {
		struct stack stack = {
			{ { .dflt = actions[i % 3], .is_pin = true } }, 1, abis[i / 3],
		};

		if (cannot_pin(stack.abi))
			continue;
		expect_stack(_metadata, &stack);
		/* All of it is constant. */
		for (size_t j = 0; j < line_count; j++)
			EXPECT_STRNE("FILTER", lines[j].verdict);
		/* With one filter behind it and one before */
		stack.n = 3;
		stack.layers[1] = stack.layers[0];
		stack.layers[0] = (struct layer) { SECCOMP_RET_ERRNO | 4, {}, 0 };
		stack.layers[2] = (struct layer) { ALLOW, {
			on(NATIVE_ARCH, 100, SECCOMP_RET_ERRNO | 5),
			on(NATIVE_ARCH, X32_BIT | 100, SECCOMP_RET_ERRNO | 6),
			on(AUDIT_ARCH_I386, 100, SECCOMP_RET_ERRNO | 7),
		}, 3 };
		expect_stack(_metadata, &stack);
	}
}

/* --- What is run --- */

#define ON(action)	{ ALLOW, { { NATIVE_ARCH, 110, 110, action } }, 1 }
#define DEPENDS(even, odd)							\
	{ ALLOW, { { NATIVE_ARCH, 110, 110, even, odd, true } }, 1 }
/* The same for this number, but another filter */
#define DEPENDS_TOO(even, odd)							\
	{ ALLOW, { { NATIVE_ARCH, 110, 110, even, odd, true },			\
		   { NATIVE_ARCH, 111, 111, ERRNO(9) } }, 2 }

/* What the line of number 110 says, under layers from the oldest on */
static const struct {
	const char *verdict;
	long filter, programs;
	struct stack stack;
} run_for[] = {
	{ "FILTER", -1, 1, { { DEPENDS(ERRNO(1), ALLOW) }, 1 } },
	{ "FILTER", -1, 1, { { DEPENDS(ERRNO(1), ERRNO(2)) }, 1 } },
	{ "FILTER", -1, 2, { { DEPENDS(ERRNO(1), ALLOW), DEPENDS(ERRNO(2), ALLOW) }, 2 } },
	{ "FILTER", -1, 2, { { DEPENDS(ERRNO(1), ALLOW), DEPENDS_TOO(ERRNO(1), ALLOW) }, 2 } },
	/* The same filter twice is asked once, wherever it stands. */
	{ "FILTER", -1, 1, { { DEPENDS(ERRNO(1), ALLOW), DEPENDS(ERRNO(1), ALLOW) }, 2 } },
	{ "FILTER", -1, 2, { { DEPENDS(ERRNO(1), ALLOW), DEPENDS(ERRNO(2), ALLOW),
			       DEPENDS(ERRNO(1), ALLOW) }, 3 } },
	/* A filter that says nothing of it does not count. */
	{ "FILTER", -1, 1, { { DEPENDS(ERRNO(1), ALLOW), ON(ALLOW) }, 2 } },
	{ "FILTER", -1, 1, { { ON(SECCOMP_RET_LOG), DEPENDS(ERRNO(1), ALLOW) }, 2 } },
	/* A constant that nothing can be stronger than */
	{ "KILL_PROCESS", 0, -1, { { DEPENDS(ERRNO(1), ALLOW), ON(KILL) }, 2 } },
	{ "KILL_PROCESS", 1, -1, { { ON(KILL), DEPENDS(ERRNO(1), ALLOW) }, 2 } },
	{ "KILL_PROCESS", 2, -1, { { ON(KILL), DEPENDS(ERRNO(1), ALLOW),
				     DEPENDS(ERRNO(2), ALLOW) }, 3 } },
	{ "TRAP", 1, -1, { { DEPENDS(ERRNO(1), ALLOW), ON(SECCOMP_RET_TRAP),
			     DEPENDS(ERRNO(2), SECCOMP_RET_LOG) }, 3 } },
	/* Of equal actions the newest counts, so that an older one need not be asked. */
	{ "ERRNO(5)", 0, -1, { { DEPENDS(ERRNO(1), ALLOW), ON(ERRNO(5)) }, 2 } },
	{ "FILTER", -1, 1, { { ON(ERRNO(5)), DEPENDS(ERRNO(1), ALLOW) }, 2 } },
	{ "FILTER", -1, 1, { { DEPENDS(SECCOMP_RET_TRAP, ALLOW), ON(ERRNO(5)) }, 2 } },
	{ "FILTER", -1, 1, { { DEPENDS(ERRNO(1), ALLOW), ON(ERRNO(5)),
			       DEPENDS(ERRNO(2), ALLOW) }, 3 } },
};

TEST_F_TIMEOUT(policy, says_how_many_programs_run, 120)
{
	for (size_t i = 0; i < ARRAY_SIZE(run_for); i++) {
		const struct line *l;

		expect_stack(_metadata, &run_for[i].stack);
		l = line_of(&native, 110);
		ASSERT_NE(NULL, l);
		EXPECT_STREQ(run_for[i].verdict, l->verdict) TH_LOG("stack %zu", i);
		EXPECT_EQ(run_for[i].filter, l->filter) TH_LOG("stack %zu", i);
		EXPECT_EQ(run_for[i].programs, l->programs) TH_LOG("stack %zu", i);
		/* Its namesakes have nothing to do with it. */
		EXPECT_STREQ("ALLOW", line_of(&ia32, 110)->verdict);
		EXPECT_STREQ("ALLOW", line_of(&x32, X32_BIT | 110)->verdict);
	}
}

TEST_F_TIMEOUT(policy, counts_the_programs_of_a_deep_stack, 120)
{
	static struct stack stack;

	for (size_t n = 1; n <= LAYERS; n += 19) {
		memset(&stack, 0, sizeof(stack));
		stack.n = n;
		for (size_t i = 0; i < n; i++)
			stack.layers[i] = (struct layer)DEPENDS(ERRNO(i + 1), ALLOW);
		ASSERT_EQ(0, read_stack(_metadata, &stack));
		EXPECT_EQ((long)n, line_of(&native, 110)->programs);
	}
}

/* --- That it is so --- */

static void child_calls(const struct abi *abi, long arg)
{
	const struct stack *stack = (void *)arg;

	abi = stack->abi ? stack->abi : &native;
	for (size_t i = 0; i < stack->n; i++)
		CHECK(attach_layer(stack, i, 0), 0);
	for (size_t i = 0; i < line_count; i++) {
		const struct line *l = &lines[i];
		__u32 middle = l->first + (l->last - l->first) / 2;
		unsigned int error;

		if (sscanf(l->verdict, "ERRNO(%u)", &error) != 1)
			continue;
		CHECK(try_number(instruction_of(l->abi->arch), l->first), -(long)error);
		CHECK(try_number(instruction_of(l->abi->arch), middle), -(long)error);
		CHECK(try_number(instruction_of(l->abi->arch), l->last), -(long)error);
		report->told[0]++;
	}
	leave_by(abi, CHILD_DONE);
}

TEST_F_TIMEOUT(policy, is_what_calls_get, 120)
{
	static struct stack stack;

	for (int i = 0; i < 4; i++) {
		if (i < 3) {
			/* A pin on a filter that denies nearly all: every errno is seen. */
			stack = (struct stack) { {
				{ .dflt = ERRNO(1000) },
				{ .dflt = ERRNO(1001), .is_pin = true },
			}, 2, abis[i] };
			if (cannot_pin(stack.abi))
				continue;
		} else {
			build_deep(&stack, LAYERS, 3);
			stack.layers[0].dflt = ERRNO(1002);
		}
		/* The child has a copy of the lines, so they are to be there before it. */
		expect_stack(_metadata, &stack);
		EXPECT_FINE(run(child_calls, &native, (long)&stack));
		EXPECT_LT(400, report->told[0]);
	}
}
#else
TEST(policy)
{
	SKIP(return, "knows the tables of x86-64 only");
}
#endif /* __x86_64__ */

int main(int argc, char **argv)
{
	if (!set_up_pins())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
