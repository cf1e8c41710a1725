// SPDX-License-Identifier: GPL-2.0
/* Stacks of filters, and what is known of some */

#include <linux/audit.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "program.h"
#include "stacks.h"

#define NEWEST		0

#define RANDOM_DEPTH	3
#define RANDOM_INSNS	48
#define RANDOM_BYTES	1024

/* The call that a process makes before it has all of its filters. */
#define NR_SECCOMP	317

/* BPF_PROG_TYPE_SECCOMP, which older headers do not have */
#define PROG_TYPE_SECCOMP	33

/* What filters are written to, one after the other. */
static struct sock_filter room[ROOM];
static struct sock_filter *at;

/**
 * begin_stack - make room for a stack; the last one goes
 * @s: where to put it
 */
void begin_stack(struct stack *s)
{
	*s = (struct stack){ };
	at = room;
}

static void begin_filter(struct stack *s)
{
	s->insns[s->nr] = at;
}

static void end_filter(struct stack *s)
{
	s->len[s->nr] = at - s->insns[s->nr];
	s->nr++;
}

static void stmt(u16 code, u32 k)
{
	*at++ = (struct sock_filter)BPF_STMT(code, k);
}

static void jump(u16 test, u32 k, u8 yes, u8 no)
{
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, k, yes, no);
}

static void load(u32 offset)
{
	stmt(BPF_LD | BPF_W | BPF_ABS, offset);
}

static void load_nr(void)
{
	load(offsetof(struct seccomp_data, nr));
}

static void load_arg(unsigned int i)
{
	load(offsetof(struct seccomp_data, args[i]));
}

static void ret(u32 k)
{
	stmt(BPF_RET | BPF_K, k);
}

/* A filter that refuses one number, of whatever ABI. */
static void refuse(struct stack *s, u32 nr, u32 action)
{
	begin_filter(s);
	load_nr();
	jump(BPF_JEQ, nr, 0, 1);
	ret(action);
	ret(SECCOMP_RET_ALLOW);
	end_filter(s);
}

/* One that refuses the number if its first argument is @k. */
static void refuse_if(struct stack *s, u32 nr, u32 k, u32 action)
{
	begin_filter(s);
	load_nr();
	jump(BPF_JEQ, nr, 0, 3);
	load_arg(0);
	jump(BPF_JEQ, k, 0, 1);
	ret(action);
	ret(SECCOMP_RET_ALLOW);
	end_filter(s);
}

static void allow_all(struct stack *s)
{
	begin_filter(s);
	ret(SECCOMP_RET_ALLOW | 5);
	end_filter(s);
}

static void ties(struct stack *s)
{
	refuse(s, 100, SECCOMP_RET_ERRNO | 1);
	refuse(s, 101, SECCOMP_RET_TRAP | 7);
	refuse(s, 102, SECCOMP_RET_ERRNO | 3);
	refuse(s, 100, SECCOMP_RET_ERRNO | 2);
	refuse(s, 101, SECCOMP_RET_ERRNO | 4);
	refuse(s, 102, SECCOMP_RET_KILL_PROCESS);
	refuse(s, 103, SECCOMP_RET_KILL_THREAD);
	refuse(s, 103, SECCOMP_RET_KILL_PROCESS | 9);
}

static void all_actions(struct stack *s)
{
	refuse(s, 110, SECCOMP_RET_LOG | 1);
	refuse(s, 111, SECCOMP_RET_TRACE | 0xffff);
	refuse(s, 112, SECCOMP_RET_USER_NOTIF | 2);
	refuse(s, 113, SECCOMP_RET_ERRNO | 5000);
	refuse(s, 114, SECCOMP_RET_ERRNO);
	refuse(s, 115, SECCOMP_RET_TRAP);
	refuse(s, 116, SECCOMP_RET_KILL_THREAD | 3);
	/* Above ERRNO, and unknown to all kernels. */
	refuse(s, 117, 0x12340005);
	refuse(s, 117, SECCOMP_RET_TRACE);
	refuse(s, 118, 0x12340005);
	refuse(s, 118, SECCOMP_RET_ERRNO | 6);
}

