/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rings.c - several CPUs' rings, read while they are written, come out in one order.
 *
 * A made-up writer does what kern.bpf.h does, step by step: takes a number, reads the clock,
 * publishes; anything can happen between the steps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/rings.h"

#define RINGS 4
#define SLOTS 1024
#define EARLY (100 * NSEC_PER_MSEC) /* so that no time is below 0 */

static char *memory;
static struct rings *rings;
static struct probe_event got[100000];
static size_t ngot;

static int made_rings(void **state)
{
	(void)state;
	memory = calloc(RINGS, rings_bytes(SLOTS));
	ngot = 0;
	return memory ? rings_open(&rings, memory, RINGS, SLOTS) : -1;
}

static int free_rings(void **state)
{
	(void)state;
	rings_close(rings);
	free(memory);
	return 0;
}

static struct probe_bpf_ring *ring_at(unsigned int i)
{
	return (void *)(memory + i * rings_bytes(SLOTS));
}

static uint64_t take_number(unsigned int ring)
{
	uint64_t n = ring_at(ring)->head++;

	ring_at(ring)->slot[n & (SLOTS - 1)].seq = 0;
	return n;
}

static void publish(unsigned int ring, uint64_t number, uint64_t ns, uint64_t id)
{
	struct probe_bpf_slot *slot = &ring_at(ring)->slot[number & (SLOTS - 1)];

	slot->event = (struct probe_event){
		.type = PROBE_END, .ns = ns, .begin_ns = ns, .id = id, .cpu = ring};
	slot->seq = number + 1;
}

static void send(unsigned int ring, uint64_t ns, uint64_t id)
{
	publish(ring, take_number(ring), ns, id);
}

static void take(void *arg, const struct probe_event *e)
{
	(void)arg;
	assert_true(ngot < ARRAY_SIZE(got));
	got[ngot++] = *e;
}

/* Reads at @now, hands out what there is up to @until; answers what is complete. */
static uint64_t drain_until(uint64_t now, uint64_t until)
{
	assert_int_equal(rings_read(rings, now), 0);
	return rings_hand_out(rings, until, take, NULL);
}

static uint64_t drain(uint64_t now)
{
	return drain_until(now, UINT64_MAX);
}

static void check_ids(const char *ids)
{
	assert_int_equal(ngot, strlen(ids));
	for (size_t i = 0; i < ngot; i++)
		assert_int_equal(got[i].id, ids[i]);
	ngot = 0;
}

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(drain(EARLY), EARLY - RINGS_CLOCK_NS);
	check_ids("");
	assert_int_equal(drain_until(EARLY, 5), 5);
	assert_int_equal(rings_lost(rings), 0);
}

/* Each ring in turn would be "adbec". */
static void test_merged_by_time(void **state)
{
	(void)state;
	send(0, 1000, 'a');
	send(0, 4000, 'd');
	send(1, 2000, 'b');
	send(1, 5000, 'e');
	send(3, 3000, 'c');
	drain(EARLY);
	check_ids("abcde");
}

/* The same ns: a window's beginning, its end, a fault; then by ring; within a ring as they came. */
static void test_ties(void **state)
{
	(void)state;
	send(2, 1000, 'b');
	send(1, 1000, 'a');
	send(2, 1000, 'c');
	send(3, 1000, 'd');
	ring_at(3)->slot[0].event.type = PROBE_FAULT;
	send(3, 1000, 'e'); /* an end, but behind its ring's fault */
	send(0, 2000, 'g');
	send(1, 2000, 'f');
	ring_at(1)->slot[1].event.type = PROBE_START;
	drain(EARLY);
	check_ids("abcdefg");
}

/* Nothing is handed out before what other rings may still say about that time. */
static void test_not_before_it_is_complete(void **state)
{
	(void)state;
	send(0, EARLY - RINGS_CLOCK_NS, 'a');
	send(0, EARLY - RINGS_CLOCK_NS + 1, 'c');
	drain(EARLY);
	check_ids("a");
	send(1, EARLY - RINGS_CLOCK_NS + 1, 'd'); /* by a clock that is a little behind */
	send(1, EARLY + 1, 'e');
	drain(2 * EARLY);
	check_ids("cde");
}

