// SPDX-License-Identifier: GPL-2.0
/* What a pure eBPF seccomp program always returns to a system call */

/**
 * DOC: Probing eBPF programs
 *
 * A program is walked through, instruction by instruction as the verifier left
 * them, for many system call numbers at once. The architecture is known, and the
 * number as far as comparisons have told; the rest of struct seccomp_data is not,
 * nor is what is computed of it. The walk ends
 *
 * - at the program's exit. If the return value is known, it is the verdict: a
 *   pure program has nothing else that it could depend on. That arguments were
 *   loaded on the way does no harm.
 * - or where a jump depends on something unknown, or an instruction comes that
 *   is not understood, or too many have come. Then the program has to run.
 *
 * Why walk, and not run it: programs may loop and call for longer than an
 * attach may take, and while one runs it can neither be stopped nor preempted.
 * And one walk does for many numbers. It begins for all of them. Where the
 * number is compared with a constant, those that jump part from those that do
 * not: the state is saved for the one half, and taken up again when the walk of
 * the other is over. With
 *
 *	if (nr == 59) return A; if (nr > 300) return B; return C;
 *
 * the first comparison is made once for all numbers; the walk goes on for 59
 * alone, then for the others, the second comparison parts these, and so on. So
 * the work follows the program's size, not how many numbers there are. Whatever
 * else is done with the number parts them one by one. The greater half is what
 * is saved, so that there are never many saved states.
 *
 * A range that gets one verdict is kept as first and last number, and parted
 * where the comparison begins to come out otherwise.
 *
 * The verifier has seen to it that nothing is read that was not written, that
 * addresses do not leak into values, and that no jump leaves the program. Here
 * what was not written is unknown, addresses are numbers made up, of which
 * nothing follows for a value, and so is what is loaded from anywhere but the stack
 * and the context. An instruction that is not understood ends the walk.
 *
 * What is taken for granted of a program that was loaded, who promises it, and
 * what happens on the day that it changes:
 *
 * - What runs is bpf_prog.insnsi. It is what bpftool dumps as "xlated", and the
 *   JIT compiles it, with constants blinded or not. Nothing would be noticed;
 *   KUnit and ebpf_random_test compare verdicts with runs.
 * - An instruction means what RFC 9669 says. That is ABI. Those that only the
 *   kernel writes (BPF_NOSPEC, a call of the interpreter) and the kernel's own
 *   registers are not: instructions are listed in seccomp_probe_is_pure(), and a
 *   program with any other has to run.
 * - A map, a BTF or a kfunc that is used is counted in bpf_prog_aux, by what is
 *   needed to put it back. An address of one is a constant here. Nothing is
 *   loaded through a constant, and a store through one ends the walk.
 * - A helper leaves a call. It does not if the verifier writes the helper's
 *   instructions in its place, as it does for map look-ups, whose map is counted.
 *   It could do so for the time. That would come from a constant or a per-CPU
 *   address: the former is not loaded from, the latter is no listed instruction.
 *   Those of the allowed helpers that have an effect all have a map, but for
 *   bpf_trace_printk().
 * - The target of a call is relative, in imm, and off is the index of the function.
 *   Nobody promises that, and kernels differ. The target has to be where
 *   bpf_prog_aux.func says that this function begins, else the walk ends. The
 *   interpreter has another form of calls and leaves no such list: programs run
 *   where they call functions then.
 * - may_goto is not pure: one that is timed calls the kernel, and one that is
 *   counted loads its count into a register of the kernel's, which nothing else
 *   does in a program without maps.
 * - A load from the context is as the program has it. The conversion of contexts is
 *   in seccomp_verifier_ops, which has none.
 * - Nobody replaces a program or its functions while it runs, or attaches to them.
 *   bpf_check_attach_target() refuses it for this type. BPF_PROG_BIND_MAP can add a
 *   map to a loaded program, which can only make it count as one that has to run.
 */

#include <linux/bpf.h>
#include <linux/bpf_verifier.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/byteorder/generic.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "analyze.h"
#include "probe.h"

/* For what the filter can be attached without. */
#define PROBE_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/*
 * How many instructions to walk through for one program. As the analysis of a
 * classic filter, it may cost an attach some 10 million of the machine's. A
 * container's policy takes a few thousand.
 */
#define PROBE_STEPS	131072

/* The same for one number, so that one that loops does not cost the others. */
#define WALK_STEPS	8192

/* What saving a state counts, for each frame of it. */
#define SAVE_STEPS	8

/* How many walks to spend on a range that gets one verdict in any case. */
#define RANGE_WALKS	64

/* How many steps between looking for signals. */
#define SIGNAL_STEPS	4096

/*
 * Saved states at a time. Each has at least half of the numbers of those that the
 * walk went on with, so a table never needs more; a range gives up.
 */
#define SAVED_MAX	11
static_assert(SECCOMP_SPACE_MAX <= 1 << (SAVED_MAX - 1));

#define WORD_SIZE	8
#define FRAME_WORDS	(MAX_BPF_STACK / WORD_SIZE)

