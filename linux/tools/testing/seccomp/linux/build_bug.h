/* SPDX-License-Identifier: GPL-2.0 */
/* What is to hold when this is built */

#ifndef _SHIM_LINUX_BUILD_BUG_H
#define _SHIM_LINUX_BUILD_BUG_H

#include <assert.h>

#define BUILD_BUG_ON(condition)	_Static_assert(!(condition), #condition)

#endif
