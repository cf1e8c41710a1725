/* SPDX-License-Identifier: GPL-2.0 */
/* What seccomp accepts, and what it then returns, one call at a time */

#ifndef _INTERP_H
#define _INTERP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/types.h>

unsigned int refused_at(const struct sock_filter *insns, unsigned int len);
bool accepted(const struct sock_filter *insns, unsigned int len);
u32 interpret(const struct sock_filter *insns, const struct seccomp_data *data, bool mask_shift);

#endif
