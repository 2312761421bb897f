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

static uint64_t time_above(const uint64_t *v, size_t n, uint64_t x)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i] > x ? v[i] : 0;
	return sum;
}

/* The least x with at most (den - num) / den of the time above it, by looking at every sample. */
static uint64_t true_time_quantile(const uint64_t *v, size_t n, double q)
{
	double all = (double)time_above(v, n, 0);
	uint64_t least = UINT64_MAX;

	if ((double)time_above(v, n, 0) <= (1 - q) * all)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (v[i] < least && (double)time_above(v, n, v[i]) <= (1 - q) * all)
			least = v[i];
	return least;
}

/* The bounds that hist.h derives, against every single sample. */
static void test_by_time(void **state)
{
	static uint64_t v[2000];
	static const uint32_t num[] = {1, 10, 50, 90, 99};
	static struct hist h;
	uint64_t random = 77;

	(void)state;
	for (int round = 0; round < 20; round++) {
		uint64_t time = 0;

		memset(&h, 0, sizeof(h));
		for (size_t i = 0; i < 2000; i++) {
			v[i] = next_random(&random) >> (30 + next_random(&random) % 34);
			hist_add(&h, v[i]);
			time += v[i];
		}
		for (unsigned int k = 0; k < 5; k++) {
			double q = num[k] / 100.0;
			uint64_t x = hist_time_quantile(&h, time, num[k], 100);

			assert_true(x >= true_time_quantile(v, 2000, q));
			assert_true(
				(double)x <=
				33.0 / 32 * (double)true_time_quantile(v, 2000, q + (1 - q) / 33) +
					1);
		}
		for (uint64_t from = 2; from < 1ull << 36; from = from * 5 + 1) {
			uint64_t got = hist_time_from(&h, time, from);

			assert_true(got >= time_above(v, 2000, from - 1));
			assert_true(got <= time);
			assert_true(
				(double)got <=
				33.0 / 32 *
					(double)time_above(v, 2000,
							   (uint64_t)((double)from * 32 / 33) - 1));
		}
	}
}

/* Of 245,000 touches one takes 20 ms: no percentile by touch moves, by time it is a sixth. */
static void test_one_long_by_time(void **state)
{
	static struct hist h;

	(void)state;
	memset(&h, 0, sizeof(h));
	for (int i = 0; i < 245000; i++)
		hist_add(&h, 400);
	hist_add(&h, 20000000);
	assert_int_equal(hist_quantile(&h, 999, 1000), 407);
	assert_int_equal(hist_time_from(&h, 118000000, 10000000), 20000000);
	assert_int_equal(hist_time_quantile(&h, 118000000, 50, 100), 407);
	assert_int_equal(hist_time_quantile(&h, 118000000, 90, 100), 20000000);
	/* longer than the histogram tells: max, never less */
	hist_add(&h, HIST_LIMIT * 2);
	assert_int_equal(hist_time_quantile(&h, HIST_LIMIT * 2 + 118000000, 99, 100),
			 HIST_LIMIT * 2);
	assert_int_equal(hist_time_from(&h, HIST_LIMIT * 2, 10), HIST_LIMIT * 2);
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
		cmocka_unit_test(test_by_time),
		cmocka_unit_test(test_one_long_by_time),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_merge_is_adding_all),
		cmocka_unit_test(test_overflow),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
