// SPDX-License-Identifier: GPL-2.0
/* What actions and system calls are called */

#define _GNU_SOURCE
#include <linux/array_size.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "action.h"

static const struct {
	u32 action;
	const char *name;
} actions[] = {
	{ SECCOMP_RET_ALLOW, "ALLOW" },
	{ SECCOMP_RET_LOG, "LOG" },
	{ SECCOMP_RET_TRACE, "TRACE" },
	{ SECCOMP_RET_USER_NOTIF, "USER_NOTIF" },
	{ SECCOMP_RET_ERRNO, "ERRNO" },
	{ SECCOMP_RET_TRAP, "TRAP" },
	{ SECCOMP_RET_KILL_THREAD, "KILL_THREAD" },
	{ SECCOMP_RET_KILL_PROCESS, "KILL_PROCESS" },
};

/**
 * action_name - what is an action called?
 * @ret: a SECCOMP_RET_* value, as it takes effect
 *
 * Return: its name, without data.
 */
const char *action_name(u32 ret)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(actions); i++) {
		if (actions[i].action == (ret & SECCOMP_RET_ACTION_FULL))
			return actions[i].name;
	}
	/* Which is what the kernel makes of what it does not know. */
	return "KILL_PROCESS";
}

/**
 * action_named - which action is called so?
 * @name: "NAME" or "NAME(DATA)"
 * @ret: set to it
 *
 * Return: false if none is.
 */
bool action_named(const char *name, u32 *ret)
{
	size_t len = strcspn(name, "(");
	u32 data = 0;

	if (name[len] && (sscanf(name + len, "(%u)", &data) != 1 ||
			  data > SECCOMP_RET_DATA))
		return false;
	for (unsigned int i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strlen(actions[i].name) == len && !strncmp(actions[i].name, name, len)) {
			*ret = actions[i].action | data;
			return true;
		}
	}
	return false;
}

static void describe_errno(char *to, size_t size, u32 number)
{
	const char *name = strerrorname_np(number);

	if (!number)
		snprintf(to, size, "skipped, returns 0");
	else if (name)
		snprintf(to, size, "refused with %s", name);
	else
		snprintf(to, size, "refused with errno %u", number);
}

/**
 * action_describe - tell people what is done to a call
 * @to: where to write it
 * @size: how much room there is
 * @ret: the SECCOMP_RET_* value, as it takes effect
 */
void action_describe(char *to, size_t size, u32 ret)
{
	u32 data = ret & SECCOMP_RET_DATA;

	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		snprintf(to, size, "allowed");
		return;
	case SECCOMP_RET_LOG:
		snprintf(to, size, "allowed and logged");
		return;
	case SECCOMP_RET_TRACE:
		snprintf(to, size, "for a tracer to decide, data %u", data);
		return;
	case SECCOMP_RET_USER_NOTIF:
		snprintf(to, size, "for a supervisor to decide");
		return;
	case SECCOMP_RET_ERRNO:
		describe_errno(to, size, data);
		return;
	case SECCOMP_RET_TRAP:
		snprintf(to, size, "refused with SIGSYS, data %u", data);
		return;
	case SECCOMP_RET_KILL_THREAD:
		snprintf(to, size, "refused by killing the thread");
		return;
	default:
		snprintf(to, size, "refused by killing the process");
	}
}

/**
 * call_name - what is a system call called?
 * @abi: of which ABI
 * @nr: its number there
 *
 * Return: The name, NULL if there is no such call that libseccomp knows.
 */
const char *call_name(enum abi abi, u32 nr)
{
	static const u32 arch[ABIS] = {
		[ABI_X86_64] = SCMP_ARCH_X86_64,
		[ABI_IA32] = SCMP_ARCH_X86,
		[ABI_X32] = SCMP_ARCH_X32,
	};
	const u32 bit = abi == ABI_X32 ? X32_BIT : 0;

	/* Its own pseudo numbers are negative. */
	if (nr >= X32_BIT)
		return NULL;
	/* The kernel's own; not all versions know them. */
	if (abi == ABI_X86_64 && nr == 335)
		return "uretprobe";
	if (abi == ABI_X86_64 && nr == 336)
		return "uprobe";
	return seccomp_syscall_resolve_num_arch(arch[abi], nr | bit);
}