/* Addresses, far from each other and from NULL. */
#define REGION_BITS	40
#define CTX_BASE	BIT_ULL(REGION_BITS)
#define FRAME_BASE(n)	((2ULL + (n)) << REGION_BITS)

/**
 * enum kind - what is known of a value
 * @UNKNOWN: nothing
 * @KNOWN: all 64 bits
 * @NUMBER: it is the system call number, any of those walked for
 * @POINTER: an address in one of the regions above
 */
enum kind {
	UNKNOWN,
	KNOWN,
	NUMBER,
	POINTER,
};

struct reg {
	u64 v;
	enum kind kind;
};

/**
 * struct frame - a function's stack, and what it returns to
 * @words: what is in the stack
 * @known: which bytes of each word are known, a bit for each
 * @kinds: NUMBER or POINTER if the whole word is that, else 0
 * @kept: the caller's registers that a call keeps
 * @back: the instruction to return to
 */
struct frame {
	u64 words[FRAME_WORDS];
	u8 known[FRAME_WORDS];
	u8 kinds[FRAME_WORDS];
	struct reg kept[BPF_REG_9 - BPF_REG_6 + 1];
	unsigned int back;
};

/**
 * struct state - how far a walk has come
 * @lo: the least number that it is for
 * @hi: the greatest
 * @set: which of those between, if it is for a table: a bit for each number of it
 * @pc: the next instruction
 * @steps: how many it took to come here
 * @depth: which frame is in use
 * @written: something is on the stack; most programs need none
 * @regs: the registers, those that only the kernel uses included
 * @frames: the stack; what is beyond @depth means nothing
 */
struct state {
	u32 lo;
	u32 hi;
	DECLARE_BITMAP(set, SECCOMP_SPACE_MAX);
	unsigned int pc;
	unsigned int steps;
	unsigned int depth;
	bool written;
	struct reg regs[MAX_BPF_EXT_REG];
	struct frame frames[MAX_CALL_FRAMES];
};

/**
 * struct seccomp_probe - a program and a walk through it
 * @insns: its instructions
 * @len: how many
 * @steps: how many may still be walked through
 * @ticks: how many have been
 * @space: the numbers asked for
 * @verdicts: what is found of them
 * @walks: how many walks have ended
 * @nr_saved: how many of @saved there are
 * @nr_starts: how many of @starts there are
 * @starts: where its functions begin, by their index
 * @now: the walk
 * @saved: what it has not come to yet
 */
struct seccomp_probe {
	const struct bpf_insn *insns;
	unsigned int len;
	unsigned int steps;
	unsigned int ticks;
	const struct seccomp_space *space;
	struct seccomp_verdict *verdicts;
	unsigned int walks;
	unsigned int nr_saved;
	unsigned int nr_starts;
	unsigned int starts[BPF_MAX_SUBPROGS];
	struct state now;
	struct state saved[SAVED_MAX];
};

/* Numbers */

/* Find the least and greatest number of a table's set, which is not empty. */
static void set_bounds(const struct seccomp_probe *p, struct state *st)
{
	st->lo = p->space->first + find_first_bit(st->set, SECCOMP_SPACE_MAX);
	st->hi = p->space->first + find_last_bit(st->set, SECCOMP_SPACE_MAX);
}

static void clear_frame(struct frame *f)
{
	memset(f->known, 0, sizeof(f->known));
	memset(f->kinds, 0, sizeof(f->kinds));
}

static void copy_state(struct state *to, const struct state *from)
{
	unsigned int frames = from->written ? from->depth + 1 : 0;

	memcpy(to, from, offsetof(struct state, frames[frames]));
	if (!frames)
		clear_frame(&to->frames[0]);
}

/* Save the state, to be taken up where it is now. NULL if there is no room. */
static struct state *save(struct seccomp_probe *p)
{
	unsigned int steps = SAVE_STEPS * (p->now.depth + 1);

	if (p->nr_saved == SAVED_MAX)
		return NULL;
	p->steps -= min(p->steps, steps);
	copy_state(&p->saved[p->nr_saved], &p->now);
	return &p->saved[p->nr_saved++];
}

/* Give up all that is not known yet. */
static void give_up(struct seccomp_probe *p)
{
	p->steps = 0;
}

/* Go on with the numbers up to @last, and save the others. */
static void part_at(struct seccomp_probe *p, u32 last)
{
	struct state *rest = save(p);

	if (!rest) {
		give_up(p);
		return;
	}
	rest->lo = last + 1;
	p->now.hi = last;
	if (p->space->whole)
		return;
	last -= p->space->first;
	bitmap_clear(rest->set, 0, last + 1);
	bitmap_clear(p->now.set, last + 1, SECCOMP_SPACE_MAX - (last + 1));
	set_bounds(p, rest);
	set_bounds(p, &p->now);
}

/*
 * From here on it matters which number it is. This must come before anything of
 * the state has changed, since what is saved begins with the same instruction.
 */
static u64 settle(struct seccomp_probe *p)
{
	if (p->now.lo != p->now.hi)
		part_at(p, p->now.lo);
	return p->now.lo;
}

static struct reg known(u64 v)
{
	return (struct reg){ .v = v, .kind = KNOWN };
}

