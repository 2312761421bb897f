// SPDX-License-Identifier: GPL-2.0-only
/* guest.c - what the agent keeps of the guest's frames, and that it believes none of them blindly.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vm/guest.h"

static void give(struct guest *g, uint16_t type, const void *payload, uint32_t length)
{
	struct proto_header h = {.type = type, .length = length};

	guest_frame(g, &h, payload);
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
	struct proto_hello hello = {.tsc_hz = 2999500000, .vcpus = 1};
	struct stats_frame f = {.s = {.tsc = 1000, .mono_ns = 500}};

	(void)state;
	assert_int_equal(guest_init(&g, 2), 0);
	give(&g, PROTO_HELLO, &hello, sizeof(hello));
	assert_int_equal(guest_tsc_hz(&g), 2999500000);
	give(&g, PROTO_STATS, &f, sizeof(f.s));
	f.s.tsc += 3000000000;
	f.s.mono_ns += 1000000000;
	give(&g, PROTO_STATS, &f, sizeof(f.s));
	assert_int_equal(guest_tsc_hz(&g), 3000000000);
	assert_int_equal(guest_tsc_ns(&g, 3000), 1000);
	f.s.tsc +=
		3000000000; /* of which the VM was stopped for 0.1 %, which its clock leaves out */
	f.s.mono_ns += 998000000;
	give(&g, PROTO_STATS, &f, sizeof(f.s));
	assert_int_equal(guest_tsc_hz(&g), 2999500000);
	g.clock_hz = 1500000000; /* the host's clock knows better */
	assert_int_equal(guest_tsc_hz(&g), 1500000000);
	assert_int_equal(guest_tsc_ns(&g, 3000), 2000);
	guest_free(&g);
}

/* Escape sequences of a guest's reach no terminal. */
static void last_words_are_plain(void **state)
{
	struct guest g;

	(void)state;
	assert_int_equal(guest_init(&g, 1), 0);
	give(&g, PROTO_ERROR, "\033[2J\x9bno\tmemory\177\r\n", 16);
	assert_string_equal(g.error, "?[2J?no\tmemory??");
	guest_free(&g);
}

struct corrupt_frame {
	struct proto_batch b;
	struct proto_corrupt c[3];
};

/*
 * Records and counts tell of the same words. Whatever comes of them counts, though the STATS or the
 * end of the epoch that should have followed be damaged, and a later START empty the counters.
 */
static void corrupted_words_count_when_they_come(void **state)
{
	struct corrupt_frame f = {.b = {.epoch = 1}};
	struct stats_frame s = {.s = {.epoch = 1, .vcpus = 2}, .v = {{.errors = 1}, {.errors = 4}}};
	struct proto_epoch_end end = {.epoch = 2, .sweep_errors = 2};
	struct guest g;

	(void)state;
	assert_int_equal(guest_init(&g, 2), 0);
	guest_new_epoch(&g, 1);
	give(&g, PROTO_CORRUPT, &f, sizeof(f));
	assert_int_equal(guest_corrupted(&g), 3);
	guest_new_epoch(&g, 2);
	assert_int_equal(guest_corrupted(&g), 3);
	give(&g, PROTO_STATS, &s, sizeof(s)); /* of the epoch before, but of this phase */
	assert_int_equal(guest_corrupted(&g), 5);
	give(&g, PROTO_CORRUPT, &f, sizeof(f) - sizeof(f.c[0])); /* told of in the counts already */
	assert_int_equal(guest_corrupted(&g), 5);
	give(&g, PROTO_CORRUPT, &f, sizeof(f) - sizeof(f.c[0]));
	assert_int_equal(guest_corrupted(&g), 7);
	guest_new_phase(&g);
	assert_int_equal(guest_corrupted(&g), 0);
	s.s.epoch = 0; /* at rest the counters still stand */
	give(&g, PROTO_STATS, &s, sizeof(s));
	assert_int_equal(guest_corrupted(&g), 0);
	s.s.epoch = 2;
	give(&g, PROTO_STATS, &s, sizeof(s));
	assert_int_equal(guest_corrupted(&g), 0);
	give(&g, PROTO_CORRUPT, &f, sizeof(f.b) + sizeof(f.c[0])); /* late, but found */
	assert_int_equal(guest_corrupted(&g), 1);
	guest_new_phase(&g);
	guest_new_epoch(&g, 3);
	s.s.epoch = end.epoch = 3;
	give(&g, PROTO_STATS, &s, sizeof(s));
	give(&g, PROTO_EPOCH_END, &end, sizeof(end));
	assert_int_equal(guest_corrupted(&g), 7);
	guest_free(&g);
}

struct stalls_frame {
	struct proto_batch b;
	struct proto_stall s[3];
};

/* A guest with ten pages, in epoch 4. */
static void begin_stalls(struct guest *g)
{
	struct proto_run run = {.gpa = 4096, .pages = 10};

	assert_int_equal(guest_init(g, 2), 0);
	g->ordered = 10;
	give(g, PROTO_MAP, &run, sizeof(run));
	guest_new_epoch(g, 4);
}