/* A number that is taken, its event not there yet: all rings wait for it, from the time on at which
 * it was not taken yet. */
static void test_late_publication(void **state)
{
	uint64_t number;

	(void)state;
	drain(EARLY);
	send(1, EARLY - RINGS_CLOCK_NS, 'a');
	number = take_number(0);
	send(0, EARLY + 2000, 'c');
	send(1, EARLY + 3000, 'd');
	assert_int_equal(drain(2 * EARLY), EARLY - RINGS_CLOCK_NS);
	check_ids("a");
	assert_int_equal(drain(3 * EARLY), EARLY - RINGS_CLOCK_NS);
	check_ids("");
	publish(0, number, EARLY + 1000, 'b');
	assert_int_equal(drain(3 * EARLY), 3 * EARLY - RINGS_CLOCK_NS);
	check_ids("bcd");
	assert_int_equal(rings_lost(rings), 0);
}

/* Preempted between its number and the clock: the ring is not in order by itself. */
static void test_out_of_order_in_a_ring(void **state)
{
	uint64_t first, second;

	(void)state;
	first = take_number(0);
	second = take_number(0);
	send(0, 2000, 'a');
	send(1, 3000, 'b');
	send(0, 6000, 'e');
	drain(EARLY);
	check_ids("");
	publish(0, second, 4000, 'c');
	drain(EARLY);
	publish(0, first, 5000, 'd');
	drain(EARLY);
	check_ids("abcde");
}

/* A writer that never comes back. */
static void test_gap_is_given_up(void **state)
{
	(void)state;
	drain(EARLY);
	take_number(2);
	send(0, EARLY + 1000, 'a');
	drain(EARLY + RINGS_PATIENCE_NS - 1);
	check_ids("");
	assert_int_equal(rings_lost(rings), 0);
	drain(EARLY + RINGS_PATIENCE_NS);
	check_ids("a");
	assert_int_equal(rings_lost(rings), 1);
}

static void test_more_gaps_than_are_known(void **state)
{
	uint64_t number[2 * RINGS_GAPS];

	(void)state;
	for (unsigned int i = 0; i < 2 * RINGS_GAPS; i++)
		number[i] = take_number(0);
	send(0, 1000 + 2 * RINGS_GAPS, 'z');
	send(1, 2 * EARLY, 'y');
	drain(EARLY);
	check_ids("");
	for (unsigned int i = 0; i < 2 * RINGS_GAPS; i++)
		publish(0, number[i], 1000 + i, 'x');
	drain(EARLY);
	drain(3 * EARLY);
	assert_int_equal(ngot, 2 * RINGS_GAPS + 2);
	for (size_t i = 1; i < ngot; i++)
		assert_true(got[i - 1].ns < got[i].ns);
	assert_int_equal(rings_lost(rings), 0);
}

/* Nobody read for more than a ring: what was overwritten is counted, what was not comes. */
static void test_overwritten(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 3 * SLOTS; i++)
		send(1, 1000 + i, 'a');
	send(0, 500, 'b');
	drain(EARLY);
	assert_int_equal(rings_lost(rings), 3 * SLOTS - SLOTS / 2);
	assert_int_equal(ngot, SLOTS / 2 + 1);
	assert_int_equal(got[0].id, 'b');
	assert_int_equal(got[1].ns, 1000 + 3 * SLOTS - SLOTS / 2);
}

/* Within a hundred rounds of a ring none is lost when it is read in time. */
static void test_round_and_round(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 90 * SLOTS; i++) {
		send(2, EARLY + i, 'a');
		if (i % 900 == 0)
			drain(EARLY + i + 1);
	}
	drain(2 * EARLY);
	assert_int_equal(ngot, 90 * SLOTS);
	assert_int_equal(rings_lost(rings), 0);
}

