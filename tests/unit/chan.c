/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * chan.c - the channel to the guest over a socketpair: frames come whole and in order in both
 * directions, whatever pieces the socket makes of them; broken ones are counted; an end that does
 * not read, or is gone, is an error and no wait. proto.c has the reader alone.
 */
#include "fake.h"
#include "capture.h"
#include "vm/chan.h"

#define WAIT_NS (10 * NSEC_PER_SEC)

static struct loop *loop;
static struct chan *chan;
static int far_end;
static uint32_t seq;
static unsigned int taken;
static uint64_t last_cookie;

static void take(void *arg, const struct proto_header *h, const uint8_t *payload)
{
	struct proto_ping ping;

	assert_ptr_equal(arg, &taken);
	assert_int_equal(h->length, sizeof(ping));
	memcpy(&ping, payload, sizeof(ping));
	last_cookie = ping.cookie;
	taken++;
}

static int set_up(void **state)
{
	int pair[2];

	(void)state;
	seq = taken = 0;
	if (loop_open(&loop) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return -1;
	far_end = pair[1];
	return chan_open(&chan, loop, pair[0], take, &taken);
}

static int tear_down(void **state)
{
	(void)state;
	chan_close(chan);
	loop_close(loop);
	return far_end < 0 ? 0 : close(far_end);
}

/* A frame with @cookie, as bytes. */
static size_t frame(uint8_t *to, uint64_t cookie)
{
	struct proto_ping ping = {.cookie = cookie};
	struct proto_header h;

	proto_seal(&h, PROTO_PONG, seq++, &ping, sizeof(ping));
	memcpy(to, &h, sizeof(h));
	memcpy(to + sizeof(h), &ping, sizeof(ping));
	return sizeof(h) + sizeof(ping);
}

static int has_taken(void *n)
{
	return taken >= *(unsigned int *)n;
}

static void wait_taken(unsigned int n)
{
	assert_int_equal(loop_until(loop, has_taken, &n, WAIT_NS), 1);
	assert_int_equal(taken, n);
}

static int is_closed(void *arg)
{
	(void)arg;
	return chan_closed(chan);
}

static void in_pieces(void **state)
{
	uint8_t bytes[64];
	uint64_t before = mono_ns();

	(void)state;
	for (unsigned int i = 1; i <= 3; i++) {
		size_t n = frame(bytes, i);

		for (size_t at = 0; at < n; at++) {
			fake_write(far_end, bytes + at, 1);
			(void)!loop_once(loop, NSEC_PER_MSEC);
		}
		wait_taken(i);
		assert_int_equal(last_cookie, i);
	}
	assert_true(chan_last_ns(chan) > before);
	assert_int_equal(chan_counters(chan)->frames, 3);
	assert_int_equal(chan_counters(chan)->lost, 0);
}

/* What is broken is counted and said once; what comes behind it is taken. */
static void damaged_on_the_way(void **state)
{
	struct capture out;
	uint8_t bytes[64];
	size_t n;

	(void)state;
	capture_begin(&out, STDERR_FILENO);
	for (int i = 0; i < 2; i++) {
		n = frame(bytes, 1);
		bytes[n - 1] ^= 1;
		fake_write(far_end, bytes, n);
	}
	n = frame(bytes, 2);
	fake_write(far_end, bytes, n);
	wait_taken(1);
	capture_end(&out);
	assert_int_equal(last_cookie, 2);
	assert_int_equal(chan_counters(chan)->bad_payload, 2);
	assert_int_equal(capture_lines(&out), 1);
	assert_non_null(strstr(out.text, "broken (payload)"));
}

static void cut_short(void **state)
{
	uint8_t bytes[64];
	size_t n = frame(bytes, 1);

	(void)state;
	fake_write(far_end, bytes, n);
	frame(bytes, 2);
	fake_write(far_end, bytes, n - 5);
	close(far_end);
	far_end = -1;
	assert_int_equal(loop_until(loop, is_closed, NULL, WAIT_NS), 1);
	assert_int_equal(taken, 1);
	assert_int_equal(chan_short_frames(chan), 1);
	assert_int_equal(chan_send(chan, PROTO_STOP, NULL, 0), -EPIPE);
}

/* More than the socket takes at once, and in the end more than we keep. */
static void an_end_that_does_not_read(void **state)
{
	static struct proto_reader reader;
	struct proto_ping ping = {0};
	struct proto_header h;
	const uint8_t *payload;
	uint64_t sent = 0, got = 0, end = mono_ns() + WAIT_NS;
	int small = 4096, err;

	(void)state;
	setsockopt(far_end, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	while (!(err = chan_send(chan, PROTO_PING, &ping, sizeof(ping)))) {
		ping.cookie = ++sent;
		(void)!loop_once(loop, 0);
		assert_true(mono_ns() < end);
	}
	assert_int_equal(err, -ENOBUFS);
	proto_reader_init(&reader);
	while (got < sent) {
		size_t room;
		uint8_t *to = proto_reader_space(&reader, &room);
		ssize_t n = recv(far_end, to, room, MSG_DONTWAIT);

		if (n > 0)
			proto_reader_fed(&reader, (size_t)n);
		while (proto_next(&reader, &h, &payload)) {
			memcpy(&ping, payload, sizeof(ping));
			assert_int_equal(ping.cookie, got++);
		}
		(void)!loop_once(loop, NSEC_PER_MSEC);
		assert_true(mono_ns() < end);
	}
	assert_int_equal(reader.n.lost + reader.n.bad_header + reader.n.bad_payload, 0);
	assert_int_equal(chan_send(chan, PROTO_PING, &ping, sizeof(ping)), 0); /* there is room */
}

/* Bytes that have come already must not start the next read, into memory that is freed. */
static void closed_while_it_speaks(void **state)
{
	uint8_t bytes[64];
	uint64_t begin;

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(loop_once(loop, 0), -ETIME); /* the read is under way */
	fake_write(far_end, bytes, frame(bytes, 1));
	begin = mono_ns();
	chan_close(chan);
	assert_in_range(mono_ns() - begin, 0,
			NSEC_PER_SEC * 9 / 10); /* of loop_cancel()'s second */
	assert_int_equal(chan_open(&chan, loop, dup(far_end), take, &taken),
			 0); /* for tear_down() */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(in_pieces),
		T(damaged_on_the_way),
		T(cut_short),
		T(an_end_that_does_not_read),
		T(closed_while_it_speaks),
	};

	return cmocka_run_group_tests_name("chan", tests, NULL, NULL);
}
