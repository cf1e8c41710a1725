// SPDX-License-Identifier: GPL-2.0
/* Stacks of classic and eBPF filters: whose verdict counts, and who is run how often */

#include "seccomp_ebpf.h"
#include "seccomp_interp.h"

/* --- Whose verdict counts --- */

/* What a filter is written in; one with state is run on every call */
enum kind { CLASSIC, PURE, STATEFUL, KINDS };

/* What it says of even and odd first arguments */
struct verdict {
	__u32 even, odd;
};

#define CONSTANT(action)	{ action, action }

/* The data tells which layer it was, see tell_layer(). */
static const struct verdict verdicts[] = {
	CONSTANT(ALLOW),
	CONSTANT(SECCOMP_RET_ERRNO | 100),
	CONSTANT(SECCOMP_RET_TRAP | 200),
	CONSTANT(SECCOMP_RET_TRACE | 300),
	CONSTANT(SECCOMP_RET_USER_NOTIF | 400),
	CONSTANT(SECCOMP_RET_KILL_THREAD | 500),
	CONSTANT(SECCOMP_RET_KILL_PROCESS | 600),
	CONSTANT(0x12340000 | 700),
	{ ALLOW, SECCOMP_RET_ERRNO | 800 },
	{ SECCOMP_RET_ERRNO | 900, ALLOW },
	{ SECCOMP_RET_ERRNO | 1000, SECCOMP_RET_TRAP | 1100 },
	{ SECCOMP_RET_TRACE | 1200, SECCOMP_RET_ERRNO | 0 },
};

#define VERDICTS	ARRAY_SIZE(verdicts)

/* GETPGID depends on its argument by itself, so it is left out. */
static const enum call used[] = { GETPID, GETPPID, GETUID, GETEUID, GETGID, GETEGID, GETTID };

#define USED		ARRAY_SIZE(used)
#define MAX_DEPTH	4

static __u32 tell_layer(__u32 action, int layer)
{
	return is_allow(action) ? action : action + layer;
}

static long attach_kind(enum kind kind, unsigned int flags, const struct rule *rules, size_t n)
{
	if (kind == CLASSIC)
		return attach_rules(flags, ALLOW, rules, n);
	return attach_and_close(flags, load_rules(kind == STATEFUL, ALLOW, rules, n));
}

/* Filters of some kinds, oldest first, and of each what it says of the calls used */
struct stack {
	int depth;
	enum kind kinds[MAX_DEPTH];
	int verdicts[MAX_DEPTH][USED];
};

static void child_stack(const struct abi *abi, long arg)
{
	const struct stack *s = (void *)arg;
	struct made made = { .abi = abi };
	long before[CALLS];

	/* More deaths show no more. */
	deaths_left = 1;
	catch_sigsys(on_sigsys);
	call_each(abi, before);
	for (int layer = 0; layer < s->depth; layer++) {
		struct rule rules[USED];

		for (size_t i = 0; i < USED; i++) {
			const struct verdict *v = &verdicts[s->verdicts[layer][i]];

			rules[i] = depends(abi->arch, abi->nr[used[i]],
					   tell_layer(v->even, layer), tell_layer(v->odd, layer));
			rules[i].depends = v->even != v->odd;
		}
		CHECK(attach_kind(s->kinds[layer], 0, rules, USED), 0);
	}
	for (long odd = 0; odd < 2; odd++) {
		for (size_t i = 0; i < USED; i++) {
			__u32 all = ALLOW;

			for (int layer = 0; layer < s->depth; layer++) {
				const struct verdict *v = &verdicts[s->verdicts[layer][i]];

				all = join(tell_layer(odd ? v->odd : v->even, layer), all);
			}
			made.nr = abi->nr[used[i]];
			made.arg[0] = odd;
			made.allowed = before[used[i]];
			check_made(&made, all);
		}
	}
}

/* Kinds of @depth layers by number; false if all are classic, or there is no such number */
static bool choose_kinds(struct stack *s, int depth, int number)
{
	bool mixed = false;

	s->depth = depth;
	for (int layer = 0; layer < depth; layer++, number /= KINDS) {
		s->kinds[layer] = number % KINDS;
		mixed |= s->kinds[layer] != CLASSIC;
	}
	return mixed && !number;
}

/* A slow machine tries what it can in some seconds, and says how much that was. */
#define SECONDS		20

