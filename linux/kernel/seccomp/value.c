// SPDX-License-Identifier: GPL-2.0
/* Arithmetic on what is known of a classic BPF register: see value.h */

#include <linux/bitops.h>
#include <linux/bpf_common.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "value.h"

#define BPF_WIDTH	32

/*
 * The bits of @v that are not known: the highest one in which min and max
 * differ, and all below.  All numbers from min to max agree above it, since
 * one that did not would be less than min or greater than max.
 */
static u32 loose_bits(struct seccomp_value v)
{
	u32 differ = v.min ^ v.max;

	return differ ? U32_MAX >> (BPF_WIDTH - fls(differ)) : 0;
}

/* The bits that are set in every number of @v, as far as known. */
static u32 sure_bits(struct seccomp_value v)
{
	return v.min & ~loose_bits(v);
}

/* The bits that are set in some number of @v, or may be. */
static u32 possible_bits(struct seccomp_value v)
{
	return v.max | loose_bits(v);
}

/*
 * The 64-bit numbers from lo to hi, which may have wrapped themselves, of which
 * only the low 32 bits are kept. If the high halves of lo and hi are the same,
 * then so are those of all numbers between them, and dropping them keeps the
 * order.
 */
static struct seccomp_value wrapped(u64 lo, u64 hi, bool nr)
{
	if (lo >> BPF_WIDTH != hi >> BPF_WIDTH)
		return seccomp_value_unknown();
	return (struct seccomp_value){ .min = lo, .max = hi, .nr = nr };
}

/*
 * Both are the number, each plus a constant. They belong to the same numbers,
 * so the number cancels out of their difference, wrapped or not.
 */
static bool both_nr(struct seccomp_value a, struct seccomp_value b)
{
	return a.nr && b.nr;
}

/* Not just equal sets: whatever number a holds, b holds it too. */
static bool same_number(struct seccomp_value a, struct seccomp_value b)
{
	return both_nr(a, b) && a.min == b.min;
}

static struct seccomp_value add(struct seccomp_value a, struct seccomp_value b)
{
	/* Of the number and a constant, in either order: moves as a whole. */
	bool nr = (a.nr && seccomp_value_is_const(b)) ||
		  (b.nr && seccomp_value_is_const(a));

	return wrapped((u64)a.min + b.min, (u64)a.max + b.max, nr);
}

static struct seccomp_value sub(struct seccomp_value a, struct seccomp_value b)
{
	if (both_nr(a, b))
		return seccomp_value_const(a.min - b.min);
	return wrapped((u64)a.min - b.max, (u64)a.max - b.min,
		       a.nr && seccomp_value_is_const(b));
}

static struct seccomp_value mul(struct seccomp_value a, struct seccomp_value b)
{
	return wrapped((u64)a.min * b.min, (u64)a.max * b.max, false);
}

static struct seccomp_value div(struct seccomp_value a, struct seccomp_value b)
{
	if (!b.max)
		return seccomp_value_unknown();
	return seccomp_value_range(a.min / b.max, a.max / max(b.min, 1U));
}

static struct seccomp_value and(struct seccomp_value a, struct seccomp_value b)
{
	u32 sure = sure_bits(a) & sure_bits(b);
	u32 possible = possible_bits(a) & possible_bits(b);

	/* Clearing bits makes no number greater. */
	return seccomp_value_range(sure, min3(possible, a.max, b.max));
}

static struct seccomp_value or(struct seccomp_value a, struct seccomp_value b)
{
	u32 sure = sure_bits(a) | sure_bits(b);
	u32 possible = possible_bits(a) | possible_bits(b);

	/* Setting bits makes no number less. */
	return seccomp_value_range(max3(sure, a.min, b.min), possible);
}

static struct seccomp_value xor(struct seccomp_value a, struct seccomp_value b)
{
	u32 loose = loose_bits(a) | loose_bits(b);
	u32 sure = (a.min ^ b.min) & ~loose;

	return seccomp_value_range(sure, sure | loose);
}

/* Which bits of its other operand does op change, at most, with constant k? */
static u32 touched_bits(u16 op, u32 k)
{
	return op == BPF_AND ? ~k : k;
}

