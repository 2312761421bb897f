/* SPDX-License-Identifier: GPL-2.0-only */
/* touch.c - the guest's touch loop and data: what it must find, and what it must leave alone. */
#include "touch_made.h"

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

#define SHARERS 3u
#define SHARED 40u

static struct touch sharer[SHARERS];
static uint32_t sharers_go;

static void *share_for_ever(void *arg)
{
	touch_run(arg, &sharers_go, 1, TOUCH_FOREVER);
	return NULL;
}

/* Each of them has had its turn at every page. */
static bool all_have_written(void)
{
	uint32_t changed = 0;

	for (uint32_t page = 0; page < SHARED; page++)
		changed += __atomic_load_n(&page_state[page].changes, __ATOMIC_RELAXED) >= SHARERS;
	return changed == SHARED;
}

static bool one_has_found_it(void)
{
	uint64_t errors = 0;

	for (uint32_t v = 0; v < SHARERS; v++)
		errors += __atomic_load_n(&sharer[v].n.errors, __ATOMIC_RELAXED);
	return errors;
}

static void wait_until(bool (*done)(void), const char *what)
{
	for (int i = 0; i < 20000; i++) {
		if (done())
			return;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	fail_msg("%s: not in 20 s", what);
}

/* @flip: one bit of a shared page is turned over meanwhile, behind all of them. */
static uint64_t run_sharers(const struct proto_orders *o, bool flip)
{
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
	wait_until(all_have_written, "every vCPU writes to every shared page");
	if (flip) {
		__atomic_fetch_xor(&page_words(SHARED / 2)[PATTERN_HOST_WORD], 4, __ATOMIC_RELAXED);
		wait_until(one_has_found_it, "the flip is found");
	}
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

	(void)state;
	o.vcpus = SHARERS;
	o.shared = SHARED;
	assert_int_equal(run_sharers(&o, false), 0);
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
		cmocka_unit_test_setup(test_epoch_zeroes_counters, set_up),
		cmocka_unit_test_setup(test_stops_when_told, set_up),
		cmocka_unit_test(test_same_seed_same_touches),
	};

	return cmocka_run_group_tests_name("touch", tests, NULL, NULL);
}
