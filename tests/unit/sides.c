/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sides.c - stored results: that they come back whole, that what cannot be compared is refused in
 * one line that says what differs, and what baselines do to a verdict. Would pass silently if a
 * reader took anything: a result is also damaged in every place.
 */
#include "compare/baseline.h"
#include "compare/main.h"
#include "made.h"
#include "cli/plan.h"
#include "report/report.h"
#include "result/json.h"
#include "result/read.h"
#include "compare/sides.h"
#include "judge/verdict.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <sys/stat.h>

/* plan.c and opts.c go by the real option_table; sources and commands are not asked. */

static char dir[] = "/tmp/host-stress-sides-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	auto_free char *command = str_format("rm -r %s", dir);

	(void)state;
	return system(command);
}

static const char *path_of(const char *name)
{
	static char path[4][128];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[0]), "%s/%s", dir, name);
	return path[next];
}

/* migrate stalls @factor times as often. */
static void store(const char *name, double factor, const char *kernel,
		  void (*change)(struct result *))
{
	struct result r;

	made(&r);
	free(r.kernel);
	r.kernel = strdup(kernel);
	r.phases[3].stalls.count = (uint64_t)(200 * factor);
	if (change)
		change(&r);
	assert_int_equal(verdict_judge(&r), 0);
	assert_int_equal(result_json_file(&r, path_of(name)), 0);
	result_free(&r);
}

static void full(struct result *r)
{
	assert_int_equal(result_add_text(&r->fail_if, &r->nfail_if, "touch.p999 > 20us"), 0);
	assert_int_equal(result_add_text(&r->fail_if, &r->nfail_if, "guest.boot_ns > 5s"), 0);
	assert_int_equal(result_add_text(&r->fail_if, &r->nfail_if, "migrate.kvm.x > 5"), 0);
	r->phases[0].faults.known = false;
	r->phases[0].faults.total = r->phases[0].faults.fixed = r->phases[0].faults.retried_most =
		0;
	r->phases[0].why_not = strdup("because \"of\"\nthat");
	r->phases[0].exercised = false;
	r->phases[2].touch.count = r->phases[2].touch.p50_ns = r->phases[2].touch.p99_ns = 0;
	r->phases[2].touch.p999_ns = r->phases[2].touch.max_ns = 0;
	r->phases[2].faults.unmatched = -3;
	r->phases[2].refault_ratio = NAN;
	r->phases[2].windows.preempted_known = false;
	r->phases[2].windows.preempted = 0;
	r->probes.why = strdup("no BTF in this kernel");
	r->probes.lost = 9;
	r->probes.late = 10;
	r->probes.unpaired = 11;
	r->probes.stretch_ns = 50000;
	r->probes.interfere = true;
	r->seed = UINT64_MAX;
	r->channel.foreign = 7;
	r->baseline.nearer = strdup("bad");
	assert_int_equal(result_add_text(&r->baseline.lines, &r->baseline.nlines, "a line"), 0);
	assert_int_equal(metrics_set(&r->here, "wall_ns.pack", 31234), 0);
}

static char *written(void (*change)(struct result *))
{
	struct result r;
	char *text;

	made(&r);
	if (change)
		change(&r);
	assert_int_equal(verdict_judge(&r), 0);
	text = result_json(&r);
	result_free(&r);
	return text;
}

static void broken_off(struct result *r)
{
	r->end = RUN_GUEST_CRASHED;
	r->end_detail = strdup("panic");
	while (r->nphases > 1) {
		struct phase_result *p = &r->phases[--r->nphases];

		free(p->name);
		free(p->sources);
		metrics_free(&p->kvm);
		metrics_free(&p->host);
		metrics_free(&p->exits);
	}
	r->tsc_hz = 0;
	free(r->kernel);
	r->kernel = NULL;
}

