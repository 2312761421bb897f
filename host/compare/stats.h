/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.h - statistics of small samples of run-level figures: one number per run. Pure. Nothing
 * here assumes a distribution; figures of kernels are skewed, bimodal and full of ties.
 * docs/compare.md says how they are put together.
 */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stddef.h>

#define STATS_MAX_N 32 /* values in one sample: what the exact test is made for */

struct sample {
	double v[STATS_MAX_N];
	size_t n;
};

double stats_mean(const struct sample *s);
/* Square root of the sum of squared deviations / (n - 1); 0 for fewer than two. */
double stats_stdev(const struct sample *s);
double stats_median(const struct sample *s); /* mean of the middle two when n is even */

/* Mann and Whitney's U of @x: pairs with x > y, ties count one half. */
double stats_u(const struct sample *x, const struct sample *y);

/*
 * Exact one-sided p: the share of all ways to deal the pooled values into samples of these sizes
 * whose U is at least that of @x. With ties it is the permutation distribution of the mid-ranks
 * (E. L. Lehmann, Nonparametrics, 1975, §1.4), without them the one of H. B. Mann and D. R.
 * Whitney, Ann. Math. Stat. 18(1), 1947. 1 when a sample is empty.
 */
double stats_p_greater(const struct sample *x, const struct sample *y);
/* Two-sided: twice the smaller one-sided p, at most 1. */
double stats_p_differs(const struct sample *x, const struct sample *y);

/*
 * Cliff's delta: P(x > y) - P(x < y), -1 to 1 (N. Cliff, Psychological Bulletin 114(3), 1993).
 * STATS_LARGE is where J. Romano et al. (FAIR, 2006) begin to call it large.
 */
double stats_cliff(const struct sample *x, const struct sample *y);
#define STATS_LARGE 0.474

/*
 * S. Holm's step-down (Scand. J. Statist. 6, 1979) for @n tests made together: @adjusted[i] is the
 * least error of all of them together at which p[i] is significant.
 */
void stats_holm(const double *p, size_t n, double *adjusted);

/*
 * Sequential testing. Who looks after every run and stops at the first significant look is wrong
 * more often than once in 1/alpha; so each of at most STATS_LOOKS looks gets an equal part of
 * STATS_ALPHA (Bonferroni's bound, valid whatever the dependence between looks).
 */
#define STATS_ALPHA 0.01
#define STATS_LOOKS 10
double stats_alpha_per_look(void);
/* The smallest p that samples of these sizes can give: 1 / C(nx + ny, nx). */
double stats_least_p(size_t nx, size_t ny);

enum stats_next {
	STATS_GO_ON,   /* another run may decide */
	STATS_GIVE_UP, /* the looks are used up */
	STATS_NEVER,   /* too few baseline runs for STATS_LOOKS looks to decide anything */
};
/* What to do when @n runs were not enough to decide against a baseline of @baseline runs. */
enum stats_next stats_next(size_t n, size_t baseline);

#endif
