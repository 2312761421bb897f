/* SPDX-License-Identifier: GPL-2.0-only */
/* attrib.c - windows, classes of faults and what became of zapped pages, in hand-made streams. */
#include <errno.h>
#include <math.h>

#include "attrib_made.h"

/* Classes */

static void test_page_that_nobody_invalidated(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	fault(1200, 1210, 6, OUTCOME_FIXED);
	fault(1300, 1310, 6, OUTCOME_FIXED);
	check_classes(0, 0, 0, 0, 2);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 0);
	assert_int_equal(sums()->sent_back, 0);
}

static void test_merged_page_is_one_refault(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	fault(1200, 1210, 5, OUTCOME_FIXED);
	fault(1300, 1310, 5, OUTCOME_FIXED);
	check_classes(0, 0, 0, 1, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].zapped, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 1);
	assert_int_equal(sums()->windows, 1);
	assert_int_equal(sums()->by_reason[REASON_CLEAR], 1);
	assert_int_equal(sums()->by_thread[THREAD_KSMD], 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].windows, 1);
}

/* write_protect_page(), then replace_page(): the page is the second's alone. */
static void test_zapped_twice_is_one_refault(void **state)
{
	struct probe_event e = start_of(1000, 1010, 9, 5, 1);

	(void)state;
	e.transition = TRANSITION_WRITE_PROTECT;
	put(e);
	put(end_of(1100, 9));
	window(1110, 1120, 1200, 5, 1);
	fault(1300, 1310, 5, OUTCOME_FIXED);
	fault(1400, 1410, 5, OUTCOME_FIXED);
	check_classes(0, 0, 0, 1, 1);
	assert_int_equal(sums()->transition[TRANSITION_WRITE_PROTECT].windows, 1);
	assert_int_equal(sums()->transition[TRANSITION_WRITE_PROTECT].zapped, 0);
	assert_int_equal(sums()->transition[TRANSITION_WRITE_PROTECT].refaults, 0);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].zapped, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 1);
}

static void test_zapped_mapped_zapped_mapped(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	fault(1200, 1210, 5, OUTCOME_FIXED);
	window(1300, 1310, 1400, 5, 1);
	fault(1500, 1510, 5, OUTCOME_FIXED);
	check_classes(0, 0, 0, 2, 0);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].zapped, 2);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 2);
}

static void test_spurious_is_a_mapping(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	fault(1200, 1210, 5, OUTCOME_SPURIOUS);
	put(fault_of(1, 1190, 1220, 5, OUTCOME_FIXED));
	check_classes(0, 0, 0, 1, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 1);
}

static void test_emulated_and_failed_map_nothing(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	fault(1200, 1210, 5, OUTCOME_EMULATE);
	fault(1300, 1310, 5, OUTCOME_OTHER);
	check_classes(0, 0, 0, 0, 2);
	fault(1400, 1410, 5, OUTCOME_FIXED);
	check_classes(0, 0, 0, 1, 2);
}

/* The edges of a window: open from t0 on, no more at t2. */
static void test_inside(void **state)
{
	(void)state;
	put(start_of(1000, 1050, 1, 5, 1));
	put(end_of(1100, 1));
	fault(999, 1101, 5, OUTCOME_EMULATE);
	check_classes(0, 0, 0, 0, 1);
	window(2000, 2050, 2100, 5, 1);
	fault(2000, 2110, 5, OUTCOME_EMULATE);
	check_classes(1, 0, 0, 0, 1);
	window(3000, 3050, 3100, 5, 1);
	fault(3099, 3110, 5, OUTCOME_RETRY);
	check_classes(2, 0, 0, 0, 1);
	window(4000, 4050, 4100, 5, 1);
	fault(4100, 4110, 5, OUTCOME_EMULATE);
	check_classes(2, 0, 0, 0, 2);
	assert_int_equal(sums()->sent_back, 1);
}

/* Handled while the window that it began in is open: not ended yet when the fault is judged. */
static void test_inside_an_open_window(void **state)
{
	(void)state;
	put(start_of(1000, 1010, 1, 5, 1));
	for (int i = 0; i < 10; i++)
		fault(1100 + 100 * i, 1110 + 100 * i, 5, OUTCOME_RETRY);
	put(end_of(3000, 1));
	fault(3100, 3110, 5, OUTCOME_FIXED);
	check_classes(10, 0, 0, 1, 0);
	assert_int_equal(sums()->sent_back, 10);
}

/* It may be the page's refault even though it began within the window: the ratio must not lose it.
 */
static void test_inside_and_yet_the_refault(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	fault(1095, 1150, 5, OUTCOME_FIXED);
	fault(1200, 1210, 5, OUTCOME_FIXED);
	check_classes(1, 0, 0, 0, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 1);
	assert_true(attrib_refault_ratio(&sums()->transition[TRANSITION_REPLACE]) == 1.0);
}

