/* SPDX-License-Identifier: GPL-2.0 */
/* The filters of a task, as a tracer reads them */

#ifndef _DUMP_H
#define _DUMP_H

#include "policy.h"
#include "task.h"

void dump_filters(const struct task *t, struct policy *p);

#endif
