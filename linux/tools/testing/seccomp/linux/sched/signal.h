/* SPDX-License-Identifier: GPL-2.0 */
/* A signal that comes when a test wants it to */

#ifndef _SHIM_LINUX_SCHED_SIGNAL_H
#define _SHIM_LINUX_SCHED_SIGNAL_H

#include "../../shim.h"

#define fatal_signal_pending(task)	((void)(task), shim_fatal_signal())

#endif
