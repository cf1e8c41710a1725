// SPDX-License-Identifier: GPL-2.0
/* Random eBPF filters: what is known of a call is what running them gives */

/*
 * Programs are drawn from all of the language that pure filters may use, mostly
 * such that number and architecture decide. A child attaches one, and for each
 * number of which a constant is shown the program is run on calls of it, with
 * all kinds of arguments. What the verifier refuses is thrown away.
 *
 * SECCOMP_RANDOM_SEED (1) and SECCOMP_RANDOM_SECONDS (40) may be set.
 */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"
#include "seccomp_interp.h"

#include <time.h>

#ifdef __x86_64__
/* --- Programs --- */

#define UNITS		26
#define SUBS		2

/*
 * A program in the making. Jumps go from unit to unit, so that none goes to the
 * middle of what belongs together; where a unit begins is known at the end.
 */
struct maker {
	__u64 state;
	struct bpf_insn insn[1024];
	size_t len;
	/* Where units begin; and jumps that are yet to be given their offsets */
	size_t unit[UNITS + 1];
	struct {
		size_t at;
		int to;
		bool far;
	} jump[4 * UNITS];
	int jumps;
	/* Calls that are yet to be given theirs */
	struct {
		size_t at;
		int sub;
	} call[UNITS];
	int calls;
	/* Does it look at arguments? May it have loops? */
	bool arguments, loops;
};

/* R1 has arguments, R6 the context. */
static const __u8 pool[] = { R0, R2, R3, R4, R5, R7, R8, R9 };

static __u8 draw_reg(struct maker *m)
{
	return pool[draw(&m->state, ARRAY_SIZE(pool))];
}

static void emit(struct maker *m, struct bpf_insn insn)
{
	if (m->len == ARRAY_SIZE(m->insn))
		abort();
	m->insn[m->len++] = insn;
}

static __s32 draw_imm(struct maker *m)
{
	switch (draw(&m->state, 8)) {
	case 0 ... 3:
		return draw(&m->state, 480);
	case 4:
		return X32_BIT | draw(&m->state, 480);
	case 5:
		return draw(&m->state, 2) ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386;
	case 6:
		return draw(&m->state, 0x7fffffff) << 1;
	default:
		return draw_edge(&m->state);
	}
}

static __u32 draw_action(struct maker *m)
{
	static const __u32 actions[] = {
		SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO, ALLOW, ALLOW, ALLOW,
		SECCOMP_RET_TRAP, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_LOG,
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS, 0x12340000,
	};

	return actions[draw(&m->state, ARRAY_SIZE(actions))] | draw(&m->state, 5000);
}

static const int all_sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
static const int all_bytes[] = { 1, 2, 4, 8 };

/* Load a part of a field, of number or architecture most of the time. */
static void add_context(struct maker *m)
{
	int i = draw(&m->state, 4);

	if (m->arguments && !draw(&m->state, 3)) {
		int off = IP_OFF + draw(&m->state, 56 / all_bytes[i]) * all_bytes[i];

		emit(m, BPF_LDX_MEM(all_sizes[i], draw_reg(m), R6, off));
		return;
	}
	/* Whole ones twice as often */
	if (i == 3)
		i = 2;
	emit(m, BPF_LDX_MEM(all_sizes[i], draw_reg(m), R6,
			    draw(&m->state, 8 / all_bytes[i]) * all_bytes[i]));
}

static void add_alu(struct maker *m)
{
	static const int ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH,
		BPF_RSH, BPF_ARSH, BPF_MOV, BPF_DIV, BPF_MOD,
	};
	int n = draw(&m->state, ARRAY_SIZE(ops)), op = ops[n], wide = draw(&m->state, 2);
	struct bpf_insn insn = BPF_RAW_INSN((wide ? BPF_ALU64 : BPF_ALU) | op | BPF_K,
					    draw_reg(m), 0, 0, draw_imm(m));
	bool shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;

	/* The last two are signed. */
	if (n >= 12)
		insn.off = 1;
	if (draw(&m->state, 2)) {
		insn.code |= BPF_X;
		insn.src_reg = draw_reg(m);
		insn.imm = 0;
	} else if (shift) {
		insn.imm = (__u32)insn.imm % (wide ? 64 : 32);
	} else if (!insn.imm && (op == BPF_DIV || op == BPF_MOD)) {
		insn.imm = 7;
	}
	/* By far too much, one in a while */
	if (shift && !draw(&m->state, 200))
		insn.imm = 64;
	emit(m, insn);
}

