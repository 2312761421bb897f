/* SPDX-License-Identifier: GPL-2.0-only */
/* compare_ranks.c - figures that are picked or named, ranked over several seeds, not known on a
 * side, or of another set-up. */
#include "compare_made.h"

/* The idle control, and figures nobody may rely on, are never picked. */
static void what_is_picked(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));

	(void)state;
	sides(t, 1, 1, 1, true);
	set_figures(&t->bad[0], 0, 9);
	t->bad[0].phases[3].touch.max_ns *= 9;
	t->bad[0].phases[3].touch.p99_ns *= 9;
	assert_int_equal(metrics_set(&t->bad[0].phases[3].host, "vmstat.cow_ksm", 99999), 0);
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 0);
	open_by(t, "migrate.host.vmstat.cow_ksm");
	assert_int_equal(t->c.njudges, 1);
	open_by(t, "migrate.touch.max");
	assert_int_equal(t->c.njudges, 1);
	open_by(t, "touch.p999"); /* of no idle phase */
	assert_int_equal(t->c.ncandidates, 3);
	assert_int_equal(t->c.njudges, 0);
	clean(t);
	free(t);
}

static void refuses_names(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	const char *by[] = {"migrate.fualts.total", "migrate.waited_ns", "migrate.kvm.nonesuch"};
	const char *says[] = {"migrate.faults.total", "not compared", "not compared"};
	char why[400];

	(void)state;
	sides(t, 1, 1, 4, true);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(compare_open(&t->c, &t->g, &t->b, &by[i], 1, why, sizeof(why)),
				 -EINVAL);
		assert_non_null(strstr(why, says[i]));
	}
	clean(t);
	free(t);
}

/* What one run of a side does not know, or did not exercise, separates nothing. */
static void unknown(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	uint64_t moved;

	(void)state;
	sides(t, 1, 1, 4, true);
	t->bad[0].phases[3].faults.known = false;
	open_by(t, NULL);
	assert_false(judges(t, "migrate.faults.total"));
	assert_true(judges(t, "migrate.stalls.count"));
	t->good[0].phases[3].lost = 1;
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 0); /* frames of the guest were lost */
	t->good[0].phases[3].lost = 0;
	t->bad[0].phases[3].exercised = false;
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 0);
	t->bad[0].phases[3].exercised = true; /* so it says, but its counters do not */
	moved = t->bad[0].phases[3].proof[0].moved;
	t->bad[0].phases[3].proof[0].moved = 0;
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 0);
	t->bad[0].phases[3].proof[0].moved = moved;
	open_by(t, NULL);
	one_more(t, t->is, &t->n, 4, true)->phases[3].lost = 1;
	assert_int_equal(judge(t), NEARER_UNDECIDED);
	t->is[0].phases[3].lost = 0;
	assert_int_equal(judge(t), NEARER_BAD);
	t->is[0].phases[1].exercised = false;
	assert_int_equal(judge(t), NEARER_UNDECIDED);
	assert_non_null(strstr(t->j.why, "phase ksm-merge was not exercised"));
	t->is[0].phases[1].exercised = true;
	t->is[0].phases[1].proof[0].moved = 0;
	assert_int_equal(judge(t), NEARER_UNDECIDED);
	assert_non_null(strstr(t->j.why, "phase ksm-merge was not exercised"));
	t->is[0].phases[2].integrity.errors = 1;
	assert_int_equal(judge(t), NEARER_BAD);
	assert_non_null(strstr(t->j.why, "corrupted"));
	clean(t);
	free(t);
}

/* What a side's probes did not see whole, or not at all, separates nothing either. */
static void half_seen(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));

	(void)state;
	sides(t, 1, 1, 1, true);
	t->bad[0].phases[3].refault_ratio = 0.01;
	open_by(t, "migrate.refault_ratio");
	assert_int_equal(t->c.njudges, 1);
	one_more(t, t->is, &t->n, 1.1, true);
	assert_int_equal(judge(t), NEARER_GOOD);
	t->is[0].probes.lost = 1;
	assert_int_equal(judge(t), NEARER_UNDECIDED);
	t->good[0].probes.lost = 1;
	open_by(t, "migrate.refault_ratio");
	assert_int_equal(t->c.njudges, 0);
	t->good[0].probes.lost = 0;
	t->bad[0].phases[3].faults.unmatched = 5000;
	open_by(t, "migrate.refault_ratio");
	assert_int_equal(t->c.njudges, 0);
	t->bad[0].phases[3].faults.unmatched = 0;
	t->bad[0].phases[3].transitions[TRANSITION_NONE].known = false;
	open_by(t, "migrate.refault_ratio");
	assert_int_equal(t->c.njudges, 0);
	clean(t);
	free(t);
}

