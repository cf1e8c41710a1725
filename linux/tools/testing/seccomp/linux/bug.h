/* SPDX-License-Identifier: GPL-2.0 */
/* What must not happen */

#ifndef _SHIM_LINUX_BUG_H
#define _SHIM_LINUX_BUG_H

#include <stdlib.h>

#define WARN_ON_ONCE(condition)	((condition) ? abort(), 1 : 0)

#endif
