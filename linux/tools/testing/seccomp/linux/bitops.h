/* SPDX-License-Identifier: GPL-2.0 */
/* Bits of words and of arrays of words, not atomic */

#ifndef _SHIM_LINUX_BITOPS_H
#define _SHIM_LINUX_BITOPS_H

#include <linux/types.h>

#define BITS_PER_LONG		(8 * (unsigned int)sizeof(long))
#define BITS_TO_LONGS(n)	(((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define BIT_WORD(n)		((n) / BITS_PER_LONG)
#define BIT_MASK(n)		(1UL << ((n) % BITS_PER_LONG))

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

static inline unsigned long hweight_long(unsigned long word)
{
	return __builtin_popcountl(word);
}

static inline unsigned int hweight16(unsigned int word)
{
	return __builtin_popcount(word & 0xffff);
}

static inline s64 sign_extend64(u64 value, int bit)
{
	return (s64)(value << (63 - bit)) >> (63 - bit);
}

static inline bool test_bit(unsigned int n, const unsigned long *set)
{
	return set[BIT_WORD(n)] & BIT_MASK(n);
}

static inline void __set_bit(unsigned int n, unsigned long *set)
{
	set[BIT_WORD(n)] |= BIT_MASK(n);
}

static inline void __clear_bit(unsigned int n, unsigned long *set)
{
	set[BIT_WORD(n)] &= ~BIT_MASK(n);
}

static inline bool __test_and_set_bit(unsigned int n, unsigned long *set)
{
	bool was = test_bit(n, set);

	__set_bit(n, set);
	return was;
}

#endif
