// SPDX-License-Identifier: GPL-2.0
/* Which filters a child, a thread and a new program have */

#include "seccomp_test.h"

#include <elf.h>

/* Verdicts of all kinds, for calls that everybody makes afterwards */
static long attach_all_kinds(const struct abi *abi)
{
	return attach(ALLOW, on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_ERRNO | 11),
		      on(abi->arch, abi->nr[GETUID], SECCOMP_RET_TRACE),
		      on(abi->arch, abi->nr[GETEUID], SECCOMP_RET_LOG),
		      depends(abi->arch, abi->nr[GETGID], ALLOW, SECCOMP_RET_ERRNO | 12),
		      on(abi->arch, abi->nr[GETEGID], SECCOMP_RET_KILL_THREAD),
		      on(abi->arch, abi->nr[GETTID], SECCOMP_RET_USER_NOTIF),
		      range(abi->arch, abi->first + 50000, abi->first + 50010,
			    SECCOMP_RET_ERRNO | 13));
}

static long ids[CALLS];

/* What has these filters, and has the same user and group as whoever called call_each() */
static bool has_all_kinds(const struct abi *abi)
{
	return call(abi, GETPPID) == -11 && call(abi, GETUID) == -ENOSYS &&
	       call(abi, GETEUID) == ids[GETEUID] && call(abi, GETGID) == ids[GETGID] &&
	       raw3(abi, abi->nr[GETGID], 1, 0, 0) == -12 && call(abi, GETTID) == -ENOSYS &&
	       raw3(abi, abi->first + 50005, 0, 0, 0) == -13 &&
	       raw3(abi, abi->first + 50011, 0, 0, 0) == -ENOSYS && call(abi, GETPID) > 0;
}

/* To be called last: the call that kills must. */
static void leave_with_all_kinds(const struct abi *abi)
{
	if (!has_all_kinds(abi))
		leave(1);
	call(abi, GETEGID);
	leave(2);
}

#define KILLED	SIGSYS

static int without_core(int status)
{
	return status & ~WCOREFLAG;
}

static void *thread_with_all_kinds(void *arg)
{
	CHECK(has_all_kinds(arg), true);
	atomic_fetch_add(&report->mark, 1);
	call(arg, GETEGID);
	atomic_fetch_add(&report->mark, 100);
	return NULL;
}

static void child_all_kinds(const struct abi *abi, long generations)
{
	pthread_t thread;
	pid_t pid;

	call_each(abi, ids);
	CHECK(attach_all_kinds(abi), 0);
	for (long i = 0; i < generations; i++) {
		pid = fork();
		if (!pid) {
			if (i == generations - 1)
				leave_with_all_kinds(abi);
			continue;
		}
		leave(without_core(finish(pid)) == (i == generations - 1 ? KILLED :
						    CHILD_DONE << 8) &&
		      has_all_kinds(abi) ? CHILD_DONE : 3);
	}

	pid = vfork();
	if (!pid)
		leave_with_all_kinds(abi);
	CHECK(without_core(finish(pid)), KILLED);
	for (int i = 0; i < 3; i++) {
		CHECK(pthread_create(&thread, NULL, thread_with_all_kinds, (void *)abi), 0);
		CHECK(pthread_join(thread, NULL), 0);
	}
	CHECK(atomic_load(&report->mark), 3);
	CHECK(has_all_kinds(abi), true);
}

TEST_F(abi, all_kinds_of_verdicts_are_inherited)
{
	/* By vfork() and by threads, then by fork() once and by five generations */
	EXPECT_FINE(run(child_all_kinds, variant->abi, 0));
	EXPECT_FINE(run(child_all_kinds, variant->abi, 1));
	EXPECT_FINE(run(child_all_kinds, variant->abi, 5));
}

/* Each generation adds a filter of its own. */
static void child_family(const struct abi *abi, long arg)
{
	long before = call(abi, GETUID);

	for (int i = 0; i < 6; i++) {
		pid_t pid = fork();

		if (pid) {
			CHECK(finish(pid), CHILD_DONE << 8);
			/* What the child has attached is not here. */
			for (int j = 0; j < 6; j++)
				CHECK(raw3(abi, abi->first + 50000 + j, 0, 0, 0),
				      j < i ? -DENIED - j : -ENOSYS);
			CHECK(call(abi, GETPPID) == -DENIED - i + 1, i > 0);
			CHECK(call(abi, GETUID), before);
			return;
		}
		CHECK(attach(ALLOW, on(abi->arch, abi->first + 50000 + i, DENY + i),
			     on(abi->arch, abi->nr[GETPPID], DENY + i),
			     depends(abi->arch, abi->nr[GETUID], ALLOW, KILL)), 0);
	}
	for (int j = 0; j < 6; j++)
		CHECK(raw3(abi, abi->first + 50000 + j, 0, 0, 0), -DENIED - j);
}