TEST_F_TIMEOUT(ebpf, two_filters_of_all_kinds_with_all_verdicts, 180)
{
	time_t end = time(NULL) + SECONDS;
	static struct stack s;
	int tried = 0;

	for (size_t pair = 0; pair < VERDICTS * VERDICTS; pair += USED) {
		if (time(NULL) > end) {
			TH_LOG("only %d stacks, up to pair %zu of verdicts", tried, pair);
			break;
		}
		for (int kinds = 0; kinds < KINDS * KINDS; kinds++) {
			if (!choose_kinds(&s, 2, kinds))
				continue;
			for (size_t i = 0; i < USED; i++) {
				s.verdicts[0][i] = (pair + i) % VERDICTS;
				s.verdicts[1][i] = (pair + i) / VERDICTS % VERDICTS;
			}
			EXPECT_MODEL(run(child_stack, variant->abi, (long)&s));
			tried++;
		}
	}
	/* Every kind with every other one, at the least. */
	EXPECT_LE(KINDS * KINDS - 1, tried);
}

TEST_F_TIMEOUT(ebpf, deeper_stacks_of_all_kinds, 180)
{
	time_t end = time(NULL) + SECONDS;
	static struct stack s;
	__u64 state = 5;
	int tried = 0;

	for (int depth = 3; depth <= MAX_DEPTH; depth++) {
		for (int kinds = 0; choose_kinds(&s, depth, kinds) || !kinds; kinds++) {
			if (time(NULL) > end) {
				TH_LOG("only %d stacks, up to depth %d", tried, depth);
				break;
			}
			for (int layer = 0; layer < depth; layer++) {
				for (size_t i = 0; i < USED; i++)
					s.verdicts[layer][i] = draw(&state, VERDICTS);
			}
			if (!kinds)
				continue;
			EXPECT_MODEL(run(child_stack, variant->abi, (long)&s));
			tried++;
		}
	}
	EXPECT_LT(0, tried);
}

/* Which of two is believed on a tie is seen from its data, which a tracer is told. */
static void child_ties(const struct abi *abi, long arg)
{
	const struct stack *s = (void *)arg;

	for (int layer = 0; layer < s->depth; layer++) {
		struct rule rule = depends(abi->arch, abi->nr[GETPPID],
					   SECCOMP_RET_TRACE | (10 + layer),
					   SECCOMP_RET_TRACE | (20 + layer));

		rule.depends = s->verdicts[layer][0];
		CHECK(attach_kind(s->kinds[layer], 0, &rule, 1), 0);
	}
	for (int odd = 0; odd < 2; odd++)
		raw3(abi, abi->nr[GETPPID], odd, 0, 0);
}

TEST_F_TIMEOUT(ebpf, tracer_is_told_the_data_of_the_newest, 60)
{
	static struct stack s;

	for (int number = 0; number < KINDS * KINDS * 4; number++) {
		pid_t pid;

		if (!choose_kinds(&s, 2, number / 4))
			continue;
		s.verdicts[0][0] = number & 1;
		s.verdicts[1][0] = number & 2;
		pid = start_traced(child_ties, variant->abi, (long)&s, 0);
		ASSERT_LT(0, pid);
		for (int odd = 0; odd < 2; odd++) {
			unsigned long message = 0;

			ASSERT_EQ(SIGTRAP | PTRACE_EVENT_SECCOMP << 8,
				  next_stop(pid, PTRACE_CONT) >> 8);
			ASSERT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message));
			EXPECT_EQ(number & 2 && odd ? 21 : 11, message)
				TH_LOG("stack %d", number);
		}
		EXPECT_FINE(next_stop(pid, PTRACE_CONT));
	}
}

/* --- How often who is run --- */

static int counts;

static __u64 counted(__u32 index)
{
	return array_get(counts, index);
}

/*
 * A stack, from its oldest filter on: c is a filter that counts calls and allows
 * them, e and t are others that deny them with an errno and a trap; a, d and o
 * are classic ones that allow, deny, and deny if the first argument is odd; p,
 * q and r are pure ones that do the same; k and K kill, the one classic, the
 * other eBPF. N counts and asks a listener.
 */
