// SPDX-License-Identifier: GPL-2.0
/* Print a policy for people */

#include <stdio.h>

#include "action.h"
#include "label.h"
#include "output.h"
#include "util.h"

static void print_filter(unsigned int i, const struct filter *f)
{
	printf("  %u: ", i);
	if (f->flags & SECCOMP_METADATA_PIN)
		printf("a pin to %s, %s for others", abi_pinned(f->pin_arch),
		       action_name(f->pin_action));
	else if (f->insns)
		printf("%u instructions", f->len);
	else if (f->bpf_prog_id)
		printf("eBPF program %u, which only the kernel's own view can look into",
		       f->bpf_prog_id);
	else
		printf("cannot be read");
	printf("%s\n", f->flags & SECCOMP_FILTER_FLAG_LOG ? ", refusals logged" : "");
}

static void print_head(const struct subject *s)
{
	const struct policy *p = &s->policy;

	printf("%d (%s): ", s->task.tid, s->task.name);
	switch (p->mode) {
	case MODE_NONE:
		printf("no seccomp, every call is allowed\n");
		return;
	case MODE_STRICT:
		printf("strict mode\n");
		return;
	default:
		printf("%u filter%s, source: %s\n", p->nr_filters, p->nr_filters == 1 ? "" : "s",
		       p->source);
	}
	for (unsigned int i = 0; p->filters && i < p->nr_filters; i++)
		print_filter(i, &p->filters[i]);
}

/**
 * print_policy - print a policy for people
 * @s: whose
 * @cost: tell also what the calls cost
 */
void print_policy(const struct subject *s, bool cost)
{
	const struct policy *p = &s->policy;

	print_head(s);
	if (p->mode == MODE_NONE)
		return;
	for (enum abi abi = 0; abi < ABIS; abi++) {
		struct item *items = allocate(p->nr[abi], sizeof(*items));

		for (unsigned int i = 0; i < p->nr[abi]; i++) {
			const struct entry *e = &p->entries[abi][i];

			items[i].first = e->first;
			items[i].last = e->last;
			label_verdict(items[i].label, e, cost && p->mode == MODE_FILTER);
		}
		printf("\n");
		if (p->nr[abi])
			label_print(abi, items, p->nr[abi],
				    label_usual(abi, items, p->nr[abi]));
		else
			printf("%s: the kernel does not have it\n", abi_name(abi));
		free(items);
	}
}
