/* SPDX-License-Identifier: GPL-2.0 */
/* The ways in which policies are printed */

#ifndef _OUTPUT_H
#define _OUTPUT_H

#include "policy.h"
#include "task.h"

/**
 * struct subject - a task and its policy
 * @task: the task
 * @policy: what is done to its calls
 */
struct subject {
	struct task task;
	struct policy policy;
};

void print_policy(const struct subject *s, bool cost);
void json_policy(const struct subject *s, bool cost);
bool print_diff(const struct subject *a, const struct subject *b);
bool json_diff(const struct subject *a, const struct subject *b);

#endif
