/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * against.c - a run held against what one of Debian's kernels did: what is worse is named, and what
 * cannot be held against it is refused before it starts. By the recorded table itself.
 */
#include "capture.h"
#include "compare/against.h"
#include "made.h"

#include <math.h>

static const struct opts against_6_12 = {.against = "6.12"};

static const struct against *recorded(void)
{
	const struct against *a = against_table;

	while (a->kernel && strcmp(a->kernel, "6.12"))
		a++;
	assert_non_null(a->kernel);
	return a;
}

static const struct against_figure *figure(const char *name)
{
	const struct against_figure *f = recorded()->figure;

	while (f->name && strcmp(f->name, name))
		f++;
	assert_non_null(f->name);
	return f;
}

static double middle(const char *name)
{
	return (figure(name)->low + figure(name)->high) / 2;
}

/* All that the table has of a phase, as the seeds had it; phases last a second. */
static void as_recorded(struct result *r, size_t i, const char *phase)
{
	struct phase_result *p = &r->phases[i];
	char name[64];

#define MIDDLE(path) (snprintf(name, sizeof(name), "%s.%s", phase, path), middle(name))
	p->touch.count = (uint64_t)MIDDLE("touch.count");
	p->stalls.count = (uint64_t)MIDDLE("stalls.count");
	p->faults.other = 0; /* in ksm-merge it does not judge */
	p->faults.refault = (uint64_t)MIDDLE("faults.refault");
	p->faults.upgrade = (uint64_t)MIDDLE("faults.upgrade");
	p->faults.emulate = (uint64_t)MIDDLE("faults.emulate");
	p->faults.spurious = (uint64_t)MIDDLE("faults.spurious");
	p->faults.unmatched = 0;
	p->windows.flushes_each = MIDDLE("windows.flushes_each");
	p->refault_ratio = MIDDLE("refault_ratio");
	p->windows.start.p50_ns = (uint64_t)MIDDLE("windows.ns.start.p50");
	p->windows.start.p99_ns = (uint64_t)MIDDLE("windows.ns.start.p99");
	p->windows.empty.p50_ns = (uint64_t)MIDDLE("windows.ns.empty.p50");
	p->windows.total.p50_ns = (uint64_t)MIDDLE("windows.ns.total.p50");
}

static void make(struct result *r)
{
	made(r);
	as_recorded(r, 1, "ksm-merge");
	as_recorded(r, 3, "migrate");
}

static void expect(struct result *r, int code, const char *says)
{
	size_t n = r->verdict.nreasons;

	r->verdict.code = VERDICT_PASS;
	assert_int_equal(against_judge(&against_6_12, r), 0);
	assert_int_equal(r->verdict.code, code);
	assert_int_equal(r->verdict.nreasons > n, code != VERDICT_PASS);
	if (says && !strstr(r->verdict.reasons[r->verdict.nreasons - 1], says))
		fail_msg("'%s' does not say '%s'", r->verdict.reasons[r->verdict.nreasons - 1],
			 says);
}

static void judged(void **state)
{
	struct phase_result *p;
	uint64_t all;
	struct result r;

	(void)state;
	make(&r);
	p = &r.phases[3];
	expect(&r, VERDICT_PASS, NULL);
	assert_string_equal(r.against.kernel, "6.12");
	all = r.against.figures;
	assert_in_range(all, 10, 200);
	assert_int_equal(r.against.worse, 0);
	p->stalls.count = (uint64_t)against_limit(figure("migrate.stalls.count")) - 2;
	expect(&r, VERDICT_PASS, NULL);
	p->stalls.count += 4;
	expect(&r, VERDICT_FAIL, "worse than Debian's 6.12: migrate.stalls.count");
	assert_int_equal(r.against.worse, 1);
	assert_int_equal(r.against.figures, all);
	as_recorded(&r, 3, "migrate");
	p->touch.count = (uint64_t)against_limit(figure("migrate.touch.count")) - 2;
	expect(&r, VERDICT_FAIL, "migrate.touch.count");
	p->touch.count *= 50; /* better is never worse */
	expect(&r, VERDICT_PASS, NULL);
	as_recorded(&r, 3, "migrate");
	p->windows.start.p99_ns *= 4;
	expect(&r, VERDICT_FAIL, "migrate.windows.ns.start.p99");
	p->exercised = false; /* not by a phase that has nothing to show */
	p->proof[0].moved = 0;
	expect(&r, VERDICT_PASS, NULL);
	assert_in_range(r.against.figures, 1, all - 1);
	result_free(&r);
}

/* Asked for and not known is no pass. */
static void unknown(void **state)
{
	struct result r;

	(void)state;
	make(&r);
	r.phases[3].faults.classes_known = false;
	expect(&r, VERDICT_CANNOT_JUDGE, "--against 6.12: figure migrate.faults.other ");
	result_free(&r);
}

/* From nothing to a few is chance, whatever the ratio. */
static void few_events(void **state)
{
	struct result r;

	(void)state;
	make(&r);
	r.phases[3].faults.other = 20;
	expect(&r, VERDICT_PASS, NULL);
	r.phases[3].faults.other = 100;
	expect(&r, VERDICT_FAIL, "migrate.faults.other 100/s");
	result_free(&r);
}

static void another_machine(void **state)
{
	struct result r;

	(void)state;
	make(&r);
	r.deterministic = false;
	expect(&r, VERDICT_CANNOT_JUDGE, "recorded in the emulated lab");
	r.deterministic = true;
	free(r.paging);
	r.paging = strdup("ept");
	expect(&r, VERDICT_CANNOT_JUDGE, NULL);
	r.verdict.code = VERDICT_FAIL; /* only a pass is looked at */
	assert_int_equal(against_judge(&against_6_12, &r), 0);
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	result_free(&r);
}

static void refused(const char *kernel, const char *command, const char *says)
{
	const struct opts o = {.against = kernel};
	struct capture c;
	int err;

	capture_begin(&c, STDERR_FILENO);
	err = against_check(&o, command);
	capture_end(&c);
	assert_int_equal(!!err, says != NULL);
	if (says && !strstr(c.text, says))
		fail_msg("'%s' does not say '%s'", c.text, says);
}

static void checked_before(void **state)
{
	auto_free char *same =
		str_format("./host-stress %s --seed 7 --kernel x", recorded()->command);

	(void)state;
	assert_string_equal(recorded()->schema, RESULT_SCHEMA); /* else: scripts/lib/against */
	refused(NULL, "./host-stress", NULL);
	refused("6.12", same, NULL);
	refused("6.13", same, "'6.13' was not recorded; these were: ");
	refused("6.12", "./host-stress --sources migrate", "was recorded with '--sources");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judged),	  cmocka_unit_test(unknown),
		cmocka_unit_test(few_events),	  cmocka_unit_test(another_machine),
		cmocka_unit_test(checked_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
