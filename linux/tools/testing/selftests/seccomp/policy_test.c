// SPDX-License-Identifier: GPL-2.0
/* /proc/PID/seccomp_policy: what it says, that it is so, and who may read it */

#define WITHOUT_PIN_FIXTURE
#include "seccomp_pin.h"

#ifdef __x86_64__
#include <linux/capability.h>
#include <regex.h>

#define POLICY		"/proc/%d/seccomp_policy"
#define NEEDS_POLICY	"needs CONFIG_SECCOMP_POLICY_VIEW"

/* --- The model: what a stack of layers says of a number --- */

#define LAYERS		20
#define LAYER_RULES	4

/* A filter, or a pin that does @dflt to what it refuses */
struct layer {
	__u32 dflt;
	struct rule rules[LAYER_RULES];
	size_t n;
	bool is_pin;
};

/* From the oldest on. All is attached by calls of @abi, or by native ones. */
struct stack {
	struct layer layers[LAYERS];
	size_t n;
	const struct abi *abi;
};

/* Where @dflt is not to allow, this comes before all rules. */
static const struct {
	__u32 arch, nr;
} spared[] = {
	{ AUDIT_ARCH_X86_64, __NR_exit_group }, { AUDIT_ARCH_X86_64, __NR_sched_yield },
	{ AUDIT_ARCH_X86_64, __NR_seccomp }, { AUDIT_ARCH_X86_64, X32_BIT | __NR_exit_group },
	{ AUDIT_ARCH_X86_64, X32_BIT | __NR_sched_yield },
	{ AUDIT_ARCH_X86_64, X32_BIT | __NR_seccomp }, { AUDIT_ARCH_I386, 252 },
	{ AUDIT_ARCH_I386, 158 }, { AUDIT_ARCH_I386, 354 },
};

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
	for (size_t i = 0; layer->dflt != ALLOW && i < ARRAY_SIZE(spared); i++) {
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

/* --- The file --- */

struct line {
	const struct abi *abi;
	/* As in seccomp_data: those of x32 with bit 30 */
	__u32 first, last;
	bool is_range;
	char verdict[32];
	long filter, residuals;
};

static struct line lines[3 * NUMBERS + 32];
static size_t line_count;
static char text[1 << 18];
static ssize_t text_len;

static int open_policy(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), POLICY, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Read all from @fd, by @chunk bytes at a time; return 0 or a negative error. */
static int read_all(int fd, size_t chunk)
{
	ssize_t got;

	text_len = 0;
	do {
		size_t room = sizeof(text) - 1 - text_len;

		got = read(fd, text + text_len, chunk < room ? chunk : room);
		if (got < 0)
			return -errno;
		text_len += got;
	} while (got);
	text[text_len] = 0;
	return 0;
}

/* The value of @key in the words behind a verdict; -1 if it is not there */
static long value_of(const char *words, const char *key)
{
	const char *found = strstr(words, key);

	return found ? strtol(found + strlen(key), NULL, 10) : -1;
}

#define LINE "^(x86_64|ia32|x32) (0|[1-9][0-9]*)(-([1-9][0-9]*))? " \
	"(ALLOW|LOG|TRACE|TRACE\\([1-9][0-9]*\\)|USER_NOTIF|ERRNO\\([0-9]+\\)|TRAP|" \
	"TRAP\\([1-9][0-9]*\\)|KILL_THREAD|KILL_PROCESS|FILTER)(( [a-z_]+=[^ =]+)*)$"

/* Take the lines from the text; return how many there are that are none. */
static int parse(void)
{
	regmatch_t m[7];
	regex_t regex;
	int bad = 0;

	line_count = 0;
	if (regcomp(&regex, LINE, REG_EXTENDED))
		return -1;
	for (char *at = text, *end; *at; at = end + 1) {
		struct line *l = &lines[line_count];

		end = strchr(at, '\n');
		if (!end || line_count == ARRAY_SIZE(lines)) {
			bad++;
			break;
		}
		*end = 0;
		if (regexec(&regex, at, ARRAY_SIZE(m), m, 0)) {
			fprintf(stderr, "# not a line: %s\n", at);
			bad++;
			*end = '\n';
			continue;
		}
		l->abi = at[0] == 'i' ? &ia32 : at[1] == '3' ? &x32 : &native;
		l->first = strtoul(at + m[2].rm_so, NULL, 10);
		l->is_range = m[4].rm_so >= 0;
		l->last = l->is_range ? strtoul(at + m[4].rm_so, NULL, 10) : l->first;
		if (l->abi == &x32) {
			l->first |= X32_BIT;
			l->last |= X32_BIT;
		}
		snprintf(l->verdict, sizeof(l->verdict), "%.*s", (int)(m[5].rm_eo - m[5].rm_so),
			 at + m[5].rm_so);
		l->filter = value_of(at + m[6].rm_so, " filter=");
		l->residuals = value_of(at + m[6].rm_so, " residuals=");
		line_count++;
		*end = '\n';
	}
	regfree(&regex);
	return bad;
}

/* Read the file of @pid; 0, a negative error, or how many lines are none. */
static int read_policy(pid_t pid)
{
	int fd = open_policy(pid), err;

	line_count = 0;
	if (fd < 0)
		return fd;
	err = read_all(fd, sizeof(text));
	close(fd);
	return err ? err : parse();
}

static const struct line *line_of(const struct abi *abi, __u32 nr)
{
	for (size_t i = 0; i < line_count; i++) {
		const struct line *l = &lines[i];

		if (l->abi->arch == abi->arch && l->first <= nr && nr <= l->last)
			return l;
	}
	return NULL;
}

static int compare_lines(const void *a_, const void *b_)
{
	const struct line *a = a_, *b = b_;

	return a->first < b->first ? -1 : a->first > b->first;
}

/* Each number once, the tables' by themselves, and nothing that is left out */
static void expect_complete(struct __test_metadata *_metadata)
{
	__u64 next_native = 0, next_ia32 = 0;

	qsort(lines, line_count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < line_count; i++) {
		const struct line *l = &lines[i];
		__u64 *next = l->abi == &ia32 ? &next_ia32 : &next_native;
		__u32 low = l->first & ~X32_BIT;

		EXPECT_EQ(*next, l->first) TH_LOG("line %zu", i);
		*next = (__u64)l->last + 1;
		EXPECT_TRUE(l->first < l->last || !l->is_range);
		/* These are in a table of each ABI that there is. */
		EXPECT_FALSE(l->is_range && low < 400 && have_x32) TH_LOG("number %u", l->first);
		/* A decision has a filter, what depends has programs, the rest has neither. */
		EXPECT_EQ(strcmp(l->verdict, "ALLOW") && strcmp(l->verdict, "FILTER"),
			  l->filter >= 0) TH_LOG("number %u %s", l->first, l->verdict);
		EXPECT_EQ(!strcmp(l->verdict, "FILTER"), l->residuals > 0);
		EXPECT_NE(0, l->residuals);
	}
	EXPECT_EQ(1ULL << 32, next_native);
	if (have_ia32)
		EXPECT_EQ(1ULL << 32, next_ia32);
}

static void expect_lines(struct __test_metadata *_metadata, const struct stack *stack)
{
	expect_complete(_metadata);
	for (size_t i = 0; i < line_count; i++) {
		const struct line *l = &lines[i];
		struct seen want = seen_of(stack, l->abi->arch, l->first);

		if (!is_uniform(stack, l->abi->arch, l->first, l->last)) {
			/* Those that depend are told by the cases on residuals. */
			EXPECT_LE(l->residuals, (long)stack->n);
			continue;
		}
		EXPECT_STREQ(want.verdict, l->verdict)
			TH_LOG("arch %x, %#x-%#x", l->abi->arch, l->first, l->last);
		EXPECT_EQ(want.filter, l->filter)
			TH_LOG("arch %x, %#x-%#x", l->abi->arch, l->first, l->last);
	}
}

/* --- Tasks with filters --- */

static long attach_layer(const struct stack *stack, size_t which, unsigned int flags)
{
	const struct layer *layer = &stack->layers[which];
	struct rule rules[ARRAY_SIZE(spared) + LAYER_RULES];
	const struct abi *abi = stack->abi ? stack->abi : &native;
	struct sock_filter insn[9 * RULES + 1];
	size_t n = 0;

	if (layer->is_pin)
		return pin(abi, layer->dflt);
	for (size_t i = 0; layer->dflt != ALLOW && i < ARRAY_SIZE(spared); i++)
		rules[n++] = on(spared[i].arch, spared[i].nr, ALLOW);
	memcpy(rules + n, layer->rules, layer->n * sizeof(*rules));
	return attach_by(abi, flags, insn, build_rules(insn, layer->dflt, rules, n + layer->n));
}

static void child_with_stack(const struct abi *abi, long arg)
{
	const struct stack *stack = (void *)arg;

	if (stack->abi)
		abi = stack->abi;
	for (size_t i = 0; i < stack->n; i++)
		CHECK(attach_layer(stack, i, 0), 0);
	atomic_store(&report->stage, 1);
	wait_by(abi, &report->flag, 1);
	leave_by(abi, CHILD_DONE);
}

/* Have the lines of a task with @stack; return what reading returned. */
static int read_stack(struct __test_metadata *_metadata, const struct stack *stack)
{
	pid_t pid = start(child_with_stack, &native, (long)stack);
	int err;

	wait_for(&report->stage, 1);
	err = read_policy(pid);
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
	return err;
}

static void expect_stack(struct __test_metadata *_metadata, const struct stack *stack)
{
	ASSERT_EQ(0, read_stack(_metadata, stack));
	ASSERT_LT(0UL, line_count);
	expect_lines(_metadata, stack);
}

static const struct stack any = { { { .dflt = ALLOW } }, 1 };

FIXTURE(policy) {
	int unused;
};

FIXTURE_SETUP(policy)
{
	int err;

	if (access("/proc/self/seccomp_policy", F_OK))
		SKIP(return, NEEDS_POLICY);
	look_for_abis();
	err = read_stack(_metadata, &any);
	if (err == -EACCES)
		SKIP(return, "needs CAP_SYS_ADMIN");
	if (err == -EOPNOTSUPP)
		SKIP(return, "the kernel was told to have no tables");
	ASSERT_EQ(0, err);
}

FIXTURE_TEARDOWN(policy)
{
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

TEST_F(policy, every_verdict_has_its_name)
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

/* @depth layers, each of which denies all or a part, with many ties */
static void build_deep(struct stack *stack, size_t depth, __u32 seed)
{
	static const __u32 actions[] = {
		SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO, SECCOMP_RET_TRAP, ALLOW, SECCOMP_RET_LOG,
	};

	memset(stack, 0, sizeof(*stack));
	stack->n = depth;
	for (size_t i = 0; i < depth; i++) {
		struct layer *layer = &stack->layers[i];

		layer->dflt = i * seed % 7 == 3 ? SECCOMP_RET_ERRNO | i : ALLOW;
		for (__u32 j = 0; j < LAYER_RULES; j++) {
			static const struct abi *const of[] = { &native, &ia32, &x32, &native };
			__u32 at = of[j]->first + (seed + i * 37 + j * 11) % 500;

			layer->rules[j] = range(of[j]->arch, at, at + 60,
						actions[(i * seed + j) % 5] | (i + 1));
		}
		layer->n = LAYER_RULES;
	}
}

TEST_F(policy, says_which_filter_decides)
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

TEST_F(policy, shows_pins)
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

#define ERRNO(n)	(SECCOMP_RET_ERRNO | (n))
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
	long filter, residuals;
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

TEST_F(policy, says_how_many_programs_run)
{
	for (size_t i = 0; i < ARRAY_SIZE(run_for); i++) {
		const struct line *l;

		expect_stack(_metadata, &run_for[i].stack);
		l = line_of(&native, 110);
		ASSERT_NE(NULL, l);
		EXPECT_STREQ(run_for[i].verdict, l->verdict) TH_LOG("stack %zu", i);
		EXPECT_EQ(run_for[i].filter, l->filter) TH_LOG("stack %zu", i);
		EXPECT_EQ(run_for[i].residuals, l->residuals) TH_LOG("stack %zu", i);
		/* Its namesakes have nothing to do with it. */
		EXPECT_STREQ("ALLOW", line_of(&ia32, 110)->verdict);
		EXPECT_STREQ("ALLOW", line_of(&x32, X32_BIT | 110)->verdict);
	}
}

TEST_F(policy, counts_the_programs_of_a_deep_stack)
{
	static struct stack stack;

	for (size_t n = 1; n <= LAYERS; n += 19) {
		memset(&stack, 0, sizeof(stack));
		stack.n = n;
		for (size_t i = 0; i < n; i++)
			stack.layers[i] = (struct layer) DEPENDS(ERRNO(i + 1), ALLOW);
		ASSERT_EQ(0, read_stack(_metadata, &stack));
		EXPECT_EQ((long)n, line_of(&native, 110)->residuals);
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

TEST_F(policy, is_what_calls_get)
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

/* --- Reading by pieces, and while filters come --- */

TEST_F(policy, can_be_read_by_pieces)
{
	static const size_t chunks[] = { 1000, 4096, 17, 3 };
	static char whole[sizeof(text)];
	static struct stack stack;
	pid_t pid;
	int fd;

	build_deep(&stack, 3, 2);
	pid = start(child_with_stack, &native, (long)&stack);
	wait_for(&report->stage, 1);
	fd = open_policy(pid);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, read_all(fd, sizeof(text)));
	memcpy(whole, text, text_len + 1);
	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
		ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
		ASSERT_EQ(0, read_all(fd, chunks[i]));
		EXPECT_EQ(0, strcmp(whole, text)) TH_LOG("pieces of %zu", chunks[i]);
	}
	for (size_t at = 0; at < strlen(whole); at += 1777) {
		char piece[32];

		ASSERT_LT(0, pread(fd, piece, 1, at));
		EXPECT_EQ(whole[at], piece[0]);
	}
	close(fd);
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
}

#define ROUNDS	400

static void *idle(void *arg)
{
	report->seen = raw3(&native, __NR_gettid, 0, 0, 0);
	atomic_store(&report->mark, 1);
	wait_for(&report->flag, 1);
	return NULL;
}

static void child_syncs(const struct abi *abi, long arg)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, idle, NULL), 0);
	wait_for(&report->mark, 1);
	for (int i = 1; i <= ROUNDS && !atomic_load(&report->flag); i++) {
		CHECK(attach_flags(SECCOMP_FILTER_FLAG_TSYNC, ALLOW, on(NATIVE_ARCH, 110, ERRNO(i)),
				   range(NATIVE_ARCH, 600, 1 << 29, ERRNO(i)),
				   on(AUDIT_ARCH_I386, 110, ERRNO(i))), 0);
		atomic_store(&report->stage, i);
	}
	wait_for(&report->flag, 1);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F_TIMEOUT(policy, is_of_one_moment, 120)
{
	pid_t pid = start(child_syncs, &native, 0);
	int last = 0, changes = 0;

	wait_for(&report->stage, 1);
	for (int i = 0; i < 40; i++) {
		int before = atomic_load(&report->stage), after, said;

		/* In turns of the thread that attaches and of one that is given them */
		ASSERT_EQ(0, read_policy(i & 1 ? report->seen : pid));
		after = atomic_load(&report->stage);
		expect_complete(_metadata);
		ASSERT_EQ(1, sscanf(line_of(&native, 110)->verdict, "ERRNO(%d)", &said));
		EXPECT_LE(before, said);
		EXPECT_GE(after + 1, said);
		EXPECT_STREQ(line_of(&native, 110)->verdict, line_of(&ia32, 110)->verdict);
		EXPECT_EQ(0, line_of(&native, 110)->filter);
		changes += said != last;
		last = said;
	}
	EXPECT_LT(1, changes);
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
}

