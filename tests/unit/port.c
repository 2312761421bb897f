/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * port.c - the guest's queue: bounded, never blocking, whole frames only, room kept for an error.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest/port.h"

static struct port port;
static struct proto_reader host;
static uint8_t payload[PROTO_MAX_PAYLOAD];
static int far_end;

static int set_up(void **state)
{
	int pair[2], small = 4096;

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return -1;
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	far_end = pair[1];
	proto_reader_init(&host);
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = i * 7;
	return port_adopt(&port, pair[0]);
}

static int tear_down(void **state)
{
	(void)state;
	close(port.fd);
	return far_end < 0 ? 0 : close(far_end);
}

/* Reads what is there; answers how many good frames came. */
static uint32_t host_reads(void)
{
	const uint8_t *at;
	struct proto_header h;
	uint32_t frames = 0;
	size_t room;
	ssize_t n;

	do {
		uint8_t *to = proto_reader_space(&host, &room);

		n = recv(far_end, to, room, MSG_DONTWAIT);
		if (n > 0)
			proto_reader_fed(&host, n);
		while (proto_next(&host, &h, &at) > 0) {
			assert_memory_equal(at, payload, h.length);
			frames++;
		}
	} while (n > 0);
	return frames;
}

static void test_full_queue(void **state)
{
	uint32_t queued = 0, came = 0;

	(void)state;
	while (!port_send(&port, PROTO_STATS, payload, 1000)) {
		queued++;
		assert_int_equal(port_exchange(&port, 0), 0);
		assert_true(queued < 1000);
	}
	assert_false(port_has_room(&port, 1000));
	assert_int_equal(port_send(&port, PROTO_MAP, payload, 1000), -ENOSPC);
	/* an error has room of its own */
	assert_int_equal(port_send(&port, PROTO_ERROR, payload, 500), 0);
	queued++;
	assert_int_equal(port_flush(&port, 30), -ETIMEDOUT);
	for (int i = 0; i < 10000 && came < queued; i++) {
		came += host_reads();
		assert_int_equal(port_exchange(&port, 0), 0);
	}
	assert_int_equal(came, queued);
	/* what found no room took no number: nothing is missing */
	assert_int_equal(host.n.lost + host.n.bad_header + host.n.bad_payload, 0);
	assert_int_equal(host.n.skipped_bytes, 0);
	assert_int_equal(port_send(&port, PROTO_STATS, payload, PROTO_MAX_PAYLOAD), 0);
	assert_true(port_has_room(&port, PROTO_MAX_PAYLOAD));
}

/* The queue is moved to the front while part of it is written: no byte may be lost by it. */
static void test_long_stream_in_parts(void **state)
{
	uint32_t sent = 0, came = 0;

	(void)state;
	for (int i = 0; i < 100000 && came < 2000; i++) {
		if (sent < 2000 &&
		    !port_send(&port, PROTO_HIST, payload, sent * 131 % PROTO_MAX_PAYLOAD))
			sent++;
		assert_int_equal(port_exchange(&port, 0), 0);
		if (i % 3)
			came += host_reads();
	}
	assert_int_equal(came, 2000);
	assert_int_equal(host.n.lost + host.n.skipped_bytes, 0);
}

/* What is to go out at once does so without a turn of port_exchange(), and never waits. */
static void test_push(void **state)
{
	(void)state;
	assert_int_equal(port_send(&port, PROTO_PONG, payload, sizeof(struct proto_ping)), 0);
	assert_int_equal(host_reads(), 0);
	port_push(&port);
	assert_int_equal(host_reads(), 1);
	while (!port_send(&port, PROTO_STATS, payload, 1000))
		port_push(&port);
	assert_true(port.last - port.first > PORT_QUEUE_BYTES / 2);
	assert_int_equal(host.n.lost + host.n.skipped_bytes, 0);
}

static void test_hang_up(void **state)
{
	struct proto_header h;
	const uint8_t *at;

	(void)state;
	assert_int_equal(port_exchange(&port, 0), 0);
	/* the last word is still read, although what waits to be written cannot be any more */
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(port_send(&port, PROTO_STATS, payload, 10), 0);
	proto_seal(&h, PROTO_QUIT, 0, NULL, 0);
	assert_int_equal(send(far_end, &h, sizeof(h), 0), sizeof(h));
	close(far_end);
	far_end = -1;
	assert_int_equal(port_exchange(&port, 0), 0);
	assert_int_equal(proto_next(&port.in, &h, &at), 1);
	assert_int_equal(h.type, PROTO_QUIT);
	assert_int_equal(port_exchange(&port, 0), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_full_queue, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_stream_in_parts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_push, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hang_up, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("port", tests, NULL, NULL);
}