static struct reg unknown(void)
{
	return (struct reg){ .kind = UNKNOWN };
}

/* The value of @reg, if it is known and no address. */
static bool value_of(struct seccomp_probe *p, const struct reg *reg, u64 *v)
{
	if (reg->kind == NUMBER)
		*v = settle(p);
	else if (reg->kind == KNOWN)
		*v = reg->v;
	else
		return false;
	return true;
}

/* Arithmetic */

static s64 sign_extend(u64 v, unsigned int bits)
{
	return sign_extend64(v, bits - 1);
}

/* Division does not trap, whatever is divided by what. */
static u64 divide(u64 dst, u64 src, bool wide, bool sign, bool remainder)
{
	u64 quotient;

	if (!src)
		return remainder ? dst : 0;
	if (sign && !wide) {
		dst = (s32)dst;
		src = (s32)src;
	}
	if (!sign)
		quotient = div64_u64(dst, src);
	else if ((s64)src == -1)
		quotient = -dst;
	else
		quotient = div64_s64(dst, src);
	return remainder ? dst - quotient * src : quotient;
}

static bool swap_bytes(const struct bpf_insn *insn, u64 v, u64 *res)
{
	bool always = BPF_CLASS(insn->code) == BPF_ALU64;

	switch (insn->imm) {
	case 16:
		*res = always ? swab16(v) : BPF_SRC(insn->code) == BPF_TO_BE ?
		       (__force u16)cpu_to_be16(v) : (__force u16)cpu_to_le16(v);
		return true;
	case 32:
		*res = always ? swab32(v) : BPF_SRC(insn->code) == BPF_TO_BE ?
		       (__force u32)cpu_to_be32(v) : (__force u32)cpu_to_le32(v);
		return true;
	case 64:
		*res = always ? swab64(v) : BPF_SRC(insn->code) == BPF_TO_BE ?
		       (__force u64)cpu_to_be64(v) : (__force u64)cpu_to_le64(v);
		return true;
	}
	return false;
}

/* What ALU instruction @insn makes of known values. False if it is not understood. */
static bool compute(const struct bpf_insn *insn, u64 dst, u64 src, u64 *res)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	unsigned int shift = src & (wide ? 63 : 31);
	u8 op = BPF_OP(insn->code);

	if (op == BPF_END)
		return !insn->off && swap_bytes(insn, dst, res);

	if (!wide) {
		dst = (u32)dst;
		src = (u32)src;
	}
	if (insn->off && op != BPF_MOV && op != BPF_DIV && op != BPF_MOD)
		return false;

	switch (op) {
	case BPF_ADD:
		*res = dst + src;
		break;
	case BPF_SUB:
		*res = dst - src;
		break;
	case BPF_MUL:
		*res = dst * src;
		break;
	case BPF_OR:
		*res = dst | src;
		break;
	case BPF_AND:
		*res = dst & src;
		break;
	case BPF_XOR:
		*res = dst ^ src;
		break;
	case BPF_NEG:
		*res = -dst;
		break;
	case BPF_LSH:
		*res = dst << shift;
		break;
	case BPF_RSH:
		*res = dst >> shift;
		break;
	case BPF_ARSH:
		*res = (wide ? (s64)dst : (s32)dst) >> shift;
		break;
	case BPF_MOV:
		if (!insn->off)
			*res = src;
		else if (insn->off == 8 || insn->off == 16 || insn->off == 32)
			*res = sign_extend(src, insn->off);
		else
			return false;	/* an address space, or a CPU's own address */
		break;
	case BPF_DIV:
	case BPF_MOD:
		if (insn->off != 0 && insn->off != 1)
			return false;
		*res = divide(dst, src, wide, insn->off, op == BPF_MOD);
		break;
	default:
		return false;
	}
	if (!wide)
		*res = (u32)*res;
	return true;
}

/* False if the walk ends here. */
static bool walk_alu(struct seccomp_probe *p, const struct bpf_insn *insn)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	bool unary = BPF_OP(insn->code) == BPF_NEG || BPF_OP(insn->code) == BPF_END;
	struct reg *dst = &p->now.regs[insn->dst_reg], src = known((s64)insn->imm);
	u64 a = 0, b = 0, res;

	if (BPF_SRC(insn->code) == BPF_X && !unary)
		src = p->now.regs[insn->src_reg];

	/* Blinded by the JIT, a move of zero is this. */
	if (BPF_OP(insn->code) == BPF_XOR && BPF_SRC(insn->code) == BPF_X &&
	    insn->dst_reg == insn->src_reg) {
		*dst = known(0);
		return true;
	}

	/* Moves keep what they move. */
	if (BPF_OP(insn->code) == BPF_MOV && !insn->off) {
		if (wide || src.kind == NUMBER || src.kind == UNKNOWN) {
			*dst = src;
			return true;
		}
	}
	if (wide && !insn->off && dst->kind == POINTER &&
	    (BPF_OP(insn->code) == BPF_ADD || BPF_OP(insn->code) == BPF_SUB)) {
		if (value_of(p, &src, &b))
			dst->v += BPF_OP(insn->code) == BPF_ADD ? b : -b;
		else
			*dst = unknown();
		return true;
	}

	/* What does not matter is not asked, so as not to settle the number. */
	if ((dst->kind == UNKNOWN || dst->kind == POINTER) && BPF_OP(insn->code) != BPF_MOV) {
		*dst = unknown();
		return true;
	}
	if (!unary && (src.kind == UNKNOWN || src.kind == POINTER)) {
		*dst = unknown();
		return true;
	}
	if (BPF_OP(insn->code) != BPF_MOV)
		value_of(p, dst, &a);
	value_of(p, &src, &b);
	if (!compute(insn, a, b, &res))
		return false;
	*dst = known(res);
	return true;
}

