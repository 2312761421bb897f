/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_bad.c - the guest program when something is wrong: bad orders, a damaged stream, a host
 * that stops reading or hangs up, a worker that dies. It must end in a clear word, or go on.
 */
#include <sys/ioctl.h>
#include <time.h>

#include "guest_proc.h"

static void expect_bad_orders(const void *payload, uint32_t length, const char *word)
{
	wait_for(PROTO_HELLO);
	send_frame(PROTO_ORDERS, payload, length);
	wait_for(PROTO_ERROR);
	guest.payload[guest.h.length] = '\0';
	if (!strstr((char *)guest.payload, word))
		fail_msg("\"%s\" does not name \"%s\"", (char *)guest.payload, word);
	assert_int_equal(exit_code(), 1);
}

static void test_bad_orders(void **state)
{
	static const struct {
		size_t offset;
		uint32_t value;
		const char *word;
	} bad[] = {
		{offsetof(struct proto_orders, vcpus), 0, "vcpus"},
		{offsetof(struct proto_orders, vcpus), 65, "vcpus"},
		{offsetof(struct proto_orders, vcpus), UINT32_MAX, "vcpus"},
		{offsetof(struct proto_orders, pages), 0, "pages"},
		{offsetof(struct proto_orders, pages), UINT32_MAX, "pages"},
		{offsetof(struct proto_orders, groups), 0, "groups"},
		{offsetof(struct proto_orders, groups), PAGES + 1, "groups"},
		{offsetof(struct proto_orders, pattern), 2, "pattern"},
		{offsetof(struct proto_orders, write_ppm), 1000001, "write_ppm"},
		{offsetof(struct proto_orders, shared), PAGES, "shared"},
		{offsetof(struct proto_orders, report_ms), 99, "report_ms"},
		{offsetof(struct proto_orders, report_ms), 60001, "report_ms"},
		{offsetof(struct proto_orders, stall_ns), 0, "stall_ns"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct proto_orders o = good_orders();

		if (i) {
			tear_down(state);
			assert_int_equal(set_up(state), 0);
		}
		o.stall_ns = 1000;
		memcpy((char *)&o + bad[i].offset, &bad[i].value, sizeof(bad[i].value));
		expect_bad_orders(&o, sizeof(o), bad[i].word);
	}
}

static void test_orders_of_wrong_length(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	expect_bad_orders(&o, sizeof(o) - 1, "length");
}

static void test_orders_twice(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	wait_for(PROTO_HELLO);
	send_orders(&o);
	send_orders(&o);
	wait_for(PROTO_READY);
	send_orders(&o);
	run_epoch(1);
	quit_cleanly();
}

/* Frames with good CRCs and nonsense in them, at every step. */
static void send_nonsense(void)
{
	uint8_t junk[300] = {0};

	for (uint16_t type = 0; type < 40; type++) {
		if (type != PROTO_ORDERS && type != PROTO_QUIT) {
			send_frame(type, junk, type * 7 % sizeof(junk));
			send_frame(type, junk, 0);
		}
	}
	send_epoch(PROTO_START, 0);
	send_epoch(PROTO_STOP, 0);
	send_epoch(PROTO_STOP, 12345);
}

static void send_damage(uint64_t seed)
{
	uint8_t junk[8000]; /* as long as the longest frame made of it */
	struct proto_header h;

	for (size_t i = 0; i < sizeof(junk); i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		junk[i] = seed >> 56;
	}
	send_raw(junk, sizeof(junk));
	/* a broken payload, a cut header, a magic alone, a lost and a doubled number */
	proto_seal(&h, PROTO_QUIT, guest.seq++, junk, 100);
	send_raw(&h, sizeof(h));
	send_raw(junk + 1, 100);
	send_raw(&h, 11);
	send_raw("HSS1HSS1HSS", 11);
	guest.seq += 3;
	send_frame(PROTO_START, junk, sizeof(junk));
	guest.seq--;
	send_frame(PROTO_QUIT, NULL, 0); /* a duplicate: must not be obeyed */
}

static void test_survives_garbage(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	wait_for(PROTO_HELLO);
	send_damage(1);
	send_nonsense();
	send_damage(2);
	send_orders(&o);
	send_nonsense();
	wait_for(PROTO_READY);
	send_damage(3);
	send_nonsense();
	send_epoch(PROTO_START, 1);
	send_nonsense();
	send_damage(4);
	wait_for_touches(1, 100000);
	send_epoch(PROTO_STOP, 1);
	send_damage(5);
	collect_epoch(1);
	assert_int_equal(epoch.end.sweep_errors, 0);
	quit_cleanly();
}

/*
 * A frame that claims more than is sent keeps the reader waiting only until as many other bytes
 * have come: then the frames in between are found again.
 */
static void test_truncated_frame(void **state)
{
	struct proto_orders o = good_orders();
	uint8_t some[1000] = {0};
	struct proto_header h;

	(void)state;
	wait_for(PROTO_HELLO);
	proto_seal(&h, PROTO_START, guest.seq++, some, sizeof(some));
	send_raw(&h, sizeof(h));
	send_raw(some, 10);
	send_orders(&o);
	send_raw(some, sizeof(some));
	wait_for(PROTO_READY);
	run_epoch(1);
	quit_cleanly();
}

/* An epoch of which the host reads nothing for @ms. */
static void epoch_unread(uint32_t number, unsigned int ms)
{
	send_epoch(PROTO_START, number);
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
	send_epoch(PROTO_STOP, number);
	collect_epoch(number);
}

/*
 * The host reads nothing for a while: STATS are dropped and counted, the rest comes all the same.
 * How long that takes to fill all there is, is the machine's matter: the while grows until it was
 * enough.
 */
static void test_host_stops_reading(void **state)
{
	struct proto_orders o = good_orders();
	unsigned int ms = 25;

	(void)state;
	o.stall_ns = 1; /* stalls fill every queue there is */
	get_ready(&o);
	for (uint32_t n = 1; n == 1 || !epoch.last.stalls_lost; n++) {
		ms *= 2;
		if (ms > WAIT_MS)
			fail_msg("nothing was lost in %u ms", ms / 2);
		epoch_unread(n, ms);
	}
	assert_int_equal(epoch.stalls + epoch.last.stalls_lost, epoch.last.stalls);
	assert_int_equal(epoch.hist.total, epoch.last.touches);
	assert_int_equal(guest.in.n.lost, 0);
	quit_cleanly();
}

/*
 * Until nothing more fits into the port: what waits in it has not grown for a while in which the
 * guest has tried several times.
 */
static void wait_until_full(void)
{
	struct timespec tenth = {.tv_nsec = 100000000};
	int bytes = 0, before = -1, same = 0;

	for (int i = 0; i < WAIT_MS / 100 && same < 8; i++) {
		nanosleep(&tenth, NULL);
		assert_int_equal(ioctl(guest.fd, FIONREAD, &bytes), 0);
		same = bytes && bytes == before ? same + 1 : 0;
		before = bytes;
	}
	if (same < 8)
		fail_msg("the port did not get full: %d bytes", bytes);
}

/* … and for good: QUIT is obeyed although nothing can be flushed. */
static void test_quit_without_reading(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	o.stall_ns = 1;
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	wait_until_full();
	send_frame(PROTO_QUIT, NULL, 0);
	assert_int_equal(exit_code(), 0);
}

static void hang_up(void)
{
	close(guest.fd);
	guest.fd = -1;
	assert_int_equal(exit_code(), 2);
}

static void test_hang_up_before_orders(void **state)
{
	(void)state;
	wait_for(PROTO_HELLO);
	hang_up();
}

static void test_hang_up_while_running(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	wait_for_touches(1, 1000);
	hang_up();
}

/* A worker's SIGBUS (a poisoned page) ends in a clear word. */
static void test_fatal_signal(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	wait_for_touches(1, 1000);
	assert_int_equal(tgkill(guest.pid, worker_tid(), SIGBUS), 0);
	wait_for(PROTO_ERROR);
	guest.payload[guest.h.length] = '\0';
	assert_non_null(strstr((char *)guest.payload, "SIGBUS"));
	assert_int_equal(exit_code(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		guest_test(test_bad_orders),
		guest_test(test_orders_of_wrong_length),
		guest_test(test_orders_twice),
		guest_test(test_survives_garbage),
		guest_test(test_truncated_frame),
		guest_test(test_host_stops_reading),
		guest_test(test_quit_without_reading),
		guest_test(test_hang_up_before_orders),
		guest_test(test_hang_up_while_running),
		guest_test(test_fatal_signal),
	};

	return cmocka_run_group_tests_name("guest_bad", tests, NULL, NULL);
}
