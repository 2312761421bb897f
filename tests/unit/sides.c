/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sides.c - stored results beside each other: what cannot be compared is refused in one line that
 * says what differs, and what baselines do to a verdict.
 */
#include "stored_made.h"

#include <signal.h>

static void plans(void **state)
{
	static const struct {
		const char *a, *b, *says; /* NULL: the same */
	} table[] = {
		{"./hs", "/usr/bin/hs --json x --kernel /k", NULL},
		{"hs --duration 30s", "hs", NULL},
		{"hs --duration 1.5s", "hs --duration=1500ms", NULL},
		{"hs --memory 64M", "hs", NULL},
		{"hs --memory 64M --memory 128M", "hs --memory 128M", NULL},
		{"hs --seed 1 --verbose", "hs --seed 2 --fail-if lost > 3", NULL},
		{"hs --place lab --lab-turn 10000", "hs lab", NULL},
		{"hs", "hs -- prog --memory 1M", NULL},
		{"hs --duration 29s", "hs", "--duration differs: 29s and 30s"},
		{"hs --phase-time 5s", "hs", "--duration differs: none and 30s"},
		{"hs --phase-time 5s", "hs --phase-time 6s", "--phase-time differs: 5s and 6s"},
		{"hs --lab-cpus 2", "hs", NULL} /* the result tells */,
		{"hs", "hs --machine q35", "--machine differs: microvm and q35"},
		{"hs --sources cow", "hs", "--sources differs"},
		{"hs --write-share 2%", "hs --write-share 0.02", NULL},
		{"hs --write-share 2%", "hs --write-share 3%", "--write-share"},
		{"hs --overlay a", "hs", "--overlay differs: a and none"},
		{"hs --lab-cpu intel", "hs", "--lab-cpu differs: intel and amd"},
		{"hs --lab-cpu intel --lab-model skylake", "hs --lab-cpu intel",
		 "--lab-model differs: skylake and haswell"},
		{"hs --lab-model haswell", "hs", NULL},
		{"hs --kvm-param a=1 --kvm-param b=2", "hs --kvm-param b=2",
		 "--kvm-param differs: a=1,b=2 and b=2"},
		{"hs --kvm-param a=1 --kvm-param=b=2", "hs --kvm-param=a=1 --kvm-param b=2", NULL},
	};
	char why[320];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int err = plan_same(table[i].a, table[i].b, why, sizeof(why));

		if (!err != !table[i].says || (err && !strstr(why, table[i].says)))
			fail_msg("'%s' and '%s': %d, '%s'", table[i].a, table[i].b, err,
				 err ? why : "");
	}
}

static void with_seed_2(struct result *r)
{
	r->seed = 2;
}

static void with_more_memory(struct result *r)
{
	r->memory_bytes *= 2;
}

static void with_two_lab_cpus(struct result *r)
{
	r->lab.cpus = 2;
}

static void corrupted(struct result *r)
{
	r->phases[2].integrity.errors = 1;
}

static void interrupted(struct result *r)
{
	r->end = RUN_INTERRUPTED;
}

static void store_all(void)
{
	store("good", 1, "6.12 #1", NULL);
	store("bad", 10, "7.3 #1", NULL);
	store("seed2", 10, "7.3 #1", with_seed_2);
	store("memory", 10, "7.3 #1", with_more_memory);
	store("cpus", 10, "7.3 #1", with_two_lab_cpus);
	store("corrupted", 1, "6.12 #1", corrupted);
	store("interrupted", 1, "6.12 #1", interrupted);
	store("odd", 1.5, "6.12 #1", NULL);
	store("same", 1, "7.3 #1", NULL);
}

static void sides_of(const char *good, const char *bad, const char *says)
{
	const struct texts none = {.n = 0};
	auto_free char *g = str_format("%s", good), *b = str_format("%s", bad);
	struct texts gs = {.v = {g}, .n = 1}, bs = {.v = {b}, .n = 1};
	struct capture c;
	struct sides s;
	int err;

	capture_begin(&c, STDERR_FILENO);
	err = sides_open(&s, &gs, &bs, &none, false, false);
	capture_end(&c);
	if (!err)
		sides_close(&s);
	if (!err != !says || capture_lines(&c) != !!says || (says && !strstr(c.text, says)))
		fail_msg("%s and %s: %d, '%s' without '%s'", good, bad, err, c.text, says ?: "");
}

