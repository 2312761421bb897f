/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compare.c - which results may be compared, which figures separate two kernels, and what other
 * runs are nearer to. A wrong "good" or "bad" is the worst that can happen, so most tests are about
 * when nothing may be said. Runs are made by hand; noise comes from a fixed seed.
 */
#include "compare_made.h"

/* One deterministic run per kernel. */
static void exact(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));

	(void)state;
	sides(t, 1, 1, 4, true);
	open_by(t, NULL);
	assert_true(t->c.exact);
	assert_int_equal(t->c.njudges, 1);
	assert_true(judges(t, "migrate.stalls.count"));
	assert_false(judges(t, "migrate.faults.total")); /* with one seed: bursts are in it */
	one_more(t, t->is, &t->n, 1.2, true);
	assert_int_equal(judge(t), NEARER_GOOD);
	drop_new(t);
	one_more(t, t->is, &t->n, 3.5, true);
	assert_int_equal(judge(t), NEARER_BAD);
	drop_new(t);
	one_more(t, t->is, &t->n, 2, true); /* half-way, by ratio */
	assert_int_equal(judge(t), NEARER_UNDECIDED);
	assert_non_null(strstr(t->j.why, "not clearly nearer"));
	assert_false(t->j.go_on); /* the same run would give the same bytes */
	drop_new(t);
	one_more(t, t->is, &t->n, 0.1, true); /* better than good */
	assert_int_equal(judge(t), NEARER_GOOD);
	drop_new(t);
	one_more(t, t->is, &t->n, 40, true);
	assert_int_equal(judge(t), NEARER_BAD);
	clean(t);
	free(t);
}

/* Zaps more than it was asked to: faults that no window is behind, and longer starts of windows. */
static void zaps_more(struct result *r)
{
	r->phases[3].faults.other = 1783;
	r->phases[3].faults.refault -= 1000;
	r->phases[3].windows.start.p99_ns = 100 * r->phases[3].windows.start.p99_ns;
}

/* One run of each: what another seed does to a figure is known, so it may judge beside the two.
 */
static void exact_by_noise(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	double most;

	(void)state;
	assert_true(noise_of("migrate", "faults.other", &most));
	assert_true(COMPARE_NOISE_TIMES * most < log(1784));
	assert_false(noise_of("migrate", "touch.ns.max", &most)); /* one touch's */
	assert_false(noise_of("migrate", "stalls.total_ns", &most));
	assert_false(noise_of("ksm-merge", "windows.ns.total.p99", &most)); /* x 4.8 by a seed */
	assert_false(noise_of("reclaim", "faults.other", &most));	    /* never measured */
	sides(t, 1, 1, 1, true);
	t->good[0].phases[3].faults.other = 0;
	zaps_more(&t->bad[0]);
	open_by(t, NULL);
	assert_true(t->c.exact && judges(t, "migrate.faults.other"));
	assert_true(find(&t->c, "migrate.windows.ns.start.p99")->separates);
	assert_false(find(&t->c, "ksm-merge.faults.other")->separates);
	one_more(t, t->is, &t->n, 1, true)->phases[3].faults.other = 1500;
	zaps_more(&t->is[0]);
	assert_int_equal(judge(t), NEARER_BAD);
	clean(t);
	sides(t, 1, 1, 1, true);
	t->good[0].phases[3].faults.other = 0;
	t->bad[0].phases[3].faults.other = 20; /* from nothing, but of few events */
	t->good[0].phases[2].faults.other = 0;
	t->bad[0].phases[2].faults.other = 5000; /* a pair of sources: not measured */
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 0);
	clean(t);
	free(t);
}

/* Figures that were changed by two different commits between good and bad. */
static void contradiction(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));

	(void)state;
	sides(t, 1, 1, 4, true);
	t->bad[0].phases[3].touch.count *= 4;
	open_by(t, NULL);
	one_more(t, t->is, &t->n, 4, true); /* as many touches as the good one */
	assert_int_equal(judge(t), NEARER_UNDECIDED);
	assert_non_null(strstr(t->j.why, "opposite things"));
	assert_non_null(strstr(t->j.why, "--by"));
	open_by(t, "migrate.touch.count");
	assert_int_equal(judge(t), NEARER_GOOD);
	open_by(t, "migrate.stalls.count");
	assert_int_equal(judge(t), NEARER_BAD);
	clean(t);
	free(t);
}

/* What is the same to the last figure needs no separation; what separates too little judges
 * nothing. */
