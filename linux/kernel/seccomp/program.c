// SPDX-License-Identifier: GPL-2.0
/* What one filter says by itself, and what has to run to find out */

/**
 * DOC: Filters and programs
 *
 * The analysis says of most calls what the filter returns. What is left of the
 * filter for the others becomes one short program with several entries, see
 * residual.c. The filter itself is compiled only if something needs it whole:
 * it then was too much for the analysis or for the residuals, or had more
 * different answers than a byte can tell apart. A filter with nothing but
 * constant verdicts thus is never handed to interpreter or JIT.
 *
 * An eBPF program comes compiled. If it is pure, what it always returns is
 * found out and it runs for the other calls, else it runs for all; see ebpf.c.
 *
 * The residual program of a filter that is compiled as well is left out if it is
 * long: to compile both would cost too much.
 *
 * Nothing here fails for want of time, and for want of memory only where the
 * filter could not be kept or run at all. A filter that could not be analyzed
 * runs whole for each system call, and its program is not shared: when another
 * one of the same instructions is attached, there may be memory again.
 */
#define pr_fmt(fmt) "seccomp: " fmt

#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/hash.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "analyze.h"
#include "exempt.h"
#include "interpret.h"
#include "program.h"
#include "residual.h"
#include "slots.h"

/* For what the filter can be attached without. */
#define SCRATCH_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/* For what it cannot, charged and allowed to fail. */
#define PROGRAM_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NOWARN)

/* What conversion to eBPF puts in front of a program. */
#define PROLOGUE_INSNS	3

/* Places of answers that every filter has. */
enum {
	WHOLE,		/* the filter runs, for a call of the native ABI */
	WHOLE_COMPAT,	/* the same for a compat one */
	ALLOW,
	FIRST_OTHER,
};

/* As many as a byte can tell apart. Where there are more, the filter runs. */
#define ANSWERS_MAX	(U8_MAX + 1)

#define NO_PLACE	WHOLE

/* How many chains constant answers are kept in, to find an equal one. */
#define CHAIN_BITS	8

/*
 * How long the residual program may be if the filter is compiled as well. To
 * compile one of them is what mainline does; the other one comes on top of it.
 */
#define REST_BESIDE_WHOLE_MAX	512

/**
 * struct draft - what becomes of a program
 * @nr: how many answers there are
 * @unanalyzed: as in struct seccomp_program
 * @seed: keys the hash of constants, so that user space cannot make chains long
 * @chains: the newest constant of each hash; NO_PLACE if there is none
 * @next: the constant after each one of @answers in its chain, or NO_PLACE
 * @entries: the places of the residuals, or NO_PLACE
 * @slots: as in struct seccomp_program
 * @answers: as there, with no program yet
 * @verdicts: what the filter returns
 */
struct draft {
	unsigned int nr;
	bool unanalyzed;
	u32 seed;
	u8 chains[1 << CHAIN_BITS];
	u8 next[ANSWERS_MAX];
	u8 entries[SECCOMP_RESIDUALS_MAX];
	u8 slots[SECCOMP_SLOTS];
	struct seccomp_answer answers[ANSWERS_MAX];
	struct seccomp_verdict verdicts[SECCOMP_SLOTS];
};

static bool is_compat(unsigned int slot)
{
#ifdef SECCOMP_ARCH_COMPAT
	return slot >= SECCOMP_SLOT_COMPAT && slot < SECCOMP_SLOT_ALT;
#else
	return false;
#endif
}

static u8 whole_place(unsigned int slot)
{
	return is_compat(slot) ? WHOLE_COMPAT : WHOLE;
}

/*
 * Ranges that follow each other mostly fare the same: ask for all of them at
 * once, and for each only if that is not constant. Returns how many elements
 * of seccomp_slots from @s on have verdicts then, or an error.
 */
static int find_verdicts(struct seccomp_analyzer *an, const struct seccomp_slots *s,
			 struct seccomp_verdict *verdicts)
{
	struct seccomp_space all = s->space;
	int err, nr = 1;

