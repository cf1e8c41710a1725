/* SPDX-License-Identifier: GPL-2.0 */
/* A pin of an architecture, as the filter that it is */

#ifndef _PIN_H
#define _PIN_H

#include <linux/filter.h>
#include <linux/types.h>

/* More than any of them needs. */
#define PIN_INSNS_MAX	256

unsigned int pin_program(struct sock_filter *insns, u32 arch, u32 ret);

#endif