static void test_retried(void **state)
{
	(void)state;
	/* begun before the window, handled within it */
	put(start_of(1000, 1010, 1, 5, 1));
	fault(990, 1020, 5, OUTCOME_RETRY);
	put(end_of(1100, 1));
	check_classes(0, 1, 0, 0, 0);
	/* the whole window within the fault */
	window(2000, 2010, 2020, 5, 1);
	fault(1990, 2050, 5, OUTCOME_RETRY);
	check_classes(0, 2, 0, 0, 0);
	/* ended at the very moment */
	window(3000, 3010, 3020, 5, 1);
	fault(3020, 3050, 5, OUTCOME_RETRY);
	check_classes(0, 3, 0, 0, 0);
	/* ended before: nobody knows why */
	window(4000, 4010, 4020, 5, 1);
	fault(4021, 4050, 5, OUTCOME_RETRY);
	check_classes(0, 3, 0, 0, 1);
	assert_int_equal(sums()->sent_back, 4);
}

/* Not sent back: the window within it does not matter. */
static void test_fixed_around_a_window(void **state)
{
	(void)state;
	window(2000, 2010, 2020, 5, 1);
	fault(1990, 2050, 5, OUTCOME_FIXED);
	check_classes(0, 0, 0, 1, 0);
}

static void test_collateral(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	fault(1050, 1060, 6, OUTCOME_RETRY); /* open */
	fault(1090, 1110, 7, OUTCOME_RETRY); /* ends */
	fault(1100, 1120, 8, OUTCOME_RETRY); /* at the very moment */
	fault(1101, 1130, 9, OUTCOME_RETRY); /* over */
	fault(1050, 1140, 10, OUTCOME_FIXED);
	check_classes(0, 0, 3, 0, 2);
}

/* Own page's window goes before another's, whichever is found first. */
static void test_own_before_collateral(void **state)
{
	(void)state;
	put(start_of(1000, 1010, 1, 5, 1));
	put(start_of(1001, 1011, 2, 6, 1));
	put(start_of(1002, 1012, 3, 7, 1));
	fault(1050, 1060, 6, OUTCOME_RETRY);
	check_classes(1, 0, 0, 0, 0);
	put(end_of(1100, 1));
	put(end_of(1110, 3));
	fault(990, 1130, 5, OUTCOME_RETRY);
	fault(1120, 1130, 6, OUTCOME_RETRY);
	check_classes(2, 1, 0, 0, 0);
	put(end_of(1200, 2));
	fault(1201, 1210, 5, OUTCOME_RETRY);
	check_classes(2, 1, 0, 0, 1);
}

static void test_retry_without_any_window(void **state)
{
	(void)state;
	fault(1000, 1010, 5, OUTCOME_RETRY);
	check_classes(0, 0, 0, 0, 1);
	assert_int_equal(sums()->sent_back, 1);
}

static void test_retry_maps_nothing(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	fault(1200, 1210, 5, OUTCOME_RETRY);
	fault(1300, 1310, 5, OUTCOME_FIXED);
	check_classes(0, 0, 0, 1, 1);
}

static void test_mmio_is_other(void **state)
{
	struct probe_event e = fault_of(0, 1050, 1060, 0, OUTCOME_FIXED);

	(void)state;
	put(start_of(1000, 1010, 1, 0, LOW_PAGES));
	e.address = 0xfee00000; /* between the two pieces */
	put(e);
	e.address = LOW_PAGES * 4096ull;
	put(e);
	e.address = HIGH_GPA + HIGH_PAGES * 4096ull;
	put(e);
	e.address = HIGH_GPA - 1;
	put(e);
	check_classes(0, 0, 0, 0, 4);
	e.outcome = OUTCOME_RETRY;
	put(e);
	check_classes(0, 0, 1, 0, 4);
}

/* A vCPU that nobody told us of is judged all the same. */
static void test_unknown_vcpu(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	put(fault_of(2, 1200, 1210, 5, OUTCOME_FIXED));
	put((struct probe_event){.type = PROBE_OFF, .begin_ns = 1, .ns = 1300, .vcpu = 2});
	put((struct probe_event){.type = 99, .ns = 1400});
	check_classes(0, 0, 0, 1, 0);
}

/* Windows */

static void test_nested_windows(void **state)
{
	(void)state;
	put(start_of(1000, 1010, 0xb00, 0, 100));
	put(start_of(1100, 1110, 0xa00, 5, 1));
	fault(1150, 1160, 5, OUTCOME_RETRY);
	put(end_of(1200, 0xa00));
	fault(1250, 1260, 5, OUTCOME_RETRY); /* the outer one is open */
	fault(1251, 1270, 200, OUTCOME_RETRY);
	put(end_of(1300, 0xb00));
	fault(1350, 1360, 5, OUTCOME_FIXED);
	check_classes(2, 0, 1, 1, 0);
	assert_int_equal(sums()->windows, 2);
	assert_int_equal(sums()->unpaired, 0);
	/* page 5 is the inner one's, the later */
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].zapped, 100);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 1);
}