static u32 bitwise_const(u16 op, u32 a, u32 k)
{
	switch (op) {
	case BPF_AND:
		return a & k;
	case BPF_OR:
		return a | k;
	default:
		return a ^ k;
	}
}

static struct seccomp_value bitwise(u16 op, struct seccomp_value a,
				    struct seccomp_value b)
{
	/* All three commute: let b be the constant, if there is one. */
	if (seccomp_value_is_const(a))
		swap(a, b);

	/*
	 * If all of a agree on each bit that may change, then each changes in
	 * all of them or in none. So the same constant is added to all, and
	 * to none so much that it wraps: min and max remain the ends, and the
	 * number remains the number.
	 */
	if (seccomp_value_is_const(b) &&
	    !(touched_bits(op, b.min) & loose_bits(a))) {
		a.min = bitwise_const(op, a.min, b.min);
		a.max = bitwise_const(op, a.max, b.min);
		return a;
	}

	if (same_number(a, b))
		return op == BPF_XOR ? seccomp_value_const(0) : a;

	switch (op) {
	case BPF_AND:
		return and(a, b);
	case BPF_OR:
		return or(a, b);
	default:
		return xor(a, b);
	}
}

static struct seccomp_value lsh(struct seccomp_value a, struct seccomp_value b)
{
	struct seccomp_value v = wrapped((u64)a.min << b.min, (u64)a.max << b.max, false);

	/* At least that many zeroes are shifted in. */
	v.max = min(v.max, U32_MAX << b.min);
	return v;
}

static struct seccomp_value rsh(struct seccomp_value a, struct seccomp_value b)
{
	return seccomp_value_range(a.min >> b.max, a.max >> b.min);
}

/* Does op with the constant k give back its first operand, whatever that is? */
static bool is_identity(u16 op, u32 k)
{
	switch (op) {
	case BPF_MUL:
	case BPF_DIV:
		return k == 1;
	case BPF_LSH:
	case BPF_RSH:
		return k == 0;
	default:
		return false;
	}
}

struct seccomp_value seccomp_value_join(struct seccomp_value a,
					struct seccomp_value b)
{
	if (seccomp_value_equal(a, b))
		return a;
	return seccomp_value_range(min(a.min, b.min), max(a.max, b.max));
}

struct seccomp_value seccomp_value_alu(u16 op, struct seccomp_value a,
				       struct seccomp_value b)
{
	if (op != BPF_NEG && seccomp_value_is_const(b) &&
	    is_identity(op, b.min))
		return a;

	switch (op) {
	case BPF_ADD:
		return add(a, b);
	case BPF_SUB:
		return sub(a, b);
	case BPF_NEG:
		return sub(seccomp_value_const(0), a);
	case BPF_MUL:
		return mul(a, b);
	case BPF_DIV:
		return div(a, b);
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return bitwise(op, a, b);
	case BPF_LSH:
		if (b.max >= BPF_WIDTH)
			return seccomp_value_unknown();
		return lsh(a, b);
	case BPF_RSH:
		if (b.max >= BPF_WIDTH)
			return seccomp_value_unknown();
		return rsh(a, b);
	default:
		return seccomp_value_unknown();
	}
}

static enum seccomp_outcome outcome(bool always, bool never)
{
	if (always)
		return SECCOMP_ALWAYS;
	return never ? SECCOMP_NEVER : SECCOMP_MAYBE;
}

enum seccomp_outcome seccomp_value_compare(u16 op, struct seccomp_value a,
					   struct seccomp_value b)
{
	/*
	 * Neither of two values that are the number wraps, so they compare as
	 * the constants that were added, that is as what they are for the
	 * first number. JSET looks at the bits of each.
	 */
	if (both_nr(a, b) && op != BPF_JSET) {
		a.max = a.min;
		b.max = b.min;
	}

	switch (op) {
	case BPF_JEQ:
		return outcome(a.min == b.max && a.max == b.min,
			       a.min > b.max || a.max < b.min);
	case BPF_JGT:
		return outcome(a.min > b.max, a.max <= b.min);
	case BPF_JGE:
		return outcome(a.min >= b.max, a.max < b.min);
	case BPF_JSET:
		return outcome(sure_bits(a) & sure_bits(b),
			       !(possible_bits(a) & possible_bits(b)));
	default:
		return SECCOMP_MAYBE;
	}
}
