/* SPDX-License-Identifier: GPL-2.0 */
/* What one filter says by itself, and what has to run to find out */

#ifndef _KERNEL_SECCOMP_PROGRAM_H
#define _KERNEL_SECCOMP_PROGRAM_H

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "slots.h"

/**
 * struct seccomp_answer - what a filter says to a system call
 * @prog: the program that says it; NULL if it is always the same
 * @arch: what that program finds as seccomp_data.arch
 * @ret: what the filter returns; or the smallest action that @prog can return
 */
struct seccomp_answer {
	const struct bpf_prog *prog;
	u32 arch;
	u32 ret;
};

/**
 * struct seccomp_program - a filter, as installed and as it is run
 * @refs: how many filters have it
 * @ebpf: the filter, if it is an eBPF program
 * @stateful: it is one that has to run for each call, and as often as it is
 *	attached, whatever other filters return
 * @unanalyzed: analysis or its results are missing, mostly for want of memory:
 *	another filter of the same instructions is analyzed anew
 * @fprog: else the filter as user space gave it
 * @path_insns: how many it counts for MAX_INSNS_PER_PATH: those of the eBPF
 *	that it is, or would be, converted to
 * @whole: all of it, to run; NULL if it is an eBPF program, or never has to
 * @rest: what is left of it for the calls where that is less; NULL if none is
 * @slots: a place in @answers for each system call
 * @answers: what the filter says, see seccomp_program_answer()
 *
 * It does not change after it was made, and does not know who has it.
 */
struct seccomp_program {
	refcount_t refs;
	bool stateful;
	bool unanalyzed;
	struct bpf_prog *ebpf;
	struct sock_fprog_kern fprog;
	unsigned int path_insns;
	struct bpf_prog *whole;
	struct bpf_prog *rest;
	u8 slots[SECCOMP_SLOTS];
	struct seccomp_answer answers[];
};

/*
 * What finds verdicts for an eBPF program, as seccomp_analyze() does for a
 * classic one.
 */
typedef int (*seccomp_probe_t)(void *context, const struct seccomp_space *space,
			       struct seccomp_verdict *verdicts);

int seccomp_program_copy(struct sock_fprog_kern *to, const struct sock_fprog *from);
bool seccomp_program_shareable(const struct seccomp_program *program);
bool seccomp_program_is(const struct seccomp_program *program,
			const struct sock_fprog_kern *fprog);
struct seccomp_program *seccomp_program_create(const struct sock_fprog_kern *fprog,
					       bpf_aux_classic_check_t check);
struct seccomp_program *seccomp_program_create_ebpf(struct bpf_prog *prog, bool stateful,
						    seccomp_probe_t probe, void *context);
unsigned int seccomp_path_insns(const struct sock_fprog_kern *fprog);
u32 seccomp_program_run_whole(const struct seccomp_program *program, struct seccomp_data *sd);

#ifdef CONFIG_SECCOMP_ACTION_TABLES
/* Verdicts are verified: every filter is kept whole, and runs for every call. */
extern bool seccomp_verify;

void seccomp_program_put(struct seccomp_program *program);
#else
#define seccomp_verify	false

static inline void seccomp_program_put(struct seccomp_program *program)
{
}
#endif /* CONFIG_SECCOMP_ACTION_TABLES */

/* Drop a program, of whichever kind. */
static inline void seccomp_program_release(struct bpf_prog *prog)
{
	if (!prog)
		return;
	if (bpf_prog_was_classic(prog))
		bpf_prog_destroy(prog);
	else
		bpf_prog_put(prog);
}

static inline struct seccomp_program *seccomp_program_get(struct seccomp_program *program)
{
	refcount_inc(&program->refs);
	return program;
}

/*
 * Run a classic program. None has state on this CPU, so it need not stay here,
 * unless runs are to be counted.
 */
static __always_inline u32 seccomp_program_run(const struct bpf_prog *prog,
					       const struct seccomp_data *sd)
{
	if (static_branch_unlikely(&bpf_stats_enabled_key))
		return bpf_prog_run_pin_on_cpu(prog, sd);
	return bpf_dispatcher_nop_func(sd, prog->insnsi, prog->bpf_func);
}

/*
 * Run an eBPF program. Maps are looked up under RCU and programs called by tail
 * go with it; and what belongs to a CPU is to stay the same one's. Another task
 * may still run the same program on this CPU in between.
 */
static inline u32 seccomp_program_run_ebpf(const struct bpf_prog *prog,
					   const struct seccomp_data *sd)
{
	u32 ret;

	rcu_read_lock_dont_migrate();
	ret = bpf_prog_run(prog, sd);
	rcu_read_unlock_migrate();
	return ret;
}

/* What a filter says to the call @sd, of which the architecture is written over. */
static __always_inline u32 seccomp_program_ask(const struct seccomp_answer *answer,
					       struct seccomp_data *sd)
{
	if (!answer->prog)
		return answer->ret;
	sd->arch = answer->arch;
	if (!bpf_prog_was_classic(answer->prog))
		return seccomp_program_run_ebpf(answer->prog, sd);
	return seccomp_program_run(answer->prog, sd);
}

/* What the filter of @program says to a system call, by itself. */
static inline const struct seccomp_answer *
seccomp_program_answer(const struct seccomp_program *program, unsigned int slot)
{
	return &program->answers[program->slots[slot]];
}

/**
 * seccomp_program_verdict - find what a filter by itself returns for a system call
 * @program: the program of the filter
 * @slot: seccomp_slot() of the call
 * @sd: the call; its architecture may be written over
 *
 * Context: Any, as long as the filter is held.
 *
 * Return: The SECCOMP_RET_* value, data included.
 */
static inline u32 seccomp_program_verdict(const struct seccomp_program *program,
					  unsigned int slot, struct seccomp_data *sd)
{
	if (unlikely(slot >= SECCOMP_SLOTS))
		return seccomp_program_run_whole(program, sd);
	return seccomp_program_ask(seccomp_program_answer(program, slot), sd);
}

#endif /* _KERNEL_SECCOMP_PROGRAM_H */
