/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.c - frames out of counters, histograms and rings, with a crew made by hand.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest/report.h"

static struct port port;
static struct report report;
static struct crew crew;
static struct worker worker[2];
static struct proto_reader host;
static int far_end;

static int set_up(void **state)
{
	int pair[2];

	(void)state;
	memset(&crew, 0, sizeof(crew));
	memset(worker, 0, sizeof(worker));
	memset(&report, 0, sizeof(report));
	crew.worker = worker;
	crew.count = 2;
	crew.go = crew.run = worker[0].begun = worker[1].begun = 1;
	worker[0].crew = worker[1].crew = &crew;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return -1;
	far_end = pair[1];
	proto_reader_init(&host);
	if (port_adopt(&port, pair[0]))
		return -1;
	report_open(&report, &port, &crew, 2);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(port.fd);
	return close(far_end);
}

static int next_frame(struct proto_header *h, const uint8_t **payload)
{
	assert_int_equal(port_exchange(&port, 0), 0);
	while (!proto_next(&host, h, payload)) {
		size_t room;
		uint8_t *to = proto_reader_space(&host, &room);
		ssize_t n = recv(far_end, to, room, MSG_DONTWAIT);

		if (n <= 0)
			return 0;
		proto_reader_fed(&host, n);
	}
	return 1;
}

static void fill_queue(void)
{
	while (!port_send(&port, PROTO_MAP, report.frame, 16))
		;
}

/* More buckets than one frame holds: each comes once, in order. */
static void test_hist_over_several_frames(void **state)
{
	static uint64_t got[HIST_BUCKETS];
	uint32_t index = 0, frames = 0;
	const uint8_t *payload;
	struct proto_header h;

	(void)state;
	memset(got, 0, sizeof(got));
	for (uint32_t i = 0; i < HIST_BUCKETS; i++)
		worker[1].touch.hist.count[i] = i + 1;
	while (index < HIST_BUCKETS) {
		assert_int_equal(report_hist(&report, 7, 1, &index), 0);
		assert_true(++frames < 10);
	}
	assert_int_equal(frames, 2);
	while (next_frame(&h, &payload)) {
		struct proto_hist head;

		assert_int_equal(h.type, PROTO_HIST);
		memcpy(&head, payload, sizeof(head));
		assert_int_equal(head.epoch, 7);
		assert_int_equal(head.vcpu, 1);
		for (size_t at = sizeof(head); at < h.length; at += sizeof(struct proto_bucket)) {
			struct proto_bucket b;

			memcpy(&b, payload + at, sizeof(b));
			assert_in_range(b.index, 0, HIST_BUCKETS - 1);
			got[b.index] += b.count;
		}
		frames--;
	}
	assert_int_equal(frames, 0);
	assert_memory_equal(got, worker[1].touch.hist.count, sizeof(got));
}

/* Nothing in it: no frame. */
static void test_empty_hist(void **state)
{
	const uint8_t *payload;
	struct proto_header h;
	uint32_t index = 0;

	(void)state;
	assert_int_equal(report_hist(&report, 7, 0, &index), 0);
	assert_int_equal(index, HIST_BUCKETS);
	assert_int_equal(next_frame(&h, &payload), 0);
}

/* No room: an error, and what was to be sent is still there. */
static void test_full_queue_keeps_everything(void **state)
{
	uint32_t index = 0;

	(void)state;
	worker[0].touch.hist.count[3] = 1;
	worker[0].touch.stalls.ring.head = 5;
	fill_queue();
	assert_int_equal(report_hist(&report, 7, 0, &index), -ENOSPC);
	assert_int_equal(index, 0);
	assert_int_equal(report_stats(&report, 7), -ENOSPC);
	assert_int_equal(report_records(&report, 7), -ENOSPC);
	assert_int_equal(ring_used(&worker[0].touch.stalls.ring), 5);
	assert_true(report_records_left(&report));
}

/* Records of several rings, over the rings' wrap; taken out once, whole. */
static void test_records(void **state)
{
	const uint8_t *payload;
	struct proto_header h;
	uint32_t next = 0;

	(void)state;
	worker[0].touch.stalls.ring.head = worker[0].touch.stalls.ring.tail = TOUCH_STALLS - 10;
	worker[0].first_stall = TOUCH_STALLS - 10;
	for (uint32_t i = 0; i < 1000; i++) {
		int32_t slot = ring_slot(&worker[0].touch.stalls.ring, TOUCH_STALLS);

		assert_true(slot >= 0);
		worker[0].touch.stalls.record[slot].page = i;
		ring_commit(&worker[0].touch.stalls.ring);
	}
	for (int i = 0; report_records_left(&report); i++) {
		assert_true(i < 3);
		assert_int_equal(report_records(&report, 9), 0);
	}
	while (next_frame(&h, &payload)) {
		assert_int_equal(h.type, PROTO_STALLS);
		for (size_t at = sizeof(struct proto_batch); at < h.length;
		     at += sizeof(struct proto_stall)) {
			struct proto_stall s;

			memcpy(&s, payload + at, sizeof(s));
			assert_int_equal(s.page, next++);
		}
	}
	assert_int_equal(next, 1000);
}

/* A worker that has not begun the epoch has nothing to say in it; nor has a resting guest. */
static void test_stats_of_the_epoch_only(void **state)
{
	const uint8_t *payload;
	struct proto_header h;
	uint64_t touches[2];
	const size_t first = sizeof(struct proto_stats),
		     second = first + sizeof(struct proto_vcpu_stats);

	(void)state;
	worker[0].touch.n.touches = 11;
	worker[1].touch.n.touches = 12;
	worker[1].begun = 3;
	for (uint32_t epoch = 0; epoch < 2; epoch++) {
		assert_int_equal(report_stats(&report, epoch), 0);
		assert_int_equal(next_frame(&h, &payload), 1);
		memcpy(&touches[0], payload + first, 8);
		memcpy(&touches[1], payload + second, 8);
		assert_int_equal(touches[0], epoch ? 11 : 0);
		assert_int_equal(touches[1], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hist_over_several_frames, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_empty_hist, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_queue_keeps_everything, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_records, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stats_of_the_epoch_only, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
