// SPDX-License-Identifier: GPL-2.0
/* Hold what seccomp-policy says against filters that are run */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/array_size.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "interp.h"
#include "program.h"
#include "stacks.h"
#include "util.h"

/* How many calls of each number to run, and numbers of each range to try. */
#define CALLS		7
#define SAMPLES		64

/* How often to look at a process that gets signals. */
#define SIGNAL_RUNS	20

/* Not all of the places that a table has, see kernel/seccomp/action_table.c. */
#define TABLE_ROOM	240

static const char *tool;
static bool has_view;
static int failed;
static char output[OUTPUT_MAX];

/* What was seen of verdicts, that a test of nothing be noticed. */
static unsigned long constant, dependent, missed;

__printf(2, 3)
static void report(bool ok, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs(ok ? "ok " : "not ok ", stdout);
	vprintf(format, args);
	puts("");
	va_end(args);
	failed |= !ok;
}

static int action(u32 ret)
{
	return ret & SECCOMP_RET_ACTION_FULL;
}

static const char *digits(pid_t pid)
{
	static char text[4][16];
	static int next;
	char *to = text[next++ % 4];

	snprintf(to, sizeof(text[0]), "%d", pid);
	return to;
}

#define TOOL(...)	((char *[]){ (char *)tool, ##__VA_ARGS__, NULL })

/* --- The answers against runs --- */

static u32 random_word(const struct stack *s)
{
	const unsigned int i = random() % s->nr;

	if (s->kind[i] == CLASSIC && random() % 2)
		return s->insns[i][random() % s->len[i]].k + random() % 3 - 1;
	return random() % 4 ? random() % 600 : random();
}

static void make_calls(struct seccomp_data *calls, const struct stack *s)
{
	memset(calls, 0, CALLS * sizeof(*calls));
	memset(&calls[1], 0xff, sizeof(calls[1]));
	for (int i = 2; i < CALLS; i++) {
		calls[i].instruction_pointer = random_word(s);
		for (int j = 0; j < 6; j++)
			calls[i].args[j] = random_word(s) |
					   (u64)(i % 2 ? 0 : random_word(s)) << 32;
	}
}

static bool agrees(const struct answer *a, const struct truth *t)
{
	if (a->constant)
		return a->ret == t->ret && a->filter == t->filter;
	return action(t->ret) >= action(a->strictest) && action(t->ret) <= action(a->mildest);
}

/* Run the filters for a number, as a filter sees it. */
static bool try_number(const struct stack *s, struct seccomp_data *calls,
		       const struct answer *a, u32 nr)
{
	struct truth first;
	bool same = true;

	for (int i = 0; i < CALLS; i++) {
		struct truth t;

		calls[i].arch = a->abi == IA32 ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
		calls[i].nr = nr;
		t = truth_of(s, &calls[i], i % 2);
		if (!i)
			first = t;
		same &= t.ret == first.ret;
		if (!agrees(a, &t)) {
			fprintf(stderr, "%s %u, call %d: %x of filter %d, not %x, filter %d\n",
				abi_names[a->abi], nr, i, t.ret, t.filter, a->ret, a->filter);
			return false;
		}
	}
	constant += a->constant;
	dependent += !a->constant;
	missed += !a->constant && same;
	return true;
}

static bool try_answer(const struct stack *s, struct seccomp_data *calls, const struct answer *a)
{
	const u32 base = a->abi == X32 ? X32_BIT : 0, size = a->last - a->first;

	if (!try_number(s, calls, a, base + a->first) || !try_number(s, calls, a, base + a->last))
		return false;
	for (int i = 0; size > 1 && i < SAMPLES; i++) {
		u32 offset = random_word(s) - a->first;

		if (offset > size)
			offset = ((u64)random() * random()) % size;
		if (!try_number(s, calls, a, base + a->first + offset))
			return false;
	}
	return true;
}

/* Is each number of each ABI there once? */
static bool complete(const struct answers *answers)
{
	u64 numbers[ABIS] = { };

	for (unsigned int i = 0; i < answers->nr; i++) {
		const struct answer *a = &answers->all[i];

		if (i && a[-1].abi == a->abi && a->first <= a[-1].last)
			return false;
		numbers[a->abi] += (u64)a->last - a->first + 1;
	}
	return numbers[0] + numbers[2] == 1ULL << 32 && numbers[1] == 1ULL << 32;
}

