// SPDX-License-Identifier: GPL-2.0
/* A tracer reads the filters of a task, as they were attached */

#include "seccomp_interp.h"
#include "seccomp_metadata.h"

/* Filters are numbered from the oldest on. */
static void expect_dump(struct __test_metadata *_metadata, pid_t pid, size_t off,
			const struct program *program)
{
	static struct sock_filter dump[BPF_MAXINSNS + 1];
	struct metadata data = { .filter_off = off, .flags = ~0ULL };
	const struct sock_filter untouched = { 0xabcd, 0xab, 0xcd, 0xabcdabcd };

	EXPECT_EQ((long)program->len, get_filter(pid, off, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(dump); i++)
		dump[i] = untouched;
	EXPECT_EQ((long)program->len, get_filter(pid, off, dump));
	EXPECT_EQ(0, memcmp(dump, program->insn, program->len * sizeof(*dump)));
	EXPECT_EQ(0, memcmp(&dump[program->len], &untouched, sizeof(untouched)));
	EXPECT_EQ((long)METADATA_OLD, get_metadata(pid, METADATA_OLD, &data));
	EXPECT_EQ(off, data.filter_off);
	EXPECT_EQ(program->flags & SECCOMP_FILTER_FLAG_LOG, data.flags);
	EXPECT_EQ(0ULL, data.filter_id);
}

/* Can filters be read here at all? */
static bool cannot_dump(pid_t pid)
{
	long ret = get_filter(pid, 0, NULL);

	if (ret != -EIO && ret != -EACCES)
		return false;
	kill(pid, SIGKILL);
	finish(pid);
	return true;
}

#define KILLABLE	0x20	/* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV */
#define NEEDS	"needs CAP_SYS_ADMIN and CONFIG_CHECKPOINT_RESTORE"

#define NEEDS_ID	"needs filter_id of PTRACE_SECCOMP_GET_METADATA"

/* Read the metadata of a task that is stopped. Returns of how many filters, or an error. */
static int read_filters(pid_t pid, struct metadata *filters, size_t max)
{
	size_t i;

	for (i = 0; i < max; i++) {
		struct metadata old = { .filter_off = i };
		long ret;

		memset(&filters[i], 0, sizeof(*filters));
		filters[i].filter_off = i;
		ret = get_metadata(pid, sizeof(*filters), &filters[i]);
		if (ret == -ENOENT)
			break;
		if (ret != sizeof(*filters))
			return ret < 0 ? ret : -EOPNOTSUPP;
		/* Who has room for no more than an old kernel gives gets no flag that is new. */
		ret = get_metadata(pid, METADATA_OLD, &old);
		if (ret != METADATA_OLD || old.flags != (filters[i].flags & ~NEW_FLAGS))
			return -EBADMSG;
	}
	return i;
}

/* The same of a task that runs. */
static int stop_to_read(pid_t pid, struct metadata *filters, size_t max)
{
	int ret;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) ||
	    waitpid(pid, NULL, __WALL) != pid)
		return -errno;
	ret = read_filters(pid, filters, max);
	return ptrace(PTRACE_DETACH, pid, NULL, NULL) ? -errno : ret;
}

/* --- Programs of all kinds --- */