	while (all.whole && s[nr].space.whole && s[nr].space.arch == all.arch &&
	       s[nr].space.first == all.last + 1)
		all.last = s[nr++].space.last;

	err = seccomp_analyze(an, &all, verdicts);
	if (err)
		return err;
	if (nr == 1)
		return nr;
	if (!verdicts->constant)
		return seccomp_analyze(an, &s->space, verdicts) ?: 1;
	for (int i = 1; i < nr; i++)
		verdicts[i] = verdicts[0];
	return nr;
}

/* The index of a constant, which is added if it is new; NO_PLACE if it can't be. */
static u8 constant_place(struct draft *d, u32 ret)
{
	u8 *chain = &d->chains[hash_32(ret ^ d->seed, CHAIN_BITS)];
	unsigned int i;

	/* Its data is dropped. */
	if ((ret & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ALLOW)
		return ALLOW;
	for (i = *chain; i != NO_PLACE; i = d->next[i]) {
		if (d->answers[i].ret == ret)
			return i;
	}
	if (d->nr == ANSWERS_MAX)
		return NO_PLACE;
	i = d->nr++;
	d->answers[i] = (struct seccomp_answer){ .ret = ret };
	d->next[i] = *chain;
	*chain = i;
	return i;
}

/*
 * The same for a residual. Until there is a program, answers.arch says which
 * entry it is, counted from 1.
 */
static u8 entry_place(struct draft *d, unsigned int entry, u32 smallest)
{
	if (smallest == SECCOMP_RET_ALLOW)
		return ALLOW;
	if (d->entries[entry] == NO_PLACE && d->nr < ANSWERS_MAX) {
		d->answers[d->nr] = (struct seccomp_answer){ .arch = entry + 1, .ret = smallest };
		d->entries[entry] = d->nr++;
	}
	return d->entries[entry];
}

/* No filter runs for these, see exempt.h. */
static void allow_exempt(u8 *slots)
{
	for (u32 nr = 0; nr < SECCOMP_ARCH_NATIVE_NR; nr++) {
		if (seccomp_is_exempt(SECCOMP_ARCH_NATIVE, nr))
			slots[SECCOMP_SLOT_NATIVE + nr] = ALLOW;
	}
}

/* What is said where verdict @v, of the number or range @space, is not constant. */
static int find_answer(struct draft *d, struct seccomp_residuals *rs,
		       struct seccomp_analyzer *an, const struct seccomp_space *space,
		       const struct seccomp_verdict *v, u8 *place)
{
	int entry = seccomp_residual_add(rs, an, space, v->start);

	*place = NO_PLACE;
	if (entry == -EINTR)
		return entry;
	if (entry >= 0)
		*place = entry_place(d, entry, seccomp_residual_smallest(rs, entry));
	return 0;
}

/* Find the answers of all slots of @s; their verdicts are known. */
static int find_answers(struct draft *d, struct seccomp_residuals *rs,
			struct seccomp_analyzer *an, const struct seccomp_slots *s)
{
	const struct seccomp_verdict *verdicts = &d->verdicts[s->slot];
	struct seccomp_space space = s->space;
	unsigned int nr = seccomp_nr_slots(s);
	u8 *slots = &d->slots[s->slot];
	u8 place;
	int err;

	for (unsigned int i = 0; i < nr;) {
		const struct seccomp_verdict v = verdicts[i];

		if (v.constant) {
			place = constant_place(d, v.ret);
		} else {
			if (!space.whole) {
				space.first = s->space.first + i;
				space.last = space.first;
			}
			err = find_answer(d, rs, an, &space, &v, &place);
			if (err)
				return err;
		}
		if (place == NO_PLACE)
			place = whole_place(s->slot + i);
		/* Neighbours mostly say the same. */
		do
			slots[i++] = place;
		while (v.constant && i < nr && verdicts[i].constant && verdicts[i].ret == v.ret);
	}
	return 0;
}

static struct bpf_prog *compile(struct sock_fprog_kern *fprog, bpf_aux_classic_check_t check)
{
	struct bpf_prog *prog;
	int err;

	err = bpf_prog_create_trans(&prog, fprog, check, false);
	return err ? ERR_PTR(err) : prog;
}

/* Do some calls need the filter itself, by these slots? */
static bool needs_whole(const u8 *slots)
{
	for (unsigned int slot = 0; slot < SECCOMP_SLOTS; slot++) {
		if (slots[slot] < ALLOW)
			return true;
	}
	return false;
}

/* Have the filter run for the calls that had a residual. */
static void drop_entries(struct draft *d)
{
	for (unsigned int slot = 0; slot < SECCOMP_SLOTS; slot++) {
		if (d->answers[d->slots[slot]].arch)
			d->slots[slot] = whole_place(slot);
	}
}

/* Compile the residuals. Where that cannot be, the filter runs. */
static struct bpf_prog *compile_rest(struct draft *d, struct seccomp_residuals *rs,
				     bpf_aux_classic_check_t check)
{
	struct sock_fprog_kern fprog;
	struct bpf_prog *prog = NULL;

	fprog.len = seccomp_residuals_finish(rs, &fprog.filter);
	if (fprog.len > REST_BESIDE_WHOLE_MAX && needs_whole(d->slots)) {
		drop_entries(d);
	} else if (fprog.len) {
		prog = compile(&fprog, check);
		if (IS_ERR(prog)) {
			drop_entries(d);
			d->unanalyzed = true;
			prog = NULL;
		}
	}
	for (unsigned int i = FIRST_OTHER; i < d->nr; i++) {
		struct seccomp_answer *a = &d->answers[i];

		if (!a->arch)
			continue;
		a->arch--;
		a->prog = prog;
		/* No slot leads here without a program. If one did, it would have to kill. */
		if (!prog)
			a->ret = SECCOMP_RET_KILL_PROCESS;
	}
	return prog;
}

/* Analyze the filter. Returns what is left of it for some calls, or NULL, or -EINTR. */
static struct bpf_prog *analyze(struct draft *d, const struct sock_fprog_kern *fprog,
				bpf_aux_classic_check_t check)
{
	struct seccomp_analyzer *an = seccomp_analyzer_alloc(fprog->filter, fprog->len);
	struct seccomp_residuals *rs = seccomp_residuals_alloc(fprog->filter, fprog->len);
	const struct seccomp_slots *s;
	struct bpf_prog *rest = NULL;
	int done;

	/* All verdicts first: residuals make do with the work that is left. */
	for (s = seccomp_slots; s->name; s += done) {
		done = find_verdicts(an, s, &d->verdicts[s->slot]);
		if (done < 0)
			goto killed;
	}
	for (s = seccomp_slots; s->name; s++) {
		done = find_answers(d, rs, an, s);
		if (done < 0)
			goto killed;
	}
	allow_exempt(d->slots);
	d->unanalyzed = (!rs && needs_whole(d->slots)) || seccomp_analyzer_starved(an);
	rest = compile_rest(d, rs, check);
	goto out;

killed:
	rest = ERR_PTR(done);
out:
	seccomp_residuals_free(rs);
	seccomp_analyzer_free(an);
	return rest;
}

/* What to do where nothing is known. */
static void know_nothing(u8 *slots)
{
	for (unsigned int slot = 0; slot < SECCOMP_SLOTS; slot++)
		slots[slot] = whole_place(slot);
	allow_exempt(slots);
}

/* The answers that every filter has; @whole runs all of it. */
static void first_answers(struct seccomp_program *program, const struct bpf_prog *whole)
{
	program->answers[WHOLE] = (struct seccomp_answer){
		.prog = whole,
		.arch = SECCOMP_ARCH_NATIVE,
		/* Whatever it may be. */
		.ret = SECCOMP_RET_KILL_PROCESS,
	};
	program->answers[WHOLE_COMPAT] = program->answers[WHOLE];
#ifdef SECCOMP_ARCH_COMPAT
	program->answers[WHOLE_COMPAT].arch = SECCOMP_ARCH_COMPAT;
#endif
	program->answers[ALLOW] = (struct seccomp_answer){ .ret = SECCOMP_RET_ALLOW };
}

static struct draft *alloc_draft(void)
{
	struct draft *d = kvmalloc_obj(*d, SCRATCH_GFP);

	if (d) {
		d->nr = FIRST_OTHER;
		d->unanalyzed = false;
		d->seed = get_random_u32();
		memset(d->chains, NO_PLACE, sizeof(d->chains));
		memset(d->entries, NO_PLACE, sizeof(d->entries));
		memset(d->answers, 0, FIRST_OTHER * sizeof(*d->answers));
	}
	return d;
}

/* A program with the answers of @d; without it the filter runs for all calls. */
static struct seccomp_program *alloc_program(const struct draft *d)
{
	unsigned int nr = d ? d->nr : FIRST_OTHER;
	struct seccomp_program *program;

	program = kzalloc_flex(*program, answers, nr, PROGRAM_GFP);
	if (!program)
		return NULL;
	refcount_set(&program->refs, 1);
	program->unanalyzed = !d || d->unanalyzed;
	if (d) {
		memcpy(program->slots, d->slots, sizeof(d->slots));
		memcpy(program->answers, d->answers, nr * sizeof(*d->answers));
	} else {
		know_nothing(program->slots);
	}
	return program;
}

/* Have the filter run for the calls that had a residual program. */
static void drop_rest(struct seccomp_program *program)
{
	unsigned int last = 0;

	for (unsigned int slot = 0; slot < SECCOMP_SLOTS; slot++) {
		u8 *place = &program->slots[slot];

		last = max_t(unsigned int, last, *place);
		if (program->answers[*place].prog)
			*place = whole_place(slot);
	}
	/* No slot leads to these any more. If one did, it would have to kill. */
	for (unsigned int i = FIRST_OTHER; i <= last; i++) {
		if (program->answers[i].prog)
			program->answers[i] = (struct seccomp_answer){
				.ret = SECCOMP_RET_KILL_PROCESS,
			};
	}
	bpf_prog_destroy(program->rest);
	program->rest = NULL;
	program->unanalyzed = true;
}

static void report_unanalyzed(const struct seccomp_program *program)
{
	if (program->unanalyzed)
		pr_warn_ratelimited("a filter of %s[%d] was not fully analyzed and runs for more system calls than necessary\n",
				    current->comm, task_pid_nr(current));
}

/* Would seccomp take the filter? @check changes what it is given. */
static int check_filter(const struct sock_fprog_kern *fprog, bpf_aux_classic_check_t check)
{
	struct sock_filter *copy;
	int err;

	copy = kvmalloc_array(fprog->len, sizeof(*copy), PROGRAM_GFP);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, fprog->filter, bpf_classic_proglen(fprog));
	err = bpf_check_classic(copy, fprog->len) ?: check(copy, fprog->len);
	kvfree(copy);
	return err;
}

