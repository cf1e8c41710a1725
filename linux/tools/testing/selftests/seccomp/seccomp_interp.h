/* SPDX-License-Identifier: GPL-2.0 */
/* What filters say of a call: an interpreter of classic BPF, and the rule for stacks */

/*
 * The model that tests hold the kernel against. It is written from what classic
 * BPF and seccomp(2) mean, and shares nothing with the kernel: each filter is
 * run from its beginning for each call, and all filters are asked.
 */

#ifndef _SECCOMP_INTERP_H
#define _SECCOMP_INTERP_H

#include "seccomp_test.h"

#define TAX		INSN(BPF_MISC | BPF_TAX, 0)
#define TXA		INSN(BPF_MISC | BPF_TXA, 0)
#define RETURN_A	INSN(BPF_RET | BPF_A, 0)
#define SET_A(k)	INSN(BPF_LD | BPF_IMM, k)
#define SET_X(k)	INSN(BPF_LDX | BPF_IMM, k)
#define STORE(k)	INSN(BPF_ST, k)
#define STORE_X(k)	INSN(BPF_STX, k)
#define RECALL(k)	INSN(BPF_LD | BPF_MEM, k)
#define RECALL_X(k)	INSN(BPF_LDX | BPF_MEM, k)
#define ALU(op, k)	INSN(BPF_ALU | (op) | BPF_K, k)
#define ALU_BY_X(op)	INSN(BPF_ALU | (op) | BPF_X, 0)
#define GOTO(k)		INSN(BPF_JMP | BPF_JA, k)

#define ERRNO(data)	(SECCOMP_RET_ERRNO | (data))
#define TRAP(data)	(SECCOMP_RET_TRAP | (data))

/* The halves of the six arguments, numbered: low ones are even. */
#define WORDS		12

static inline __u32 word_at(int w)
{
	return w & 1 ? HIGH_WORD(w / 2) : LOW_WORD(w / 2);
}

/* Values at which comparisons and arithmetic turn */
static const __u32 edges[] = {
	0, 1, 2, 31, 32, 33, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
};

#define EDGES	ARRAY_SIZE(edges)

/* --- Programs --- */

struct program {
	struct sock_filter insn[BPF_MAXINSNS];
	size_t len;
	unsigned int flags;
};

static inline void add_insns(struct program *p, const struct sock_filter *insn, size_t n)
{
	if (p->len + n > BPF_MAXINSNS)
		abort();
	memcpy(p->insn + p->len, insn, n * sizeof(*insn));
	p->len += n;
}

#define ADD(p, ...)	add_insns(p, (struct sock_filter []) { __VA_ARGS__ },	\
			sizeof((struct sock_filter []) { __VA_ARGS__ }) /	\
			sizeof(struct sock_filter))

/* Begin a program that allows all calls but those of number @nr. */
static inline void begin_on(struct program *p, const struct abi *abi, __u32 nr)
{
	p->len = 0;
	p->flags = 0;
	ADD(p, LOAD_ARCH, JUMP(BPF_JEQ, abi->arch, 1, 0), RETURN(ALLOW),
	    LOAD_NR, JUMP(BPF_JEQ, nr, 1, 0), RETURN(ALLOW));
}

static inline long attach_built(struct program *p)
{
	return attach_program(p->flags, p->insn, p->len);
}

static inline __u32 interpret_alu(const struct sock_filter *insn, __u32 a, __u32 operand)
{
	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		return a + operand;
	case BPF_SUB:
		return a - operand;
	case BPF_MUL:
		return a * operand;
	case BPF_DIV:
		return a / operand;
	case BPF_AND:
		return a & operand;
	case BPF_OR:
		return a | operand;
	case BPF_XOR:
		return a ^ operand;
	case BPF_LSH:
		return a << (operand & 31);
	case BPF_RSH:
		return a >> (operand & 31);
	case BPF_NEG:
		return -a;
	default:
		abort();
	}
}

