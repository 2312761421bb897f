/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * phases.c - the duration is shared out over the phases without loss. Would pass silently if
 * opts_phase_time() answered anything that sums up, so the shares are also compared.
 */
#include "capture.h"
#include "cli/opts.h"

static const uint64_t durations[] = {
	1,
	7,
	31,
	100000000,
	999999999,
	30 * NSEC_PER_SEC,
	30 * NSEC_PER_SEC + 1,
	4 * NSEC_PER_SEC - 1,
	1000 * 3600 * NSEC_PER_SEC,
	UINT64_MAX,
};

static void shares_sum_up(void **state)
{
	(void)state;
	for (size_t d = 0; d < ARRAY_SIZE(durations); d++) {
		for (size_t n = 1; n <= OPTS_MAX_PHASES; n++) {
			uint64_t sum = 0;

			for (size_t i = 0; i < n; i++)
				sum += opts_phase_time(durations[d], n, i);
			assert_int_equal(sum, durations[d]);
		}
	}
}

static void shares_are_even(void **state)
{
	(void)state;
	for (size_t d = 0; d < ARRAY_SIZE(durations); d++) {
		for (size_t n = 1; n <= OPTS_MAX_PHASES; n++) {
			for (size_t i = 0; i < n; i++) {
				uint64_t share = opts_phase_time(durations[d], n, i);

				assert_in_range(share - durations[d] / n, 0, 1);
			}
		}
	}
}

static void one_phase_has_all(void **state)
{
	(void)state;
	assert_int_equal(opts_phase_time(12345, 1, 0), 12345);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_sum_up),
		cmocka_unit_test(shares_are_even),
		cmocka_unit_test(one_phase_has_all),
	};

	return cmocka_run_group_tests_name("phases", tests, NULL, NULL);
}
