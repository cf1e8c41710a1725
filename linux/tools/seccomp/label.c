// SPDX-License-Identifier: GPL-2.0
/* A verdict in words, and lists of calls by such words */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "action.h"
#include "label.h"
#include "util.h"

#define WIDTH	80
#define INDENT	4

/* Write behind what is there, as far as there is room. */
__printf(2, 3)
static void append(char *to, const char *format, ...)
{
	size_t len = strlen(to);
	va_list args;

	va_start(args, format);
	vsnprintf(to + len, LABEL_MAX - len, format, args);
	va_end(args);
}

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

/* Who decides, and what is certain all the same. */
static void label_unreadable(char *to, const struct verdict *v)
{
	u32 mildest = verdict_mildest(v);
	const char *sep = "";

	*to = '\0';
	for (unsigned int i = 0; i < v->nr_steps; i++) {
		const struct code *code = v->steps[i].answer.code;

		if (!code || code->insns)
			continue;
		if (code->bpf_prog_id)
			append(to, "%seBPF program %u", sep, code->bpf_prog_id);
		else
			append(to, "%sfilter %d, which cannot be read,", sep, v->steps[i].filter);
		sep = " and ";
	}
	append(to, " decide%s", strcmp(sep, "") && strstr(to, " and ") ? "" : "s");
	if (mildest != SECCOMP_RET_ALLOW)
		append(to, ", nothing milder than %s", action_name(mildest));
}

static void label_cost(char *to, const struct entry *e)
{
	const struct verdict *v = &e->verdict;
	unsigned int longest = 0;

	if (v->constant) {
		/* Ranges have no bits. */
		if (v->ret == SECCOMP_RET_ALLOW && e->first == e->last && e->last != U32_MAX)
			append(to, " (a bit test)");
		else
			append(to, " (a look-up)");
		return;
	}
	for (unsigned int i = 0; i < v->nr_steps; i++) {
		if (v->steps[i].answer.code)
			longest += v->steps[i].answer.code->longest;
	}
	if (!v->programs) {
		append(to, " (some programs)");
		return;
	}
	append(to, " (%u program%s", v->programs, plural(v->programs));
	if (verdict_unreadable(v))
		append(to, ", %u and what is unknown", longest);
	else if (v->nr_steps)
		append(to, ", %u", longest);
	append(to, v->nr_steps ? " classic instructions at most)" : ")");
}

/**
 * label_verdict - tell people of a verdict
 * @to: where to write it, LABEL_MAX bytes
 * @e: the entry that has it
 * @cost: tell also what it costs
 */
void label_verdict(char *to, const struct entry *e, bool cost)
{
	const struct verdict *v = &e->verdict;

	if (v->constant)
		action_describe(to, LABEL_MAX, v->ret);
	else if (verdict_unreadable(v))
		label_unreadable(to, v);
	else
		snprintf(to, LABEL_MAX, "argument-checked");
	if (cost)
		label_cost(to, e);
}

/* Only a single number may be a call. */
static const char *item_name(enum abi abi, const struct item *item)
{
	return item->first == item->last ? call_name(abi, item->first) : NULL;
}

/* Is this the first item of its label, by name or not? */
static bool is_first(enum abi abi, const struct item *items, unsigned int i, bool named)
{
	for (unsigned int j = 0; j < i; j++) {
		if (!!item_name(abi, &items[j]) == named &&
		    !strcmp(items[j].label, items[i].label))
			return false;
	}
	return true;
}

static unsigned int count_calls(enum abi abi, const struct item *items, unsigned int nr,
				const char *label)
{
	unsigned int calls = 0;

	for (unsigned int i = 0; i < nr; i++)
		calls += !strcmp(items[i].label, label) && item_name(abi, &items[i]);
	return calls;
}

/**
 * label_usual - what is to be said of most calls?
 * @abi: the ABI
 * @items: what is said
 * @nr: how many
 *
 * Return: The label, or that of all numbers if none has a name.
 */
const char *label_usual(enum abi abi, const struct item *items, unsigned int nr)
{
	const char *usual = nr ? items[0].label : "";
	unsigned int most = 0;

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int calls = 0;

		if (is_first(abi, items, i, true))
			calls = count_calls(abi, items, nr, items[i].label);
		if (calls > most) {
			most = calls;
			usual = items[i].label;
		}
	}
	return usual;
}

static bool all_are(const struct item *items, unsigned int nr, const char *label)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (strcmp(items[i].label, label))
			return false;
	}
	return true;
}

/* Print a word of a paragraph. */
static void print_word(unsigned int *column, const char *word)
{
	if (!*column || *column + 1 + strlen(word) > WIDTH) {
		printf("%s%*s%s", *column ? "\n" : "", INDENT, "", word);
		*column = INDENT + strlen(word);
	} else {
		*column += printf(" %s", word);
	}
}

static void print_calls(enum abi abi, const struct item *items, unsigned int nr,
			const char *label)
{
	unsigned int calls = count_calls(abi, items, nr, label), column = 0;

	printf("  %s, %u call%s:\n", label, calls, plural(calls));
	for (unsigned int i = 0; i < nr; i++) {
		const char *name = item_name(abi, &items[i]);

		if (name && !strcmp(items[i].label, label))
			print_word(&column, name);
	}
	printf("\n");
}

/* Print the ranges of a label that have no names, as few as can be. */
static void print_ranges(enum abi abi, const struct item *items, unsigned int nr,
			 const char *label)
{
	unsigned int column = 0;

	for (unsigned int i = 0; i < nr; i++) {
		u32 first = items[i].first;
		char word[32];

		if (item_name(abi, &items[i]) || strcmp(items[i].label, label))
			continue;
		while (i + 1 < nr && items[i + 1].first == items[i].last + 1 &&
		       !item_name(abi, &items[i + 1]) && !strcmp(items[i + 1].label, label))
			i++;
		snprintf(word, sizeof(word), first == items[i].last ? "%u" : "%u-%u", first,
			 items[i].last);
		print_word(&column, word);
	}
	printf("\n");
}

/* Numbers that no call has are mostly all treated alike. */
static void print_nameless(enum abi abi, const struct item *items, unsigned int nr)
{
	unsigned int labels = 0, last = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (!item_name(abi, &items[i]) && is_first(abi, items, i, false)) {
			labels++;
			last = i;
		}
	}
	if (labels == 1) {
		printf("  numbers without a name: %s\n", items[last].label);
		return;
	}
	for (unsigned int i = 0; i < nr; i++) {
		if (!item_name(abi, &items[i]) && is_first(abi, items, i, false)) {
			printf("  %s, numbers without a name:\n", items[i].label);
			print_ranges(abi, items, nr, items[i].label);
		}
	}
}

/**
 * label_print - print what is to be said of an ABI, each label once
 * @abi: the ABI
 * @items: what is to be said, in the order of their numbers
 * @nr: how many
 * @usual: of most calls this, so that only the others are listed; or NULL
 */
void label_print(enum abi abi, const struct item *items, unsigned int nr, const char *usual)
{
	if (usual && all_are(items, nr, usual)) {
		printf("%s: %s\n", abi_name(abi), usual);
		return;
	}
	if (usual)
		printf("%s: %s, but for\n", abi_name(abi), usual);
	else
		printf("%s:\n", abi_name(abi));
	for (unsigned int i = 0; i < nr; i++) {
		if (item_name(abi, &items[i]) && is_first(abi, items, i, true) &&
		    (!usual || strcmp(items[i].label, usual)))
			print_calls(abi, items, nr, items[i].label);
	}
	print_nameless(abi, items, nr);
}
