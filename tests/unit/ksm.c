/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksm.c - how KSM is stopped. A write to ksm/run may wait for a lock of QEMU's that never comes: a
 * pipe that is full plays it here. Would pass silently if stop() wrote nothing where it should.
 */
#include "knobs_made.h"
#include "source/ksm.h"

#define KSM_RUN "/sys/kernel/mm/ksm/run"

static void make_ksm(void)
{
	make_dir("/sys/kernel");
	make_dir("/sys/kernel/mm");
	make_dir("/sys/kernel/mm/ksm");
	put(KSM_RUN, "1");
}

static void unmerges_and_rests(void **state)
{
	struct env env = {.knobs = open_knobs()};

	(void)state;
	make_ksm();
	assert_int_equal(ksm_unmerge(&env), 0);
	assert_string_equal(get(KSM_RUN), "2");
	assert_int_equal(ksm_stop(&env), 0);
	assert_string_equal(get(KSM_RUN), "0");
	assert_int_equal(knobs_close(env.knobs), 0);
	assert_string_equal(get(KSM_RUN), "1");
}

/* QEMU may hang with the locks that unmerging needs, and it goes next. */
static void waits_for_nothing_when_it_is_over(void **state)
{
	struct env env = {.knobs = open_knobs(), .over = true};
	int pipe;

	(void)state;
	make_ksm();
	assert_int_equal(ksm_merge(&env), 0);
	pipe = full_pipe(KSM_RUN);
	alarm(20);
	assert_int_equal(ksm_stop(&env), 0);
	alarm(0);
	close(pipe);
	remove_path(KSM_RUN);
	put(KSM_RUN, "1");
	assert_int_equal(knobs_close(env.knobs), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		knob_test(unmerges_and_rests),
		knob_test(waits_for_nothing_when_it_is_over),
	};

	return cmocka_run_group_tests_name("ksm", tests, NULL, NULL);
}