static long attach_letter(const struct abi *abi, char letter)
{
	__u32 nr = abi->nr[GETPPID];

	switch (letter) {
	case 'c':
		return attach_and_close(0, load_counter(abi, nr, counts, 0, ALLOW));
	case 'e':
		return attach_and_close(0, load_counter(abi, nr, counts, 0, DENY + 1));
	case 't':
		return attach_and_close(0, load_counter(abi, nr, counts, 0, SECCOMP_RET_TRAP | 3));
	case 'N':
		return attach_and_close(0, load_counter(abi, nr, counts, 0,
							SECCOMP_RET_USER_NOTIF));
	case 'a':
		return attach(ALLOW, on(abi->arch, nr, ALLOW | 1));
	case 'd':
		return attach(ALLOW, on(abi->arch, nr, DENY));
	case 'o':
		return attach(ALLOW, depends(abi->arch, nr, ALLOW, DENY));
	case 'p':
		return attach_and_close(0, load_constant(abi, nr, ALLOW | 1));
	case 'q':
		return attach_and_close(0, load_constant(abi, nr, DENY));
	case 'r':
		return attach_and_close(0, load_rule(abi, nr, ALLOW, DENY));
	case 'k':
		return attach(ALLOW, on(abi->arch, nr, KILL));
	case 'K':
		return attach_and_close(0, load_constant(abi, nr, SECCOMP_RET_KILL_PROCESS));
	default:
		return -1;
	}
}

static bool is_counter(char letter)
{
	return strchr("cetN", letter);
}

#define TURNS	3

static void child_counted(const struct abi *abi, long arg)
{
	const char *stack = (char *)arg;
	__u64 want = 0;
	long each = 0;

	catch_sigsys(on_sigsys);
	/* What has been attached so far counts, and is not asked again later. */
	for (; *stack; stack++) {
		bool deadly = *stack == 'k' || *stack == 'K';

		CHECK(attach_letter(abi, *stack), 0);
		each += is_counter(*stack);
		for (int i = 0; i < TURNS; i++) {
			pid_t pid = deadly ? fork() : -1;

			if (pid <= 0)
				raw3(abi, abi->nr[GETPPID], i, 0, 0);
			if (!pid)
				leave(1);
			if (pid > 0)
				CHECK(finish(pid) & ~WCOREFLAG, SIGSYS);
			call(abi, GETUID);
			CHECK(counted(0), want += each);
		}
		if (deadly)
			return;
	}
}

TEST_F_TIMEOUT(ebpf, counters_run_once_for_each_attach_and_call, 180)
{
	static const char *const stacks[] = {
		"c", "cc", "ccc", "e", "ec", "ce", "cec", "t", "tc", "ct", "N", "Nc", "cNd",
		"ca", "ac", "aca", "cac", "cd", "dc", "dcd", "cdc", "cdcdc",
		"co", "oc", "oco", "coc",
		"cp", "pc", "pcp", "cpc", "cq", "qc", "qcq", "cqc", "cr", "rc", "rcr", "crc",
		"capd", "dpac", "oqcr", "rcqo", "aapcc", "ccpaa", "teNdqcor",
		"ck", "cck", "cdk", "kc", "acpk", "cK", "cdK", "ecK", "cqK", "Nok",
	};

	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++) {
		counts = create_array(2);
		ASSERT_LE(0, counts);
		EXPECT_FINE(run(child_counted, variant->abi, (long)stacks[i]));
		if (report->line)
			TH_LOG("stack \"%s\"", stacks[i]);
		close(counts);
	}
}

/* The verdict of a filter may depend on what it has counted. */
static void child_limited(const struct abi *abi, long arg)
{
	__u32 nr = abi->nr[GETPPID];
	long before = call(abi, GETPPID);
	int fd = LOAD_EBPF(CTX_ARCH(R2), BPF_JMP32_IMM(BPF_JNE, R2, abi->arch, 11),
			   CTX_NR(R2), BPF_JMP32_IMM(BPF_JNE, R2, nr, 9),
			   BPF_LD_MAP_VALUE(R3, counts, 0), BPF_MOV64_IMM(R0, 1),
			   BPF_RAW_INSN(BPF_STX | BPF_ATOMIC | BPF_DW, R3, R0, 0,
					BPF_ADD | BPF_FETCH),
			   BPF_JMP_IMM(BPF_JLT, R0, 3, 4), BPF_MOV64_REG(R1, R0),
			   BPF_MOV32_IMM(R0, SECCOMP_RET_ERRNO), BPF_ALU64_REG(BPF_OR, R0, R1),
			   BPF_EXIT_INSN(), VERDICT(ALLOW));

	CHECK(fd >= 0, true);
	if (arg)
		CHECK(attach(ALLOW, on(abi->arch, nr, SECCOMP_RET_LOG)), 0);
	CHECK(attach_and_close(0, fd), 0);
	if (arg)
		CHECK(attach_letter(abi, 'a'), 0);
	for (int i = 0; i < 6; i++)
		CHECK(call(abi, GETPPID), i < 3 ? before : -i);
	CHECK(array_set(counts, 0, 0), 0);
	CHECK(call(abi, GETPPID), before);
	CHECK(array_set(counts, 0, 77), 0);
	CHECK(call(abi, GETPPID), -77);
	CHECK(call(abi, GETPPID), -78);
}

