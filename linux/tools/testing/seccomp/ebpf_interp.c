// SPDX-License-Identifier: GPL-2.0
/* What an eBPF program returns to one call, if the verifier could accept it */

#include <string.h>

#include "ebpf_interp.h"

#define FRAMES		16
#define STEPS_MAX	20000

/*
 * Whatever the program is not to know is another for each run: addresses, what
 * is in memory and in registers that it has not written to.
 */
struct machine {
	const struct bpf_insn *insns;
	unsigned int len;
	u64 random;
	u64 regs[MAX_BPF_EXT_REG];
	u64 ctx_addr;
	const struct seccomp_data *ctx;
	unsigned int depth;
	struct {
		u64 addr;	/* of the end */
		u64 kept[4];
		unsigned int back;
		u8 bytes[MAX_BPF_STACK];
	} frames[FRAMES];
};

static u64 garbage(struct machine *m)
{
	m->random ^= m->random >> 12;
	m->random ^= m->random << 25;
	m->random ^= m->random >> 27;
	return m->random * 0x2545f4914f6cdd1d;
}

static bool enter(struct machine *m, unsigned int depth)
{
	if (depth == FRAMES)
		return false;
	m->depth = depth;
	for (unsigned int i = 0; i < MAX_BPF_STACK; i += 8) {
		u64 v = garbage(m);

		memcpy(m->frames[depth].bytes + i, &v, 8);
	}
	/* Deeper is further down. Somewhere in the kernel's half. */
	m->frames[depth].addr = depth ? m->frames[depth - 1].addr - 600 - garbage(m) % 64 * 8 :
				0xffffc90000000000 + (garbage(m) & 0xfffffff8);
	m->regs[BPF_REG_10] = m->frames[depth].addr;
	return true;
}

/* Where the program may read @size bytes at @addr; NULL if it may not. */
static const u8 *readable(const struct machine *m, u64 addr, unsigned int size)
{
	u64 off = addr - m->ctx_addr;

	if (off < sizeof(*m->ctx) && off % size == 0)
		return (const u8 *)m->ctx + off;
	for (unsigned int i = 0; i <= m->depth; i++) {
		off = addr - (m->frames[i].addr - MAX_BPF_STACK);
		if (off < MAX_BPF_STACK && off % size == 0)
			return m->frames[i].bytes + off;
	}
	return NULL;
}

static u64 swapped(u64 v, unsigned int bytes)
{
	u64 res = 0;

	while (bytes--) {
		res = res << 8 | (v & 0xff);
		v >>= 8;
	}
	return res;
}

static u64 cut(u64 v, unsigned int bits)
{
	return bits == 64 ? v : v & ((1ULL << bits) - 1);
}

static s64 extend(u64 v, unsigned int bits)
{
	u64 sign = 1ULL << (bits - 1);

	v = cut(v, bits);
	return v & sign ? (s64)(v - sign - sign) : (s64)v;
}

static bool alu(const struct bpf_insn *i, u64 dst, u64 src, u64 *res)
{
	unsigned int bits = BPF_CLASS(i->code) == BPF_ALU64 ? 64 : 32;
	u64 a = cut(dst, bits), b = cut(src, bits), v;
	s64 sa = extend(a, bits), sb = extend(b, bits);

	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		v = a + b;
		break;
	case BPF_SUB:
		v = a - b;
		break;
	case BPF_MUL:
		v = a * b;
		break;
	case BPF_OR:
		v = a | b;
		break;
	case BPF_AND:
		v = a & b;
		break;
	case BPF_XOR:
		v = a ^ b;
		break;
	case BPF_LSH:
		v = a << b % bits;
		break;
	case BPF_RSH:
		v = a >> b % bits;
		break;
	case BPF_ARSH:
		v = sa >> b % bits;
		break;
	case BPF_NEG:
		v = 0 - a;
		break;
	case BPF_MOV:
		v = i->off ? (u64)extend(b, i->off) : b;
		break;
	case BPF_DIV:
		if (!b)
			v = 0;
		else if (!i->off)
			v = a / b;
		else
			v = sb == -1 ? 0 - a : (u64)(sa / sb);
		break;
	case BPF_MOD:
		if (!b)
			v = a;
		else if (!i->off)
			v = a % b;
		else
			v = sb == -1 ? 0 : (u64)(sa % sb);
		break;
	case BPF_END:
		/* The width is that of the immediate; little endian is what this machine is. */
		v = cut(dst, i->imm);
		if (bits == 64 || BPF_SRC(i->code) == BPF_TO_BE)
			v = swapped(v, i->imm / 8);
		*res = v;
		return true;
	default:
		return false;
	}
	*res = cut(v, bits);
	return true;
}

