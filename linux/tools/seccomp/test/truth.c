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

/* See the table of SECCOMP_PIN_ARCHITECTURE in seccomp_filter.rst. */
static bool belongs(int abi, u32 arch, u32 nr)
{
	/* "64" in syscall_64.tbl */
	static const u16 native_only[] = {
		13, 15, 16, 19, 20, 45, 46, 47, 54, 55, 59, 101, 127, 128, 129, 131, 134, 156,
		174, 177, 178, 180, 205, 206, 209, 211, 214, 215, 222, 236, 244, 246, 247, 273,
		274, 278, 279, 295, 296, 297, 299, 307, 310, 311, 322, 327, 328,
	};

	if (abi == IA32)
		return arch == AUDIT_ARCH_I386;
	if (arch != AUDIT_ARCH_X86_64)
		return false;
	if (nr == 0xffffffff)
		return true;
	if (abi == X86_64)
		return nr < X32_BIT && (nr < 512 || nr > 547);
	if (nr == 96 || nr == 228 || nr == 229)
		return true;
	for (unsigned int i = 0; i < sizeof(native_only) / sizeof(*native_only); i++) {
		if (nr == (X32_BIT | native_only[i]))
			return false;
	}
	return nr >> 30 == 1;
}

/* What a filter returns. */
static u32 run_filter(const struct stack *s, unsigned int i, const struct seccomp_data *call,
		      bool mask_shift)
{
	switch (s->kind[i]) {
	case PIN:
		return belongs(s->abi[i], call->arch, call->nr) ? SECCOMP_RET_ALLOW : s->ret[i];
	case EBPF:
		return s->ret[i];
	default:
		return interpret(s->insns[i], call, mask_shift);
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
		u32 ret = run_filter(s, age, call, mask_shift);

		if (action(ret) < action(t.ret)) {
			t.ret = ret;
			t.filter = i;
		}
	}
	t.ret = effect(t.ret);
	return t;
}