static size_t build_program(struct program *p, const struct abi *abi, int which)
{
	p->flags = 0;
	if (which < SHAPES) {
		p->len = build_shape(p->insn, which, abi, abi->nr[GETPPID], DENY);
		return p->len;
	}
	switch (which - SHAPES) {
	case 0:
		/* What instructions do not use is kept all the same. */
		p->insn[0] = LOAD_NR;
		p->insn[0].jt = 5;
		p->insn[0].jf = 6;
		p->insn[1] = INSN(BPF_LD | BPF_W | BPF_LEN, 1234);
		p->insn[2] = INSN(BPF_MISC | BPF_TAX, 77);
		p->insn[3] = JUMP(BPF_JA, 0, 3, 4);
		p->insn[4] = INSN(BPF_ALU | BPF_NEG, 99);
		p->insn[5] = RETURN(ALLOW);
		p->insn[5].jt = 9;
		p->len = 6;
		break;
	case 1:
		/* One that is constant, and as long as can be */
		for (int i = 0; i < BPF_MAXINSNS - 1; i++)
			p->insn[i] = INSN(BPF_LD | BPF_IMM, i);
		p->insn[BPF_MAXINSNS - 1] = RETURN(ALLOW);
		p->len = BPF_MAXINSNS;
		break;
	case 2:
		p->insn[0] = RETURN(ALLOW | 0x1234);
		p->len = 1;
		break;
	case 3:
		/* Most of it is dead. */
		p->insn[0] = JUMP(BPF_JA, 100, 0, 0);
		for (int i = 1; i < 101; i++)
			p->insn[i] = JUMP(BPF_JEQ, i, 0, 0);
		p->insn[101] = RETURN(ALLOW);
		p->len = 102;
		break;
	case 4: {
		struct rule rules[] = {
			depends(abi->arch, abi->nr[GETPPID], DENY, ALLOW),
			range(abi->arch, abi->first + 100000, abi->last, DENY),
		};

		p->len = build_rules(p->insn, ALLOW, rules, ARRAY_SIZE(rules));
		break;
	}
	default:
		return 0;
	}
	return p->len;
}

static struct program program;

static void child_with_program(const struct abi *abi, long which)
{
	CHECK(build_program(&program, abi, which) > 0, true);
	CHECK(attach_program(0, program.insn, program.len), 0);
	stop_self();
}

TEST_F(abi, program_is_what_was_attached)
{
	for (int which = 0; build_program(&program, variant->abi, which); which++) {
		pid_t pid = start_traced(child_with_program, variant->abi, which, 0);

		ASSERT_LT(0, pid);
		ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
		if (cannot_dump(pid))
			SKIP(return, NEEDS);
		expect_dump(_metadata, pid, 0, &program);
		EXPECT_EQ(-ENOENT, get_filter(pid, 1, NULL));
		EXPECT_EQ(-ENOENT, get_filter(pid, -1, NULL));
		EXPECT_FINE(next_stop(pid, PTRACE_CONT));
	}
}

/* --- Stacks --- */

#define DEPTH	20

