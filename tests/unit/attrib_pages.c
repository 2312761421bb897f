/* SPDX-License-Identifier: GPL-2.0-only */
/* attrib_pages.c - order of events, huge mappings, what became of zapped pages. */
#include <errno.h>
#include <math.h>

#include "attrib_made.h"

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
	reach(9500);
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

/* One that comes late is counted, and taken for one that ends just now. */
static void test_late(void **state)
{
	struct probe_event e = fault_of(0, 9980, 9999, 5, OUTCOME_FIXED);

	(void)state;
	virq(10000);
	reach(10000);
	fault(9990, 10000, 5, OUTCOME_FIXED);
	reach(10000);
	assert_int_equal(attrib_doubts(a).late, 0);
	attrib_event(a, &e);
	assert_int_equal(attrib_doubts(a).late, 1);
	reach(20000);
	fault(20000, 20001, 5, OUTCOME_FIXED);
	reach(20001);
	e = start_of(19000, 19999, 1, 5, 1);
	attrib_event(a, &e);
	assert_int_equal(attrib_doubts(a).late, 2);
	check_classes(1, 0, 0, 0, 2); /* counted all the same, as if it had been at 19002..20001 */
	put(end_of(21000, 1));
	fault(22000, 22010, 5, OUTCOME_FIXED);
	check_classes(1, 0, 0, 1, 2);
	assert_int_equal(sums()->windows, 1);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 1);
	begin_at(30000);
	assert_int_equal(attrib_doubts(a).late, 2); /* of the whole run */
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
	end_at(3000);
	attrib_settle(a, 10, NULL, NULL);
	check_transition(TRANSITION_REPLACE, 3, 1, 0, 0, 2);
}

/*
 * The last touch came after the end of the stretch: with a fault before it nothing is known; with
 * none the mapping has lived through the window, and with another window it may have been zapped.
 * The last touch of page 9 was in its fault when the stretch ended; page 10 was kept, and another
 * window came after the end.
 */
static void test_touched_after_the_end(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	window(1000, 1010, 1100, 5, 7);
	touches[5] = touches[6] = touches[7] = 3500;
	touches[9] = touches[10] = touches[11] = 2990;
	end_at(3000);
	fault(2995, 3010, 9, OUTCOME_FIXED);
	fault(2995, 3020, 11, OUTCOME_FIXED);
	fault(3100, 3110, 6, OUTCOME_FIXED);
	window(3200, 3210, 3300, 7, 1);
	window(3400, 3410, 3500, 10, 2);
	reach(UINT64_MAX);
	attrib_settle(a, 10, made_touch, NULL);
	check_transition(TRANSITION_REPLACE, 7, 0, 2, 1, 4);
}

static void window_of_kind(enum probe_transition kind, uint64_t t0, uint32_t page, uint32_t pages)
{
	struct probe_event start = start_of(t0, t0 + 10, t0, page, pages);

	start.transition = kind;
	put(start);
	put(end_of(t0 + 50, t0));
}

/* What a split has zapped stays the split's when KSM merges it, until somebody has mapped it. */
static void test_split_then_merged(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	window_of_kind(TRANSITION_SPLIT, 1000, 4, 5);
	fault(1100, 1110, 6, OUTCOME_FIXED);
	for (uint32_t page = 4; page < 8; page++) {
		window_of_kind(TRANSITION_WRITE_PROTECT, 2000 + 200 * page, page, 1);
		window_of_kind(TRANSITION_REPLACE, 2100 + 200 * page, page, 1);
	}
	window_of_kind(TRANSITION_COPY, 4000, 7, 1); /* not by KSM */
	fault(5000, 5010, 4, OUTCOME_FIXED);
	fault(5100, 5110, 6, OUTCOME_FIXED);
	fault(5200, 5210, 7, OUTCOME_FIXED);
	end_stretch(9000, 10);
	check_transition(TRANSITION_SPLIT, 4, 2, 0, 2, 0);
	check_transition(TRANSITION_WRITE_PROTECT, 0, 0, 0, 0, 0);
	check_transition(TRANSITION_REPLACE, 1, 1, 0, 0, 0);
	check_transition(TRANSITION_COPY, 1, 1, 0, 0, 0);
}

/*
 * A fault that began before the split and ended after it has mapped the page, the guest touches it,
 * and KSM merges it: not a mapping that lived through the split's window.
 */
