/* SPDX-License-Identifier: GPL-2.0-only */
/* lab_wait.c - when the lab is late: pure, nothing is booted. */
#include "made.h"

#include "lab/wait.c"

/* A busy machine is no kernel that hangs; an emulator that gets nowhere is, and so is patience. */
static void time_is_up(void **state)
{
	struct opts opts = {0};
	uint64_t limit;

	(void)state;
	opts.duration_ns = 4 * NSEC_PER_SEC;
	limit = timeout_ns(&opts);
	assert_int_equal(limit, 540 * NSEC_PER_SEC);
	assert_false(is_late(&opts, limit - 1, limit - 1));
	assert_true(is_late(&opts, limit, limit));
	assert_false(is_late(&opts, limit, limit / 7));
	assert_false(is_late(&opts, 6 * limit, limit - 1));
	assert_true(is_late(&opts, limit, limit / LAB_STUCK_SHARE - 1));
	assert_true(is_late(&opts, limit * LAB_PATIENCE, limit - 1));

	opts.wall_timeout_ns = NSEC_PER_SEC; /* asked for: as it is */
	assert_false(is_late(&opts, NSEC_PER_SEC - 1, 8 * NSEC_PER_SEC));
	assert_true(is_late(&opts, NSEC_PER_SEC, NSEC_PER_SEC / 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(time_is_up)};

	return cmocka_run_group_tests_name("lab_wait", tests, NULL, NULL);
}