/* Jumps */

static bool holds(u8 op, bool wide, u64 a, u64 b)
{
	s64 sa = wide ? a : (s32)a, sb = wide ? b : (s32)b;

	if (!wide) {
		a = (u32)a;
		b = (u32)b;
	}
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	case BPF_JSLE:
		return sa <= sb;
	default:
		return a & b;
	}
}

static bool is_condition(u8 op)
{
	switch (op) {
	case BPF_JEQ:
	case BPF_JNE:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JLT:
	case BPF_JLE:
	case BPF_JSGT:
	case BPF_JSGE:
	case BPF_JSLT:
	case BPF_JSLE:
	case BPF_JSET:
		return true;
	}
	return false;
}

/* The condition on (b, a) that is the same as @op on (a, b). */
static u8 mirror(u8 op)
{
	switch (op) {
	case BPF_JGT:
		return BPF_JLT;
	case BPF_JGE:
		return BPF_JLE;
	case BPF_JLT:
		return BPF_JGT;
	case BPF_JLE:
		return BPF_JGE;
	case BPF_JSGT:
		return BPF_JSLT;
	case BPF_JSGE:
		return BPF_JSLE;
	case BPF_JSLT:
		return BPF_JSGT;
	case BPF_JSLE:
		return BPF_JSGE;
	}
	return op;
}

/* The last number from @nr on that fares as it does, compared with @c, unsigned. */
static u64 same_unsigned(u8 op, u32 nr, u64 c)
{
	switch (op) {
	case BPF_JEQ:
	case BPF_JNE:
		return nr == c ? c : nr < c ? c - 1 : U32_MAX;
	case BPF_JGT:
	case BPF_JLE:
		return nr > c ? U32_MAX : c;
	default:
		return nr >= c ? U32_MAX : c - 1;
	}
}

static u8 unsigned_condition(u8 op)
{
	switch (op) {
	case BPF_JSGT:
		return BPF_JGT;
	case BPF_JSGE:
		return BPF_JGE;
	case BPF_JSLT:
		return BPF_JLT;
	default:
		return BPF_JLE;
	}
}

/*
 * The same for signed ones. Numbers that are not negative have the order of unsigned
 * ones, and all compare alike with a negative one, which as an unsigned one is
 * beyond them. As 64 bits the number is never negative. As 32 bits it is in the
 * upper half, where the same holds of negative ones.
 */
static u64 same_signed(u8 op, bool wide, u32 nr, u64 c)
{
	u64 last = same_unsigned(unsigned_condition(op), nr, wide ? c : (u32)c);

	if (!wide && nr <= S32_MAX)
		return min(last, S32_MAX);
	return last;
}

static u32 same_up_to(u8 op, bool wide, u32 nr, u64 c)
{
	u64 last;

	switch (op) {
	case BPF_JSGT:
	case BPF_JSGE:
	case BPF_JSLT:
	case BPF_JSLE:
		last = same_signed(op, wide, nr, c);
		break;
	case BPF_JSET:
		/* Bits below the mask's lowest one do not count. */
		last = (u32)c ? nr | (BIT(__ffs((u32)c)) - 1) : U32_MAX;
		break;
	default:
		last = same_unsigned(op, nr, wide ? c : (u32)c);
	}
	return min(last, U32_MAX);
}

/* Part a table's numbers: go on with the smaller half, and save the other one. */
static void part_set(struct seccomp_probe *p, u8 op, bool wide, u64 c)
{
	DECLARE_BITMAP(taken, SECCOMP_SPACE_MAX) = { };
	const u32 first = p->space->first;
	struct state *st = &p->now, *rest;
	unsigned int all, few, steps = 0;

	if (op == BPF_JEQ || op == BPF_JNE) {
		/* By far the most frequent. One number is the smaller half, or both are. */
		c = wide ? c : (u32)c;
		if (c < st->lo || c > st->hi || !test_bit(c - first, st->set))
			return;
		rest = save(p);
		if (!rest) {
			give_up(p);
			return;
		}
		__clear_bit(c - first, rest->set);
		set_bounds(p, rest);
		bitmap_zero(st->set, SECCOMP_SPACE_MAX);
		__set_bit(c - first, st->set);
		st->lo = c;
		st->hi = c;
		return;
	}

	/* Stretches that fare the same. */
	for (u64 nr = st->lo, last; nr <= st->hi; nr = last + 1) {
		last = min(same_up_to(op, wide, nr, c), st->hi);
		if (holds(op, wide, nr, c))
			bitmap_set(taken, nr - first, last - nr + 1);
		steps++;
	}
	p->steps -= min(p->steps, steps);
	bitmap_and(taken, taken, st->set, SECCOMP_SPACE_MAX);
	few = bitmap_weight(taken, SECCOMP_SPACE_MAX);
	all = bitmap_weight(st->set, SECCOMP_SPACE_MAX);
	if (!few || few == all)
		return;
	if (few > all - few)
		bitmap_andnot(taken, st->set, taken, SECCOMP_SPACE_MAX);
	rest = save(p);
	if (!rest) {
		give_up(p);
		return;
	}
	bitmap_andnot(rest->set, st->set, taken, SECCOMP_SPACE_MAX);
	bitmap_copy(st->set, taken, SECCOMP_SPACE_MAX);
	set_bounds(p, rest);
	set_bounds(p, st);
}

