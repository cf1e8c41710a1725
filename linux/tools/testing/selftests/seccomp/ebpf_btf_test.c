// SPDX-License-Identifier: GPL-2.0
/* eBPF filters and BTF: no kernel function, no kernel memory, nobody who attaches to them */

/*
 * Numbers of types are looked up in the kernel's BTF, as a loader would. Where
 * there is none, these cases have nothing to look at.
 */

/* Cases here are of all ABIs together. */
#define WITHOUT_EBPF_FIXTURE
#include "seccomp_ebpf.h"

/* --- The kernel's BTF --- */

#define VMLINUX	"/sys/kernel/btf/vmlinux"

static struct {
	const char *data, *names;
	size_t size;
	/* Each type by its number, from 1 on */
	const struct btf_type **types;
	__u32 n;
} vmlinux;

static size_t extra_size(const struct btf_type *t)
{
	__u32 vlen = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
		return sizeof(__u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * sizeof(struct btf_enum);
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return vlen * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	case BTF_KIND_ENUM64:
		return vlen * sizeof(struct btf_enum64);
	default:
		return 0;
	}
}

/* Map it and number its types; false if there is none that can be read. */
static bool read_vmlinux(void)
{
	const struct btf_header *header;
	const char *at, *end;
	struct stat st;
	int fd = open(VMLINUX, O_RDONLY);
	char *data;

	if (fd < 0 || fstat(fd, &st))
		return false;
	data = malloc(st.st_size);
	for (ssize_t got; data && vmlinux.size < (size_t)st.st_size; vmlinux.size += got) {
		got = read(fd, data + vmlinux.size, st.st_size - vmlinux.size);
		if (got <= 0)
			return false;
	}
	close(fd);
	if (!data)
		return false;
	header = (void *)data;
	if (header->magic != BTF_MAGIC)
		return false;
	vmlinux.data = data;
	vmlinux.names = data + header->hdr_len + header->str_off;
	at = data + header->hdr_len + header->type_off;
	end = at + header->type_len;
	vmlinux.types = calloc(header->type_len / sizeof(struct btf_type) + 1, sizeof(void *));
	if (!vmlinux.types)
		return false;
	while (at < end) {
		const struct btf_type *t = (void *)at;

		vmlinux.types[++vmlinux.n] = t;
		at += sizeof(*t) + extra_size(t);
	}
	return true;
}

static const char *name_of(__u32 id)
{
	return vmlinux.names + vmlinux.types[id]->name_off;
}

static __u32 kind_of(__u32 id)
{
	return BTF_INFO_KIND(vmlinux.types[id]->info);
}

/* The number of a type, or 0 */
static __u32 find_type(const char *name, __u32 kind)
{
	for (__u32 id = 1; id <= vmlinux.n; id++) {
		if (kind_of(id) == kind && !strcmp(name_of(id), name))
			return id;
	}
	return 0;
}

#define NEED_BTF()	do {								\
	NEED_EBPF();									\
	if (!read_vmlinux())								\
		SKIP(return, "needs CONFIG_DEBUG_INFO_BTF");				\
} while (0)

/* --- Kernel functions --- */

static int load_caller(__u32 id, __u32 type)
{
	struct bpf_insn insn[] = {
		BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, id),
		VERDICT(ALLOW),
	};
	union bpf_attr attr = program_attr(insn, ARRAY_SIZE(insn));

	attr.prog_type = type;
	return load_attr(&attr);
}

/* One of each kind: an iterator, a user's memory, work, a signal, a lock, an object, ... */
static const char *const kfuncs[] = {
	"bpf_iter_num_new", "bpf_iter_num_next", "bpf_copy_from_user_str",
	"bpf_copy_from_user_task_str", "bpf_wq_init", "bpf_send_signal_task",
	"bpf_rcu_read_lock", "bpf_preempt_disable", "bpf_local_irq_save", "bpf_obj_new_impl",
	"bpf_obj_new", "bpf_cast_to_kern_ctx", "bpf_dynptr_slice", "bpf_task_from_pid",
	"bpf_task_acquire", "bpf_cpumask_create", "bpf_get_task_exe_file", "bpf_throw",
	"bpf_get_kmem_cache", "bpf_res_spin_lock", "bpf_stream_vprintk", "bpf_arena_alloc_pages",
	"bpf_strlen", "bpf_ktime_get_raw_ns", "bpf_cgroup_from_id",
};