static bool ask(pid_t pid, const char *source, struct answers *answers)
{
	char option[32];
	int status;

	snprintf(option, sizeof(option), "--source=%s", source);
	status = run(TOOL("--json", "--cost", option, (char *)digits(pid)), output);
	if (status || !parse(output, answers)) {
		fprintf(stderr, "exit status %d: %.300s\n", status, output);
		return false;
	}
	if (!complete(answers)) {
		fprintf(stderr, "numbers are missing\n");
		return false;
	}
	return true;
}

/* Do kernel and tool say the same, as far as both say it? */
static bool same_answers(const struct answers *kernel, const struct answers *own)
{
	if (kernel->nr != own->nr) {
		fprintf(stderr, "the kernel has %u lines, not %u\n", kernel->nr, own->nr);
		return false;
	}
	for (unsigned int i = 0; i < own->nr; i++) {
		const struct answer *a = &kernel->all[i], *b = &own->all[i];

		if (a->abi != b->abi || a->first != b->first || a->last != b->last ||
		    a->constant != b->constant || a->filter != b->filter ||
		    (a->constant && a->ret != b->ret) || a->programs != b->programs) {
			fprintf(stderr, "%s %u: the kernel says %x, %d, %u, not %x, %d, %u\n",
				abi_names[b->abi], b->first, a->ret, a->filter, a->programs,
				b->ret, b->filter, b->programs);
			return false;
		}
	}
	return true;
}