static inline __u32 interpret_load(const struct sock_filter *insn,
				   const struct seccomp_data *data, const __u32 memory[])
{
	__u32 value;

	switch (BPF_MODE(insn->code)) {
	case BPF_ABS:
		memcpy(&value, (const char *)data + insn->k, sizeof(value));
		return value;
	case BPF_MEM:
		return memory[insn->k];
	case BPF_LEN:
		return sizeof(*data);
	default:
		return insn->k;
	}
}

static inline bool interpret_jump(const struct sock_filter *insn, __u32 a, __u32 operand)
{
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGT:
		return a > operand;
	case BPF_JGE:
		return a >= operand;
	default:
		return a & operand;
	}
}

/* What a program that can be attached returns */
static inline __u32 interpret(const struct program *p, const struct seccomp_data *data)
{
	__u32 a = 0, x = 0, memory[BPF_MEMWORDS] = {};

	for (size_t pc = 0; pc < p->len; pc++) {
		const struct sock_filter *insn = &p->insn[pc];
		__u32 operand = BPF_SRC(insn->code) == BPF_X ? x : insn->k;

		switch (BPF_CLASS(insn->code)) {
		case BPF_LD:
			a = interpret_load(insn, data, memory);
			break;
		case BPF_LDX:
			x = interpret_load(insn, data, memory);
			break;
		case BPF_ST:
			memory[insn->k] = a;
			break;
		case BPF_STX:
			memory[insn->k] = x;
			break;
		case BPF_ALU:
			if (BPF_OP(insn->code) == BPF_DIV && !operand)
				return SECCOMP_RET_KILL_THREAD;
			a = interpret_alu(insn, a, operand);
			break;
		case BPF_JMP:
			if (BPF_OP(insn->code) == BPF_JA)
				pc += insn->k;
			else
				pc += interpret_jump(insn, a, operand) ? insn->jt : insn->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(insn->code) == BPF_A ? a : insn->k;
		default:
			if (BPF_MISCOP(insn->code) == BPF_TAX)
				x = a;
			else
				a = x;
		}
	}
	abort();
}

/* Put the verdict of a newer filter on top of those before it. */
static inline __u32 join(__u32 newer, __u32 older)
{
	return (__s32)(newer & SECCOMP_RET_ACTION_FULL) <=
	       (__s32)(older & SECCOMP_RET_ACTION_FULL) ? newer : older;
}

