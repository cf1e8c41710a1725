/* SPDX-License-Identifier: GPL-2.0 */
/* What actions and system calls are called */

#ifndef _ACTION_H
#define _ACTION_H

#include <linux/types.h>
#include <stddef.h>

#include "windows.h"

const char *action_name(u32 ret);
bool action_named(const char *name, u32 *ret);
void action_describe(char *to, size_t size, u32 ret);
const char *call_name(enum abi abi, u32 nr);

#endif
