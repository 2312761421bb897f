/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostclock.c - the error bound must hold, and must not be silly.
 *
 * Besides single cases: made-up hosts whose rate wanders as NTP steers it, seen through points with
 * random errors; whatever is asked, the truth must lie within the bound. It would pass silently if
 * the bound were always huge, so its size is checked too.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "attrib/hostclock.h"

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static int add(struct hostclock *c, uint64_t tsc, uint64_t ns, uint64_t error_ns)
{
	const struct hostclock_point p = {tsc, ns, error_ns};

	return hostclock_add(c, &p);
}

static void check_map(const struct hostclock *c, uint64_t tsc, uint64_t ns, uint64_t error_ns)
{
	uint64_t got, error;

	assert_int_equal(hostclock_map(c, tsc, &got, &error), 0);
	assert_int_equal(got, ns);
	assert_int_equal(error, error_ns);
}

static void test_guest_tsc(void **state)
{
	const struct hostclock_scale plain = {.offset = -1000};
	const struct hostclock_scale amd = {.offset = 5, .ratio = 3ull << 31, .frac_bits = 32};
	const struct hostclock_scale intel = {.ratio = 1ull << 47, .frac_bits = 48};

	(void)state;
	assert_int_equal(hostclock_guest_tsc(&plain, 1500), 500);
	assert_int_equal(hostclock_guest_tsc(&amd, 1000), 1505);
	/* the product has more than 64 bits */
	assert_int_equal(hostclock_guest_tsc(&intel, 1ull << 62), 1ull << 61);
	assert_int_equal(hostclock_guest_tsc(&amd, 1ull << 62), (3ull << 61) + 5);
	/* an offset that takes the guest's TSC back to 0 at its start */
	assert_int_equal(hostclock_guest_tsc(&(struct hostclock_scale){.offset = INT64_MIN},
					     (1ull << 63) + 7),
			 7);
}

static void test_pong(void **state)
{
	struct hostclock_point p;

	(void)state;
	p = hostclock_pong(1000, 77, 1200);
	assert_int_equal(p.tsc, 77);
	assert_int_equal(p.ns, 1100);
	assert_int_equal(p.error_ns, 100);
	p = hostclock_pong(1000, 77, 1201); /* both ends must be within */
	assert_true(p.ns - p.error_ns <= 1000 && p.ns + p.error_ns >= 1201);
	assert_int_equal(p.error_ns, 101);
	assert_int_equal(hostclock_pong(1000, 77, 999).error_ns, UINT64_MAX);
}

static void test_needs_two_points(void **state)
{
	struct hostclock c = {0};
	uint64_t ns, error;

	(void)state;
	assert_int_equal(hostclock_map(&c, 5, &ns, &error), -ENODATA);
	assert_int_equal(hostclock_error(&c), UINT64_MAX);
	assert_int_equal(add(&c, 100, 1000, 1), 0);
	assert_int_equal(hostclock_map(&c, 100, &ns, &error), -ENODATA);
	assert_int_equal(hostclock_error(&c), UINT64_MAX);
	assert_int_equal(add(&c, 200, 2000, 1), 0);
	assert_int_equal(hostclock_map(&c, 100, &ns, &error), 0);
}

static void test_refuses(void **state)
{
	struct hostclock c = {0};
	uint64_t ns, error;

	(void)state;
	assert_int_equal(add(&c, 100, 1000, 10), 0);
	assert_int_equal(add(&c, 100, 1000, 10), -EINVAL);
	assert_int_equal(add(&c, 99, 2000, 10), -EINVAL);
	assert_int_equal(add(&c, 101, 979, 10),
			 -ERANGE); /* 989 at the latest, 990 at the earliest */
	assert_int_equal(c.n, 1);
	assert_int_equal(add(&c, 101, 980, 10), 0); /* at 990, both */
	assert_int_equal(c.n, 2);
	assert_int_equal(hostclock_map(&c, 100, &ns, &error), 0);
	assert_int_equal(ns, 1000);
	assert_int_equal(hostclock_map(&c, 101, &ns, &error), 0);
	assert_int_equal(ns, 980);
	assert_int_equal(hostclock_map(&c, 102, &ns, &error), 0);
	assert_int_equal(ns, 960); /* time that seems to run backwards */
	assert_int_equal(add(&c, 102, 0, 100), -ERANGE);
	assert_int_equal(add(&c, 102, 0, UINT64_MAX), 0); /* says nothing, contradicts nothing */
}

