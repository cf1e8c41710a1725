// SPDX-License-Identifier: GPL-2.0
/* What is left of a classic seccomp filter once number and ABI are known */

/**
 * DOC: Residual programs
 *
 * Problem
 * -------
 *
 * Where a verdict depends on an argument, the filter has to run; but most of
 * what it does is to find out which system call it is looking at, and that is
 * known before it begins.
 *
 * Idea
 * ----
 *
 * seccomp_trace() says which instructions a run for one number can come to,
 * from the place on where something else than the number is looked at, and
 * which jumps are decided. What is left of these is a program of its own, that
 * runs on the real struct seccomp_data. It is classic BPF again, so checker,
 * JIT and interpreter are those of all filters.
 *
 * Example, for number 41 and a filter of a few hundred instructions::
 *
 *   200  jeq #41       true 201, false 206
 *   201  ld  [args[0]]
 *   202  jeq #40       true 205, false 203
 *   203  ld  [nr]
 *   204  jeq #41       true 206, false 205
 *   205  ret #ERRNO(97)
 *   206  ret #ALLOW
 *
 * The trace begins at 201 and visits 202, 203, 204 (which is true), 205, 206.
 *
 * seccomp_residual_add() goes through the visits from the last to the first,
 * and writes from the end of its buffer towards the front: so all that an
 * instruction jumps to has been written by its turn, and its distance is
 * known. visit() keeps for each instruction where its like begins in the
 * buffer, and what is read from there on (A, X, each word of scratch memory)
 * before it is written.
 *
 *   206  written
 *   205  written
 *   204  decided: 204 is where 206 is. Nothing reads A there.
 *   203  nobody reads what it loads: 203 is where 204 is
 *   202  written, with 205 and 206 as its targets
 *   201  written
 *
 * What is left out has no effect: a decided jump is one that always goes the
 * same way, and a value that nobody reads cannot matter. Everything else stays
 * as it was, but for what comes from the number and the architecture: loads of
 * them become constants. Where a test of them stays, it is right as well, if
 * slower. So nothing rests on how much the trace has found.
 *
 * Several entries
 * ---------------
 *
 * A program costs a page and more, and residuals are short. Those of one filter
 * are entries of one program, and equal ones are one entry. The number of the
 * entry is handed over in seccomp_data.arch: no residual reads the real one,
 * since it is known. finish() puts a search in front that jumps to the entry.
 *
 * All of it together is no longer than the filter itself. Where that or any
 * other bound is exceeded the filter has to run, which is always right.
 */

#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "analyze.h"
#include "residual.h"

#define RESIDUAL_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/* How far a conditional jump can go. */
#define JUMP_MAX	U8_MAX

/* How far to look for a return that another entry has. */
#define SHARE_MAX	64

/* What an instruction reads or writes, one bit each. */
#define LIVE_A		BIT(BPF_MEMWORDS)
#define LIVE_X		BIT(BPF_MEMWORDS + 1)
#define LIVE_BAD	BIT(BPF_MEMWORDS + 2)
#define LIVE_CELLS	(BIT(BPF_MEMWORDS) - 1)

/**
 * struct place - an instruction of the filter, as the residual has it
 * @at: where in the buffer whatever it does begins
 * @live: what is read from there on before it is written
 */
struct place {
	u16 at;
	u32 live;
};

/**
 * struct entry - a residual
 * @at: where in the buffer it begins
 * @len: its length
 * @smallest: the smallest action that it can return
 */
struct entry {
	u16 at;
	u16 len;
	u32 smallest;
};

/* What it costs to write an instruction twice, in steps of the analysis. */
#define VISIT_STEPS	4

/* How many starts to remember. */
#define SEEN_BITS	6

/**
 * struct seen - the residual of a number, if it is that of other numbers too
 * @arch: the architecture that they come with
 * @start: where they diverge
 * @entry: the entry, or an error; SEEN_NOTHING if nothing is remembered here
 */
struct seen {
	u32 arch;
	u16 start;
	int entry;
};

#define SEEN_NOTHING	INT_MAX

/**
 * struct seccomp_residuals - the residuals of one filter, being written
 * @insns: the filter
 * @len: the number of its instructions, which the program may have as well
 * @size: how much room there is in @code: more, to write what is there already
 * @front: where in @code what is written begins
 * @full: there was no room, for the entry being written
 * @reads_cells: the entry being written loads scratch memory
 * @shared: where returns begin that this entry may have in common with others
 * @after_loads: where in @code no more loads of scratch memory follow
 * @nr: how many entries there are
 * @entries: they, and room to find that one more is the same as another
 * @seen: what was added lately, by its start
 * @visits: the trace of the entry being written
 * @places: where each instruction of the filter is, if it was visited
 * @code: the program, written from its end on
 */