/* Hardware: runs are added until it is decided. */
static void ranks(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	size_t n;

	(void)state;
	sides(t, 8, 8, 3, false);
	open_by(t, NULL);
	assert_false(t->c.exact);
	assert_true(judges(t, "migrate.stalls.count") && judges(t, "migrate.faults.total"));
	assert_int_equal(t->c.njudges, 2);
	for (n = 1; n <= 10; n++) {
		one_more(t, t->is, &t->n, 3, false);
		if (judge(t) != NEARER_UNDECIDED)
			break;
		assert_true(t->j.go_on);
		assert_non_null(strstr(t->j.why, "another run may decide"));
	}
	assert_int_equal(t->j.says, NEARER_BAD);
	assert_int_equal(n, 5); /* 1 / C(13, 5) is the first below 0.001 */
	drop_new(t);
	for (n = 1; n <= 5; n++)
		one_more(t, t->is, &t->n, 1, false);
	assert_int_equal(judge(t), NEARER_GOOD);
	drop_new(t);
	for (n = 1; n <= 10; n++) /* from both: a mixture decides nothing */
		one_more(t, t->is, &t->n, n % 2 ? 3 : 1, false);
	assert_int_equal(judge(t), NEARER_UNDECIDED);
	assert_false(t->j.go_on);
	assert_non_null(strstr(t->j.why, "no further run"));
	drop_new(t);
	for (n = 1; n <= 10; n++) /* from neither */
		one_more(t, t->is, &t->n, 1.75, false);
	assert_int_equal(judge(t), NEARER_UNDECIDED);
	clean(t);
	free(t);
}

/*
 * A job: how long it took is a figure, and what it cost is of the whole work, not per second. Of
 * other phases neither.
 */
static void jobs(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	const struct compared *c;

	(void)state;
	sides(t, 1, 1, 1, true);
	t->good[0].phases[3].job = t->bad[0].phases[3].job = true;
	t->bad[0].phases[3].duration_ns = 2 * NSEC_PER_SEC;
	open_by(t, NULL);
	c = find(&t->c, "migrate.duration_ns");
	assert_non_null(c);
	assert_true(c->good.v[0] == 1e9 && c->bad.v[0] == 2e9 && !c->per_s);
	assert_true(compare_difference(c) == 1e9);
	c = find(&t->c, "migrate.faults.total");
	assert_true(c->good.v[0] == 40000 && c->bad.v[0] == 40000 && !c->per_s);
	c = find(&t->c, "migrate.cpu.qemu.total_ns");
	assert_true(c->good.v[0] == c->bad.v[0] && !c->per_s);
	c = find(&t->c, "migrate.touch.rate");
	assert_true(c->good.v[0] == 1e6 && c->bad.v[0] == 5e5);
	assert_null(find(&t->c, "ksm-merge.duration_ns"));
	assert_null(find(&t->c, "ksm-merge.touch.rate"));
	c = find(&t->c, "ksm-merge.cpu.qemu.total_ns");
	assert_true(c->per_s && c->good.v[0] == 8e8);
	assert_int_equal(find(&t->c, "migrate.cpu.ksmd.total_ns")->good.n, 0);
	clean(t);
	free(t);
}

/* All figures asked for share the error; what was asked for is known by its place. */
static void named_together(void **state)
{
	static const char *const by[] = {"migrate.stalls.count", "faults.total",
					 "migrate.touch.count"};
	struct bench *t = calloc(1, sizeof(*t));
	const struct compared *c;
	char why[400];

	(void)state;
	sides(t, 5, 5, 3, false);
	assert_int_equal(compare_open(&t->c, &t->g, &t->b, by, 3, why, sizeof(why)), 0);
	assert_int_equal(t->c.ncandidates, 5); /* faults.total of three phases */
	c = find(&t->c, "migrate.stalls.count");
	assert_int_equal(c->named, 1);
	assert_true(fabs(c->p - 2 / 252.0) < 1e-12 && fabs(c->p_all - 5 * 2 / 252.0) < 1e-12);
	assert_true(c->separates);
	assert_int_equal(find(&t->c, "migrate.faults.total")->named, 2);
	assert_int_equal(find(&t->c, "ksm-merge.faults.total")->named, 2);
	assert_int_equal(find(&t->c, "migrate.touch.count")->named, 3);
	c = find(&t->c, "migrate.touch.writes");
	assert_true(!c->named && c->p_all == 1);
	clean(t);
	free(t);
}