TEST_F(abi, what_a_child_attaches_is_not_its_parents)
{
	EXPECT_FINE(run(child_family, variant->abi, 0));
}

/* Filters outlive those who attached them, for as long as somebody has them. */
static void child_orphan(const struct abi *abi, long arg)
{
	int wait[2];
	char byte;

	call_each(abi, ids);
	CHECK(pipe(wait), 0);
	for (int i = 0; i < 4; i++) {
		CHECK(attach(ALLOW, on(abi->arch, abi->first + 50020 + i, DENY)), 0);
		if (fork()) {
			/* The last one tells. */
			close(wait[1]);
			raw3(&native, __NR_read, wait[0], (long)&byte, 1);
			leave(CHILD_DONE);
		}
	}
	CHECK(attach_all_kinds(abi), 0);
	/* Whoever was before this one ends now. */
	close(wait[1]);
	close(wait[0]);
	/* None of these is logged: a full log would stop this task for a minute. */
	for (int i = 0; i < 500; i++) {
		CHECK(call(abi, GETPPID), -11);
		CHECK(call(abi, GETGID), ids[GETGID]);
		CHECK(raw3(abi, abi->nr[GETGID], 1, 0, 0), -12);
		CHECK(raw3(abi, abi->first + 50020 + i % 4, 0, 0, 0), -DENIED);
	}
	atomic_store(&report->stage, 1);
	leave_with_all_kinds(abi);
}

TEST_F(abi, filters_outlive_who_attached_them)
{
	for (int i = 0; i < 4; i++) {
		EXPECT_FINE(run(child_orphan, variant->abi, 0));
		wait_for(&report->stage, 1);
		EXPECT_EQ(0, report->line) TH_LOG("line %d", report->line);
	}
}

static void *churn(void *arg)
{
	const struct abi *abi = arg;
	long before = call(abi, GETUID);

	CHECK(attach(ALLOW, on(abi->arch, abi->nr[GETPPID], DENY)), 0);
	CHECK(call(abi, GETPPID), -DENIED);
	CHECK(call(abi, GETUID), before);
	return NULL;
}

static void child_churn(const struct abi *abi, long arg)
{
	long before = call(abi, GETPPID);
	pthread_t threads[4];

	for (int i = 0; i < 10; i++) {
		for (int j = 0; j < 4; j++)
			CHECK(pthread_create(&threads[j], NULL, churn, (void *)abi), 0);
		for (int j = 0; j < 4; j++)
			CHECK(pthread_join(threads[j], NULL), 0);
	}
	CHECK(call(abi, GETPPID), before);
}

TEST_F(abi, filters_of_threads_that_end)
{
	EXPECT_FINE(run(child_churn, variant->abi, 0));
}

static void *call_heard(void *arg)
{
	CHECK(call(arg, GETPPID), 4242);
	return NULL;
}

static void child_listened(const struct abi *abi, long arg)
{
	struct rule rule = on(abi->arch, abi->nr[GETPPID], SECCOMP_RET_USER_NOTIF);
	pthread_t thread;
	pid_t pid;

	listened(attach_rules(SECCOMP_FILTER_FLAG_NEW_LISTENER, ALLOW, &rule, 1));
	CHECK(call(abi, GETPPID), 4242);
	pid = fork();
	if (!pid)
		leave(call(abi, GETPPID) == 4242 ? CHILD_DONE : 1);
	CHECK(finish(pid), CHILD_DONE << 8);
	pid = vfork();
	if (!pid)
		leave(call(abi, GETPPID) == 4242 ? CHILD_DONE : 1);
	CHECK(finish(pid), CHILD_DONE << 8);
	CHECK(pthread_create(&thread, NULL, call_heard, (void *)abi), 0);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F(abi, listener_hears_of_descendants)
{
	pid_t pid = start(child_listened, variant->abi, 0);
	struct seccomp_notif request;
	int fd = listen_to(pid);
	__u32 last = 0;

	ASSERT_LE(0, fd);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, receive(fd, &request));
		EXPECT_EQ((int)variant->abi->nr[GETPPID], request.data.nr);
		EXPECT_NE(last, request.pid);
		last = request.pid;
		EXPECT_EQ(0, answer(fd, &request, 4242, 0, 0));
	}
	close(fd);
	EXPECT_FINE(finish(pid));
}

/* --- New programs --- */

