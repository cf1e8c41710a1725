// SPDX-License-Identifier: GPL-2.0
/*
 * guest/init again, for a guest without busybox: prepare, run /constact/cmd,
 * tell the host how it went, power off
 *
 * The command is words that end with a null byte each. Output and record go
 * where guest/init says, for its reasons.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void __attribute__((noreturn)) power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "init: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, ": %s\n", strerror(errno));
	power_off();
}

static void mount_at(const char *type, const char *where)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, NULL))
		fail("no %s", where);
}

/* Some kernels lack some of these; whoever needs one will notice. */
static void mount_optional(const char *type, const char *where)
{
	mkdir(where, 0755);
	mount(type, where, type, 0, NULL);
}

/* read_file - what @path has, with a null byte behind it; return its length */
static size_t read_file(const char *path, char *buffer, size_t size)
{
	ssize_t length = -1;
	int fd = open(path, O_RDONLY);

	if (fd >= 0) {
		length = read(fd, buffer, size - 1);
		close(fd);
	}
	if (length < 0)
		fail("%s", path);
	buffer[length] = '\0';
	return length;
}

/* Ports turn up in their own time. */
static int open_port(const char *path)
{
	for (int tries = 0; tries < 200; tries++) {
		int fd = open(path, O_WRONLY | O_CLOEXEC);

		if (fd >= 0)
			return fd;
		usleep(50000);
	}
	fail("no %s", path);
}

static void __attribute__((noreturn)) run(int output)
{
	static char words[65536], *argv[1024];
	size_t length = read_file("/constact/cmd", words, sizeof(words)), count = 0;
	int null = open("/dev/null", O_RDONLY);

	for (char *word = words; word < words + length; word += strlen(word) + 1) {
		if (count == sizeof(argv) / sizeof(*argv) - 1)
			_exit(126);
		argv[count++] = word;
	}
	if (!count || null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0)
		_exit(126);
	execv(argv[0], argv);
	fprintf(stderr, "init: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int main(void)
{
	char nonce[64], taint[32];
	int output, record, status;
	pid_t child;

	umask(022);
	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mount_at("devtmpfs", "/dev");
	mount_optional("tmpfs", "/tmp");
	mount_optional("tmpfs", "/dev/shm");
	mount_optional("devpts", "/dev/pts");
	mount_optional("debugfs", "/sys/kernel/debug");
	mount_optional("tracefs", "/sys/kernel/tracing");
	chmod("/tmp", 01777);
	setenv("HOME", "/root", 1);

	read_file("/constact/nonce", nonce, sizeof(nonce));
	unlink("/constact/nonce");
	if (chdir("/root"))
		fail("no /root");
	output = open_port("/dev/vport0p1");
	record = open_port("/dev/vport0p2");

	child = fork();
	if (!child)
		run(output);
	if (child < 0)
		fail("no process");
	close(output);
	/* Orphans end here, too. */
	while (wait(&status) != child)
		;
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);

	read_file("/proc/sys/kernel/tainted", taint, sizeof(taint));
	taint[strcspn(taint, "\n")] = '\0';
	/* The nonce brings its own end of line. */
	dprintf(record, "exit %d taint %s locks 1 leaks 0 %s", status, taint, nonce);
	power_off();
}