static inline bool is_allow(__u32 verdict)
{
	return (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ALLOW;
}

/*
 * What @n filters return together, the oldest of which is the first. Whose
 * verdict it is comes in @match: -1 for nobody's, of a call that is allowed.
 */
static inline __u32 ask_stack(const struct program *p, int n, const struct seccomp_data *data,
			      int *match)
{
	__u32 all = ALLOW;
	int by = -1;

	for (int i = 0; i < n; i++) {
		__u32 verdict = interpret(&p[i], data);

		if (is_allow(verdict) || join(verdict, all) != verdict)
			continue;
		all = verdict;
		by = i;
	}
	if (match)
		*match = by;
	return all;
}

/* --- Calls --- */

struct made {
	const struct abi *abi;
	long nr;
	/* Where it is made, or NULL for somewhere */
	const char *site;
	/* What it returns if it is allowed */
	long allowed;
	long arg[6];
};

static inline void set_word(struct made *made, int w, __u32 value)
{
#if __LONG_WIDTH__ == 64
	int shift = w & 1 ? 32 : 0;

	made->arg[w / 2] &= ~(0xffffffffUL << shift);
	made->arg[w / 2] |= (unsigned long)value << shift;
#else
	if (!(w & 1))
		made->arg[w / 2] = value;
#endif
}

#ifdef __x86_64__
/* The call instruction of a site is this long, whichever it is. */
#define SITE_INSN	2

static inline long call_site(const char *site, const struct abi *abi, long nr,
			     const long arg[6])
{
	long ret;

	if (abi == &ia32) {
		register long r8 asm("r8") = arg[5];
		register long r9 asm("r9") = (long)site;

		asm volatile("lea	-128(%%rsp), %%rsp\n\t"
			     "push	%%rbp\n\t"
			     "mov	%%r8, %%rbp\n\t"
			     "call	*%%r9\n\t"
			     "pop	%%rbp\n\t"
			     "lea	128(%%rsp), %%rsp"
			     : "=a" (ret), "+r" (r8), "+r" (r9)
			     : "a" (nr), "b" (arg[0]), "c" (arg[1]), "d" (arg[2]),
			       "S" (arg[3]), "D" (arg[4])
			     : "r10", "r11", "memory");
		return (int)ret;
	}

	register long r10 asm("r10") = arg[3];
	register long r8 asm("r8") = arg[4];
	register long r9 asm("r9") = arg[5];

	asm volatile("lea	-128(%%rsp), %%rsp\n\t"
		     "call	*%%rbx\n\t"
		     "lea	128(%%rsp), %%rsp"
		     : "=a" (ret), "+r" (r10), "+r" (r8), "+r" (r9)
		     : "a" (nr), "D" (arg[0]), "S" (arg[1]), "d" (arg[2]), "b" (site)
		     : "rcx", "r11", "memory");
	return ret;
}

/* A page from where calls can be made, at every address of it but the last few */
static inline char *map_calls(const struct abi *abi, unsigned long hint, int flags)
{
	char *page = mmap((void *)hint, SITE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	for (int i = 0; i + 4 <= SITE_PAGE; i += 4)
		memcpy(page + i, abi == &ia32 ? "\xcd\x80\xc3\xcc" : "\x0f\x05\xc3\xcc", 4);
	mprotect(page, SITE_PAGE, PROT_READ | PROT_EXEC);
	return page;
}
#endif

static inline long make(const struct made *made)
{
#ifdef __x86_64__
	if (made->site)
		return call_site(made->site, made->abi, made->nr, made->arg);
#endif
	return made->abi->raw(made->nr, made->arg);
}

/* What filters are told of it; but for the address, where it has no site */
static inline struct seccomp_data told_of(const struct made *made)
{
	struct seccomp_data data = { .nr = made->nr, .arch = made->abi->arch };

	/* Filters see the whole register, of an int $0x80 by 64-bit code too. */
	for (int i = 0; i < 6; i++)
		data.args[i] = (unsigned long)made->arg[i];
#ifdef __x86_64__
	if (made->site)
		data.instruction_pointer = (unsigned long)made->site + SITE_INSN;
#endif
	return data;
}

/* The results of the calls that a child has checked: more than one, or it shows nothing */
static struct {
	long first;
	bool any, differ;
} results;

static inline void note_result(long result)
{
	if (results.any && results.first != result)
		results.differ = true;
	results.first = result;
	results.any = true;
}

/* So many deadly calls does a child make yet, as each takes a child of its own. */
static int deaths_left = 3;

static inline bool kills(__u32 verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_TRAP:
		return false;
	default:
		return true;
	}
}

static inline void check_told(const struct made *made, long got, long want)
{
	if (got != want && !report->line) {
		report->told[0] = made->nr;
		memcpy(&report->told[1], made->arg, sizeof(made->arg));
		report->told[7] = (long)made->site;
	}
	CHECK(got, want);
}

/*
 * Make a call and hold it against @verdict, where nobody traces or listens. It
 * needs a handler for traps, and makes deadly calls in a child of its own, if
 * there are some left.
 */
static inline void check_made(const struct made *made, __u32 verdict)
{
	int marked = atomic_load(&report->mark), status;
	long data = verdict & SECCOMP_RET_DATA, got, want = -ENOSYS;
	pid_t pid;

	if (kills(verdict)) {
		if (deaths_left-- <= 0)
			return;
		pid = fork();
		if (!pid) {
			make(made);
			leave(1);
		}
		status = finish(pid);
		check_told(made, status & ~WCOREFLAG, SIGSYS);
		note_result(LONG_MIN);
		return;
	}
	got = make(made);
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		want = made->allowed;
		break;
	case SECCOMP_RET_ERRNO:
		want = data > 4095 ? -4095 : -data;
		break;
	case SECCOMP_RET_TRAP:
		check_told(made, atomic_load(&report->mark), ++marked);
		check_told(made, report->info.si_errno, data);
		check_told(made, report->info.si_syscall, (int)made->nr);
		check_told(made, report->info.si_arch, made->abi->arch);
#ifdef __x86_64__
		if (made->site)
			check_told(made, (long)report->info.si_call_addr,
				   (long)made->site + SITE_INSN);
		/* The number is put back into the register. */
		want = made->abi->arch == NATIVE_ARCH ? made->nr : (int)made->nr;
#else
		want = got;
#endif
		note_result(LONG_MIN + 1 + data);
		break;
	}
	check_told(made, got, want);
	check_told(made, atomic_load(&report->mark), marked);
	if ((verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_TRAP)
		note_result(got);
}

/* Make it under a stack of @n filters. */
static inline void check_stacked(const struct program *p, int n, const struct made *made)
{
	struct seccomp_data data = told_of(made);

	check_made(made, ask_stack(p, n, &data, NULL));
}

#define EXPECT_MODEL(status)	do {							\
	EXPECT_FINE(status);								\
	if (report->line)								\
		TH_LOG("number %#lx (%#lx, %#lx, %#lx, %#lx, %#lx, %#lx) from %#lx",	\
		       report->told[0], report->told[1], report->told[2],		\
		       report->told[3], report->told[4], report->told[5],		\
		       report->told[6], report->told[7]);				\
} while (0)