static void test_overlapping_windows(void **state)
{
	(void)state;
	put(start_of(1000, 1010, 1, 0, 10));
	put(start_of(1100, 1110, 2, 5, 10));
	put(end_of(1200, 1));
	fault(1250, 1260, 3, OUTCOME_RETRY);
	fault(1251, 1261, 7, OUTCOME_RETRY);
	fault(1252, 1262, 12, OUTCOME_RETRY);
	put(end_of(1300, 2));
	check_classes(2, 0, 1, 0, 0);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].zapped, 15);
}

static void test_clipped_to_guest_ram(void **state)
{
	struct probe_event e = start_of(1000, 1010, 1, 0, 0);

	(void)state;
	e.address = LOW_HVA - 0x10000; /* half a page of RAM is a page of it */
	e.length = 0x10000 + 0x2800;
	put(e);
	put(end_of(1100, 1));
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].zapped, 3);
	e = start_of(1200, 1210, 1, LOW_PAGES - 2, 10);
	e.address += 0xfff;
	put(e);
	put(end_of(1300, 1));
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].zapped, 5);
	fault(1400, 1410, 2, OUTCOME_FIXED);
	fault(1500, 1510, 3, OUTCOME_FIXED);
	fault(1600, 1610, LOW_PAGES - 3, OUTCOME_FIXED);
	fault(1700, 1710, LOW_PAGES - 2, OUTCOME_FIXED);
	fault(1800, 1810, LOW_PAGES - 1, OUTCOME_FIXED);
	fault(1900, 1910, LOW_PAGES, OUTCOME_FIXED);
	check_classes(0, 0, 0, 3, 3);
}

static void test_outside_of_guest_ram(void **state)
{
	const uint64_t where[][2] = {
		{LOW_HVA - 4096, 4096},
		{LOW_HVA + LOW_PAGES * 4096ull, 4096},
		{HIGH_HVA - 4096, 4096},
		{HIGH_HVA + HIGH_PAGES * 4096ull, 1 << 30},
		{LOW_HVA, 0},
		{0, 4096},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		struct probe_event e = start_of(1000 + 100 * i, 1010 + 100 * i, 1, 0, 0);

		e.address = where[i][0];
		e.length = where[i][1];
		put(e);
		fault(1020 + 100 * i, 1030 + 100 * i, 0, OUTCOME_RETRY);
		put(end_of(1040 + 100 * i, 1));
		fault(1035 + 100 * i, 1050 + 100 * i, 0, OUTCOME_RETRY);
	}
	check_classes(0, 0, 0, 0, 2 * ARRAY_SIZE(where));
	assert_int_equal(sums()->windows, 0);
	assert_int_equal(sums()->unpaired, 0);
	attrib_end(a, 5000);
	attrib_settle(a, 0, NULL, NULL);
	assert_int_equal(sums()->open, 0);
}

static void test_whole_address_space(void **state)
{
	struct probe_event e = start_of(1000, 1010, 1, 0, 0);

	(void)state;
	e.address = 0;
	e.length = ~0ull;
	put(e);
	put(end_of(1100, 1));
	fault(1200, 1210, LOW_PAGES - 1, OUTCOME_FIXED);
	fault(1300, 1310, LOW_PAGES + HIGH_PAGES - 1, OUTCOME_FIXED);
	check_classes(0, 0, 0, 2, 0);
	e = start_of(2000, 2010, 1, 0, 0);
	e.address = HIGH_HVA + 4096;
	e.length = ~0ull; /* beyond the end of all addresses */
	put(e);
	put(end_of(2100, 1));
	fault(2200, 2210, LOW_PAGES - 1, OUTCOME_FIXED);
	fault(2300, 2310, LOW_PAGES + HIGH_PAGES - 1, OUTCOME_FIXED);
	check_classes(0, 0, 0, 4, 0);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].zapped, LOW_PAGES + HIGH_PAGES + 2);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 4);
}

/* Below and above 4 GiB: GPA and HVA of the high piece have nothing to do with the low one's. */
static void test_two_pieces(void **state)
{
	(void)state;
	window(1000, 1010, 1100, LOW_PAGES + 3, 2);
	fault(1200, 1210, LOW_PAGES + 3, OUTCOME_FIXED);
	fault(1300, 1310, LOW_PAGES + 4, OUTCOME_FIXED);
	fault(1400, 1410, LOW_PAGES + 5, OUTCOME_FIXED);
	fault(1500, 1510, 3, OUTCOME_FIXED);
	check_classes(0, 0, 0, 2, 2);
	/* one range over both: the high piece lies lower in QEMU */
	{
		struct probe_event e = start_of(2000, 2010, 1, LOW_PAGES + HIGH_PAGES - 1, 1);

		e.length = hva_of(1) - e.address;
		put(e);
		put(end_of(2100, 1));
	}
	fault(2200, 2210, LOW_PAGES + HIGH_PAGES - 1, OUTCOME_FIXED);
	fault(2300, 2310, 0, OUTCOME_FIXED);
	fault(2400, 2410, 1, OUTCOME_FIXED);
	fault(2500, 2510, LOW_PAGES - 1, OUTCOME_FIXED);
	check_classes(0, 0, 0, 4, 4);
}