/* Filter number @i of a stack: constant, by argument, logged or not, listening or not */
static void build_layer(struct program *p, const struct abi *abi, int i)
{
	struct rule rules[] = {
		on(abi->arch, abi->nr[GETPPID], DENY + i),
		depends(abi->arch, abi->nr[GETUID], DENY + i, ALLOW),
		on(abi->arch, abi->nr[GETGID], SECCOMP_RET_USER_NOTIF),
	};

	p->len = build_rules(p->insn, ALLOW, rules, i % 3 + 1);
	/* Some of them are the same as the one before. */
	if (i % 5 == 4)
		build_layer(p, abi, i - 1);
	p->flags = i % 4 == 1 ? SECCOMP_FILTER_FLAG_LOG : 0;
	if (i == 11)
		p->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

static void attach_layers(const struct abi *abi, int first, int last)
{
	for (int i = first; i < last; i++) {
		build_layer(&program, abi, i);
		CHECK(attach_program(program.flags, program.insn, program.len) >= 0, true);
	}
}

static void child_with_stack(const struct abi *abi, long arg)
{
	for (int i = 0; i < DEPTH; i += 5) {
		attach_layers(abi, i, i + 5);
		stop_self();
	}
}

TEST_F(abi, stack_is_read_from_the_oldest_on)
{
	pid_t pid = start_traced(child_with_stack, variant->abi, 0, 0);

	ASSERT_LT(0, pid);
	EXPECT_EQ(-EINVAL, get_filter(pid, 0, NULL));
	for (int depth = 5; depth <= DEPTH; depth += 5) {
		ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
		if (cannot_dump(pid))
			SKIP(return, NEEDS);
		for (int i = 0; i < depth; i++) {
			build_layer(&program, variant->abi, i);
			expect_dump(_metadata, pid, i, &program);
		}
		EXPECT_EQ(-ENOENT, get_filter(pid, depth, NULL));
	}
	EXPECT_FINE(next_stop(pid, PTRACE_CONT));
}

/* Programs of all kinds, most of which look at arguments, as long as a path may be */
#define KINDS	22

static struct program all_kinds[KINDS];

/* Instructions that use neither their jumps nor their constant keep both. */
static void add_unused(struct program *p)
{
	for (size_t i = 0; i < p->len; i++) {
		struct sock_filter *insn = &p->insn[i];
		int class = BPF_CLASS(insn->code);

		if (class != BPF_JMP || BPF_OP(insn->code) == BPF_JA) {
			insn->jt = 3 * i + 1;
			insn->jf = 5 * i + 2;
		}
		if (class == BPF_MISC || (class == BPF_ALU && BPF_OP(insn->code) == BPF_NEG) ||
		    ((class == BPF_ALU || class == BPF_JMP) && BPF_SRC(insn->code) == BPF_X) ||
		    (class == BPF_RET && BPF_RVAL(insn->code) == BPF_A))
			insn->k = 0xabcd0000 + i;
	}
}

static void build_all_kinds(const struct abi *abi)
{
	const long nr = abi->nr[GETPPID];
	__u64 state = 1;

	for (int i = 0; i < KINDS; i++) {
		struct program *p = &all_kinds[i];

		switch (i % 11) {
		case 0:
			p->len = build_shape(p->insn, i % SHAPES, abi, nr, DENY + i);
			break;
		case 1:
		case 4:
		case 9:
			/* The same as the one before, byte for byte */
			memcpy(p->insn, p[-1].insn, sizeof(p->insn));
			p->len = p[-1].len;
			break;
		case 2:
			/* All instructions that there are, or most of them */
			build_random(p, abi, &state, 300);
			break;
		case 3:
			build_random(p, abi, &state, 20);
			add_unused(p);
			break;
		case 5:
			/* The same but for one bit */
			*p = p[-1];
			p->insn[p->len - 1].k ^= 1;
			break;
		case 6:
			begin_on(p, abi, nr);
			ADD(p, LOAD(LOW_WORD(1)), TAX, LOAD(HIGH_WORD(1)), ALU_BY_X(BPF_DIV),
			    JUMP(BPF_JGT | BPF_X, 77, 0, 1), RETURN_A, RETURN(ERRNO(1001)));
			break;
		case 7:
			/* Nothing behind the first return is ever reached. */
			begin_on(p, abi, nr);
			ADD(p, LOAD(LOW_WORD(2)), RETURN(DENY));
			for (int j = 0; j < 200; j++)
				ADD(p, LOAD(LOW_WORD(3)), JUMP(BPF_JEQ, j, 0, 1), RETURN_A);
			ADD(p, RETURN(ALLOW));
			break;
		case 8:
			/* As long as can be: constant, or with tests from end to end */
			begin_on(p, abi, nr);
			for (__u32 k = 0; p->len < BPF_MAXINSNS - 3; k++) {
				if (i < 11)
					ADD(p, LOAD(word_at(k % WORDS)), JUMP(BPF_JEQ, k, 0, 1),
					    RETURN(ERRNO(k)));
				else
					ADD(p, SET_A(k));
			}
			while (p->len < BPF_MAXINSNS)
				ADD(p, RETURN(ALLOW));
			break;
		case 10:
			begin_on(p, abi, nr);
			ADD(p, LOAD(LOW_WORD(i % 6)), JUMP(BPF_JEQ, i, 0, 1), RETURN(DENY),
			    RETURN(ERRNO(1002)));
			add_unused(p);
		}
		p->flags = i % 3 == 1 ? SECCOMP_FILTER_FLAG_LOG : 0;
		if (i == 13)
			p->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	}
}

/* Whatever is read, they decide before and after. */
static void check_all_kinds(const struct abi *abi, long ppid, int depth)
{
	struct made made = { .abi = abi, .nr = abi->nr[GETPPID], .allowed = ppid };

	for (size_t i = 0; i < EDGES; i++) {
		for (int w = 0; w < WORDS; w++)
			set_word(&made, w, edges[(i + w) % EDGES]);
		check_stacked(all_kinds, depth, &made);
	}
}

static void child_with_all_kinds(const struct abi *abi, long arg)
{
	long ppid = call(abi, GETPPID);

	catch_sigsys(on_sigsys);
	build_all_kinds(abi);
	for (int i = 0; i < KINDS; i++)
		CHECK(attach_built(&all_kinds[i]) >= 0, true);
	/* The first denies, so that there is nothing for tracers and listeners. */
	check_all_kinds(abi, ppid, KINDS);
	stop_self();
	check_all_kinds(abi, ppid, KINDS);
	CHECK(results.any, true);
}

/* Go on to a stop of the child's own making, past traps and ends of its children. */
static int next_own_stop(pid_t pid)
{
	int status = 0;

	do {
		long sig = WIFSTOPPED(status) && WSTOPSIG(status) == SIGSYS ? SIGSYS : 0;

		if (ptrace(PTRACE_CONT, pid, NULL, sig))
			return -1;
		status = finish(pid);
	} while (WIFSTOPPED(status) && WSTOPSIG(status) != SIGSTOP);
	return status;
}

TEST_F(abi, filters_that_look_at_arguments_are_read_byte_for_byte)
{
	pid_t pid = start_traced(child_with_all_kinds, variant->abi, 0, 0);

	ASSERT_LT(0, pid);
	ASSERT_TRUE(WIFSTOPPED(next_own_stop(pid)));
	if (cannot_dump(pid))
		SKIP(return, NEEDS);
	build_all_kinds(variant->abi);
	/* In their order, against it, and some twice */
	for (int i = 0; i < KINDS; i++)
		expect_dump(_metadata, pid, i, &all_kinds[i]);
	for (int i = KINDS - 1; i >= 0; i -= 2)
		expect_dump(_metadata, pid, i, &all_kinds[i]);
	EXPECT_EQ(-ENOENT, get_filter(pid, KINDS, NULL));
	EXPECT_FINE(next_own_stop(pid));
}

static void *traced_thread(void *arg)
{
	report->seen = raw3(&native, __NR_gettid, 0, 0, 0);
	atomic_store(&report->stage, 1);
	wait_for(&report->flag, 1);
	return NULL;
}

static void child_synced(const struct abi *abi, long arg)
{
	pthread_t thread;

	attach_layers(abi, 0, 2);
	CHECK(pthread_create(&thread, NULL, traced_thread, NULL), 0);
	wait_for(&report->stage, 1);
	attach_layers(abi, 2, 4);
	build_layer(&program, abi, 4);
	CHECK(attach_program(program.flags | SECCOMP_FILTER_FLAG_TSYNC, program.insn, program.len),
	      0);
	atomic_store(&report->stage, 2);
	wait_for(&report->flag, 1);
	CHECK(pthread_join(thread, NULL), 0);
}

TEST_F(abi, synced_thread_has_the_filters_of_the_other)
{
	struct metadata of_thread[6], of_process[6];
	pid_t pid = start(child_synced, variant->abi, 0), tid;
	int status;

	wait_for(&report->stage, 2);
	tid = report->seen;
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, tid, NULL, (long)PTRACE_O_EXITKILL));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, tid, NULL, NULL));
	ASSERT_EQ(tid, waitpid(tid, &status, __WALL));
	if (get_filter(tid, 0, NULL) == -EIO || get_filter(tid, 0, NULL) == -EACCES) {
		kill(pid, SIGKILL);
		SKIP(return, NEEDS);
	}
	for (int i = 0; i < 5; i++) {
		build_layer(&program, variant->abi, i);
		expect_dump(_metadata, tid, i, &program);
	}
	/* They are the very same, not others with the same program. */
	if (read_filters(tid, of_thread, ARRAY_SIZE(of_thread)) > 0) {
		EXPECT_EQ(5, stop_to_read(pid, of_process, ARRAY_SIZE(of_process)));
		EXPECT_EQ(0, memcmp(of_thread, of_process, 5 * sizeof(*of_thread)));
	}
	EXPECT_EQ(-ENOENT, get_filter(tid, 5, NULL));
	EXPECT_EQ(0, ptrace(PTRACE_DETACH, tid, NULL, NULL));
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
}

