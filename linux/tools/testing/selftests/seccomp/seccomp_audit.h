/* SPDX-License-Identifier: GPL-2.0 */
/* What the audit log has on a task: for tests that see who is logged */

#ifndef _SECCOMP_AUDIT_H
#define _SECCOMP_AUDIT_H

#include "seccomp_test.h"

#include <linux/netlink.h>
#include <sys/socket.h>

/* Records of the audit subsystem, which are there without a daemon too */
struct message {
	struct nlmsghdr header;
	char text[1024];
};

static int audit_socket = -1;

static inline bool open_audit(void)
{
	struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK, .nl_groups = 1 << (AUDIT_NLGRP_READLOG - 1),
	};

	audit_socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	return audit_socket >= 0 && !bind(audit_socket, (void *)&addr, sizeof(addr));
}

static inline bool read_message(struct message *message)
{
	ssize_t len = recv(audit_socket, message, sizeof(*message) - 1, 0);

	if (len < (ssize_t)sizeof(message->header))
		return false;
	((char *)message)[len] = 0;
	return true;
}

/* Have the kernel record a line of ours, behind which there is nothing older. */
static inline bool put_fence(char *text, size_t size)
{
	static int count;
	struct message message = { .header = { .nlmsg_type = AUDIT_USER_AVC,
					       .nlmsg_flags = NLM_F_REQUEST } };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	snprintf(text, size, "seccomp_test %d fence %d.", getpid(), count++);
	snprintf(message.text, sizeof(message.text), "%s", text);
	message.header.nlmsg_len = NLMSG_LENGTH(strlen(text) + 1);
	return sendto(audit_socket, &message, message.header.nlmsg_len, 0, (void *)&kernel,
		      sizeof(kernel)) > 0;
}

/* What the log has on a task since the last look: -1 if there is no log */
struct logged {
	int count;
	/* Of the last record */
	unsigned int arch, action;
	unsigned long ip;
	long nr, sig;
};

static inline struct logged read_log(pid_t pid)
{
	struct logged logged = {};
	char fence[64], task[32];
	struct message message;

	snprintf(task, sizeof(task), " pid=%d ", pid);
	if (!put_fence(fence, sizeof(fence)))
		logged.count = -1;
	while (logged.count >= 0) {
		char *at;

		if (!read_message(&message)) {
			logged.count = -1;
		} else if (message.header.nlmsg_type == AUDIT_USER_AVC) {
			if (strstr(message.text, fence))
				break;
		} else if (message.header.nlmsg_type == AUDIT_SECCOMP &&
			   strstr(message.text, task)) {
			at = strstr(message.text, " sig=");
			if (at && sscanf(at, " sig=%ld arch=%x syscall=%ld", &logged.sig,
					 &logged.arch, &logged.nr) == 3)
				logged.count++;
			at = strstr(message.text, " ip=");
			logged.ip = at ? strtoul(at + strlen(" ip="), NULL, 16) : 0;
			at = strstr(message.text, " code=");
			logged.action = at ? strtoul(at + strlen(" code="), NULL, 16) : 0;
		}
	}
	return logged;
}

#define ACTIONS_LOGGED	"/proc/sys/kernel/seccomp/actions_logged"
#define ALL_LOGGED	"kill_process kill_thread trap errno user_notif trace log"

static char saved_actions[256];

static inline void restore_actions(void)
{
	if (saved_actions[0])
		write_file(ACTIONS_LOGGED, saved_actions);
}

/* Not in a case: those run in processes of their own, which leave by _exit(). */
static __attribute__((constructor)) void save_actions(void)
{
	FILE *actions = fopen(ACTIONS_LOGGED, "r");

	if (!actions)
		return;
	if (fgets(saved_actions, sizeof(saved_actions), actions))
		atexit(restore_actions);
	fclose(actions);
}

static inline const char *set_up_log(void)
{
	struct timeval patience = { .tv_sec = 10 };

	if (!saved_actions[0])
		return "needs " ACTIONS_LOGGED;
	if (!open_audit())
		return "needs CONFIG_AUDIT and CAP_AUDIT_READ";
	if (!write_file(ACTIONS_LOGGED, ALL_LOGGED))
		return "needs root";
	setsockopt(audit_socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (read_log(0).count < 0)
		return "cannot write to the audit log";
	return NULL;
}

#endif /* _SECCOMP_AUDIT_H */
