/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ktap.c - the KTAP report: one test per planned phase in every end a run can have, and some line
 * that says what the verdict says. Read back by a small parser of ktap.rst's grammar, so that a
 * line no KTAP reader would understand fails here.
 */
#include <ctype.h>

#include "made.h"
#include "report/report.h"
#include "judge/verdict.h"

struct tap {
	int planned, seen;
	char status[16]; /* 'o' ok, 'n' not ok, 's' skip, 'e' error */
	char name[16][32];
	char text[16384];
};

static void parse_result(struct tap *t, const char *line)
{
	bool ok = !strncmp(line, "ok ", 3);
	int number, at = 0;

	assert_true(ok || !strncmp(line, "not ok ", 7));
	assert_int_equal(sscanf(line + (ok ? 3 : 7), "%d %31s%n", &number, t->name[t->seen], &at),
			 2);
	line += (ok ? 3 : 7) + at;
	assert_int_equal(number, t->seen + 1);
	if (*line)
		assert_memory_equal(line, " # ", 3);
	t->status[t->seen++] = !strncmp(line, " # SKIP ", 8)	? 's'
			       : !strncmp(line, " # ERROR ", 9) ? 'e'
			       : ok				? 'o'
								: 'n';
	if (t->status[t->seen - 1] == 's')
		assert_true(ok);
	if (!ok)
		assert_true(strlen(line) > 4); /* a reason */
	assert_null(strchr(*line ? line + 3 : line, '#'));
}

static void parse(struct tap *t, const struct result *r)
{
	char *line, *rest, copy[16384];
	FILE *out = fmemopen(t->text, sizeof(t->text), "w");

	assert_non_null(out);
	assert_int_equal(report_ktap(r, out), 0);
	fclose(out);
	t->seen = 0;
	memset(t->status, 0, sizeof(t->status));
	strcpy(copy, t->text);
	line = strtok_r(copy, "\n", &rest);
	assert_string_equal(line, "KTAP version 1");
	assert_int_equal(sscanf(strtok_r(NULL, "\n", &rest), "1..%d", &t->planned), 1);
	while ((line = strtok_r(NULL, "\n", &rest))) {
		for (const char *c = line; *c; c++)
			assert_true(isprint((unsigned char)*c) || *c & 0x80);
		if (strncmp(line, "# ", 2))
			parse_result(t, line);
	}
	assert_int_equal(t->planned, t->seen);
}

static void judged(struct result *r, struct tap *t, const char *status)
{
	assert_int_equal(verdict_judge(r), 0);
	parse(t, r);
	if (strcmp(t->status, status))
		fail_msg("'%s' instead of '%s':\n%s", t->status, status, t->text);
}

static void limit(struct result *r, const char *expr)
{
	assert_int_equal(result_add_text(&r->fail_if, &r->nfail_if, expr), 0);
}

