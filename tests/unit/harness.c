/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * harness.c - a result for test harnesses other than those of KTAP (ktap.c has the rules by which
 * phases become tests): JUnit's XML, counted by its own parser here, and LAVA's signals.
 */
#include "made.h"
#include "judge/verdict.h"
#include "report/report.h"

static char *text_of(const struct result *r, int (*report)(const struct result *, FILE *))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(report(r, out), 0);
	fclose(out);
	return text;
}

static void shows(const struct result *r, int (*report)(const struct result *, FILE *),
		  const char *wanted)
{
	char *text = text_of(r, report);

	if (!strstr(text, wanted))
		fail_msg("no '%s' in\n%s", wanted, text);
	free(text);
}

static int times(const char *text, const char *what)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

/* Every element that is opened is closed, in order. */
static void well_formed(const char *text)
{
	char open[8][32];
	int depth = 0;

	for (const char *p = strchr(text, '<'); p; p = strchr(p + 1, '<')) {
		const char *end = strchr(p, '>');
		int len = (int)strcspn(p + 1, " />");

		assert_non_null(end);
		if (p[1] == '?' || end[-1] == '/')
			continue;
		if (p[1] != '/') {
			assert_true(depth < 8);
			snprintf(open[depth++], 32, "%.*s", len, p + 1);
			continue;
		}
		assert_true(depth > 0);
		depth--;
		assert_memory_equal(p + 2, open[depth], strlen(open[depth]));
	}
	assert_int_equal(depth, 0);
}

static void a_pass(void **state)
{
	struct result r;
	char *xml;

	(void)state;
	made(&r);
	free(r.command);
	r.command = strdup("hs --fail-if 'a < 3 & \"b\" > 4'\x01");
	assert_int_equal(verdict_judge(&r), 0);
	xml = text_of(&r, report_junit);
	well_formed(xml);
	assert_non_null(strstr(xml, " tests=\"4\" failures=\"0\" errors=\"0\" skipped=\"0\">"));
	assert_int_equal(times(xml, "<testcase "), 4);
	assert_non_null(
		strstr(xml, "value=\"hs --fail-if 'a &lt; 3 &amp; &quot;b&quot; &gt; 4' \""));
	assert_non_null(strstr(xml, "name=\"ksm-merge+migrate\" time=\"1.000\"/>"));
	free(xml);
	shows(&r, report_lava,
	      "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=ksm-merge_migrate RESULT=pass>\n");
	shows(&r, report_lava,
	      "TEST_CASE_ID=migrate-touch-p99 RESULT=pass MEASUREMENT=9.000 UNITS=us>\n");
	result_free(&r);
}

/* A limit, a phase that was not exercised, one that never ran. */
static void others(void **state)
{
	struct result r;
	char *xml;

	(void)state;
	made(&r);
	for (size_t i = 0; i < r.nphases; i++)
		assert_int_equal(result_add_text(&r.planned, &r.nplanned, r.phases[i].name), 0);
	assert_int_equal(result_add_text(&r.planned, &r.nplanned, "cow"), 0);
	assert_int_equal(result_add_text(&r.fail_if, &r.nfail_if, "faults.total > 30K"), 0);
	r.phases[1].exercised = false;
	r.phases[1].why_not = strdup("<moved> by 3");
	assert_int_equal(verdict_judge(&r), 0);
	xml = text_of(&r, report_junit);
	well_formed(xml);
	assert_non_null(strstr(xml, " tests=\"5\" failures=\"1\" errors=\"0\" skipped=\"2\">"));
	assert_non_null(strstr(xml, "<failure message=\"faults.total &gt; 30K\"/>"));
	assert_non_null(strstr(xml, "<skipped message=\"&lt;moved&gt; by 3\"/>"));
	free(xml);
	shows(&r, report_lava, "TEST_CASE_ID=migrate RESULT=fail>");
	shows(&r, report_lava, "TEST_CASE_ID=cow RESULT=skip>");
	result_free(&r);
}

/* What is wrong with the run itself. */
static void the_run(void **state)
{
	struct result r = {.end = RUN_ERROR};
	char *xml;

	(void)state;
	r.end_detail = strdup("no disk");
	assert_int_equal(verdict_judge(&r), 0);
	xml = text_of(&r, report_junit);
	well_formed(xml);
	assert_non_null(strstr(xml, " tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">"));
	assert_non_null(strstr(xml, "name=\"run\""));
	assert_non_null(strstr(xml, "no disk\"/>"));
	free(xml);
	shows(&r, report_lava, "TEST_CASE_ID=run RESULT=unknown>");
	result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pass),
		cmocka_unit_test(others),
		cmocka_unit_test(the_run),
	};

	return cmocka_run_group_tests_name("harness", tests, NULL, NULL);
}
