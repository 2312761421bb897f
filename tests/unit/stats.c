/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.c - against published numbers, not against the code's own: each table and data set is cited
 * where it stands. Ties are checked by dealing the pool out in every way.
 */
#include "capture.h"
#include "compare/stats.h"
#include "base/util.h"

#include <math.h>
#include <stdlib.h>

#define COUNT(...) (sizeof((double[]){__VA_ARGS__}) / sizeof(double))
#define SAMPLE(...) ((struct sample){.v = {__VA_ARGS__}, .n = COUNT(__VA_ARGS__)})

static void is_near(double got, double want, double tolerance, const char *what)
{
	if (!(fabs(got - want) <= tolerance))
		fail_msg("%s: %.17g instead of %.17g", what, got, want);
}

/* NIST StRD, univariate, NumAcc1: mean 10000002, deviation 1; ten by Python's statistics.stdev. */
static void mean_and_deviation(void **state)
{
	struct sample acc = SAMPLE(10000001, 10000003, 10000002);
	struct sample ten = SAMPLE(-213, -564, -35, -15, 141, 115, -420, -360, 203, -338);
	struct sample one = SAMPLE(5), none = {.n = 0};

	(void)state;
	is_near(stats_mean(&acc), 10000002, 0, "NumAcc1 mean");
	is_near(stats_stdev(&acc), 1, 1e-12, "NumAcc1 deviation");
	is_near(stats_mean(&ten), -148.6, 1e-12, "mean of ten");
	is_near(stats_stdev(&ten), 266.3861858280192, 1e-9, "deviation of ten");
	is_near(stats_stdev(&one), 0, 0, "deviation of one");
	is_near(stats_mean(&none), 0, 0, "mean of none");
}

static void median(void **state)
{
	struct sample odd = SAMPLE(9, 1, 5), even = SAMPLE(4, 1, 3, 2), one = SAMPLE(7);

	(void)state;
	is_near(stats_median(&odd), 5, 0, "odd");
	is_near(stats_median(&even), 2.5, 0, "even");
	is_near(stats_median(&one), 7, 0, "one");
	assert_true(odd.v[0] == 9); /* not sorted in place */
}

/* 1 … ny in y, and in x as many above it as make U = @u: a sample with exactly that U. */
static void with_u(struct sample *x, struct sample *y, size_t nx, size_t ny, size_t u)
{
	x->n = nx;
	y->n = ny;
	for (size_t i = 0; i < ny; i++)
		y->v[i] = (double)(i + 1);
	for (size_t i = 0; i < nx; i++) {
		size_t above = u > ny ? ny : u;

		u -= above;
		x->v[i] = (double)above + 0.5 + (double)i / 1000;
	}
}

static double p_of_u(size_t nx, size_t ny, size_t u)
{
	struct sample x, y;

	with_u(&x, &y, nx, ny, nx * ny - u); /* as far above as the table's u is below */
	assert_true(stats_u(&x, &y) == (double)(nx * ny - u));
	return stats_p_greater(&x, &y);
}

/*
 * H. B. Mann and D. R. Whitney, "On a Test of Whether one of Two Random Variables is Stochastically
 * Larger than the Other", Ann. Math. Stat. 18(1), 1947, table I: P(U <= u), three digits.
 */
static void mann_whitney_table_1(void **state)
{
	static const double n3[] = {.050, .100, .200, .350, .500, .650};
	static const double n4[] = {.014, .029, .057, .100, .171, .243, .343, .443, .557};
	static const double n5[] = {.004, .008, .016, .028, .048, .075, .111,
				    .155, .210, .274, .345, .421, .500};

	(void)state;
	for (size_t u = 0; u < ARRAY_SIZE(n3); u++)
		is_near(p_of_u(3, 3, u), n3[u], .0006, "3 and 3");
	for (size_t u = 0; u < ARRAY_SIZE(n4); u++)
		is_near(p_of_u(4, 4, u), n4[u], .0006, "4 and 4");
	for (size_t u = 0; u < ARRAY_SIZE(n5); u++)
		is_near(p_of_u(5, 5, u), n5[u], .0006, "5 and 5");
}

/*
 * The usual table of critical values for two-sided 0.05 (R. C. Milton, "An Extended Table of
 * Critical Values for the Mann-Whitney (Wilcoxon) Two-Sample Statistic", JASA 59, 1964): the
 * largest U that is significant. Both it and its successor are asked.
 */