/**
 * seccomp_program_copy - get a filter from user space
 * @to: where to put it
 * @from: where it is; the length is one that a filter can have
 *
 * In memory of the size it needs, since it stays.
 *
 * Context: Process context, may sleep. Takes no locks.
 *
 * Return: 0, with instructions for seccomp_program_create() or kvfree(); or
 * -EINVAL if there is no filter, -ENOMEM, -EFAULT.
 */
int seccomp_program_copy(struct sock_fprog_kern *to, const struct sock_fprog *from)
{
	size_t size = bpf_classic_proglen(from);

	if (!from->filter)
		return -EINVAL;
	to->len = from->len;
	to->filter = size > PAGE_SIZE ? __vmalloc(size, PROGRAM_GFP) : kmalloc(size, PROGRAM_GFP);
	if (!to->filter)
		return -ENOMEM;
	if (copy_from_user(to->filter, from->filter, size)) {
		kvfree(to->filter);
		return -EFAULT;
	}
	return 0;
}

/**
 * seccomp_path_insns - what does a filter count for MAX_INSNS_PER_PATH?
 * @fprog: a filter that seccomp accepts
 *
 * To convert it only to know that would take longer than everything else. So
 * this says what bpf_convert_filter() makes of each instruction.
 *
 * Context: Any.
 *
 * Return: The number of eBPF instructions, before any are added for blinding.
 */