static void child_refused(const struct abi *abi, long arg)
{
	attach_layers(abi, 0, 1);
	/* None of these is attached. */
	CHECK(attach_program(0, NULL, 1), -EINVAL);
	CHECK(attach_program(1 << 30, program.insn, program.len), -EINVAL);
	CHECK(attach_program(SECCOMP_FILTER_FLAG_NEW_LISTENER, program.insn, 0), -EINVAL);
	stop_self();
	/* Those of a child of its own are its own too. */
	pid_t pid = fork();

	if (!pid) {
		attach_layers(abi, 1, 3);
		leave(CHILD_DONE);
	}
	CHECK(finish(pid), CHILD_DONE << 8);
	stop_self();
}

TEST_F(abi, what_was_not_attached_is_not_read)
{
	pid_t pid = start_traced(child_refused, variant->abi, 0, 0);

	ASSERT_LT(0, pid);
	for (int i = 0; i < 2; i++) {
		while (WSTOPSIG(next_stop(pid, PTRACE_CONT)) == SIGCHLD)
			;
		if (cannot_dump(pid))
			SKIP(return, NEEDS);
		build_layer(&program, variant->abi, 0);
		expect_dump(_metadata, pid, 0, &program);
		EXPECT_EQ(-ENOENT, get_filter(pid, 1, NULL));
	}
	EXPECT_FINE(next_stop(pid, PTRACE_CONT));
}

