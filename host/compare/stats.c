/* SPDX-License-Identifier: GPL-2.0-only */
/* stats.c - see stats.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

#define POOL (2 * STATS_MAX_N)

double stats_mean(const struct sample *s)
{
	double sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += s->v[i];
	return s->n ? sum / (double)s->n : 0;
}

double stats_stdev(const struct sample *s)
{
	double mean = stats_mean(s), sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += (s->v[i] - mean) * (s->v[i] - mean);
	return s->n > 1 ? sqrt(sum / (double)(s->n - 1)) : 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double stats_median(const struct sample *s)
{
	struct sample sorted = *s;

	if (!s->n)
		return 0;
	qsort(sorted.v, s->n, sizeof(sorted.v[0]), by_value);
	return (sorted.v[(s->n - 1) / 2] + sorted.v[s->n / 2]) / 2;
}

double stats_u(const struct sample *x, const struct sample *y)
{
	double u = 0;

	for (size_t i = 0; i < x->n; i++)
		for (size_t j = 0; j < y->n; j++)
			u += x->v[i] > y->v[j] ? 1 : x->v[i] == y->v[j] ? 0.5 : 0;
	return u;
}

/* Twice the mid-ranks of the pooled values, which are whole numbers, in ascending order. */
static size_t pool_ranks(const struct sample *x, const struct sample *y, unsigned int *rank)
{
	double pool[POOL];
	size_t n = x->n + y->n, end;

	memcpy(pool, x->v, x->n * sizeof(pool[0]));
	memcpy(pool + x->n, y->v, y->n * sizeof(pool[0]));
	qsort(pool, n, sizeof(pool[0]), by_value);
	for (size_t i = 0; i < n; i = end) {
		for (end = i; end < n && pool[end] == pool[i]; end++)
			;
		for (size_t j = i; j < end; j++)
			rank[j] = (unsigned int)(i + 1 + end);
	}
	return n;
}

/*
 * ways[k][s]: in how many ways k of the values seen so far have doubled ranks that sum up to s.
 * Numbers of ways stay below 2^62 and are nearly always exact as doubles; the ratio always is to
 * some 1e-14.
 */
#define MAX_SUM (POOL * (POOL + 1))

static unsigned int count_ways(double ways[][MAX_SUM + 1], size_t of, const unsigned int *rank,
			       size_t n)
{
	unsigned int top = 0;

	for (size_t i = 0; i < n; i++)
		top += rank[i];
	for (size_t k = 0; k <= of; k++)
		memset(ways[k], 0, (top + 1) * sizeof(ways[k][0]));
	ways[0][0] = 1;
	top = 0;
	for (size_t i = 0; i < n; i++) {
		top += rank[i];
		for (size_t k = i < of ? i + 1 : of; k > 0; k--)
			for (unsigned int s = top; s >= rank[i]; s--)
				ways[k][s] += ways[k - 1][s - rank[i]];
	}
	return top;
}

double stats_p_greater(const struct sample *x, const struct sample *y)
{
	double ways[STATS_MAX_N + 1][MAX_SUM + 1]; /* 1.1 MB */
	unsigned int rank[POOL], top, sum;
	size_t n = pool_ranks(x, y, rank);
	double all = 0, tail = 0;

	if (!x->n || !y->n)
		return 1;
	top = count_ways(ways, x->n, rank, n);
	/* U = rank sum - nx (nx + 1) / 2 */
	sum = (unsigned int)lrint(2 * stats_u(x, y)) + (unsigned int)(x->n * (x->n + 1));
	for (unsigned int s = 0; s <= top; s++) {
		all += ways[x->n][s];
		tail += s >= sum ? ways[x->n][s] : 0;
	}
	return tail / all;
}

double stats_p_differs(const struct sample *x, const struct sample *y)
{
	double greater = stats_p_greater(x, y), less = stats_p_greater(y, x);
	double p = 2 * (greater < less ? greater : less);

	return p < 1 ? p : 1;
}

double stats_cliff(const struct sample *x, const struct sample *y)
{
	double pairs = (double)x->n * (double)y->n;

	return pairs > 0 ? 2 * stats_u(x, y) / pairs - 1 : 0;
}

void stats_holm(const double *p, size_t n, double *adjusted)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		adjusted[i] = NAN; /* not yet */
	for (size_t left = n; left > 0; left--) {
		size_t least = n;

		for (size_t i = 0; i < n; i++)
			if (isnan(adjusted[i]) && (least == n || p[i] < p[least]))
				least = i;
		most = fmax(most, fmin(1, p[least] * (double)left));
		adjusted[least] = most;
	}
}

double stats_alpha_per_look(void)
{
	return STATS_ALPHA / STATS_LOOKS;
}

double stats_least_p(size_t nx, size_t ny)
{
	double p = 1;

	for (size_t i = 1; i <= nx; i++)
		p *= (double)i / (double)(ny + i);
	return p;
}

enum stats_next stats_next(size_t n, size_t baseline)
{
	if (stats_least_p(STATS_LOOKS, baseline) > stats_alpha_per_look())
		return STATS_NEVER;
	return n >= STATS_LOOKS ? STATS_GIVE_UP : STATS_GO_ON;
}