static bool jump(const struct bpf_insn *i, u64 dst, u64 src, bool *taken)
{
	unsigned int bits = BPF_CLASS(i->code) == BPF_JMP ? 64 : 32;
	u64 a = cut(dst, bits), b = cut(src, bits);
	s64 sa = extend(a, bits), sb = extend(b, bits);

	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		*taken = a == b;
		return true;
	case BPF_JNE:
		*taken = a != b;
		return true;
	case BPF_JGT:
		*taken = a > b;
		return true;
	case BPF_JGE:
		*taken = a >= b;
		return true;
	case BPF_JLT:
		*taken = a < b;
		return true;
	case BPF_JLE:
		*taken = a <= b;
		return true;
	case BPF_JSGT:
		*taken = sa > sb;
		return true;
	case BPF_JSGE:
		*taken = sa >= sb;
		return true;
	case BPF_JSLT:
		*taken = sa < sb;
		return true;
	case BPF_JSLE:
		*taken = sa <= sb;
		return true;
	case BPF_JSET:
		*taken = a & b;
		return true;
	}
	return false;
}

static bool load(struct machine *m, const struct bpf_insn *i)
{
	unsigned int size = bpf_size_to_bytes(BPF_SIZE(i->code));
	const u8 *from = readable(m, m->regs[i->src_reg] + i->off, size);
	u64 v = 0;

	if (!from)
		return false;
	memcpy(&v, from, size);
	m->regs[i->dst_reg] = BPF_MODE(i->code) == BPF_MEMSX ? (u64)extend(v, size * 8) : v;
	return true;
}

static bool store(struct machine *m, const struct bpf_insn *i)
{
	unsigned int size = bpf_size_to_bytes(BPF_SIZE(i->code));
	u64 addr = m->regs[i->dst_reg] + i->off, v;
	u8 *to = (u8 *)readable(m, addr, size);

	if (!to || addr - m->ctx_addr < sizeof(*m->ctx))
		return false;
	v = BPF_CLASS(i->code) == BPF_ST ? (u64)(s64)i->imm : m->regs[i->src_reg];
	memcpy(to, &v, size);
	return true;
}

/**
 * run_ebpf - run a program
 * @insns: its instructions, which may be any; this machine is little endian
 * @len: how many
 * @sd: the call
 * @seed: whatever is not to matter depends on this; not 0
 * @ret: set to what it returns
 *
 * Return: How it has ended.
 */
enum run run_ebpf(const struct bpf_insn *insns, unsigned int len, const struct seccomp_data *sd,
		  u64 seed, u32 *ret)
{
	static struct machine machine;
	struct machine *m = &machine;
	unsigned int pc = 0;

	m->insns = insns;
	m->len = len;
	m->random = seed;
	m->ctx = sd;
	m->ctx_addr = 0xffff888000000000 + (garbage(m) & 0xffffffff8);
	for (unsigned int i = 0; i < MAX_BPF_EXT_REG; i++)
		m->regs[i] = garbage(m);
	enter(m, 0);
	m->regs[BPF_REG_1] = m->ctx_addr;

	for (unsigned int steps = 0; steps < STEPS_MAX; steps++) {
		const struct bpf_insn *i = &insns[pc];
		u64 src;
		bool taken;

		if (pc >= len)
			return RUN_REFUSED;
		src = BPF_SRC(i->code) == BPF_X ? m->regs[i->src_reg] : (u64)(s64)i->imm;
		pc++;
		switch (BPF_CLASS(i->code)) {
		case BPF_ALU:
		case BPF_ALU64:
			if (i->dst_reg == BPF_REG_10 ||
			    !alu(i, m->regs[i->dst_reg], src, &m->regs[i->dst_reg]))
				return RUN_REFUSED;
			break;
		case BPF_LD:
			if (i->code != (BPF_LD | BPF_IMM | BPF_DW) || i->src_reg || pc == len)
				return RUN_REFUSED;
			m->regs[i->dst_reg] = (u32)i[0].imm | (u64)(u32)i[1].imm << 32;
			pc++;
			break;
		case BPF_LDX:
			if (!load(m, i))
				return RUN_REFUSED;
			break;
		case BPF_ST:
		case BPF_STX:
			if (i->code != (BPF_ST | BPF_NOSPEC) && !store(m, i))
				return RUN_REFUSED;
			break;
		default:
			switch (i->code) {
			case BPF_JMP | BPF_JA:
				pc += i->off;
				continue;
			case BPF_JMP32 | BPF_JA:
				pc += i->imm;
				continue;
			case BPF_JMP | BPF_EXIT:
				if (!m->depth) {
					*ret = m->regs[BPF_REG_0];
					return RUN_RETURNED;
				}
				for (unsigned int r = BPF_REG_1; r <= BPF_REG_5; r++)
					m->regs[r] = garbage(m);
				memcpy(&m->regs[BPF_REG_6], m->frames[m->depth].kept,
				       sizeof(m->frames[0].kept));
				pc = m->frames[m->depth--].back;
				m->regs[BPF_REG_10] = m->frames[m->depth].addr;
				continue;
			case BPF_JMP | BPF_CALL:
			case BPF_JMP | BPF_CALL_ARGS:
				if (i->src_reg != BPF_PSEUDO_CALL || !enter(m, m->depth + 1))
					return RUN_REFUSED;
				memcpy(m->frames[m->depth].kept, &m->regs[BPF_REG_6],
				       sizeof(m->frames[0].kept));
				m->frames[m->depth].back = pc;
				pc += i->imm;
				continue;
			}
			if (!jump(i, m->regs[i->dst_reg], src, &taken))
				return RUN_REFUSED;
			if (taken)
				pc += i->off;
		}
	}
	return RUN_ENDLESS;
}
