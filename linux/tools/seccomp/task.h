/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc/PID/status says of a task */

#ifndef _TASK_H
#define _TASK_H

#include <sys/types.h>

#include "policy.h"

/* As long as it can be, with all of it escaped. */
#define NAME_MAX_LEN	64

/**
 * struct task - a task whose policy is asked for
 * @tid: its id
 * @name: what it is called, as proc escapes it
 * @state: what it does; 'Z' has ended
 * @mode: its seccomp mode
 * @nr_filters: how many filters it has; 0 if the kernel does not tell
 * @tracer: who traces it, or 0
 */
struct task {
	pid_t tid;
	char name[NAME_MAX_LEN + 1];
	char state;
	enum mode mode;
	unsigned int nr_filters;
	pid_t tracer;
};

struct task task_read(pid_t tid);

#endif