static void refuses_sides(void **state)
{
	char both[300];

	(void)state;
	store_all();
	sides_of(path_of("good"), path_of("bad"), NULL);
	sides_of(path_of("good"), "/nonexistent", "/nonexistent");
	sides_of(path_of("good"), "", "cannot read");
	sides_of(path_of("good"), path_of("seed2"), "the seed differs: 1 and 2");
	sides_of(path_of("good"), path_of("memory"), "--memory differs: 67108864 and 134217728");
	sides_of(path_of("good"), path_of("cpus"), "--lab-cpus differs: 1 and 2");
	sides_of(path_of("corrupted"), path_of("bad"), "no good run");
	sides_of(path_of("good"), path_of("corrupted"), NULL);
	sides_of(path_of("interrupted"), path_of("bad"), "broke off: interrupted");
	snprintf(both, sizeof(both), "%s,%s", path_of("good"), path_of("odd"));
	sides_of(both, path_of("bad"), "same kernel and seed but differ");
	snprintf(both, sizeof(both), "%s,%s", path_of("bad"), path_of("seed2"));
	sides_of(path_of("good"), both, NULL);
	snprintf(both, sizeof(both), "%s,", path_of("good"));
	sides_of(both, path_of("bad"), "cannot read");
}

/* A run of the lab, judged by baselines of the lab. */
static void baselines(void **state)
{
	static const struct {
		double factor;
		enum verdict_code code;
		const char *nearer;
	} table[] = {
		{1.1, VERDICT_PASS, "good"},
		{9, VERDICT_FAIL, "bad"},
		{3.2, VERDICT_CANNOT_JUDGE, "neither"},
	};
	struct opts o = {.seed = 1};
	struct baseline *b;

	(void)state;
	store_all();
	o.baseline_good = (struct texts){.v = {path_of("good")}, .n = 1};
	o.baseline_bad = (struct texts){.v = {path_of("bad")}, .n = 1};
	assert_int_equal(baseline_open(&b, &o, "hs --duration 4s"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct result r;

		made(&r);
		r.phases[3].stalls.count = (uint64_t)(200 * table[i].factor);
		assert_int_equal(verdict_judge(&r), 0);
		assert_int_equal(baseline_judge(b, &r), 0);
		assert_int_equal(r.verdict.code, table[i].code);
		assert_string_equal(r.baseline.nearer, table[i].nearer);
		assert_int_equal(r.baseline.nlines, 1);
		assert_non_null(strstr(r.baseline.lines[0], "migrate.stalls.count"));
		assert_int_equal(r.verdict.nreasons, !!i);
		result_free(&r);
	}
	baseline_close(b);
}

/* Baselines turn a pass into something else, and nothing else into a pass. */
static void only_a_pass(void **state)
{
	struct opts o = {.seed = 1};
	struct baseline *b;
	struct result r;

	(void)state;
	store_all();
	o.baseline_good = (struct texts){.v = {path_of("good")}, .n = 1};
	o.baseline_bad = (struct texts){.v = {path_of("bad")}, .n = 1};
	assert_int_equal(baseline_open(&b, &o, "hs --duration 4s"), 0);
	made(&r);
	r.phases[1].proof[0].moved = 0;
	assert_int_equal(verdict_judge(&r), 0);
	assert_int_equal(baseline_judge(b, &r), 0);
	assert_int_equal(r.verdict.code, VERDICT_CANNOT_JUDGE);
	r.phases[1].proof[0].moved = 1000;
	r.phases[1].integrity.errors = 1;
	assert_int_equal(verdict_judge(&r), 0);
	assert_int_equal(baseline_judge(b, &r), 0);
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	r.phases[1].integrity.errors = 0;
	r.phases[3].stalls.count = 632; /* near neither */
	assert_int_equal(result_add_text(&r.fail_if, &r.nfail_if, "migrate.stalls.count > 600"), 0);
	assert_int_equal(verdict_judge(&r), 0);
	assert_int_equal(baseline_judge(b, &r), 0);
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	r.phases[3].stalls.count = 2000; /* bad, but there is a limit that nobody can judge */
	strcpy(r.fail_if[0], "migrate.kvm.none > 1");
	assert_int_equal(verdict_judge(&r), 0);
	assert_int_equal(baseline_judge(b, &r), 0);
	assert_int_equal(r.verdict.code, VERDICT_CANNOT_JUDGE);
	free(r.fail_if[--r.nfail_if]);
	r.phases[3].stalls.count = 200;
	r.vcpus = 2; /* what nobody could know beforehand */
	assert_int_equal(verdict_judge(&r), 0);
	assert_int_equal(baseline_judge(b, &r), 0);
	assert_int_equal(r.verdict.code, VERDICT_CANNOT_JUDGE);
	assert_non_null(strstr(r.verdict.reasons[0], "--vcpus differs"));
	assert_int_equal(verdict_judge(&r), 0);
	assert_int_equal(baseline_judge(NULL, &r), 0);
	assert_int_equal(r.verdict.code, VERDICT_PASS);
	result_free(&r);
	baseline_close(b);
}

static void refused_baseline(const char *good, const char *bad, uint64_t seed, const char *command,
			     const char *says)
{
	auto_free char *g = str_format("%s", path_of(good)), *d = str_format("%s", path_of(bad));
	struct opts o = {.seed = seed};
	struct baseline *b;
	struct capture c;
	int err;

	o.baseline_good = (struct texts){.v = {g}, .n = 1};
	o.baseline_bad = (struct texts){.v = {d}, .n = 1};
	capture_begin(&c, STDERR_FILENO);
	err = baseline_open(&b, &o, command);
	capture_end(&c);
	assert_null(b);
	if (!err || capture_lines(&c) != 1 || !strstr(c.text, says))
		fail_msg("%d, '%s' without '%s'", err, c.text, says);
}

/* Before anything starts. */
static void refuses_baselines(void **state)
{
	(void)state;
	store_all();
	refused_baseline("good", "bad", 1, "hs --duration 5s", "--duration differs: 4s and 5s");
	refused_baseline("good", "bad", 2, "hs --duration 4s", "--seed is 1");
	refused_baseline("good", "same", 1, "hs --duration 4s", "differs enough");
	refused_baseline("good", "memory", 1, "hs --duration 4s", "--memory");
}

/* `compare @words`, separated by spaces, each word of @files behind the directory; its exit code.
 */
static int compare(struct capture *c, bool markdown, const char *by, const char *files)
{
	static char store[1024], json[128];
	struct opts o = {.markdown = markdown};
	int code;
	size_t at = 0;

	if (by)
		o.by = (struct texts){.v = {by}, .n = 1};
	snprintf(json, sizeof(json), "%s", path_of("compared"));
	o.json = json;
	for (const char *word = files; *word; word += strcspn(word, " "), word += *word == ' ') {
		int n = (int)strcspn(word, " ");

		o.operand[o.noperands++] = store + at;
		at += (size_t)snprintf(store + at, sizeof(store) - at, "%s/%.*s", dir, n, word) + 1;
	}
	capture_begin(c, STDOUT_FILENO);
	code = compare_main(&o, 0, NULL);
	capture_end(c);
	return code;
}

/* It has had enough: the code is that of the comparison, and nothing is said. */
static void reader_has_left(void **state)
{
	struct opts o = {.markdown = true, .noperands = 2};
	int fd[2], saved = dup(STDOUT_FILENO), code;
	struct capture c;

	(void)state;
	store_all();
	o.operand[0] = strdup(path_of("good"));
	o.operand[1] = strdup(path_of("same"));
	assert_int_equal(pipe(fd), 0);
	close(fd[0]);
	fflush(stdout);
	signal(SIGPIPE, SIG_IGN);
	dup2(fd[1], STDOUT_FILENO);
	close(fd[1]);
	capture_begin(&c, STDERR_FILENO);
	code = compare_main(&o, 0, NULL);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	clearerr(stdout);
	assert_string_equal(capture_end(&c), "");
	assert_int_equal(code, 125);
	free((void *)o.operand[0]);
	free((void *)o.operand[1]);
}

static void compares(void **state)
{
	static const struct {
		const char *by, *files, *first, *says;
		int code;
	} table[] = {
		{NULL, "good bad", "DIFFERENT: migrate: stalls.count x10 (2000/s, was 200/s)",
		 "* judges", 0},
		{NULL, "good same", "EQUAL: every figure of the two is the same\n", "* judges",
		 125},
		{NULL, "good bad good",
		 "PASS: DIR/good is nearer to good: every figure is the same", "rule", 0},
		{NULL, "good bad odd", "PASS: DIR/odd is nearer to good: by migrate.stalls", "good",
		 0},
		{NULL, "good bad bad good", "FAIL\n", "bad: nearer to bad: every", 1},
		{"stalls.count", "good bad half",
		 "CANNOT JUDGE: DIR/half is nearer to neither: ", "a factor of 1.25", 125},
		{NULL, "good bad corrupted", "FAIL: DIR/corrupted is nearer to bad: guest memory",
		 "corrupted", 1},
	};
	struct capture c;

	(void)state;
	store_all();
	store("half", 3.2, "6.18 #1", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		for (int markdown = 0; markdown < 2; markdown++) {
			int code = compare(&c, markdown, table[i].by, table[i].files);
			char first[160] = "";
			const char *dir_at = strstr(table[i].first, "DIR");

			snprintf(first, sizeof(first), "%.*s%s%s",
				 dir_at ? (int)(dir_at - table[i].first) : 0, table[i].first,
				 dir_at ? dir : "", dir_at ? dir_at + 3 : table[i].first);
			if (code != table[i].code || !strstr(c.text, table[i].says) ||
			    strncmp(c.text + 3 * markdown, first, strlen(first)))
				fail_msg("%s: %d, %s", table[i].files, code, c.text);
		}
}

static void compared_json(void **state)
{
	struct capture c;
	json_t *root, *figures;

	(void)state;
	store_all();
	assert_int_equal(compare(&c, false, NULL, "good bad bad"), 1);
	root = json_load_file(path_of("compared"), 0, NULL);
	assert_non_null(root);
	assert_int_equal(json_integer_value(
				 json_object_get(json_object_get(root, "verdict"), "code")),
			 1);
	assert_string_equal(json_string_value(json_object_get(root, "method")), "exact");
	assert_string_equal(json_string_value(
				    json_object_get(json_array_get(json_object_get(root, "new"), 0),
						    "nearer")),
			    "bad");
	figures = json_object_get(root, "figures");
	assert_true(json_array_size(figures) > 80);
	for (size_t i = 0; i < json_array_size(figures); i++) {
		json_t *f = json_array_get(figures, i);
		bool judge = !strcmp(json_string_value(json_object_get(f, "name")),
				     "migrate.stalls.count");

		assert_int_equal(json_is_true(json_object_get(f, "judges")), judge);
	}
	json_decref(root);
}

/* Every line of the tables within 100 columns, every row of Markdown with its seven bars. */
static void compared_lines(void **state)
{
	struct capture c;

	(void)state;
	store_all();
	compare(&c, false, NULL, "good bad odd");
	for (char *line = strtok(strstr(c.text, "\nfigure"), "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 100);
	compare(&c, true, NULL, "good bad odd");
	for (char *line = strtok(c.text, "\n"); line; line = strtok(NULL, "\n")) {
		int bars = 0;

		for (const char *p = line; *p; p++)
			bars += *p == '|';
		assert_true(!bars || bars == 7);
	}
}

/* Those that were named, and no others, in their order, with mean, stdev, difference and change. */
static void compared_figures(void **state)
{
	const char *stalls, *touches;
	struct capture c;
	json_t *root, *f;
	size_t i;

	(void)state;
	store_all();
	compare(&c, true, "migrate.stalls.count", "good bad");
	touches = strstr(c.text, "touch.count");
	stalls =
		strstr(c.text, "| migrate.stalls.count | 200/s | 2000/s | +1800 | x10 | exact * |");
	if (touches || !stalls)
		fail_msg("%s", c.text);
	assert_non_null(strstr(c.text, "nobody named them"));
	root = json_load_file(path_of("compared"), 0, NULL);
	json_array_foreach (json_object_get(root, "figures"), i, f) {
		bool named = !strcmp(json_string_value(json_object_get(f, "name")),
				     "migrate.stalls.count");

		assert_int_equal(json_is_true(json_object_get(f, "named")), named);
		if (!named)
			continue;
		assert_true(json_number_value(json_object_get(f, "difference")) == 1800);
		assert_true(json_number_value(json_object_get(f, "change")) == 9);
	}
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans),
		cmocka_unit_test(refuses_sides),
		cmocka_unit_test(baselines),
		cmocka_unit_test(only_a_pass),
		cmocka_unit_test(refuses_baselines),
		cmocka_unit_test(compares),
		cmocka_unit_test(reader_has_left),
		cmocka_unit_test(compared_json),
		cmocka_unit_test(compared_lines),
		cmocka_unit_test(compared_figures),
	};

	return cmocka_run_group_tests_name("sides", tests, make_dir, remove_dir);
}