struct seccomp_residuals {
	const struct sock_filter *insns;
	unsigned int len;
	unsigned int size;
	unsigned int front;
	bool full;
	bool reads_cells;
	unsigned int shared;
	unsigned int after_loads;
	unsigned int nr;
	struct entry entries[SECCOMP_RESIDUALS_MAX + 1];
	struct seen seen[1 << SEEN_BITS];
	struct seccomp_visit *visits;
	struct place *places;
	struct sock_filter code[] __counted_by(size);
};

static_assert(SECCOMP_RESIDUALS_MAX <= U8_MAX);
static_assert(2 * BPF_MAXINSNS <= U16_MAX, "place.at");

/* Writing */

static void write(struct seccomp_residuals *rs, struct sock_filter insn)
{
	if (!rs->front) {
		rs->full = true;
		return;
	}
	rs->code[--rs->front] = insn;
}

/* Go to @at, from whatever is written next. */
static void write_goto(struct seccomp_residuals *rs, unsigned int at)
{
	if (at == rs->front)
		return;
	if (rs->code[at].code == (BPF_RET | BPF_K))
		write(rs, rs->code[at]);
	else
		write(rs, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, at - rs->front));
}

/* A conditional jump, to @yes or @no. */
static void write_jump(struct seccomp_residuals *rs, u16 code, u32 k,
		       unsigned int yes, unsigned int no)
{
	/*
	 * What is too far is gone to from nearby. Writing that jump moves everything
	 * one further, so @yes, which was looked at first, needs a second look.
	 */
	for (int i = 0; i < 2; i++) {
		if (yes - rs->front > JUMP_MAX) {
			write_goto(rs, yes);
			yes = rs->front;
		}
		if (no - rs->front > JUMP_MAX) {
			write_goto(rs, no);
			no = rs->front;
		}
	}
	write(rs, (struct sock_filter)BPF_JUMP(code, k, yes - rs->front, no - rs->front));
}

/* What is known of instructions */

static u32 live_mem(u32 k)
{
	return k < BPF_MEMWORDS ? BIT(k) : LIVE_BAD;
}

/* What @insn writes, if nothing else comes of it; 0 if something may. */
static u32 writes(const struct sock_filter *insn)
{
	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_MISC | BPF_TXA:
		return LIVE_A;
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_IMM:
	case BPF_LDX | BPF_MEM:
	case BPF_MISC | BPF_TAX:
		return LIVE_X;
	case BPF_ST:
	case BPF_STX:
		return live_mem(insn->k);
	case BPF_ALU | BPF_DIV | BPF_X:
		/* Returns where X is 0. */
		return 0;
	}
	return BPF_CLASS(insn->code) == BPF_ALU ? LIVE_A : 0;
}

/* What @insn reads, jumps and returns included. */
static u32 reads(const struct sock_filter *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		return BPF_MODE(insn->code) == BPF_MEM ? live_mem(insn->k) : 0;
	case BPF_ST:
		return LIVE_A;
	case BPF_STX:
		return LIVE_X;
	case BPF_RET:
		return BPF_RVAL(insn->code) == BPF_A ? LIVE_A : 0;
	case BPF_MISC:
		return insn->code == (BPF_MISC | BPF_TXA) ? LIVE_X : LIVE_A;
	}
	/* Arithmetic and conditional jumps. */
	return LIVE_A | (BPF_SRC(insn->code) == BPF_X ? LIVE_X : 0);
}

/* The smaller of two actions, in the order of seccomp_run_filters(). */
static u32 smaller(u32 a, u32 b)
{
	a &= SECCOMP_RET_ACTION_FULL;
	b &= SECCOMP_RET_ACTION_FULL;
	return (s32)a < (s32)b ? a : b;
}

/* The smallest action that @insn can return, if it does. */
static u32 smallest_return(const struct sock_filter *insn)
{
	switch (insn->code) {
	case BPF_RET | BPF_K:
		return insn->k & SECCOMP_RET_ACTION_FULL;
	case BPF_RET | BPF_A:
		return SECCOMP_RET_KILL_PROCESS;
	case BPF_ALU | BPF_DIV | BPF_X:
		return SECCOMP_RET_KILL_THREAD;
	default:
		return SECCOMP_RET_ALLOW;
	}
}

/* One residual */