static void test_by_kind(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct probe_event e = start_of(1000 + 100 * i, 1010 + 100 * i, 1, i, 1);

		e.reason = i % (REASONS + 1); /* also one that is newer than this program */
		e.thread = i % (THREADS + 1);
		e.transition = i % (TRANSITIONS + 1);
		put(e);
		e = end_of(1090 + 100 * i, 1);
		e.flags = i % 4 ? 0 : PROBE_PREEMPTED;
		put(e);
	}
	for (int i = 0; i < REASONS; i++)
		assert_int_equal(sums()->by_reason[i], i == REASON_OTHER ? 4 : 2);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(sums()->by_thread[i], i < 2 ? 3 : i == THREAD_OTHER ? 4 : 2);
	for (int i = 0; i < TRANSITIONS; i++)
		assert_int_equal(sums()->transition[i].windows, i == TRANSITION_NONE ? 7
								: i < 2		     ? 4
										     : 3);
	assert_int_equal(sums()->windows, 20);
	assert_int_equal(sums()->preempted, 5);
}

static void test_end_without_start(void **state)
{
	(void)state;
	put(end_of(1000, 1));
	window(2000, 2010, 2020, 5, 1);
	put(end_of(3000, 2001));
	assert_int_equal(sums()->unpaired, 2);
	assert_int_equal(sums()->windows, 1);
}

/* Its place on the stack is in use again: the first one's END was lost. */
static void test_same_id_again(void **state)
{
	(void)state;
	put(start_of(1000, 1010, 1, 5, 1));
	put(start_of(2000, 2010, 1, 6, 1));
	fault(2100, 2110, 5, OUTCOME_EMULATE);
	fault(2101, 2111, 6, OUTCOME_EMULATE);
	put(end_of(3000, 1));
	put(end_of(3100, 1));
	check_classes(1, 0, 0, 0, 1);
	assert_int_equal(sums()->unpaired, 2);
	assert_int_equal(sums()->windows, 1);
}

/* Windows that never end: the oldest is given up, memory stays as it is. */
static void test_never_ending_windows(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		put(start_of(1000 + 10 * i, 1005 + 10 * i, i + 1, i, 1));
	assert_int_equal(sums()->unpaired, 1000 - 128);
	fault(20000, 20010, 1000 - 128 - 1, OUTCOME_EMULATE);
	check_classes(0, 0, 0, 0, 1);
	fault(20020, 20030, 1000 - 128, OUTCOME_EMULATE);
	fault(20040, 20050, 999, OUTCOME_EMULATE);
	check_classes(2, 0, 0, 0, 1);
	attrib_end(a, 30000);
	attrib_settle(a, 0, NULL, NULL);
	assert_int_equal(sums()->open, 128);
}

/* A fault that lasted long: windows that ended meanwhile are remembered. */
static void test_long_fault(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	for (uint64_t i = 0; i < 4000; i++)
		window(2000 + 10 * i, 2001 + 10 * i, 2005 + 10 * i, 6, 1);
	fault(1050, 50000, 5, OUTCOME_RETRY);
	check_classes(1, 0, 0, 0, 0);
	fault(900, 50001, 5, OUTCOME_RETRY);
	check_classes(1, 1, 0, 0, 0);
	for (uint64_t i = 0; i < 200; i++)
		window(60000 + 10 * i, 60001 + 10 * i, 60005 + 10 * i, 6, 1);
	fault(1050, 70000, 5, OUTCOME_RETRY); /* no longer: 4096 have ended since */
	check_classes(1, 1, 1, 0, 0);
}

/* Order */

/* range_start took long: its record comes when faults within it have been judged. */
static void test_start_comes_after_the_fault(void **state)
{
	(void)state;
	window(100, 110, 120, 5, 1);
	window(200, 210, 220, 8, 1);
	fault(1000, 1010, 5, OUTCOME_RETRY);  /* other, so far */
	fault(2000, 2010, 5, OUTCOME_FIXED);  /* the first window's refault, so far */
	fault(2500, 2510, 8, OUTCOME_FIXED);  /* a refault, another page */
	fault(3000, 3010, 9, OUTCOME_RETRY);  /* other, so far */
	fault(3995, 4005, 5, OUTCOME_RETRY);  /* inside in the end */
	fault(1400, 4010, 5, OUTCOME_RETRY);  /* begun before it: retried */
	fault(4020, 4030, 10, OUTCOME_FIXED); /* stays other */
	fault(9000, 9010, 5, OUTCOME_RETRY);
	attrib_flush(a, 9500);
	check_classes(0, 0, 0, 2, 6);
	put(start_of(1500, 10000, 1, 5, 1));
	put(end_of(10100, 1));
	check_classes(3, 1, 1, 1, 2);
	/* the page was mapped by 2010 and zapped after that */
	fault(10200, 10210, 5, OUTCOME_FIXED);
	check_classes(3, 1, 1, 2, 2);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 3);
	assert_int_equal(sums()->sent_back, 5);
}

