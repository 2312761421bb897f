/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * touch_fill.c - the load of ksm02 in the guest: what pages hold in each step, how many are alike,
 * and that a page is looked at whole before it is written anew. Run natively, as touch.c is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest/touch.h"

#define PAGES 31u /* a page is left over when thirds are made */
#define THIRD 10u
#define ODD 19u
#define VCPUS 2u

static uint64_t words[PAGES * PATTERN_WORDS] __attribute__((aligned(4096)));
static struct touch_state page_state[PAGES];
static struct touch touch[VCPUS];
static const uint32_t go = 1;

static struct touch_memory made_memory(void)
{
	struct touch_memory m = {.words = words, .state = page_state, .seed = 3, .pages = PAGES};

	touch_step(&m, 0);
	return m;
}

static int set_up(void **state)
{
	struct proto_orders o = {.pages = PAGES, .vcpus = VCPUS, .write_ppm = 300000};
	struct touch_memory m = made_memory();

	(void)state;
	memset(words, 0, sizeof(words));
	memset(touch, 0, sizeof(touch));
	for (uint32_t page = 0; page < PAGES; page++)
		touch_fill(&m, page);
	for (uint32_t i = 0; i < VCPUS; i++) {
		touch_init(&touch[i], &m, &o, i, UINT64_MAX);
		touch_begin(&touch[i], 1);
	}
	return 0;
}

static uint64_t *page_words(uint32_t page)
{
	return words + (size_t)page * PATTERN_WORDS;
}

static bool alike(uint32_t a, uint32_t b)
{
	return !memcmp(page_words(a), page_words(b), PROTO_PAGE_SIZE);
}

static void refill(uint32_t step)
{
	for (uint32_t i = 0; i < VCPUS; i++)
		touch_refill(&touch[i], step);
}

static uint32_t sweep_all(void)
{
	const struct touch_memory *m = &touch[0].memory;
	static struct touch_corrupts found;
	uint64_t clean[PATTERN_WORDS];
	uint32_t wrong = 0;

	for (uint32_t page = 0; page < PAGES; page++) {
		touch_clean(m, touch_group(m, page), clean);
		wrong += touch_sweep(m, page, clean, &found);
	}
	return wrong;
}

/* How many different pages there are: what KSM would need to keep. */
static uint32_t kinds(void)
{
	uint32_t n = 0;

	for (uint32_t page = 0; page < PAGES; page++) {
		uint32_t before = 0;

		while (before < page && !alike(before, page))
			before++;
		n += before == page;
	}
	return n;
}

/* c a a, c b a, d d d: what the original checks as pages_shared after each step. */
static void test_steps(void **state)
{
	static const uint32_t wanted[] = {2, 3, 1, 2};

	(void)state;
	for (uint32_t step = 0; step < PATTERN_STEPS; step++) {
		refill(step);
		assert_int_equal(kinds(), wanted[step]);
		assert_int_equal(sweep_all(), 0);
		assert_true(alike(0, THIRD - 1));
		assert_true(alike(2 * THIRD, PAGES - 1));
		assert_int_equal(alike(THIRD, 2 * THIRD), step != 1);
		assert_int_equal(alike(0, THIRD), step > 1);
	}
}

static void test_one_byte_is_odd(void **state)
{
	const uint8_t *odd = (const uint8_t *)page_words(ODD), *twin = (uint8_t *)page_words(0);

	(void)state;
	refill(3);
	assert_memory_equal(odd, twin, PROTO_PAGE_SIZE - 1);
	assert_int_not_equal(odd[PROTO_PAGE_SIZE - 1], twin[PROTO_PAGE_SIZE - 1]);
	assert_int_equal(pattern_odd_page(PAGES), ODD);
	refill(2);
	assert_true(alike(ODD, 0));
}

static void test_first_fill_is_step_a(void **state)
{
	static uint64_t before[PAGES * PATTERN_WORDS];

	(void)state;
	memcpy(before, words, sizeof(words));
	refill(0);
	assert_memory_equal(before, words, sizeof(words));
}

/* Touches know what the step's words are, also the odd one, and tags do not outlive a fill. */
static void test_touches_find_nothing_wrong(void **state)
{
	(void)state;
	for (uint32_t step = 0; step < PATTERN_STEPS; step++) {
		for (uint32_t i = 0; i < VCPUS; i++)
			touch_run(&touch[i], &go, go, 200000);
		refill((step + 1) % PATTERN_STEPS);
	}
	for (uint32_t i = 0; i < VCPUS; i++) {
		touch_run(&touch[i], &go, go, 200000);
		assert_int_equal(touch[i].n.errors, 0);
		assert_true(touch[i].n.writes > 1000);
		assert_int_equal(touch[i].n.checks, PATTERN_STEPS * touch[i].pages * PATTERN_WORDS);
	}
	refill(1);
	assert_int_equal(sweep_all(), 0);
	assert_int_equal(kinds(), 3);
}

/* What random touches have missed must not be lost when the page is written anew. */
static void test_fill_looks_first(void **state)
{
	(void)state;
	refill(3);
	page_words(7)[100] ^= 1ull << 9;
	page_words(ODD)[PATTERN_HOST_WORD] ^= PATTERN_ODD; /* as if the byte had been lost */
	refill(0);
	assert_int_equal(touch[0].n.errors, 1);
	assert_int_equal(touch[1].n.errors, 1);
	assert_int_equal(ring_used(&touch[0].corrupts.ring), 1);
	assert_int_equal(touch[0].corrupts.record[0].page, 7);
	assert_int_equal(touch[0].corrupts.record[0].word, 100);
	assert_int_equal(touch[1].corrupts.record[0].page, ODD);
	refill(1);
	assert_int_equal(touch[0].n.errors + touch[1].n.errors, 2);
}

/* A fill is no touch, but the guest has used the page. */
static void test_fill_is_stamped(void **state)
{
	struct touch_times times;

	(void)state;
	touch_forget(&touch[0].memory, &times, 0);
	for (uint32_t i = 0; i < VCPUS; i++)
		touch[i].stamp_base = touch_stamp_base(&times);
	touch_refill(&touch[1], 2);
	for (uint32_t page = 0; page < PAGES; page++)
		assert_int_equal(page_state[page].stamp != 0, page >= touch[1].first);
	assert_int_equal(touch[1].n.touches, 0);
	assert_int_equal(touch[1].hist.total, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_steps, set_up),
		cmocka_unit_test_setup(test_one_byte_is_odd, set_up),
		cmocka_unit_test_setup(test_first_fill_is_step_a, set_up),
		cmocka_unit_test_setup(test_touches_find_nothing_wrong, set_up),
		cmocka_unit_test_setup(test_fill_looks_first, set_up),
		cmocka_unit_test_setup(test_fill_is_stamped, set_up),
	};

	return cmocka_run_group_tests_name("touch_fill", tests, NULL, NULL);
}
