// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_pages.c - what the agent keeps of the guest's pages: where they are and when they were
 * touched last. Nothing may be known of a page that the guest has not told whole.
 */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"
#include "vm/guest.h"

#define PAGE PROTO_PAGE_SIZE

static struct guest g;

static int set_up(void **state)
{
	int err = guest_init(&g, 1);

	(void)state;
	g.ordered = UINT32_MAX;
	return err;
}

static int tear_down(void **state)
{
	(void)state;
	guest_free(&g);
	return 0;
}

static void give(uint16_t type, const void *payload, uint32_t length)
{
	struct proto_header h = {.type = type, .length = length};

	guest_frame(&g, &h, payload);
}

static void give_run(uint64_t gpa, uint32_t page, uint32_t pages)
{
	struct proto_run run = {.gpa = gpa, .page = page, .pages = pages};

	give(PROTO_MAP, &run, sizeof(run));
}

/* A guest that tells of more pages than it was ordered to touch costs no memory for them. */
static void map_has_no_more_than_ordered(void **state)
{
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;

	(void)state;
	g.ordered = 0;
	give_run(65536, 0, 1); /* before there were orders */
	assert_int_equal(g.foreign, 1);
	g.ordered = 3;
	give_run(65536, 0, 4);
	give_run(65536, 0, 2);
	give_run(131072, 2, 1);
	assert_int_equal(g.foreign, 2);
	for (uint32_t i = 0; i < 100000; i++)
		give_run(1 << 20, 3 + i, 1);
	assert_int_equal(g.foreign, 100002);
	assert_int_equal(g.mapped_pages, 3);
	assert_in_range(mallinfo2().uordblks + mallinfo2().hblkhd - before, 0, 4096);
	assert_int_equal(guest_map_done(&g), 0);
}

/*
 * The worst map: no two pages together, and in the wrong order. 32 bytes a page is the promise
 * (README), at every moment; the last pages of what malloc() maps are on top.
 */
static void map_is_small(void **state)
{
	enum { PAGES = 1 << 20, ROUNDING = 16384 };
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd, used;

#ifdef SANITIZED
	skip(); /* a sanitizer's malloc() counts otherwise */
#endif
	(void)state;
	for (uint32_t i = 0; i < PAGES; i++)
		give_run(2ull * PAGE * (PAGES - i), i, 1);
	used = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	assert_int_equal(g.mapped_pages, PAGES);
	assert_in_range(used, 1, 32u * PAGES);
	assert_int_equal(guest_map_done(&g), 0);
	used = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	assert_in_range(used, 1, 32u * PAGES + ROUNDING);
	assert_int_equal(g.foreign, 0);
}

static void map_must_be_in_order(void **state)
{
	struct proto_run first = {.gpa = PAGE, .page = 0, .pages = 2};

	(void)state;
	give(PROTO_MAP, &first, sizeof(first));
	give_run(65536, 3, 1);		/* a page is missing */
	give_run(65537, 2, 1);		/* not the start of a page */
	give_run(65536, 2, 0);		/* empty */
	give_run(65536, 2, UINT32_MAX); /* more pages than can be numbered */
	give_run(1ull << 52, 2, 1);	/* no address of a machine */
	give(PROTO_MAP, &first, sizeof(first) - 1);
	assert_int_equal(g.mapped_pages, 2);
	assert_int_equal(g.foreign, 6);
}

static void expect_page(uint64_t gpa, uint32_t wanted)
{
	uint32_t page;

	assert_true(guest_page_of(&g, gpa, &page));
	assert_int_equal(page, wanted);
}

static void expect_no_page(uint64_t gpa)
{
	uint32_t page;

	assert_false(guest_page_of(&g, gpa, &page));
}

/* Pages 0-1 at 100, 2 at 7, 3-9 at 50, 10 at 57: in units of pages, the last two side by side. */
static void make_map(void)
{
	give_run(100 * PAGE, 0, 2);
	give_run(7 * PAGE, 2, 1);
	give_run(50 * PAGE, 3, 7);
	give_run(57 * PAGE, 10, 1);
	assert_int_equal(guest_map_done(&g), 0);
	assert_int_equal(g.foreign, 0);
}

static void pages_are_found_by_address(void **state)
{
	uint32_t found = 0, page;

	(void)state;
	expect_no_page(7 * PAGE); /* not before the map is done */
	make_map();
	for (uint64_t gpa = 0; gpa < 200 * PAGE; gpa += PAGE)
		found += guest_page_of(&g, gpa, &page);
	assert_int_equal(found, 11);
	expect_page(7 * PAGE, 2);
	expect_page(8 * PAGE - 1, 2);
	expect_no_page(7 * PAGE - 1);
	expect_no_page(8 * PAGE);
	for (uint32_t i = 0; i < 8; i++)
		expect_page((50 + i) * PAGE + 17, 3 + i);
	expect_page(101 * PAGE, 1);
	expect_no_page(102 * PAGE);
	expect_no_page(UINT64_MAX);
}

/* Others point into the map by then. */
static void map_is_closed(void **state)
{
	const struct guest_run *runs;

	(void)state;
	make_map();
	runs = g.runs;
	give_run(300 * PAGE, 11, 1);
	assert_int_equal(g.foreign, 1);
	assert_ptr_equal(g.runs, runs);
	assert_int_equal(g.mapped_pages, 11);
}