/* What was collateral of one window is retried by its own page's, which is known later. */
static void test_start_comes_later_and_weighs_more(void **state)
{
	(void)state;
	window(1000, 1010, 2000, 6, 1);
	fault(900, 1100, 5, OUTCOME_RETRY);
	check_classes(0, 0, 1, 0, 0);
	put(start_of(1050, 2000, 1, 5, 1));
	check_classes(0, 1, 0, 0, 0);
	put(start_of(1060, 2001, 2, 7, 1)); /* and stays so */
	check_classes(0, 1, 0, 0, 0);
	put(start_of(800, 2002, 3, 5, 1));
	check_classes(1, 0, 0, 0, 0);
}

/* The same events in every order of three CPUs that are within the slack. */
static void test_out_of_order_cpus(void **state)
{
	struct probe_event e[] = {
		start_of(1000, 1010, 1, 5, 1),
		fault_of(0, 1100, 1110, 5, OUTCOME_RETRY),
		end_of(1200, 1),
		fault_of(1, 1300, 1310, 5, OUTCOME_FIXED),
		start_of(1400, 1410, 1, 6, 1),
		end_of(1500, 1),
		fault_of(0, 1490, 1600, 6, OUTCOME_FIXED),
	};
	const int n = ARRAY_SIZE(e);

	(void)state;
	for (int order = 0; order < 5040; order++) {
		int left[7] = {0, 1, 2, 3, 4, 5, 6}, code = order;

		made_close(NULL);
		assert_int_equal(made_open(NULL), 0);
		for (int i = n; i > 0; i--) {
			int pick = code % i;

			code /= i;
			put(e[left[pick]]);
			left[pick] = left[i - 1];
		}
		check_classes(2, 0, 0, 1, 0);
		assert_int_equal(sums()->windows, 2);
		assert_int_equal(sums()->unpaired, 0);
		assert_int_equal(sums()->too_late, 0);
	}
}

/* CPUs drained one after the other, each with much: the disorder is greater than a few events. */
static void test_cpu_after_cpu(void **state)
{
	(void)state;
	made_close(NULL);
	assert_int_equal(open_with(2, 10000000), 0);
	attrib_begin(a, 0);
	for (int cpu = 0; cpu < 3; cpu++) {
		for (uint64_t i = 0; i < 3000; i++) {
			uint64_t at = 1000 + 1000 * i;

			if (cpu == 2)
				put(start_of(at, at + 10, 1, 5, 1));
			if (cpu == 0)
				put(end_of(at + 100, 1));
			if (cpu == 1)
				fault(at + 200, at + 210, 5, OUTCOME_FIXED);
		}
	}
	check_classes(0, 0, 0, 3000, 0);
	assert_int_equal(sums()->unpaired, 0);
	assert_int_equal(sums()->too_late, 0);
}

/* Equal times: as they came, through ring and heap alike. */
static void test_equal_times(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		put(start_of(1000, 1000, 1, 5, 1));
		put(end_of(1000, 1));
	}
	assert_int_equal(sums()->windows, 40);
	assert_int_equal(sums()->unpaired, 0);
	for (int i = 0; i < 40; i++)
		virq(2000 + i);
	for (int i = 0; i < 40; i++) {
		put(start_of(1500, 1500, 1, 5, 1));
		put(end_of(1500, 1));
	}
	assert_int_equal(sums()->windows, 80);
	assert_int_equal(sums()->unpaired, 0);
	virq(4000);
	for (int i = 0; i < 5; i++) {
		put(start_of(3500, 3500, 1, 5, 1));
		put(end_of(3500, 1));
	}
	assert_int_equal(sums()->windows, 85);
	assert_int_equal(sums()->unpaired, 0);
}

static void test_too_late(void **state)
{
	(void)state;
	virq(10000);
	for (int i = 1; i < 64; i++)
		virq(10000 + SLACK + 1); /* all before 10001 is judged */
	fault(9990, 10000, 5, OUTCOME_FIXED);
	assert_int_equal(attrib_figures(a)->too_late, 0);
	fault(9980, 9999, 5, OUTCOME_FIXED);
	assert_int_equal(attrib_figures(a)->too_late, 1);
	attrib_flush(a, 20000);
	fault(20000, 20001, 5, OUTCOME_FIXED);
	assert_int_equal(attrib_figures(a)->too_late, 1);
	put(start_of(19000, 19999, 1, 5, 1));
	assert_int_equal(attrib_figures(a)->too_late, 2);
	check_classes(1, 0, 0, 0, 2); /* counted all the same, as if it had been at 19001..20000 */
	put(end_of(21000, 1));
	fault(22000, 22010, 5, OUTCOME_FIXED);
	check_classes(1, 0, 0, 0, 3);
	assert_int_equal(sums()->windows, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 1);
}

