/* SPDX-License-Identifier: GPL-2.0-only */
/* attrib_stretch.c - what counts for a stretch and what does not; what KVM zaps by itself. */
#include "attrib_made.h"

static void test_stretches(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	window(1000, 1010, 1100, 5, 1);
	fault(1200, 1210, 9, OUTCOME_FIXED);
	put(start_of(1900, 1950, 1, 6, 1));
	end_stretch(1999, 0);
	begin_at(2000);
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
	begin_at(2000);
	fault(2990, 3000, 7, OUTCOME_FIXED);
	fault(2990, 3001, 8, OUTCOME_FIXED);
	end_at(3000);
	attrib_settle(a, 0, NULL, NULL);
	check_classes(0, 0, 0, 0, 2);
}

/* Outside of a stretch pages are followed, nothing is counted. */
static void test_between_stretches(void **state)
{
	(void)state;
	memset(touches, 0, sizeof(touches));
	window(1000, 1010, 1100, 5, 2);
	end_at(1500);
	attrib_settle(a, 0, made_touch, NULL);
	check_transition(TRANSITION_REPLACE, 2, 0, 0, 2, 0);
	fault(1600, 1610, 5, OUTCOME_FIXED);
	window(1700, 1710, 1800, 8, 1);
	put(end_of(1810, 99));
	check_classes(0, 0, 0, 0, 0);
	check_transition(TRANSITION_REPLACE, 2, 0, 0, 2, 0);
	assert_int_equal(sums()->windows, 1);
	assert_int_equal(attrib_doubts(a).unpaired, 1); /* of the whole run */
	begin_at(2000);
	fault(2100, 2110, 5, OUTCOME_FIXED); /* mapped meanwhile */
	fault(2200, 2210, 8, OUTCOME_FIXED); /* zapped meanwhile */
	check_classes(0, 0, 0, 1, 1);
}

/* A window that turns up late does not reach into a stretch that is over. */
static void test_late_start_over_a_boundary(void **state)
{
	(void)state;
	fault(1500, 1510, 5, OUTCOME_RETRY);
	end_at(1999);
	attrib_settle(a, 0, NULL, NULL);
	put(start_of(1400, 2100, 2, 5, 1));
	check_classes(0, 0, 0, 0, 1);
	begin_at(3000);
	fault(3100, 3110, 6, OUTCOME_RETRY);
	put(start_of(1000, 3200, 1, 5, 1));
	check_classes(0, 0, 1, 0, 0);
}

static void test_before_the_first_stretch(void **state)
{
	(void)state;
	made_close(NULL);
	assert_int_equal(open_with(1), 0);
	window(1000, 1010, 1100, 5, 1);
	fault(1200, 1210, 6, OUTCOME_FIXED);
	check_classes(0, 0, 0, 0, 0);
	begin_at(2000);
	fault(2100, 2110, 5, OUTCOME_FIXED);
	check_classes(0, 0, 0, 1, 0);
	assert_int_equal(sums()->transition[TRANSITION_REPLACE].refaults, 0);
}

/* KVM zaps all by itself: the first fault on each page is that zap's, unless a window comes
 * between. */
static void test_own_zaps(void **state)
{
	const struct probe_event own = {.type = PROBE_OWN,
					.begin_ns = 1000,
					.ns = 1000,
					.length = PROBE_ALL,
					.reason = OWN_MEMSLOT};

	(void)state;
	memset(touches, 0, sizeof(touches));
	fault(900, 910, 7, OUTCOME_FIXED);
	put(own);
	fault(1100, 1110, 7, OUTCOME_FIXED);
	fault(1200, 1210, 7, OUTCOME_FIXED); /* mapped already */
	fault(1220, 1230, 8, OUTCOME_RETRY); /* maps nothing */
	window(1300, 1310, 1400, 9, 1);
	fault(1500, 1510, 9, OUTCOME_FIXED); /* the window's */
	reach(2000);
	assert_int_equal(sums()->own_refaults[OWN_MEMSLOT], 1);
	assert_int_equal(sums()->by_class[CLASS_REFAULT], 1);
	/* A window that began before the fault is heard of after it: no longer the zap's. */
	fault(2200, 2210, 8, OUTCOME_FIXED);
	reach(2210);
	assert_int_equal(sums()->own_refaults[OWN_MEMSLOT], 2);
	put(start_of(2190, 2220, 5, 8, 1));
	put(end_of(2300, 5));
	reach(2400);
	assert_int_equal(sums()->own_refaults[OWN_MEMSLOT], 1);
}