/* Go on with numbers that fare the same in the comparison with @c. Does it hold? */
static bool part(struct seccomp_probe *p, u8 op, bool wide, u64 c)
{
	u32 last;

	if (p->now.lo != p->now.hi) {
		last = same_up_to(op, wide, p->now.lo, c);
		if (last < p->now.hi) {
			if (p->space->whole)
				part_at(p, last);
			else
				part_set(p, op, wide, c);
		}
	}
	return holds(op, wide, p->now.lo, c);
}

/* Is the jump taken? False if the walk ends here. */
static bool walk_jump(struct seccomp_probe *p, const struct bpf_insn *insn, bool *taken)
{
	bool wide = BPF_CLASS(insn->code) == BPF_JMP;
	struct reg a = p->now.regs[insn->dst_reg], b = known((s64)insn->imm);
	u8 op = BPF_OP(insn->code);
	u64 va, vb;

	if (!is_condition(op))
		return false;
	if (BPF_SRC(insn->code) == BPF_X)
		b = p->now.regs[insn->src_reg];

	if (a.kind == KNOWN && b.kind == NUMBER) {
		swap(a, b);
		op = mirror(op);
	}
	if (a.kind == NUMBER && b.kind == KNOWN) {
		*taken = part(p, op, wide, b.v);
		return true;
	}
	if (!value_of(p, &a, &va) || !value_of(p, &b, &vb))
		return false;
	*taken = holds(op, wide, va, vb);
	return true;
}

/* Memory */

/* The stack's word and the byte in it at @addr; NULL if it is not all there. */
static struct frame *stack_at(struct seccomp_probe *p, u64 addr, unsigned int size,
			      unsigned int *word, unsigned int *byte)
{
	u64 region = addr >> REGION_BITS, off = addr & ((1ULL << REGION_BITS) - 1);

	if (region < 2 || region - 2 > p->now.depth || off >= MAX_BPF_STACK)
		return NULL;
	*word = off / WORD_SIZE;
	*byte = off % WORD_SIZE;
	if (*byte % size)
		return NULL;
	return &p->now.frames[region - 2];
}

static u64 get_bytes(const void *from, unsigned int size)
{
	switch (size) {
	case 1:
		return *(const u8 *)from;
	case 2:
		return *(const u16 *)from;
	case 4:
		return *(const u32 *)from;
	default:
		return *(const u64 *)from;
	}
}

static void put_bytes(void *to, unsigned int size, u64 v)
{
	switch (size) {
	case 1:
		*(u8 *)to = v;
		break;
	case 2:
		*(u16 *)to = v;
		break;
	case 4:
		*(u32 *)to = v;
		break;
	default:
		*(u64 *)to = v;
	}
}

static struct reg load_ctx(struct seccomp_probe *p, u64 off, unsigned int size)
{
	struct {
		u32 nr;
		u32 arch;
	} part = { .arch = p->space->arch };

	BUILD_BUG_ON(offsetof(struct seccomp_data, nr) != 0);
	BUILD_BUG_ON(offsetof(struct seccomp_data, arch) != 4);

	if (off & (size - 1) || off + size > sizeof(part))
		return unknown();
	if (off == offsetof(struct seccomp_data, nr) && size == sizeof(u32))
		return (struct reg){ .kind = NUMBER };
	if (off < offsetof(struct seccomp_data, arch))
		part.nr = settle(p);
	return known(get_bytes((const u8 *)&part + off, size));
}

static struct reg load_stack(struct seccomp_probe *p, u64 addr, unsigned int size)
{
	unsigned int word, byte, mask;
	struct frame *f;

	f = stack_at(p, addr, size, &word, &byte);
	if (!f)
		return unknown();
	if (f->kinds[word]) {
		if (size == WORD_SIZE)
			return (struct reg){ .v = f->words[word], .kind = f->kinds[word] };
		if (f->kinds[word] == POINTER)
			return unknown();
		f->words[word] = settle(p);
	}
	mask = ((1U << size) - 1) << byte;
	if ((f->known[word] & mask) != mask)
		return unknown();
	return known(get_bytes((const u8 *)&f->words[word] + byte, size));
}