static void add_unary(struct maker *m)
{
	static const __u8 widths[] = { 8, 16, 32 };
	int wide = draw(&m->state, 2);
	__u8 dst = draw_reg(m);

	switch (draw(&m->state, 4)) {
	case 0:
		emit(m, BPF_RAW_INSN((wide ? BPF_ALU64 : BPF_ALU) | BPF_NEG, dst, 0, 0, 0));
		break;
	case 1:
		emit(m, BPF_RAW_INSN((wide ? BPF_ALU64 : BPF_ALU) | BPF_MOV | BPF_X, dst,
				     draw_reg(m), widths[draw(&m->state, 2 + wide)], 0));
		break;
	case 2:
		emit(m, BPF_RAW_INSN(BPF_ALU | BPF_END | (wide ? BPF_TO_LE : BPF_TO_BE), dst, 0, 0,
				     16 << draw(&m->state, 3)));
		break;
	default:
		emit(m, BPF_RAW_INSN(BPF_ALU64 | BPF_END, dst, 0, 0, 16 << draw(&m->state, 3)));
	}
}

/* The stack has eight slots, which are all written at first. */
static void add_stack(struct maker *m)
{
	int i = draw(&m->state, 4), off = -64 + draw(&m->state, 64 / all_bytes[i]) * all_bytes[i];

	switch (draw(&m->state, 5)) {
	case 0 ... 1:
		emit(m, BPF_STX_MEM(all_sizes[i], FP, draw_reg(m), off));
		break;
	case 2:
		emit(m, BPF_ST_MEM(all_sizes[i], FP, off, draw_imm(m)));
		break;
	case 3:
		/* There is no sign to extend from 64 bits. */
		emit(m, BPF_RAW_INSN(BPF_LDX | (i < 3 ? BPF_MEMSX : BPF_MEM) | all_sizes[i],
				     draw_reg(m), FP, off, 0));
		break;
	default:
		emit(m, BPF_LDX_MEM(all_sizes[i], draw_reg(m), FP, off));
	}
}

static const int jump_ops[] = {
	BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT,
	BPF_JSLE, BPF_JSET,
};

static struct bpf_insn draw_condition(struct maker *m)
{
	int op = jump_ops[draw(&m->state, ARRAY_SIZE(jump_ops))];
	struct bpf_insn insn = BPF_RAW_INSN((draw(&m->state, 2) ? BPF_JMP : BPF_JMP32) | op | BPF_K,
					    draw_reg(m), 0, 0, draw_imm(m));

	if (!draw(&m->state, 3)) {
		insn.code |= BPF_X;
		insn.src_reg = draw_reg(m);
		insn.imm = 0;
	}
	return insn;
}

/* Jump over the @n instructions that follow, to what is behind this unit. */
static void add_skip(struct maker *m, int n)
{
	struct bpf_insn insn = draw_condition(m);

	insn.off = n;
	emit(m, insn);
}

/* Jump from unit number @now to one behind the next. */
static void add_jump(struct maker *m, int now)
{
	int left = UNITS - now - 1, to = now + 1 + draw(&m->state, left < 8 ? left + 1 : 8);
	bool always = !draw(&m->state, 10);

	if (to > UNITS)
		to = UNITS;
	/* Nothing may be left that no way leads to. */
	if (always)
		add_skip(m, 1);
	m->jump[m->jumps].at = m->len;
	m->jump[m->jumps].to = to;
	m->jump[m->jumps++].far = always && draw(&m->state, 2);
	if (!always)
		emit(m, draw_condition(m));
	else
		emit(m, BPF_RAW_INSN((m->jump[m->jumps - 1].far ? BPF_JMP32 : BPF_JMP) | BPF_JA,
				     0, 0, 0, 0));
}