/* --- How much is read --- */

TEST_F(abi, sizes_of_metadata)
{
	pid_t pid = start_traced(child_with_program, variant->abi, 0, 0);
	struct {
		struct metadata data;
		__u8 newer[240];
	} big;
	__u8 *bytes = (__u8 *)&big;
	long known;

	memset(&big, 9, sizeof(big));
	big.data.filter_off = 0;
	ASSERT_LT(0, pid);
	EXPECT_EQ(-EINVAL, get_metadata(pid, METADATA_OLD, &big));
	ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
	if (cannot_dump(pid))
		SKIP(return, NEEDS);
	for (size_t size = 0; size < sizeof(__u64); size++)
		EXPECT_EQ(-EINVAL, get_metadata(pid, size, &big));
	/* What is smaller is cut off, what is larger than the kernel knows is not filled. */
	EXPECT_EQ(8, get_metadata(pid, 8, &big));
	EXPECT_EQ(9, bytes[8]);
	EXPECT_EQ((long)METADATA_OLD, get_metadata(pid, METADATA_OLD, &big));
	EXPECT_EQ(0ULL, big.data.flags);
	EXPECT_EQ(9, bytes[METADATA_OLD]);
	known = get_metadata(pid, sizeof(big), &big);
	EXPECT_LE((long)METADATA_OLD, known);
	EXPECT_EQ(0ULL, big.data.flags);
	for (size_t i = known; i < sizeof(big); i++)
		EXPECT_EQ(9, bytes[i]);
	big.data.filter_off = 1;
	EXPECT_EQ(-ENOENT, get_metadata(pid, METADATA_OLD, &big));
	EXPECT_EQ(-EFAULT, get_metadata(pid, METADATA_OLD, (void *)8));
	EXPECT_EQ(-EFAULT, get_filter(pid, 0, (void *)8));
	EXPECT_FINE(next_stop(pid, PTRACE_CONT));
}

/* --- Which filter it is --- */

/* Flags that a filter keeps; those of a listener's ask for a listener. */
static const unsigned int kept[] = {
	0, SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_LOG,
	SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0, KILLABLE,
	SECCOMP_FILTER_FLAG_LOG,
};

static void attach_same(unsigned int flags)
{
	struct sock_filter insn = RETURN(ALLOW);

	if (flags & KILLABLE)
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	CHECK(attach_program(flags, &insn, 1) >= 0, true);
}

/* A stack of equal filters; then a child with one more, and one more of its own */
static void child_inherits(const struct abi *abi, long arg)
{
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		attach_same(kept[i]);
	pid = fork();
	if (!pid) {
		attach_same(0);
		atomic_store(&report->stage, 1);
		wait_for(&report->flag, 1);
		leave(CHILD_DONE);
	}
	attach_same(0);
	report->seen = pid;
	wait_for(&report->stage, 1);
	atomic_store(&report->stage, 2);
	wait_for(&report->flag, 1);
	CHECK(finish(pid), CHILD_DONE << 8);
}

