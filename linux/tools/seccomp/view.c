// SPDX-License-Identifier: GPL-2.0
/* What the kernel itself says of a task's policy, in /proc/PID/seccomp_policy */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "action.h"
#include "util.h"
#include "view.h"

/* Take what is known of the rest of a line, KEY=VALUE and more of them. */
static bool parse_keys(char *rest, struct verdict *v)
{
	for (char *key = strtok(rest, " "); key; key = strtok(NULL, " ")) {
		if (!strchr(key, '='))
			return false;
		/* Others may follow some day. */
		if (sscanf(key, "filter=%d", &v->filter) != 1 &&
		    sscanf(key, "programs=%u", &v->programs) != 1)
			continue;
	}
	return true;
}

static bool parse_verdict(const char *name, struct verdict *v)
{
	u32 ret;

	*v = (struct verdict){ .filter = NO_FILTER };
	if (!strcmp(name, "FILTER"))
		return true;
	if (!action_named(name, &ret))
		return false;
	*v = verdict_always(ret, NO_FILTER);
	return true;
}

static bool parse_line(char *line, struct policy *p)
{
	char abi_name[16], verdict_name[32];
	struct verdict v;
	u32 first, last;
	int end = 0;
	enum abi abi;

	if (sscanf(line, "%15s %u-%u %31s%n", abi_name, &first, &last,
		   verdict_name, &end) != 4) {
		if (sscanf(line, "%15s %u %31s%n", abi_name, &first, verdict_name,
			   &end) != 3)
			return false;
		last = first;
	}
	if (!abi_named(abi_name, &abi) || !parse_verdict(verdict_name, &v) ||
	    !parse_keys(line + end, &v))
		return false;
	if (last < first || (p->nr[abi] && first <= p->entries[abi][p->nr[abi] - 1].last))
		return false;
	policy_add(p, abi, first, last, v);
	return true;
}

/**
 * view_read - read a task's policy from the kernel
 * @t: the task
 * @p: the policy to add to
 *
 * Return: 0, or an error if the kernel does not give it.
 */
int view_read(const struct task *t, struct policy *p)
{
	char path[40], line[256];
	unsigned int nr = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/seccomp_policy", t->tid);
	f = fopen(path, "r");
	if (!f)
		return -errno;
	errno = 0;
	while (fgets(line, sizeof(line), f)) {
		nr++;
		line[strcspn(line, "\n")] = '\0';
		if (!parse_line(line, p))
			die("%s, line %u is not understood: try --source=ptrace", path, nr);
		errno = 0;
	}
	if (ferror(f))
		return errno ? -errno : -EIO;
	fclose(f);
	p->nr_filters = t->nr_filters;
	return nr ? 0 : -ENODATA;
}