unsigned int seccomp_path_insns(const struct sock_fprog_kern *fprog)
{
	unsigned int nr = PROLOGUE_INSNS + fprog->len;

	for (unsigned int pc = 0; pc < fprog->len; pc++) {
		const struct sock_filter insn = fprog->filter[pc];

		if (BPF_CLASS(insn.code) == BPF_JMP && BPF_OP(insn.code) != BPF_JA) {
			/* Immediates are signed. A greater one is loaded first. */
			if (BPF_SRC(insn.code) == BPF_K && (int)insn.k < 0)
				nr++;
			/* One side must come next, and bit tests have no inverse. */
			if (insn.jf && (insn.jt || BPF_OP(insn.code) == BPF_JSET))
				nr++;
		} else if (insn.code == (BPF_RET | BPF_K)) {
			/* Load, and return. */
			nr++;
		} else if (insn.code == (BPF_ALU | BPF_DIV | BPF_X)) {
			/* Return 0 if X is 0. */
			nr += 4;
		}
	}
	return nr;
}

/* Was @prog left to the interpreter because the JIT failed? */
static bool fell_back(const struct bpf_prog *prog)
{
	return prog && prog->jit_requested && !prog->jited;
}

/**
 * seccomp_program_shareable - test if another filter may have a program, too
 * @program: the program of a filter that is attached
 *
 * Return: false if some of @program is missing, that could be made when the
 * filter is attached again.
 */