static void critical_values(void **state)
{
	static const struct {
		size_t nx, ny, u;
	} table[] = {
		{3, 5, 0},    {4, 4, 0},    {4, 5, 1},	  {5, 5, 2},	 {5, 8, 6},    {5, 20, 20},
		{6, 6, 5},    {6, 10, 11},  {7, 7, 8},	  {7, 12, 18},	 {8, 8, 13},   {8, 15, 29},
		{9, 9, 17},   {10, 10, 23}, {11, 20, 62}, {12, 12, 37},	 {13, 16, 59}, {14, 14, 55},
		{15, 15, 64}, {16, 16, 75}, {18, 18, 99}, {20, 20, 127},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		double at = 2 * p_of_u(table[i].nx, table[i].ny, table[i].u);
		double next = 2 * p_of_u(table[i].nx, table[i].ny, table[i].u + 1);

		if (!(at <= .05 && next > .05))
			fail_msg("%zu and %zu: p(%zu) = %.4f, p(%zu) = %.4f", table[i].nx,
				 table[i].ny, table[i].u, at, table[i].u + 1, next);
	}
}

/*
 * M. Hollander and D. A. Wolfe, Nonparametric Statistical Methods, 1973, p. 69: permeability of the
 * chorioamnion; the example of R's wilcox.test: W = 35, one-sided p = 0.1272.
 */
static void chorioamnion(void **state)
{
	struct sample x = SAMPLE(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46);
	struct sample y = SAMPLE(1.15, 0.88, 0.90, 0.74, 1.21);

	(void)state;
	is_near(stats_u(&x, &y), 35, 0, "W");
	is_near(stats_p_greater(&x, &y), 0.1272, 5e-5, "p");
	is_near(stats_p_differs(&y, &x), 2 * stats_p_greater(&x, &y), 1e-12, "two-sided");
}

/* Share of all ways to deal @pool that give the first nx of it at least this U. */
static double p_by_hand(const double *pool, size_t n, size_t nx, double u)
{
	size_t all = 0, tail = 0;

	for (unsigned int bits = 0; bits < 1u << n; bits++) {
		struct sample x = {.n = 0}, y = {.n = 0};

		if ((size_t)__builtin_popcount(bits) != nx)
			continue;
		for (size_t i = 0; i < n; i++)
			if (bits >> i & 1)
				x.v[x.n++] = pool[i];
			else
				y.v[y.n++] = pool[i];
		all++;
		tail += stats_u(&x, &y) >= u;
	}
	return (double)tail / (double)all;
}

static void ties(void **state)
{
	static const double pool[] = {1, 1, 2, 2, 2, 3, 0, 1, 2, 5, 5};
	struct sample x = {.n = 0}, y = {.n = 0};

	(void)state;
	for (size_t nx = 1; nx < ARRAY_SIZE(pool); nx++) {
		x.n = nx;
		y.n = ARRAY_SIZE(pool) - nx;
		memcpy(x.v, pool, nx * sizeof(pool[0]));
		memcpy(y.v, pool + nx, y.n * sizeof(pool[0]));
		is_near(stats_p_greater(&x, &y),
			p_by_hand(pool, ARRAY_SIZE(pool), nx, stats_u(&x, &y)), 1e-12, "ties");
	}
}

/* Nothing but ties, nothing at all, and as much as there may be. */
static void edges(void **state)
{
	struct sample same = SAMPLE(3, 3, 3), none = {.n = 0}, x = {.n = STATS_MAX_N}, y = x;

	(void)state;
	is_near(stats_p_greater(&same, &same), 1, 0, "all the same");
	is_near(stats_p_differs(&same, &same), 1, 0, "all the same, two-sided");
	is_near(stats_p_greater(&none, &same), 1, 0, "none");
	is_near(stats_p_greater(&same, &none), 1, 0, "none");
	is_near(stats_cliff(&none, &same), 0, 0, "none");
	for (size_t i = 0; i < STATS_MAX_N; i++) {
		x.v[i] = 100 + (double)i;
		y.v[i] = (double)i;
	}
	is_near(stats_p_greater(&x, &y) * 1.8326241409e18, 1, 1e-6, "1 / C(64, 32)");
	is_near(stats_p_greater(&y, &x), 1, 1e-12, "the other side");
}

