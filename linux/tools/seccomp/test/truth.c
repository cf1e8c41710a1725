// SPDX-License-Identifier: GPL-2.0
/* What a stack of filters does to one call, by running all of them */

#include <linux/audit.h>

#include "interp.h"
#include "truth.h"

static int action(u32 ret)
{
	return ret & SECCOMP_RET_ACTION_FULL;
}

/* What there is to see of it. */
static u32 effect(u32 ret)
{
	u32 data = ret & SECCOMP_RET_DATA;

	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return SECCOMP_RET_ERRNO | (data > 4095 ? 4095 : data);
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_TRACE:
		return ret;
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_KILL_THREAD:
		return ret & SECCOMP_RET_ACTION_FULL;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

/**
 * truth_of - run the filters
 * @s: the filters
 * @call: the call
 * @mask_shift: what to do with shifts by 32 or more, see interpret()
 *
 * Return: what the call meets.
 */
struct truth truth_of(const struct stack *s, const struct seccomp_data *call, bool mask_shift)
{
	struct truth t = { .ret = SECCOMP_RET_ALLOW, .filter = -1 };

	/* uretprobe and uprobe */
	if (call->arch == AUDIT_ARCH_X86_64 && (call->nr == 335 || call->nr == 336))
		return t;
	for (unsigned int i = 0; i < s->nr; i++) {
		unsigned int age = s->nr - 1 - i;
		u32 ret = interpret(s->insns[age], call, mask_shift);

		if (action(ret) < action(t.ret)) {
			t.ret = ret;
			t.filter = i;
		}
	}
	t.ret = effect(t.ret);
	return t;
}