TEST_F(ebpf, verdict_may_change_from_call_to_call)
{
	for (int i = 0; i < 2; i++) {
		counts = create_array(1);
		EXPECT_FINE(run(child_limited, variant->abi, i));
		close(counts);
	}
}

/* --- Threads, tracers, tail calls --- */

#define MANY	500

static void *call_many(void *arg)
{
	for (int i = 0; i < MANY; i++)
		call(arg, GETPPID);
	return NULL;
}

static void child_threads(const struct abi *abi, long arg)
{
	pthread_t threads[2];

	CHECK(attach_letter(abi, 'e'), 0);
	CHECK(attach_letter(abi, 'd'), 0);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, call_many, (void *)abi), 0);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(threads[i], NULL), 0);
	CHECK(counted(0), 2 * MANY);
}

TEST_F(ebpf, calls_of_threads_are_all_counted)
{
	counts = create_array(1);
	EXPECT_FINE(run(child_threads, variant->abi, 0));
	close(counts);
}

/* All values of a map for each CPU */
static __u64 sum_of(int map, __u32 index)
{
	static __u64 values[4096];
	__u64 sum = 0;

	memset(values, 0, sizeof(values));
	CHECK(map_command(BPF_MAP_LOOKUP_ELEM, map, &index, values), 0);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		sum += values[i];
	return sum;
}

static void child_per_cpu(const struct abi *abi, long map)
{
	for (int i = 0; i < 2; i++)
		CHECK(attach_and_close(0, load_counter(abi, abi->nr[GETPPID], map, 1, DENY)), 0);
	CHECK(attach_letter(abi, 'd'), 0);
	call_many((void *)abi);
	CHECK(sum_of(map, 1), 2 * MANY);
	CHECK(sum_of(map, 0), 0);
}

TEST_F(ebpf, maps_of_each_cpu_count_together)
{
	int map = create_map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 2);

	EXPECT_FINE(run(child_per_cpu, variant->abi, map));
	close(map);
}

static void child_traced_call(const struct abi *abi, long stack)
{
	struct rule rule = on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_TRACE | 7);

	for (const char *letter = (char *)stack; *letter; letter++) {
		if (*letter == 'T')
			CHECK(attach_rules(0, ALLOW, &rule, 1), 0);
		else if (*letter == 'U')
			CHECK(attach_and_close(0, load_rules(true, ALLOW, &rule, 1)), 0);
		else
			CHECK(attach_letter(abi, *letter), 0);
	}
	call(abi, GETPPID);
}

/* What a tracer lets go on is filtered a second time, by all filters. */
TEST_F(ebpf, traced_calls_are_counted_twice)
{
	static const char *const stacks[] = { "cT", "Tc", "cTc", "cU", "Ucp", "acU", "cTaU" };

	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++) {
		int each = 0;
		pid_t pid;

		for (const char *letter = stacks[i]; *letter; letter++)
			each += is_counter(*letter);
		for (int traced = 0; traced < 2; traced++) {
			counts = create_array(1);
			if (traced) {
				pid = start_traced(child_traced_call, variant->abi,
						   (long)stacks[i], 0);
				ASSERT_LT(0, pid);
				ASSERT_TRUE(is_call_stop(next_stop(pid, PTRACE_CONT)));
				EXPECT_EQ((__u64)each, counted(0));
				EXPECT_FINE(next_stop(pid, PTRACE_CONT));
			} else {
				EXPECT_FINE(run(child_traced_call, variant->abi,
						(long)stacks[i]));
			}
			EXPECT_EQ((__u64)each * (1 + traced), counted(0))
				TH_LOG("stack \"%s\", traced %d", stacks[i], traced);
			close(counts);
		}
	}
}

