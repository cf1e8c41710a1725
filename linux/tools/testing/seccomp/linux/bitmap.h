/* SPDX-License-Identifier: GPL-2.0 */
/* Arrays of bits */

#ifndef _SHIM_LINUX_BITMAP_H
#define _SHIM_LINUX_BITMAP_H

#include <linux/bitops.h>
#include <linux/string.h>

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

#define for_each_set_bit(n, set, bits)				\
	for ((n) = find_next_bit(set, bits, 0); (n) < (bits);	\
	     (n) = find_next_bit(set, bits, (n) + 1))

#endif