/* Few baseline runs: said so at once, and nothing is ever decided by them. */
static void too_few_runs(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	char why[320];

	(void)state;
	sides(t, 3, 3, 3, false);
	open_by(t, NULL);
	assert_int_equal(t->c.njudges, 0);
	assert_non_null(strstr(compare_useless(&t->c, why, sizeof(why)), "too few"));
	open_by(t, "migrate.stalls.count");
	assert_int_equal(t->c.njudges, 0); /* 2 / C(6, 3) = 0.1 */
	clean(t);
	sides(t, 4, 4, 3, false);
	open_by(t, "migrate.stalls.count");
	assert_int_equal(t->c.njudges, 1); /* 2 / C(8, 4) = 0.029 */
	clean(t);
	sides(t, 12, 3, 3, false);
	open_by(t, "migrate.stalls.count");
	assert_int_equal(t->c.njudges, 1);
	for (size_t i = 0; i < 10; i++)
		one_more(t, t->is, &t->n, 1, false);
	assert_int_equal(judge(t), NEARER_UNDECIDED);
	assert_non_null(strstr(t->j.why, "too few runs ever"));
	clean(t);
	free(t);
}

/*
 * Many whole judgements, a look after every run: of 300 kernels that are good, none may be called
 * bad and nearly all good; of 300 in between, next to none anything.
 */
static void hardly_ever_wrong(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	int good = 0, bad = 0, between = 0;

	(void)state;
	sides(t, 7, 7, 1.5, false);
	open_by(t, NULL);
	assert_true(t->c.njudges > 0);
	for (int i = 0; i < 600; i++) {
		enum nearer says = NEARER_UNDECIDED;

		while (says == NEARER_UNDECIDED && t->n.n < 10) {
			one_more(t, t->is, &t->n, i % 2 ? 1 : 1.2247, false);
			says = judge(t);
		}
		good += i % 2 && says == NEARER_GOOD;
		bad += i % 2 && says == NEARER_BAD;
		between += !(i % 2) && says != NEARER_UNDECIDED;
		drop_new(t);
	}
	assert_int_equal(bad, 0);
	assert_in_range(good, 290, 300);
	assert_in_range(between, 0, 3);
	clean(t);
	free(t);
}

/* Two kernels that do not differ: chance separates them in about one of twenty comparisons. */
static void same_kernels(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	int separated = 0;
	uint64_t seed = 88172645463325252ull;

	(void)state;
	for (int i = 0; i < 100; i++) {
		sides(t, 0, 0, 1, false);
		t->seed = seed;
		t->spread = 0.3;
		for (size_t k = 0; k < 8; k++) {
			one_more(t, t->good, &t->g, 1, false);
			one_more(t, t->bad, &t->b, 1, false);
		}
		open_by(t, NULL);
		separated += t->c.njudges > 0;
		seed = t->seed;
		clean(t);
	}
	assert_in_range(separated, 0, 9);
	free(t);
}

