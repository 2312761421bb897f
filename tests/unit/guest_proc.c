/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_proc.c - the guest program's conversation when all goes well: HELLO to QUIT, epochs, what
 * the frames of an epoch add up to, and that it finds a flipped bit.
 */
#include <fcntl.h>

#include "wire/pattern.h"
#include "guest_proc.h"

static void test_hello(void **state)
{
	const struct proto_hello *hello = (const void *)guest.payload;

	(void)state;
	wait_for(PROTO_HELLO);
	assert_int_equal(guest.h.seq, 0);
	assert_int_equal(guest.h.length, sizeof(*hello));
	assert_in_range(hello->tsc_hz, 100000000, 10000000000);
	assert_true(hello->vcpus >= 1);
	/* until somebody answers */
	wait_for(PROTO_HELLO);
	assert_int_equal(guest.h.seq, 1);
	quit_cleanly();
}

static void test_map_covers_every_page_once(void **state)
{
	const struct proto_run *run = (const void *)guest.payload;
	struct proto_orders o = good_orders();
	uint32_t next = 0;

	(void)state;
	wait_for(PROTO_HELLO);
	send_orders(&o);
	do {
		assert_int_equal(next_frame(now_ms() + WAIT_MS), 0);
		for (uint32_t i = 0; guest.h.type == PROTO_MAP && i < guest.h.length / sizeof(*run);
		     i++) {
			assert_int_equal(run[i].page, next);
			assert_true(run[i].pages > 0);
			assert_true(run[i].gpa == PROTO_GPA_NONE ||
				    (run[i].gpa && !(run[i].gpa % PROTO_PAGE_SIZE)));
			next += run[i].pages;
		}
	} while (guest.h.type != PROTO_READY);
	assert_int_equal(next, PAGES);
	quit_cleanly();
}

static void test_epochs(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	get_ready(&o);
	for (uint32_t number = 1; number < 4; number++) {
		run_epoch(number);
		/* the last STATS and HIST agree, touch by touch */
		assert_true(epoch.last.touches >= 100000);
		assert_int_equal(epoch.hist.total, epoch.last.touches);
		assert_int_equal(epoch.last.checks, 2 * epoch.last.touches);
		assert_true(epoch.last.writes > epoch.last.touches / 20);
		assert_true(epoch.last.max_tsc > 0);
		assert_int_equal(epoch.last.errors, 0);
		assert_int_equal(epoch.corrupts, 0);
		assert_int_equal(epoch.end.sweep_errors, 0);
		assert_int_equal(epoch.end.swept_pages, PAGES);
	}
	/* resting: the heartbeat goes on, with nothing in it */
	wait_for(PROTO_STATS);
	assert_int_equal(stats()->epoch, 0);
	assert_int_equal(vcpu_stats(0)->touches, 0);
	assert_true(stats()->tsc && stats()->mono_ns);
	assert_int_equal(guest.in.n.lost + guest.in.n.bad_header + guest.in.n.bad_payload, 0);
	quit_cleanly();
}

static void test_stats_come_in_time(void **state)
{
	struct proto_orders o = good_orders();
	uint64_t first, last;

	(void)state;
	get_ready(&o);
	send_epoch(PROTO_START, 9);
	wait_for_touches(9, 1);
	first = stats()->mono_ns;
	for (int i = 0; i < 10; i++)
		wait_for(PROTO_STATS);
	last = stats()->mono_ns;
	/* 10 periods of 100 ms; the machine may be slow, but it cannot be early */
	assert_in_range((last - first) / 1000000, 850, 5000);
	quit_cleanly();
}

/* All frames until the end of @number: no record may be older than @tsc. */
static void expect_fresh_stalls(uint32_t number, uint64_t tsc)
{
	uint64_t end = now_ms() + WAIT_MS;

	do {
		const struct proto_batch *batch = (const void *)guest.payload;
		const struct proto_stall *stall = (const void *)(batch + 1);

		assert_int_equal(next_frame(end), 0);
		if (guest.h.type == PROTO_STALLS && batch->epoch == number)
			assert_true(stall->start_tsc > tsc);
	} while (guest.h.type != PROTO_EPOCH_END);
	assert_int_equal(((struct proto_epoch_end *)guest.payload)->epoch, number);
}

static void test_start_while_running_restarts(void **state)
{
	struct proto_orders o = good_orders();
	uint64_t touches, tsc;

	(void)state;
	o.stall_ns = 1; /* so that the ring is full of the first epoch's records */
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	for (int i = 0; i < 8; i++)
		wait_for_touches(1, 1);
	touches = vcpu_stats(0)->touches;
	tsc = stats()->tsc;
	send_epoch(PROTO_START, 2);
	wait_for_touches(2, 1);
	/* after one period, against eight: it began at 0 */
	assert_true(vcpu_stats(0)->touches < touches);
	send_epoch(PROTO_STOP, 1); /* not that one any more: left out */
	send_epoch(PROTO_STOP, 2);
	expect_fresh_stalls(2, tsc);
	quit_cleanly();
}

