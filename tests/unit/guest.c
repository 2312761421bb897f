// SPDX-License-Identifier: GPL-2.0-only
/* guest.c - what the agent keeps of the guest's frames, and that it believes none of them blindly.
 */
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest.h"

static void give(struct guest *g, uint16_t type, const void *payload, uint32_t length)
{
	struct proto_header h = {.type = type, .length = length};

	guest_frame(g, &h, payload);
}

/* The worst map: no two pages together. 32 bytes a page is the promise (README), growth included.
 */
static void map_is_small(void **state)
{
	enum { PAGES = 1 << 20 };
	struct guest g;
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd, used;

	(void)state;
	assert_int_equal(guest_init(&g, 1), 0);
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	for (uint32_t i = 0; i < PAGES; i++) {
		struct proto_run run = {.gpa = 8192ull * i, .page = i, .pages = 1};

		give(&g, PROTO_MAP, &run, sizeof(run));
	}
	used = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	assert_int_equal(g.mapped_pages, PAGES);
	assert_in_range(used, 1, 32u * PAGES);
	guest_trim(&g);
	used = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	assert_in_range(used, 1, 25u * PAGES);
	assert_int_equal(g.foreign, 0);
	guest_free(&g);
}

static void map_must_be_in_order(void **state)
{
	struct guest g;
	struct proto_run first = {.gpa = 4096, .page = 0, .pages = 2};
	struct proto_run gap = {.gpa = 65536, .page = 3, .pages = 1};
	struct proto_run odd = {.gpa = 65537, .page = 2, .pages = 1};

	(void)state;
	assert_int_equal(guest_init(&g, 1), 0);
	give(&g, PROTO_MAP, &first, sizeof(first));
	give(&g, PROTO_MAP, &gap, sizeof(gap));
	give(&g, PROTO_MAP, &odd, sizeof(odd));
	give(&g, PROTO_MAP, &first, sizeof(first) - 1);
	assert_int_equal(g.mapped_pages, 2);
	assert_int_equal(g.foreign, 3);
	guest_free(&g);
}

struct stats_frame {
	struct proto_stats s;
	struct proto_vcpu_stats v[2];
};

static void stats_of_another_epoch_are_left_out(void **state)
{
	struct guest g;
	struct stats_frame f = {.s = {.epoch = 7, .vcpus = 2},
				.v = {{.touches = 5}, {.touches = 6}}};

	(void)state;
	assert_int_equal(guest_init(&g, 2), 0);
	guest_new_epoch(&g, 8);
	give(&g, PROTO_STATS, &f, sizeof(f));
	assert_int_equal(guest_totals(&g).touches, 0);
	f.s.epoch = 8;
	give(&g, PROTO_STATS, &f, sizeof(f));
	assert_int_equal(guest_totals(&g).touches, 11);
	guest_new_epoch(&g, 9);
	assert_int_equal(guest_totals(&g).touches, 0);
	guest_free(&g);
}

static void wrong_sizes_and_numbers_are_refused(void **state)
{
	struct guest g;
	struct stats_frame f = {.s = {.epoch = 1, .vcpus = 3}};
	struct {
		struct proto_hist h;
		struct proto_bucket b;
	} hist = {.h = {.epoch = 1, .vcpu = 0}, .b = {.count = 1, .index = HIST_BUCKETS}};

	(void)state;
	assert_int_equal(guest_init(&g, 2), 0);
	guest_new_epoch(&g, 1);
	give(&g, PROTO_STATS, &f, sizeof(f)); /* more vCPUs than there are */
	give(&g, PROTO_STATS, &f, 8);
	give(&g, PROTO_HIST, &hist, sizeof(hist)); /* no such bucket */
	hist.b.index = 3;
	hist.h.vcpu = 2;
	give(&g, PROTO_HIST, &hist, sizeof(hist)); /* no such vCPU */
	give(&g, 99, NULL, 0);
	give(&g, PROTO_EPOCH_END, &hist, 3);
	assert_int_equal(g.foreign, 6);
	hist.h.vcpu = 1;
	give(&g, PROTO_HIST, &hist, sizeof(hist));
	assert_int_equal(g.hist[1].count[3], 1);
	assert_int_equal(g.foreign, 6);
	guest_free(&g);
}

/* The frequency comes from the longest baseline: first and last STATS. */
static void clock_uses_the_longest_baseline(void **state)
{
	struct guest g;
	struct proto_hello hello = {.tsc_hz = 2000000000, .vcpus = 1};
	struct stats_frame f = {.s = {.tsc = 1000, .mono_ns = 500}};

	(void)state;
	assert_int_equal(guest_init(&g, 2), 0);
	give(&g, PROTO_HELLO, &hello, sizeof(hello));
	assert_int_equal(guest_tsc_hz(&g), 2000000000);
	give(&g, PROTO_STATS, &f, sizeof(f.s));
	f.s.tsc += 3000000000;
	f.s.mono_ns += 1000000000;
	give(&g, PROTO_STATS, &f, sizeof(f.s));
	assert_int_equal(guest_tsc_hz(&g), 3000000000);
	assert_int_equal(guest_tsc_ns(&g, 3000), 1000);
	guest_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_is_small),
		cmocka_unit_test(map_must_be_in_order),
		cmocka_unit_test(stats_of_another_epoch_are_left_out),
		cmocka_unit_test(wrong_sizes_and_numbers_are_refused),
		cmocka_unit_test(clock_uses_the_longest_baseline),
	};

	return cmocka_run_group_tests_name("guest", tests, NULL, NULL);
}
