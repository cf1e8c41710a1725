/* SPDX-License-Identifier: GPL-2.0 */
/* User space ABI of seccomp */

#include <stddef.h>
#include_next <linux/seccomp.h>