TEST(no_kernel_function_of_any_kind_may_be_called)
{
	int seen = 0;

	NEED_BTF();
	if (!is_jitted())
		SKIP(return, "needs net.core.bpf_jit_enable");
	for (size_t i = 0; i < ARRAY_SIZE(kfuncs); i++) {
		__u32 id = find_type(kfuncs[i], BTF_KIND_FUNC);
		char words[128];

		if (!id)
			continue;
		snprintf(words, sizeof(words), "calling kernel function %s is not allowed",
			 kfuncs[i]);
		EXPECT_REFUSED(EACCES, words, load_caller(id, BPF_PROG_TYPE_SECCOMP));
		seen++;
	}
	TH_LOG("%d of %zu known functions are there", seen, ARRAY_SIZE(kfuncs));
	EXPECT_LE(4, seen);
}

TEST(no_function_that_is_marked_may_be_called)
{
	int seen = 0;

	NEED_BTF();
	if (!is_jitted())
		SKIP(return, "needs net.core.bpf_jit_enable");
	for (__u32 id = 1; id <= vmlinux.n; id++) {
		__u32 func = vmlinux.types[id]->type;
		int fd;

		if (kind_of(id) != BTF_KIND_DECL_TAG || strcmp(name_of(id), "bpf_kfunc") ||
		    kind_of(func) != BTF_KIND_FUNC)
			continue;
		fd = load_caller(func, BPF_PROG_TYPE_SECCOMP);
		EXPECT_GT(0, fd) TH_LOG("%s can be called", name_of(func));
		if (fd >= 0)
			close(fd);
		seen++;
	}
	if (!seen)
		SKIP(return, "needs pahole 1.26 or newer");
	TH_LOG("%d marked functions", seen);
}

/* --- Kernel memory --- */

TEST(fields_of_maps_take_cap_perfmon_and_are_refused)
{
	int map = create_array(1);

	NEED_BTF();
	/* A map's first field is its operations. */
	EXPECT_REFUSED(EPERM, "access is allowed only to CAP_PERFMON",
		       LOAD_EBPF(BPF_LD_MAP_FD(R1, map), BPF_LDX_MEM(BPF_DW, R0, R1, 0),
				 VERDICT(ALLOW)));
	EXPECT_REFUSED(EPERM, "access is allowed only to CAP_PERFMON",
		       LOAD_EBPF(BPF_LD_MAP_FD(R1, map), BPF_LDX_MEM(BPF_W, R0, R1, 24),
				 VERDICT(ALLOW)));
	close(map);
}

/* The address of a variable of the kernel */
#define LD_KSYM(dst, id)	BPF_LD_IMM64_RAW(dst, BPF_PSEUDO_BTF_ID, (__u32)(id))

static int load_attr_of(__u32 type, const struct bpf_insn *insn, size_t n)
{
	union bpf_attr attr = program_attr(insn, n);

	attr.prog_type = type;
	return load_attr(&attr);
}

#define LOAD_SOCKET(...)	load_attr_of(BPF_PROG_TYPE_SOCKET_FILTER, INSNS(__VA_ARGS__))
/* The same by a BTF of which there is a descriptor */
#define LD_KSYM_OF(dst, fd, id)								\
	BPF_LD_IMM64_RAW(dst, BPF_PSEUDO_BTF_ID, (__u64)(fd) << 32 | (__u32)(id))

#define NO_KSYM		"kernel symbols cannot be used by programs of this type"

/* A descriptor of the kernel's BTF, the first of all, or a negative error */
static int open_vmlinux_btf(void)
{
	struct bpf_btf_info info = {};
	char name[16] = "";
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.btf_id = 1;
	fd = sys_bpf(BPF_BTF_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return fd;
	info.name = PTR(name);
	info.name_len = sizeof(name);
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	if (!sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) && !strcmp(name, "vmlinux"))
		return fd;
	close(fd);
	return -ENOENT;
}

TEST(variables_of_the_kernel_cannot_be_named)
{
	static const char *const names[] = { "runqueues", "bpf_prog_active", "softnet_data" };
	int btf = -1, fd, known = 0;

	NEED_BTF();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		__u32 id = find_type(names[i], BTF_KIND_VAR);

		if (!id)
			continue;
		EXPECT_REFUSED(EACCES, NO_KSYM, LOAD_EBPF(LD_KSYM(R1, id), VERDICT(DENY)));
		/* Others may, if the symbol is there at all. */
		fd = LOAD_SOCKET(LD_KSYM(R1, id), VERDICT(0));
		if (fd == -ENOENT)
			continue;
		EXPECT_LOADED(fd);
		btf = open_vmlinux_btf();
		EXPECT_LE(0, btf);
		fd = LOAD_SOCKET(LD_KSYM_OF(R1, btf, id), VERDICT(0));
		EXPECT_LOADED(fd);
		EXPECT_REFUSED(EACCES, NO_KSYM,
			       LOAD_EBPF(LD_KSYM_OF(R1, btf, id), VERDICT(DENY)));
		close(btf);
		known++;
	}
	EXPECT_REFUSED(EACCES, NO_KSYM, LOAD_EBPF(LD_KSYM(R1, 0x7fffffff), VERDICT(ALLOW)));
	TH_LOG("%d variables are known to others", known);
}

