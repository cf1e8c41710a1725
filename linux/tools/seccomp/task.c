// SPDX-License-Identifier: GPL-2.0
/* What /proc/PID/status says of a task */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "task.h"
#include "util.h"

/* A task chooses its name, but not what it does to a terminal. */
static void make_printable(char *name)
{
	for (; *name; name++) {
		if (*name < ' ' || *name > '~')
			*name = '?';
	}
}

/**
 * task_read - look at a task
 * @tid: its id
 *
 * Return: What there is to know, if there is such a task and it lives.
 */
struct task task_read(pid_t tid)
{
	struct task t = { .tid = tid };
	char path[32], line[4096];
	bool found = false, known = false;
	unsigned int mode = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "r");
	if (!f && errno == ENOENT)
		die("%d: no such process, or /proc is not mounted", tid);
	if (!f)
		die("%s: %s: is /proc mounted with hidepid? Try it as root", path,
		    strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		/* What is not there stays as it is. */
		found |= sscanf(line, "Name:\t%64[^\n]", t.name) == 1 ||
			 sscanf(line, "State: %c", &t.state) == 1 ||
			 sscanf(line, "TracerPid: %d", &t.tracer) == 1 ||
			 sscanf(line, "Seccomp_filters: %u", &t.nr_filters) == 1;
		if (sscanf(line, "Seccomp: %u", &mode) == 1)
			known = true;
	}
	fclose(f);
	if (t.state == 'Z' || t.state == 'X')
		die("%d: the process has ended, it makes no more calls", tid);
	if (!found)
		die("%d: no such process", tid);
	if (!known)
		die("%s tells no seccomp mode: the kernel has no CONFIG_SECCOMP", path);
	if (mode > MODE_FILTER)
		die("%d: seccomp mode %u is not known: get a newer seccomp-policy", tid, mode);
	t.mode = mode;
	make_printable(t.name);
	return t;
}
