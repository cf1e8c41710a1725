// SPDX-License-Identifier: GPL-2.0
/* Print where two policies differ */

#include <linux/minmax.h>
#include <stdio.h>
#include <string.h>

#include "action.h"
#include "json.h"
#include "label.h"
#include "output.h"
#include "util.h"

enum relation {
	SAME,
	DIFFER,
	/* Both depend on arguments, and nobody tells how. */
	NOT_KNOWN,
};

/**
 * struct piece - numbers that have one verdict in each of two policies
 * @abi: of which ABI
 * @relation: do the verdicts differ?
 * @a: the verdict of the first, and the numbers
 * @b: the verdict of the second, and the same numbers
 */
struct piece {
	enum abi abi;
	enum relation relation;
	struct entry a;
	struct entry b;
};

/* A walk through two policies, and what it has come to. */
struct walk {
	const struct policy *a;
	const struct policy *b;
	unsigned int i;
	unsigned int j;
	struct piece piece;
};

static bool same_step(const struct step *x, const struct step *y)
{
	const struct code *a = x->answer.code, *b = y->answer.code;

	if (!a || !b)
		return a == b && x->answer.ret == y->answer.ret;
	/* Of an eBPF program there is one of an id. */
	if (!a->insns || !b->insns)
		return a->insns == b->insns && a->bpf_prog_id && a->bpf_prog_id == b->bpf_prog_id;
	return a->len == b->len && !memcmp(a->insns, b->insns, a->len * sizeof(*a->insns));
}

static enum relation compare(const struct verdict *a, const struct verdict *b)
{
	if (a->constant != b->constant)
		return DIFFER;
	if (a->constant)
		return a->ret == b->ret ? SAME : DIFFER;
	if (!a->nr_steps || !b->nr_steps)
		return NOT_KNOWN;
	if (a->nr_steps != b->nr_steps)
		return DIFFER;
	for (unsigned int i = 0; i < a->nr_steps; i++) {
		if (!same_step(&a->steps[i], &b->steps[i]))
			return DIFFER;
	}
	return SAME;
}

/* Go to the next numbers that both policies have. Returns false at the end. */
static bool next_piece(struct walk *w)
{
	struct piece *p = &w->piece;

	for (; p->abi < ABIS; p->abi++, w->i = 0, w->j = 0) {
		while (w->i < w->a->nr[p->abi] && w->j < w->b->nr[p->abi]) {
			p->a = w->a->entries[p->abi][w->i];
			p->b = w->b->entries[p->abi][w->j];
			/* Whoever ends first goes on. */
			if (p->a.last <= p->b.last)
				w->i++;
			if (p->b.last <= p->a.last)
				w->j++;

			p->a.first = max(p->a.first, p->b.first);
			p->a.last = min(p->a.last, p->b.last);
			p->b.first = p->a.first;
			p->b.last = p->a.last;
			if (p->a.first > p->a.last)
				continue;
			p->relation = compare(&p->a.verdict, &p->b.verdict);
			return true;
		}
	}
	return false;
}

static void label_piece(char *to, const struct piece *p)
{
	char a[LABEL_MAX], b[LABEL_MAX];

	label_verdict(a, &p->a, false);
	label_verdict(b, &p->b, false);
	if (p->relation == NOT_KNOWN)
		snprintf(to, LABEL_MAX, "argument-checked in both, ptrace tells whether alike");
	else if (!strcmp(a, b))
		snprintf(to, LABEL_MAX, "%.100s in both, but differently", a);
	else
		snprintf(to, LABEL_MAX, "%.100s -> %.100s", a, b);
}

/**
 * print_diff - tell people where policies differ
 * @a: one task
 * @b: the other one
 *
 * Return: true if they do.
 */
bool print_diff(const struct subject *a, const struct subject *b)
{
	struct walk w = { .a = &a->policy, .b = &b->policy };
	struct item *items[ABIS] = { };
	unsigned int nr[ABIS] = { };
	bool differ = false;

	while (next_piece(&w)) {
		struct item **of = &items[w.piece.abi], *item;

		if (w.piece.relation == SAME)
			continue;
		differ |= w.piece.relation == DIFFER;
		*of = realloc(*of, (nr[w.piece.abi] + 1) * sizeof(**of));
		if (!*of)
			die("out of memory");
		item = &(*of)[nr[w.piece.abi]++];
		item->first = w.piece.a.first;
		item->last = w.piece.a.last;
		label_piece(item->label, &w.piece);
	}
	for (enum abi abi = 0; abi < ABIS; abi++) {
		if (nr[abi])
			label_print(abi, items[abi], nr[abi], NULL);
		free(items[abi]);
	}
	return differ;
}

static void json_piece(const struct piece *p)
{
	const char *name = p->a.first == p->a.last ? call_name(p->abi, p->a.first) : NULL;

	printf("\n  {\"abi\": \"%s\", \"first\": %u, \"last\": %u, ", abi_name(p->abi), p->a.first,
	       p->a.last);
	if (name)
		printf("\"name\": \"%s\", ", name);
	printf("\"known\": %s, \"a\": {", p->relation == DIFFER ? "true" : "false");
	json_verdict(&p->a, false);
	printf("}, \"b\": {");
	json_verdict(&p->b, false);
	printf("}}");
}

/**
 * json_diff - print as JSON where policies differ
 * @a: one task
 * @b: the other one
 *
 * Return: true if they do.
 */
bool json_diff(const struct subject *a, const struct subject *b)
{
	struct walk w = { .a = &a->policy, .b = &b->policy };
	bool differ = false, some = false;

	printf("{\"a\": {");
	json_subject(a);
	printf("},\n \"b\": {");
	json_subject(b);
	printf("},\n \"differences\": [");
	while (next_piece(&w)) {
		if (w.piece.relation == SAME)
			continue;
		differ |= w.piece.relation == DIFFER;
		if (some)
			printf(",");
		json_piece(&w.piece);
		some = true;
	}
	printf("]\n}\n");
	return differ;
}