/* 3 GHz; three points on a line, so that only the floor of the drift counts: 1 ppm. */
/* Of 1.5 GHz, once the points tell it within 10 ppm. */
static void test_hz(void **state)
{
	const uint64_t begin = 7 * NSEC_PER_SEC;
	struct hostclock c = {0}, blurred = {0};

	(void)state;
	assert_int_equal(hostclock_hz(&c), 0);
	assert_int_equal(add(&c, 1000, begin, 400), 0);
	assert_int_equal(hostclock_hz(&c), 0);
	assert_int_equal(add(&c, 1000 + 149999998, begin + 99999999, 400), 0);
	assert_int_equal(hostclock_hz(&c), 0);
	assert_int_equal(add(&c, 1000 + 1500000000, begin + NSEC_PER_SEC, 600), 0);
	assert_int_equal(hostclock_hz(&c), 1500000000);
	assert_int_equal(add(&blurred, 1000, begin, 5001), 0);
	assert_int_equal(add(&blurred, 1000 + 1500000000, begin + NSEC_PER_SEC, 5000), 0);
	assert_int_equal(hostclock_hz(&blurred), 0);
	assert_int_equal(add(&blurred, 1000 + 3000000000, begin + 2 * NSEC_PER_SEC, UINT64_MAX), 0);
	assert_int_equal(hostclock_hz(&blurred), 0);
}

static void test_between(void **state)
{
	struct hostclock c = {0};
	const uint64_t s = 3000000000, n = 1000000000;

	(void)state;
	assert_int_equal(add(&c, s, n, 50), 0);
	assert_int_equal(add(&c, 2 * s, 2 * n, 70), 0);
	assert_int_equal(add(&c, 3 * s, 3 * n, 20), 0);
	check_map(&c, s, n, 70 + 1);
	check_map(&c, 2 * s, 2 * n, 70 + 1);
	check_map(&c, 3 * s, 3 * n, 70 + 1);
	check_map(&c, 2 * s + s / 2, 2 * n + n / 2, 70 + 1 + 501);
	check_map(&c, 2 * s + s / 4, 2 * n + n / 4, 70 + 1 + 251);
	check_map(&c, 2 * s + s / 4 * 3, 2 * n + n / 4 * 3, 70 + 1 + 251);
	assert_int_equal(hostclock_error(&c), 70 + 1 + 501);
}

static void test_two_points_are_known_ill(void **state)
{
	struct hostclock c = {0};

	(void)state;
	assert_int_equal(add(&c, 0, 0, 10), 0);
	assert_int_equal(add(&c, 1000000000, 1000000000, 10), 0);
	assert_int_equal(hostclock_error(&c), 10 + 1 + 250001);
	check_map(&c, 1000000, 1000000, 10 + 1 + 501);
}

/* 100 ppm faster from the second point on: neither chord may be trusted further than that. */
static void test_rate_changes(void **state)
{
	struct hostclock c = {0};
	const uint64_t s = 1000000000;

	(void)state;
	assert_int_equal(add(&c, 0, 0, 0), 0);
	assert_int_equal(add(&c, s, s, 0), 0);
	assert_int_equal(add(&c, 2 * s, 2 * s + 100000, 0), 0);
	assert_int_equal(hostclock_error(&c), 1 + 50000);
	check_map(&c, s / 2, s / 2, 1 + 50000);
	/* half the worst chord's length, but two thirds are below */
	assert_int_equal(add(&c, 2 * s + s / 2, 2 * s + 100000 + s / 2, 0), 0);
	assert_in_range(hostclock_error(&c), 50001, 50011);
}

