/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lab_report.c - what is made of a lab's end: a kernel that died before or under stress, by the
 * rules of --on-crash and --crash-match; one that hung; a program that ended. No L1 is booted: its
 * end is written down as wait.c would. Boots are tests/lab/ends.t's.
 */
#include "capture.h"
#include "cli/plan.h"
#include "lab/report.h"

#include <stdlib.h>

#define PANIC "Kernel panic - not syncing: sysrq triggered crash\n"

static struct opts opts;
static struct lab *lab;

static int setup(void **state)
{
	(void)state;
	opts = (struct opts){.no_save = true};
	lab = calloc(1, sizeof(*lab));
	lab->o = &opts;
	lab->command = strdup("host-stress lab");
	lab->emulator = strdup("QEMU emulator version 0");
	lab->kernel_file = strdup("k");
	lab->verdict.qemu_cured = true;
	lab->booted = true;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(lab->command);
	free(lab->emulator);
	free(lab->kernel_file);
	result_free(&lab->verdict);
	free(lab);
	return 0;
}

/* The exit code, and @says in the report or in what is said beside it. */
static void reported(int code, const char *says)
{
	static struct capture out, err;
	int got;

	assert_int_equal(plan_note(&lab->verdict, &opts), 0);
	capture_begin(&out, STDOUT_FILENO);
	capture_begin(&err, STDERR_FILENO);
	got = lab_report(lab);
	capture_end(&err);
	capture_end(&out);
	if (got != code || (!strstr(out.text, says) && !strstr(err.text, says)))
		fail_msg("%d, not %d with '%s':\n%s%s", got, code, says, out.text, err.text);
}

/* As wait.c has it of a QEMU that is gone after L1's panic. */
static void died(bool begun)
{
	lab->begun = begun;
	console_add(&lab->console, PANIC, strlen(PANIC));
	lab_ended(lab, RUN_KERNEL_DIED, "L1 was under stress; its console: %s", PANIC);
}

/* The rules: what is asked for, whether stress had begun, and what is made of it. */
static void panics(void **state)
{
	static const struct {
		struct opts asked;
		bool begun;
		int code;
		const char *says;
	} rules[] = {
		{{0}, false, 125, "died before stress began"},
		{{.on_crash = ON_CRASH_BAD}, false, 1, "sysrq triggered crash"},
		{{0}, true, 1, "sysrq triggered crash"},
		{{.on_crash = ON_CRASH_SKIP}, true, 125, "sysrq triggered crash"},
		{{.crash_match = "mm/rmap"}, true, 125, "not of what --crash-match asks for"},
		{{.crash_match = "sysrq"}, true, 1, "sysrq triggered crash"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		setup(state);
		opts.on_crash = rules[i].asked.on_crash;
		opts.crash_match = rules[i].asked.crash_match;
		died(rules[i].begun);
		reported(rules[i].code, rules[i].says);
		teardown(state);
	}
}

static void hung(void **state)
{
	(void)state;
	lab->over = true;
	strcpy(lab->word, "timeout");
	lab->number = 5;
	reported(125, "after 5 s of virtual time");
}

static void corruption_weighs_more(void **state)
{
	(void)state;
	lab->begun = lab->over = true;
	lab->corrupted = 2;
	strcpy(lab->phase, "cow");
	strcpy(lab->word, "timeout");
	reported(1, "phase cow: 2 words were corrupted");
}

static void code_of_a_program(void **state)
{
	static const int own[] = {0, 1, 125, 128};

	(void)state;
	lab->foreign = lab->over = true;
	strcpy(lab->word, "exit");
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		lab->number = own[i];
		reported(own[i], "");
	}
	lab->number = 77;
	reported(128, "ended with: exit 77");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(panics),
		TEST(hung),
		TEST(corruption_weighs_more),
		TEST(code_of_a_program),
	};

	return cmocka_run_group_tests_name("lab_report", tests, NULL, NULL);
}
