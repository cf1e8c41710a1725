// SPDX-License-Identifier: GPL-2.0
/* Seccomp filters that are eBPF programs: what they may do, and their verdicts */

/**
 * DOC: eBPF filters
 *
 * A program of BPF_PROG_TYPE_SECCOMP filters like a classic one: it reads
 * struct seccomp_data, and returns a SECCOMP_RET_* value. Who loads it needs
 * CAP_BPF. Who attaches it needs what attaching a classic filter needs, and a
 * file descriptor, which a privileged loader may have handed over. Who has only
 * that cannot run it by BPF_PROG_TEST_RUN.
 *
 * Since it then filters tasks that the loader may know nothing of, and runs
 * where they enter the kernel, the verifier treats it as if its loader had no
 * CAP_PERFMON, see bpf_prog_is_confined().
 *
 * A program is pure if what it returns depends on nothing but its context, and
 * it does nothing else. Those are probed, see probe.c, and answered from the
 * action table like classic filters. All others have state. They run for each
 * call, as often as they are attached, whatever the other filters say: a program
 * that counts must not miss what others refuse.
 */

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/once.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "ebpf.h"
#include "probe.h"
#include "program.h"

/* What the verifier asks */

static struct bpf_func_proto printk_proto;

static void init_printk_proto(const struct bpf_func_proto *base)
{
	printk_proto = *base;
	printk_proto.ret_type = RET_VOID;
}

/*
 * It prints what a pointer of the caller points to if it is told to, for those
 * who may read the trace. But what it returns, the length, would tell the program.
 */
static const struct bpf_func_proto *seccomp_printk_proto(const struct bpf_prog *prog)
{
	const struct bpf_func_proto *base = bpf_base_func_proto(BPF_FUNC_trace_printk, prog);

	if (!base)
		return NULL;
	DO_ONCE_SLEEPABLE(init_printk_proto, base);
	return &printk_proto;
}

/*
 * The language first, state second, user memory not at all. Whatever is not
 * named here is refused.
 */
static const struct bpf_func_proto *seccomp_func_proto(enum bpf_func_id func_id,
						       const struct bpf_prog *prog)
{
	switch (func_id) {
	/* State: to count, to limit, to look up what a policy allows. */
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
	case BPF_FUNC_map_push_elem:
	case BPF_FUNC_map_pop_elem:
	case BPF_FUNC_map_peek_elem:
	/* To tell somebody. */
	case BPF_FUNC_ringbuf_output:
	case BPF_FUNC_ringbuf_reserve:
	case BPF_FUNC_ringbuf_submit:
	case BPF_FUNC_ringbuf_discard:
	/* Rates, and samples. */
	case BPF_FUNC_ktime_get_ns:
	case BPF_FUNC_ktime_get_boot_ns:
	case BPF_FUNC_ktime_get_tai_ns:
	case BPF_FUNC_get_prandom_u32:
	/* Whose call it is, as the task's own PID namespace has it. */
	case BPF_FUNC_get_ns_current_pid_tgid:
	/* To be made of parts. */
	case BPF_FUNC_tail_call:
		return bpf_base_func_proto(func_id, prog);
	/* To be debugged. Needs CAP_PERFMON, the only thing that does. */
	case BPF_FUNC_trace_printk:
		return seccomp_printk_proto(prog);
	/* The others of its kind are in all base sets. */
	case BPF_FUNC_ktime_get_coarse_ns:
		return &bpf_ktime_get_coarse_ns_proto;
	default:
		return NULL;
	}
}

/*
 * The context is read only, as it is: there is nothing to convert. A load is
 * aligned, and of one field or part of it.
 */
static bool seccomp_is_valid_access(int off, int size, enum bpf_access_type type,
				    const struct bpf_prog *prog,
				    struct bpf_insn_access_aux *info)
{
	if (type != BPF_READ)
		return false;
	if (off < 0 || off + size > sizeof(struct seccomp_data) || off % size)
		return false;
	/* Number and architecture are two fields, the others are of 64 bits. */
	return off >= offsetof(struct seccomp_data, instruction_pointer) || size <= sizeof(u32);
}

const struct bpf_verifier_ops seccomp_verifier_ops = {
	.get_func_proto		= seccomp_func_proto,
	.is_valid_access	= seccomp_is_valid_access,
};

/*
 * BPF_PROG_TEST_RUN: a call that user space has made up. It has all effects that the
 * program has, on maps that others rely on, and whoever has a descriptor may only
 * have it to attach the program. So this needs what loading it needed: the token is
 * not at hand again, but the program has it, and with it the user namespace where
 * the capability counts.
 */
static int seccomp_test_run(struct bpf_prog *prog, const union bpf_attr *kattr,
			    union bpf_attr __user *uattr)
{
	struct seccomp_data sd;
	u32 ret;