/* An event is kept back until such as are more than slack newer have come, 64 at a time. */
static void test_waits_for_slack(void **state)
{
	(void)state;
	fault(9990, 10000, 5, OUTCOME_FIXED);
	for (int i = 0; i < 64; i++)
		virq(10000 + SLACK);
	assert_int_equal(attrib_figures(a)->faults, 0);
	for (int i = 0; i < 64; i++)
		virq(10001 + SLACK);
	assert_int_equal(attrib_figures(a)->faults, 1);
}

/* More than can wait: the oldest are judged early, none is lost. */
static void test_more_than_can_wait(void **state)
{
	(void)state;
	made_close(NULL);
	assert_int_equal(open_with(1, 1ull << 40), 0);
	attrib_begin(a, 0);
	for (uint64_t i = 0; i < 100000; i++)
		fault(1000 + 10 * i, 1005 + 10 * i, i % 1000, OUTCOME_FIXED);
	assert_true(attrib_figures(a)->faults >= 100000 - 16384);
	for (uint64_t i = 0; i < 40000; i++)
		fault(990000 - 10 * i, 990001 - 10 * i, 5, OUTCOME_FIXED);
	check_classes(0, 0, 0, 0, 140000);
	assert_true(sums()->too_late > 0);
}

/* Huge mappings */

static void test_huge_mapping(void **state)
{
	struct probe_event e = fault_of(0, 1200, 1210, 600, OUTCOME_FIXED);

	(void)state;
	window(1000, 1010, 1100, 500, 20); /* 500..511 below the mapping */
	window(1001, 1011, 1101, 1020, 4); /* its last pages */
	e.length = MAP_2M;
	put(e);
	check_classes(0, 0, 0, 0, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].neighbours, 12);
	e = fault_of(0, 1300, 1310, 515, OUTCOME_FIXED);
	put(e);
	check_classes(0, 0, 0, 0, 2);
	e = fault_of(0, 1400, 1410, 511, OUTCOME_FIXED);
	e.length = MAP_2M;
	put(e);
	check_classes(0, 0, 0, 1, 2);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].neighbours, 12 + 11);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].zapped, 24);
}

/* Mappings larger than RAM's pieces, sizes that are none. */
static void test_strange_mappings(void **state)
{
	const uint64_t lengths[] = {1ull << 30, 0, 1, 4096, 5000, ~0ull, 1ull << 63};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct probe_event e =
			fault_of(0, 1200 + 1000 * i, 1210 + 1000 * i, LOW_PAGES, OUTCOME_FIXED);

		window(1000 + 1000 * i, 1010 + 1000 * i, 1100 + 1000 * i, LOW_PAGES, 1);
		e.length = lengths[i];
		put(e);
		check_classes(0, 0, 0, i + 1, 0);
	}
}

/* What became of pages */

static uint64_t touches[LOW_PAGES + HIGH_PAGES];

static uint64_t touched_at(void *arg, uint64_t gpa)
{
	(void)arg;
	return touches[gpa < HIGH_GPA ? gpa / 4096 : LOW_PAGES + (gpa - HIGH_GPA) / 4096];
}

static void check_transition(enum probe_transition which, uint64_t zapped, uint64_t refaults,
			     uint64_t touched, uint64_t untouched, uint64_t undecided)
{
	const struct attrib_transition *t = &attrib_figures(a)->transition[which];

	assert_int_equal(t->zapped, zapped);
	assert_int_equal(t->refaults, refaults);
	assert_int_equal(t->touched, touched);
	assert_int_equal(t->untouched, untouched);
	assert_int_equal(t->undecided, undecided);
	assert_int_equal(t->zapped,
			 t->refaults + t->neighbours + t->touched + t->untouched + t->undecided);
}

static void end_stretch(uint64_t ns, uint64_t error_ns)
{
	attrib_end(a, ns);
	attrib_settle(a, error_ns, touched_at, NULL);
}

/* change_pte: zapped and touched again without a fault. */
static void test_change_pte(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	window(1000, 1010, 1100, 5, 4);
	touches[5] = touches[6] = 2000;
	touches[7] = 900;
	end_stretch(3000, 10);
	check_transition(TRANSITION_REPLACE, 4, 0, 2, 2, 0);
	assert_true(attrib_refault_ratio(&attrib_figures(a)->transition[TRANSITION_REPLACE]) ==
		    0.0);
	assert_true(isnan(attrib_refault_ratio(&attrib_figures(a)->transition[TRANSITION_COPY])));
}

static void test_ratio(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	window(1000, 1010, 1100, 5, 5);
	fault(1200, 1210, 5, OUTCOME_FIXED);
	fault(1300, 1310, LOW_PAGES + 3, OUTCOME_FIXED);
	fault(1400, 1410, 6, OUTCOME_FIXED);
	fault(1500, 1510, 7, OUTCOME_FIXED);
	touches[5] = touches[6] = touches[7] = touches[8] = 2000;
	end_stretch(3000, 10);
	check_transition(TRANSITION_REPLACE, 5, 3, 1, 1, 0);
	assert_true(attrib_refault_ratio(&attrib_figures(a)->transition[TRANSITION_REPLACE]) ==
		    0.75);
}