static int by_value(const void *a, const void *b)
{
	const u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/*
 * Do the filters have more to say than the kernel's tables can hold? Then these run
 * filters where the tool knows the verdict. And into eBPF only the kernel can look.
 */
static bool says_more(const struct stack *s)
{
	static u32 rets[ENTRIES_MAX];
	unsigned int distinct = 0;

	for (unsigned int i = 0; i < s->nr; i++) {
		struct seccomp_data call = { .arch = AUDIT_ARCH_X86_64 };
		unsigned int nr = 0;

		if (s->kind[i] == EBPF)
			return true;
		if (s->kind[i] == PIN)
			continue;
		for (; nr < ENTRIES_MAX; nr++) {
			call.nr = nr;
			rets[nr] = interpret(s->insns[i], &call, false);
		}
		qsort(rets, nr, sizeof(*rets), by_value);
		while (--nr)
			distinct += rets[nr] != rets[nr - 1];
	}
	return distinct >= TABLE_ROOM;
}

/* Hold all answers against runs. */
static bool try_answers(const struct stack *s, struct seccomp_data *calls,
			const struct answers *answers)
{
	for (unsigned int i = 0; i < answers->nr; i++) {
		if (!try_answer(s, calls, &answers->all[i]))
			return false;
	}
	return true;
}

/* Ask for the policy of a process with these filters, by all ways; try all numbers. */
static bool try_stack(const struct stack *s, struct answers *answers)
{
	static struct answers kernel;
	struct seccomp_data calls[CALLS];
	pid_t pid = start(s);
	bool right;

	if (!pid)
		return false;
	right = ask(pid, "ptrace", answers);
	if (right && has_view)
		right = ask(pid, "kernel", &kernel) &&
			(says_more(s) || same_answers(&kernel, answers));
	/* It goes on as if nothing had been. */
	if (right && (kill(pid, 0) || waitpid(pid, NULL, WNOHANG))) {
		fprintf(stderr, "the process did not survive\n");
		right = false;
	}
	stop(pid);
	if (!right)
		return false;

	make_calls(calls, s);
	return try_answers(s, calls, answers) &&
	       (!has_view || try_answers(s, calls, &kernel));
}

static const struct answer *find(const struct answers *answers, int abi, u32 nr)
{
	for (unsigned int i = 0; i < answers->nr; i++) {
		const struct answer *a = &answers->all[i];

		if (a->abi == abi && a->first <= nr && nr <= a->last)
			return a;
	}
	return NULL;
}

static bool is_expected(const struct answer *a, const struct answer *want)
{
	if (!a || a->constant != want->constant || a->filter != want->filter)
		return false;
	if (a->constant)
		return a->ret == want->ret;
	return a->programs == want->programs && a->strictest == want->strictest &&
	       a->mildest == want->mildest && (!want->longest || a->longest == want->longest);
}

static void test_known(void)
{
	static struct answers answers;
	static struct stack s;

	for (unsigned int i = 0; i < nr_known_stacks; i++) {
		const struct known *k = &known_stacks[i];
		bool right;

		begin_stack(&s);
		k->make(&s);
		right = try_stack(&s, &answers);
		for (const struct expectation *e = k->expect;
		     right && (e->want.constant || e->want.programs); e++) {
			right = is_expected(find(&answers, e->abi, e->nr), &e->want);
			if (!right)
				fprintf(stderr, "%s %u is not as expected\n", abi_names[e->abi],
					e->nr);
		}
		report(right, "known stack %s", k->name);
	}
}

static void test_random(unsigned int stacks)
{
	unsigned int more = 0;
	static struct answers answers;
	static struct stack s;

	constant = 0;
	dependent = 0;
	missed = 0;
	for (unsigned int i = 0; i < stacks; i++) {
		random_stack(&s, i);
		more += says_more(&s);
		if (!try_stack(&s, &answers)) {
			report(false, "random stack %u", i);
			return;
		}
	}
	/* Else nothing was tested, or nothing found out. */
	report(constant > 4 * dependent && dependent - missed > 10 * stacks && more < stacks / 4,
	       "%u random stacks: %lu numbers constant and right, %lu depend, %lu seen to vary",
	       stacks, constant, dependent, dependent - missed);
}

/* A filter as it is; or several, which have to let the next one be attached. */
static bool load_files(struct stack *s, const char *list)
{
	char *paths = strdup(list), *rest = paths, *path;
	bool loaded = true;

	begin_stack(s);
	while (loaded && (path = strsep(&rest, ",")))
		loaded = file_stack(s, path, rest || s->nr);
	free(paths);
	return loaded;
}

static void test_files(char **lists)
{
	static struct answers answers;
	static struct stack s;
	unsigned int nr = 0, filters = 0;

	constant = 0;
	dependent = 0;
	for (; lists[nr]; nr++) {
		if (!load_files(&s, lists[nr])) {
			report(false, "%s cannot be read", lists[nr]);
			return;
		}
		if (!try_stack(&s, &answers)) {
			report(false, "filters %s", lists[nr]);
			return;
		}
		filters += s.nr;
	}
	if (nr)
		report(constant > 1000 * nr,
		       "%u stacks of %u filters from files: %lu constant, %lu depend", nr,
		       filters, constant, dependent);
}

/* --- Ways to go wrong --- */

/* The tool must exit with @status, and say @text in one line if that is 2. */
static void expect(const char *name, int status, const char *text, void (*prepare)(void),
		   char *const argv[])
{
	int got = run_as(prepare, argv, output);
	const char *end = strchr(output, '\n');

	if (got != status)
		report(false, "%s: exit status %d, not %d: %.200s", name, got, status, output);
	else if (!strstr(output, text))
		report(false, "%s: does not say '%s' but: %.200s", name, text, output);
	else if (status == 2 && (!end || end[1]))
		report(false, "%s: more than a line: %.200s", name, output);
	else
		report(true, "%s", name);
}

static void become_nobody(void)
{
	setgroups(0, NULL);
	if (setgid(65534) || setuid(65534))
		_exit(126);
}

static int attach_allow(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog fprog = { .len = 1, .filter = &allow };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog);
}

/* Privileged, but with a filter of its own. */
static void sandbox_self(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (attach_allow())
		_exit(126);
}

static void close_output(void)
{
	int fd = open("/dev/full", O_WRONLY);

	if (fd < 0 || dup2(fd, 1) < 0)
		_exit(126);
}

static char state_of(pid_t pid)
{
	char path[32], state = '?';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	if (f)
		fclose(f);
	return state;
}

/* Wait until a process is in this state, or for two seconds. */
static bool becomes(pid_t pid, char state)
{
	for (int i = 0; i < 2000 && state_of(pid) != state; i++)
		usleep(1000);
	return state_of(pid) == state;
}

static void *shared_page(void)
{
	void *page = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return page;
}

/* Start a process without filters; @prepare is what it does first. */
static pid_t start_plain(int (*prepare)(void))
{
	int *ready = shared_page();
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (prepare && prepare())
			_exit(1);
		__atomic_store_n(ready, 1, __ATOMIC_RELEASE);
		for (;;)
			;
	}
	while (!__atomic_load_n(ready, __ATOMIC_ACQUIRE) && state_of(pid) != 'Z')
		usleep(1000);
	munmap(ready, sizeof(long));
	return pid;
}

