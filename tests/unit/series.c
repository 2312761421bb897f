/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * series.c - sums over a stretch's time: whatever its length, what goes in comes out, in the step
 * in which it happened.
 */
#include "capture.h"
#include "attrib/series.h"

static struct series s;

static uint64_t total(enum series_kind kind)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < SERIES_BINS; i++)
		sum += s.sum[kind][i];
	return sum;
}

static void counts(void **state)
{
	(void)state;
	series_begin(&s, 5 * SERIES_STEP_NS);
	series_count(&s, SERIES_FAULTS, 5 * SERIES_STEP_NS, 1);
	series_count(&s, SERIES_FAULTS, 7 * SERIES_STEP_NS - 1, 1);
	series_count(&s, SERIES_FAULTS, 7 * SERIES_STEP_NS, 1);
	series_count(&s, SERIES_FAULTS, 7 * SERIES_STEP_NS, -1);
	series_count(&s, SERIES_WINDOWS, 0, 1); /* before the begin: the begin's */
	assert_int_equal(s.n, 3);
	assert_int_equal(s.sum[SERIES_FAULTS][0], 1);
	assert_int_equal(s.sum[SERIES_FAULTS][1], 1);
	assert_int_equal(s.sum[SERIES_FAULTS][2], 0);
	assert_int_equal(s.sum[SERIES_WINDOWS][0], 1);
	series_end(&s, 15 * SERIES_STEP_NS);
	assert_int_equal(s.n, 10);
}

static void widens(void **state)
{
	(void)state;
	series_begin(&s, 0);
	for (uint64_t i = 0; i < 1000; i++)
		series_count(&s, SERIES_FAULTS, i * SERIES_STEP_NS, 1);
	assert_int_equal(s.step_ns, 16 * SERIES_STEP_NS);
	assert_int_equal(s.n, 63);
	for (size_t i = 0; i < 62; i++)
		assert_int_equal(s.sum[SERIES_FAULTS][i], 16);
	assert_int_equal(s.sum[SERIES_FAULTS][62], 8);
	assert_int_equal(total(SERIES_FAULTS), 1000);
}

static void shares_time(void **state)
{
	(void)state;
	series_begin(&s, 1000);
	series_time(&s, SERIES_OPEN_NS, 0, 1500); /* half of it is before the begin */
	series_time(&s, SERIES_OPEN_NS, 1000 + SERIES_STEP_NS / 2, 1000 + 2 * SERIES_STEP_NS + 7);
	assert_int_equal(s.sum[SERIES_OPEN_NS][0], 500 + SERIES_STEP_NS / 2);
	assert_int_equal(s.sum[SERIES_OPEN_NS][1], SERIES_STEP_NS);
	assert_int_equal(s.sum[SERIES_OPEN_NS][2], 7);
	/* so long that steps get wider on the way */
	series_time(&s, SERIES_STALLED_NS, 1000, 1000 + 1000 * SERIES_STEP_NS);
	assert_int_equal(total(SERIES_STALLED_NS), 1000 * SERIES_STEP_NS);
	assert_int_equal(total(SERIES_OPEN_NS), 507 + SERIES_STEP_NS / 2 + SERIES_STEP_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(widens),
		cmocka_unit_test(shares_time),
	};

	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