static void test_beyond(void **state)
{
	struct hostclock c = {0};
	const uint64_t s = 1000000000, from = 10 * s;
	uint64_t ns, near, far;

	(void)state;
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(add(&c, from + i * s, from + i * s, 100), 0);
	/* per second beyond: 200 for the chord's ends, 1001 for the drift */
	check_map(&c, from + 3 * s, from + 3 * s, 100 + 1 + 200 + 1001);
	check_map(&c, from + 4 * s, from + 4 * s, 100 + 1 + 2 * (200 + 1001));
	check_map(&c, from - s, from - s, 100 + 1 + 200 + 1001);
	assert_int_equal(hostclock_map(&c, from + 2 * s + 10, &ns, &near), 0);
	assert_int_equal(hostclock_map(&c, from + 2 * s + s / 10, &ns, &far), 0);
	assert_true(near < far && near >= 100);
	/* before the beginning of time: no wrap */
	check_map(&c, 0, 0, 100 + 1 + 10 * (200 + 1001));
}

static void test_big_numbers(void **state)
{
	struct hostclock c = {0};
	const uint64_t day = 86400ull * 1000000000, t = 5000 * day, n = 100 * day;
	uint64_t ns, error;

	(void)state;
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(add(&c, t + i * 4 * day, n + i * day, 1), 0);
	assert_int_equal(hostclock_map(&c, t + day, &ns, &error), 0);
	assert_int_equal(ns, n + day / 4);
}

/* Half of the points on a line, then a bend, then a line: the bend must stay, the ends too. */
/* Of times that a guest made up, far beyond all points, nothing is known: no bound wraps around. */
static void test_no_bound_wraps(void **state)
{
	static const uint64_t errors[] = {1, 1ull << 40, 1ull << 62, 1ull << 63, UINT64_MAX};
	uint64_t ns, error_ns, before = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct hostclock c = {0};

		assert_int_equal(add(&c, 1000, 1000, errors[i]), 0);
		assert_int_equal(add(&c, 1003, 1003, errors[i]), 0);
		assert_int_equal(hostclock_map(&c, UINT64_MAX, &ns, &error_ns), 0);
		assert_true(error_ns >= before && error_ns > 1ull << 40);
		if (i > 0)
			assert_true(error_ns == UINT64_MAX);
		before = error_ns;
	}
}

static void test_drops_where_it_is_straight(void **state)
{
	struct hostclock c = {0};
	const uint64_t s = 100000000;
	uint64_t ns, error, at = 1000;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		at += i < 300 ? s : s + s / 1000;
		assert_int_equal(add(&c, i * s, at, 100), 0);
	}
	assert_int_equal(c.n, HOSTCLOCK_POINTS);
	assert_int_equal(c.point[0].tsc, 0);
	assert_int_equal(c.point[HOSTCLOCK_POINTS - 1].tsc, 999 * s);
	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t truth = 1000 + (i + 1) * s + (i < 300 ? 0 : (i - 299) * (s / 1000));

		assert_int_equal(hostclock_map(&c, i * s, &ns, &error), 0);
		assert_true(apart(ns, truth) <= error);
		/* far from the bend the bound is not much above what one point's is */
		if (i < 200 || i > 400)
			assert_in_range(error, 0, 3000);
	}
	/* evenly thinned: no gap above four times the mean */
	for (unsigned int i = 0; i + 1 < c.n; i++)
		assert_true(c.point[i + 1].tsc - c.point[i].tsc <= 4 * 1000 * s / HOSTCLOCK_POINTS);
}