static void walk_load(struct seccomp_probe *p, const struct bpf_insn *insn, bool sign)
{
	struct reg *dst = &p->now.regs[insn->dst_reg], src = p->now.regs[insn->src_reg];
	unsigned int size = bpf_size_to_bytes(BPF_SIZE(insn->code));
	u64 addr = src.v + insn->off, v;
	struct reg got;

	if (src.kind != POINTER)
		got = unknown();
	else if (addr >> REGION_BITS == CTX_BASE >> REGION_BITS)
		got = load_ctx(p, addr - CTX_BASE, size);
	else
		got = load_stack(p, addr, size);

	if (sign && got.kind != UNKNOWN)
		got = value_of(p, &got, &v) ? known(sign_extend(v, size * 8)) : unknown();
	*dst = got;
}

/* False if the walk ends here. */
static bool walk_store(struct seccomp_probe *p, const struct bpf_insn *insn, struct reg src)
{
	unsigned int size = bpf_size_to_bytes(BPF_SIZE(insn->code));
	const struct reg *dst = &p->now.regs[insn->dst_reg];
	unsigned int word, byte, mask;
	struct frame *f;
	bool is_known;
	u64 v = 0;

	if (dst->kind != POINTER)
		return false;
	f = stack_at(p, dst->v + insn->off, size, &word, &byte);
	if (!f)
		return false;

	p->now.written = true;
	if (size == WORD_SIZE) {
		f->words[word] = src.v;
		f->known[word] = src.kind == KNOWN || src.kind == NUMBER ? U8_MAX : 0;
		f->kinds[word] = src.kind == NUMBER || src.kind == POINTER ? src.kind : 0;
		return true;
	}

	/* Part of what was whole. */
	is_known = value_of(p, &src, &v);
	if (f->kinds[word] == NUMBER)
		f->words[word] = settle(p);
	f->kinds[word] = 0;
	mask = ((1U << size) - 1) << byte;
	if (is_known) {
		put_bytes((u8 *)&f->words[word] + byte, size, v);
		f->known[word] |= mask;
	} else {
		f->known[word] &= ~mask;
	}
	return true;
}

/* Calls */

static void enter_frame(struct seccomp_probe *p)
{
	struct frame *f = &p->now.frames[p->now.depth];

	clear_frame(f);
	p->now.regs[BPF_REG_10] = (struct reg){
		.v = FRAME_BASE(p->now.depth) + MAX_BPF_STACK,
		.kind = POINTER,
	};
}

/*
 * Does a call lead to the beginning of a function, and of the one that it names?
 * Nothing else may be concluded from what the verifier left in it.
 */
static bool is_call_of_function(const struct seccomp_probe *p, const struct bpf_insn *insn)
{
	return insn->src_reg == BPF_PSEUDO_CALL && insn->off >= 0 && insn->off < p->nr_starts &&
	       p->starts[insn->off] == p->now.pc + insn->imm + 1;
}

/* False if the walk ends here. */
static bool walk_call(struct seccomp_probe *p, const struct bpf_insn *insn)
{
	struct frame *f;

	if (!is_call_of_function(p, insn) || p->now.depth + 1 == MAX_CALL_FRAMES)
		return false;
	p->now.depth++;
	p->now.written = true;
	f = &p->now.frames[p->now.depth];
	memcpy(f->kept, &p->now.regs[BPF_REG_6], sizeof(f->kept));
	f->back = p->now.pc + 1;
	for (unsigned int i = BPF_REG_6; i <= BPF_REG_9; i++)
		p->now.regs[i] = unknown();
	enter_frame(p);
	p->now.pc += insn->imm + 1;
	return true;
}

/* Leave a function for its caller. Returns the instruction to go on with. */
static unsigned int walk_return(struct seccomp_probe *p)
{
	struct frame *f = &p->now.frames[p->now.depth--];

	for (unsigned int i = BPF_REG_1; i <= BPF_REG_5; i++)
		p->now.regs[i] = unknown();
	memcpy(&p->now.regs[BPF_REG_6], f->kept, sizeof(f->kept));
	p->now.regs[BPF_REG_10].v = FRAME_BASE(p->now.depth) + MAX_BPF_STACK;
	return f->back;
}

/* Walks */

static void start(struct seccomp_probe *p)
{
	const struct seccomp_space *space = p->space;
	struct state *st = &p->now;

	st->lo = space->first;
	st->hi = space->last;
	if (!space->whole) {
		bitmap_zero(st->set, SECCOMP_SPACE_MAX);
		bitmap_set(st->set, 0, space->last - space->first + 1);
	}
	st->pc = 0;
	st->steps = 0;
	st->depth = 0;
	st->written = false;
	for (unsigned int i = 0; i < ARRAY_SIZE(st->regs); i++)
		st->regs[i] = unknown();
	st->regs[BPF_REG_1] = (struct reg){ .v = CTX_BASE, .kind = POINTER };
	enter_frame(p);
	p->walks = 0;
	p->nr_saved = 0;
}

/**
 * enum step - what one instruction did
 * @GO_ON: nothing special
 * @RETURNED: the program returned
 * @STOPPED: what comes next is not known
 */
enum step {
	GO_ON,
	RETURNED,
	STOPPED,
};