bool seccomp_program_shareable(const struct seccomp_program *program)
{
	return !program->unanalyzed && !fell_back(program->whole) && !fell_back(program->rest);
}

/**
 * seccomp_program_is - is it a filter of exactly these instructions?
 * @program: the one
 * @fprog: the instructions
 *
 * Return: true if so.
 */
bool seccomp_program_is(const struct seccomp_program *program,
			const struct sock_fprog_kern *fprog)
{
	return program->fprog.len == fprog->len &&
	       !memcmp(program->fprog.filter, fprog->filter, bpf_classic_proglen(fprog));
}

/**
 * seccomp_program_create - make what is needed to attach a filter
 * @fprog: the filter, from seccomp_program_copy(); its instructions are taken
 *	over, even if this fails
 * @check: what seccomp does not accept, and what it changes for conversion
 *
 * Context: Process context, may sleep. Takes no locks. Stops for a fatal
 * signal. May need milliseconds for a filter made to be hard.
 *
 * Return: The filter's program, for seccomp_program_put(). As a pointer: -EINVAL
 * if it is not accepted, -ENOMEM, -EINTR if a fatal signal is pending, or what
 * compiling it returns, if it has to be compiled.
 */
struct seccomp_program *seccomp_program_create(const struct sock_fprog_kern *fprog,
					       bpf_aux_classic_check_t check)
{
	struct seccomp_program *program = NULL;
	struct bpf_prog *rest = NULL, *whole;
	struct draft *d = NULL;
	int err;

	err = check_filter(fprog, check);
	if (err)
		goto fail;

	d = alloc_draft();
	if (d) {
		rest = analyze(d, fprog, check);
		if (IS_ERR(rest)) {
			err = PTR_ERR(rest);
			goto fail;
		}
	}

	program = alloc_program(d);
	if (!program) {
		if (rest)
			bpf_prog_destroy(rest);
		err = -ENOMEM;
		goto fail;
	}
	program->fprog = *fprog;
	program->path_insns = seccomp_path_insns(fprog);
	program->rest = rest;
	kvfree(d);

	/* To be verified, it has to run for every call. */
	whole = seccomp_verify || needs_whole(program->slots) ?
		compile(&program->fprog, check) : NULL;
	/* The JIT's memory may have gone to what the filter could be attached without. */
	if (IS_ERR(whole) && program->rest) {
		drop_rest(program);
		whole = compile(&program->fprog, check);
	}
	if (IS_ERR(whole)) {
		seccomp_program_put(program);
		return ERR_CAST(whole);
	}
	program->whole = whole;
	first_answers(program, whole);
	report_unanalyzed(program);
	return program;

fail:
	kvfree(d);
	kvfree(fprog->filter);
	return ERR_PTR(err);
}

