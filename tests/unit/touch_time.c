/* SPDX-License-Identifier: GPL-2.0-only */
/* touch_time.c - the guest's touch loop and time: stalls, who had the vCPU meanwhile, stamps. */
#include "touch_made.h"

/* Touches leave no gap: their lengths are all of the time, over several runs, too. */
static void test_time_is_the_sum(void **state)
{
	uint64_t low = 0, high = 0;

	(void)state;
	touch_run(&touch, &go, go, 100000);
	touch_run(&touch, &go, go, 50000);
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		low += touch.hist.count[i] * hist_low(i);
		high += touch.hist.count[i] * hist_high(i);
	}
	assert_in_range(touch.n.time_tsc, low, high);
	touch_begin(&touch, 2);
	assert_int_equal(touch.n.time_tsc, 0);
}

static void test_threshold_and_lost_stalls(void **state)
{
	struct proto_orders o = orders(500000);
	uint64_t sum = 0, flagged = 0;

	(void)state;
	set_up_with(&o, 0, 0); /* every touch is a stall */
	touch_run(&touch, &go, go, TOUCH_STALLS);
	assert_int_equal(touch.n.stalls, TOUCH_STALLS);
	assert_int_equal(touch.n.stalls_lost, 0);
	assert_int_equal(ring_used(&touch.stalls.ring), TOUCH_STALLS);
	for (uint32_t i = 0; i < TOUCH_STALLS; i++) {
		const struct proto_stall *s = &touch.stalls.record[i];

		sum += s->length_tsc;
		flagged += s->flags == PROTO_STALL_WRITE;
		assert_in_range(s->page, 0, PAGES - 1);
		/* the end of one touch is the start of the next */
		if (i)
			assert_true(s->start_tsc == s[-1].start_tsc + s[-1].length_tsc);
	}
	assert_true(sum == touch.n.stall_tsc);
	assert_int_equal(flagged, touch.n.writes);
	touch_run(&touch, &go, go, 100);
	assert_int_equal(touch.n.stalls, TOUCH_STALLS + 100);
	assert_int_equal(touch.n.stalls_lost, 100);
	ring_take(&touch.stalls.ring, 10);
	touch_run(&touch, &go, go, 100);
	assert_int_equal(touch.n.stalls_lost, 190);
}

#define SPIN_TSC 200000000ull /* 40 ms and more */

static void spin(int sig)
{
	uint64_t end = tsc_ordered() + SPIN_TSC;

	(void)sig;
	while (tsc_ordered() < end)
		;
}

static void *run_for_ever(void *arg)
{
	touch_run(&touch, arg, 1, TOUCH_FOREVER);
	return NULL;
}

static void wait_for_touches(uint64_t more)
{
	struct timespec ms = {.tv_nsec = 1000000};
	uint64_t until = __atomic_load_n(&touch.n.touches, __ATOMIC_RELAXED) + more;

	for (int i = 0; i < 10000; i++) {
		if (__atomic_load_n(&touch.n.touches, __ATOMIC_RELAXED) >= until)
			return;
		nanosleep(&ms, NULL);
	}
	fail_msg("no %llu touches in 10 s", (unsigned long long)more);
}