/* A filter that hands over to the first of two others */
static void child_tail_call(const struct abi *abi, long map)
{
	__u32 nr = abi->nr[GETPPID], key = 0;
	long before = call(abi, GETPPID);
	int target = load_counter(abi, nr, counts, 0, DENY + 5), fd;

	fd = LOAD_EBPF(BPF_LD_MAP_FD(R2, map), BPF_MOV64_IMM(R3, 0),
		       BPF_CALL_HELPER(BPF_FUNC_tail_call), VERDICT(ALLOW));
	CHECK(attach_and_close(0, fd), 0);
	CHECK(call(abi, GETPPID), before);
	CHECK(map_command(BPF_MAP_UPDATE_ELEM, map, &key, &target), 0);
	CHECK(call(abi, GETPPID), -DENIED - 5);
	/* It is what the array has at the time of the call. */
	CHECK(map_command(BPF_MAP_DELETE_ELEM, map, &key, NULL), 0);
	CHECK(call(abi, GETPPID), before);
	CHECK(map_command(BPF_MAP_UPDATE_ELEM, map, &key, &target), 0);
	CHECK(attach_letter(abi, 'd'), 0);
	CHECK(call(abi, GETPPID), -DENIED);
	CHECK(counted(0), 2);
}

TEST_F(ebpf, tail_calls_decide_and_count)
{
	int map = create_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1);

	counts = create_array(1);
	EXPECT_FINE(run(child_tail_call, variant->abi, map));
	close(map);
	close(counts);
}

/* --- What is known of stacks, and of the numbers that no filter decides --- */

#ifdef __x86_64__
static void child_waits(const struct abi *abi, long stack)
{
	for (const char *letter = (char *)stack; *letter; letter++)
		CHECK(attach_letter(abi, *letter), 0);
	atomic_store(&report->stage, 1);
	wait_for(&report->flag, 1);
}

TEST_F(ebpf, calls_are_known_unless_a_filter_has_state)
{
	static const struct {
		const char *stack, *word;
	} cases[] = {
		{ "p", "ALLOW" }, { "q", "ERRNO(1500)" }, { "r", "FILTER" },
		{ "aq", "ERRNO(1500)" }, { "qa", "ERRNO(1500)" }, { "ap", "ALLOW" },
		{ "pr", "FILTER" }, { "K", "KILL_PROCESS" },
		{ "c", NULL }, { "ac", NULL }, { "cp", NULL }, { "pca", NULL }, { "cq", NULL },
		{ "e", NULL }, { "qe", NULL },
	};
	const struct abi *abi = variant->abi;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *word = cases[i].word;
		pid_t pid;
		size_t n;

		counts = create_array(1);
		pid = start(child_waits, abi, (long)cases[i].stack);
		wait_for(&report->stage, 1);
		n = read_known(pid);
		atomic_store(&report->flag, 1);
		EXPECT_FINE(finish(pid));
		close(counts);
		if (!n)
			SKIP(return, "no tables, or they are not shown");
		if (word) {
			EXPECT_STREQ(word, find_known(n, abi, abi->nr[GETPPID]));
			EXPECT_STREQ("ALLOW", find_known(n, abi, abi->nr[GETUID]));
			continue;
		}
		for (size_t j = 0; j < n; j++) {
			const struct known *k = &known[j];

			if (k->first == k->last && is_exempt(k->abi, k->first))
				continue;
			EXPECT_STRNE("ALLOW", k->word)
				TH_LOG("stack \"%s\", number %#x", cases[i].stack, k->first);
		}
	}
}

static void child_number(const struct abi *abi, long nr)
{
	struct rule rule = let_exit();

	/* Draws a random number, and kills whoever calls anything, so nothing is closed. */
	if (nr < 0)
		CHECK(attach_ebpf(0, load_rules(true, KILL, &rule, 1)), 0);
	report->seen = abi->raw(nr < 0 ? -nr : nr, (long [6]) {});
}

TEST(uprobes_are_not_filtered)
{
	NEED_EBPF();
	for (long nr = __NR_uretprobe - 1; nr <= __NR_uprobe + 1; nr++) {
		/* Outside their trampolines, these fail or raise SIGILL. */
		int plain = run(child_number, &native, nr);
		long seen = report->seen;

		if (!is_exempt(&native, nr)) {
			EXPECT_KILLED(run(child_number, &native, -nr), SIGSYS);
			continue;
		}
		if (WIFEXITED(plain) && seen == -ENOSYS)
			SKIP(return, "number %ld is missing", nr);
		EXPECT_EQ(plain, run(child_number, &native, -nr));
		EXPECT_EQ(seen, report->seen);
		EXPECT_KILLED(run(child_number, &x32, -(X32_BIT | nr)), SIGSYS);
	}
}
#endif

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