/**
 * seccomp_program_create_ebpf - make what is needed to attach an eBPF program
 * @prog: the program; the reference is taken over, even if this fails
 * @stateful: it has to run for each call
 * @probe: finds what it always returns; NULL if it has to run, or if there was
 *	no memory to find out
 * @context: what @probe is called with
 *
 * Context: Process context, may sleep. Takes no locks. Stops for a fatal
 * signal, if @probe does.
 *
 * Return: The filter's program, for seccomp_program_put(). As a pointer: -ENOMEM,
 * or -EINTR if a fatal signal is pending.
 */
struct seccomp_program *seccomp_program_create_ebpf(struct bpf_prog *prog, bool stateful,
						    seccomp_probe_t probe, void *context)
{
	struct draft *d = !stateful && probe ? alloc_draft() : NULL;
	struct seccomp_program *program;
	const struct seccomp_slots *s;
	int err = 0;

	for (s = seccomp_slots; d && s->name && !err; s++) {
		err = probe(context, &s->space, &d->verdicts[s->slot]);
		if (!err)
			err = find_answers(d, NULL, NULL, s);
	}
	if (d)
		allow_exempt(d->slots);
	program = err ? ERR_PTR(err) : alloc_program(d);
	kvfree(d);
	if (IS_ERR_OR_NULL(program)) {
		bpf_prog_put(prog);
		return program ?: ERR_PTR(-ENOMEM);
	}
	program->ebpf = prog;
	program->stateful = stateful;
	/* Nothing is analyzed of a program with state, nothing is missing. */
	if (stateful)
		program->unanalyzed = false;
	program->path_insns = prog->len;
	first_answers(program, prog);
	report_unanalyzed(program);
	return program;
}

/**
 * seccomp_program_run_whole - run a filter for a call that has no slot
 * @program: the program of the filter
 * @sd: the call, with the architecture that it has
 *
 * A filter that was compiled whole runs as it was compiled: JITs differ from
 * each other in what a shift by 32 or more leaves.
 *
 * Context: Any that the filter may run in.
 *
 * Return: The SECCOMP_RET_* value, data included.
 */
u32 seccomp_program_run_whole(const struct seccomp_program *program, struct seccomp_data *sd)
{
	if (program->ebpf)
		return seccomp_program_run_ebpf(program->ebpf, sd);
	if (program->whole)
		return seccomp_program_run(program->whole, sd);
	return seccomp_interpret(&program->fprog, sd);
}

/**
 * seccomp_program_put - drop a reference
 * @program: the program, or NULL
 *
 * Context: Process context.
 */
void seccomp_program_put(struct seccomp_program *program)
{
	if (!program || !refcount_dec_and_test(&program->refs))
		return;
	seccomp_program_release(program->ebpf);
	seccomp_program_release(program->whole);
	seccomp_program_release(program->rest);
	kvfree(program->fprog.filter);
	kfree(program);
}
