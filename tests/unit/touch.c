/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * touch.c - the guest's touch loop, run natively: what it must find, and what it must leave alone.
 *
 * The same object code as in the guest, on ordinary memory. Damage is done between two calls of
 * touch_run(), as the host's kernel would do it behind the guest's back.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "guest/touch.h"
#include "guest/touch_loop.h"
#include "guest/tsc.h"

#define PAGES 64u
#define GROUPS 5u
#define NO_STALL UINT64_MAX

static uint64_t words[PAGES * PATTERN_WORDS] __attribute__((aligned(4096)));
static struct touch_state page_state[PAGES];
static struct touch touch;
static struct touch_corrupts swept;
static const uint32_t go = 1;

static struct proto_orders orders(uint32_t write_ppm)
{
	return (struct proto_orders){
		.seed = 11, .pages = PAGES, .groups = GROUPS, .write_ppm = write_ppm, .vcpus = 1};
}

static void set_up_with(const struct proto_orders *o, uint32_t vcpu, uint64_t stall_tsc)
{
	struct touch_memory m = {
		.words = words,
		.state = page_state,
		.seed = o->seed,
		.group_inverse = touch_group_inverse(o->groups),
		.groups = o->groups,
		.pages = o->pages,
	};

	memset(page_state, 0, sizeof(page_state));
	memset(&touch, 0, sizeof(touch));
	memset(&swept, 0, sizeof(swept));
	for (uint32_t page = 0; page < o->pages; page++)
		touch_fill(&m, page);
	touch_init(&touch, &m, o, vcpu, stall_tsc);
	touch_begin(&touch, 1);
}

static int set_up(void **state)
{
	struct proto_orders o = orders(200000);

	(void)state;
	set_up_with(&o, 0, NO_STALL);
	return 0;
}

static uint32_t sweep_all(void)
{
	uint32_t wrong = 0;

	for (uint32_t page = 0; page < PAGES; page++) {
		uint64_t clean[PATTERN_WORDS];

		touch_clean(&touch.memory, touch_group(&touch.memory, page), clean);
		wrong += touch_sweep(&touch.memory, page, clean, &swept);
	}
	return wrong;
}

static uint64_t *page_words(uint32_t page)
{
	return words + (size_t)page * PATTERN_WORDS;
}

static uint64_t clean_word(uint32_t page, uint32_t word)
{
	return pattern_word(touch.memory.seed, page % GROUPS, word);
}

static uint64_t tag_of(uint32_t page)
{
	return touch_tag(&touch.memory, page, page_state[page].changes);
}

static void test_clean_memory_has_no_errors(void **state)
{
	(void)state;
	touch_run(&touch, &go, go, 500000);
	assert_int_equal(touch.n.touches, 500000);
	assert_int_equal(touch.hist.total, 500000);
	assert_int_equal(touch.n.errors, 0);
	assert_int_equal(touch.n.stalls, 0);
	assert_int_equal(sweep_all(), 0);
}

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

/* Every page holds its group's words, but for the one tag of a tagged page. */
static void test_pages_are_the_group_or_tagged(void **state)
{
	uint32_t tagged = 0;

	(void)state;
	touch_run(&touch, &go, go, 100000);
	for (uint32_t page = 0; page < PAGES; page++) {
		uint32_t differ = 0;

		for (uint32_t word = 0; word < PATTERN_WORDS; word++) {
			if (page_words(page)[word] == clean_word(page, word))
				continue;
			differ++;
			assert_int_not_equal(word, PATTERN_HOST_WORD);
			assert_true(page_words(page)[word] == tag_of(page));
		}
		assert_int_equal(differ, page_state[page].changes & 1);
		tagged += differ;
	}
	assert_in_range(tagged, 1, PAGES - 1);
}