/* @insn, with what is known of the call put in. */
static struct sock_filter fill_in(const struct seccomp_space *space,
				  const struct sock_filter *insn)
{
	if (insn->code == (BPF_LD | BPF_W | BPF_ABS)) {
		if (insn->k == offsetof(struct seccomp_data, arch))
			return (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, space->arch);
		if (insn->k == offsetof(struct seccomp_data, nr) && space->first == space->last)
			return (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, space->first);
	}
	return *insn;
}

/*
 * The same return of another entry nearby, or rs->size. To the checker a return is
 * no end: what is stored where one is jumped to is what it takes to be stored in
 * the instructions behind it, so none of them may load that.
 */
static unsigned int find_shared(const struct seccomp_residuals *rs,
				const struct sock_filter *insn)
{
	unsigned int end = min(rs->shared + SHARE_MAX, rs->size);

	for (unsigned int at = max(rs->shared, rs->after_loads); at < end; at++) {
		if (rs->code[at].code == insn->code && rs->code[at].k == insn->k)
			return at;
	}
	return rs->size;
}

/*
 * Write what is left of one instruction. All that may follow it is written.
 * @falls: the next one is among that
 */
static void visit(struct seccomp_residuals *rs, const struct seccomp_space *space,
		  const struct seccomp_visit *v, bool falls, u32 *smallest)
{
	const struct sock_filter *insn = &rs->insns[v->pc];
	struct place *here = &rs->places[v->pc];
	const struct place *next = here + 1, *yes, *no;

	switch (BPF_CLASS(insn->code)) {
	case BPF_RET:
		here->live = reads(insn);
		here->at = find_shared(rs, insn);
		*smallest = smaller(*smallest, smallest_return(insn));
		if (here->at < rs->size)
			return;
		write(rs, *insn);
		break;
	case BPF_JMP:
		if (BPF_OP(insn->code) == BPF_JA) {
			*here = next[insn->k];
			return;
		}
		yes = next + insn->jt;
		no = next + insn->jf;
		if (v->outcome == SECCOMP_ALWAYS) {
			*here = *yes;
			return;
		}
		if (v->outcome == SECCOMP_NEVER || yes->at == no->at) {
			*here = *no;
			return;
		}
		write_jump(rs, insn->code, insn->k, yes->at, no->at);
		here->live = yes->live | no->live | reads(insn);
		break;
	default:
		if (falls && writes(insn) && !(writes(insn) & next->live)) {
			*here = *next;
			return;
		}
		here->live = reads(insn);
		if (falls) {
			here->live |= next->live & ~writes(insn);
			write_goto(rs, next->at);
		} else {
			/* Nothing but a division by an X that always is 0. */
			write(rs, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0));
		}
		write(rs, fill_in(space, insn));
		if (here->live & LIVE_CELLS)
			rs->reads_cells = true;
		break;
	}
	here->at = rs->front;
	*smallest = smaller(*smallest, smallest_return(insn));
}

/*
 * Would the checker accept the entry? It goes by the order of instructions, and
 * takes what was stored before a return for what is stored after it. So without
 * a jump that was left out, it may miss what it saw in the filter. Nothing is
 * stored where an entry begins. What was known of places is not needed any more.
 */
static bool cells_accepted(struct seccomp_residuals *rs, unsigned int at, unsigned int end)
{
	u16 stored = 0;

	for (unsigned int i = at; i < end; i++)
		rs->places[i - at].at = U16_MAX;
	for (unsigned int i = at; i < end; i++) {
		const struct sock_filter *insn = &rs->code[i];
		struct place *next = &rs->places[i + 1 - at];
		const unsigned int left = end - i - 1;

		stored &= rs->places[i - at].at;
		switch (BPF_CLASS(insn->code)) {
		case BPF_ST:
		case BPF_STX:
			stored |= live_mem(insn->k);
			break;
		case BPF_LD:
		case BPF_LDX:
			if (reads(insn) & ~(u32)stored)
				return false;
			break;
		case BPF_JMP:
			/* What is farther is a return of another entry. */
			if (BPF_OP(insn->code) == BPF_JA) {
				if (insn->k < left)
					next[insn->k].at &= stored;
			} else {
				if (insn->jt < left)
					next[insn->jt].at &= stored;
				if (insn->jf < left)
					next[insn->jf].at &= stored;
			}
			stored = U16_MAX;
			break;
		}
	}
	return true;
}

/* Remember where the last load of scratch memory is, if @at to @end have one. */
static void note_loads(struct seccomp_residuals *rs, unsigned int at, unsigned int end)
{
	for (unsigned int i = at; rs->reads_cells && i < end; i++) {
		if (reads(&rs->code[i]) & LIVE_CELLS)
			rs->after_loads = max(rs->after_loads, i + 1);
	}
}