/* START is obeyed at once, also while the end of an epoch is being swept and reported. */
static void test_start_stop_flood(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	get_ready(&o);
	for (uint32_t number = 1; number <= 200; number++) {
		send_epoch(PROTO_START, number);
		if (number % 3)
			send_epoch(PROTO_STOP, number);
	}
	send_epoch(PROTO_START, 1000);
	send_epoch(PROTO_STOP, 1000);
	do
		wait_for(PROTO_EPOCH_END);
	while (((struct proto_epoch_end *)guest.payload)->epoch != 1000);
	run_epoch(1001);
	assert_int_equal(epoch.hist.total, epoch.last.touches);
	quit_cleanly();
}

static void test_stalls_add_up(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	o.stall_ns = 1;
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	send_epoch(PROTO_STOP, 1);
	collect_epoch(1);
	assert_int_equal(epoch.last.stalls, epoch.last.touches);
	assert_int_equal(epoch.stalls + epoch.last.stalls_lost, epoch.last.stalls);
	quit_cleanly();
}

/*
 * A bit is flipped in the guest's memory from outside, as the integrity test does it in a
 * VM. It is looked for by its page's first pattern word.
 */
static uintptr_t find_pattern(uint64_t word)
{
	uintptr_t low, high, found = 0;
	char path[64], line[512];
	FILE *maps;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", guest.pid);
	fd = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d/maps", guest.pid);
	maps = fopen(path, "r");
	assert_true(fd >= 0 && maps);
	while (!found && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx rw", &low, &high) != 2)
			continue;
		for (; low < high && !found; low += PROTO_PAGE_SIZE) {
			uint64_t first = 0;

			if (pread(fd, &first, sizeof(first), low) == sizeof(first) && first == word)
				found = low;
		}
	}
	fclose(maps);
	close(fd);
	return found;
}

static void flip(uintptr_t address)
{
	char path[64];
	uint64_t word;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", guest.pid);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &word, sizeof(word), address), sizeof(word));
	word ^= 1ull << 40;
	assert_int_equal(pwrite(fd, &word, sizeof(word), address), sizeof(word));
	close(fd);
}

static void test_flipped_bit_is_reported(void **state)
{
	struct proto_orders o = good_orders();
	uintptr_t at;

	(void)state;
	o.write_ppm = 0;
	get_ready(&o);
	/* the first page of group 3, its host word */
	at = find_pattern(pattern_word(o.seed, 3, 0));
	assert_true(at != 0);
	flip(at + PATTERN_HOST_WORD * 8);
	/* no epoch long enough to touch it for sure, but the sweep looks at every word */
	send_epoch(PROTO_START, 1);
	send_epoch(PROTO_STOP, 1);
	collect_epoch(1);
	assert_int_equal(epoch.last.errors + epoch.end.sweep_errors, 1);
	assert_int_equal(epoch.corrupts, 1);
	assert_int_equal(epoch.corrupt.page, 3);
	assert_int_equal(epoch.corrupt.word, PATTERN_HOST_WORD);
	assert_true(epoch.corrupt.expected == pattern_word(o.seed, 3, PATTERN_HOST_WORD));
	assert_true((epoch.corrupt.found ^ epoch.corrupt.expected) == 1ull << 40);
	quit_cleanly();
}

static void test_two_workers(void **state)
{
	struct proto_orders o = good_orders();
	uint64_t end = now_ms() + WAIT_MS;

	(void)state;
	wait_for(PROTO_HELLO);
	if (((struct proto_hello *)guest.payload)->vcpus < 2)
		skip();
	o.vcpus = 2;
	send_orders(&o);
	wait_for(PROTO_READY);
	send_epoch(PROTO_START, 1);
	do {
		if (now_ms() > end)
			fail_msg("two workers never had 1000 touches each");
		wait_for(PROTO_STATS);
	} while (vcpu_stats(0)->touches < 1000 || vcpu_stats(1)->touches < 1000);
	assert_int_equal(stats()->vcpus, 2);
	send_epoch(PROTO_STOP, 1);
	wait_for(PROTO_EPOCH_END);
	assert_int_equal(((struct proto_epoch_end *)guest.payload)->sweep_errors, 0);
	quit_cleanly();
}

static void send_fill(uint32_t number, uint32_t step)
{
	struct proto_fill fill = {.epoch = number, .step = step};

	send_frame(PROTO_FILL, &fill, sizeof(fill));
}