static void test_write_share(void **state)
{
	static const uint32_t ppm[] = {0, 1000, 50000, 500000, 999999, 1000000};

	(void)state;
	for (size_t i = 0; i < sizeof(ppm) / sizeof(ppm[0]); i++) {
		struct proto_orders o = orders(ppm[i]);
		int64_t wanted = ppm[i], got;

		set_up_with(&o, 0, NO_STALL);
		touch_run(&touch, &go, go, 1000000);
		got = touch.n.writes;
		/* the sample's deviation is below 500, five of them */
		assert_true(llabs(got - wanted) < (ppm[i] % 1000000 ? 2500 : 1));
	}
}

static void test_group_without_division(void **state)
{
	static const uint32_t groups[] = {1, 2, 3, 5, 64, 1000, 65537, 0x7fffffff, UINT32_MAX};
	uint32_t page = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct touch_memory m = {.groups = groups[i],
					 .group_inverse = touch_group_inverse(groups[i])};

		for (int n = 0; n < 10000; n++, page = page * 1664525 + 1013904223)
			assert_int_equal(touch_group(&m, page), page % groups[i]);
		assert_int_equal(touch_group(&m, UINT32_MAX), UINT32_MAX % groups[i]);
		assert_int_equal(touch_group(&m, groups[i]), 0);
		assert_int_equal(touch_group(&m, groups[i] - 1), groups[i] - 1);
	}
}

static void test_each_page_has_one_owner(void **state)
{
	static struct touch t;
	struct touch_memory m = {0};

	(void)state;
	for (uint32_t vcpus = 1; vcpus <= PROTO_MAX_VCPUS; vcpus++) {
		struct proto_orders o = {.pages = 1000003, .vcpus = vcpus};
		uint32_t next = 0;

		for (uint32_t v = 0; v < vcpus; v++) {
			touch_init(&t, &m, &o, v, NO_STALL);
			assert_int_equal(t.first, next);
			assert_true(t.pages > 0);
			next += t.pages;
		}
		assert_int_equal(next, o.pages);
	}
}

static void test_a_worker_keeps_to_its_pages(void **state)
{
	struct proto_orders o = orders(1000000);

	(void)state;
	o.vcpus = 4;
	set_up_with(&o, 1, NO_STALL);
	touch_run(&touch, &go, go, 100000);
	for (uint32_t page = 0; page < PAGES; page++) {
		if (page >= 16 && page < 32)
			assert_int_not_equal(page_state[page].changes, 0);
		else
			assert_int_equal(page_state[page].changes, 0);
	}
	assert_int_equal(sweep_all(), 0);
}

/* One flipped bit is one error with the right record, whichever word it is in; then it is gone. */
static void expect_one_error(uint32_t page, uint32_t word, uint64_t expected, uint64_t found)
{
	const struct proto_corrupt *record = &touch.corrupts.record[0];

	for (int i = 0; i < 1000 && !touch.n.errors; i++)
		touch_run(&touch, &go, go, 1000);
	assert_int_equal(touch.n.errors, 1);
	assert_int_equal(ring_used(&touch.corrupts.ring), 1);
	assert_int_equal(record->page, page);
	assert_int_equal(record->word, word);
	assert_true(record->expected == expected);
	assert_true(record->found == found);
	assert_int_equal(record->vcpu, 0);
	touch_run(&touch, &go, go, 20000);
	assert_int_equal(touch.n.errors, 1);
	assert_int_equal(sweep_all(), 0);
}

static void test_flip_is_found_in_every_word(void **state)
{
	struct proto_orders o = orders(0);

	(void)state;
	o.pages = o.groups = 2;
	for (uint32_t word = 0; word < PATTERN_WORDS; word++) {
		uint64_t right;

		set_up_with(&o, 0, NO_STALL);
		right = page_words(1)[word];
		page_words(1)[word] ^= 1ull << word % 64;
		touch_run(&touch, &go, go, 50000);
		assert_int_equal(touch.n.errors, 1);
		assert_true(page_words(1)[word] == right);
	}
}

static void test_flip_is_one_error(void **state)
{
	static const uint32_t flips[] = {0, 1, 255, 510, PATTERN_HOST_WORD};

	for (size_t i = 0; i < sizeof(flips) / sizeof(flips[0]); i++) {
		uint32_t page = 7 * i + 3, word = flips[i];
		uint64_t right;

		set_up(state);
		right = clean_word(page, word);
		page_words(page)[word] = right ^ 1ull << i * 15;
		expect_one_error(page, word, right, right ^ 1ull << i * 15);
	}
}

