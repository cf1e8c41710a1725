/* SPDX-License-Identifier: GPL-2.0 */
/* A task that nobody else runs with */

#ifndef _SHIM_LINUX_SCHED_H
#define _SHIM_LINUX_SCHED_H

#include "../shim.h"

#define current		NULL
#define cond_resched()	shim_cond_resched()

#endif