#ifdef __x86_64__
/* A program in the making, of calls and what they should return */
struct program {
	unsigned char code[512];
	size_t len;
	bool ia32;
};

static void put(struct program *p, unsigned char byte)
{
	p->code[p->len++] = byte;
}

static void put_word(struct program *p, __u32 word)
{
	for (int i = 0; i < 4; i++)
		put(p, word >> 8 * i);
}

/* mov $@value, %eax; or another register, by its number */
static void put_move(struct program *p, int reg, __u32 value)
{
	put(p, 0xb8 + reg);
	put_word(p, value);
}

static void put_call(struct program *p, __u32 nr, __u32 first_arg)
{
	put_move(p, p->ia32 ? 3 : 7, first_arg);	/* %ebx or %edi */
	put_move(p, 0, nr);
	if (p->ia32) {
		put(p, 0xcd);	/* int $0x80 */
		put(p, 0x80);
	} else {
		put(p, 0x0f);	/* syscall */
		put(p, 0x05);
	}
}

/* Exit with @status if the call has not returned @want. */
static void put_check(struct program *p, __u32 nr, __u32 first_arg, __u32 want, int status)
{
	size_t jump;

	put_call(p, nr, first_arg);
	put(p, 0x3d);		/* cmp $@want, %eax */
	put_word(p, want);
	put(p, 0x74);		/* je */
	jump = p->len;
	put(p, 0);
	put_call(p, p->ia32 ? 1 : __NR_exit, status);
	p->code[jump] = p->len - jump - 1;
}

/* The kinds of programs, by their headers */
enum format { ELF64, ELF32_X86, ELF32_X32 };

#define LOAD_ADDR	0x400000

/* A number of @size bytes at the end of what has been put into @image */
static void put_number(unsigned char **image, __u64 number, int size)
{
	memcpy(*image, &number, size);
	*image += size;
}

/* Headers that have all of the file in memory; return what they take. */
static size_t put_headers(unsigned char *image, enum format format, size_t code)
{
	int machine = format == ELF32_X86 ? EM_386 : EM_X86_64, word = format == ELF64 ? 8 : 4;
	size_t file = format == ELF64 ? 64 : 52, segment = format == ELF64 ? 56 : 32;
	unsigned char *at = image + EI_NIDENT;

	memcpy(image, ELFMAG, SELFMAG);
	image[EI_CLASS] = format == ELF64 ? ELFCLASS64 : ELFCLASS32;
	image[EI_DATA] = ELFDATA2LSB;
	image[EI_VERSION] = EV_CURRENT;
	put_number(&at, ET_EXEC, 2);
	put_number(&at, machine, 2);
	put_number(&at, EV_CURRENT, 4);
	put_number(&at, LOAD_ADDR + file + segment, word);	/* entry point */
	put_number(&at, file, word);				/* where the segments are */
	put_number(&at, 0, word);
	put_number(&at, 0, 4);
	put_number(&at, file, 2);
	put_number(&at, segment, 2);
	put_number(&at, 1, 2);

	at = image + file;
	put_number(&at, PT_LOAD, 4);
	if (format == ELF64)
		put_number(&at, PF_R | PF_X, 4);
	put_number(&at, 0, word);				/* offset */
	put_number(&at, LOAD_ADDR, word);
	put_number(&at, LOAD_ADDR, word);
	put_number(&at, file + segment + code, word);		/* in the file */
	put_number(&at, file + segment + code, word);		/* in memory */
	if (format != ELF64)
		put_number(&at, PF_R | PF_X, 4);
	put_number(&at, 0x1000, word);
	return file + segment;
}

/* Write a program into a file without a name; return a descriptor of it. */
static int make_program(const struct program *p, enum format format)
{
	unsigned char image[sizeof(p->code) + 256] = {};
	int fd = syscall(__NR_memfd_create, "seccomp_inherit_test", 0);
	size_t size = put_headers(image, format, p->len);

	memcpy(image + size, p->code, p->len);
	size += p->len;
	return write(fd, image, size) == (ssize_t)size ? fd : -1;
}

static void execute(int fd)
{
	static char *const argv[] = { "seccomp_inherit_test", NULL };

	syscall(__NR_execveat, fd, "", argv, argv + 1, AT_EMPTY_PATH);
	leave(errno == ENOEXEC ? KSFT_SKIP : 1);
}