static int be_strict(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
}

static int be_traced(void)
{
	return ptrace(PTRACE_TRACEME) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       attach_allow();
}

static void test_usage(void)
{
	pid_t pid = start_plain(NULL);
	char *p = (char *)digits(pid);

	expect("help", 0, "usage: ", NULL, TOOL("--help"));
	expect("no arguments", 2, "one process id", NULL, TOOL());
	expect("two processes", 2, "one process id", NULL, TOOL(p, p));
	expect("unknown option", 2, "--sauce", NULL, TOOL("--sauce", p));
	expect("no number", 2, "'1x' is no process id", NULL, TOOL("1x"));
	expect("empty number", 2, "'' is no process id", NULL, TOOL(""));
	expect("negative number", 2, "'-1' is no process id", NULL, TOOL("--", "-1"));
	expect("number too great", 2, "is no process id", NULL, TOOL("4294967297"));
	expect("unknown source", 2, "one of auto, kernel, ptrace", NULL, TOOL("--source=x", p));
	expect("cost and diff", 2, "do not go together", NULL, TOOL("--cost", "--diff", p, p));
	expect("no such process", 2, "no such process", NULL, TOOL("2147483647"));
	expect("no such process to compare with", 2, "no such process", NULL,
	       TOOL("--diff", "2147483647", p));
	expect("full disk", 2, "cannot write", close_output, TOOL(p));
	stop(pid);

	pid = fork();
	if (!pid)
		_exit(0);
	becomes(pid, 'Z');
	expect("process that has ended", 2, "has ended", NULL, TOOL((char *)digits(pid)));
	stop(pid);
}

static void test_permissions(const struct stack *s)
{
	pid_t pid = start(s), traced = start_plain(be_traced);
	char *p = (char *)digits(pid);

	expect("nobody", 2, "may not be traced", become_nobody, TOOL("--source=ptrace", p));
	expect("inside a sandbox", 2, "from inside a seccomp sandbox", sandbox_self,
	       TOOL("--source=ptrace", p));
	expect("traced already", 2, "one tracer only", NULL,
	       TOOL("--source=ptrace", (char *)digits(traced)));
	if (!has_view) {
		expect("no view", 2, "no CONFIG_SECCOMP_POLICY_VIEW", NULL,
		       TOOL("--source=kernel", p));
	} else {
		expect("view: nobody", 2, "CAP_SYS_ADMIN", become_nobody,
		       TOOL("--source=kernel", p));
		expect("view: inside a sandbox", 0, "source: kernel", sandbox_self,
		       TOOL("--source=kernel", p));
		expect("view: traced already", 0, "source: kernel", NULL,
		       TOOL((char *)digits(traced)));
	}
	stop(pid);
	stop(traced);
}

/* --- Modes, and other states of a process --- */

static void test_modes(void)
{
	pid_t none = start_plain(NULL), strict = start_plain(be_strict);
	static struct answers answers;
	unsigned int allowed = 0;

	expect("no seccomp", 0, "no seccomp, every call is allowed", NULL,
	       TOOL((char *)digits(none)));
	expect("strict mode", 0, "strict mode\n", NULL, TOOL((char *)digits(strict)));
	expect("no seccomp, as nobody", 0, "no seccomp", become_nobody,
	       TOOL((char *)digits(none)));

	run(TOOL("--json", (char *)digits(none)), output);
	report(parse(output, &answers) && complete(&answers), "no seccomp, as JSON");
	for (unsigned int i = 0; i < answers.nr; i++)
		allowed += answers.all[i].ret == SECCOMP_RET_ALLOW;
	report(allowed == answers.nr, "no seccomp allows all");

	run(TOOL("--json", (char *)digits(strict)), output);
	report(parse(output, &answers) && complete(&answers), "strict mode, as JSON");
	allowed = 0;
	for (unsigned int i = 0; i < answers.nr; i++)
		allowed += answers.all[i].ret == SECCOMP_RET_ALLOW;
	report(allowed == 10 && find(&answers, 0, 15)->ret == SECCOMP_RET_ALLOW &&
	       find(&answers, 1, 119)->ret == SECCOMP_RET_ALLOW &&
	       find(&answers, 0, 2)->ret == SECCOMP_RET_KILL_THREAD &&
	       find(&answers, 2, 0)->ret == SECCOMP_RET_KILL_THREAD,
	       "strict mode allows what it should");

	expect("none and strict differ", 1, "allowed -> refused by killing the thread", NULL,
	       TOOL((char *)digits(none), "--diff", (char *)digits(strict)));
	expect("none and none do not", 0, "", NULL,
	       TOOL((char *)digits(none), "--diff", (char *)digits(none)));
	stop(none);
	stop(strict);
}