static void architectures(struct stack *s)
{
	begin_filter(s);
	load(offsetof(struct seccomp_data, arch));
	jump(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
	ret(SECCOMP_RET_KILL_PROCESS);
	load_nr();
	jump(BPF_JEQ, 0xffffffff, 2, 0);
	jump(BPF_JSET, X32_BIT, 0, 1);
	ret(SECCOMP_RET_ERRNO | 38);
	ret(SECCOMP_RET_ALLOW);
	end_filter(s);
}

static void x32_like_native(struct stack *s)
{
	begin_filter(s);
	load_nr();
	stmt(BPF_ALU | BPF_AND | BPF_K, ~X32_BIT);
	jump(BPF_JEQ, 39, 0, 1);
	ret(SECCOMP_RET_ERRNO | 1);
	ret(SECCOMP_RET_ALLOW);
	end_filter(s);
}

static void divisions(struct stack *s)
{
	begin_filter(s);
	load_nr();
	jump(BPF_JEQ, 120, 0, 2);
	stmt(BPF_ALU | BPF_DIV | BPF_X, 0);
	ret(SECCOMP_RET_ALLOW);
	jump(BPF_JEQ, 121, 0, 4);
	load_arg(0);
	stmt(BPF_MISC | BPF_TAX, 0);
	stmt(BPF_ALU | BPF_DIV | BPF_X, 0);
	ret(SECCOMP_RET_ERRNO | 1);
	ret(SECCOMP_RET_ALLOW);
	end_filter(s);
}

/* The same twice, another one, and one that must not matter. */
static void arguments(struct stack *s)
{
	refuse_if(s, 130, 1, SECCOMP_RET_ERRNO | 1);
	refuse_if(s, 130, 1, SECCOMP_RET_ERRNO | 1);
	refuse_if(s, 131, 1, SECCOMP_RET_ERRNO | 1);
	refuse_if(s, 131, 2, SECCOMP_RET_ERRNO | 2);
	refuse_if(s, 132, 1, SECCOMP_RET_ERRNO | 1);
	refuse(s, 132, SECCOMP_RET_ERRNO | 2);
	refuse(s, 133, SECCOMP_RET_ERRNO | 2);
	refuse_if(s, 133, 1, SECCOMP_RET_ERRNO | 1);
	refuse_if(s, 134, 1, SECCOMP_RET_LOG);
	refuse(s, 134, SECCOMP_RET_TRAP);
	refuse_if(s, 134, 2, SECCOMP_RET_KILL_PROCESS);
	/* What no kernel knows loses against errno, and kills if it does not. */
	refuse_if(s, 135, 1, 0x12340000);
	refuse(s, 136, 0x12340000);
	refuse_if(s, 136, 1, SECCOMP_RET_ERRNO | 1);
}

/* Two residuals in a program, with the search for them. */
static void two_checks(struct stack *s)
{
	begin_filter(s);
	load_nr();
	jump(BPF_JEQ, 140, 0, 4);
	load_arg(0);
	jump(BPF_JEQ, 1, 0, 1);
	ret(SECCOMP_RET_ERRNO | 1);
	ret(SECCOMP_RET_ALLOW);
	jump(BPF_JEQ, 141, 0, 5);
	load_arg(1);
	jump(BPF_JSET, 1, 1, 0);
	jump(BPF_JSET, 2, 0, 1);
	ret(SECCOMP_RET_ERRNO | 2);
	ret(SECCOMP_RET_ALLOW);
	ret(SECCOMP_RET_ALLOW);
	end_filter(s);
}

static void one_check(struct stack *s)
{
	refuse_if(s, 142, 7, SECCOMP_RET_ERRNO | 1);
}

/* The smallest that there is to return is not the strictest. */
static void unknown_action(struct stack *s)
{
	begin_filter(s);
	load_nr();
	jump(BPF_JEQ, 143, 0, 5);
	load_arg(0);
	jump(BPF_JEQ, 1, 0, 1);
	ret(SECCOMP_RET_ERRNO | 1);
	jump(BPF_JEQ, 2, 0, 1);
	ret(0x12340000);
	ret(SECCOMP_RET_ALLOW);
	end_filter(s);
}

static void longest(struct stack *s)
{
	begin_filter(s);
	load_nr();
	for (int i = 0; i < (BPF_MAXINSNS - 2) / 2; i++) {
		jump(BPF_JEQ, 400 + i, 0, 1);
		ret(SECCOMP_RET_ERRNO | i);
	}
	ret(SECCOMP_RET_ALLOW);
	end_filter(s);
}

static void deep(struct stack *s)
{
	for (unsigned int i = 0; i < STACK_MAX; i++)
		refuse(s, 200 + i, SECCOMP_RET_ERRNO | (i + 1));
}

/**
 * load_ebpf - add an eBPF program
 * @s: where to
 * @ret: what it always returns
 *
 * Return: false if the kernel does not take it.
 */
bool load_ebpf(struct stack *s, u32 ret)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = ret },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = PROG_TYPE_SECCOMP;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = 2;
	attr.license = (unsigned long)"GPL";
	s->kind[s->nr] = EBPF;
	s->ret[s->nr] = ret;
	s->fd[s->nr] = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return s->fd[s->nr++] >= 0;
}