static enum step walk_branch(struct seccomp_probe *p, const struct bpf_insn *insn)
{
	struct state *st = &p->now;
	bool taken;

	switch (insn->code) {
	case BPF_JMP | BPF_EXIT:
		if (!st->depth)
			return RETURNED;
		st->pc = walk_return(p);
		return GO_ON;
	case BPF_JMP | BPF_JA:
		st->pc += insn->off + 1;
		return GO_ON;
	case BPF_JMP32 | BPF_JA:
		st->pc += insn->imm + 1;
		return GO_ON;
	case BPF_JMP | BPF_CALL:
		return walk_call(p, insn) ? GO_ON : STOPPED;
	}
	if (!walk_jump(p, insn, &taken))
		return STOPPED;
	st->pc += (taken ? insn->off : 0) + 1;
	return GO_ON;
}

static enum step walk_one(struct seccomp_probe *p, const struct bpf_insn *insn)
{
	struct state *st = &p->now;
	struct reg src;

	if (insn->dst_reg >= MAX_BPF_EXT_REG || insn->src_reg >= MAX_BPF_EXT_REG)
		return STOPPED;

	switch (BPF_CLASS(insn->code)) {
	case BPF_JMP:
	case BPF_JMP32:
		return walk_branch(p, insn);
	case BPF_ALU:
	case BPF_ALU64:
		if (!walk_alu(p, insn))
			return STOPPED;
		break;
	case BPF_LD:
		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW) || st->pc + 1 == p->len)
			return STOPPED;
		st->regs[insn->dst_reg] = insn->src_reg ? unknown() :
			known((u32)insn[0].imm | (u64)insn[1].imm << 32);
		st->pc++;
		break;
	case BPF_LDX:
		/* The kernel's own registers are no addresses in any of these. */
		if (insn->src_reg >= MAX_BPF_REG || (BPF_MODE(insn->code) != BPF_MEM &&
						     BPF_MODE(insn->code) != BPF_MEMSX))
			return STOPPED;
		walk_load(p, insn, BPF_MODE(insn->code) == BPF_MEMSX);
		break;
	case BPF_ST:
	case BPF_STX:
		if (insn->code == (BPF_ST | BPF_NOSPEC))
			break;
		if (insn->dst_reg >= MAX_BPF_REG || BPF_MODE(insn->code) != BPF_MEM)
			return STOPPED;
		src = BPF_CLASS(insn->code) == BPF_ST ? known((s64)insn->imm) :
							st->regs[insn->src_reg];
		if (!walk_store(p, insn, src))
			return STOPPED;
		break;
	}
	st->pc++;
	return GO_ON;
}

/* Put down what the walk has ended with. */
static void conclude(struct seccomp_probe *p, bool constant, u32 ret)
{
	struct seccomp_verdict verdict = { .ret = ret, .constant = constant };
	unsigned int i;

	if (!p->space->whole) {
		for_each_set_bit(i, p->now.set, SECCOMP_SPACE_MAX)
			p->verdicts[i] = verdict;
	} else if (!p->walks++) {
		*p->verdicts = verdict;
	} else if (!constant || ret != p->verdicts->ret || p->walks == RANGE_WALKS) {
		p->verdicts->constant = false;
	}
}

/* Go on until the program returns, or what it does next is not known. */
static int walk(struct seccomp_probe *p)
{
	struct state *st = &p->now;
	enum step step = GO_ON;
	bool constant;
	u64 ret = 0;

	while (step == GO_ON) {
		if (st->pc >= p->len || st->steps++ == WALK_STEPS || !p->steps)
			break;
		p->steps--;
		if (++p->ticks % SIGNAL_STEPS == 0) {
			cond_resched();
			if (fatal_signal_pending(current))
				return -EINTR;
		}
		step = walk_one(p, &p->insns[st->pc]);
	}
	constant = step == RETURNED && value_of(p, &st->regs[BPF_REG_0], &ret);
	/* Parting numbers may have failed just now. */
	conclude(p, constant && p->steps, ret);
	return 0;
}

/**
 * seccomp_probe_verdicts - find what a program always returns
 * @p: the probe
 * @space: the numbers to find it for
 * @verdicts: set to what it returns for each of them, or for all if the space is
 *	@whole
 *
 * Context: Process context. Sleeps, and gives up for a fatal signal. Walks
 * through at most PROBE_STEPS instructions in all calls for one probe; what
 * would take more is not constant.
 *
 * Return: 0, or -EINTR if a fatal signal is pending.
 */
int seccomp_probe_verdicts(struct seccomp_probe *p, const struct seccomp_space *space,
			   struct seccomp_verdict *verdicts)
{
	unsigned int nr = space->whole ? 1 : space->last - space->first + 1;
	int err;

	p->space = space;
	p->verdicts = verdicts;
	memset(verdicts, 0, nr * sizeof(*verdicts));
	start(p);
	for (;;) {
		err = walk(p);
		if (err)
			return err;
		/* All are not constant but those that have been concluded. */
		if (space->whole && !(p->steps && verdicts->constant)) {
			verdicts->constant = false;
			return 0;
		}
		if (!p->steps || !p->nr_saved)
			return 0;
		copy_state(&p->now, &p->saved[--p->nr_saved]);
	}
}