/* A process that is stopped stays so, and one that is killed meanwhile dies. */
static void test_stopped(const struct stack *s)
{
	pid_t pid = start(s);
	char *p = (char *)digits(pid);

	kill(pid, SIGSTOP);
	becomes(pid, 'T');
	expect("stopped process", 0, "source: ptrace", NULL, TOOL("--source=ptrace", p));
	usleep(50000);
	report(becomes(pid, 'T'), "it still is");
	kill(pid, SIGCONT);
	report(becomes(pid, 'R'), "it goes on when told");
	stop(pid);
}

static unsigned int *signals;

static void count_signal(int signal)
{
	(void)signal;
	__atomic_add_fetch(signals, 1, __ATOMIC_RELAXED);
}

static int count_signals(void)
{
	signal(SIGRTMIN, count_signal);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || attach_allow();
}

/* Send signals while the tool comes and goes; none may be lost. */
static void test_signals(void)
{
	unsigned int wanted = 0, runs = 0;
	pid_t pid, looker;

	signals = shared_page();
	pid = start_plain(count_signals);
	for (; runs < SIGNAL_RUNS; runs++) {
		int status;

		looker = fork();
		if (!looker)
			_exit(run(TOOL("--source=ptrace", (char *)digits(pid)), output));
		while (!waitpid(looker, &status, WNOHANG)) {
			wanted += !kill(pid, SIGRTMIN);
			usleep(100);
		}
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			break;
	}
	for (int i = 0; i < 2000 && *signals != wanted; i++)
		usleep(1000);
	report(runs == SIGNAL_RUNS && *signals == wanted && wanted > SIGNAL_RUNS,
	       "%u of %u signals came through %u looks", *signals, wanted, runs);
	stop(pid);
}

/* --- Differences --- */

static void add_classic(struct stack *s, const struct sock_filter *insns, unsigned int len)
{
	s->insns[s->nr] = insns;
	s->len[s->nr++] = len;
}