/* Write what is left of @nr visits, from @start on, as one more entry. */
static void write_entry(struct seccomp_residuals *rs, const struct seccomp_space *space,
			int nr, unsigned int start)
{
	struct place *first = &rs->places[start];
	u32 smallest = SECCOMP_RET_ALLOW;
	unsigned int end = rs->front, at;

	rs->full = false;
	rs->reads_cells = false;
	for (int i = nr - 1; i >= 0; i--) {
		const struct seccomp_visit *v = &rs->visits[i];

		visit(rs, space, v, i < nr - 1 && v[1].pc == v->pc + 1, &smallest);
	}

	/* The search in front has left the number of the entry in A. */
	if (first->live & LIVE_A) {
		write_goto(rs, first->at);
		write(rs, (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, 0));
		first->at = rs->front;
	}
	/* X is 0. Scratch memory is not read: the checker would not have it. */
	if (first->live & ~(LIVE_A | LIVE_X))
		rs->full = true;
	at = first->at;
	if (end - rs->front > rs->len)
		rs->full = true;
	if (!rs->full && rs->reads_cells && !cells_accepted(rs, at, end))
		rs->full = true;
	if (rs->full)
		return;

	note_loads(rs, at, end);
	rs->entries[rs->nr++] = (struct entry){
		.at = at,
		/* Nothing, if all there is are returns that others have. */
		.len = at < end ? end - at : 0,
		.smallest = smallest,
	};
}

static void drop_entry(struct seccomp_residuals *rs, unsigned int end)
{
	rs->nr--;
	rs->front = end;
}

/* An entry that is the same as the last one, or that one. */
static unsigned int find_entry(const struct seccomp_residuals *rs)
{
	const struct entry *last = &rs->entries[rs->nr - 1];
	unsigned int i;

	for (i = 0; i < rs->nr - 1; i++) {
		const struct entry *e = &rs->entries[i];

		if (e->len == last->len && e->len &&
		    !memcmp(&rs->code[e->at], &rs->code[last->at],
			    last->len * sizeof(*rs->code)))
			break;
	}
	return i;
}

/*
 * What the search needs: a load, and a test for all entries but one, with a jump
 * to both of its targets where they may be too far for a test.
 */
static unsigned int search_insns(const struct seccomp_residuals *rs)
{
	if (rs->nr < 2)
		return 0;
	return 1 + (rs->nr - 1) * (rs->len <= JUMP_MAX ? 1 : 3);
}

/* Is what is written, and the search that it needs, no longer than the filter? */
static bool fits(const struct seccomp_residuals *rs)
{
	return rs->nr <= SECCOMP_RESIDUALS_MAX &&
	       rs->size - rs->front + search_insns(rs) <= rs->len;
}

/**
 * seccomp_residuals_alloc - make room for what is left of a filter
 * @insns: the filter as user space gave it, accepted by seccomp; has to stay
 *	until seccomp_residuals_free()
 * @len: the number of its instructions
 *
 * The memory is charged to the caller: 132 kB at most, for a while.
 *
 * Context: Process context, may sleep. Takes no locks.
 *
 * Return: No residuals yet; NULL if there is no memory for them.
 */
struct seccomp_residuals *
seccomp_residuals_alloc(const struct sock_filter *insns, unsigned int len)
{
	struct seccomp_residuals *rs;

	rs = kvmalloc(struct_size(rs, code, 2 * len), RESIDUAL_GFP);
	if (!rs)
		return NULL;
	rs->insns = insns;
	rs->len = len;
	rs->size = 2 * len;
	rs->front = rs->size;
	rs->nr = 0;
	rs->after_loads = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(rs->seen); i++)
		rs->seen[i].entry = SEEN_NOTHING;
	rs->visits = kvmalloc_array(len, sizeof(*rs->visits), RESIDUAL_GFP);
	rs->places = kvmalloc_array(len, sizeof(*rs->places), RESIDUAL_GFP);
	if (!rs->visits || !rs->places) {
		seccomp_residuals_free(rs);
		return NULL;
	}
	return rs;
}

/**
 * seccomp_residuals_free - free residuals
 * @rs: they, or NULL
 *
 * Context: Process context, may sleep. Takes no locks.
 */
void seccomp_residuals_free(struct seccomp_residuals *rs)
{
	if (!rs)
		return;
	kvfree(rs->places);
	kvfree(rs->visits);
	kvfree(rs);
}

