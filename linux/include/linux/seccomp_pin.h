/* SPDX-License-Identifier: GPL-2.0 */
/* How an architecture tells its ABIs apart, for SECCOMP_PIN_ARCHITECTURE */
#ifndef _LINUX_SECCOMP_PIN_H
#define _LINUX_SECCOMP_PIN_H

#include <linux/types.h>

struct sock_filter;

#define SECCOMP_PIN_FLAG_MASK	(SECCOMP_PIN_FLAG_TSYNC | \
				 SECCOMP_PIN_FLAG_TSYNC_ESRCH | \
				 SECCOMP_PIN_FLAG_PROBE)

/* No program of seccomp_pin_write() is longer. */
#define SECCOMP_PIN_INSNS_MAX	96

#ifdef CONFIG_HAVE_ARCH_SECCOMP_PIN
u32 seccomp_pin_abi(u32 arch, u32 nr);
unsigned int seccomp_pin_write(struct sock_filter *insns, u32 abi, u32 ret);
#else
static inline u32 seccomp_pin_abi(u32 arch, u32 nr)
{
	return 0;
}

static inline unsigned int seccomp_pin_write(struct sock_filter *insns, u32 abi, u32 ret)
{
	return 0;
}
#endif /* CONFIG_HAVE_ARCH_SECCOMP_PIN */

#endif /* _LINUX_SECCOMP_PIN_H */