static void run_until_state(uint32_t page, uint32_t tagged)
{
	for (int i = 0; i < 1000000; i++) {
		if (page_state[page].changes && (page_state[page].changes & 1) == tagged)
			return;
		touch_run(&touch, &go, go, 1);
	}
	fail_msg("page %u never became %s", page, tagged ? "tagged" : "clean");
}

/* The tag was written, and then the page is as it was before: what a lost write looks like. */
static void test_lost_tag_is_found(void **state)
{
	uint32_t page = 33, word;
	uint64_t old[PATTERN_WORDS], tag;

	(void)state;
	memcpy(old, page_words(page), sizeof(old));
	run_until_state(page, 1);
	tag = tag_of(page);
	word = pattern_tag_word(tag);
	memcpy(page_words(page), old, sizeof(old));
	/* On the page's very next touch, not by luck: at most one touch of it went by. */
	for (uint32_t was = page_state[page].changes; page_state[page].changes == was;)
		touch_run(&touch, &go, go, 1);
	assert_int_equal(touch.n.errors, 1);
	expect_one_error(page, word, tag, clean_word(page, word));
}

/* The pattern was put back, and then the tag is there again: a stale page. */
static void test_lost_restore_is_found(void **state)
{
	uint32_t page = 34, word;
	uint64_t old[PATTERN_WORDS], tag;

	(void)state;
	run_until_state(page, 1);
	tag = tag_of(page);
	word = pattern_tag_word(tag);
	memcpy(old, page_words(page), sizeof(old));
	run_until_state(page, 0);
	memcpy(page_words(page), old, sizeof(old));
	expect_one_error(page, word, clean_word(page, word), tag);
}

/* Another page's tag, or an older one of the same page, is not taken for the right one. */
static void test_tags_are_unique(void **state)
{
	(void)state;
	for (uint32_t page = 0; page < 50; page++) {
		for (uint32_t generation = 1; generation < 100; generation += 2) {
			uint64_t tag = pattern_tag(11, page, generation);

			assert_true(tag != pattern_tag(11, page, generation + 2));
			assert_true(tag != pattern_tag(11, page + 1, generation));
			assert_true(tag != pattern_tag(12, page, generation));
			assert_in_range(pattern_tag_word(tag), 0, PATTERN_HOST_WORD - 1);
		}
	}
	assert_int_equal(pattern_tag_word(UINT64_MAX), PATTERN_HOST_WORD - 1);
}