/* KVM zaps one page table of its own: what that mapped is KVM's own, what lies beside it is not. */
static void test_own_zap_of_a_range(void **state)
{
	struct probe_event own = {.type = PROBE_OWN,
				  .begin_ns = 1000,
				  .ns = 1000,
				  .address = gpa_of(512),
				  .length = MAP_2M,
				  .reason = OWN_NX_RECOVERY};

	(void)state;
	window(900, 910, 920, 600, 1);
	put(own);
	fault(1100, 1110, 511, OUTCOME_FIXED);
	fault(1120, 1130, 512, OUTCOME_FIXED);
	fault(1140, 1150, 600, OUTCOME_FIXED); /* the window's */
	fault(1160, 1170, 1023, OUTCOME_FIXED);
	fault(1180, 1190, 1024, OUTCOME_FIXED); /* the second piece of RAM */
	reach(2000);
	assert_int_equal(sums()->own_refaults[OWN_NX_RECOVERY], 2);
	assert_int_equal(sums()->by_class[CLASS_REFAULT], 1);
	assert_int_equal(sums()->by_class[CLASS_OTHER], 4);
	/* and there: from its first page on, past its end */
	own.begin_ns = own.ns = 2000;
	own.address = HIGH_GPA - MAP_2M / 2;
	put(own);
	fault(2100, 2110, 1023, OUTCOME_FIXED);
	fault(2120, 2130, 1024, OUTCOME_FIXED);
	fault(2140, 2150, 1279, OUTCOME_FIXED);
	fault(2160, 2170, 1280, OUTCOME_FIXED);
	own.begin_ns = own.ns = 2200;
	own.address = HIGH_GPA + MAP_2M;
	own.length = MAP_2M * 512;
	put(own);
	fault(2300, 2310, 1535, OUTCOME_FIXED);
	fault(2320, 2330, 1536, OUTCOME_FIXED); /* is none */
	reach(3000);
	assert_int_equal(sums()->own_refaults[OWN_NX_RECOVERY], 4);
}

/* Each refault is of the kind that zapped its page last; a zap of nobody knows what is of no page.
 */
static void test_own_zaps_by_kind(void **state)
{
	struct probe_event own = {.type = PROBE_OWN,
				  .begin_ns = 1000,
				  .ns = 1000,
				  .length = PROBE_ALL,
				  .reason = OWN_ROOT};

	(void)state;
	put(own);
	own.begin_ns = own.ns = 1010;
	own.length = MAP_2M;
	own.reason = OWN_NX_RECOVERY;
	put(own);
	fault(1100, 1110, 511, OUTCOME_FIXED);
	fault(1120, 1130, 512, OUTCOME_FIXED);
	fault(1140, 1150, 1024, OUTCOME_FIXED);
	own.begin_ns = own.ns = 1200;
	own.length = 0;
	put(own);
	fault(1300, 1310, 511, OUTCOME_FIXED);
	reach(2000);
	assert_int_equal(sums()->own_refaults[OWN_NX_RECOVERY], 1);
	assert_int_equal(sums()->own_refaults[OWN_ROOT], 2);
	assert_int_equal(sums()->own_refaults[OWN_MEMSLOT], 0);
	assert_int_equal(sums()->by_class[CLASS_OTHER], 4);
	assert_int_equal(attrib_doubts(a).own_unknown[OWN_NX_RECOVERY], 1);
	assert_int_equal(attrib_doubts(a).own_unknown[OWN_ROOT], 0);
}

static void put_flagged(uint64_t begin, uint32_t page, unsigned int flags)
{
	struct probe_event e = fault_of(0, begin, begin + 10, page, OUTCOME_FIXED);

	e.flags = (uint8_t)flags;
	put(e);
}

/* What KVM had taken itself and gives back is nobody's else, also where a window came before it. */
static void test_given_back(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 2);
	fault(1200, 1210, 5, OUTCOME_FIXED);
	fault(1220, 1230, 6, OUTCOME_FIXED);
	put_flagged(1300, 5, PROBE_WRITE | PROBE_PROTECTED);
	put_flagged(1320, 6, PROBE_WRITE); /* nobody's but the window's */
	put_flagged(1340, 7, PROBE_WRITE | PROBE_PROTECTED);
	put_flagged(1360, 8, PROBE_AGED);
	put_flagged(1380, 9, PROBE_WRITE);
	put_flagged(1400, 5, PROBE_WRITE); /* is mapped for writing by now */
	reach(2000);
	assert_int_equal(sums()->own_refaults[OWN_DIRTY_LOG], 2);
	assert_int_equal(sums()->own_refaults[OWN_AGE], 1);
	assert_int_equal(sums()->by_class[CLASS_REFAULT], 2);
	assert_int_equal(sums()->by_class[CLASS_UPGRADE], 1);
	assert_int_equal(sums()->by_class[CLASS_OTHER], 5); /* own ones with it */
	/* A window that was open meanwhile counts for more, heard of before or after. */
	put(start_of(2000, 2010, 9, 20, 1));
	put_flagged(2100, 20, PROBE_WRITE | PROBE_PROTECTED);
	put(end_of(2200, 9));
	put_flagged(3000, 22, PROBE_WRITE | PROBE_PROTECTED);
	reach(3015);
	put(start_of(2990, 3020, 10, 22, 1));
	put(end_of(3100, 10));
	reach(4000);
	assert_int_equal(sums()->own_refaults[OWN_DIRTY_LOG], 2);
	assert_int_equal(sums()->by_class[CLASS_INSIDE], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		made(test_stretches),
		made(test_edges_of_a_stretch),
		made(test_between_stretches),
		made(test_late_start_over_a_boundary),
		made(test_before_the_first_stretch),
		made(test_own_zaps),
		made(test_own_zap_of_a_range),
		made(test_own_zaps_by_kind),
		made(test_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