/* Does anything that was visited tell one number from another? */
static bool by_number(const struct seccomp_residuals *rs, int nr)
{
	while (nr--) {
		const struct sock_filter *insn = &rs->insns[rs->visits[nr].pc];

		if (insn->code == (BPF_LD | BPF_W | BPF_ABS) &&
		    insn->k == offsetof(struct seccomp_data, nr))
			return true;
	}
	return false;
}

/* Add what is left of @nr visits. Returns its entry, or -E2BIG. */
static int add_entry(struct seccomp_residuals *rs, const struct seccomp_space *space,
		     int nr, unsigned int start)
{
	unsigned int end = rs->front, entry;

	/* Equal entries are only found if they have nothing in common yet. */
	rs->shared = rs->size;
	write_entry(rs, space, nr, start);
	if (!rs->full) {
		entry = find_entry(rs);
		if (entry < rs->nr - 1) {
			drop_entry(rs, end);
			return entry;
		}
		if (fits(rs))
			return entry;
		drop_entry(rs, end);
	}

	rs->front = end;
	rs->shared = end;
	write_entry(rs, space, nr, start);
	if (!rs->full) {
		if (fits(rs))
			return rs->nr - 1;
		drop_entry(rs, end);
	}
	rs->front = end;
	return -E2BIG;
}

/**
 * seccomp_residual_add - find what is left of a filter for a number or range
 * @rs: the residuals of the filter so far, or NULL if there was no memory
 * @an: its analyzer, or NULL
 * @space: one number, or a range that is whole
 * @start: seccomp_verdict.start for that
 *
 * Context: Process context, may sleep. Takes no locks.
 *
 * Return: The entry with which the program of seccomp_residuals_finish() returns
 * what the filter returns, for each call of @space; -E2BIG if the filter itself
 * has to run, -EINTR if a fatal signal is pending.
 */
int seccomp_residual_add(struct seccomp_residuals *rs, struct seccomp_analyzer *an,
			 const struct seccomp_space *space, unsigned int start)
{
	struct seen *seen;
	int nr, entry;

	if (!rs || !an)
		return -E2BIG;

	seen = &rs->seen[start % ARRAY_SIZE(rs->seen)];
	if (seen->entry != SEEN_NOTHING && seen->start == start && seen->arch == space->arch)
		return seen->entry;

	nr = seccomp_trace(an, space, start, rs->visits);
	if (nr < 0)
		return nr;
	entry = -E2BIG;
	/* It may be written twice, and compared with others: that is most of the work. */
	if (seccomp_analyzer_spend(an, VISIT_STEPS * nr + rs->nr))
		entry = add_entry(rs, space, nr, start);
	if (!by_number(rs, nr))
		*seen = (struct seen){ .arch = space->arch, .start = start, .entry = entry };
	return entry;
}

/**
 * seccomp_residual_smallest - what is the worst that a residual can do?
 * @rs: the residuals
 * @entry: from seccomp_residual_add()
 *
 * Return: The smallest action that it can return, without data.
 */
u32 seccomp_residual_smallest(const struct seccomp_residuals *rs, unsigned int entry)
{
	return rs->entries[entry].smallest;
}

/* Find one of the entries @first to @last. Returns where the search begins. */
static unsigned int write_search(struct seccomp_residuals *rs, unsigned int first,
				 unsigned int last)
{
	unsigned int middle = first + (last - first + 1) / 2, yes, no;

	if (first == last)
		return rs->entries[first].at;
	yes = write_search(rs, middle, last);
	no = write_search(rs, first, middle - 1);
	write_jump(rs, BPF_JMP | BPF_JGE | BPF_K, middle, yes, no);
	return rs->front;
}

/**
 * seccomp_residuals_finish - get the program
 * @rs: the residuals, to which nothing may be added any more; or NULL
 * @insns: set to the program, which is a part of @rs
 *
 * It takes struct seccomp_data, but for the index of the entry in place of the
 * architecture. Its instructions are of the kinds that the filter has, loads of
 * constants added, and bpf_check_classic() accepts it.
 *
 * Return: The length of the program; 0 if there are no entries.
 */
unsigned int seccomp_residuals_finish(struct seccomp_residuals *rs,
				      struct sock_filter **insns)
{
	if (!rs || !rs->nr)
		return 0;
	if (rs->nr > 1) {
		write_search(rs, 0, rs->nr - 1);
		write(rs, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						       offsetof(struct seccomp_data, arch)));
	}
	*insns = rs->code + rs->front;
	return rs->size - rs->front;
}