/* Purity */

/* Moves that no list has are made between address spaces, or to a CPU's own memory. */
static bool is_pure_alu(const struct bpf_insn *insn)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return !insn->off;
	case BPF_NEG:
		return !insn->off && BPF_SRC(insn->code) == BPF_K;
	case BPF_DIV:
	case BPF_MOD:
		return insn->off == 0 || insn->off == 1;
	case BPF_MOV:
		if (!insn->off)
			return true;
		return BPF_SRC(insn->code) == BPF_X &&
		       (insn->off == 8 || insn->off == 16 || (wide && insn->off == 32));
	case BPF_END:
		return !insn->off && !(wide && BPF_SRC(insn->code) == BPF_TO_BE) &&
		       (insn->imm == 16 || insn->imm == 32 || insn->imm == 64);
	}
	return false;
}

static bool is_pure_jump(const struct bpf_insn *insn)
{
	switch (insn->code) {
	case BPF_JMP | BPF_JA:
	case BPF_JMP32 | BPF_JA:
	case BPF_JMP | BPF_EXIT:
		return true;
	case BPF_JMP | BPF_CALL:
	case BPF_JMP | BPF_CALL_ARGS:
		/* What it calls is looked at as well, whichever of the functions it is. */
		return insn->src_reg == BPF_PSEUDO_CALL;
	}
	return is_condition(BPF_OP(insn->code));
}

/*
 * Memory is reached by the program's own registers. The kernel's hold what is to
 * be stored, but are loaded into only to count what may_goto jumps.
 */
static bool is_pure_memory(const struct bpf_insn *insn)
{
	bool load = BPF_CLASS(insn->code) == BPF_LDX;

	if (insn->dst_reg >= MAX_BPF_REG || (load && insn->src_reg >= MAX_BPF_REG))
		return false;
	return BPF_MODE(insn->code) == BPF_MEM ||
	       (load && BPF_MODE(insn->code) == BPF_MEMSX && BPF_SIZE(insn->code) != BPF_DW);
}

static bool is_pure_insn(const struct bpf_insn *insn)
{
	if (insn->dst_reg >= MAX_BPF_EXT_REG || insn->src_reg >= MAX_BPF_EXT_REG)
		return false;
	if (insn->code == (BPF_ST | BPF_NOSPEC))
		return true;

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return is_pure_alu(insn);
	case BPF_JMP:
	case BPF_JMP32:
		return is_pure_jump(insn);
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return is_pure_memory(insn);
	}
	return false;
}

/**
 * seccomp_probe_is_pure - do instructions only compute what is returned?
 * @insns: a program as it is after verification
 * @len: how many there are
 *
 * Addresses of maps cannot be told from constants here; that there are none is for
 * the caller to see. Of instructions that are not known nothing is concluded.
 *
 * Context: Any context.
 *
 * Return: Whether no instruction does more than to compute, to jump, to use the
 * stack, to load from the context, and to call another of the program's functions.
 */
bool seccomp_probe_is_pure(const struct bpf_insn *insns, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++) {
		const struct bpf_insn *insn = &insns[i];

		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW)) {
			if (!is_pure_insn(insn))
				return false;
			continue;
		}
		/* What is not a constant says so in the source register. */
		if (insn->dst_reg >= MAX_BPF_REG || insn->src_reg || ++i == len || insns[i].code)
			return false;
	}
	return true;
}

/**
 * seccomp_probe_alloc - prepare to probe a program
 * @insns: its instructions as they are after verification, to be kept until
 *	seccomp_probe_free()
 * @len: how many
 *
 * It must be pure, see seccomp_probe_is_pure(), and have no maps: what it returns
 * depends on nothing but struct seccomp_data. Calls of its functions are followed
 * only as far as these are known, see seccomp_probe_add_function(). The memory is
 * charged to the caller: 150 kB, for a while.
 *
 * Context: Process context, may sleep.
 *
 * Return: The probe, or NULL if there is no memory for it.
 */
struct seccomp_probe *seccomp_probe_alloc(const struct bpf_insn *insns, unsigned int len)
{
	struct seccomp_probe *p = kvmalloc_obj(*p, PROBE_GFP);

	if (p) {
		p->insns = insns;
		p->len = len;
		p->steps = PROBE_STEPS;
		p->ticks = 0;
		p->nr_starts = 0;
	}
	return p;
}

/**
 * seccomp_probe_add_function - say where the next function of a program begins
 * @p: the probe
 * @start: the function's first instruction
 *
 * To be called for all of them, in the order of the indices that calls have in
 * their offset, and before seccomp_probe_verdicts(). The program itself is the
 * first one.
 *
 * Context: Process context.
 */
void seccomp_probe_add_function(struct seccomp_probe *p, unsigned int start)
{
	if (p->nr_starts < ARRAY_SIZE(p->starts))
		p->starts[p->nr_starts++] = start;
}

/**
 * seccomp_probe_free - end probing
 * @p: the probe, or NULL
 *
 * Context: Process context.
 */
void seccomp_probe_free(struct seccomp_probe *p)
{
	kvfree(p);
}
