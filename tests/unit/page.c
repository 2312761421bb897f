/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page.c - histograms in results, and what is made of them: .hgrm files and the page. Where gnuplot
 * is missing the page's test is skipped, and what is said then is tested all the same.
 */
#include "made.h"
#include "compare/main.h"
#include "judge/verdict.h"
#include "report/page.h"
#include "result/buckets.h"
#include "result/json.h"
#include "result/read.h"

#include <dirent.h>

static char dir[] = "/tmp/host-stress-page-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char path[400];
	struct dirent *d;
	DIR *f = opendir(dir);

	(void)state;
	while (f && (d = readdir(f))) {
		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		unlink(path);
	}
	closedir(f);
	return rmdir(dir);
}

static const char *path_of(const char *name)
{
	static char path[16][128];
	static unsigned int n;

	snprintf(path[++n % 16], sizeof(path[0]), "%s/%s", dir, name);
	return path[n % 16];
}

static uint64_t doubled(const void *arg, uint64_t value)
{
	(void)arg;
	return 2 * value;
}

static void buckets(void **state)
{
	struct hist *h = calloc(1, sizeof(*h));
	char *text;

	(void)state;
	text = buckets_text(h, NULL, NULL);
	assert_string_equal(text, "");
	assert_true(buckets_good(text));
	free(text);
	hist_add(h, 7);
	hist_add(h, 7);
	hist_add(h, 1000);
	hist_add(h, 1000000);
	text = buckets_text(h, NULL, NULL);
	assert_string_equal(text, "7:2 1007:1 1000000:1"); /* never above the longest */
	assert_true(buckets_good(text));
	free(text);
	text = buckets_text(h, doubled, NULL);
	assert_string_equal(text, "14:2 2014:1 2000000:1");
	free(text);
	assert_false(buckets_good("7:2 6:1"));
	assert_false(buckets_good("7:0"));
	assert_false(buckets_good("7"));
	assert_false(buckets_good("7:1 x"));
	free(h);
}

static void hgrm(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(buckets_hgrm("1000000:90 2000000:9 50000000:1", out), 0);
	fclose(out);
	assert_non_null(strstr(text, "\n    1.000000 0.900000000000         90          10.00\n"));
	assert_non_null(strstr(text, "\n    2.000000 0.990000000000         99         100.00\n"));
	assert_non_null(strstr(text, "\n   50.000000 1.000000000000        100\n"));
	assert_non_null(strstr(text, "#[Mean    =     1.580000, "));
	assert_non_null(strstr(text, "Total count    =          100]"));
	free(text);
}

/* Three phases with windows and touches; the first has none of either. */
static void store(const char *name, const char *kernel)
{
	struct result r;

	made(&r);
	free(r.kernel);
	r.kernel = strdup(kernel);
	for (size_t i = 1; i < r.nphases; i++) {
		r.phases[i].touch_buckets = strdup("375:900000 439:90000 10000:9000 8000000:20");
		r.phases[i].window_buckets = strdup(i == 1 ? "" : "5000:20000 40000:30");
	}
	for (uint32_t k = 0; k < 3; k++) { /* of the last phase */
		struct series *s = &r.phases[r.nphases - 1].series;

		s->step_ns = 1000000;
		s->n = 3;
		s->sum[SERIES_WINDOWS][k] = 10 + k;
		s->sum[SERIES_FAULTS][k] = 100 * k;
	}
	assert_int_equal(verdict_judge(&r), 0);
	assert_int_equal(result_json_file(&r, path_of(name)), 0);
	result_free(&r);
}

static void is_stored(void **state)
{
	struct result r;
	char *text, *bad;
	size_t len;

	(void)state;
	store("one.json", "6.12");
	assert_int_equal(file_slurp(path_of("one.json"), &text, &len), 0);
	assert_int_equal(result_read(&r, text, len, "it"), 0);
	assert_null(r.phases[0].touch_buckets);
	assert_string_equal(r.phases[1].touch_buckets,
			    "375:900000 439:90000 10000:9000 8000000:20");
	assert_string_equal(r.phases[1].window_buckets, "");
	assert_int_equal(r.phases[1].series.n, 0);
	assert_int_equal(r.phases[r.nphases - 1].series.n, 3);
	assert_int_equal(r.phases[r.nphases - 1].series.sum[SERIES_WINDOWS][2], 12);
	result_free(&r);
	bad = strstr(text, "439:");
	memcpy(bad, "039:", 4);
	{
		struct capture c;

		capture_begin(&c, STDERR_FILENO);
		assert_true(result_read(&r, text, len, "it") < 0);
		capture_end(&c);
		assert_non_null(strstr(c.text, "phases[1]"));
		assert_non_null(strstr(c.text, "histogram"));
	}
	free(text);
}