/* Steps in one epoch: nothing wrong is found before, between and after, and each is answered. */
static void test_fills(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	o.pattern = PATTERN_KSM02;
	get_ready(&o);
	for (uint32_t number = 1; number < 3; number++) {
		send_epoch(PROTO_START, number);
		for (uint32_t step = 0; step < PATTERN_STEPS; step++) {
			const struct proto_fill *filled = (const void *)guest.payload;

			send_fill(number + 1, step); /* of another epoch, no such step: left out */
			send_fill(number, PATTERN_STEPS);
			send_fill(number, step);
			wait_for(PROTO_FILLED);
			assert_int_equal(guest.h.length, sizeof(*filled));
			assert_int_equal(filled->epoch, number);
			assert_int_equal(filled->step, step);
			wait_for_touches(number, 1000 * (step + 1));
		}
		send_epoch(PROTO_STOP, number);
		collect_epoch(number);
		assert_int_equal(epoch.hist.total, epoch.last.touches);
		assert_int_equal(epoch.last.checks,
				 2 * epoch.last.touches + PATTERN_STEPS * PAGES * PATTERN_WORDS);
		assert_int_equal(epoch.last.errors + epoch.end.sweep_errors, 0);
	}
	assert_true(find_pattern(pattern_word(o.seed, 'd' - 'a', 0)) != 0);
	assert_true(find_pattern(pattern_word(o.seed, 'c' - 'a', 0)) == 0);
	quit_cleanly();
}

static void send_discard(uint32_t number, uint32_t first, uint32_t pages, uint32_t gone)
{
	struct proto_discard order = {number, first, pages, gone};

	send_frame(PROTO_DISCARD, &order, sizeof(order));
}

/* Writes @pages empty pages from @address on, each at once as a discard does: nobody runs. */
static void empty(uintptr_t address, uint32_t pages)
{
	static const char zeroes[PROTO_PAGE_SIZE];
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", guest.pid);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	kill(guest.pid, SIGSTOP);
	assert_int_equal(waitpid(guest.pid, NULL, WUNTRACED), guest.pid);
	for (uint32_t i = 0; i < pages; i++)
		assert_int_equal(pwrite(fd, zeroes, sizeof(zeroes), address + i * sizeof(zeroes)),
				 sizeof(zeroes));
	kill(guest.pid, SIGCONT);
	close(fd);
}

/*
 * Pages are taken from workers that go on touching: announced right behind a START, which the
 * workers may find both at once. Nothing is wrong, with one epoch after the other and without.
 */
static void test_discards(void **state)
{
	enum { FIRST = 3, TAKEN = 40 };
	struct proto_orders o = good_orders();
	uintptr_t at;

	(void)state;
	get_ready(&o);
	at = find_pattern(pattern_word(o.seed, FIRST, 0));
	assert_true(at != 0);
	for (uint32_t number = 1; number < 30; number++) {
		send_epoch(PROTO_START, number);
		send_discard(number + 1, FIRST, TAKEN, 0); /* unfit ones are left out */
		send_discard(number, PAGES - 1, 2, 0);
		send_discard(number, FIRST, TAKEN, 0);
		wait_for(PROTO_DISCARDED);
		assert_int_equal(((struct proto_discard *)guest.payload)->gone, 0);
		empty(at, TAKEN);
		send_discard(number, FIRST, TAKEN, 1);
		if (number % 2 || number % 3 == 0) {
			wait_for(PROTO_DISCARDED);
			assert_int_equal(((struct proto_discard *)guest.payload)->gone, 1);
		}
		if (number % 3 == 0)
			continue;
		send_epoch(PROTO_STOP, number);
		collect_epoch(number);
		assert_int_equal(epoch.last.errors + epoch.end.sweep_errors, 0);
	}
	/* What has not gone is found. */
	send_epoch(PROTO_START, 31);
	send_discard(31, FIRST, TAKEN, 0);
	wait_for(PROTO_DISCARDED);
	empty(at, TAKEN - 1);
	send_discard(31, FIRST, TAKEN, 1);
	wait_for(PROTO_DISCARDED);
	send_epoch(PROTO_STOP, 31);
	collect_epoch(31);
	assert_int_equal(epoch.last.errors, 1);
	quit_cleanly();
}

/* A fill that is still going on when the epoch ends is done to its end. */
static void test_stop_while_filling(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	o.pattern = PATTERN_KSM02;
	get_ready(&o);
	for (uint32_t number = 1; number < 20; number++) {
		send_epoch(PROTO_START, number);
		send_fill(number, number % PATTERN_STEPS);
		if (number % 3)
			send_epoch(PROTO_STOP, number);
		if (number % 3)
			collect_epoch(number);
		assert_int_equal(epoch.last.errors + epoch.end.sweep_errors, 0);
	}
	quit_cleanly();
}

/* Groups do not change: a FILL is left out. */
static void test_no_fill_of_groups(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	send_fill(1, 1);
	wait_for_touches(1, 1000);
	send_epoch(PROTO_STOP, 1);
	collect_epoch(1);
	assert_int_equal(epoch.last.checks, 2 * epoch.last.touches);
	quit_cleanly();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		guest_test(test_hello),
		guest_test(test_map_covers_every_page_once),
		guest_test(test_epochs),
		guest_test(test_stats_come_in_time),
		guest_test(test_start_while_running_restarts),
		guest_test(test_start_stop_flood),
		guest_test(test_stalls_add_up),
		guest_test(test_flipped_bit_is_reported),
		guest_test(test_two_workers),
		guest_test(test_fills),
		guest_test(test_discards),
		guest_test(test_stop_while_filling),
		guest_test(test_no_fill_of_groups),
	};

	return cmocka_run_group_tests_name("guest_proc", tests, NULL, NULL);
}
