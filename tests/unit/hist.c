/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hist.c - the histogram's promises: buckets without gaps, error at most 1/32, right quantiles.
 *
 * The bound is checked for every value up to 2^20 and, above, at both ends of every bucket: within
 * a bucket the relative error is largest at its lowest value, so the ends prove the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/hist.h"

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void check_bound(uint64_t v)
{
	unsigned int i = hist_index(v);

	assert_in_range(i, 0, HIST_BUCKETS - 1);
	assert_true(hist_low(i) <= v && v <= hist_high(i));
	/* answered - true <= true / 32 */
	assert_true((hist_high(i) - v) * 32 <= v);
}

static void test_bound_small_values(void **state)
{
	(void)state;
	for (uint64_t v = 0; v < 1 << 20; v++)
		check_bound(v);
	for (uint64_t v = 0; v < 64; v++)
		assert_int_equal(hist_high(hist_index(v)), v);
}

static void test_bound_all_boundaries(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		check_bound(hist_low(i));
		check_bound(hist_high(i));
		assert_int_equal(hist_index(hist_low(i)), i);
		assert_int_equal(hist_index(hist_high(i)), i);
	}
}

static void test_buckets_are_continuous(void **state)
{
	(void)state;
	assert_int_equal(hist_low(0), 0);
	for (unsigned int i = 1; i < HIST_BUCKETS; i++)
		assert_int_equal(hist_low(i), hist_high(i - 1) + 1);
	assert_int_equal(hist_high(HIST_BUCKETS - 1), HIST_LIMIT - 1);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void check_quantile(const struct hist *h, const uint64_t *sorted, size_t n, uint32_t num,
			   uint32_t den)
{
	size_t rank = ((unsigned __int128)n * num + den - 1) / den;
	uint64_t truth = sorted[rank - 1], got = hist_quantile(h, num, den);

	assert_true(got >= truth);
	assert_true((got - truth) * 32 <= truth);
	assert_true(got <= h->max);
}

static void test_quantiles_against_sorted(void **state)
{
	static const uint32_t wanted[][2] = {{1, 100000},    {1, 100},	    {1, 4},
					     {1, 2},	     {9, 10},	    {99, 100},
					     {999, 1000},    {9999, 10000}, {1, 1},
					     {99999, 100000}};
	static uint64_t sample[20000];
	uint64_t seed = 0x123456789abcdefull;

	(void)state;
	for (size_t n = 1; n <= 20000; n = n * 7 + 1) {
		static struct hist h;

		memset(&h, 0, sizeof(h));
		for (size_t i = 0; i < n; i++) {
			sample[i] = next_random(&seed) >> (16 + next_random(&seed) % 48);
			hist_add(&h, sample[i]);
		}
		qsort(sample, n, sizeof(sample[0]), compare);
		assert_int_equal(h.total, n);
		assert_int_equal(h.max, sample[n - 1]);
		for (size_t q = 0; q < sizeof(wanted) / sizeof(wanted[0]); q++)
			check_quantile(&h, sample, n, wanted[q][0], wanted[q][1]);
	}
}

/* Totals that would overflow a 64-bit product with the numerator. */
static void test_quantile_of_huge_total(void **state)
{
	static struct hist h;

	(void)state;
	memset(&h, 0, sizeof(h));
	h.count[hist_index(10)] = 1ull << 61;
	h.count[hist_index(50)] = 1ull << 61;
	h.total = 1ull << 62;
	h.max = 50;
	assert_int_equal(hist_quantile(&h, 50000, 100000), 10);
	assert_int_equal(hist_quantile(&h, 50001, 100000), 50);
	assert_int_equal(hist_quantile(&h, 1, 1), 50);
}

static void test_empty(void **state)
{
	static struct hist h;

	(void)state;
	assert_int_equal(hist_quantile(&h, 1, 2), 0);
}

static void test_merge_is_adding_all(void **state)
{
	static struct hist a, b, both;
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		/* some above the limit, so that overflow is merged too */
		uint64_t v = next_random(&seed) >> (next_random(&seed) % 64);

		hist_add(i % 3 ? &a : &b, v);
		hist_add(&both, v);
	}
	assert_true(a.overflow && b.overflow);
	hist_merge(&a, &b);
	assert_memory_equal(&a, &both, sizeof(a));
}

static void test_overflow(void **state)
{
	static struct hist h;

	(void)state;
	hist_add(&h, HIST_LIMIT - 1);
	assert_int_equal(h.overflow, 0);
	hist_add(&h, HIST_LIMIT);
	hist_add(&h, UINT64_MAX);
	assert_int_equal(h.overflow, 2);
	assert_int_equal(h.total, 3);
	assert_int_equal(h.count[HIST_BUCKETS - 1], 3);
	assert_int_equal(h.max, UINT64_MAX);
	/* never below the true sample */
	assert_int_equal(hist_quantile(&h, 1, 1), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound_small_values),
		cmocka_unit_test(test_bound_all_boundaries),
		cmocka_unit_test(test_buckets_are_continuous),
		cmocka_unit_test(test_quantiles_against_sorted),
		cmocka_unit_test(test_quantile_of_huge_total),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_merge_is_adding_all),
		cmocka_unit_test(test_overflow),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