static void test_mapped_between_split_and_merge(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	window_of_kind(TRANSITION_SPLIT, 1000, 4, 2);
	fault(990, 1100, 4, OUTCOME_FIXED);
	window_of_kind(TRANSITION_WRITE_PROTECT, 2000, 4, 1);
	window_of_kind(TRANSITION_REPLACE, 2100, 4, 1);
	touches[4] = 1500;
	end_stretch(9000, 10);
	check_transition(TRANSITION_SPLIT, 2, 1, 0, 1, 0);
	check_transition(TRANSITION_REPLACE, 0, 0, 0, 0, 0);
}

/* Nobody faulted again: the fault that may have mapped the page before the zap did so after it. */
static void test_mapped_after_the_zap(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	for (uint32_t page = 5; page < 9; page++) {
		window(1000 * page, 1000 * page + 10, 1000 * page + 100, page, 1);
		fault(1000 * page - 10, 1000 * page + 200, page, OUTCOME_FIXED);
	}
	touches[5] = 5300;
	touches[6] = 6105; /* within the clock's error */
	touches[7] = 6900;
	end_stretch(9000, 10);
	check_transition(TRANSITION_REPLACE, 4, 1, 0, 0, 3);
}

/*
 * A huge mapping that was made while windows zapped some of its pages: each of those may have been
 * mapped before or after. Its own fault decides, or a touch without one.
 */
static void test_huge_mapping_across_zaps(void **state)
{
	struct probe_event e = fault_of(0, 1200, 1500, 600, OUTCOME_FIXED);

	(void)state;
	memset(touches, 0, sizeof(touches));
	window(1000, 1010, 1100, 700, 1); /* before the fault: mapped by it */
	window(1300, 1310, 1400, 701, 4); /* meanwhile */
	e.length = MAP_2M;
	put(e);
	fault(1600, 1610, 701, OUTCOME_FIXED); /* it was zapped last */
	touches[702] = 2000;		       /* it was mapped last */
	touches[703] = 1405;		       /* within the clock's error of the window's end */
	end_stretch(3000, 10);
	check_transition(TRANSITION_REPLACE, 5, 1, 0, 0, 2);
	assert_int_equal(attrib_figures(a)->transition[TRANSITION_REPLACE].neighbours, 2);
	assert_int_equal(attrib_figures(a)->by_class[CLASS_REFAULT], 1);
}

/* The fault was sent back while the page came from swap; then KVM maps it without another one. */
static void test_prefetched(void **state)
{
	struct probe_event e;

	(void)state;
	memset(touches, 0, sizeof(touches));
	window(1000, 1010, 1100, 5, 2);
	fault(1200, 1210, 5, OUTCOME_RETRY);
	e = fault_of(0, 1500, 1510, 5, OUTCOME_FIXED);
	e.type = PROBE_PREFETCH;
	put(e);
	e = fault_of(0, 1520, 1530, 6, OUTCOME_RETRY); /* mapped nothing */
	e.type = PROBE_PREFETCH;
	put(e);
	touches[5] = touches[6] = 2000;
	end_stretch(3000, 10);
	check_transition(TRANSITION_REPLACE, 2, 1, 1, 0, 0);
	assert_int_equal(attrib_figures(a)->faults, 1);
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
	bad.ram[1] = (struct guest_ram){0, ~4095ull, 8192};
	assert_int_equal(refused(bad), -EINVAL);
	bad = good;
	bad.ram[0].bytes = 1ull << 44;
	assert_int_equal(refused(bad), -EINVAL);
	bad = good;
	bad.vcpus = 0;
	assert_int_equal(refused(bad), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		made(test_start_comes_after_the_fault),
		made(test_start_comes_later_and_weighs_more),
		made(test_late),
		made(test_huge_mapping),
		made(test_strange_mappings),
		made(test_change_pte),
		made(test_touched_after_the_end),
		made(test_split_then_merged),
		made(test_mapped_between_split_and_merge),
		made(test_ratio),
		made(test_touch_at_the_edge),
		made(test_error_beyond_all_bounds),
		made(test_nobody_knows_touches),
		made(test_mapped_after_the_zap),
		made(test_huge_mapping_across_zaps),
		made(test_prefetched),
		made(test_open_at_the_end),
		made(test_end_of_the_right_window),
		cmocka_unit_test(test_refuses_bad_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
