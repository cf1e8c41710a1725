/* SPDX-License-Identifier: GPL-2.0 */
/* What is known of one register of a classic BPF program */

#ifndef _KERNEL_SECCOMP_VALUE_H
#define _KERNEL_SECCOMP_VALUE_H

#include <linux/limits.h>
#include <linux/types.h>

/**
 * struct seccomp_value - a set of 32-bit numbers that a register may hold
 * @min: no number in the set is less than this (unsigned)
 * @max: no number in the set is greater than this (unsigned)
 * @nr: the register holds the system call number plus a constant
 *
 * Three kinds of value (a constant, the system call number, unknown) would do
 * for most filters.  An interval costs no more, and answers for a whole range
 * of numbers at once what those kinds can only answer number by number: that
 * 473..0x3fffffff is not equal to 59, and still is not once the x32 bit was
 * masked.  So a constant is the interval with min == max, unknown is the one
 * from 0 to U32_MAX, and @nr says of an interval that it is more than that.
 *
 * With @nr set, the value belongs to numbers first..last, which the values of
 * one analysis have in common: number n has the value min + (n - first), and
 * last has max.  An interval that moves as a whole thus stays symbolic, as
 * when 0x40000000 is masked out of x32 numbers.  A constant never has @nr set.
 *
 * Values are passed and returned by value.  Every function here is pure, and
 * sound: if the operands hold the numbers x and y, then the result holds what
 * the operation makes of x and y.  Unless said otherwise it may hold more.
 */
struct seccomp_value {
	u32 min;
	u32 max;
	bool nr;
};

/**
 * enum seccomp_outcome - what a comparison of two values yields
 * @SECCOMP_NEVER: false for every pair of numbers
 * @SECCOMP_ALWAYS: true for every pair of numbers
 * @SECCOMP_MAYBE: either of them, or not known
 */
enum seccomp_outcome {
	SECCOMP_NEVER,
	SECCOMP_ALWAYS,
	SECCOMP_MAYBE,
};

/* Exactly the number @k. */
static inline struct seccomp_value seccomp_value_const(u32 k)
{
	return (struct seccomp_value){ .min = k, .max = k };
}

/* Every number from @min to @max, which must not be less than @min. */
static inline struct seccomp_value seccomp_value_range(u32 min, u32 max)
{
	return (struct seccomp_value){ .min = min, .max = max };
}

/* Any number at all. */
static inline struct seccomp_value seccomp_value_unknown(void)
{
	return seccomp_value_range(0, U32_MAX);
}

/* The system call number, where that is one of @first to @last. */
static inline struct seccomp_value seccomp_value_number(u32 first, u32 last)
{
	return (struct seccomp_value){
		.min = first,
		.max = last,
		.nr = first != last,
	};
}

/* Is there only one number that @v can be? Exact. */
static inline bool seccomp_value_is_const(struct seccomp_value v)
{
	return v.min == v.max;
}

/* Are @a and @b the same set, and the same function of the number? Exact. */
static inline bool seccomp_value_equal(struct seccomp_value a,
				       struct seccomp_value b)
{
	return a.min == b.min && a.max == b.max && a.nr == b.nr;
}

/*
 * The smallest interval with all of @a and all of @b in it.  Joined with
 * itself, the number stays the number; joined with anything else, it is the
 * interval only.
 */
struct seccomp_value seccomp_value_join(struct seccomp_value a,
					struct seccomp_value b);

/*
 * @a op @b, where @op is BPF_OP() of a classic ALU instruction; NEG leaves @b
 * unread.  The numbers wrap at 32 bits, as the kernel's conversion to eBPF
 * makes them.
 *
 * all:	Two constants give the exact constant, shifts by 32 or more and
 *	divisions by zero excepted.
 * ADD, SUB, NEG: The smallest interval if none of the results wraps or all of
 *	them do, else unknown.  The number plus or minus a constant stays the
 *	number, two values that both are the number differ by a constant (SUB).
 * AND, OR, XOR: Exact if the result can only differ from @a (or @b) in bits
 *	that all of @a (@b) agree on, in which case the number stays the
 *	number.  Otherwise the hull of the bits that are known on both sides,
 *	where a bit is known if all numbers of an interval agree on it and on
 *	all bits above it.  AND is cut at the smaller maximum, OR at the larger
 *	minimum.
 * MUL:	The smallest interval if the products all have the same high half, which
 *	is dropped; else unknown.
 * DIV:	The smallest interval of the quotients by divisors other than zero: a
 *	program that divides by zero has returned, which is for the caller to
 *	see to.  Unknown if the divisor can only be zero.
 * LSH:	The smallest interval if the same bits are shifted out in all cases,
 *	else only the least number of zeroes that are shifted in is known.
 * RSH:	The smallest interval.
 * shifts: Unknown if @b may be 32 or more: what happens then depends on who
 *	runs the program.
 * others: Unknown; MOD is among them, which seccomp refuses.
 *
 * An operation by a constant that leaves all of @a as it was (+ 0, * 1, ...)
 * leaves the number the number.  Two values that both are the number are taken
 * for independent of each other, but for what is said of SUB above.
 */
struct seccomp_value seccomp_value_alu(u16 op, struct seccomp_value a,
				       struct seccomp_value b);

/*
 * Is @a op @b, where @op is BPF_OP() of a classic conditional jump (JEQ, JGT,
 * JGE, JSET)?  JEQ, JGT and JGE are exact: maybe means that there are two
 * pairs of numbers, one for each outcome.  So they are for two values that
 * both are the number.  JSET goes by known bits, as AND does, and may say
 * maybe where there is only one outcome.
 */
enum seccomp_outcome seccomp_value_compare(u16 op, struct seccomp_value a,
					   struct seccomp_value b);

#endif /* _KERNEL_SECCOMP_VALUE_H */