/* A program that does what has_all_kinds() and leave_with_all_kinds() do */
static int make_checks(const struct abi *abi, enum format format)
{
	struct program p = { .ia32 = format == ELF32_X86 };

	put_check(&p, abi->nr[GETPPID], 0, -11, 11);
	put_check(&p, abi->nr[GETUID], 0, -ENOSYS, 12);
	put_check(&p, abi->nr[GETEUID], 0, ids[GETEUID], 13);
	put_check(&p, abi->nr[GETGID], 0, ids[GETGID], 14);
	put_check(&p, abi->nr[GETGID], 1, -12, 15);
	put_check(&p, abi->nr[GETTID], 0, -ENOSYS, 16);
	put_check(&p, abi->first + 50005, 0, -13, 17);
	put_call(&p, abi->nr[GETEGID], 0);
	put_call(&p, p.ia32 ? 1 : __NR_exit, 18);
	return make_program(&p, format);
}

static enum format format_of(const struct abi *abi)
{
	return abi == &ia32 ? ELF32_X86 : abi == &x32 ? ELF32_X32 : ELF64;
}

static void child_executes(const struct abi *abi, long arg)
{
	int fd;

	call_each(abi, ids);
	fd = make_checks(abi, format_of(abi));
	CHECK(attach_all_kinds(abi), 0);
	execute(fd);
}

TEST_F(abi, filters_survive_exec_of_a_program_of_its_abi)
{
	int status = run(child_executes, variant->abi, 0);

	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		SKIP(return, "no programs of this ABI");
	EXPECT_KILLED(status, KILLED);
}

static void *execute_from_thread(void *arg)
{
	execute((long)arg);
	return NULL;
}

static void child_thread_executes(const struct abi *abi, long arg)
{
	pthread_t thread;
	long fd;

	call_each(abi, ids);
	fd = make_checks(abi, format_of(abi));
	CHECK(attach_all_kinds(abi), 0);
	CHECK(pthread_create(&thread, NULL, execute_from_thread, (void *)fd), 0);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F(abi, filters_survive_exec_by_a_thread)
{
	int status = run(child_thread_executes, variant->abi, 0);

	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		SKIP(return, "no programs of this ABI");
	EXPECT_KILLED(status, KILLED);
}

/* A 64-bit program makes the calls of every ABI, a 32-bit one is not asked. */
static void child_executes_native(const struct abi *abi, long arg)
{
	struct program p = {};

	call_each(abi, ids);
	CHECK(attach_all_kinds(abi), 0);
	p.ia32 = abi == &ia32;
	put_check(&p, abi->nr[GETPPID], 0, -11, 11);
	put_check(&p, abi->nr[GETGID], 1, -12, 12);
	put_check(&p, abi->nr[GETEUID], 0, ids[GETEUID], 13);
	p.ia32 = false;
	/* The same names under the native numbers, if these are others */
	if (abi != &native) {
		put_check(&p, native.nr[GETUID], 0, ids[GETUID], 14);
		put_check(&p, native.nr[GETEGID], 0, ids[GETEGID], 15);
	}
	put_call(&p, __NR_exit, CHILD_DONE);
	execute(make_program(&p, ELF64));
}

TEST_F(abi, filters_survive_exec_for_other_instructions)
{
	EXPECT_FINE(run(child_executes_native, variant->abi, 0));
}

/* The reverse: a program of 32 bits has nothing of what is said of native numbers. */
static void child_executes_ia32(const struct abi *abi, long arg)
{
	struct program p = { .ia32 = true };
	long uid = call(&ia32, GETUID);

	CHECK(attach(ALLOW, on(NATIVE_ARCH, ia32.nr[GETUID], KILL),
		     on(NATIVE_ARCH, X32_BIT | ia32.nr[GETUID], KILL),
		     on(AUDIT_ARCH_I386, ia32.nr[GETPPID], SECCOMP_RET_ERRNO | 21),
		     depends(AUDIT_ARCH_I386, ia32.nr[GETGID], SECCOMP_RET_ERRNO | 22,
			     SECCOMP_RET_ERRNO | 23)), 0);
	put_check(&p, ia32.nr[GETUID], 0, uid, 11);
	put_check(&p, ia32.nr[GETPPID], 0, -21, 12);
	put_check(&p, ia32.nr[GETGID], 0, -22, 13);
	put_check(&p, ia32.nr[GETGID], 1, -23, 14);
	put_call(&p, 1, CHILD_DONE);
	execute(make_program(&p, ELF32_X86));
}

TEST(program_of_32_bits_has_its_own_numbers)
{
	have_ia32 = WIFEXITED(run(child_probe, &ia32, 0));
	if (!have_ia32)
		SKIP(return, "no 32-bit system calls");
	EXPECT_FINE(run(child_executes_ia32, &native, 0));
}
#endif /* __x86_64__ */

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
