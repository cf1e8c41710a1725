// SPDX-License-Identifier: GPL-2.0
/* A seccomp filter like a container's, which the kernel can answer from a table */

/*
 * This one has no map, calls no helper and looks nowhere but into its context: the
 * same call gets the same answer forever. For what depends on the number alone,
 * the kernel finds the answer when the filter is attached, and runs it no more.
 *
 * Beware of what looks as innocent: global variables and arrays of constants are
 * kept in maps, and newer compilers may keep the jumps of a switch in one (hence
 * -fno-jump-tables in the Makefile). "bpftool prog show" lists no map_ids here.
 */

#include "filter.bpf.h"

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/sched.h>

#if defined(__TARGET_ARCH_x86)
#define NATIVE_ARCH	AUDIT_ARCH_X86_64
#elif defined(__TARGET_ARCH_arm64)
#define NATIVE_ARCH	AUDIT_ARCH_AARCH64
#elif defined(__TARGET_ARCH_riscv)
#define NATIVE_ARCH	AUDIT_ARCH_RISCV64
#elif defined(__TARGET_ARCH_loongarch)
#define NATIVE_ARCH	AUDIT_ARCH_LOONGARCH64
#else
#define NATIVE_ARCH	0	/* Not told here: every call is of another ABI. */
#endif

/* No newer call was known when this was written: libc shall do without. */
#define NEWEST_NR	__NR_mseal

#define NEW_NAMESPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
			 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME)

/* From headers that are libc's, or too much for a filter */
#define AF_VSOCK	40
#define TIOCSTI		0x5412

static __noinline __u32 without_namespaces(__u32 flags)
{
	return flags & NEW_NAMESPACES ? FAIL(EPERM) : ALLOW;
}

static __noinline __u32 plain_personality(__u32 persona)
{
	switch (persona) {
	case 0x0:		/* PER_LINUX */
	case 0x8:		/* PER_LINUX32 */
	case 0x20000:		/* UNAME26 */
	case 0x20008:
	case 0xffffffff:	/* Only asks */
		return ALLOW;
	default:
		return FAIL(EPERM);
	}
}

SEC("seccomp")
__u32 container(struct seccomp_data *ctx)
{
	__u32 nr = FIELD(ctx, nr);

	if (FIELD(ctx, arch) != NATIVE_ARCH)
		return KILL;

	switch (nr) {
	/* The host's own business */
	case __NR_acct:
	case __NR_bpf:
	case __NR_delete_module:
	case __NR_finit_module:
	case __NR_fsopen:
	case __NR_init_module:
	case __NR_kexec_load:
	case __NR_mount:
	case __NR_mount_setattr:
	case __NR_move_mount:
	case __NR_open_by_handle_at:
	case __NR_open_tree:
	case __NR_perf_event_open:
	case __NR_pivot_root:
	case __NR_quotactl:
	case __NR_reboot:
	case __NR_setns:
	case __NR_settimeofday:
	case __NR_swapoff:
	case __NR_swapon:
	case __NR_umount2:
		return FAIL(EPERM);
	/* Keys are of the user, not of the container. */
	case __NR_add_key:
	case __NR_keyctl:
	case __NR_request_key:
		return FAIL(ENOSYS);
	/* Its flags are in memory, where no filter looks: libc shall take clone(). */
	case __NR_clone3:
		return FAIL(ENOSYS);
	case __NR_clone:
	case __NR_unshare:
		return without_namespaces((__u32)FIELD(ctx, args[0]));
	case __NR_personality:
		return plain_personality((__u32)FIELD(ctx, args[0]));
	case __NR_socket:
		if ((__u32)FIELD(ctx, args[0]) == AF_VSOCK)
			return FAIL(EINVAL);
		return ALLOW;
	case __NR_ioctl:
		if ((__u32)FIELD(ctx, args[1]) == TIOCSTI)
			return FAIL(EPERM);
		return ALLOW;
	}
	return nr <= NEWEST_NR ? ALLOW : FAIL(ENOSYS);
}