static void child_dies(const struct abi *abi, long arg)
{
	for (int i = 0; i < 5; i++)
		CHECK(attach(ALLOW, depends(NATIVE_ARCH, 110, ERRNO(i), ALLOW)), 0);
	atomic_store(&report->stage, 1);
}

TEST_F(policy, can_be_read_while_its_task_dies)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = start(child_dies, &native, 0);
		int fd = open_policy(pid), err = 0;

		ASSERT_LE(0, fd);
		wait_for(&report->stage, 1);
		for (int j = 0; j < 3 && !err; j++) {
			lseek(fd, 0, SEEK_SET);
			err = read_all(fd, sizeof(text));
			EXPECT_TRUE(err || !parse());
		}
		EXPECT_FINE(finish(pid));
		close(fd);
	}
}

/* --- Of whom there is nothing --- */

static void child_without(const struct abi *abi, long strict)
{
	if (strict)
		CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), 0);
	atomic_store(&report->stage, 1);
	while (!atomic_load(&report->flag))
		;
	raw3(&native, __NR_exit, CHILD_DONE, 0, 0);
}

TEST_F(policy, is_empty_without_a_filter)
{
	for (int strict = 0; strict < 2; strict++) {
		pid_t pid = start(child_without, &native, strict);

		wait_for(&report->stage, 1);
		EXPECT_EQ(0, read_policy(pid));
		EXPECT_EQ(0, text_len);
		atomic_store(&report->flag, 1);
		EXPECT_FINE(finish(pid));
	}
}

