// SPDX-License-Identifier: GPL-2.0-only
/* ping.c - the question for the guest's TSC goes out, and only its own answer counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "vm/ping.h"

#define WAIT_NS (10 * NSEC_PER_SEC)

static struct loop *loop;
static struct chan *chan;
static struct guest guest;
static struct proto_reader reader;
static uint32_t seq;
static int far_end;

static int set_up(void **state)
{
	int pair[2];

	(void)state;
	proto_reader_init(&reader);
	seq = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || loop_open(&loop) || guest_init(&guest, 1))
		return -1;
	far_end = pair[1];
	return chan_open(&chan, loop, pair[0], guest_frame, &guest);
}

static int tear_down(void **state)
{
	(void)state;
	chan_close(chan);
	loop_close(loop);
	guest_free(&guest);
	return close(far_end);
}

/* The guest's side: the next question. */
static struct proto_ping take_question(void)
{
	struct proto_header h;
	struct proto_ping ping;
	const uint8_t *payload;
	uint64_t end = mono_ns() + WAIT_NS;

	while (!proto_next(&reader, &h, &payload)) {
		size_t room;
		uint8_t *to = proto_reader_space(&reader, &room);
		ssize_t n;

		assert_true(mono_ns() < end);
		(void)loop_once(loop, NSEC_PER_MSEC);
		n = recv(far_end, to, room, MSG_DONTWAIT);
		if (n > 0)
			proto_reader_fed(&reader, (size_t)n);
	}
	assert_int_equal(h.type, PROTO_PING);
	assert_int_equal(h.length, sizeof(ping));
	memcpy(&ping, payload, sizeof(ping));
	assert_int_equal(ping.tsc, 0);
	return ping;
}

static void answer(struct proto_ping ping, uint64_t tsc)
{
	struct proto_header h;

	ping.tsc = tsc;
	proto_seal(&h, PROTO_PONG, seq++, &ping, sizeof(ping));
	assert_int_equal(write(far_end, &h, sizeof(h)), sizeof(h));
	assert_int_equal(write(far_end, &ping, sizeof(ping)), sizeof(ping));
}

static int has_tsc(void *tsc)
{
	return guest.pong.tsc == *(uint64_t *)tsc;
}

static void wait_tsc(uint64_t tsc)
{
	assert_int_equal(loop_until(loop, has_tsc, &tsc, WAIT_NS), 1);
}

static void only_the_latest_answer_counts(void **state)
{
	struct ping ping = {0};
	struct proto_ping first, second;
	uint64_t before = mono_ns();

	(void)state;
	assert_false(ping_answered(&ping, &guest));
	assert_int_equal(ping_send(&ping, chan), 0);
	first = take_question();
	assert_false(ping_answered(&ping, &guest));
	assert_int_equal(ping_send(&ping, chan), 0);
	second = take_question();
	assert_true(first.cookie && second.cookie && first.cookie != second.cookie);
	answer(first, 1000);
	wait_tsc(1000);
	assert_false(ping_answered(&ping, &guest));
	answer(second, 2000);
	wait_tsc(2000);
	assert_true(ping_answered(&ping, &guest));
	assert_true(before <= ping.sent_ns && ping.sent_ns <= guest.pong.ns);
	assert_true(guest.pong.ns <= mono_ns());
	assert_int_equal(guest.foreign, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_the_latest_answer_counts, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("ping", tests, NULL, NULL);
}