/* Touched within the clock's error of the window's end, t2. */
static void test_touch_at_the_edge(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	window(1000, 1010, 1100, 0, 6);
	window(1001, 1011, 1100, LOW_PAGES, 2);
	touches[0] = 1089;
	touches[1] = 1090;
	touches[2] = 1100;
	touches[3] = 1110;
	touches[4] = 1111;
	touches[5] = 1050; /* cannot have succeeded after the zap */
	touches[LOW_PAGES] = 1111;
	touches[LOW_PAGES + 1] = 1;
	end_stretch(3000, 10);
	check_transition(TRANSITION_REPLACE, 8, 0, 2, 3, 3);
}

static void test_error_beyond_all_bounds(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	window(1000, 1010, 1100, 0, 3);
	touches[0] = 1;
	touches[1] = UINT64_MAX;
	end_stretch(3000, UINT64_MAX);
	check_transition(TRANSITION_REPLACE, 3, 0, 0, 1, 2);
}

static void test_nobody_knows_touches(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 0, 3);
	fault(1200, 1210, 1, OUTCOME_FIXED);
	attrib_end(a, 3000);
	attrib_settle(a, 10, NULL, NULL);
	check_transition(TRANSITION_REPLACE, 3, 1, 0, 0, 2);
}

/* A window still open at the end has not decided anything yet. */
static void test_open_at_the_end(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	put(start_of(1000, 1010, 1, 5, 3));
	touches[5] = 2000;
	touches[6] = 900;
	end_stretch(3000, 10);
	assert_int_equal(attrib_figures(a)->open, 1);
	assert_int_equal(attrib_figures(a)->windows, 0);
	check_transition(TRANSITION_REPLACE, 3, 0, 0, 2, 1);
}

/* Two windows over one page: its later one's end counts, the other's does not matter. */
static void test_end_of_the_right_window(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	put(start_of(1000, 1010, 1, 5, 1));
	put(start_of(1100, 1110, 2, 5, 1));
	put(end_of(1200, 2));
	put(end_of(2000, 1));
	touches[5] = 1500;
	end_stretch(3000, 10);
	check_transition(TRANSITION_REPLACE, 1, 0, 1, 0, 0);
}

/* Stretches */

static void test_stretches(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	window(1000, 1010, 1100, 5, 1);
	fault(1200, 1210, 9, OUTCOME_FIXED);
	put(start_of(1900, 1950, 1, 6, 1));
	end_stretch(1999, 0);
	attrib_begin(a, 2000);
	assert_int_equal(attrib_figures(a)->windows, 0);
	assert_int_equal(attrib_figures(a)->faults, 0);
	put(end_of(2100, 1));
	touches[5] = touches[6] = 2500;
	fault(2200, 2210, 5, OUTCOME_FIXED); /* a refault; but zapped before, so not of the ratio */
	check_classes(0, 0, 0, 1, 0);
	assert_int_equal(sums()->windows, 1); /* ended within the stretch */
	end_stretch(3000, 0);
	check_transition(TRANSITION_REPLACE, 0, 0, 0, 0, 0);
}

/* An event at the very begin belongs to the stretch, one at the very end too. */
static void test_edges_of_a_stretch(void **state)
{
	(void)state;
	fault(1990, 1999, 5, OUTCOME_FIXED);
	fault(1990, 2000, 6, OUTCOME_FIXED);
	attrib_begin(a, 2000);
	fault(2990, 3000, 7, OUTCOME_FIXED);
	fault(2990, 3001, 8, OUTCOME_FIXED);
	attrib_end(a, 3000);
	attrib_settle(a, 0, NULL, NULL);
	check_classes(0, 0, 0, 0, 2);
}

/* So much comes before the stretch can be ended that it would have been judged already. */
static void test_hold(void **state)
{
	(void)state;
	fault(1900, 1950, 5, OUTCOME_FIXED);
	attrib_hold(a, 2000);
	fault(2010, 2020, 6, OUTCOME_FIXED);
	for (int i = 0; i < 128; i++)
		virq(2021 + SLACK);
	attrib_flush(a, 2021);
	assert_int_equal(attrib_figures(a)->faults, 1);
	attrib_end(a, 2000);
	attrib_settle(a, 0, NULL, NULL);
	assert_int_equal(attrib_figures(a)->faults, 1);
	attrib_hold(a, 2005);
	attrib_flush(a, 2021);
	attrib_begin(a, 2005);
	attrib_flush(a, 2021);
	check_classes(0, 0, 0, 0, 1);
}