#define IS(r, f)	{ .constant = true, .ret = (r), .filter = (f) }
#define ASKS(n, strict, mild) \
	{ .programs = (n), .strictest = (strict), .mildest = (mild), .filter = -1 }
#define TAKES(n, insns) \
	{ .programs = (n), .longest = (insns), .strictest = SECCOMP_RET_ERRNO, \
	  .mildest = SECCOMP_RET_ALLOW, .filter = -1 }
#define ALLOWED	IS(SECCOMP_RET_ALLOW, -1)

const struct known known_stacks[] = {
	{ "allow_all", allow_all, {
		{ X86_64, 0, ALLOWED },
		{ IA32, 0xffffffff, ALLOWED },
		{ X32, 547, ALLOWED },
	} },
	{ "ties", ties, {
		{ X86_64, 99, ALLOWED },
		{ X86_64, 100, IS(SECCOMP_RET_ERRNO | 2, 4) },
		{ X86_64, 101, IS(SECCOMP_RET_TRAP | 7, 6) },
		{ X86_64, 102, IS(SECCOMP_RET_KILL_PROCESS, 2) },
		{ X86_64, 103, IS(SECCOMP_RET_KILL_PROCESS, 0) },
		{ IA32, 103, IS(SECCOMP_RET_KILL_PROCESS, 0) },
		{ X32, 103, ALLOWED },
	} },
	{ "all_actions", all_actions, {
		{ X86_64, 110, IS(SECCOMP_RET_LOG, 10) },
		{ X86_64, 111, IS(SECCOMP_RET_TRACE | 0xffff, 9) },
		{ X86_64, 112, IS(SECCOMP_RET_USER_NOTIF, 8) },
		{ X86_64, 113, IS(SECCOMP_RET_ERRNO | 4095, 7) },
		{ X86_64, 114, IS(SECCOMP_RET_ERRNO, 6) },
		{ X86_64, 115, IS(SECCOMP_RET_TRAP, 5) },
		{ X86_64, 116, IS(SECCOMP_RET_KILL_THREAD, 4) },
		{ X86_64, 117, IS(SECCOMP_RET_KILL_PROCESS, 3) },
		{ X86_64, 118, IS(SECCOMP_RET_ERRNO | 6, 0) },
	} },
	{ "architectures", architectures, {
		{ X86_64, 0, ALLOWED },
		{ X86_64, 472, ALLOWED },
		{ X86_64, 512, ALLOWED },
		{ X32, 600, IS(SECCOMP_RET_ERRNO | 38, NEWEST) },
		{ X86_64, 0x80000000, ALLOWED },
		{ X86_64, 0xc0000000, IS(SECCOMP_RET_ERRNO | 38, NEWEST) },
		{ X86_64, 0xffffffff, ALLOWED },
		{ IA32, 0, IS(SECCOMP_RET_KILL_PROCESS, NEWEST) },
		{ IA32, 0xffffffff, IS(SECCOMP_RET_KILL_PROCESS, NEWEST) },
		{ X32, 0, IS(SECCOMP_RET_ERRNO | 38, NEWEST) },
		{ X32, 547, IS(SECCOMP_RET_ERRNO | 38, NEWEST) },
	} },
	{ "x32_like_native", x32_like_native, {
		{ X86_64, 39, IS(SECCOMP_RET_ERRNO | 1, NEWEST) },
		{ X86_64, 40, ALLOWED },
		{ IA32, 39, IS(SECCOMP_RET_ERRNO | 1, NEWEST) },
		{ X32, 39, IS(SECCOMP_RET_ERRNO | 1, NEWEST) },
		{ X32, 38, ALLOWED },
	} },
	{ "divisions", divisions, {
		{ X86_64, 119, ALLOWED },
		{ X86_64, 120, IS(SECCOMP_RET_KILL_THREAD, NEWEST) },
		{ X86_64, 121, ASKS(1, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_ALLOW) },
	} },
	{ "arguments", arguments, {
		{ X86_64, 130, ASKS(1, SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW) },
		{ X86_64, 131, ASKS(2, SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW) },
		{ X86_64, 132, IS(SECCOMP_RET_ERRNO | 2, 8) },
		{ X86_64, 133, ASKS(1, SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO) },
		{ X86_64, 134, ASKS(1, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP) },
		{ X86_64, 135, ASKS(1, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW) },
		{ X86_64, 136, ASKS(1, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ERRNO) },
		{ X32, 130, ALLOWED },
	} },
	/* A load, a test and a return. */
	{ "one_check", one_check, {
		{ X86_64, 142, TAKES(1, 3) },
		{ IA32, 142, TAKES(1, 3) },
	} },
	{ "unknown_action", unknown_action, {
		{ X86_64, 143, ASKS(1, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW) },
	} },
	/* A load and a test more, to tell them apart. */
	{ "two_checks", two_checks, {
		{ X86_64, 140, TAKES(1, 5) },
		{ X86_64, 141, TAKES(1, 6) },
		{ IA32, 141, TAKES(1, 6) },
	} },
	{ "longest", longest, {
		{ X86_64, 399, ALLOWED },
		{ X86_64, 400, IS(SECCOMP_RET_ERRNO, NEWEST) },
		{ X86_64, 472, IS(SECCOMP_RET_ERRNO | 72, NEWEST) },
		{ X86_64, 0x80000000, ALLOWED },
		{ IA32, 401, IS(SECCOMP_RET_ERRNO | 1, NEWEST) },
		{ X32, 401, ALLOWED },
	} },
	{ "deep", deep, {
		{ X86_64, 200, IS(SECCOMP_RET_ERRNO | 1, STACK_MAX - 1) },
		{ X86_64, 200 + STACK_MAX - 1, IS(SECCOMP_RET_ERRNO | STACK_MAX, NEWEST) },
		{ X86_64, 200 + STACK_MAX, ALLOWED },
	} },
};

