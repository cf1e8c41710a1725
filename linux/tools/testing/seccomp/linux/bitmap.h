/* SPDX-License-Identifier: GPL-2.0 */
/* Arrays of bits */

#ifndef _SHIM_LINUX_BITMAP_H
#define _SHIM_LINUX_BITMAP_H

#include <linux/bitops.h>
#include <linux/string.h>

#define DECLARE_BITMAP(name, bits)	unsigned long name[BITS_TO_LONGS(bits)]
#define BITMAP_FIRST_WORD_MASK(n)	(~0UL << ((n) % BITS_PER_LONG))

static inline void bitmap_zero(unsigned long *set, unsigned int bits)
{
	memset(set, 0, BITS_TO_LONGS(bits) * sizeof(long));
}

static inline void bitmap_set(unsigned long *set, unsigned int first,
			      unsigned int bits)
{
	while (bits) {
		unsigned int shift = first % BITS_PER_LONG;
		unsigned int here = BITS_PER_LONG - shift;
		unsigned long mask = ~0UL << shift;

		if (bits < here) {
			mask &= ~(~0UL << (shift + bits));
			here = bits;
		}
		set[BIT_WORD(first)] |= mask;
		first += here;
		bits -= here;
	}
}

static inline void bitmap_clear(unsigned long *set, unsigned int first,
				unsigned int bits)
{
	while (bits--)
		__clear_bit(first++, set);
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from,
			       unsigned int bits)
{
	memcpy(to, from, BITS_TO_LONGS(bits) * sizeof(long));
}

static inline void bitmap_and(unsigned long *to, const unsigned long *a,
			      const unsigned long *b, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = a[i] & b[i];
}

static inline void bitmap_andnot(unsigned long *to, const unsigned long *a,
				 const unsigned long *b, unsigned int bits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		to[i] = a[i] & ~b[i];
}

static inline unsigned int bitmap_weight(const unsigned long *set, unsigned int bits)
{
	unsigned int weight = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(bits); i++)
		weight += hweight_long(set[i]);
	return weight;
}

/* The first bit that is set, from bit n on, or bits if there is none. */
static inline unsigned long find_next_bit(const unsigned long *set,
					  unsigned long bits, unsigned long n)
{
	unsigned long word;

	if (n >= bits)
		return bits;
	word = set[BIT_WORD(n)] & BITMAP_FIRST_WORD_MASK(n);
	for (n -= n % BITS_PER_LONG; !word; word = set[BIT_WORD(n)]) {
		n += BITS_PER_LONG;
		if (n >= bits)
			return bits;
	}
	n += __ffs(word);
	return n < bits ? n : bits;
}

#define find_first_bit(set, bits)	find_next_bit(set, bits, 0)

/* The last bit that is set, or bits if there is none. */
static inline unsigned long find_last_bit(const unsigned long *set, unsigned long bits)
{
	for (unsigned long n = bits; n--;) {
		if (test_bit(n, set))
			return n;
	}
	return bits;
}

#define for_each_set_bit(n, set, bits)				\
	for ((n) = find_next_bit(set, bits, 0); (n) < (bits);	\
	     (n) = find_next_bit(set, bits, (n) + 1))

#endif