/* Everything that makes two results two different stresses. */
static void set_ups(void **state)
{
	struct result a, b;
	char why[320];

	(void)state;
	made(&a);
	made(&b);
	b.tsc_hz += 100000; /* another calibration */
	b.seed = 2;
	assert_int_equal(compare_setup(&a, &b, why, sizeof(why)), 0);
#define DIFFERS(change, undo, word)                                                 \
	do {                                                                        \
		change;                                                             \
		assert_int_equal(compare_setup(&a, &b, why, sizeof(why)), -EINVAL); \
		assert_non_null(strstr(why, word));                                 \
		undo;                                                               \
	} while (0)
	DIFFERS(b.place[0] = 'h', b.place[0] = 'l', "place");
	DIFFERS(b.accel[0] = 'k', b.accel[0] = 't', "accelerator");
	DIFFERS(b.emulator[0] = 'B', b.emulator[0] = 'Q', "the emulator");
	DIFFERS(b.paging[0] = 'e', b.paging[0] = 'n', "the guest's paging");
	DIFFERS(b.deterministic = false, b.deterministic = true, "determinism");
	DIFFERS(b.qemu[0] = 'q', b.qemu[0] = 'Q', "QEMU");
	DIFFERS(b.guest_kernel[0] = 'b', b.guest_kernel[0] = 'v', "guest's kernel");
	DIFFERS(b.tsc_hz = 1002000000, b.tsc_hz = 1000000000, "machine");
	DIFFERS(b.memory_bytes++, b.memory_bytes--, "--memory");
	DIFFERS(b.vcpus++, b.vcpus--, "--vcpus");
	DIFFERS(b.groups++, b.groups--, "--groups");
	DIFFERS(b.write_ppm++, b.write_ppm--, "--write-share");
	DIFFERS(b.shared_pages++, b.shared_pages--, "--shared-pages");
	DIFFERS(b.probes.backend[0] = 'c', b.probes.backend[0] = 'b', "--probes");
	DIFFERS(b.probes.stretch_ns = 50000, b.probes.stretch_ns = 0, "--stretch");
	DIFFERS(b.probes.interfere = true, b.probes.interfere = false, "--interfere");
	DIFFERS(b.nphases--, b.nphases++, "number of phases");
	DIFFERS(b.phases[1].name[0] = 'x', b.phases[1].name[0] = 'k', "--sources");
	DIFFERS(b.phases[1].stalls.threshold_ns++, b.phases[1].stalls.threshold_ns--, "--stall");
	assert_int_equal(compare_setup(&a, &b, why, sizeof(why)), 0);
	result_free(&a);
	result_free(&b);
}

/* Another build's figures are another's; what is not known to differ is taken for the same. */
static void builds(void **state)
{
	struct result a, b;
	char why[320];

	(void)state;
	made(&a);
	made(&b);
	assert_int_equal(compare_build(&a, &b, why, sizeof(why)), 0);
	for (int i = 0; i < BUILDS; i++) {
		a.build[i] = strdup("0123456789abcdef");
		assert_int_equal(compare_build(&a, &b, why, sizeof(why)), 0);
		b.build[i] = strdup("0123456789abcdef");
		assert_int_equal(compare_build(&a, &b, why, sizeof(why)), 0);
	}
	for (int i = 0; i < BUILDS; i++) {
		b.build[i][15] = '0';
		assert_int_equal(compare_build(&a, &b, why, sizeof(why)), -EINVAL);
		assert_non_null(strstr(why, "0123456789abcde0 (--other-builds"));
		b.build[i][15] = 'f';
	}
	result_free(&a);
	result_free(&b);
}

/* The same run twice must not count as two. */
static void twice(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	char why[320];

	(void)state;
	sides(t, 3, 3, 3, true);
	assert_int_equal(compare_unique(&t->g, why, sizeof(why)), 0);
	assert_int_equal(t->g.n, 1);
	t->b.r[0]->phases[1].kvm.v[0].value++;
	assert_int_equal(compare_unique(&t->b, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "deterministic"));
	clean(t);
	sides(t, 3, 3, 3, true);
	for (size_t i = 0; i < 3; i++)
		t->good[i].seed = i;
	assert_int_equal(compare_unique(&t->g, why, sizeof(why)), 0);
	assert_int_equal(t->g.n, 3);
	clean(t);
	sides(t, 3, 3, 3, false);
	assert_int_equal(compare_unique(&t->g, why, sizeof(why)), 0);
	assert_int_equal(t->g.n, 3);
	t->g.r[2] = t->g.r[0];
	assert_int_equal(compare_unique(&t->g, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "same run"));
	clean(t);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_picked),
		cmocka_unit_test(refuses_names),
		cmocka_unit_test(unknown),
		cmocka_unit_test(half_seen),
		cmocka_unit_test(ranks),
		cmocka_unit_test(jobs),
		cmocka_unit_test(named_together),
		cmocka_unit_test(too_few_runs),
		cmocka_unit_test(hardly_ever_wrong),
		cmocka_unit_test(same_kernels),
		cmocka_unit_test(set_ups),
		cmocka_unit_test(builds),
		cmocka_unit_test(twice),
	};

	return cmocka_run_group_tests_name("compare_ranks", tests, NULL, NULL);
}
