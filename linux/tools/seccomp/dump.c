// SPDX-License-Identifier: GPL-2.0
/* The filters of a task, as a tracer reads them */

#include <errno.h>
#include <linux/seccomp_pin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "dump.h"
#include "util.h"

/* Of a name of its own: older headers have less of it. */
struct metadata {
	u64 filter_off;
	u64 flags;
	u64 filter_id;
	u64 parent_id;
	u32 bpf_prog_id;
	u32 pin_action;
	u32 pin_arch;
	u32 reserved;
};

/* How long to wait for a task to stop; it may be in an uninterruptible sleep. */
#define STOP_MS		5000

/* With errors as returned by the kernel. */
static long request(unsigned int what, pid_t tid, uintptr_t addr, void *data)
{
	long ret = ptrace((enum __ptrace_request)what, tid, (void *)addr, data);

	return ret < 0 ? -errno : ret;
}

__noreturn
static void die_untraceable(const struct task *t, long err)
{
	if (t->tracer)
		die("%d is traced by %d already, and a task has one tracer only: end that first",
		    t->tid, t->tracer);
	if (err == -ESRCH)
		die("%d: no such process", t->tid);
	die("%d may not be traced (%s): try it as root, or with CAP_SYS_PTRACE and CAP_SYS_ADMIN",
	    t->tid, strerror(-err));
}

/* Stop the task. Returns the signal that it was about to take, or 0. */
static int stop_task(const struct task *t)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	int status, gone = 0;
	long err;

	err = request(PTRACE_SEIZE, t->tid, 0, NULL);
	if (err)
		die_untraceable(t, err);
	err = request(PTRACE_INTERRUPT, t->tid, 0, NULL);
	for (int i = 0; !err && !gone && i < STOP_MS; i++) {
		gone = waitpid(t->tid, &status, __WALL | WNOHANG);
		if (!gone)
			nanosleep(&ms, NULL);
	}
	if (!err && !gone)
		die("%d does not stop, it is in an uninterruptible sleep: try again later",
		    t->tid);
	if (err || gone < 0 || !WIFSTOPPED(status))
		die("%d ended before its filters were read", t->tid);
	return status >> 16 ? 0 : WSTOPSIG(status);
}

/* Read what is known beside the instructions. Returns 0 or an error. */
static long read_metadata(pid_t tid, unsigned int index, struct filter *f)
{
	struct metadata data = { .filter_off = index };
	long ret = request(PTRACE_SECCOMP_GET_METADATA, tid, sizeof(data), &data);

	/* Kernels before 4.16 do not have it. */
	if (ret == -EIO)
		return 0;
	if (ret < 0)
		return ret;
	f->flags = data.flags;
	f->bpf_prog_id = data.bpf_prog_id;
	f->pin_action = data.pin_action;
	f->pin_arch = data.pin_arch;
	return 0;
}

/* A pin is a filter that the kernel has written. */
static void write_pin(struct filter *f)
{
	f->insns = allocate(SECCOMP_PIN_INSNS_MAX, sizeof(*f->insns));
	f->len = seccomp_pin_write(f->insns, f->pin_arch, f->pin_action);
	if (!f->len)
		f->insns = NULL;
}

/* Read the filter that the kernel calls @index. Returns 0 or an error. */
static long read_filter(pid_t tid, unsigned int index, struct filter *f)
{
	long len = request(PTRACE_SECCOMP_GET_FILTER, tid, index, NULL), err;

	if (len < 0 && len != -EMEDIUMTYPE)
		return len;
	err = read_metadata(tid, index, f);
	if (err)
		return err;
	if (len > 0) {
		f->len = len;
		f->insns = allocate(len, sizeof(*f->insns));
		len = request(PTRACE_SECCOMP_GET_FILTER, tid, index, f->insns);
		return len < 0 ? len : 0;
	}
	if (f->flags & SECCOMP_METADATA_PIN)
		write_pin(f);
	return 0;
}

/* The kernel counts from the oldest on, people from the newest. */
static void reverse(struct filter *filters, unsigned int nr)
{
	for (unsigned int i = 0; i < nr / 2; i++) {
		struct filter f = filters[i];

		filters[i] = filters[nr - 1 - i];
		filters[nr - 1 - i] = f;
	}
}

/* Read all filters of a task that is stopped. Returns 0 or an error. */
static long read_all(pid_t tid, struct policy *p)
{
	for (p->nr_filters = 0;; p->nr_filters++) {
		struct filter f = { };
		long err = read_filter(tid, p->nr_filters, &f);

		if (err)
			return err == -ENOENT ? 0 : err;
		p->filters = realloc(p->filters, (p->nr_filters + 1) * sizeof(f));
		if (!p->filters)
			die("out of memory");
		p->filters[p->nr_filters] = f;
	}
}

/**
 * dump_filters - read the filters of a task by ptrace
 * @t: the task, which is stopped for a moment
 * @p: where to put them
 */
void dump_filters(const struct task *t, struct policy *p)
{
	int signal = stop_task(t);
	long err = read_all(t->tid, p);

	request(PTRACE_DETACH, t->tid, 0, (void *)(intptr_t)signal);
	if (err == -EACCES)
		die("not without CAP_SYS_ADMIN or from inside a seccomp sandbox: try as root");
	if (err == -EINVAL || err == -EIO)
		die("this kernel shows no filters: it needs CONFIG_CHECKPOINT_RESTORE");
	if (err)
		die("%d: cannot read its filters: %s", t->tid, strerror(-err));
	reverse(p->filters, p->nr_filters);
}
