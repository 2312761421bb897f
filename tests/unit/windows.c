// SPDX-License-Identifier: GPL-2.0-only
/* windows.c - durations of windows from made-up events: nested, interleaved, replaced, orphaned. */
#include "capture.h"
#include "windows.h"

#include <stdlib.h>

static struct windows *w;

static int make(void **state)
{
	(void)state;
	w = calloc(1, sizeof(*w));
	return w ? 0 : -1;
}

static int unmake(void **state)
{
	(void)state;
	free(w);
	return 0;
}

static void start(uint64_t id, uint64_t t0, uint64_t t1, enum probe_reason reason,
		  enum probe_thread thread)
{
	struct probe_event e = {.type = PROBE_START,
				.id = id,
				.begin_ns = t0,
				.ns = t1,
				.reason = reason,
				.thread = thread};

	windows_event(w, &e);
}

static void end(uint64_t id, uint64_t t2, unsigned int flags)
{
	struct probe_event e = {
		.type = PROBE_END, .id = id, .begin_ns = t2, .ns = t2, .flags = (__u8)flags};

	windows_event(w, &e);
}

static void one_window(void **state)
{
	(void)state;
	start(1, 1000, 1300, REASON_MIGRATE, THREAD_KCOMPACTD);
	assert_int_equal(w->sum.count, 0);
	end(1, 2000, PROBE_PREEMPTED);
	assert_int_equal(w->sum.count, 1);
	assert_int_equal(w->sum.by_reason[REASON_MIGRATE], 1);
	assert_int_equal(w->sum.by_thread[THREAD_KCOMPACTD], 1);
	assert_int_equal(w->sum.preempted, 1);
	assert_int_equal(w->sum.start_ns, 300);
	assert_int_equal(w->sum.empty_ns, 700);
	assert_int_equal(w->sum.total_ns, 1000);
	assert_int_equal(w->sum.start.max, 300);
	assert_int_equal(w->sum.empty.max, 700);
	assert_int_equal(w->sum.total.max, 1000);
	assert_int_equal(w->sum.total.total, 1);
	assert_int_equal(w->unpaired, 0);
	assert_int_equal(w->n, 0);
}

static void nested_and_interleaved(void **state)
{
	(void)state;
	start(1, 100, 110, REASON_CLEAR, THREAD_KSMD);
	start(2, 120, 130, REASON_UNMAP, THREAD_VCPU);
	start(3, 140, 150, REASON_CLEAR, THREAD_AGENT);
	end(1, 200, 0); /* another thread's: not the innermost */
	end(3, 240, 0);
	end(2, 320, 0);
	assert_int_equal(w->sum.count, 3);
	assert_int_equal(w->sum.total_ns, 100 + 100 + 200);
	assert_int_equal(w->sum.by_reason[REASON_CLEAR], 2);
	assert_int_equal(w->sum.by_thread[THREAD_VCPU], 1);
	assert_int_equal(w->sum.preempted, 0);
	assert_int_equal(w->unpaired, 0);
}

static void orphans_are_counted(void **state)
{
	(void)state;
	end(9, 50, 0);
	assert_int_equal(w->unpaired, 1);
	start(1, 100, 110, REASON_CLEAR, THREAD_KSMD);
	start(1, 500, 510, REASON_UNMAP, THREAD_KSMD); /* the first one's end was lost */
	end(1, 600, 0);
	assert_int_equal(w->unpaired, 2);
	assert_int_equal(w->sum.count, 1);
	assert_int_equal(w->sum.total_ns, 100);
	assert_int_equal(w->sum.by_reason[REASON_UNMAP], 1);
}

static void room_is_bounded(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= WINDOWS_OPEN + 5; id++)
		start(id, id * 10, id * 10 + 1, REASON_CLEAR, THREAD_OTHER);
	assert_int_equal(w->n, WINDOWS_OPEN);
	assert_int_equal(w->unpaired, 5);
	end(5, 100000, 0); /* pushed out */
	assert_int_equal(w->unpaired, 6);
	end(6, 100060, 0);
	assert_int_equal(w->sum.count, 1);
	assert_int_equal(w->sum.total_ns, 100000);
}

/* Clocks of two CPUs that differ by a little give 0, not 2^64. */
static void backward_is_zero(void **state)
{
	(void)state;
	start(1, 1000, 998, REASON_CLEAR, THREAD_OTHER);
	end(1, 997, 0);
	assert_int_equal(w->sum.total_ns, 0);
	assert_int_equal(w->sum.total.max, 0);
	assert_int_equal(w->sum.count, 1);
}

/* Other events change nothing; numbers newer than ours fall into "other". */
static void foreign_numbers(void **state)
{
	struct probe_event fault = {.type = PROBE_FAULT, .id = 1, .ns = 500};

	(void)state;
	start(1, 0, 1, (enum probe_reason)200, (enum probe_thread)200);
	windows_event(w, &fault);
	assert_int_equal(w->n, 1);
	end(1, 2, 0);
	assert_int_equal(w->sum.by_reason[REASON_OTHER], 1);
	assert_int_equal(w->sum.by_thread[THREAD_OTHER], 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_window),      TEST(nested_and_interleaved), TEST(orphans_are_counted),
		TEST(room_is_bounded), TEST(backward_is_zero),	     TEST(foreign_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