/* Outside of a stretch pages are followed, nothing is counted. */
static void test_between_stretches(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	window(1000, 1010, 1100, 5, 2);
	attrib_end(a, 1500);
	attrib_settle(a, 0, touched_at, NULL);
	check_transition(TRANSITION_REPLACE, 2, 0, 0, 2, 0);
	fault(1600, 1610, 5, OUTCOME_FIXED);
	window(1700, 1710, 1800, 8, 1);
	put(end_of(1810, 99));
	check_classes(0, 0, 0, 0, 0);
	check_transition(TRANSITION_REPLACE, 2, 0, 0, 2, 0);
	assert_int_equal(sums()->windows, 1);
	assert_int_equal(sums()->unpaired, 0);
	attrib_begin(a, 2000);
	fault(2100, 2110, 5, OUTCOME_FIXED); /* mapped meanwhile */
	fault(2200, 2210, 8, OUTCOME_FIXED); /* zapped meanwhile */
	check_classes(0, 0, 0, 1, 1);
}

/* A window that turns up late does not reach into a stretch that is over. */
static void test_late_start_over_a_boundary(void **state)
{
	(void)state;
	fault(1500, 1510, 5, OUTCOME_RETRY);
	attrib_end(a, 1999);
	attrib_settle(a, 0, NULL, NULL);
	put(start_of(1400, 2100, 2, 5, 1));
	check_classes(0, 0, 0, 0, 1);
	attrib_begin(a, 3000);
	fault(3100, 3110, 6, OUTCOME_RETRY);
	put(start_of(1000, 3200, 1, 5, 1));
	check_classes(0, 0, 1, 0, 0);
}

static void test_before_the_first_stretch(void **state)
{
	(void)state;
	made_close(NULL);
	assert_int_equal(open_with(1, SLACK), 0);
	window(1000, 1010, 1100, 5, 1);
	fault(1200, 1210, 6, OUTCOME_FIXED);
	check_classes(0, 0, 0, 0, 0);
	attrib_begin(a, 2000);
	fault(2100, 2110, 5, OUTCOME_FIXED);
	check_classes(0, 0, 0, 1, 0);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 0);
}

static int refused(struct attrib_config config)
{
	struct attrib *none = NULL;
	int err = attrib_open(&none, &config);

	assert_null(none);
	return err;
}

static void test_refuses_bad_ram(void **state)
{
	struct attrib_config good = {.ram = {{0, LOW_HVA, 4096}}, .vcpus = 1}, bad = good;

	(void)state;
	attrib_close(NULL);
	bad.ram[0].bytes = 0;
	assert_int_equal(refused(bad), -EINVAL);
	bad = good;
	bad.ram[0].hva++;
	assert_int_equal(refused(bad), -EINVAL);
	bad = good;
	bad.ram[0].bytes = 100;
	assert_int_equal(refused(bad), -EINVAL);
	bad = good;
	bad.ram[1] = (struct attrib_ram){0, ~4095ull, 8192};
	assert_int_equal(refused(bad), -EINVAL);
	bad = good;
	bad.ram[0].bytes = 1ull << 44;
	assert_int_equal(refused(bad), -EINVAL);
	bad = good;
	bad.vcpus = 0;
	assert_int_equal(refused(bad), -EINVAL);
}

#define made(test) cmocka_unit_test_setup_teardown(test, made_open, made_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		made(test_page_that_nobody_invalidated),
		made(test_merged_page_is_one_refault),
		made(test_zapped_twice_is_one_refault),
		made(test_zapped_mapped_zapped_mapped),
		made(test_spurious_is_a_mapping),
		made(test_emulated_and_failed_map_nothing),
		made(test_inside),
		made(test_inside_an_open_window),
		made(test_inside_and_yet_the_refault),
		made(test_retried),
		made(test_fixed_around_a_window),
		made(test_collateral),
		made(test_own_before_collateral),
		made(test_retry_without_any_window),
		made(test_retry_maps_nothing),
		made(test_mmio_is_other),
		made(test_unknown_vcpu),
		made(test_nested_windows),
		made(test_overlapping_windows),
		made(test_clipped_to_guest_ram),
		made(test_outside_of_guest_ram),
		made(test_whole_address_space),
		made(test_two_pieces),
		made(test_by_kind),
		made(test_end_without_start),
		made(test_same_id_again),
		made(test_never_ending_windows),
		made(test_long_fault),
		made(test_start_comes_after_the_fault),
		made(test_start_comes_later_and_weighs_more),
		made(test_out_of_order_cpus),
		made(test_cpu_after_cpu),
		made(test_equal_times),
		made(test_too_late),
		made(test_waits_for_slack),
		made(test_more_than_can_wait),
		made(test_huge_mapping),
		made(test_strange_mappings),
		made(test_change_pte),
		made(test_ratio),
		made(test_touch_at_the_edge),
		made(test_error_beyond_all_bounds),
		made(test_nobody_knows_touches),
		made(test_open_at_the_end),
		made(test_end_of_the_right_window),
		made(test_stretches),
		made(test_edges_of_a_stretch),
		made(test_hold),
		made(test_between_stretches),
		made(test_late_start_over_a_boundary),
		made(test_before_the_first_stretch),
		cmocka_unit_test(test_refuses_bad_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