/* A pause inside the loop, as a stalled vCPU would see it; also: the counters grow visibly. */
static void test_a_pause_is_a_stall(void **state)
{
	struct proto_orders o = orders(100000);
	uint32_t running = 1, found = 0;
	pthread_t thread;

	(void)state;
	set_up_with(&o, 0, SPIN_TSC / 2);
	signal(SIGUSR1, spin);
	assert_int_equal(pthread_create(&thread, NULL, run_for_ever, &running), 0);
	wait_for_touches(10000);
	pthread_kill(thread, SIGUSR1);
	wait_for_touches(10000);
	__atomic_store_n(&running, 0, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	for (uint32_t i = 0; i < ring_used(&touch.stalls.ring); i++) {
		assert_true(touch.stalls.record[i].length_tsc >= SPIN_TSC / 2);
		found += touch.stalls.record[i].length_tsc >= SPIN_TSC;
	}
	assert_true(found >= 1);
	assert_int_equal(touch.n.stalls, ring_used(&touch.stalls.ring) + touch.n.stalls_lost);
	assert_true(touch.hist.max >= SPIN_TSC);
}

/* What the guest's kernel does when it comes back to a thread that it had switched out. */
static void preempted(int sig)
{
	touch.preempt.section = 0;
	spin(sig);
}

static uint32_t busy_stalls(void)
{
	uint32_t busy = 0;

	for (uint32_t i = 0; i < ring_used(&touch.stalls.ring); i++)
		busy += !!(touch.stalls.record[i].flags & PROTO_STALL_BUSY);
	return busy;
}

/* Of two equal pauses only the one with a preemption in it is called busy. */
static void test_a_preemption_is_busy(void **state)
{
	struct proto_orders o = orders(100000);
	uint32_t running = 1;
	pthread_t thread;

	(void)state;
	set_up_with(&o, 0, SPIN_TSC / 2);
	signal(SIGUSR1, spin);
	signal(SIGUSR2, preempted);
	assert_int_equal(pthread_create(&thread, NULL, run_for_ever, &running), 0);
	wait_for_touches(10000);
	pthread_kill(thread, SIGUSR1);
	wait_for_touches(10000);
	assert_int_equal(busy_stalls(), 0);
	pthread_kill(thread, SIGUSR2);
	wait_for_touches(10000);
	__atomic_store_n(&running, 0, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_int_equal(busy_stalls(), 1);
	assert_false(preempt_seen(&touch.preempt));
}

static uint16_t odd_flags(uint64_t start, uint64_t length)
{
	uint32_t slot = touch.stalls.ring.head & (TOUCH_STALLS - 1);

	touch_odd(&touch, 3, false, start, length);
	return touch.stalls.record[slot].flags;
}

/* A preemption between the end of a touch and the look for it was in the next touch. */
static void test_preemption_belongs_to_the_longer(void **state)
{
	struct proto_orders o = orders(0);
	uint64_t end;

	(void)state;
	set_up_with(&o, 0, 1);
	touch.preempt.section = 0;
	end = tsc_ordered() - 1000000;
	assert_int_equal(odd_flags(end - 50, 50), 0);
	assert_int_equal(odd_flags(end, tsc_ordered() - end), PROTO_STALL_BUSY);
	end = tsc_ordered();
	assert_int_equal(odd_flags(end - 100, 100), 0); /* seen once, said once */
	touch.preempt.section = 0;
	end = tsc_ordered();
	assert_int_equal(odd_flags(end - SPIN_TSC, SPIN_TSC), PROTO_STALL_BUSY);
}

/* The stamp of a touch is the step in which it began: not that in which it ended, late. */
static void test_stamps(void **state)
{
	struct proto_orders o = orders(0);
	struct touch_times times;

	(void)state;
	o.pages = o.groups = 1;
	set_up_with(&o, 0, NO_STALL);
	page_state[0].stamp = 77;
	touch_forget(&touch.memory, &times, tsc_ordered());
	assert_int_equal(page_state[0].stamp, 0);
	touch.stamp_base = touch_stamp_base(&times);
	for (int i = 0; i < 2000; i++) {
		uint64_t before = tsc_ordered(), after;

		touch_run(&touch, &go, go, 1);
		after = tsc_ordered();
		assert_in_range(page_state[0].stamp, touch_stamp(before, touch.stamp_base),
				touch_stamp(after, touch.stamp_base));
		assert_true(page_state[0].stamp > 0);
	}
}

/* A page that is long in coming: the access is held up, and what the stamp says was before it. */
static void come_late(int sig, siginfo_t *info, void *context)
{
	uint64_t until = tsc_ordered() + (64ull << PROTO_TOUCHED_SHIFT);

	(void)sig;
	(void)info;
	(void)context;
	while (tsc_ordered() < until)
		;
	mprotect(words, sizeof(words), PROT_READ | PROT_WRITE);
}

static void test_stamp_of_a_long_touch(void **state)
{
	struct sigaction late = {.sa_sigaction = come_late, .sa_flags = SA_SIGINFO}, before;
	struct proto_orders o = orders(0);
	struct touch_times times;
	uint64_t end;

	(void)state;
	o.pages = o.groups = 1;
	set_up_with(&o, 0, NO_STALL);
	touch_forget(&touch.memory, &times, tsc_ordered());
	touch.stamp_base = touch_stamp_base(&times);
	sigaction(SIGSEGV, &late, &before);
	mprotect(words, sizeof(words), PROT_NONE);
	touch_run(&touch, &go, go, 1);
	end = tsc_ordered();
	sigaction(SIGSEGV, &before, NULL);
	assert_true(page_state[0].stamp + 64 <= touch_stamp(end, touch.stamp_base));
}

static void test_stamps_since_the_start(void **state)
{
	const uint64_t origin = 1234567, step = 1 << PROTO_TOUCHED_SHIFT;
	struct touch_times times = {.origin_tsc = origin};
	uint64_t base = touch_stamp_base(&times);

	(void)state;
	for (uint64_t start = origin; start < origin + 5 * step; start += 100) {
		uint64_t now = origin + 20 * step;

		touch_times_start(&times, start);
		assert_in_range(times.start_tsc, start - step + 1, start);
		assert_int_equal(touch_since(&times, 0, now), 0);
		for (uint64_t end = origin; end < now; end += 99) {
			uint64_t since =
				end < times.start_tsc ? 0 : 1 + ((end - times.start_tsc) / step);

			assert_int_equal(touch_since(&times, touch_stamp(end, base), now), since);
		}
	}
}

/* After 2^42 ticks a stamp may be an old one; the last that is sure, and the first that is not. */
static void test_stamps_of_a_long_epoch(void **state)
{
	struct touch_times times = {.origin_tsc = 99, .start_tsc = 99};
	uint64_t limit = 99 + ((uint64_t)(UINT32_MAX - 1) << PROTO_TOUCHED_SHIFT);
	uint32_t last = touch_stamp(limit - 1, touch_stamp_base(&times));

	(void)state;
	assert_int_equal(last, UINT32_MAX - 1);
	assert_int_equal(touch_since(&times, last, limit - 1), last);
	assert_int_equal(touch_since(&times, 0, limit - 1), 0);
	assert_int_equal(touch_since(&times, last, limit), UINT32_MAX);
	assert_int_equal(touch_since(&times, 0, limit), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_time_is_the_sum, set_up),
		cmocka_unit_test(test_threshold_and_lost_stalls),
		cmocka_unit_test(test_a_pause_is_a_stall),
		cmocka_unit_test(test_a_preemption_is_busy),
		cmocka_unit_test(test_preemption_belongs_to_the_longer),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_stamp_of_a_long_touch),
		cmocka_unit_test(test_stamps_since_the_start),
		cmocka_unit_test(test_stamps_of_a_long_epoch),
	};

	return cmocka_run_group_tests_name("touch_time", tests, NULL, NULL);
}