/* --- Random programs --- */

static inline __u32 draw(__u64 *state, __u32 below)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*state >> 33) % below;
}

static inline __u32 draw_edge(__u64 *state)
{
	return edges[draw(state, EDGES)];
}

/* Numbers that random programs decide about */
static inline long random_number(const struct abi *abi, int i)
{
	/* None that children make by the way */
	static const enum call used[] = { GETEGID, GETPPID, GETUID, GETEUID };

	return i < 4 ? abi->nr[used[i]] : abi->first + 5000 + i;
}

#define RANDOM_NUMBERS	6

/* The cells of memory that they use */
#define RANDOM_CELLS	4

static inline __u32 draw_constant(__u64 *state, const struct abi *abi)
{
	switch (draw(state, 4)) {
	case 0:
		return random_number(abi, draw(state, RANDOM_NUMBERS));
	case 1:
		return abi->arch;
	default:
		return draw_edge(state);
	}
}

static inline __u32 draw_verdict(__u64 *state)
{
	/* No log: audit's backlog stalls who logs in a loop. */
	static const __u32 actions[] = {
		SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO,
		SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_TRAP,
		SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF,
	};

	return actions[draw(state, ARRAY_SIZE(actions))] | (1000 + draw(state, 1000));
}

static inline struct sock_filter draw_load(__u64 *state, const struct abi *abi)
{
	switch (draw(state, 16)) {
	case 0:
	case 1:
		return LOAD_NR;
	case 2:
		return LOAD_ARCH;
#ifdef __x86_64__
	case 3:
		return LOAD(offsetof(struct seccomp_data, instruction_pointer) +
			    draw(state, 2) * sizeof(__u32));
#endif
	case 4:
		return INSN(BPF_LD | BPF_W | BPF_LEN, 0);
	case 5:
		return INSN(BPF_LDX | BPF_W | BPF_LEN, 0);
	case 6:
		return SET_A(draw_constant(state, abi));
	case 7:
		return SET_X(draw_constant(state, abi));
	case 8:
		return RECALL(draw(state, RANDOM_CELLS));
	case 9:
		return RECALL_X(draw(state, RANDOM_CELLS));
	default:
		/* Few words, so that the values of calls meet them often */
		return LOAD(word_at(draw(state, 3) * 5 % WORDS));
	}
}

