// SPDX-License-Identifier: GPL-2.0
/* Attach filters with every allocation failing in turn */

#define _GNU_SOURCE
#include <signal.h>
#include <sys/stat.h>

#include "seccomp_fault.h"

#define TAIL_INSNS	1000

/* What attach_classic() does, by more than a page: if there is none, vmalloc() is tried. */
static long attach_big(unsigned int flags, unsigned int err, unsigned int arg)
{
	static const struct sock_filter head[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_personality, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static struct sock_filter insns[ARRAY_SIZE(head) + TAIL_INSNS + 1];
	struct sock_fprog prog = { .len = ARRAY_SIZE(insns), .filter = insns };
	struct sock_filter *insn = insns + ARRAY_SIZE(head);

	memcpy(insns, head, sizeof(head));
	insns[4].k = arg;
	insns[5].k |= err;
	for (int i = 0; i < TAIL_INSNS; i++)
		*insn++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1000 + i, 0, 0);
	*insn = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

FIXTURE(fault)
{
};

FIXTURE_VARIANT(fault)
{
	struct attempt how;
};

FIXTURE_VARIANT_ADD(fault, first) { .how = { .attach = attach_classic } };

FIXTURE_VARIANT_ADD(fault, big) { .how = { .attach = attach_big } };

FIXTURE_VARIANT_ADD(fault, stacked) {
	.how = { .on_older = true, .attach = attach_classic },
};

FIXTURE_VARIANT_ADD(fault, tsync) {
	.how = { SECCOMP_FILTER_FLAG_TSYNC, true, attach_classic },
};

FIXTURE_VARIANT_ADD(fault, listener) {
	.how = { SECCOMP_FILTER_FLAG_NEW_LISTENER, true, attach_classic },
};

FIXTURE_SETUP(fault)
{
	const char *why = prepare_injection();

	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN(fault)
{
}

TEST_F_TIMEOUT(fault, attach_fails_or_filters, 180)
{
	int failures = fail_in_turn(&variant->how);

	TH_LOG("%d allocations failed in turn", failures);
	/* The filter and its program, at the least. */
	ASSERT_GT(failures, 2);
}

/* --- A filter that is attached again when there is memory --- */

/* Exit statuses of attach_twice(); it stops if there is something to look at. */
enum { NO_FAILURE, REFUSED, WRONG };

/* Attach a filter with allocation @nth failing, and once more without. */
static int attach_twice(int nth)
{
	int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	char text[16];
	long ret;

	snprintf(text, sizeof(text), "%d", nth);
	if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    pwrite(fd, text, strlen(text), 0) < 0)
		return WRONG;
	ret = attach_classic(0, DENIED_ERRNO, 0xffffffff);
	if (ret)
		ret = -errno;
	memset(text, 0, sizeof(text));
	if (pread(fd, text, sizeof(text) - 1, 0) <= 0 || pwrite(fd, "0", 1, 0) != 1)
		return WRONG;
	if (atol(text))
		return ret ? WRONG : NO_FAILURE;
	if (ret)
		return ret == -ENOMEM ? REFUSED : WRONG;
	if (attach_classic(0, DENIED_ERRNO, 0xffffffff) || !as_it_should(true, false))
		return WRONG;
	raise(SIGSTOP);
	return REFUSED;
}

/* How many programs run for personality(), and how many of them for want of analysis */
struct shown {
	int programs, unanalyzed;
};

/* Return whether the kernel shows it. */
static bool look_at(pid_t pid, struct shown *shown)
{
	char path[64], line[128];
	bool found = false;
	unsigned int nr;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/seccomp_policy", pid);
	file = fopen(path, "r");
	/* The native numbers come first. */
	while (file && !found && fgets(line, sizeof(line), file)) {
		*shown = (struct shown) { };
		found = sscanf(line, "%*s %u FILTER programs=%d unanalyzed=%d", &nr,
			       &shown->programs, &shown->unanalyzed) >= 2 &&
			nr == __NR_personality;
	}
	if (file)
		fclose(file);
	return found;
}

FIXTURE(again)
{
};

FIXTURE_SETUP(again)
{
}

FIXTURE_TEARDOWN(again)
{
}

/* Some fifty times two attaches, which takes its time with KASAN under emulation. */
TEST_F_TIMEOUT(again, what_was_not_analyzed_is_analyzed_when_attached_again, 180)
{
	const char *why = prepare_injection();
	int unanalyzed = 0, last_unanalyzed = 0, last_refused = 0, nth;

	if (why)
		SKIP(return, "%s", why);
	if (access("/proc/self/seccomp_policy", F_OK))
		SKIP(return, "needs CONFIG_SECCOMP_POLICY_VIEW");

	for (nth = 1; nth <= MOST_ALLOCATIONS; nth++) {
		struct shown shown = { };
		int status;
		pid_t pid = fork();

		if (!pid)
			_exit(attach_twice(nth));
		ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
		if (WIFSTOPPED(status)) {
			bool found = look_at(pid, &shown);

			kill(pid, SIGKILL);
			ASSERT_EQ(pid, waitpid(pid, &status, 0));
			EXPECT_TRUE(found);
			if (!shown.unanalyzed)
				continue;
			/* Its own program, and the first one's, which is the only one whole */
			EXPECT_EQ(2, shown.programs) TH_LOG("allocation %d", nth);
			EXPECT_EQ(1, shown.unanalyzed) TH_LOG("allocation %d", nth);
			unanalyzed++;
			last_unanalyzed = nth;
			continue;
		}
		ASSERT_TRUE(WIFEXITED(status));
		ASSERT_NE(WRONG, WEXITSTATUS(status)) TH_LOG("allocation %d", nth);
		if (WEXITSTATUS(status) == NO_FAILURE)
			break;
		last_refused = nth;
	}
	TH_LOG("%d of %d failures left the filter without analysis", unanalyzed, nth - 1);
	EXPECT_GT(MOST_ALLOCATIONS, nth);
	EXPECT_GT(unanalyzed, 0);
	/*
	 * The table comes after that, and there is no filter without. What may fail later
	 * still is the kernel's own, such as kmemleak's.
	 */
	EXPECT_GT(last_refused, last_unanalyzed);
}

/* --- The files that show what filters do --- */

FIXTURE(view)
{
	pid_t pid;
	char path[64];
};

FIXTURE_VARIANT(view)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(view, policy) { .name = "seccomp_policy" };
FIXTURE_VARIANT_ADD(view, cache) { .name = "seccomp_cache" };

FIXTURE_SETUP(view)
{
	int status;

	self->pid = fork();
	ASSERT_LE(0, self->pid);
	if (!self->pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    attach_classic(0, OLDER_ERRNO, 0x7fffffff) ||
		    attach_classic(0, DENIED_ERRNO, 0xffffffff))
			_exit(1);
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	snprintf(self->path, sizeof(self->path), "/proc/%d/%s", self->pid, variant->name);
}

FIXTURE_TEARDOWN(view)
{
	kill(self->pid, SIGKILL);
	waitpid(self->pid, NULL, 0);
}

/* Read a file, with allocation @nth failing, or none. Returns its length or -errno. */
static ssize_t read_failing(const char *path, char *text, size_t size, int fail, int nth,
			    bool *failed)
{
	char left[16] = "";
	ssize_t got, len = 0;
	int fd;

	snprintf(left, sizeof(left), "%d", nth);
	if (pwrite(fail, left, strlen(left), 0) < 0)
		return -EIO;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		len = -errno;
	while (fd >= 0 && (got = read(fd, text + len, size - len))) {
		if (got < 0) {
			len = -errno;
			break;
		}
		len += got;
	}
	memset(left, 0, sizeof(left));
	if (pread(fail, left, sizeof(left) - 1, 0) <= 0 || pwrite(fail, "0", 1, 0) != 1)
		len = -EIO;
	*failed = !atol(left);
	if (fd >= 0)
		close(fd);
	return len;
}

TEST_F(view, shows_all_or_fails)
{
	static char whole[1 << 17], text[1 << 17];
	const char *why = prepare_injection();
	ssize_t len, whole_len;
	int fail, nth, refused = 0;
	bool failed;

	if (why)
		SKIP(return, "%s", why);
	if (access(self->path, F_OK))
		SKIP(return, "needs /proc/PID/%s", variant->name);
	fail = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fail);
	whole_len = read_failing(self->path, whole, sizeof(whole), fail, 0, &failed);
	ASSERT_LT(100, whole_len);

	for (nth = 1; nth <= MOST_ALLOCATIONS; nth++) {
		len = read_failing(self->path, text, sizeof(text), fail, nth, &failed);
		if (len < 0) {
			ASSERT_EQ(-ENOMEM, len) TH_LOG("allocation %d", nth);
			ASSERT_TRUE(failed);
			refused++;
			continue;
		}
		ASSERT_EQ(whole_len, len) TH_LOG("allocation %d", nth);
		ASSERT_EQ(0, memcmp(whole, text, len)) TH_LOG("allocation %d", nth);
		if (!failed)
			break;
	}
	close(fail);
	TH_LOG("%d of %d failures were told of", refused, nth - 1);
	EXPECT_GT(MOST_ALLOCATIONS, nth);
	EXPECT_LT(0, refused);
}