/*
 * Example of cliff.delta() in the R package effsize, after N. Cliff: -0.25; and the extremes.
 */
static void cliff(void **state)
{
	struct sample treatment = SAMPLE(10, 10, 20, 20, 20, 30, 30, 30, 40, 50);
	struct sample control = SAMPLE(10, 20, 30, 40, 40, 50);
	struct sample low = SAMPLE(1, 2), high = SAMPLE(3, 4);

	(void)state;
	is_near(stats_cliff(&treatment, &control), -0.25, 1e-12, "effsize");
	is_near(stats_cliff(&control, &treatment), 0.25, 1e-12, "turned");
	is_near(stats_cliff(&high, &low), 1, 0, "all above");
	is_near(stats_cliff(&low, &high), -1, 0, "all below");
}

/* S. Holm, 1979, in the textbook example: p = .01 .04 .03 .005 at .05: the first and the last. */
static void holm(void **state)
{
	static const double p[] = {.01, .04, .03, .005}, nan[] = {NAN, .001}, big[] = {.9, .6};
	static const double wanted[] = {.03, .06, .06,
					.02}; /* 3 x .01, 2 x .03, not less, 4 x .005 */
	double adjusted[4];

	(void)state;
	stats_holm(p, 4, adjusted);
	for (size_t i = 0; i < 4; i++)
		is_near(adjusted[i], wanted[i], 1e-15, "adjusted");
	stats_holm(big, 2, adjusted);
	assert_true(adjusted[0] == 1 && adjusted[1] == 1);
	stats_holm(nan, 2, adjusted);
	assert_true(adjusted[0] > .05 && adjusted[1] > .05);
}

static void least_p(void **state)
{
	struct sample x, y;

	(void)state;
	is_near(stats_least_p(5, 5), 1 / 252.0, 1e-15, "C(10, 5)");
	is_near(stats_least_p(4, 10), 1 / 1001.0, 1e-15, "C(14, 4)");
	is_near(stats_least_p(10, 4), 1 / 1001.0, 1e-15, "C(14, 4)");
	with_u(&x, &y, 7, 9, 63);
	is_near(stats_p_greater(&x, &y), stats_least_p(7, 9), 1e-15, "it can be reached");
}

/* Ten looks at one part in a thousand each; four baseline runs are the fewest that can decide. */
static void when_to_stop(void **state)
{
	(void)state;
	is_near(stats_alpha_per_look(), .001, 1e-15, "a look");
	assert_int_equal(stats_next(1, 0), STATS_NEVER);
	assert_int_equal(stats_next(1, 3), STATS_NEVER);
	assert_int_equal(stats_next(1, 4), STATS_GO_ON);
	assert_int_equal(stats_next(9, 4), STATS_GO_ON);
	assert_int_equal(stats_next(10, 4), STATS_GIVE_UP);
	assert_int_equal(stats_next(11, 32), STATS_GIVE_UP);
}

static uint64_t xorshift(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/*
 * What the looks are for: of runs that do not differ from the baseline, at most STATS_ALPHA may
 * ever be found to. 4000 experiments with a fixed seed, skewed values with ties.
 */
static void looks_keep_alpha(void **state)
{
	uint64_t seed = 88172645463325252ull;
	int wrong = 0;

	(void)state;
	for (int experiment = 0; experiment < 4000; experiment++) {
		struct sample base = {.n = 6}, is = {.n = 0};
		bool found = false;

		for (size_t i = 0; i < base.n; i++)
			base.v[i] = (double)(1 << (xorshift(&seed) % 12));
		while (is.n < STATS_LOOKS) {
			is.v[is.n++] = (double)(1 << (xorshift(&seed) % 12));
			found |= stats_p_greater(&is, &base) <= stats_alpha_per_look();
		}
		wrong += found;
	}
	assert_in_range(wrong, 0, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mean_and_deviation),
		cmocka_unit_test(median),
		cmocka_unit_test(mann_whitney_table_1),
		cmocka_unit_test(critical_values),
		cmocka_unit_test(chorioamnion),
		cmocka_unit_test(ties),
		cmocka_unit_test(edges),
		cmocka_unit_test(cliff),
		cmocka_unit_test(holm),
		cmocka_unit_test(least_p),
		cmocka_unit_test(when_to_stop),
		cmocka_unit_test(looks_keep_alpha),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
