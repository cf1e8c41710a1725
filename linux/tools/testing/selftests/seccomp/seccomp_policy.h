/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of /proc/PID/seccomp_policy share: stacks of filters, and the file's lines */

#ifndef _SECCOMP_POLICY_H
#define _SECCOMP_POLICY_H

#define WITHOUT_PIN_FIXTURE
#include "seccomp_pin.h"

#ifdef __x86_64__
#define POLICY		"/proc/%d/seccomp_policy"
#define NEEDS_POLICY	"needs CONFIG_SECCOMP_POLICY_VIEW"

#define ERRNO(n)	(SECCOMP_RET_ERRNO | (n))

/* --- Stacks --- */

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

/* What a child needs is allowed by every filter, before all rules. */
static const struct {
	__u32 arch, nr;
} spared[] = {
	{ AUDIT_ARCH_X86_64, __NR_exit_group }, { AUDIT_ARCH_X86_64, __NR_sched_yield },
	{ AUDIT_ARCH_X86_64, __NR_seccomp }, { AUDIT_ARCH_X86_64, X32_BIT | __NR_exit_group },
	{ AUDIT_ARCH_X86_64, X32_BIT | __NR_sched_yield },
	{ AUDIT_ARCH_X86_64, X32_BIT | __NR_seccomp }, { AUDIT_ARCH_I386, 252 },
	{ AUDIT_ARCH_I386, 158 }, { AUDIT_ARCH_I386, 354 },
};

/* --- The file --- */

struct line {
	const struct abi *abi;
	/* As in seccomp_data: those of x32 with bit 30 */
	__u32 first, last;
	bool is_range;
	char verdict[32];
	long filter, programs;
};

static struct line lines[3 * NUMBERS + 32];
static size_t line_count;
static char text[1 << 18];
static ssize_t text_len;

static inline int open_policy(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), POLICY, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Read all from @fd, by @chunk bytes at a time; return 0 or a negative error. */
static inline int read_all(int fd, size_t chunk)
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

/* How verdicts are written: with no data, with some unless it is 0, or always with some */
static const struct {
	const char *name;
	enum { NO_DATA, SOME_DATA, DATA } data;
} words[] = {
	{ "ALLOW" }, { "LOG" }, { "TRACE", SOME_DATA }, { "USER_NOTIF" }, { "ERRNO", DATA },
	{ "TRAP", SOME_DATA }, { "KILL_THREAD" }, { "KILL_PROCESS" }, { "FILTER" },
};

static inline bool take(const char **at, const char *what)
{
	size_t len = strlen(what);

	if (strncmp(*at, what, len))
		return false;
	*at += len;
	return true;
}

/* A number as short as can be, of 32 bits */
static inline bool take_number(const char **at, __u32 *number)
{
	const char *digit = *at;
	__u64 value = 0;

	while (*digit >= '0' && *digit <= '9' && value <= UINT_MAX)
		value = 10 * value + *digit++ - '0';
	if (digit == *at || (**at == '0' && digit != *at + 1) || value > UINT_MAX)
		return false;
	*at = digit;
	*number = value;
	return true;
}

static inline bool take_verdict(const char **at, char verdict[32])
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *from = *at, *end = *at;
		bool has_data;
		__u32 n = 0;

		if (!take(&end, words[i].name) || (*end >= 'A' && *end <= 'Z') || *end == '_')
			continue;
		has_data = *end == '(';
		if (has_data && !(take(&end, "(") && take_number(&end, &n) && take(&end, ")")))
			return false;
		if (words[i].data == DATA ? !has_data : has_data && !n)
			return false;
		if (has_data && words[i].data == NO_DATA)
			return false;
		snprintf(verdict, 32, "%.*s", (int)(end - from), from);
		*at = end;
		return true;
	}
	return false;
}

/* What follows a verdict: words with values, of which some are known */
static inline bool take_words(const char **at, struct line *l)
{
	l->filter = -1;
	l->programs = -1;
	while (take(at, " ")) {
		const char *key = *at;
		__u32 n;

		while ((**at >= 'a' && **at <= 'z') || **at == '_')
			(*at)++;
		if (key == *at || !take(at, "="))
			return false;
		if (!strncmp(key, "filter=", 7)) {
			if (!take_number(at, &n))
				return false;
			l->filter = n;
		} else if (!strncmp(key, "programs=", 9)) {
			if (!take_number(at, &n))
				return false;
			l->programs = n;
		} else {
			const char *value = *at;

			while (**at > ' ')
				(*at)++;
			if (value == *at)
				return false;
		}
	}
	return true;
}

