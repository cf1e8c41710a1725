// SPDX-License-Identifier: GPL-2.0
/* Programs of x32 and i386 that pin themselves, and what a pin leaves of another ABI's */

/* Both are pin_program.c, where what is tested of x32's vDSO is as well. */

#define WITHOUT_PIN_FIXTURE
#include "seccomp_pin.h"

#ifdef __x86_64__
#include <libgen.h>

#define VISIBLE		78

#define CLOCKS	"/sys/devices/system/clocksource/clocksource0/"

static char *path_of(const char *name)
{
	static char path[PATH_MAX + 16];
	char self[PATH_MAX] = "";

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", dirname(self), name);
	return path;
}

/* A program, and what it is told to do */
struct program {
	const char *name, *what;
	/* What is there before it: a pin of this ABI, or a filter for this number */
	const struct abi *pinned;
	__u32 action;
	long denied;
};

static void child_executes(const struct abi *abi, long arg)
{
	const struct program *p = (void *)arg;
	char *const argv[] = { (char *)p->name, (char *)p->what, NULL };
	const char *path = path_of(p->name);

	if (p->denied)
		CHECK(attach(ALLOW, on(NATIVE_ARCH, p->denied, DENY)), 0);
	if (p->pinned)
		CHECK(pin(p->pinned, p->action), 0);
	execve(path, argv, argv + 2);
	leave_by(abi, errno == ENOEXEC ? KSFT_SKIP : 1);
}

static int run_program(const struct program *p)
{
	return run(child_executes, &native, (long)p);
}

FIXTURE(program) {
	int unused;
};

FIXTURE_VARIANT(program) {
	const struct abi *abi;
	const char *name;
};

FIXTURE_VARIANT_ADD(program, x32) {
	.abi = &x32,
	.name = "pin_x32",
};

FIXTURE_VARIANT_ADD(program, i386) {
	.abi = &ia32,
	.name = "pin_i386",
};

FIXTURE_SETUP(program)
{
	const char *why = cannot_pin(variant->abi);
	struct program p = { variant->name, "day" };
	int status;

	if (why)
		SKIP(return, "%s", why);
	if (access(path_of(variant->name), X_OK))
		SKIP(return, "%s was left out: the compiler cannot make it", variant->name);
	status = run_program(&p);
	if (status == KSFT_SKIP << 8)
		SKIP(return, "no programs of this ABI");
	EXPECT_FINE(status);
}

FIXTURE_TEARDOWN(program)
{
}

TEST_F(program, pins_itself)
{
	struct program p = { variant->name, "pin" };

	EXPECT_FINE(run_program(&p));
}

TEST_F(program, stays_pinned_over_exec)
{
	struct program p = { variant->name, "exec" };

	EXPECT_FINE(run_program(&p));
}

/* --- Under the pin of another --- */

TEST_F(program, of_another_abi_can_do_nothing)
{
	static const __u32 kill[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD };
	struct program p = { variant->name, "refused", &native, PIN_ERRNO };

	/* All it can do is to fail. */
	EXPECT_KILLED(run_program(&p), SIGILL);
	for (int i = 0; i < 2; i++) {
		p.action = kill[i];
		EXPECT_KILLED(run_program(&p), SIGSYS);
	}
	p.action = SECCOMP_RET_TRAP;
	EXPECT_KILLED(run_program(&p), SIGSYS);
}

/* --- Clocks that the vDSO cannot read --- */

/* Does a call of the vDSO that a pin must allow come to the kernel? */
static bool is_visible(const char *name, const char *what, long nr)
{
	struct program p = { name, what, NULL, 0, nr };

	return run_program(&p) == VISIBLE << 8;
}

TEST_F(program, of_x32_falls_back_for_cpu_time)
{
	EXPECT_EQ(variant->abi == &x32, is_visible(variant->name, "clock", __NR_clock_gettime));
}

static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "r");
	bool fine = file && fgets(line, size, file);

	if (file)
		fclose(file);
	if (fine)
		line[strcspn(line, "\n")] = 0;
	return fine;
}

TEST_F_TIMEOUT(program, pins_itself_whatever_the_clock, 120)
{
	char available[256] = "", before[64] = "", *name, *rest = available;
	struct program p = { variant->name, "pin" };
	int visible = 0;

	if (!read_line(CLOCKS "available_clocksource", available, sizeof(available)) ||
	    !read_line(CLOCKS "current_clocksource", before, sizeof(before)) ||
	    !write_file(CLOCKS "current_clocksource", before))
		SKIP(return, "needs root and sysfs");
	while ((name = strsep(&rest, " "))) {
		if (!*name || !write_file(CLOCKS "current_clocksource", name))
			continue;
		/* The switch is made by a work that stops all CPUs. */
		usleep(50000);
		if (variant->abi == &x32)
			visible += is_visible(variant->name, "day", __NR_gettimeofday);
		TH_LOG("clock %s", name);
		EXPECT_FINE(run_program(&p));
	}
	EXPECT_TRUE(write_file(CLOCKS "current_clocksource", before));
	if (variant->abi == &x32 && !visible)
		SKIP(return, "the vDSO reads each clock that there is: %s", before);
}
#else
TEST(pin)
{
	SKIP(return, "knows the numbers of x86-64 only");
}
#endif /* __x86_64__ */

int main(int argc, char **argv)
{
	if (!set_up_pins())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