/* Some rounds of something; the counter is lost. */
static void add_loop(struct maker *m)
{
	size_t start;
	__u8 counter = R9;

	emit(m, BPF_MOV64_IMM(counter, 1 + draw(&m->state, 6)));
	start = m->len;
	for (int i = 0; i < 2; i++) {
		emit(m, BPF_ALU64_IMM(draw(&m->state, 2) ? BPF_ADD : BPF_MUL, R2 + i,
				      1 + draw(&m->state, 100)));
		emit(m, BPF_ALU32_REG(draw(&m->state, 2) ? BPF_XOR : BPF_SUB, R4 + i, R2 + i));
	}
	emit(m, BPF_ALU64_IMM(BPF_SUB, counter, 1));
	emit(m, BPF_JMP_IMM(BPF_JNE, counter, 0, (int)start - (int)m->len - 1));
}

static void add_call(struct maker *m)
{
	int sub = draw(&m->state, SUBS);

	/* The one takes a number, the other the context. */
	emit(m, BPF_MOV64_REG(R1, sub ? R6 : draw_reg(m)));
	m->call[m->calls].at = m->len;
	m->call[m->calls++].sub = sub;
	emit(m, BPF_CALL_REL(0));
	for (int reg = R2; reg <= R5; reg++)
		emit(m, BPF_MOV64_REG(reg, draw(&m->state, 2) ? R0 : R7));
}

/* A return that is not always reached, unless it is the last */
static void add_return(struct maker *m, bool last)
{
	bool computed = !draw(&m->state, 3);

	if (!last)
		add_skip(m, computed ? 4 : 2);
	if (computed) {
		emit(m, BPF_MOV64_REG(R0, draw_reg(m)));
		emit(m, BPF_ALU64_IMM(BPF_AND, R0, 0x1fff));
		emit(m, BPF_ALU64_IMM(BPF_OR, R0, draw(&m->state, 2) ? SECCOMP_RET_ERRNO :
				      SECCOMP_RET_TRAP));
	} else {
		emit(m, BPF_MOV32_IMM(R0, (__s32)draw_action(m)));
	}
	emit(m, BPF_EXIT_INSN());
}

/*
 * Few jumps meet again, for the verifier looks at each way through them and
 * would soon give up; most decide, as those of filters do.
 */
static void add_unit(struct maker *m, int now)
{
	switch (draw(&m->state, 32)) {
	case 0 ... 4:
		add_context(m);
		break;
	case 5 ... 11:
		add_alu(m);
		break;
	case 12 ... 14:
		add_unary(m);
		break;
	case 15 ... 18:
		add_stack(m);
		break;
	case 19 ... 22:
		add_jump(m, now);
		break;
	case 23:
		if (m->loops)
			add_loop(m);
		else
			add_unary(m);
		break;
	case 24:
		add_call(m);
		break;
	case 25: {
		__u64 value = (__u64)draw_imm(m) << 32 | (__u32)draw_imm(m);
		const struct bpf_insn insn[] = { BPF_LD_IMM64(draw_reg(m), value) };

		emit(m, insn[0]);
		emit(m, insn[1]);
		break;
	}
	default:
		/* Not before there was something to decide by */
		if (now > 3)
			add_return(m, false);
		else
			add_context(m);
	}
}