/* A dropped point that lay off the line is remembered in the bound. */
static void test_dropped_points_count(void **state)
{
	struct hostclock c = {0};
	const uint64_t s = 100000000;
	uint64_t seed = 99, ns, error;
	static uint64_t truth[5000];

	(void)state;
	for (uint64_t i = 0; i < 5000; i++) {
		truth[i] = i * s + next_random(&seed) % 20000; /* jumps by up to 20 us */
		assert_int_equal(add(&c, i * s, truth[i], 0), 0);
	}
	for (uint64_t i = 0; i < 5000; i++) {
		assert_int_equal(hostclock_map(&c, i * s, &ns, &error), 0);
		assert_true(apart(ns, truth[i]) <= error);
	}
}

/* And one that was itself known ill. */
static void test_dropped_error_counts(void **state)
{
	struct hostclock c = {0};
	const uint64_t s = 1000;
	uint64_t ns, error;

	(void)state;
	for (uint64_t i = 0; i < HOSTCLOCK_POINTS; i++) {
		bool ill = i % 2;

		assert_int_equal(add(&c, i * s, i * s, ill ? 5000 : 10), 0);
	}
	for (uint64_t i = HOSTCLOCK_POINTS; i < 2 * HOSTCLOCK_POINTS; i++)
		assert_int_equal(add(&c, i * s, i * s, 10), 0);
	for (uint64_t i = 1; i < HOSTCLOCK_POINTS; i += 2) {
		assert_int_equal(hostclock_map(&c, i * s, &ns, &error), 0);
		/* as if the truth were at the far end of the ill point's interval */
		assert_true(error >= 5000);
	}
}

/*
 * A host whose rate wanders by up to 1 ppm from second to second, asked at random; points every
 * 100 ms off by a random part of their error.
 */
static void check_wandering(uint64_t seed, uint64_t error_ns, unsigned int points)
{
	enum { STEPS = 20000 }; /* of 10 ms */
	static uint64_t host[STEPS];
	const uint64_t step = 10000000;
	struct hostclock c = {0};
	int64_t rate = 0; /* parts per billion */
	uint64_t ns, error, each = STEPS / points, worst = 0;

	host[0] = 1000 * step;
	for (unsigned int i = 1; i < STEPS; i++) {
		if (i % 100 == 0)
			rate += (int64_t)(next_random(&seed) % 1001) - 500;
		host[i] = host[i - 1] + step + (int64_t)step * rate / 1000000000;
	}
	for (unsigned int i = 0; i < STEPS; i += each) {
		uint64_t off = error_ns ? next_random(&seed) % (2 * error_ns + 1) : 0;

		assert_int_equal(add(&c, i * step * 3, host[i] + off - error_ns, error_ns), 0);
	}
	for (unsigned int i = 0; i < STEPS; i++) {
		assert_int_equal(hostclock_map(&c, i * step * 3, &ns, &error), 0);
		assert_true(apart(ns, host[i]) <= error);
		worst = error > worst ? error : worst;
	}
	/* not silly: a few times what the points and a ppm of their distance are worth */
	assert_true(worst <= 10 * (error_ns + 1 + STEPS * step / HOSTCLOCK_POINTS / 1000000));
}

static void test_wandering_rate(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		check_wandering(seed * 0x9e3779b97f4a7c15ull, 0, 60);
		check_wandering(seed * 0x9e3779b97f4a7c15ull, 200, 200);
		check_wandering(seed * 0x9e3779b97f4a7c15ull, 20000, 2000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guest_tsc),
		cmocka_unit_test(test_pong),
		cmocka_unit_test(test_needs_two_points),
		cmocka_unit_test(test_hz),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_between),
		cmocka_unit_test(test_two_points_are_known_ill),
		cmocka_unit_test(test_rate_changes),
		cmocka_unit_test(test_beyond),
		cmocka_unit_test(test_big_numbers),
		cmocka_unit_test(test_no_bound_wraps),
		cmocka_unit_test(test_drops_where_it_is_straight),
		cmocka_unit_test(test_dropped_points_count),
		cmocka_unit_test(test_dropped_error_counts),
		cmocka_unit_test(test_wandering_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