static void test_diff(void)
{
	static const struct sock_filter check_1[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 59, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	/* The same by other tests. */
	static const struct sock_filter check_1_again[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 60, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 59, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static const struct sock_filter check_2[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 59, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static const struct sock_filter refuse[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 59, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static struct stack s[4];
	char *p[4];
	pid_t pids[4];

	add_classic(&s[0], check_1, 6);
	add_classic(&s[1], check_1_again, 7);
	add_classic(&s[2], check_2, 6);
	add_classic(&s[3], refuse, 4);
	for (int i = 0; i < 4; i++) {
		pids[i] = start(&s[i]);
		p[i] = (char *)digits(pids[i]);
	}
	run(TOOL("--diff", p[0], p[0]), output);
	report(!*output, "a process does not differ from itself");
	expect("that exits 0", 0, "", NULL, TOOL("--diff", p[0], p[0]));
	expect("that exits 0 as JSON", 0, "\"differences\": []", NULL,
	       TOOL("--json", "--diff", p[0], p[0]));
	run(TOOL("--diff", p[0], p[1]), output);
	report(!*output, "another filter with the same policy does not differ");
	expect("other arguments differ", 1, "argument-checked in both, but differently, 1 call",
	       NULL, TOOL("--diff", p[0], p[2]));
	expect("it names the call", 1, "\n    execve\n", NULL, TOOL("--diff", p[0], p[2]));
	expect("a check and a refusal differ", 1,
	       "refused with EPERM -> argument-checked, 1 call:\n    execve\n", NULL,
	       TOOL("--diff", p[0], p[3]));
	expect("the same as JSON", 1, "\"name\": \"execve\", \"known\": true, \"a\": {", NULL,
	       TOOL("--json", "--diff", p[0], p[3]));
	if (has_view) {
		expect("the view does not tell", 0, "ptrace tells whether alike",
		       NULL, TOOL("--source=kernel", "--diff", p[0], p[2]));
		expect("the view tells constants", 1, "refused with EPERM -> argument-checked",
		       NULL, TOOL("--source=kernel", "--diff", p[0], p[3]));
	}
	for (int i = 0; i < 4; i++)
		stop(pids[i]);
}

/* --- What only newer kernels have --- */

static void add_pin(struct stack *s, int abi, u32 ret)
{
	s->kind[s->nr] = PIN;
	s->abi[s->nr] = abi;
	s->ret[s->nr++] = ret;
}

/* Errno 4 for getpid, whichever ABI; and an argument of getuid */
static const struct sock_filter refusals[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~X32_BIT),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 39, 4, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 102, 0, 2),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 4),
};

static bool has_pins(void)
{
	const long probe = 1L << 31;

	return !syscall(SYS_seccomp, 4, probe, NULL);
}

static void test_pins(void)
{
	static struct answers answers;
	struct stack s;

	for (int abi = 0; abi < ABIS; abi++) {
		begin_stack(&s);
		add_classic(&s, refusals, ARRAY_SIZE(refusals));
		/* What is attached after a pin has to be so by a call that this allows. */
		if (abi == X86_64) {
			add_pin(&s, abi, SECCOMP_RET_ERRNO | 4);
			add_classic(&s, refusals, ARRAY_SIZE(refusals));
		}
		add_pin(&s, abi, SECCOMP_RET_KILL_PROCESS);
		report(try_stack(&s, &answers), "pin to %s and filters", abi_names[abi]);
	}
}

static void test_ebpf(void)
{
	static struct answers answers;
	struct stack s;
	pid_t pid;
	char *p;

	begin_stack(&s);
	add_classic(&s, refusals, ARRAY_SIZE(refusals));
	if (!load_ebpf(&s, SECCOMP_RET_ERRNO | 3)) {
		printf("skip eBPF filters: %s\n", strerror(errno));
		return;
	}
	report(try_stack(&s, &answers), "an eBPF program and a filter");
	pid = start(&s);
	p = (char *)digits(pid);
	expect("a program that decides", 0, "\nx86_64: eBPF program ", NULL,
	       TOOL("--source=ptrace", p));
	expect("it makes nothing milder", 0,
	       " decides, nothing milder than ERRNO, 1 call:\n    getpid\n", NULL,
	       TOOL("--source=ptrace", p));
	expect("a program is as it was", 0, "\"differences\": []", NULL,
	       TOOL("--json", "--diff", p, p));
	stop(pid);
	close(s.fd[1]);
}

/* --- For other tests --- */

/* Be a process with these filters, and say so. */
static int hold(char **paths)
{
	static struct stack s;
	pid_t pid;

	begin_stack(&s);
	for (; *paths; paths++) {
		if (!file_stack(&s, *paths, false)) {
			fprintf(stderr, "policy_test: cannot read %s\n", *paths);
			return 2;
		}
	}
	pid = start(&s);
	if (!pid)
		return 2;
	printf("%d\n", pid);
	fflush(stdout);
	pause();
	return 2;
}

int main(int argc, char **argv)
{
	bool need_view = argc > 1 && !strcmp(argv[1], "--need-view");
	static struct stack s;

	if (argc > 2 && !strcmp(argv[1], "--hold"))
		return hold(argv + 2);
	argv += need_view;
	argc -= need_view;
	if (argc < 3) {
		fputs("usage: policy_test [--need-view] TOOL STACKS [FILTER[,FILTER]...]...\n"
		      "       policy_test --hold FILTER...\n", stderr);
		return 2;
	}
	tool = argv[1];
	has_view = !access("/proc/self/seccomp_policy", F_OK);
	if (need_view)
		report(has_view, "the kernel has /proc/PID/seccomp_policy");
	srandom(1);

	test_usage();
	test_modes();
	random_stack(&s, 3);
	test_permissions(&s);
	test_stopped(&s);
	test_signals();
	test_diff();
	test_known();
	if (has_pins())
		test_pins();
	else
		report(!need_view, "this kernel has no pins");
	test_ebpf();
	test_random(atoi(argv[2]));
	test_files(argv + 3);
	if (!has_view)
		printf("skip the kernel's own view: no /proc/PID/seccomp_policy\n");
	return failed;
}