static int report(const char *output, const char *curves, const char *a, const char *b)
{
	struct opts o = {.operand = {a, b},
			 .noperands = b ? 2 : 1,
			 .output = output,
			 .hgrm = curves};

	return report_main(&o, 0, NULL);
}

static void writes_hgrm(void **state)
{
	char *text;
	size_t len;

	(void)state;
	store("one.json", "6.12");
	assert_int_equal(report(NULL, dir, path_of("one.json"), NULL), 0);
	assert_int_equal(file_slurp(path_of("one.migrate.touch.hgrm"), &text, &len), 0);
	assert_non_null(strstr(text, "Total count    =       999020]"));
	free(text);
	assert_int_equal(access(path_of("one.migrate.windows.hgrm"), R_OK), 0);
	assert_int_not_equal(access(path_of("one.ksm-merge.windows.hgrm"), R_OK), 0);
	assert_int_not_equal(access(path_of("one.idle.touch.hgrm"), R_OK), 0);
}

static int times(const char *text, const char *what)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

/* One file that needs nothing: no script, nothing fetched; a picture of each distribution that is.
 */
static void a_page(void **state)
{
	char *text;
	size_t len;

	(void)state;
	if (system("gnuplot --version >/dev/null 2>&1"))
		skip(); /* no gnuplot here */
	store("one.json", "6.12 <b>");
	store("two.json", "7.3");
	assert_int_equal(report(path_of("page.html"), NULL, path_of("one.json"),
				path_of("two.json")),
			 0);
	assert_int_equal(file_slurp(path_of("page.html"), &text, &len), 0);
	assert_memory_equal(text, "<!DOCTYPE html>", 15);
	assert_int_equal(times(text, "<figure><svg"), 1 + 3 + 2 + 1);
	assert_int_equal(times(text, "<svg class=\"line\""), 2 * 4); /* the longest stalls */
	assert_int_equal(times(text, "</svg>"), 1 + 3 + 2 + 1 + 2 * 4);
	assert_int_equal(times(text, "PASS: no limit set"), 2);
	assert_int_equal(times(text, "<td>migrate</td>"), 2);
	assert_non_null(strstr(text, "6.12 &lt;b&gt;"));
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "<link"));
	assert_null(strstr(text, "src="));
	assert_null(strstr(text, "url(http"));
	assert_null(strstr(text, "'black'"));
	assert_null(strstr(text, "\"black\""));
	free(text);
}

/* Refused in one line: without gnuplot, without anything to write, a result that is none. */
static void refusals(void **state)
{
	auto_free char *path = strdup(getenv("PATH"));
	struct capture c;

	(void)state;
	store("one.json", "6.12");
	setenv("PATH", dir, 1);
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(report(path_of("none.html"), NULL, path_of("one.json"), NULL),
			 VERDICT_ERROR);
	assert_int_equal(report(NULL, NULL, path_of("one.json"), NULL), VERDICT_ERROR);
	assert_int_equal(report(path_of("none.html"), NULL, path_of("nonesuch"), NULL),
			 VERDICT_ERROR);
	capture_end(&c);
	setenv("PATH", path, 1);
	assert_int_equal(capture_lines(&c), 3);
	assert_non_null(strstr(c.text, "gnuplot-nox"));
	assert_non_null(strstr(c.text, "--output FILE"));
	assert_int_not_equal(access(path_of("none.html"), F_OK), 0);
}

/* compare --html: the answer, and every figure that differs. */
static void a_comparison(void **state)
{
	struct opts o = {.operand = {path_of("one.json"), path_of("two.json")}, .noperands = 2};
	struct capture c;
	struct result r;
	char *text;
	size_t len;

	(void)state;
	made(&r);
	assert_int_equal(verdict_judge(&r), 0);
	assert_int_equal(result_json_file(&r, path_of("one.json")), 0);
	r.phases[3].stalls.count = 20000;
	assert_int_equal(verdict_judge(&r), 0);
	assert_int_equal(result_json_file(&r, path_of("two.json")), 0);
	result_free(&r);
	o.html = path_of("compared.html");
	capture_begin(&c, STDOUT_FILENO);
	assert_int_equal(compare_main(&o, 0, NULL), 0);
	capture_end(&c);
	assert_int_equal(file_slurp(o.html, &text, &len), 0);
	assert_non_null(strstr(text, "DIFFERENT: migrate: stalls.count x100 (20000/s, was 200/s)"));
	assert_non_null(strstr(text, "<td>migrate.stalls.count</td><td>200/s</td><td>20000/s</td>"
				     "<td>x100</td>"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets),	cmocka_unit_test(hgrm),
		cmocka_unit_test(is_stored),	cmocka_unit_test(writes_hgrm),
		cmocka_unit_test(a_page),	cmocka_unit_test(refusals),
		cmocka_unit_test(a_comparison),
	};

	return cmocka_run_group_tests_name("page", tests, make_dir, remove_dir);
}
