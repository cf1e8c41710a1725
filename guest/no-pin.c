// SPDX-License-Identifier: GPL-2.0
/*
 * Ask for a pin where there is none to be had, and succeed if the kernel says so:
 * one that said 0 would leave a program in the belief that it has one. On x86 this
 * must fail.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Not every compiler's headers have them. */
#define SECCOMP_PIN_ARCHITECTURE	4
#define SECCOMP_PIN_FLAG_PROBE		(1UL << 31)

static int refused(unsigned long flags)
{
	long ret = syscall(SYS_seccomp, SECCOMP_PIN_ARCHITECTURE, flags, NULL);

	if (ret == -1 && errno == EINVAL)
		return 1;
	printf("a pin with flags %#lx: %ld (%s), not EINVAL\n", flags, ret,
	       ret < 0 ? strerror(errno) : "success");
	return 0;
}

int main(void)
{
	int fine;

	/* So that nothing is refused for want of it */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		perror("no_new_privs");
		return 1;
	}
	fine = refused(SECCOMP_PIN_FLAG_PROBE) & refused(0);
	if (prctl(PR_GET_SECCOMP)) {
		puts("a filter is attached");
		fine = 0;
	}
	return !fine;
}
