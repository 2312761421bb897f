/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * screen.c - the answer on one screen, and the file that is kept. Would pass silently if the main
 * cause went by number: made()'s most frequent cause is also its longest, so one test parts them.
 */
#include "made.h"
#include "judge/verdict.h"
#include "report/keep.h"
#include "report/report.h"
#include "result/read.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

/* To be freed. */
static char *screen_of(const struct result *r, const char *kept)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(report_screen(r, kept, out), 0);
	fclose(out);
	return text;
}

static void shows(const struct result *r, const char *wanted)
{
	char *text = screen_of(r, "kept.json");

	if (!strstr(text, wanted))
		fail_msg("no '%s' in\n%s", wanted, text);
	free(text);
}

static void hides(const struct result *r, const char *unwanted)
{
	char *text = screen_of(r, "kept.json");

	if (strstr(text, unwanted))
		fail_msg("'%s' in\n%s", unwanted, text);
	free(text);
}

static void begins(const struct result *r, const char *wanted)
{
	char *text = screen_of(r, NULL);

	if (strncmp(text, wanted, strlen(wanted)))
		fail_msg("'%s' does not begin\n%s", wanted, text);
	free(text);
}

static void planned(struct result *r)
{
	for (size_t i = 0; i < r->nphases; i++)
		assert_int_equal(result_add_text(&r->planned, &r->nplanned, r->phases[i].name), 0);
}

/* The first line says what a pass rests on. */
static void says_what_was_judged(void **state)
{
	char kernel[] = "6.12";
	struct result r;

	(void)state;
	made(&r);
	planned(&r);
	assert_int_equal(verdict_judge(&r), 0);
	begins(&r, "PASS: no limit set, data intact (20.00M words compared), 3 of 3 phases "
		   "exercised\n");
	r.against = (struct against_result){.kernel = kernel, .figures = 41};
	begins(&r, "PASS: none of 41 figures worse than Debian's 6.12, data intact");
	r.against.kernel = NULL;
	assert_int_equal(result_add_text(&r.fail_if, &r.nfail_if, "faults.total > 50K"), 0);
	assert_int_equal(verdict_judge(&r), 0);
	begins(&r, "PASS: 1 limit kept, data intact");
	r.against = (struct against_result){.kernel = kernel, .figures = 41};
	begins(&r, "PASS: 1 limit kept, none of 41 figures worse than Debian's 6.12, data intact");
	r.against.kernel = NULL;
	r.baseline.nearer = strdup("good");
	assert_int_equal(result_add_text(&r.fail_if, &r.nfail_if, "lost > 3"), 0);
	assert_int_equal(verdict_judge(&r), 0);
	begins(&r, "PASS: 2 limits kept, nearer to the good baseline, data intact");
	assert_int_equal(result_add_text(&r.fail_if, &r.nfail_if, "faults.total > 30K"), 0);
	assert_int_equal(verdict_judge(&r), 0);
	begins(&r, "FAIL: limit 'faults.total > 30K' exceeded in phase migrate: ");
	result_free(&r);
}

/* Within one screen of 24 lines, 110 columns. */
static void is_one_screen(void **state)
{
	char *text, *line, *rest;
	struct result r;
	int lines = 0;

	(void)state;
	made(&r);
	made_phase(&r, "compact", 9999999);
	made_phase(&r, "cow", 123456);
	r.kernel = realloc(r.kernel, 128);
	strcpy(r.kernel, "6.12.117+deb12-cloud-amd64 #1 SMP PREEMPT_DYNAMIC Debian "
			 "6.12.117-1~deb12u1 (2026-11-14)");
	assert_int_equal(verdict_judge(&r), 0);
	text = screen_of(&r, "host-stress-results/6.12.117+deb12-cloud-amd64.12.json");
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		lines++;
		if (strlen(line) > 110)
			fail_msg("%zu columns: %s", strlen(line), line);
	}
	assert_in_range(lines, 10, 22);
	free(text);
	result_free(&r);
}

static void has_a_line_per_phase(void **state)
{
	struct result r;

	(void)state;
	made(&r);
	assert_int_equal(verdict_judge(&r), 0);
	shows(&r,
	      "\nmigrate               30%    8.00ms  faults inside a window 65%   40,000 by ksmd "
	      "80%/clear\n");
	shows(&r, "  none\n"); /* of idle */
	shows(&r, "in touches of 100us or more");
	shows(&r, "show --tables kept.json");
	shows(&r, "--fail-if 'ksm-merge.touch.max > 8.00ms'");
	/* by time, not by number of stalls, and by whom */
	r.phases[3].stalls.part_ns[PART_PREEMPTED] = 600000000;
	shows(&r, "preempted by ksmd 74%");
	r.vcpus = 2; /* whose time is that of both */
	shows(&r, "\nmigrate               15%    8.00ms");
	r.phases[3].stalls.total_ns = 0;
	r.phases[3].stalls.count = 0;
	memset(r.phases[3].stalls.part_ns, 0, sizeof(r.phases[3].stalls.part_ns));
	shows(&r, "\nmigrate                0%         -  -        ");
	r.phases[2].windows.known = r.phases[2].stalls.causes_known = false;
	shows(&r, "ksm-merge+migrate     15%    8.00ms  no probes                    not seen\n");
	hides(&r, "\nprobes ");
	strcpy(r.probes.backend = realloc(r.probes.backend, 16), "counters");
	r.probes.why = strdup("no BTF");
	shows(&r, "\nprobes    counters (no BTF): windows, ");
	result_free(&r);
}