static void plan(struct result *r)
{
	static const char *const names[] = {"idle", "ksm-merge", "ksm-merge+migrate", "migrate"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(result_add_text(&r->planned, &r->nplanned, names[i]), 0);
}

static void passes(void **state)
{
	struct result r;
	struct tap t;

	(void)state;
	made(&r);
	judged(&r, &t, "oooo");
	assert_string_equal(t.name[2], "ksm-merge+migrate");
	assert_non_null(strstr(t.text, "\nok 1 idle\n"));
	assert_non_null(strstr(t.text, "\n# verdict: pass (exit code 0)\n"));
	assert_non_null(strstr(t.text, "\n# probes: bpf, 0 events lost, 0 late, 0 unpaired\n"));
	assert_non_null(
		strstr(t.text,
		       "\n# migrate: 40000 windows\n# migrate: 40 of them preempted\n"
		       "# migrate: faults: 4000 inside, 2000 retried, 400 collateral, 20000 "
		       "refault, 600 upgrade, 13000 other\n# migrate: faults: 0 unmatched\n"
		       "# migrate: refault ratio 0.962\nok 4 migrate\n"));
	assert_null(strstr(t.text, "# idle: refault ratio")); /* nothing was zapped */
	r.phases[3].windows.preempted_known = r.phases[3].faults.known = false;
	parse(&t, &r);
	assert_non_null(strstr(t.text, "# migrate: 40000 windows\n# migrate: faults: 4000 inside"));
	assert_null(strstr(t.text, "# migrate: 40 of"));
	assert_null(strstr(t.text, "# migrate: faults: 0 unmatched"));
	r.phases[3].faults.known = true;
	plan(&r);
	judged(&r, &t, "oooo");
	result_free(&r);
}

static void skips_what_was_not_exercised(void **state)
{
	struct result r;
	struct tap t;

	(void)state;
	made(&r);
	r.phases[1].proof[0].moved = 5;
	r.phases[1].exercised = false;
	r.phases[1].why_not = strdup("pages_moved moved by 5,\nneeded # 1000");
	judged(&r, &t, "osoo");
	assert_non_null(
		strstr(t.text, "ok 2 ksm-merge # SKIP pages_moved moved by 5, needed / 1000\n"));
	assert_non_null(strstr(t.text, "# verdict: cannot judge (exit code 125)\n"));
	result_free(&r);
}

static void fails_corruption(void **state)
{
	struct result r;
	struct tap t;

	(void)state;
	made(&r);
	r.phases[3].integrity.errors = 1;
	judged(&r, &t, "ooon");
	r.phases[3].exercised = false;
	judged(&r, &t, "ooon");
	result_free(&r);
}

static void skips_damaged_frames(void **state)
{
	struct result r;
	struct tap t;

	(void)state;
	made(&r);
	r.phases[2].lost = 1;
	judged(&r, &t, "ooso");
	assert_non_null(strstr(t.text, "# SKIP frames of the guest were lost or damaged\n"));
	result_free(&r);
}

static void fails_exceeded_limits(void **state)
{
	struct result r;
	struct tap t;

	(void)state;
	made(&r);
	limit(&r, "faults.total > 25K");
	judged(&r, &t, "oonn");
	assert_non_null(strstr(t.text, "not ok 3 ksm-merge+migrate # faults.total > 25K\n"));
	assert_non_null(strstr(t.text,
			       "\n# migrate: limit faults.total > 25K exceeded: 40000, limit "
			       "25000\nnot ok 4"));
	assert_non_null(strstr(t.text, "\n# ksm-merge: limit faults.total > 25K kept: 20000"));
	assert_non_null(strstr(t.text, "# verdict: limit 'faults.total > 25K' exceeded in phase "
				       "migrate"));
	limit(&r, "ksm-merge.kvm.nonesuch > 1");
	judged(&r, &t, "osnn");
	result_free(&r);
}

/* A limit on no phase has a line of its own, but only when it says something. */
static void limits_on_the_run(void **state)
{
	struct result r;
	struct tap t;

	(void)state;
	made(&r);
	limit(&r, "guest.boot_ns > 5s");
	judged(&r, &t, "oooo");
	assert_non_null(strstr(t.text, "# run: limit guest.boot_ns > 5s kept"));
	limit(&r, "guest.boot_ns > 1s");
	judged(&r, &t, "oooon");
	assert_string_equal(t.name[4], "run");
	result_free(&r);
}

static void ends(void **state)
{
	static const struct {
		enum run_end end;
		size_t phases;
		bool done;
		const char *status;
	} table[] = {
		{RUN_GUEST_CRASHED, 2, false, "onss"}, {RUN_KERNEL_DIED, 4, true, "oooon"},
		{RUN_KERNEL_DIED, 0, true, "ssssn"},   {RUN_GUEST_SILENT, 2, false, "osss"},
		{RUN_GUEST_SILENT, 4, true, "oooos"},  {RUN_KERNEL_HUNG, 0, true, "sssss"},
		{RUN_INTERRUPTED, 3, false, "ooes"},   {RUN_INTERRUPTED, 0, false, "sssse"},
		{RUN_ERROR, 4, true, "ooooe"},
	};
	struct result r;
	struct tap t;

	(void)state;
	made(&r);
	plan(&r);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		r.end = table[i].end;
		r.nphases = table[i].phases;
		for (size_t k = 0; k < 4; k++)
			r.phases[k].done = table[i].done || k + 1 < r.nphases;
		judged(&r, &t, table[i].status);
	}
	r.nphases = 4;
	result_free(&r);
}

/* What baselines add to a pass. */
static void inconclusive(void **state)
{
	struct result r;
	struct tap t;

	(void)state;
	made(&r);
	assert_int_equal(verdict_judge(&r), 0);
	r.verdict.code = VERDICT_CANNOT_JUDGE;
	assert_int_equal(verdict_reason(&r.verdict, "nearer to neither"), 0);
	parse(&t, &r);
	assert_string_equal(t.status, "oooos");
	assert_non_null(strstr(t.text, "ok 5 run # SKIP nearer to neither\n"));
	result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes),
		cmocka_unit_test(skips_what_was_not_exercised),
		cmocka_unit_test(skips_damaged_frames),
		cmocka_unit_test(fails_corruption),
		cmocka_unit_test(fails_exceeded_limits),
		cmocka_unit_test(limits_on_the_run),
		cmocka_unit_test(ends),
		cmocka_unit_test(inconclusive),
	};

	return cmocka_run_group_tests_name("ktap", tests, NULL, NULL);
}