static void add_sub(struct maker *m, int sub)
{
	size_t start = m->len, jump;

	for (int i = 0; i < m->calls; i++) {
		if (m->call[i].sub == sub)
			m->insn[m->call[i].at].imm = start - m->call[i].at - 1;
	}
	if (sub)
		emit(m, BPF_LDX_MEM(BPF_W, R0, R1, draw(&m->state, 2) ? NR_OFF : ARCH_OFF));
	else
		emit(m, BPF_MOV64_REG(R0, R1));
	emit(m, BPF_STX_MEM(BPF_DW, FP, R0, -8));
	emit(m, BPF_LDX_MEM(BPF_H, R2, FP, -8 + 2 * (int)draw(&m->state, 4)));
	jump = m->len;
	emit(m, BPF_JMP32_IMM(jump_ops[draw(&m->state, ARRAY_SIZE(jump_ops))], R0, draw_imm(m), 2));
	emit(m, BPF_ALU64_IMM(BPF_MUL, R0, draw_imm(m)));
	emit(m, BPF_EXIT_INSN());
	m->insn[jump].off = m->len - jump - 1;
	emit(m, BPF_ALU64_REG(BPF_ADD, R0, R2));
	emit(m, BPF_EXIT_INSN());
}

/* Draw a program. If it is to be one of several, it lets the next be attached. */
static void make_program(struct maker *m, bool stacked)
{
	m->len = 0;
	m->jumps = 0;
	m->calls = 0;
	m->arguments = !draw(&m->state, 3);
	emit(m, BPF_MOV64_REG(R6, R1));
	emit(m, BPF_LDX_MEM(BPF_W, R7, R6, NR_OFF));
	if (stacked) {
		emit(m, BPF_JMP32_IMM(BPF_JNE, R7, __NR_seccomp, 2));
		emit(m, BPF_MOV32_IMM(R0, ALLOW));
		emit(m, BPF_EXIT_INSN());
	}
	emit(m, BPF_LDX_MEM(BPF_W, R8, R6, ARCH_OFF));
	for (size_t i = 0; i < ARRAY_SIZE(pool); i++) {
		if (pool[i] == R7 || pool[i] == R8)
			continue;
		if (draw(&m->state, 3))
			emit(m, BPF_MOV64_REG(pool[i], draw(&m->state, 2) ? R7 : R8));
		else
			emit(m, BPF_MOV64_IMM(pool[i], draw_imm(m)));
	}
	for (int off = -64; off < 0; off += 8)
		emit(m, BPF_STX_MEM(BPF_DW, FP, draw_reg(m), off));
	for (int i = 0; i < UNITS; i++) {
		m->unit[i] = m->len;
		add_unit(m, i);
	}
	m->unit[UNITS] = m->len;
	add_return(m, true);
	for (int i = 0; i < m->jumps; i++) {
		size_t at = m->jump[i].at;
		int off = m->unit[m->jump[i].to] - at - 1;

		if (m->jump[i].far)
			m->insn[at].imm = off;
		else
			m->insn[at].off = off;
	}
	for (int sub = 0; sub < SUBS; sub++) {
		bool called = false;

		for (int i = 0; i < m->calls; i++)
			called |= m->call[i].sub == sub;
		if (called)
			add_sub(m, sub);
	}
}

static struct {
	long made, refused, programs, constants, filters, compared, wrong;
} total;

/* Draw until the verifier takes one. */
static int load_random(struct maker *m, bool stacked)
{
	int fd = -1;

	for (int tries = 0; fd < 0 && tries < 100; tries++) {
		union bpf_attr attr;

		make_program(m, stacked);
		attr = program_attr(m->insn, m->len);
		fd = sys_bpf(BPF_PROG_LOAD, &attr);
		total.made++;
		total.refused += fd < 0;
	}
	return fd;
}

/* --- Stacks of programs, and what is known of them --- */

#define LAYERS	3

/* Oldest first: files of eBPF programs, or -1 for the classic one beside */
struct stack {
	int n, fd[LAYERS];
	struct program classic[LAYERS];
};

static __u32 verdict_of(const struct stack *s, const struct seccomp_data *data)
{
	__u32 all = ALLOW;

	for (int i = 0; i < s->n; i++)
		all = join(s->fd[i] < 0 ? interpret(&s->classic[i], data) :
			   result_of(s->fd[i], data), all);
	return all;
}