	if (!bpf_token_capable(prog->aux->token, CAP_BPF))
		return -EPERM;
	if (kattr->test.data_in || kattr->test.data_out || kattr->test.data_size_in ||
	    kattr->test.data_size_out || kattr->test.ctx_out || kattr->test.duration ||
	    kattr->test.repeat || kattr->test.flags || kattr->test.cpu ||
	    kattr->test.batch_size)
		return -EINVAL;
	if (kattr->test.ctx_size_in != sizeof(sd))
		return -EINVAL;
	if (copy_from_user(&sd, u64_to_user_ptr(kattr->test.ctx_in), sizeof(sd)))
		return -EFAULT;

	ret = seccomp_program_run_ebpf(prog, &sd);
	if (copy_to_user(&uattr->test.retval, &ret, sizeof(ret)))
		return -EFAULT;
	return 0;
}

const struct bpf_prog_ops seccomp_prog_ops = {
	.test_run	= seccomp_test_run,
};

/* What seccomp asks */

/**
 * seccomp_ebpf_get - get a program to attach
 * @fd: the caller's file descriptor for it
 *
 * Context: Process context.
 *
 * Return: The program, to be given to seccomp_ebpf_program() or bpf_prog_put().
 * As a pointer: -EBADF if there is no such descriptor, -EINVAL if it is not one
 * of a seccomp program, -EPERM if what allowed to load it is not known where
 * the caller is.
 */
struct bpf_prog *seccomp_ebpf_get(int fd)
{
	struct bpf_prog *prog = bpf_prog_get_type(fd, BPF_PROG_TYPE_SECCOMP);

	/*
	 * A token stands for its namespace's administrator, whose word counts
	 * there and below.
	 */
	if (!IS_ERR(prog) && prog->aux->token && !current_in_userns(prog->aux->token->userns)) {
		bpf_prog_put(prog);
		return ERR_PTR(-EPERM);
	}
	return prog;
}

#ifdef CONFIG_SECCOMP_ACTION_TABLES
/*
 * Does it depend on its context alone, and do nothing but return? The verifier
 * has resolved the addresses of maps, so these can no longer be told from
 * constants; but it has put down that there are any.
 */
static bool is_pure(const struct bpf_prog *prog)
{
	const struct bpf_prog_aux *aux = prog->aux;

	if (aux->used_map_cnt || aux->used_btf_cnt || aux->kfunc_tab)
		return false;
	return seccomp_probe_is_pure(prog->insnsi, prog->len);
}

/*
 * Are the functions of a program, one after the other, what bpf_prog.insnsi has?
 * The interpreter leaves no list of them.
 */
static bool has_functions(const struct bpf_prog *prog)
{
	const struct bpf_prog_aux *aux = prog->aux;
	unsigned int end = 0;

	for (unsigned int i = 0; aux->func && i < aux->real_func_cnt; i++) {
		if (aux->func[i]->aux->subprog_start != end)
			return false;
		end += aux->func[i]->len;
	}
	return end == prog->len;
}

static struct seccomp_probe *alloc_probe(const struct bpf_prog *prog)
{
	struct seccomp_probe *p = seccomp_probe_alloc(prog->insnsi, prog->len);

	/* Without them the walk ends where one is called. */
	if (!p || !has_functions(prog))
		return p;
	for (unsigned int i = 0; i < prog->aux->real_func_cnt; i++)
		seccomp_probe_add_function(p, prog->aux->func[i]->aux->subprog_start);
	return p;
}

static int probe(void *context, const struct seccomp_space *space,
		 struct seccomp_verdict *verdicts)
{
	return seccomp_probe_verdicts(context, space, verdicts);
}

/**
 * seccomp_ebpf_program - make what is needed to attach an eBPF program
 * @prog: it, from seccomp_ebpf_get(); the reference is taken over, even if this
 *	fails
 * @fits: it is short enough to be attached
 *
 * One that does not fit is not looked at. Attaching it fails later, where it does
 * for a classic filter of that length.
 *
 * Context: Process context, may sleep. Takes no locks. Stops for a fatal
 * signal.
 *
 * Return: For seccomp_program_put(). As a pointer: -ENOMEM, or -EINTR if a fatal
 * signal is pending.
 */
struct seccomp_program *seccomp_ebpf_program(struct bpf_prog *prog, bool fits)
{
	bool pure = fits && is_pure(prog);
	struct seccomp_probe *p = pure ? alloc_probe(prog) : NULL;
	struct seccomp_program *program;

	program = seccomp_program_create_ebpf(prog, !pure, p ? probe : NULL, p);
	seccomp_probe_free(p);
	return program;
}
#endif /* CONFIG_SECCOMP_ACTION_TABLES */
