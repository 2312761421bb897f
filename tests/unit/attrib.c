/* SPDX-License-Identifier: GPL-2.0-only */
/* attrib.c - windows and classes of faults, in hand-made streams. */

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

static void check_upgrades(uint64_t refaults, uint64_t upgrades, uint64_t others)
{
	check_classes(0, 0, 0, refaults, others);
	assert_int_equal(sums()->by_class[CLASS_UPGRADE], upgrades);
}

/* The window took the permission to write; a read brings the page back without it. */
static void test_upgrade(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	fault(1200, 1210, 5, OUTCOME_FIXED);
	fault(1220, 1230, 5, OUTCOME_SPURIOUS);
	check_upgrades(1, 0, 1);
	write_fault(1300, 1310, 5, OUTCOME_FIXED);
	check_upgrades(1, 1, 1);
	write_fault(1400, 1410, 5, OUTCOME_FIXED); /* for whatever reason: no window's */
	check_upgrades(1, 1, 2);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 1);
}

static void test_what_is_no_upgrade(void **state)
{
	(void)state;
	fault(100, 110, 7, OUTCOME_FIXED);
	write_fault(120, 130, 7, OUTCOME_FIXED); /* no window was there */
	check_upgrades(0, 0, 2);
	window(1000, 1010, 1100, 5, 1);
	write_fault(1200, 1210, 5, OUTCOME_FIXED); /* came back with it */
	write_fault(1300, 1310, 5, OUTCOME_FIXED);
	check_upgrades(1, 0, 3);
	window(2000, 2010, 2100, 5, 1);
	fault(2200, 2210, 5, OUTCOME_FIXED);
	write_fault(2300, 2310, 5, OUTCOME_RETRY);   /* not mapped */
	write_fault(2320, 2330, 5, OUTCOME_EMULATE); /* nor by that */
	check_upgrades(2, 0, 5);
	window(2400, 2410, 2500, 5, 1);
	write_fault(2600, 2610, 5, OUTCOME_FIXED); /* zapped meanwhile */
	check_upgrades(3, 0, 5);
	write_fault(2700, 2710, 5, OUTCOME_FIXED);
	check_upgrades(3, 0, 6);
}

/* A huge mapping brings its neighbours back, with or without. */
static void test_upgrade_of_neighbours(void **state)
{
	struct probe_event e = fault_of(0, 1200, 1210, 600, OUTCOME_FIXED);

	(void)state;
	window(1000, 1010, 1100, 512, 20);
	e.length = MAP_2M;
	put(e);
	write_fault(1300, 1310, 513, OUTCOME_FIXED);
	check_upgrades(0, 1, 1);
	write_fault(1320, 1330, 600, OUTCOME_FIXED); /* was not zapped */
	check_upgrades(0, 1, 2);
	e = fault_of(0, 1400, 1410, 515, OUTCOME_FIXED);
	e.length = MAP_2M;
	e.flags = PROBE_WRITE;
	put(e);
	check_upgrades(0, 2, 2);
	write_fault(1500, 1510, 516, OUTCOME_FIXED);
	check_upgrades(0, 2, 3);
}

/* KVM began before the zap and returned after it: it may have mapped the page before. */
static void test_mapped_before_the_zap(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	fault(990, 1200, 5, OUTCOME_FIXED);
	fault(1300, 1310, 5, OUTCOME_FIXED); /* so it had been before */
	fault(1400, 1410, 5, OUTCOME_FIXED);
	check_classes(0, 0, 0, 2, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].zapped, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 1);
	put(start_of(2000, 2010, 2, 6, 1)); /* open still */
	fault(1990, 2200, 6, OUTCOME_FIXED);
	put(end_of(2300, 2));
	fault(2400, 2410, 6, OUTCOME_FIXED);
	check_classes(0, 0, 0, 4, 1);
	window(3000, 3010, 3100, 7, 1);
	fault(3005, 3200, 7, OUTCOME_FIXED); /* inside; the window is not only over this page */
	fault(3300, 3310, 7, OUTCOME_FIXED);
	check_classes(1, 0, 0, 5, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 3);
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
	assert_int_equal(attrib_doubts(a).unpaired, 0);
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
	assert_int_equal(attrib_doubts(a).unpaired, 0);
	end_at(5000);
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
	assert_int_equal(sums()->windows, 1);
	assert_int_equal(attrib_doubts(a).unpaired, 2);
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
	assert_int_equal(attrib_doubts(a).unpaired, 2);
	assert_int_equal(sums()->windows, 1);
}

/* Windows that never end: the oldest is given up, memory stays as it is. */
static void test_never_ending_windows(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		put(start_of(1000 + 10 * i, 1005 + 10 * i, i + 1, i, 1));
	reach(15000);
	assert_int_equal(attrib_doubts(a).unpaired, 1000 - 128);
	fault(20000, 20010, 1000 - 128 - 1, OUTCOME_EMULATE);
	check_classes(0, 0, 0, 0, 1);
	fault(20020, 20030, 1000 - 128, OUTCOME_EMULATE);
	fault(20040, 20050, 999, OUTCOME_EMULATE);
	check_classes(2, 0, 0, 0, 1);
	end_at(30000);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		made(test_page_that_nobody_invalidated),
		made(test_merged_page_is_one_refault),
		made(test_zapped_twice_is_one_refault),
		made(test_zapped_mapped_zapped_mapped),
		made(test_spurious_is_a_mapping),
		made(test_upgrade),
		made(test_what_is_no_upgrade),
		made(test_upgrade_of_neighbours),
		made(test_mapped_before_the_zap),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