/* As backend counters leaves it. */
static void unseen(struct result *r)
{
	for (size_t i = 0; i < r->nphases; i++) {
		struct phase_result *p = &r->phases[i];
		struct fault_figures f = p->faults;

		p->windows = (struct window_figures){.known = false,
						     .sent_back_each = NAN,
						     .flushes_each = NAN};
		p->faults = (struct fault_figures){.known = true,
						   .total = f.total,
						   .fixed = f.fixed,
						   .retried_most = f.retried_most};
		p->transitions_known = p->stalls.causes_known = false;
		memset(p->transitions, 0, sizeof(p->transitions));
		memset(p->stalls.part_ns, 0, sizeof(p->stalls.part_ns));
		metrics_free(&p->stalls.preempted_by);
		worst_free(&p->stalls.worst);
		memset(p->stalls.by_cause, 0, sizeof(p->stalls.by_cause));
		memset(p->stalls.by_window, 0, sizeof(p->stalls.by_window));
		p->refault_ratio = NAN;
	}
	free(r->probes.backend);
	r->probes.backend = strdup("counters");
	free(r->probes.selftest);
	r->probes.selftest = NULL;
	free(r->clock.method);
	r->clock.method = NULL;
	r->clock.error_ns = 0;
}

/* Each figure of the probes another number: none may come back in another's place. */
static void all_differ(struct result *r)
{
	uint64_t n = 1000;
	struct phase_result *p = &r->phases[3];

	for (int i = 0; i < REASONS; i++)
		p->windows.by_event[i] = n++;
	for (int i = 0; i < THREADS; i++)
		p->windows.by_thread[i] = n++;
	p->windows.met = n++;
	p->windows.sent_back_each = 1.5;
	p->windows.flushes_each = 2.5;
	p->windows.start = (struct duration_figures){n + 1, n + 2, n + 3, n + 4, n + 5};
	p->windows.empty = (struct duration_figures){n + 6, n + 7, n + 8, n + 9, n + 10};
	p->windows.total = (struct duration_figures){n + 11, n + 12, n + 13, n + 14, n + 15};
	n += 16;
	for (int i = 0; i < TRANSITIONS; i++, n += 7)
		p->transitions[i] =
			(struct transition_figures){n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6};
	for (int i = 0; i < CAUSES; i++, n += 2)
		p->stalls.by_cause[i] = (struct cause_figures){n, n + 1};
	for (int i = 0; i < PARTS; i++)
		p->stalls.part_ns[i] = n++;
	for (int i = 0; i < REASONS * THREADS; i++)
		p->stalls.by_window[i / THREADS][i % THREADS] = n++;
}

/* Also field by field: what JSON leaves out would not be missed in its text. */
static void same_seen(const struct phase_result *a, const struct phase_result *b)
{
	assert_memory_equal(&a->windows, &b->windows, sizeof(a->windows));
	assert_memory_equal(&a->faults, &b->faults, sizeof(a->faults));
	assert_memory_equal(&a->transitions, &b->transitions, sizeof(a->transitions));
	assert_memory_equal(a->stalls.by_cause, b->stalls.by_cause, sizeof(a->stalls.by_cause));
	assert_memory_equal(a->stalls.by_window, b->stalls.by_window, sizeof(a->stalls.by_window));
	assert_memory_equal(a->stalls.part_ns, b->stalls.part_ns, sizeof(a->stalls.part_ns));
	assert_int_equal(a->transitions_known, b->transitions_known);
}

static void comes_back_seen(void **state)
{
	void (*const changes[])(struct result *) = {NULL, all_differ, unseen};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		char *text = written(changes[i]);
		struct result r, was;

		made(&was);
		if (changes[i])
			changes[i](&was);
		assert_int_equal(result_read(&r, text, strlen(text), "it"), 0);
		for (size_t k = 0; k < was.nphases; k++)
			same_seen(&r.phases[k], &was.phases[k]);
		result_free(&r);
		result_free(&was);
		free(text);
	}
}

static void comes_back(void **state)
{
	void (*const changes[])(struct result *) = {NULL, full, broken_off, unseen, all_differ};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		char *text = written(changes[i]), *again;
		struct result r;

		assert_int_equal(result_read(&r, text, strlen(text), "it"), 0);
		again = result_json(&r);
		assert_string_equal(again, text);
		assert_true(changes[i] != full || strstr(text, "\"wall_ns.pack\": 31234"));
		result_free(&r);
		free(text);
		free(again);
	}
}

static char *shown(const struct result *r, int (*form)(const struct result *, FILE *))
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(form(r, out), 0);
	fclose(out);
	return text;
}