TEST_F(abi, filter_has_one_number_in_all_tasks)
{
	const int depth = ARRAY_SIZE(kept) + 1;
	struct metadata of_parent[16], of_child[16];
	pid_t pid = start(child_inherits, variant->abi, 0);
	int ret;

	wait_for(&report->stage, 2);
	ret = stop_to_read(pid, of_parent, ARRAY_SIZE(of_parent));
	if (ret < 0) {
		kill(report->seen, SIGKILL);
		kill(pid, SIGKILL);
		finish(pid);
		ASSERT_TRUE(ret == -EOPNOTSUPP || ret == -EACCES || ret == -EIO);
		SKIP(return, NEEDS_ID);
	}
	EXPECT_EQ(depth, ret);
	EXPECT_EQ(depth, stop_to_read(report->seen, of_child, ARRAY_SIZE(of_child)));
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));

	for (int i = 0; i < depth; i++) {
		const struct metadata *f = &of_parent[i];

		EXPECT_EQ(i < depth - 1 ? kept[i] : 0, f->flags) TH_LOG("filter %d", i);
		EXPECT_EQ(i ? f[-1].filter_id : 0, f->parent_id);
		EXPECT_LT(i ? f[-1].filter_id : 0, f->filter_id);
		EXPECT_EQ(0, f->bpf_prog_id | f->pin_action | f->pin_arch | f->reserved);
	}
	/* What was inherited is the same, what each attached then is not. */
	EXPECT_EQ(0, memcmp(of_parent, of_child, (depth - 1) * sizeof(*of_child)));
	EXPECT_NE(of_parent[depth - 1].filter_id, of_child[depth - 1].filter_id);
	EXPECT_EQ(of_parent[depth - 1].parent_id, of_child[depth - 1].parent_id);
}

static void child_attaches_once(const struct abi *abi, long flags)
{
	attach_same(flags);
	atomic_store(&report->stage, 1);
	wait_for(&report->flag, 1);
}

TEST_F(abi, number_is_never_used_again)
{
	__u64 last = 0;

	for (int i = 0; i < 20; i++) {
		pid_t pid = start(child_attaches_once, variant->abi, kept[i % ARRAY_SIZE(kept)]);
		struct metadata only[2];
		int ret;

		wait_for(&report->stage, 1);
		ret = stop_to_read(pid, only, ARRAY_SIZE(only));
		atomic_store(&report->flag, 1);
		if (ret < 0) {
			kill(pid, SIGKILL);
			finish(pid);
			ASSERT_TRUE(!i && (ret == -EOPNOTSUPP || ret == -EACCES || ret == -EIO));
			SKIP(return, NEEDS_ID);
		}
		EXPECT_FINE(finish(pid));
		EXPECT_EQ(1, ret);
		EXPECT_EQ(0ULL, only->parent_id);
		EXPECT_EQ(kept[i % ARRAY_SIZE(kept)], only->flags);
		EXPECT_LT(last, only->filter_id);
		last = only->filter_id;
	}
}

/* --- Who may read --- */

static void child_reads(const struct abi *abi, long filtered)
{
	struct metadata data = {};
	pid_t pid = fork();

	if (!pid) {
		CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL), 0);
		child_with_program(abi, 0);
		leave(CHILD_DONE);
	}
	CHECK(WIFSTOPPED(finish(pid)), true);
	/* Who is filtered, even by a filter that allows everything, may not read. */
	if (filtered)
		CHECK(attach(ALLOW, on(0, 0, ALLOW)), 0);
	else
		CHECK(syscall(__NR_setresuid, 65534, 65534, 65534), 0);
	CHECK(get_filter(pid, 0, NULL), -EACCES);
	CHECK(get_metadata(pid, METADATA_OLD, &data), -EACCES);
	CHECK(next_stop(pid, PTRACE_CONT), CHILD_DONE << 8);
}

TEST_F(abi, reading_takes_privilege_and_no_filter)
{
	pid_t pid = start_traced(child_with_program, variant->abi, 0, 0);

	ASSERT_LT(0, pid);
	ASSERT_TRUE(WIFSTOPPED(next_stop(pid, PTRACE_CONT)));
	if (cannot_dump(pid))
		SKIP(return, NEEDS);
	EXPECT_FINE(next_stop(pid, PTRACE_CONT));
	EXPECT_FINE(run(child_reads, variant->abi, true));
	if (!geteuid())
		EXPECT_FINE(run(child_reads, variant->abi, false));
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