/* A gap for which too many events wait is given up: memory is bounded. */
static void test_crowd_does_not_wait(void **state)
{
	uint64_t i, at = EARLY;

	(void)state;
	drain(at);
	take_number(0);
	for (i = 0; i < RINGS_WAITING + 2 * SLOTS && !rings_lost(rings); i++) {
		send(1, ++at, 'a');
		if (i % 512 == 511)
			drain(at);
	}
	assert_int_equal(rings_lost(rings), 1);
	assert_in_range(i, RINGS_WAITING, RINGS_WAITING + SLOTS);
	drain(2 * at);
	assert_int_equal(ngot, i);
}

/* Up to a moment, and not beyond, also what has been read already. */
static void test_until(void **state)
{
	(void)state;
	send(0, 1000, 'a');
	send(1, 2000, 'b');
	send(0, 2001, 'c');
	assert_int_equal(drain_until(EARLY, 2000), 2000);
	check_ids("ab");
	drain(EARLY);
	check_ids("c");
}

static void test_begin_after_end(void **state)
{
	(void)state;
	send(0, 1000, 'a');
	ring_at(0)->slot[0].event.begin_ns = 1001;
	drain(EARLY);
	assert_int_equal(got[0].begin_ns, 1000);
}

/* Random schedules */

static uint64_t seed;

static uint64_t pick(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

/* A writer at work: between the steps others work, and the reader reads. */
struct writer {
	enum { IDLE, HAS_NUMBER, HAS_TIME } step;
	unsigned int ring;
	uint64_t number, ns;
};

static uint64_t now, sent;
static struct writer writer[12];

static void step_writer(struct writer *w)
{
	now += pick(3000);
	switch (w->step) {
	case IDLE:
		w->ring = pick(RINGS);
		w->number = take_number(w->ring);
		break;
	case HAS_NUMBER:
		w->ns = now;
		break;
	case HAS_TIME:
		publish(w->ring, w->number, w->ns, 'x');
		sent++;
		break;
	}
	w->step = (w->step + 1) % 3;
}

/* All that is handed out is in order, over all drains; at the end nothing is missing. */
static void test_random_schedules(void **state)
{
	(void)state;
	for (uint64_t round = 1; round <= 40; round++) {
		uint64_t last = 0, n = 0, done = 0;

		seed = round * 0x9e3779b97f4a7c15ull;
		free_rings(NULL);
		assert_int_equal(made_rings(NULL), 0);
		memset(writer, 0, sizeof(writer));
		now = EARLY;
		sent = 0;
		for (int i = 0; i < 60000; i++) {
			/* the low ones go fast, the high ones are preempted for long */
			unsigned int which = pick(4) ? pick(4) : pick(ARRAY_SIZE(writer));

			step_writer(&writer[which]);
			if (pick(200) == 0)
				done = drain(now);
			for (size_t k = 0; k < ngot; n++, k++) {
				assert_true(got[k].ns >= last && got[k].ns <= done);
				last = got[k].ns;
			}
			ngot = 0;
		}
		for (size_t i = 0; i < ARRAY_SIZE(writer); i++) {
			while (writer[i].step != IDLE)
				step_writer(&writer[i]);
		}
		drain(now + EARLY);
		for (size_t k = 0; k < ngot; n++, k++) {
			assert_true(got[k].ns >= last);
			last = got[k].ns;
		}
		assert_int_equal(n, sent);
		assert_int_equal(rings_lost(rings), 0);
	}
}

#define on_rings(test) cmocka_unit_test_setup_teardown(test, made_rings, free_rings)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_rings(test_empty),
		on_rings(test_merged_by_time),
		on_rings(test_ties),
		on_rings(test_not_before_it_is_complete),
		on_rings(test_late_publication),
		on_rings(test_out_of_order_in_a_ring),
		on_rings(test_gap_is_given_up),
		on_rings(test_more_gaps_than_are_known),
		on_rings(test_overwritten),
		on_rings(test_round_and_round),
		on_rings(test_crowd_does_not_wait),
		on_rings(test_until),
		on_rings(test_begin_after_end),
		on_rings(test_random_schedules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
