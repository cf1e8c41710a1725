// SPDX-License-Identifier: GPL-2.0
/* seccomp-policy: what seccomp does to each system call of a process */

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "dump.h"
#include "output.h"
#include "shim.h"
#include "util.h"
#include "view.h"

enum source {
	SOURCE_AUTO,
	SOURCE_KERNEL,
	SOURCE_PTRACE,
};

static const struct option options[] = {
	{ "cost", no_argument, NULL, 'c' },
	{ "diff", required_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "source", required_argument, NULL, 's' },
	{ },
};

static const char help[] =
	"usage: seccomp-policy [--cost] [--json] [--source=WHERE] PID\n"
	"       seccomp-policy --diff PID [--json] [--source=WHERE] PID\n"
	"\n"
	"Print what seccomp does to each system call of a process or thread.\n"
	"\n"
	"  --cost          also what that takes on a kernel with action tables\n"
	"  --diff PID      only where the policy of this other one differs\n"
	"  --json          for programs\n"
	"  --source=WHERE  kernel: /proc/PID/seccomp_policy; ptrace: read the filters;\n"
	"                  auto: the former where it can be read (default)\n"
	"\n"
	"Exit status: 0 fine, 1 the policies differ, 2 it could not be done.\n";

static pid_t parse_pid(const char *text)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || *end || end == text || pid <= 0 || pid > INT_MAX)
		die("'%s' is no process id: see seccomp-policy --help", text);
	return pid;
}

static enum source parse_source(const char *text)
{
	if (!strcmp(text, "auto"))
		return SOURCE_AUTO;
	if (!strcmp(text, "kernel"))
		return SOURCE_KERNEL;
	if (!strcmp(text, "ptrace"))
		return SOURCE_PTRACE;
	die("--source=%s: one of auto, kernel, ptrace", text);
}

__noreturn
static void die_without_view(pid_t tid, int err)
{
	switch (err) {
	case -ENOENT:
		die("this kernel has no CONFIG_SECCOMP_POLICY_VIEW: try --source=ptrace");
	case -EACCES:
	case -EPERM:
		die("%d may not be looked at: try with CAP_SYS_ADMIN in its user namespace, or as root",
		    tid);
	case -EOPNOTSUPP:
		die("the kernel runs with seccomp.action_tables=0: try --source=ptrace");
	case -ESRCH:
		die("%d has ended: other threads of its process are in /proc/%d/task", tid, tid);
	case -ENODATA:
		die("/proc/%d/seccomp_policy is empty: did the process end?", tid);
	default:
		die("/proc/%d/seccomp_policy: %s", tid, strerror(-err));
	}
}

/* The kernel's view does not have programs, which @programs are needed. */
static void load(struct subject *s, pid_t tid, enum source source, bool programs)
{
	struct policy *p = &s->policy;
	int err;

	s->task = task_read(tid);
	p->mode = s->task.mode;
	if (p->mode != MODE_FILTER) {
		p->source = "status";
		policy_without_filters(p);
		return;
	}
	if (source == SOURCE_KERNEL || (source == SOURCE_AUTO && !programs)) {
		p->source = "kernel";
		err = view_read(&s->task, p);
		if (!err)
			return;
		if (source == SOURCE_KERNEL)
			die_without_view(tid, err);
	}
	p->source = "ptrace";
	dump_filters(&s->task, p);
	policy_join(p);
}

int main(int argc, char **argv)
{
	static struct subject subjects[2];
	bool cost = false, json = false, differ;
	enum source source = SOURCE_AUTO;
	pid_t other = 0, tid;
	int option;

	/* Those who test the analysis have its memory filled. */
	shim.plain = true;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			cost = true;
			break;
		case 'd':
			other = parse_pid(optarg);
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'j':
			json = true;
			break;
		case 's':
			source = parse_source(optarg);
			break;
		default:
			return FAILED;
		}
	}
	if (optind + 1 != argc)
		die("it takes one process id: see seccomp-policy --help");
	if (cost && other)
		die("--cost and --diff do not go together: ask for the cost of each");

	tid = parse_pid(argv[optind]);
	load(&subjects[0], tid, source, cost || other);
	if (!other) {
		if (json)
			json_policy(&subjects[0], cost);
		else
			print_policy(&subjects[0], cost);
		differ = false;
	} else {
		load(&subjects[1], other, source, true);
		differ = json ? json_diff(&subjects[0], &subjects[1]) :
				print_diff(&subjects[0], &subjects[1]);
	}
	if (fflush(stdout) || ferror(stdout))
		die("cannot write: %s", strerror(errno));
	return differ ? DIFFERENT : 0;
}