static inline bool take_line(const char **at, struct line *l)
{
	memset(l, 0, sizeof(*l));
	if (take(at, "x86_64 "))
		l->abi = &native;
	else if (take(at, "ia32 "))
		l->abi = &ia32;
	else if (take(at, "x32 "))
		l->abi = &x32;
	else
		return false;
	if (!take_number(at, &l->first))
		return false;
	l->last = l->first;
	l->is_range = take(at, "-");
	if (l->is_range && !take_number(at, &l->last))
		return false;
	if (l->abi == &x32) {
		/* Bit 30 is left out, and bit 31 would not be x32. */
		if (l->last & 0xc0000000)
			return false;
		l->first |= X32_BIT;
		l->last |= X32_BIT;
	}
	return take(at, " ") && take_verdict(at, l->verdict) && take_words(at, l) &&
	       take(at, "\n");
}

/* Take the lines from the text; return how many there are that are none. */
static inline int parse(void)
{
	const char *at = text;
	int bad = 0;

	line_count = 0;
	while (*at) {
		const char *from = at;

		if (line_count == ARRAY_SIZE(lines))
			return -1;
		if (take_line(&at, &lines[line_count])) {
			line_count++;
			continue;
		}
		fprintf(stderr, "# no line: %.*s\n", (int)strcspn(from, "\n"), from);
		bad++;
		at = from + strcspn(from, "\n");
		at += *at == '\n';
	}
	return bad;
}

/* Read the file of @pid; 0, a negative error, or how many lines are none. */
static inline int read_policy(pid_t pid)
{
	int fd = open_policy(pid), err;

	line_count = 0;
	if (fd < 0)
		return fd;
	err = read_all(fd, sizeof(text));
	close(fd);
	return err ? err : parse();
}

static inline const struct line *line_of(const struct abi *abi, __u32 nr)
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
static inline void expect_complete(struct __test_metadata *_metadata)
{
	__u64 next_native = 0, next_ia32 = 0;

	qsort(lines, line_count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < line_count; i++) {
		const struct line *l = &lines[i];
		__u64 *next = l->abi == &ia32 ? &next_ia32 : &next_native;
		__u32 low = l->abi == &x32 ? l->first & ~X32_BIT : l->first;

		EXPECT_EQ(*next, l->first) TH_LOG("line %zu", i);
		*next = (__u64)l->last + 1;
		EXPECT_TRUE(l->first < l->last || !l->is_range);
		/* These are in a table of each ABI that there is. */
		EXPECT_FALSE(l->is_range && low < 400 && have_x32) TH_LOG("number %u", l->first);
		/* A decision has a filter, what depends has programs, the rest has neither. */
		EXPECT_EQ(strcmp(l->verdict, "ALLOW") && strcmp(l->verdict, "FILTER"),
			  l->filter >= 0) TH_LOG("number %u %s", l->first, l->verdict);
		EXPECT_EQ(!strcmp(l->verdict, "FILTER"), l->programs > 0);
		EXPECT_NE(0, l->programs);
	}
	EXPECT_EQ(1ULL << 32, next_native);
	if (have_ia32)
		EXPECT_EQ(1ULL << 32, next_ia32);
}

/* --- Tasks with filters --- */

static inline long attach_layer(const struct stack *stack, size_t which, unsigned int flags)
{
	const struct layer *layer = &stack->layers[which];
	struct rule rules[ARRAY_SIZE(spared) + LAYER_RULES];
	const struct abi *abi = stack->abi ? stack->abi : &native;
	struct sock_filter insn[9 * RULES + 1];
	size_t n = 0;

	if (layer->is_pin)
		return pin(abi, layer->dflt);
	for (size_t i = 0; i < ARRAY_SIZE(spared); i++)
		rules[n++] = on(spared[i].arch, spared[i].nr, ALLOW);
	memcpy(rules + n, layer->rules, layer->n * sizeof(*rules));
	return attach_by(abi, flags, insn, build_rules(insn, layer->dflt, rules, n + layer->n));
}

static inline void child_with_stack(const struct abi *abi, long arg)
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
static inline int read_stack(struct __test_metadata *_metadata, const struct stack *stack)
{
	pid_t pid = start(child_with_stack, &native, (long)stack);
	int err;

	wait_for(&report->stage, 1);
	err = read_policy(pid);
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
	return err;
}

/* @depth layers, each of which denies all or a part, with many ties */
static inline void build_deep(struct stack *stack, size_t depth, __u32 seed)
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
#endif /* __x86_64__ */

#endif /* _SECCOMP_POLICY_H */