static void stalls_wait_to_be_taken(void **state)
{
	struct stalls_frame f = {.b = {.epoch = 4}};
	const struct proto_stall *s;
	struct guest g;
	size_t n;

	(void)state;
	begin_stalls(&g);
	for (uint32_t i = 0; i < 3; i++)
		f.s[i] = (struct proto_stall){.length_tsc = 10 + i, .page = i, .vcpu = i % 2};
	f.s[1].flags = PROTO_STALL_WRITE | PROTO_STALL_BUSY;
	give(&g, PROTO_STALLS, &f, sizeof(f));
	s = guest_stalls(&g, &n);
	assert_int_equal(n, 3);
	assert_memory_equal(s, f.s, sizeof(f.s));
	guest_stalls_taken(&g);
	guest_stalls(&g, &n);
	assert_int_equal(n, 0);
	give(&g, PROTO_STALLS, &f, sizeof(f));
	f.b.epoch = 3; /* late */
	give(&g, PROTO_STALLS, &f, sizeof(f));
	guest_stalls(&g, &n);
	assert_int_equal(n, 3);
	assert_int_equal(g.stall_records, 6);
	guest_new_epoch(&g, 5);
	guest_stalls(&g, &n);
	assert_int_equal(n, 0);
	assert_int_equal(g.foreign, 0);
	guest_free(&g);
}

/* Nobody takes them: room is bounded, what finds none is counted. */
static void stalls_untaken_are_counted(void **state)
{
	struct stalls_frame f = {.b = {.epoch = 4}};
	struct guest g;
	size_t n;

	(void)state;
	begin_stalls(&g);
	for (uint32_t i = 0; i < GUEST_STALLS / 3 + 10; i++)
		give(&g, PROTO_STALLS, &f, sizeof(f));
	guest_stalls(&g, &n);
	assert_int_equal(n, GUEST_STALLS);
	assert_int_equal(n + g.stalls_untaken, g.stall_records);
	assert_int_equal(g.stall_records, 3 * (GUEST_STALLS / 3 + 10));
	guest_new_epoch(&g, 5);
	assert_int_equal(g.stalls_untaken, 0);
	guest_free(&g);
}

static void stalls_of_nobody_are_refused(void **state)
{
	struct stalls_frame f = {.b = {.epoch = 4}};
	struct guest g;

	(void)state;
	begin_stalls(&g);
	f.s[0].page = 10;
	give(&g, PROTO_STALLS, &f, sizeof(f));
	f.s[0].page = 9;
	f.s[0].vcpu = 2;
	give(&g, PROTO_STALLS, &f, sizeof(f));
	f.s[0].vcpu = 0;
	f.s[0].flags = 4;
	give(&g, PROTO_STALLS, &f, sizeof(f));
	give(&g, PROTO_STALLS, &f, sizeof(f) - 1);
	assert_int_equal(g.foreign, 4);
	assert_int_equal(g.stall_records, 0);
	guest_free(&g);
}

static void the_latest_pong_is_kept(void **state)
{
	struct proto_ping ping = {.cookie = 8, .tsc = 12345};
	uint64_t before = mono_ns();
	struct guest g;

	(void)state;
	assert_int_equal(guest_init(&g, 1), 0);
	assert_int_equal(g.pong.cookie, 0);
	give(&g, PROTO_PONG, &ping, sizeof(ping));
	assert_int_equal(g.pong.cookie, 8);
	assert_int_equal(g.pong.tsc, 12345);
	assert_in_range(g.pong.ns, before, mono_ns());
	ping.cookie = 9;
	give(&g, PROTO_PONG, &ping, sizeof(ping) - 1);
	give(&g, PROTO_PONG, &ping, sizeof(ping) + 1);
	assert_int_equal(g.foreign, 2);
	assert_int_equal(g.pong.cookie, 8);
	guest_free(&g);
}

static void the_latest_fill_is_kept(void **state)
{
	struct proto_fill fill = {.epoch = 4, .step = 2};
	struct guest g;

	(void)state;
	assert_int_equal(guest_init(&g, 1), 0);
	guest_new_epoch(&g, 4);
	assert_int_equal(g.filled, 0);
	give(&g, PROTO_FILLED, &fill, sizeof(fill));
	assert_int_equal(g.filled, 3);
	fill.step = PATTERN_STEPS;
	give(&g, PROTO_FILLED, &fill, sizeof(fill));
	give(&g, PROTO_FILLED, &fill, sizeof(fill) - 1);
	assert_int_equal(g.foreign, 2);
	fill = (struct proto_fill){.epoch = 3, .step = 0}; /* late */
	give(&g, PROTO_FILLED, &fill, sizeof(fill));
	assert_int_equal(g.foreign, 2);
	assert_int_equal(g.filled, 3);
	guest_new_epoch(&g, 5);
	assert_int_equal(g.filled, 0);
	guest_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stats_of_another_epoch_are_left_out),
		cmocka_unit_test(wrong_sizes_and_numbers_are_refused),
		cmocka_unit_test(last_words_are_plain),
		cmocka_unit_test(corrupted_words_count_when_they_come),
		cmocka_unit_test(clock_uses_the_longest_baseline),
		cmocka_unit_test(stalls_wait_to_be_taken),
		cmocka_unit_test(stalls_untaken_are_counted),
		cmocka_unit_test(stalls_of_nobody_are_refused),
		cmocka_unit_test(the_latest_pong_is_kept),
		cmocka_unit_test(the_latest_fill_is_kept),
	};

	return cmocka_run_group_tests_name("guest", tests, NULL, NULL);
}
