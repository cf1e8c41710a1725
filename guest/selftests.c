// SPDX-License-Identifier: GPL-2.0
/* guest/selftests again, for a guest without busybox: selftests DIR/PROGRAM... */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>

#define PATIENCE 900	/* seconds */

static void __attribute__((noreturn)) run(const char *test)
{
	char folder[PATH_MAX];
	char *name;

	snprintf(folder, sizeof(folder), "/selftests/%s", test);
	name = strrchr(folder, '/');
	*name++ = '\0';
	dup2(1, 2);
	if (!chdir(folder))
		execl(name, name, NULL);
	printf("%s: %s\n", test, strerror(errno));
	fflush(stdout);
	_exit(127);
}

/* Wait for @child, or kill it; return its status as a shell would. */
static int wait_for(pid_t child)
{
	struct timespec patience = { .tv_sec = PATIENCE };
	sigset_t child_ends;
	time_t begun = time(NULL);
	int status;

	sigemptyset(&child_ends);
	sigaddset(&child_ends, SIGCHLD);
	while (!waitpid(child, &status, WNOHANG)) {
		patience.tv_sec = begun + PATIENCE - time(NULL);
		if (patience.tv_sec <= 0)
			kill(child, SIGKILL);
		else
			sigtimedwait(&child_ends, NULL, &patience);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* How the guest was booted, as guest/selftests says it */
static void show_setting(void)
{
	FILE *file = fopen("/sys/module/seccomp/parameters/action_tables", "r");
	char word[16] = "";

	if (file) {
		if (fscanf(file, "%15s", word) != 1)
			word[0] = '\0';
		fclose(file);
	}
	printf("seccomp.action_tables %s\n", word);
}

int main(int argc, char **argv)
{
	sigset_t blocked, before;

	show_setting();

	/* Or a child could end between a look at it and the wait. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &before);

	for (int i = 1; i < argc; i++) {
		pid_t child;
		int status;

		printf("BEGIN %s\n", argv[i]);
		fflush(stdout);
		child = fork();
		if (!child) {
			sigprocmask(SIG_SETMASK, &before, NULL);
			run(argv[i]);
		}
		status = child < 0 ? 126 : wait_for(child);
		printf("\nEND %s %d\n", argv[i], status);
		fflush(stdout);
	}
	return 0;
}
