/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attrib_model.c - random streams, judged by attrib and by its definitions: figure by figure.
 *
 * It would pass silently if streams held nothing of a kind: test_streams_hold_everything sums up.
 */
#include "attrib_definition.h"

static struct attrib_figures seen_in_all;
static uint64_t unpaired_in_all;
static int rows_alike; /* streams in which the longest row is exactly the expected one */

/* A row that is over is kept or not by what was known of it then; a window known later makes it
 * shorter, and the next shorter one is gone. So it may be too low, and never too high. */
static void check_row(void)
{
	uint64_t most = 0;

	for (uint32_t v = 0; v < VCPUS; v++) {
		uint64_t n = sent_back_in_a_row(v);

		most = n > most ? n : most;
	}
	expected.sent_back_most = attrib_figures(a)->sent_back_most;
	assert_true(expected.sent_back_most <= most);
	rows_alike += expected.sent_back_most == most;
}

static void test_figures(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 150; i++) {
		uint64_t error_ns = i % 3 * 500;

		make_stream(i);
		model(error_ns);
		run_stream(error_ns);
		/* Where several windows lie over a page one is met; which is nobody's promise. */
		expected.met = attrib_figures(a)->met;
		assert_true(expected.met <= expected.by_class[CLASS_INSIDE]);
		check_row();
		/* What went on when is series.c's test. */
		for (size_t k = 0; k < offsetof(struct attrib_figures, series) / 8; k++) {
			uint64_t want = ((const uint64_t *)&expected)[k];
			uint64_t got = ((const uint64_t *)attrib_figures(a))[k];

			if (want != got)
				fail_msg("stream %lu: figure %zu of struct attrib_figures is %lu, "
					 "not %lu",
					 i, k, got, want);
			((uint64_t *)&seen_in_all)[k] += want;
		}
		assert_int_equal(attrib_doubts(a).unpaired, unpaired);
		assert_int_equal(attrib_doubts(a).late, 0);
		unpaired_in_all += unpaired;
		made_close(NULL);
	}
}

static void test_streams_hold_everything(void **state)
{
	const struct attrib_figures *f = &seen_in_all;

	(void)state;
	assert_true(f->windows > 1000 && f->preempted > 100 && f->open > 10 &&
		    unpaired_in_all > 100);
	assert_true(rows_alike > 140 && f->sent_back_most > 30);
	assert_true(f->sent_back > 1000 && f->begun_before > 20 && f->unended > 20);
	for (int i = 0; i < CLASSES; i++)
		assert_true(f->by_class[i] > 100);
	for (int i = 0; i < TRANSITIONS; i++) {
		const struct attrib_transition *t = &f->transition[i];

		assert_true(t->refaults > 50 && t->untouched > 50 && t->touched > 50);
		assert_true(t->undecided > 50 && t->neighbours > 50);
		assert_int_equal(t->zapped, t->refaults + t->untouched + t->touched + t->undecided +
						    t->neighbours);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_streams_hold_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
