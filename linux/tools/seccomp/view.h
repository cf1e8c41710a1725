/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel itself says of a task's policy */

#ifndef _VIEW_H
#define _VIEW_H

#include "policy.h"
#include "task.h"

int view_read(const struct task *t, struct policy *p);

#endif