/* The lab shows what L1 has written and judges it anew: nothing may be lost on the way. */
static void is_shown_and_judged_alike(void **state)
{
	void (*const changes[])(struct result *) = {NULL, full, broken_off};
	int (*const forms[])(const struct result *, FILE *) = {report_tables, report_ktap};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes) * ARRAY_SIZE(forms); i++) {
		char *text, *before, *after;
		struct result r, again;

		made(&r);
		if (changes[i / 2])
			changes[i / 2](&r);
		assert_int_equal(verdict_judge(&r), 0);
		before = shown(&r, forms[i % 2]);
		text = result_json(&r);
		assert_int_equal(result_read(&again, text, strlen(text), "it"), 0);
		for (size_t k = 0; k < r.nfail_if; k++)
			assert_int_equal(result_add_text(&again.fail_if, &again.nfail_if,
							 r.fail_if[k]),
					 0);
		assert_int_equal(verdict_judge(&again), 0);
		after = shown(&again, forms[i % 2]);
		assert_string_equal(before, after);
		free(text);
		free(before);
		free(after);
		result_free(&r);
		result_free(&again);
	}
}

static void is_refused(const char *text, size_t len, const char *says)
{
	struct capture c;
	struct result r;
	int err;

	capture_begin(&c, STDERR_FILENO);
	err = result_read(&r, text, len, "it");
	capture_end(&c);
	result_free(&r);
	if (err != -EINVAL || capture_lines(&c) != 1 || !strstr(c.text, says))
		fail_msg("%d, says '%s' without '%s'", err, c.text, says);
}

/* Each line with a figure is taken out, and each figure made a text, a negative and a fraction. */
static void damaged(void **state)
{
	static char copy[1 << 18];
	char *text = written(full);
	size_t n = 0;

	(void)state;
	is_refused("", 0, "no JSON");
	is_refused(text, strlen(text) / 2, "no JSON");
	is_refused("{}", 2, "schema");
	is_refused("[]", 2, "schema");
	for (char *line = strstr(text, "\"place\""); line; line = strchr(line + 1, '\n')) {
		char *colon = strstr(line, "\": "), *end = strpbrk(line + 1, ",\n");

		if (!colon || !end || colon > end || strpbrk(colon, "0123456789") != colon + 3)
			continue;
		for (int how = 0; how < 3; how++) {
			const char *instead = how == 0 ? "\"x\"" : how == 1 ? "-1" : "{}";
			int len = snprintf(copy, sizeof(copy), "%.*s%s%s", (int)(colon + 3 - text),
					   text, instead, end);

			if (memmem(line, (size_t)(end - line), "\"value\"", 7) ||
			    memmem(line, (size_t)(end - line), "\"limit\"", 7) ||
			    memmem(line, (size_t)(end - line), "\"rate\"", 6) ||
			    memmem(line, (size_t)(end - line), "share\"", 6) ||
			    memmem(line, (size_t)(end - line), "ratio\"", 6) ||
			    memmem(line, (size_t)(end - line), "\"end_ns\"", 8) ||
			    memmem(line, (size_t)(end - line), "unmatched\"", 10))
				continue;
			is_refused(copy, (size_t)len, "is it a result of this host-stress?");
			n++;
		}
	}
	assert_true(n > 200);
	strstr(text, "\"complete\"")[1] = 'k';
	is_refused(text, strlen(text), "end.how");
	free(text);
}

static void file_errors(void **state)
{
	struct capture c;
	struct result r;

	(void)state;
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(result_read_file(&r, "/nonexistent"), -ENOENT);
	capture_end(&c);
	assert_int_equal(capture_lines(&c), 1);
	assert_non_null(strstr(c.text, "/nonexistent"));
}

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
		cmocka_unit_test(comes_back),
		cmocka_unit_test(comes_back_seen),
		cmocka_unit_test(is_shown_and_judged_alike),
		cmocka_unit_test(damaged),
		cmocka_unit_test(file_errors),
		cmocka_unit_test(plans),
		cmocka_unit_test(refuses_sides),
		cmocka_unit_test(baselines),
		cmocka_unit_test(only_a_pass),
		cmocka_unit_test(refuses_baselines),
		cmocka_unit_test(compares),
		cmocka_unit_test(compared_json),
		cmocka_unit_test(compared_lines),
		cmocka_unit_test(compared_figures),
	};

	return cmocka_run_group_tests_name("sides", tests, make_dir, remove_dir);
}