TEST_F(policy, is_empty_of_the_dead)
{
	pid_t pid = start(child_with_stack, &native, (long)&any);
	siginfo_t info;
	char byte;
	int fd;

	wait_for(&report->stage, 1);
	fd = open_policy(pid);
	ASSERT_LE(0, fd);
	atomic_store(&report->flag, 1);
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	/* A zombie has no filter any more. */
	EXPECT_EQ(0, read(fd, &byte, 1));
	EXPECT_FINE(finish(pid));
	EXPECT_EQ(-1, pread(fd, &byte, 1, 0));
	EXPECT_EQ(ESRCH, errno);
	close(fd);
}

/* --- Who may read --- */

static void drop(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = {};

	CHECK(syscall(__NR_capget, &header, caps), 0);
	caps[cap / 32].effective &= ~(1U << cap % 32);
	caps[cap / 32].permitted &= ~(1U << cap % 32);
	CHECK(syscall(__NR_capset, &header, caps), 0);
}

/* What opening says, or else reading */
static int try_to_read(pid_t pid)
{
	int fd = open_policy(pid), ret;
	char byte;

	if (fd < 0)
		return fd;
	ret = read(fd, &byte, 1);
	ret = ret < 0 ? -errno : ret;
	close(fd);
	return ret;
}