/* --- BTF that user space has made --- */

/* What it has: a function of the kernel that is in all symbols, as this and that */
enum {
	OWN_CHAR = 1, OWN_ARRAY, OWN_STRUCT, OWN_PROTO, OWN_BYTES, OWN_BYTE, OWN_OBJECT,
	OWN_FUNCTION, OWN_MISSING, OWN_END,
};

static int load_own_btf(void)
{
	struct {
		struct btf_header header;
		struct btf_type character;
		__u32 encoding;
		struct btf_type array;
		struct btf_array bounds;
		struct btf_type object, proto;
		struct btf_type bytes;
		struct btf_var bytes_var;
		struct btf_type byte;
		struct btf_var byte_var;
		struct btf_type structure;
		struct btf_var structure_var;
		struct btf_type function;
		struct btf_type missing;
		struct btf_var missing_var;
		char names[64];
	} btf = {
		.header = {
			.magic = BTF_MAGIC, .version = BTF_VERSION,
			.hdr_len = sizeof(btf.header),
			.type_len = offsetof(typeof(btf), names) - sizeof(btf.header),
			.str_off = offsetof(typeof(btf), names) - sizeof(btf.header),
			.str_len = sizeof(btf.names),
		},
		.character = { .name_off = 1, .info = KIND(BTF_KIND_INT, 0), .size = 1 },
		.encoding = 8,
		.array = { .info = KIND(BTF_KIND_ARRAY, 0) },
		.bounds = { .type = OWN_CHAR, .index_type = OWN_CHAR, .nelems = 4096 },
		.object = { .name_off = 6, .info = KIND(BTF_KIND_STRUCT, 0), .size = 4096 },
		.proto = { .info = KIND(BTF_KIND_FUNC_PROTO, 0) },
		.bytes = { .name_off = 13, .info = KIND(BTF_KIND_VAR, 0), .type = OWN_ARRAY },
		.bytes_var = { BTF_VAR_GLOBAL_ALLOCATED },
		.byte = { .name_off = 13, .info = KIND(BTF_KIND_VAR, 0), .type = OWN_CHAR },
		.byte_var = { BTF_VAR_GLOBAL_ALLOCATED },
		.structure = { .name_off = 13, .info = KIND(BTF_KIND_VAR, 0),
			       .type = OWN_STRUCT },
		.structure_var = { BTF_VAR_GLOBAL_ALLOCATED },
		.function = { .name_off = 13, .info = KIND(BTF_KIND_FUNC, BTF_FUNC_STATIC),
			      .type = OWN_PROTO },
		.missing = { .name_off = 22, .info = KIND(BTF_KIND_VAR, 0), .type = OWN_ARRAY },
		.missing_var = { BTF_VAR_GLOBAL_ALLOCATED },
		.names = "\0char\0object\0schedule\0no_such_symbol",
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = PTR(&btf);
	attr.btf_size = sizeof(btf);
	attr.btf_log_level = 1;
	attr.btf_log_buf = PTR(verifier_log);
	attr.btf_log_size = sizeof(verifier_log);
	return sys_bpf(BPF_BTF_LOAD, &attr);
}

/* This needs no eBPF filters, and fails on mainline. */
TEST(btf_of_user_space_says_nothing_of_the_kernel)
{
	const char *words = "BTF object FD is not of the kernel or a module";
	int btf = load_own_btf();

	if (btf == -EPERM)
		SKIP(return, "needs CAP_BPF");
	ASSERT_LE(0, btf) TH_LOG("error %d: %s", btf, verifier_log);
	for (__u32 id = 0; id <= OWN_END; id++) {
		EXPECT_REFUSED(EINVAL, words,
			       LOAD_SOCKET(LD_KSYM_OF(R1, btf, id),
					   BPF_LDX_MEM(BPF_DW, R0, R1, 0), BPF_EXIT_INSN()));
		EXPECT_REFUSED(EINVAL, words, LOAD_SOCKET(LD_KSYM_OF(R1, btf, id), VERDICT(0)));
		if (why_no_ebpf())
			continue;
		EXPECT_REFUSED(EACCES, NO_KSYM,
			       LOAD_EBPF(LD_KSYM_OF(R1, btf, id),
					 BPF_LDX_MEM(BPF_DW, R0, R1, 0), BPF_EXIT_INSN()));
	}
	close(btf);
}

/* --- Programs that attach to programs --- */

/* A program of @type, with BTF, whose context is a struct @ctx */
static int load_target(__u32 type, const char *ctx)
{
	struct bpf_insn insn[] = {
		BPF_CALL_REL(2), VERDICT(ALLOW), VERDICT(0),
	};
	int btf = load_btf(ctx), fd;

	insn[1].imm = type == BPF_PROG_TYPE_SECCOMP ? ALLOW : 0;
	fd = load_with_btf(btf, 3, type, insn, ARRAY_SIZE(insn));
	close(btf);
	return fd;
}

/* One that would attach to function number @id of program @target */
static int load_onto(int target, __u32 id, int attach_type)
{
	struct bpf_insn insn[] = { VERDICT(0) };
	union bpf_attr attr = program_attr(insn, ARRAY_SIZE(insn));

	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = attach_type;
	attr.attach_prog_fd = target;
	attr.attach_btf_id = id;
	return load_attr(&attr);
}

/* One that would take the place of the main function of @target */
static int load_replacement(int target, const char *ctx)
{
	struct bpf_insn insn[] = { VERDICT(0) };
	struct bpf_func_info info = { 0, BTF_MAIN };
	union bpf_attr attr = program_attr(insn, ARRAY_SIZE(insn));
	int btf = load_btf(ctx), fd;

	attr.prog_type = BPF_PROG_TYPE_EXT;
	attr.prog_btf_fd = btf;
	attr.func_info_rec_size = sizeof(info);
	attr.func_info = PTR(&info);
	attr.func_info_cnt = 1;
	attr.attach_prog_fd = target;
	attr.attach_btf_id = BTF_MAIN;
	fd = load_attr(&attr);
	close(btf);
	return fd;
}

static long link_onto(int prog, int target, __u32 id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_fd = target;
	attr.link_create.target_btf_id = id;
	return sys_bpf(BPF_LINK_CREATE, &attr);
}

static const int attach_types[] = { BPF_TRACE_FENTRY, BPF_TRACE_FEXIT, BPF_MODIFY_RETURN };

static void expect_untouchable(struct __test_metadata *_metadata, int target, int other)
{
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(attach_types); i++) {
		for (__u32 id = BTF_MAIN; id <= BTF_SUB; id += BTF_SUB - BTF_MAIN) {
			fd = load_onto(target, id, attach_types[i]);
			EXPECT_EQ(-EINVAL, fd)
				TH_LOG("type %d: %s", attach_types[i], verifier_log);
			if (fd >= 0)
				close(fd);
		}
	}
	fd = load_replacement(target, "seccomp_data");
	EXPECT_EQ(-EINVAL, fd) TH_LOG("%s", verifier_log);
	/* One that was made for another program is not moved here either. */
	fd = load_onto(other, BTF_MAIN, BPF_TRACE_FENTRY);
	EXPECT_GT(0, link_onto(fd, target, BTF_MAIN));
	close(fd);
	fd = load_replacement(other, "xdp_md");
	EXPECT_GT(0, link_onto(fd, target, BTF_MAIN));
	close(fd);
}