const unsigned int nr_known_stacks = sizeof(known_stacks) / sizeof(*known_stacks);

/* Let the calls through that it takes to attach the next filter. */
static void let_attach(void)
{
	load_nr();
	jump(BPF_JEQ, NR_SECCOMP, 0, 1);
	ret(SECCOMP_RET_ALLOW);
	/* A filter finds a zero here. */
	stmt(BPF_LD | BPF_IMM, 0);
}

/**
 * random_stack - make a stack of random filters
 * @s: where to put it
 * @seed: the same gives the same, everywhere
 */
void random_stack(struct stack *s, unsigned long long seed)
{
	static u8 buffer[RANDOM_BYTES];
	u64 state = (seed + 1) * 0x9e3779b97f4a7c15;
	unsigned int nr;

	begin_stack(s);
	for (nr = 1 + seed % RANDOM_DEPTH; nr; nr--) {
		struct bytes bytes = { .next = buffer, .end = buffer + sizeof(buffer) };

		/* xorshift64* */
		for (unsigned int i = 0; i < sizeof(buffer); i++) {
			state ^= state >> 12;
			state ^= state << 25;
			state ^= state >> 27;
			buffer[i] = state * 0x2545f4914f6cdd1d >> 56;
		}
		begin_filter(s);
		let_attach();
		at += make_program(&bytes, at, RANDOM_INSNS);
		end_filter(s);
		/* Sometimes the same once more. */
		if (seed % 7 == 0 && s->nr < STACK_MAX) {
			s->insns[s->nr] = s->insns[s->nr - 1];
			s->len[s->nr] = s->len[s->nr - 1];
			s->nr++;
		}
	}
}

/**
 * file_stack - add a filter from a file
 * @s: where to
 * @path: the file, struct sock_filter as they are
 * @attachable: let the filter allow to attach another one
 *
 * Return: false if it cannot be read.
 */
bool file_stack(struct stack *s, const char *path, bool attachable)
{
	FILE *f = fopen(path, "r");
	size_t len;

	if (!f || s->nr == STACK_MAX || at + 4 + BPF_MAXINSNS > room + ROOM) {
		if (f)
			fclose(f);
		return false;
	}
	begin_filter(s);
	if (attachable)
		let_attach();
	len = fread(at, sizeof(*at), BPF_MAXINSNS, f);
	at += len;
	end_filter(s);
	fclose(f);
	return len;
}