/* A run that broke off: words, no zeros, no advice that leads nowhere. */
static void has_no_zeros_of_what_did_not_run(void **state)
{
	struct phase_result *p;
	struct result r;

	(void)state;
	made(&r);
	planned(&r);
	assert_int_equal(result_add_text(&r.planned, &r.nplanned, "cow"), 0);
	assert_int_equal(result_add_text(&r.planned, &r.nplanned, "compact"), 0);
	assert_int_equal(result_add_phase(&r, "cow", "cow", &p), 0);
	r.end = RUN_GUEST_CRASHED;
	r.end_detail = strdup("panic");
	assert_int_equal(verdict_judge(&r), 0);
	begins(&r, "FAIL: the guest died under stress: panic\n");
	shows(&r, "\ncow               broke off\n");
	shows(&r, "\ncompact           not run\n");
	shows(&r, "\nmigrate               30%");
	hides(&r, "set a limit");
	result_free(&r);

	r = (struct result){.qemu_cured = true, .end = RUN_KERNEL_HUNG};
	r.end_detail = strdup("no end");
	assert_int_equal(verdict_judge(&r), 0);
	begins(&r, "CANNOT JUDGE: the kernel under test fell silent");
	hides(&r, "main cause");
	hides(&r, "lost");
	result_free(&r);
}

/* What was not exercised is not counted, and what to do about it is said. */
static void counts_what_was_exercised(void **state)
{
	struct result r;

	(void)state;
	made(&r);
	planned(&r);
	r.phases[2].proof[0].moved = 3;
	r.phases[2].exercised = false;
	assert_int_equal(verdict_judge(&r), 0);
	begins(&r, "CANNOT JUDGE: phase ksm-merge+migrate was not exercised: pages_moved moved by "
		   "3, needed 1000\n");
	shows(&r, "--proof-timeout");
	hides(&r, "set a limit");
	result_free(&r);
}

static int files_in(const char *dir)
{
	struct dirent *d;
	DIR *f = opendir(dir);
	int n = 0;

	while (f && (d = readdir(f)))
		n += d->d_name[0] != '.';
	closedir(f);
	return n;
}

/* Equal bytes once, others beside them; the file is the result. */
static void is_kept(void **state)
{
	char root[] = "/tmp/host-stress-keep-XXXXXX", dir[64], path[KEEP_PATH], first[KEEP_PATH];
	struct result r, again;
	char *text;
	size_t len;

	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(dir, sizeof(dir), "%s/kept", root);
	made(&r);
	assert_int_equal(verdict_judge(&r), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(keep_result(&r, dir, path, sizeof(path)), 0);
		assert_non_null(strstr(path, "/kept/6.12.0.1.json"));
	}
	assert_int_equal(files_in(dir), 1);
	strcpy(first, path);
	r.phases[1].touch.count++;
	assert_int_equal(keep_result(&r, dir, path, sizeof(path)), 0);
	assert_non_null(strstr(path, "/kept/6.12.0.2.json"));
	assert_int_equal(file_slurp(path, &text, &len), 0);
	assert_int_equal(result_read(&again, text, len, path), 0);
	assert_int_equal(again.phases[1].touch.count, 1000001);
	result_free(&again);
	free(text);
	unlink(path);
	free(r.kernel);
	r.kernel = strdup("../build/bzImage (file)");
	assert_int_equal(keep_result(&r, dir, path, sizeof(path)), 0);
	assert_non_null(strstr(path, "/kept/bzImage.1.json"));
	unlink(path);
	unlink(first);
	rmdir(dir);
	assert_int_equal(rmdir(root), 0);
	result_free(&r);
}

/* A directory that cannot be made: said in one line. */
static void cannot_be_kept(void **state)
{
	char path[KEEP_PATH];
	struct capture c;
	struct result r;
	int err;

	(void)state;
	made(&r);
	capture_begin(&c, STDERR_FILENO);
	err = keep_result(&r, "/proc/nonesuch", path, sizeof(path));
	capture_end(&c);
	assert_int_equal(err, -ENOENT);
	assert_int_equal(capture_lines(&c), 1);
	assert_string_equal(path, "");
	result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_was_judged),
		cmocka_unit_test(is_one_screen),
		cmocka_unit_test(has_a_line_per_phase),
		cmocka_unit_test(has_no_zeros_of_what_did_not_run),
		cmocka_unit_test(counts_what_was_exercised),
		cmocka_unit_test(is_kept),
		cmocka_unit_test(cannot_be_kept),
	};

	return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
