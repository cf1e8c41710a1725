// SPDX-License-Identifier: GPL-2.0
/* Pin with every allocation failing in turn */

#define _GNU_SOURCE
/* First, since seccomp_test.h has macros with the names of its members. */
#include "seccomp_fault.h"
#include "seccomp_pin.h"

#ifdef __x86_64__
/* What there is already when the pin is made */
enum older { NOTHING, A_FILTER, A_PIN, OLDER };

struct failing {
	enum older older;
	int nth;
};

static void child_fails(const struct abi *abi, long arg)
{
	const struct failing *f = (void *)arg;
	struct rule rule = depends(abi->arch, abi->nr[GETUID], ALLOW, DENY);
	long want = f->older == A_PIN ? -PINNED - 1 : call_foreign(abi);
	int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	char text[16];

	CHECK(fd >= 0, true);
	/* A fault at the low page would be no failure of the pin. */
	memset(low_page, 0, LOW_SIZE);
	if (f->older == A_FILTER)
		CHECK(attach_rules(0, ALLOW, &rule, 1), 0);
	snprintf(text, sizeof(text), "%d", f->nth);
	if (f->older == A_PIN) {
		/* This one is not to fail, and afterwards only its ABI can write. */
		CHECK(pin(abi, PIN_ERRNO + 1), 0);
		memcpy(low_page + 32, text, sizeof(text));
		CHECK(raw3(abi, abi == &ia32 ? 4 : abi->first | __NR_write, fd,
			   (long)low_page + 32, strlen(text)), (long)strlen(text));
	} else {
		CHECK(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	}
	report->told[0] = pin(abi, PIN_ERRNO);
	CHECK(call_foreign(abi), report->told[0] ? want : -PINNED);
	CHECK(call(abi, GETPID) > 0, true);
	atomic_store(&report->stage, 1);
	wait_by(abi, &report->flag, 1);
	/* Another try is as good as the first, for all that was left behind. */
	CHECK(pin(abi, PIN_ERRNO), 0);
	CHECK(call_foreign(abi), -PINNED);
	leave_by(abi, CHILD_DONE);
}

/* What is shown of the call that is refused, or not: where there was no memory, less is known. */
static void expect_policy(struct __test_metadata *_metadata, pid_t pid, const struct abi *abi,
			  bool pinned)
{
	const char *foreign = foreign_to(abi) == &x32 ? "\nx32 110 " : "\nx86_64 110 ";
	static char text[1 << 17];
	char path[64], *line;
	ssize_t got, len = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/seccomp_policy", pid);
	fd = open(path, O_RDONLY);
	/* Not every kernel has it. */
	if (fd < 0)
		return;
	while ((got = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += got;
	EXPECT_TRUE(!got || errno == EOPNOTSUPP);
	close(fd);
	if (got || !len)
		return;
	text[len] = 0;
	EXPECT_EQ(len, (ssize_t)strlen(text));
	line = strstr(text, foreign);
	ASSERT_NE(NULL, line);
	line += strlen(foreign);
	if (pinned)
		EXPECT_TRUE(!strncmp(line, "FILTER programs=", 16) ||
			    !strncmp(line, "ERRNO(1600)", 11))
			TH_LOG("%.40s", line);
}

TEST_F_TIMEOUT(pin, is_made_or_is_not, 480)
{
	const char *why = prepare_injection();

	if (why)
		SKIP(return, "%s", why);
	for (enum older older = NOTHING; older < OLDER; older++) {
		int nth, failures = 0;

		for (nth = 1; nth <= MOST_ALLOCATIONS; nth++) {
			struct failing f = { older, nth };
			pid_t pid = start(child_fails, variant->abi, (long)&f);
			char path[64];
			long left;

			wait_for(&report->stage, 1);
			snprintf(path, sizeof(path), "/proc/%d/task/%d/fail-nth", pid, pid);
			left = number_in(path, "%ld");
			EXPECT_LE(0, left);
			EXPECT_EQ((older != NOTHING) + !report->told[0],
				  status_of(pid, "Seccomp_filters"));
			/* Nothing but a failure has it fail. */
			EXPECT_TRUE(!report->told[0] ||
				    (report->told[0] == -ENOMEM && !left))
				TH_LOG("allocation %d: %ld", nth, report->told[0]);
			expect_policy(_metadata, pid, variant->abi, !report->told[0]);
			failures += report->told[0] == -ENOMEM;
			put(path, "0");
			atomic_store(&report->flag, 1);
			EXPECT_FINE(finish(pid));
			if (left > 0)
				break;
		}
		TH_LOG("%d allocations, %d of which the pin cannot do without", nth - 1, failures);
		EXPECT_GT(MOST_ALLOCATIONS, nth);
		/* Its program and the filter, at the least */
		EXPECT_LT(1, failures);
	}
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