/* --- A memory cgroup that is too small --- */

#define CGROUP		"/tmp/seccomp_fault_cgroup"
#define GROUP		CGROUP "/fault"

FIXTURE(memcg)
{
};

FIXTURE_SETUP(memcg)
{
	mkdir("/tmp", 0777);
	mkdir(CGROUP, 0755);
	if (mount("none", CGROUP, "cgroup2", 0, NULL) ||
	    !put(CGROUP "/cgroup.subtree_control", "+memory") || mkdir(GROUP, 0755)) {
		umount(CGROUP);
		SKIP(return, "needs root and the memory controller of cgroup2");
	}
}

FIXTURE_TEARDOWN(memcg)
{
	rmdir(GROUP);
	umount(CGROUP);
	rmdir(CGROUP);
}

/* Exit statuses of attach_within() */
enum { FITS, DOES_NOT, ODD };

/* Attach with @kilobytes of memory, and then with as much as is needed. */
static int attach_within(unsigned int kilobytes)
{
	char text[32];
	long ret;

	/* All that is written to is there before the limit is. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || !as_it_should(false, false) ||
	    attach_big(~0, 0, 0) != -1)
		return ODD;
	snprintf(text, sizeof(text), "%u", kilobytes << 10);
	if (!put(GROUP "/memory.max", text) || !put(GROUP "/cgroup.procs", "0"))
		return ODD;
	ret = attach_big(0, DENIED_ERRNO, 0xffffffff);
	if (!ret)
		return as_it_should(true, false) ? FITS : ODD;
	if (errno != ENOMEM || !as_it_should(false, false))
		return ODD;
	if (!put(GROUP "/memory.max", "max") || attach_big(0, DENIED_ERRNO, 0xffffffff) ||
	    !as_it_should(true, false))
		return ODD;
	return DOES_NOT;
}

TEST_F_TIMEOUT(memcg, attach_fits_or_does_not, 120)
{
	int fits = 0, does_not = 0, killed = 0;

	for (unsigned int kilobytes = 16; kilobytes <= 4096; kilobytes += kilobytes / 8) {
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(attach_within(kilobytes));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		if (WIFSIGNALED(status)) {
			/* Some of what it needs is charged like any memory of a process. */
			ASSERT_EQ(SIGKILL, WTERMSIG(status));
			killed++;
			continue;
		}
		ASSERT_NE(ODD, WEXITSTATUS(status)) TH_LOG("with %u kB", kilobytes);
		*(WEXITSTATUS(status) == FITS ? &fits : &does_not) += 1;
	}
	TH_LOG("fits %d times, does not %d times, killed %d times", fits, does_not, killed);
	EXPECT_LT(0, fits);
	EXPECT_LT(0, does_not + killed);
}

TEST_HARNESS_MAIN
