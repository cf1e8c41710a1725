/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's own, as on x86-64 */

#ifndef _SHIM_LINUX_SECCOMP_PIN_H
#define _SHIM_LINUX_SECCOMP_PIN_H

#define CONFIG_X86_64			1
#define CONFIG_HAVE_ARCH_SECCOMP_PIN	1
#include "../../../../include/linux/seccomp_pin.h"

#endif