enum reader {
	IS_ROOT, NO_ADMIN, NO_PTRACE, NO_PTRACE_OF_OWN, OTHER_USER, IN_NAMESPACE, IS_FILTERED,
	IS_PINNED, ITSELF_FILTERED, GIVEN_A_FILE, GIVEN_A_FILE_FILTERED, READERS,
};

static void child_reads(const struct abi *abi, long reader)
{
	pid_t target = fork();
	int fd, want = -EACCES;
	char byte;

	if (!target) {
		if (reader == NO_PTRACE)
			CHECK(syscall(__NR_setresuid, 65534, 65534, 65534), 0);
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		child_with_stack(abi, (long)&any);
	}
	wait_for(&report->stage, 1);
	fd = open_policy(target);
	CHECK(fd >= 0, true);
	switch (reader) {
	case IS_ROOT:
		want = 1;
		break;
	case NO_ADMIN:
		drop(CAP_SYS_ADMIN);
		break;
	case NO_PTRACE:
		drop(CAP_SYS_PTRACE);
		break;
	case NO_PTRACE_OF_OWN:
		/* The same user's with as many capabilities: that takes no CAP_SYS_PTRACE. */
		want = 1;
		break;
	case OTHER_USER:
		CHECK(syscall(__NR_setresuid, 65534, 65534, 65534), 0);
		break;
	case IN_NAMESPACE:
		if (unshare(CLONE_NEWUSER))
			leave(KSFT_SKIP);
		break;
	case IS_FILTERED:
	case GIVEN_A_FILE_FILTERED:
		CHECK(attach(ALLOW, on(0, 0, ALLOW)), 0);
		break;
	case IS_PINNED:
		if (pin_flags(&native, PROBE, KILL))
			leave(KSFT_SKIP);
		CHECK(pin(&native, PIN_ERRNO), 0);
		break;
	case ITSELF_FILTERED:
		CHECK(attach(ALLOW, on(0, 0, ALLOW)), 0);
		target = getpid();
		break;
	case GIVEN_A_FILE:
		/* Opened by who was root, read by who may not look at the task */
		CHECK(syscall(__NR_setresuid, 65534, 65534, 65534), 0);
		break;
	}
	if (reader >= GIVEN_A_FILE) {
		int ret = read(fd, &byte, 1);

		CHECK(ret < 0 ? -errno : ret, want);
	} else {
		CHECK(try_to_read(target), want);
	}
	atomic_store(&report->flag, 1);
}