static void test_sweep_finds_every_word(void **state)
{
	uint32_t wrong;

	(void)state;
	touch_run(&touch, &go, go, 10000);
	for (uint32_t word = 0; word < PATTERN_WORDS; word++)
		page_words(word % PAGES)[word] ^= 1ull << 63;
	wrong = sweep_all();
	assert_int_equal(wrong, PATTERN_WORDS);
	assert_int_equal(ring_used(&swept.ring), TOUCH_CORRUPTS);
	assert_int_equal(swept.record[0].vcpu, 0xffff);
	assert_int_equal(sweep_all(), 0);
	touch_run(&touch, &go, go, 100000);
	assert_int_equal(touch.n.errors, 0);
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

#define SHARERS 3u
#define SHARED 40u

static struct touch sharer[SHARERS];
static uint32_t sharers_go;

static void *share_for_ever(void *arg)
{
	touch_run(arg, &sharers_go, 1, TOUCH_FOREVER);
	return NULL;
}

/* @flip: one bit of a shared page is turned over meanwhile, behind all of them. */
static uint64_t run_sharers(const struct proto_orders *o, bool flip)
{
	struct timespec while_ns = {.tv_nsec = 300000000}, moment = {.tv_nsec = 50000000};
	pthread_t thread[SHARERS];
	uint64_t errors = 0;

	set_up_with(o, 0, NO_STALL);
	touch.memory.shared = o->shared;
	touch.memory.vcpus = o->vcpus;
	memset(sharer, 0, sizeof(sharer));
	sharers_go = 1;
	for (uint32_t v = 0; v < SHARERS; v++) {
		touch_init(&sharer[v], &touch.memory, o, v, NO_STALL);
		touch_begin(&sharer[v], 1);
		assert_int_equal(pthread_create(&thread[v], NULL, share_for_ever, &sharer[v]), 0);
	}
	nanosleep(&moment, NULL);
	if (flip)
		__atomic_fetch_xor(&page_words(SHARED / 2)[PATTERN_HOST_WORD], 4, __ATOMIC_RELAXED);
	nanosleep(&while_ns, NULL);
	__atomic_store_n(&sharers_go, 0, __ATOMIC_RELAXED);
	for (uint32_t v = 0; v < SHARERS; v++) {
		pthread_join(thread[v], NULL);
		errors += sharer[v].n.errors;
	}
	return errors;
}

/* All read, one at a time writes: no word is ever wrong, every one of them writes, a flip is seen.
 */
static void test_shared_pages(void **state)
{
	struct proto_orders o = orders(500000);
	uint32_t changed = 0;

	(void)state;
	o.vcpus = SHARERS;
	o.shared = SHARED;
	assert_int_equal(run_sharers(&o, false), 0);
	for (uint32_t page = 0; page < SHARED; page++)
		changed += page_state[page].changes >= SHARERS;
	assert_int_equal(changed, SHARED);
	for (uint32_t v = 0; v < SHARERS; v++)
		assert_true(sharer[v].n.writes > 0);
	assert_in_range(run_sharers(&o, true), 1, SHARERS);
}

/* A write that is lost: the page holds what it held before, and its count says otherwise. */
static void test_a_lost_shared_write(void **state)
{
	struct proto_orders o = orders(1000000);
	uint64_t before[PATTERN_WORDS];

	(void)state;
	o.shared = 1;
	set_up_with(&o, 0, NO_STALL);
	touch.memory.shared = touch.memory.vcpus = 1;
	for (int lost = 0; lost < 2; lost++) {
		memcpy(before, page_words(0), sizeof(before));
		assert_true(touch_shared(&touch, 0, 0)); /* tags it, then takes the tag back */
		assert_int_equal(touch.n.errors, 0);
		assert_memory_not_equal(before, page_words(0), sizeof(before));
	}
	memcpy(before, page_words(0), sizeof(before));
	assert_true(touch_shared(&touch, 0, 0));
	memcpy(page_words(0), before, sizeof(before));
	touch.memory.vcpus =
		2; /* after three changes it is the other's turn: this one only reads */
	assert_false(touch_shared(&touch, 0, 0));
	assert_int_equal(touch.n.errors, 1);
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

static void test_epoch_zeroes_counters(void **state)
{
	struct proto_vcpu_stats zero = {0};

	(void)state;
	touch_run(&touch, &go, go, 1000);
	page_words(5)[511] ^= 1;
	touch_run(&touch, &go, go, 1000000);
	assert_int_equal(touch.n.errors, 1);
	touch_begin(&touch, 2);
	assert_memory_equal(&touch.n, &zero, sizeof(zero));
	assert_int_equal(touch.hist.total, 0);
	assert_int_equal(touch.hist.max, 0);
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		assert_int_equal(touch.hist.count[i], 0);
	/* the tags outlive the epoch */
	touch_run(&touch, &go, go, 100000);
	assert_int_equal(touch.n.errors, 0);
}

static void test_stops_when_told(void **state)
{
	(void)state;
	touch_run(&touch, &go, go + 1, TOUCH_FOREVER);
	assert_int_equal(touch.n.touches, 0);
}

/* The states count every page's writes: equal states, and equal next random number. */
static void fingerprint(uint64_t seed, uint32_t epoch, uint32_t states[PAGES], uint64_t *random)
{
	struct proto_orders o = orders(300000);

	o.seed = seed;
	set_up_with(&o, 0, NO_STALL);
	touch_begin(&touch, epoch);
	touch_run(&touch, &go, go, 10000);
	for (uint32_t page = 0; page < PAGES; page++)
		states[page] = page_state[page].changes;
	*random = touch.random;
}

static void test_same_seed_same_touches(void **state)
{
	uint32_t first[PAGES], second[PAGES];
	uint64_t random, again;

	(void)state;
	fingerprint(77, 1, first, &random);
	fingerprint(77, 1, second, &again);
	assert_memory_equal(first, second, sizeof(first));
	assert_true(random == again);
	fingerprint(78, 1, second, &again);
	assert_memory_not_equal(first, second, sizeof(first));
	fingerprint(77, 2, second, &again);
	assert_memory_not_equal(first, second, sizeof(first));
}

/* Pages that the host takes: empty is no error once they may be, still full is one once they are
 * gone. */
static void discarded_pages_come_back(void **state)
{
	enum { FIRST = 8, LOST = 20, FOUND = 3 };

	(void)state;
	touch_discard(&touch, FIRST, LOST, 0);
	memset(words + FIRST * PATTERN_WORDS, 0, LOST * 4096);
	touch_run(&touch, &go, 1, 10);
	touch_discard(&touch, FIRST, LOST, 1);
	assert_int_equal(touch.n.errors, 0);
	touch_run(&touch, &go, 1, 100 * PAGES);
	assert_int_equal(touch.n.errors, 0);

	/* Only where it was announced, */
	memset(words + 2 * PATTERN_WORDS, 0, 4096);
	touch_run(&touch, &go, 1, 100 * PAGES);
	assert_true(touch.n.errors > 0);

	touch_discard(&touch, 2, 1, 0);
	memset(words + 2 * PATTERN_WORDS, 0, 4096);
	touch_discard(&touch, 2, 1, 1);

	/* and not a page that nobody has taken. */
	touch.n.errors = 0;
	touch_discard(&touch, FIRST, LOST, 0);
	memset(words + FIRST * PATTERN_WORDS, 0, (LOST - FOUND) * 4096);
	touch_discard(&touch, FIRST, LOST, 1);
	assert_int_equal(touch.n.errors, FOUND);
	touch.n.errors = 0;
	touch_run(&touch, &go, 1, 100 * PAGES);
	assert_int_equal(touch.n.errors, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_clean_memory_has_no_errors, set_up),
		cmocka_unit_test_setup(test_time_is_the_sum, set_up),
		cmocka_unit_test_setup(discarded_pages_come_back, set_up),
		cmocka_unit_test_setup(test_pages_are_the_group_or_tagged, set_up),
		cmocka_unit_test(test_write_share),
		cmocka_unit_test(test_shared_pages),
		cmocka_unit_test(test_a_lost_shared_write),
		cmocka_unit_test(test_group_without_division),
		cmocka_unit_test(test_each_page_has_one_owner),
		cmocka_unit_test(test_a_worker_keeps_to_its_pages),
		cmocka_unit_test(test_flip_is_found_in_every_word),
		cmocka_unit_test(test_flip_is_one_error),
		cmocka_unit_test_setup(test_lost_tag_is_found, set_up),
		cmocka_unit_test_setup(test_lost_restore_is_found, set_up),
		cmocka_unit_test(test_tags_are_unique),
		cmocka_unit_test_setup(test_sweep_finds_every_word, set_up),
		cmocka_unit_test(test_threshold_and_lost_stalls),
		cmocka_unit_test(test_a_pause_is_a_stall),
		cmocka_unit_test(test_a_preemption_is_busy),
		cmocka_unit_test(test_preemption_belongs_to_the_longer),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_stamp_of_a_long_touch),
		cmocka_unit_test(test_stamps_since_the_start),
		cmocka_unit_test(test_stamps_of_a_long_epoch),
		cmocka_unit_test_setup(test_epoch_zeroes_counters, set_up),
		cmocka_unit_test_setup(test_stops_when_told, set_up),
		cmocka_unit_test(test_same_seed_same_touches),
	};

	return cmocka_run_group_tests_name("touch", tests, NULL, NULL);
}