/* As it is shown */
static void name_verdict(__u32 verdict, char name[24])
{
	__u32 data = verdict & SECCOMP_RET_DATA;
	const char *action = "KILL_PROCESS";

	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		snprintf(name, 24, "ERRNO(%u)", data > 4095 ? 4095 : data);
		return;
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_TRACE:
		action = (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRAP ? "TRAP" : "TRACE";
		if (data) {
			snprintf(name, 24, "%s(%u)", action, data);
			return;
		}
		break;
	case SECCOMP_RET_KILL_THREAD:
		action = "KILL_THREAD";
		break;
	case SECCOMP_RET_USER_NOTIF:
		action = "USER_NOTIF";
		break;
	case SECCOMP_RET_LOG:
		action = "LOG";
		break;
	case SECCOMP_RET_ALLOW:
		action = "ALLOW";
	}
	strcpy(name, action);
}

static __u64 draw_argument(__u64 *state)
{
	switch (draw(state, 4)) {
	case 0:
		return draw_edge(state);
	case 1:
		return (__u64)draw_edge(state) << 32 | draw_edge(state);
	case 2:
		return draw(state, 480);
	default:
		return (__u64)draw(state, 0x7fffffff) << 33 ^ draw(state, 0x7fffffff);
	}
}

/* Attaching must not make another call: what it got may be anything. */
static void child_attached(const struct abi *abi, long arg)
{
	struct stack *s = (void *)arg;
	long ret = 0;

	for (int i = 0; i < s->n && !ret; i++)
		ret = s->fd[i] < 0 ? attach_built(&s->classic[i]) : attach_ebpf(0, s->fd[i]);
	report->seen = ret;
	atomic_store(&report->stage, 1);
	for (;;)
		asm volatile("" : : : "memory");
}

/* Attach it, hold what is shown against @expected; false if nothing is shown. */
static bool compare(struct stack *s, struct stack *expected, __u64 *state)
{
	pid_t pid = start(child_attached, &native, (long)s);
	size_t n;

	wait_for(&report->stage, 1);
	kill(pid, SIGSTOP);
	n = report->seen ? 0 : read_known(pid);
	kill(pid, SIGKILL);
	finish(pid);
	for (size_t i = 0; i < n; i++) {
		const struct known *k = &known[i];
		bool range = k->first != k->last;

		if (!strcmp(k->word, "FILTER")) {
			total.filters++;
			continue;
		}
		total.constants++;
		if (!range && is_exempt(k->abi, k->first))
			continue;
		for (int turn = 0; turn < (range ? 12 : 2); turn++) {
			struct seccomp_data data = {
				.nr = turn == 1 ? k->last : turn < 1 || !range ? k->first :
				      k->first + draw(state, k->last - k->first + 1 ?: ~0U),
				.arch = k->abi->arch,
				.instruction_pointer = draw_argument(state),
			};
			char name[24];

			for (int j = 0; j < 6; j++)
				data.args[j] = draw_argument(state);
			name_verdict(verdict_of(expected, &data), name);
			total.compared++;
			if (!strcmp(name, k->word))
				continue;
			if (total.wrong++ < 5)
				printf("# %s %#x: shown %s, run %s\n",
				       k->abi == &ia32 ? "ia32" : "x86_64", data.nr, k->word, name);
		}
	}
	return n;
}

/* --- Cases --- */