static void small_differences(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	char why[320];

	(void)state;
	sides(t, 1, 1, 2.9, true);
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 0);
	assert_non_null(compare_useless(&t->c, why, sizeof(why)));
	assert_non_null(strstr(why, "several seeds"));
	one_more(t, t->is, &t->n, 2.9, true);
	assert_int_equal(judge(t), NEARER_BAD);
	assert_non_null(strstr(t->j.why, "every figure is the same"));
	t->is[0].phases[1].touch.max_ns++;
	assert_int_equal(judge(t), NEARER_UNDECIDED);
	drop_new(t);
	one_more(t, t->is, &t->n, 1, true);
	assert_int_equal(judge(t), NEARER_GOOD);
	open_by(t, "migrate.stalls.count"); /* named: 25 % are enough */
	assert_int_equal(t->c.njudges, 1);
	set_figures(&t->bad[0], 3, 1.2);
	open_by(t, "migrate.stalls.count");
	assert_int_equal(t->c.njudges, 0);
	clean(t);
	free(t);
}

/* Of many figures only the widest gaps speak, and those half as wide. */
static void widest_gaps(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));

	(void)state;
	sides(t, 1, 1, 100, true);
	t->bad[0].phases[1].stalls.count *= 5;
	t->bad[0].phases[2].stalls.count *= 15;
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 2);
	assert_true(judges(t, "ksm-merge+migrate.stalls.count"));
	assert_false(judges(t, "ksm-merge.stalls.count"));
	assert_true(find(&t->c, "ksm-merge.stalls.count")->separates);
	clean(t);
	free(t);
}

/*
 * Two seeds on one kernel, as measured (docs/compare.md): what chance did must not separate them,
 * nor judge a third.
 */
static void chance_in_the_lab(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	struct phase_result *p;

	(void)state;
	sides(t, 1, 1, 1, true);
	p = &t->bad[0].phases[1];
	p->touch.p99_ns *= 20;
	p->touch.p999_ns *= 4;
	p->faults.total *= 5; /* docs/compare.md, "Null comparisons" */
	p->faults.retried_most *= 37;
	p->touch.count = p->touch.count * 9 / 10;
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 0);
	one_more(t, t->is, &t->n, 1.1, true)->phases[1].faults.retried_most *= 37;
	assert_int_equal(judge(t), NEARER_UNDECIDED);
	clean(t);
	free(t);
}

/* A handful of events is chance, however large their ratio. */
static void few_events(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));

	(void)state;
	sides(t, 1, 1, 1, true);
	t->good[0].phases[1].stalls.count = 1;
	t->bad[0].phases[1].stalls.count = 12;
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 0);
	t->bad[0].phases[1].stalls.count = 60;
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 1);
	clean(t);
	free(t);
}

/* Counts are compared per second of the phase's clock. */
static void longer_phases(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	struct phase_result *p;

	(void)state;
	sides(t, 1, 1, 1, true);
	for (size_t i = 0; i < 4; i++) {
		p = &t->bad[0].phases[i];
		p->duration_ns *= 3;
		p->touch.count *= 3;
		p->stalls.count *= 3;
		p->stalls.total_ns *= 3;
		p->faults.total *= 3;
		p->faults.retried_most *= 3;
		p->windows.empty.total_ns *= 3;
		p->stalls.by_cause[CAUSE_INSIDE].total_ns *= 3;
	}
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 0);
	assert_true(find(&t->c, "migrate.faults.total")->gap == 0);
	assert_true(find(&t->c, "migrate.stalls.total_ns")->gap == 0);
	assert_true(find(&t->c, "migrate.windows.ns.empty.total")->gap == 0);
	assert_true(find(&t->c, "migrate.stalls.by_cause.inside.total_ns")->gap == 0);
	assert_true(find(&t->c, "migrate.refault_ratio")->gap == 0);
	assert_true(find(&t->c, "migrate.host.ksm.pages_sharing")->gap == 0); /* a level */
	assert_null(find(&t->c, "migrate.host.ksm.run"));		      /* a setting */
	assert_null(find(&t->c, "migrate.duration_ns"));
	assert_null(find(&t->c, "migrate.waited_ns"));
	assert_null(find(&t->c, "migrate.windows.open"));
	assert_null(find(&t->c, "migrate.faults.unmatched"));
	assert_null(find(&t->c, "guest.boot_ns"));
	clean(t);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact),	 cmocka_unit_test(exact_by_noise),
		cmocka_unit_test(contradiction), cmocka_unit_test(small_differences),
		cmocka_unit_test(widest_gaps),	 cmocka_unit_test(chance_in_the_lab),
		cmocka_unit_test(few_events),	 cmocka_unit_test(longer_phases),
	};

	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