TEST_F(policy, reading_takes_what_a_tracer_needs)
{
	if (geteuid())
		SKIP(return, "needs root");
	for (long reader = IS_ROOT; reader < READERS; reader++) {
		int status = run(child_reads, &native, reader);

		if (status == KSFT_SKIP << 8)
			TH_LOG("reader %ld is not to be had", reader);
		else
			EXPECT_FINE(status);
		atomic_store(&report->flag, 1);
	}
}

TEST_F(policy, is_for_its_owner_to_read)
{
	struct stat st;

	ASSERT_EQ(0, stat("/proc/self/seccomp_policy", &st));
	EXPECT_EQ(0400, st.st_mode & 07777);
	EXPECT_TRUE(S_ISREG(st.st_mode));
}

TEST(without_tables_there_is_no_policy)
{
	char line[4096] = "";
	FILE *file;
	int err;

	if (access("/proc/self/seccomp_policy", F_OK))
		SKIP(return, NEEDS_POLICY);
	file = fopen("/proc/cmdline", "r");
	if (file) {
		line[0] = fgets(line, sizeof(line), file) ? line[0] : 0;
		fclose(file);
	}
	err = read_stack(_metadata, &any);
	if (err == -EACCES)
		SKIP(return, "needs CAP_SYS_ADMIN");
	EXPECT_EQ(strstr(line, "seccomp.action_tables=0") ? -EOPNOTSUPP : 0, err);
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
