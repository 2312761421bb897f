/* SPDX-License-Identifier: GPL-2.0-only */
/* stored.c - stored results: they come back whole, and what is damaged is refused in a line; would
 * pass silently if a reader took anything, so a result is damaged in every place. */
#include "stored_made.h"

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
		p->stalls.causes_known = false;
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
		p->transitions[i] = (struct transition_figures){n,     n + 1, n + 2, n + 3,
								n + 4, n + 5, n + 6, true};
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(comes_back_seen),
		cmocka_unit_test(is_shown_and_judged_alike),
		cmocka_unit_test(damaged),
		cmocka_unit_test(file_errors),
	};

	return cmocka_run_group_tests_name("stored", tests, make_dir, remove_dir);
}
