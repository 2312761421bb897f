/* SPDX-License-Identifier: GPL-2.0-only */
/* opts_help.c - each option of the table works or is refused, help says so, and the lab is handed
 * what is for it. */
#include "opts_made.h"

/* A value that each kind of option takes. */
static const char *value_for(const struct option_spec *s)
{
	switch (s->kind) {
	case OPT_TIME:
	case OPT_SIZE:
	case OPT_SHARE:
	case OPT_COUNT:
		return s->max;
	case OPT_CHOICE:
	case OPT_NAME:
		return s->choices[0];
	case OPT_DIR:
		return "/";
	case OPT_OUTPUT:
		return "/tmp/host-stress-opts-out";
	case OPT_FILE:
		return "/etc/passwd";
	case OPT_PROGRAM:
		return "/bin/sh";
	case OPT_SOURCES:
		return "cow";
	case OPT_TEXTS:
		return !strcmp(s->name, "fail-if")     ? "'lost > 3'"
		       : !strcmp(s->name, "kvm-param") ? "tdp_mmu=0"
						       : "cow.faults.total";
	default:
		return "x";
	}
}

/* What else must be on the line for it. */
static const char *partner_of(const char *name)
{
	static const char *const pairs[][2] = {
		{"baseline-good", "--baseline-bad a"},
		{"baseline-bad", "--baseline-good a"},
		{"earlier", "--baseline-good a --baseline-bad a"},
		{"groups", "--memory 1T"},
		{"stretch-count", "--stretch 1ms"},
		{"lab-model", "--lab-cpu intel"},
		{"by", "--baseline-good a --baseline-bad a"},
		{"other-builds", "--baseline-good a --baseline-bad a"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (!strcmp(pairs[i][0], name))
			return pairs[i][1];
	return "";
}

/*
 * Each option with each command at each place: taken where it means something, else refused by its
 * name. The table of what is where is written here once more, from what the code behind does.
 */
static void every_option_works_or_is_refused(void **state)
{
	static const char both[] =
		" duration phase-time sources memory vcpus pattern backend max-page-sharing scene "
		"groups write-share shared-pages stall probes "
		"stretch stretch-count grace-periods interfere machine boot-timeout proof-timeout "
		"silence "
		"fail-if "
		"baseline-good baseline-bad against earlier by other-builds on-warn on-unexercised "
		"ktap "
		"junit lava tables "
		"no-save ";
	static const char all_runs[] =
		" seed qemu guest-kernel guest-initrd image-dir json trace verbose timing "
		"shown-command crash-match ";
	static const char lab[] = " kernel modules lab-cpu lab-model kvm-param lab-cpus lab-turn "
				  "lab-hold lab-schedule lab-memory virtual-timeout "
				  "wall-timeout on-crash overlay "
				  "deterministic no-deterministic verify console verify-run ";
	static const char host[] = " force inside shown-qemu shown-build unreported ";
	static const char compare[] = " by other-builds other-seeds json html markdown verbose ";
	static const char report[] = " output hgrm ";
	static const char watch[] = " duration json trace ";
	static const char show[] = " tables ktap junit lava ";
	static const struct {
		const char *line, *tail;
		const char *sets[4];
	} places[] = {
		{"--place host", "", {both, all_runs, host}},
		{"--place lab", "", {both, all_runs, lab}},
		{"lab", "", {both, all_runs, lab}},
		{"lab --place lab", " -- true", {all_runs, lab}},
		{"plan --place host", "", {both, all_runs, host}},
		{"recover", "", {NULL}},
		{"compare a b", "", {compare}},
		{"show a", "", {show}},
		{"watch a", "", {watch}},
		{"report a", "", {report}},
	};

	(void)state;
	for (const struct option_spec *s = option_table; s->name; s++) {
		char word[40], line[256];

		if (s->kind == OPT_HELP || s->kind == OPT_VERSION || !strcmp(s->name, "place"))
			continue;
		snprintf(word, sizeof(word), " %s ", s->name);
		for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
			bool works = false;

			for (int k = 0; k < 4 && places[i].sets[k]; k++)
				works |= strstr(places[i].sets[k], word) != NULL;
			snprintf(line, sizeof(line), "%s %s --%s %s%s", places[i].line,
				 works && (places[i].sets[0] == both || strstr(lab, word))
					 ? partner_of(s->name)
					 : "",
				 s->name, s->arg ? value_for(s) : "", places[i].tail);
			if (works)
				taken(line);
			else
				refused(line, s->name);
		}
	}
}

/* What only the lab can do asks for the lab, whatever this machine has. */
static void lab_options_choose_the_lab(void **state)
{
	(void)state;
	assert_int_equal(taken("--kernel /etc/passwd").place, PLACE_LAB);
	assert_int_equal(taken("--lab-cpus 1").place, PLACE_LAB);
	assert_int_equal(taken("plan --verify").place, PLACE_LAB);
	assert_int_equal(taken("lab").place, PLACE_LAB);
	assert_int_equal(taken("--verbose --seed 3 --qemu /bin/sh").place, PLACE_AUTO);
	refused("--kernel /etc/passwd --place host", "--kernel|in the lab|--place lab");
	refused("--force --kernel /etc/passwd", "--force|on a host");
	refused("lab --place host", "--place host|not for 'lab'");
	refused("--by lost", "--by|--baseline-good");
	refused("--ktap --junit", "--junit|give one of them");
	refused("lab --by lost", "--by|--baseline-good");
	taken("plan --by lost");
}

static void helps(void **state)
{
	char *argv[] = {(char *)"host-stress", (char *)"--help", NULL};
	struct capture c;
	struct opts o;
	char *last;
	int err;

	(void)state;
	capture_begin(&c, STDOUT_FILENO);
	err = opts_parse(&o, command_table, 2, argv);
	capture_end(&c);
	assert_int_equal(err, 1);
	for (const struct option_spec *s = option_table; s->name; s++) {
		char option[32];

		snprintf(option, sizeof(option), "\n  --%s ", s->name);
		if (s->hidden ? !!strstr(c.text, option) : !strstr(c.text, option))
			fail_msg("--help and --%s", s->name);
	}
	for (size_t i = 0; source_table[i]; i++)
		assert_non_null(strstr(c.text, source_table[i]->help));
	assert_non_null(strstr(c.text, "  125 "));
	assert_non_null(strstr(c.text, "[64M]"));
	last = strstr(c.text, "\nExamples:\n");
	assert_non_null(last);
	for (char *line = strtok(last + 11, "\n"); line; line = strtok(NULL, "\n"))
		assert_memory_equal(line, "  host-stress ", 14);
}

/* Of one command: its operands and what it takes, nothing else; -h in any place. */
static void helps_with_a_command(void **state)
{
	static const char *const lines[] = {"help compare", "compare -h", "--help compare a"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char store[64], *argv[MAX_ARGS + 1];
		int argc = split(store, sizeof(store), lines[i], argv);
		struct capture c;
		struct opts o;

		capture_begin(&c, STDOUT_FILENO);
		if (opts_parse(&o, command_table, argc, argv) == 0)
			assert_int_equal(help_main(&o, argc, argv), 0);
		capture_end(&c);
		assert_memory_equal(c.text, "usage: host-stress compare GOOD BAD [NEW...] [", 46);
		assert_non_null(strstr(c.text, "Of stored results."));
		assert_non_null(strstr(c.text, "\n  --by "));
		assert_non_null(strstr(c.text, "\n  host-stress compare a b --by c\n"));
		assert_null(strstr(c.text, "--memory"));
	}
}

/* The examples in --help are accepted as they stand. */
static void examples_are_runnable(void **state)
{
	char *argv[] = {(char *)"host-stress", (char *)"-h", NULL}, lines[2048], *next;
	struct capture c;
	struct opts o;
	int n = 0;

	(void)state;
	capture_begin(&c, STDOUT_FILENO);
	assert_int_equal(opts_parse(&o, command_table, 2, argv), 1);
	capture_end(&c);
	snprintf(lines, sizeof(lines), "%s", strstr(c.text, "\nExamples:\n") + 11);
	for (char *line = strtok_r(lines, "\n", &next); line; line = strtok_r(NULL, "\n", &next)) {
		taken(line + strlen("  host-stress "));
		n++;
	}
	assert_true(n >= 3);
}

static void shows_the_version(void **state)
{
	static const char *const lines[] = {"\ncommit   ", "\nQEMU     ", "\nlibbpf   v"};
	char *argv[] = {(char *)"host-stress", (char *)"--version", NULL};
	struct capture c;
	struct opts o;

	(void)state;
	capture_begin(&c, STDOUT_FILENO);
	assert_int_equal(opts_parse(&o, command_table, 2, argv), 1);
	capture_end(&c);
	assert_memory_equal(c.text, "host-stress ", 12);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_non_null(strstr(c.text, lines[i]));
}

static void inside(const char *line, const char *want)
{
	char store[512], got[512] = "", *argv[MAX_ARGS + 1], *out[MAX_ARGS + 1];
	int argc = split(store, sizeof(store), line, argv);
	int n = opts_for_inside(argc, argv, out);

	for (int i = 0; i < n; i++)
		sprintf(got + strlen(got), "%s%s", i ? " " : "", out[i]);
	assert_string_equal(got, want);
	assert_null(out[n]);
}

static void passes_on_into_the_lab(void **state)
{
	(void)state;
	inside("", "");
	inside("--duration 4s --seed=3 run --verbose", "--duration 4s --seed=3");
	inside("--place lab --memory 8M --place=lab --json x --stall 1ms --json=x",
	       "--memory 8M --stall 1ms");
	inside("--kernel /k --modules=/m --qemu /q --guest-kernel=/g --guest-initrd /i --image-dir "
	       "/d",
	       "");
	inside("--deterministic --lab-cpus 2 --no-deterministic --lab-memory=1G --vcpus 2",
	       "--vcpus 2");
	inside("--virtual-timeout 3s --wall-timeout 3s --inside x --shown-command y --groups 4",
	       "--groups 4");
	inside("--machine q35 --sources cow -- --seed 3", "--machine q35 --sources cow");
	inside("--fail-if 'lost > 3' --ktap --baseline-good a --by b --fail-if=x --markdown", "");
	inside("--phase-time 1s --write-share 3% --silence 1s --boot-timeout 9s --proof-timeout 8s",
	       "--phase-time 1s --write-share 3% --silence 1s --boot-timeout 9s --proof-timeout "
	       "8s");
}

static void check_unit(int (*parse)(const char *, uint64_t *), const char *text, int err,
		       uint64_t want)
{
	uint64_t value = 77;

	if (parse(text, &value) != err || value != (err ? 77 : want))
		fail_msg("'%s' gives %lu", text, value);
}

static void parses_units(void **state)
{
	(void)state;
	check_unit(opts_size, "512", 0, 512);
	check_unit(opts_size, "3K", 0, 3072);
	check_unit(opts_size, "1.5G", 0, 3ull << 29);
	check_unit(opts_size, "16777215T", 0, 16777215ull << 40);
	check_unit(opts_size, "16777216T", -ERANGE, 0);
	check_unit(opts_size, "99999999999999999999", -ERANGE, 0);
	check_unit(opts_size, "0.3K", -EINVAL, 0);
	check_unit(opts_size, "", -EINVAL, 0);
	check_unit(opts_size, "M", -EINVAL, 0);
	check_unit(opts_size, "1 M", -EINVAL, 0);
	check_unit(opts_size, " 1", -EINVAL, 0);
	check_unit(opts_size, "+1", -EINVAL, 0);
	check_unit(opts_size, "1m", -EINVAL, 0);
	check_unit(opts_size, "0x10", -EINVAL, 0);
	check_unit(opts_time, "1ns", 0, 1);
	check_unit(opts_time, "200us", 0, 200000);
	check_unit(opts_time, "5ms", 0, 5000000);
	check_unit(opts_time, "0.25s", 0, 250000000);
	check_unit(opts_time, "2m", 0, 120 * NSEC_PER_SEC);
	check_unit(opts_time, "1h", 0, 3600 * NSEC_PER_SEC);
	check_unit(opts_time, "0.5ns", -EINVAL, 0);
	check_unit(opts_time, "1.s", -EINVAL, 0);
	check_unit(opts_time, "1.2.3s", -EINVAL, 0);
	check_unit(opts_time, "1", -EINVAL, 0);
	check_unit(opts_share, "0%", 0, 0);
	check_unit(opts_share, "100%", 0, 1000000);
	check_unit(opts_share, "0.02", 0, 20000);
	check_unit(opts_share, "1", 0, 1000000);
	check_unit(opts_share, ".5", 0, 500000);
	check_unit(opts_share, "1.0001", -ERANGE, 0);
	check_unit(opts_share, "100.1%", -ERANGE, 0);
	check_unit(opts_share, "0.0000001", -EINVAL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_works_or_is_refused),
		cmocka_unit_test(lab_options_choose_the_lab),
		cmocka_unit_test(helps),
		cmocka_unit_test(helps_with_a_command),
		cmocka_unit_test(examples_are_runnable),
		cmocka_unit_test(shows_the_version),
		cmocka_unit_test(passes_on_into_the_lab),
		cmocka_unit_test(parses_units),
	};

	return cmocka_run_group_tests_name("opts_help", tests, NULL, NULL);
}