static int setting(const char *name, int dflt)
{
	const char *told = getenv(name);

	return told && atoi(told) > 0 ? atoi(told) : dflt;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Where branches are guarded against speculation, the verifier takes each round
 * of a loop for one that might be mispredicted, and gives up after a million
 * instructions. Do not wait for that.
 */
static bool has_loops(void)
{
	pid_t pid = fork();

	if (!pid) {
		alarm(1);
		if (LOAD_EBPF(BPF_MOV64_IMM(R2, 2), BPF_ALU64_IMM(BPF_SUB, R2, 1),
			      BPF_JMP_IMM(BPF_JNE, R2, 0, -2), VERDICT(ALLOW)) < 0)
			leave(1);
		leave(CHILD_DONE);
	}
	return finish(pid) == CHILD_DONE << 8;
}

static struct maker maker;

FIXTURE(random_ebpf) {
	long end;
};

FIXTURE_SETUP(random_ebpf)
{
	NEED_EBPF();
	maker.state = setting("SECCOMP_RANDOM_SEED", 1);
	maker.loops = has_loops();
	self->end = now_ms() + 500 * setting("SECCOMP_RANDOM_SECONDS", 40);
}

FIXTURE_TEARDOWN(random_ebpf)
{
}

/* The harness' limit is for who hangs. */
#define LIMIT	86400

static void expect_equal(struct __test_metadata *_metadata, long end, bool stacked)
{
	static struct stack s;

	while (now_ms() < end && total.wrong < 5) {
		__u64 before;

		s.n = stacked ? 2 + draw(&maker.state, 2) : 1;
		before = maker.state;
		for (int i = 0; i < s.n; i++) {
			s.fd[i] = -1;
			/* Of several, one at least is eBPF. */
			if (stacked && i && draw(&maker.state, 2)) {
				build_random(&s.classic[i], abis[draw(&maker.state, 3)],
					     &maker.state, 20);
				continue;
			}
			s.fd[i] = load_random(&maker, stacked);
			ASSERT_LE(0, s.fd[i]) TH_LOG("nothing that is drawn can be loaded");
			total.programs++;
		}
		if (!compare(&s, &s, &maker.state)) {
			EXPECT_EQ(0, report->seen);
			SKIP(return, "no tables, or they are not shown");
		}
		EXPECT_EQ(0, total.wrong) TH_LOG("seed %llu", before);
		for (int i = 0; i < s.n; i++)
			close(s.fd[i]);
	}
	TH_LOG("%ld made, %ld refused, %ld attached, loops %d", total.made, total.refused,
	       total.programs, maker.loops);
	TH_LOG("%ld constants, %ld to be filtered, %ld compared", total.constants, total.filters,
	       total.compared);
	EXPECT_LE(total.made, 3 * (total.made - total.refused));
	/* It has to show something. */
	EXPECT_LT(1000, total.compared);
	EXPECT_LT(0, total.filters);
}

TEST_F_TIMEOUT(random_ebpf, what_is_known_of_one_is_what_it_returns, LIMIT)
{
	expect_equal(_metadata, self->end, false);
}

TEST_F_TIMEOUT(random_ebpf, what_is_known_of_a_stack_is_what_all_return, LIMIT)
{
	expect_equal(_metadata, self->end, true);
}

/* The comparison has to see what is wrong: one number, one bit. */
TEST_F_TIMEOUT(random_ebpf, planted_mistakes_are_found, LIMIT)
{
	static const __u32 verdicts[][2] = {
		{ ALLOW, SECCOMP_RET_ERRNO }, { SECCOMP_RET_ERRNO | 8, SECCOMP_RET_ERRNO | 9 },
		{ SECCOMP_RET_TRAP | 1, SECCOMP_RET_TRAP }, { SECCOMP_RET_LOG, ALLOW },
		{ SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS },
	};
	static struct stack s, other;

	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(verdicts); j++) {
			s.n = 1;
			other.n = 1;
			s.fd[0] = load_constant(abis[i], abis[i]->first + 77, verdicts[j][0]);
			other.fd[0] = load_constant(abis[i], abis[i]->first + 77, verdicts[j][1]);
			memset(&total, 0, sizeof(total));
			total.wrong = 5;
			if (!compare(&s, &other, &maker.state))
				SKIP(return, "no tables, or they are not shown");
			/* Both turns of the one number */
			EXPECT_EQ(7, total.wrong);
			close(s.fd[0]);
			close(other.fd[0]);
		}
	}
}
#endif /* __x86_64__ */

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