static void map_with_an_address_twice(void **state)
{
	struct capture c;

	(void)state;
	give_run(100 * PAGE, 0, 10);
	give_run(50 * PAGE, 10, 51);
	capture_begin(&c, 2);
	assert_int_equal(guest_map_done(&g), -EPROTO);
	assert_non_null(strstr(capture_end(&c), "0x64000 twice"));
}

static void empty_map(void **state)
{
	struct capture c;

	(void)state;
	capture_begin(&c, 2);
	assert_int_equal(guest_map_done(&g), -EPROTO);
	assert_non_null(strstr(capture_end(&c), "empty"));
}

#define START 1000000ull

/* One TOUCHED frame for @pages pages from @first on; page p was touched in step p. */
static void give_touched(uint32_t epoch, uint64_t start, uint32_t first, uint32_t pages)
{
	struct {
		struct proto_touched head;
		uint32_t last[16];
	} f = {.head = {.start_tsc = start, .epoch = epoch, .first_page = first}};

	for (uint32_t i = 0; i < pages; i++)
		f.last[i] = first + i;
	give(PROTO_TOUCHED, &f, sizeof(f.head) + pages * sizeof(f.last[0]));
}

static void give_end(uint32_t epoch)
{
	struct proto_epoch_end end = {.epoch = epoch};

	give(PROTO_EPOCH_END, &end, sizeof(end));
}

static void last_touches_are_kept(void **state)
{
	(void)state;
	make_map();
	guest_new_epoch(&g, 5);
	give_touched(5, START, 0, 7);
	assert_false(guest_touched_complete(&g));
	give_touched(5, START, 7, 4);
	assert_false(guest_touched_complete(&g)); /* not before the end */
	give_end(5);
	assert_true(guest_touched_complete(&g));
	assert_int_equal(guest_last_touch_tsc(&g, 0), 0);
	/* the last tick of the step: never before the touch */
	for (uint64_t page = 1; page < 11; page++)
		assert_int_equal(guest_last_touch_tsc(&g, page), START + 1024 * page - 1);
	assert_int_equal(guest_last_touch_tsc(&g, 11), 0);
	assert_int_equal(g.foreign, 0);
	guest_new_epoch(&g, 6);
	assert_false(guest_touched_complete(&g));
	assert_int_equal(guest_last_touch_tsc(&g, 3), 0);
	give_end(6); /* not asked for, or all lost */
	assert_false(guest_touched_complete(&g));
}

static void a_lost_frame_is_noticed(void **state)
{
	(void)state;
	make_map();
	guest_new_epoch(&g, 5);
	give_touched(5, START, 0, 4);
	give_touched(5, START, 8, 3);
	give_touched(5, START, 4, 4); /* late: no longer taken */
	assert_int_equal(g.foreign, 1);
	give_end(5);
	assert_false(guest_touched_complete(&g));
}

static void bad_touches_are_refused(void **state)
{
	(void)state;
	give_touched(0, START, 0, 4); /* there is no map yet */
	assert_int_equal(g.foreign, 1);
	g.foreign = 0;
	make_map();
	guest_new_epoch(&g, 5);
	give_touched(5, START, 0, 0);
	give_touched(5, START, 11, 1);
	give_touched(5, START, 4, 8);
	give_touched(5, START, UINT32_MAX, 2);
	give(PROTO_TOUCHED, "short", 5);
	assert_int_equal(g.foreign, 5);
	give_touched(4, START, 0, 11); /* of the epoch before: late, not wrong */
	assert_int_equal(g.foreign, 5);
	assert_int_equal(g.touched.came, 0);
	give_touched(5, START, 0, 8);
	give_touched(5, START + 1, 8, 3); /* another start */
	give_touched(5, START, 0, 8);	  /* again */
	assert_int_equal(g.foreign, 7);
	give_touched(5, START, 8, 3);
	give_end(5);
	assert_true(guest_touched_complete(&g));
	give_touched(5, START, 11, 0);
	give_touched(5, START, 10, 1); /* after the end */
	assert_int_equal(g.foreign, 9);
}

static void a_guest_that_cannot_tell(void **state)
{
	struct {
		struct proto_touched head;
		uint32_t last[11];
	} f = {.head = {.start_tsc = START, .epoch = 5}, .last = {1, 2, [7] = UINT32_MAX}};

	(void)state;
	make_map();
	guest_new_epoch(&g, 5);
	give(PROTO_TOUCHED, &f, sizeof(f.head) + sizeof(f.last));
	give_end(5);
	assert_int_equal(g.foreign, 0);
	assert_false(guest_touched_complete(&g));
}

#define pages_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		pages_test(map_has_no_more_than_ordered),
		pages_test(map_is_small),
		pages_test(map_must_be_in_order),
		pages_test(pages_are_found_by_address),
		pages_test(map_is_closed),
		pages_test(map_with_an_address_twice),
		pages_test(empty_map),
		pages_test(last_touches_are_kept),
		pages_test(a_lost_frame_is_noticed),
		pages_test(bad_touches_are_refused),
		pages_test(a_guest_that_cannot_tell),
	};

	return cmocka_run_group_tests_name("guest_pages", tests, NULL, NULL);
}