static inline struct sock_filter draw_alu(__u64 *state, const struct abi *abi)
{
	static const int ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH, BPF_DIV,
	};
	int op = ops[draw(state, ARRAY_SIZE(ops))];
	__u32 k = draw_constant(state, abi);

	if (!draw(state, 10))
		return INSN(BPF_ALU | BPF_NEG, 0);
	/* A division by X may kill: but not too often. */
	if (draw(state, op == BPF_DIV ? 8 : 2) == 1)
		return ALU_BY_X(op);
	if (op == BPF_LSH || op == BPF_RSH)
		k %= 32;
	if (op == BPF_DIV && !k)
		k = 3;
	return ALU(op, k);
}

/*
 * A program with @body instructions that decide about some numbers, by whatever
 * they load, and a head that allows all others.
 */
static inline void build_random(struct program *p, const struct abi *abi, __u64 *state,
				size_t body)
{
	static const int jumps[] = { BPF_JEQ, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	size_t end;

	p->len = 0;
	p->flags = 0;
	ADD(p, LOAD_ARCH, JUMP(BPF_JEQ, abi->arch, 1, 0), RETURN(ALLOW), LOAD_NR);
	for (int i = 0; i < RANDOM_NUMBERS; i++)
		ADD(p, JUMP(BPF_JEQ, random_number(abi, i), RANDOM_NUMBERS - i, 0));
	ADD(p, RETURN(ALLOW));
	for (int i = 0; i < RANDOM_CELLS; i++)
		ADD(p, STORE(i));
	end = p->len + body;
	while (p->len < end) {
		size_t left = end - p->len, near = left < 8 ? left : 8;
		size_t far = left < 255 ? left : 255;

		switch (draw(state, 20)) {
		default:
			ADD(p, draw_load(state, abi));
			break;
		case 6 ... 7:
			ADD(p, draw(state, 2) ? STORE(draw(state, RANDOM_CELLS)) :
			    STORE_X(draw(state, RANDOM_CELLS)));
			break;
		case 8 ... 9:
			ADD(p, draw(state, 2) ? TAX : TXA);
			break;
		case 10 ... 12:
			ADD(p, draw_alu(state, abi));
			break;
		case 13 ... 17: {
			int op = jumps[draw(state, ARRAY_SIZE(jumps))];
			__u32 k = draw_constant(state, abi);
			__u8 jt = draw(state, draw(state, 4) ? near : far);
			__u8 jf = draw(state, draw(state, 4) ? near : far);

			if (!draw(state, 3))
				op |= BPF_X;
			ADD(p, ((struct sock_filter) { BPF_JMP | op, jt, jf, k }));
			break;
		}
		case 18:
			if (draw(state, 2))
				ADD(p, RETURN(draw_verdict(state)));
			else
				ADD(p, GOTO(draw(state, left)));
			break;
		case 19:
			if (left >= 3)
				ADD(p, ALU(BPF_AND, 0xfff), ALU(BPF_OR, SECCOMP_RET_ERRNO),
				    RETURN_A);
		}
	}
	ADD(p, RETURN(draw_verdict(state)));
}

/* A call that such a program decides about */
static inline void draw_call(struct made *made, __u64 *state, const long allowed[])
{
	int i = draw(state, RANDOM_NUMBERS);

	made->nr = random_number(made->abi, i);
	made->allowed = allowed[i];
	for (int w = 0; w < WORDS; w++)
		set_word(made, w, draw_constant(state, made->abi));
}

#endif /* _SECCOMP_INTERP_H */
