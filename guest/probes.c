// SPDX-License-Identifier: GPL-2.0
/*
 * Run some of BPF's prog_tests that need neither test_progs nor BPF programs: what
 * libbpf finds a kernel to have, and the names that it has for types and sections. Built
 * by scripts/bpf-tests with the tests' own files and the tree's libbpf. Prints "ok CASE"
 * or "not ok CASE: CHECK" a line; exits 0 once all have run, 1 if some could not begin.
 */
#include "test_progs.h"

void test_libbpf_probe_prog_types(void);
void test_libbpf_probe_map_types(void);
void test_libbpf_probe_helpers(void);
void test_libbpf_str(void);
void test_section_names(void);

static char current[128], failed[128];
static bool open_case;

static void end_case(void)
{
	if (!open_case)
		return;
	if (failed[0])
		printf("not ok %s: %s\n", current, failed);
	else
		printf("ok %s\n", current);
	open_case = false;
}

bool test__start_subtest(const char *name)
{
	end_case();
	snprintf(current, sizeof(current), "%s", name);
	failed[0] = 0;
	open_case = true;
	return true;
}

bool test_check(bool good, const char *name)
{
	if (!good && !failed[0])
		snprintf(failed, sizeof(failed), "%s", name);
	return good;
}

/* A test without cases of its own is one case. Its failure before the first is one, too. */
static void run(const char *name, void (*test)(void))
{
	test__start_subtest(name);
	test();
	end_case();
}

int main(void)
{
	/* The kernel's refusals are what is looked for. */
	libbpf_set_print(NULL);
	setbuf(stdout, NULL);
	run("section_names", test_section_names);
	run("libbpf_str", test_libbpf_str);
	run("libbpf_probe_prog_types", test_libbpf_probe_prog_types);
	run("libbpf_probe_map_types", test_libbpf_probe_map_types);
	run("libbpf_probe_helpers", test_libbpf_probe_helpers);
	return 0;
}
