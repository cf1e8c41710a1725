/* SPDX-License-Identifier: GPL-2.0 */
/* Verdicts of seccomp that do not just allow a system call */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM seccomp

#if !defined(_TRACE_SECCOMP_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_SECCOMP_H

#include <linux/seccomp.h>
#include <linux/tracepoint.h>

/*
 * The number and the architecture are those of seccomp_data, siginfo and audit
 * records; action is the SECCOMP_RET_* value, data included; filter says which
 * of the task's filters it is from, 0 for the newest, -1 if it is from none.
 * (ptrace counts from the oldest.)
 */
TRACE_EVENT(seccomp_verdict,

	TP_PROTO(int nr, u32 arch, u32 action, int filter),

	TP_ARGS(nr, arch, action, filter),

	TP_STRUCT__entry(
		__field(int, nr)
		__field(u32, arch)
		__field(u32, action)
		__field(int, filter)
	),

	TP_fast_assign(
		__entry->nr = nr;
		__entry->arch = arch;
		__entry->action = action;
		__entry->filter = filter;
	),

	TP_printk("nr=%d arch=%x action=%s data=%u filter=%d", __entry->nr, __entry->arch,
		  __print_symbolic(__entry->action & SECCOMP_RET_ACTION_FULL,
				   { SECCOMP_RET_KILL_PROCESS, "KILL_PROCESS" },
				   { SECCOMP_RET_KILL_THREAD, "KILL_THREAD" },
				   { SECCOMP_RET_TRAP, "TRAP" },
				   { SECCOMP_RET_ERRNO, "ERRNO" },
				   { SECCOMP_RET_USER_NOTIF, "USER_NOTIF" },
				   { SECCOMP_RET_TRACE, "TRACE" },
				   { SECCOMP_RET_LOG, "LOG" }),
		  __entry->action & SECCOMP_RET_DATA, __entry->filter)
);

#endif /* _TRACE_SECCOMP_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
