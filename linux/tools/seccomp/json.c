// SPDX-License-Identifier: GPL-2.0
/* Print a policy as JSON, a line for each number or range */

#include <stdio.h>

#include "action.h"
#include "json.h"

static void json_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
	putchar('"');
}

/* "NAME": action, and data where it has some. */
static void json_action(u32 ret)
{
	u32 action = ret & SECCOMP_RET_ACTION_FULL;

	printf("\"action\": \"%s\"", action_name(ret));
	if (action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_TRAP ||
	    action == SECCOMP_RET_TRACE)
		printf(", \"data\": %u", ret & SECCOMP_RET_DATA);
}

static void json_steps(const struct verdict *v, bool cost)
{
	unsigned int longest = 0;
	bool some = false;

	printf(", \"strictest\": \"%s\", \"mildest\": \"%s\"", action_name(verdict_strictest(v)),
	       action_name(verdict_mildest(v)));
	for (unsigned int i = 0; i < v->nr_steps; i++) {
		const struct code *code = v->steps[i].answer.code;

		if (!code)
			continue;
		longest += code->longest;
		if (code->insns)
			continue;
		printf("%s%u", some ? ", " : ", \"ebpf\": [", code->bpf_prog_id);
		some = true;
	}
	if (some)
		printf("]");
	else if (cost)
		printf(", \"longest\": %u", longest);
}

/**
 * json_verdict - print the fields of a verdict
 * @e: the entry that has it
 * @cost: tell also what it costs
 */
void json_verdict(const struct entry *e, bool cost)
{
	const struct verdict *v = &e->verdict;

	if (v->constant) {
		json_action(v->ret);
		if (v->filter != NO_FILTER)
			printf(", \"filter\": %d", v->filter);
		return;
	}
	printf("\"action\": \"FILTER\"");
	/* The kernel does not show the number to all readers. */
	if (v->programs)
		printf(", \"programs\": %u", v->programs);
	if (v->nr_steps)
		json_steps(v, cost);
}

static const char *filter_type(const struct filter *f)
{
	if (f->flags & SECCOMP_METADATA_PIN)
		return "pin";
	if (f->insns)
		return "classic";
	return f->bpf_prog_id ? "ebpf" : "unknown";
}

static void json_filters(const struct policy *p)
{
	const char *sep = "";

	printf(" \"filters\": [");
	for (unsigned int i = 0; i < p->nr_filters; i++) {
		const struct filter *f = &p->filters[i];
		const char *type = filter_type(f);

		printf("%s\n  {\"type\": \"%s\", \"log\": %s", sep, type,
		       f->flags & SECCOMP_FILTER_FLAG_LOG ? "true" : "false");
		if (f->flags & SECCOMP_METADATA_PIN) {
			printf(", \"abi\": \"%s\", ", abi_pinned(f->pin_arch));
			json_action(f->pin_action);
		} else if (f->insns) {
			printf(", \"instructions\": %u", f->len);
		} else if (f->bpf_prog_id) {
			printf(", \"id\": %u", f->bpf_prog_id);
		}
		printf("}");
		sep = ",";
	}
	printf("],\n");
}

/**
 * json_subject - print the fields of a task
 * @s: it
 */
void json_subject(const struct subject *s)
{
	static const char *const modes[] = {
		[MODE_NONE] = "none",
		[MODE_STRICT] = "strict",
		[MODE_FILTER] = "filter",
	};

	printf("\"pid\": %d, \"name\": ", s->task.tid);
	json_string(s->task.name);
	printf(", \"mode\": \"%s\", \"source\": \"%s\", \"filter_count\": %u",
	       modes[s->policy.mode], s->policy.source, s->policy.nr_filters);
}

static void json_entry(enum abi abi, const struct entry *e, bool cost)
{
	const char *name = e->first == e->last ? call_name(abi, e->first) : NULL;

	printf("   {\"first\": %u, \"last\": %u, ", e->first, e->last);
	if (name)
		printf("\"name\": \"%s\", ", name);
	json_verdict(e, cost);
	printf("}");
}

/**
 * json_policy - print a policy as JSON
 * @s: whose
 * @cost: tell also what the calls cost
 */
void json_policy(const struct subject *s, bool cost)
{
	const struct policy *p = &s->policy;

	printf("{");
	json_subject(s);
	printf(",\n");
	if (p->filters)
		json_filters(p);
	printf(" \"abis\": {");
	for (enum abi abi = 0; abi < ABIS; abi++) {
		printf("%s\n  \"%s\": [\n", abi ? "," : "", abi_name(abi));
		for (unsigned int i = 0; i < p->nr[abi]; i++) {
			json_entry(abi, &p->entries[abi][i], cost);
			printf("%s\n", i + 1 < p->nr[abi] ? "," : "");
		}
		printf("  ]");
	}
	printf("}\n}\n");
}