static void child_holds(const struct abi *abi, long fd)
{
	CHECK(attach_ebpf(0, fd), 0);
	atomic_store(&report->stage, 1);
	wait_for(&report->flag, 1);
}

TEST(nobody_attaches_to_a_filter)
{
	int target, other, fd;
	pid_t pid;

	NEED_BTF();
	if (!is_jitted())
		SKIP(return, "needs net.core.bpf_jit_enable");
	target = load_target(BPF_PROG_TYPE_SECCOMP, "seccomp_data");
	ASSERT_LOADED(target);
	/* What is done to it is right, for it can be done to another. */
	other = load_target(BPF_PROG_TYPE_XDP, "xdp_md");
	if (other < 0)
		SKIP(return, "needs CONFIG_NET");
	for (int i = 0; i < 2; i++) {
		fd = load_onto(other, BTF_MAIN, attach_types[i]);
		if (fd < 0)
			SKIP(return, "needs a kernel with BPF trampolines");
		close(fd);
		fd = load_onto(other, BTF_SUB, attach_types[i]);
		EXPECT_LOADED(fd);
	}
	fd = load_replacement(other, "xdp_md");
	EXPECT_LOADED(fd);

	expect_untouchable(_metadata, target, other);
	pid = start(child_holds, &native, target);
	wait_for(&report->stage, 1);
	expect_untouchable(_metadata, target, other);
	atomic_store(&report->flag, 1);
	EXPECT_FINE(finish(pid));
	close(target);
	close(other);
}

int main(int argc, char **argv)
{
	if (!set_up_report())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
