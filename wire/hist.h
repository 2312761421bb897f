/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hist.h - log-linear histogram of durations, shared by guest and host.
 *
 * A value v < 64 has a bucket of its own. Above, each power of two is cut into HIST_SUB = 32
 * buckets of equal width: with m = floor(log2 v) the width is 2^(m-5) and the bucket's lowest value
 * is at least 2^m, so width / value <= 2^(m-5) / 2^m = 1/32. hist_quantile() answers the highest
 * value of the bucket that holds the wanted rank: never below the true sample, and above it by less
 * than 1/32 of it. The layout is the one of HdrHistogram and fio's stat.h; unit: whatever the
 * caller adds (here TSC ticks). Values of HIST_LIMIT and above are counted in the last bucket and
 * in `overflow`; max stays exact.
 */
#ifndef HIST_H
#define HIST_H

#include <stdint.h>

#define HIST_SUB_BITS 5
#define HIST_SUB (1u << HIST_SUB_BITS)
#define HIST_MSB_MAX 47
#define HIST_LIMIT (1ull << (HIST_MSB_MAX + 1))
#define HIST_BUCKETS ((HIST_MSB_MAX - HIST_SUB_BITS) * HIST_SUB + 2 * HIST_SUB)

struct hist {
	uint64_t count[HIST_BUCKETS];
	uint64_t total;
	uint64_t max;
	uint64_t overflow;
};

/* Bucket of value @v, 0 .. HIST_BUCKETS-1; @v must be below HIST_LIMIT. */
static inline unsigned int hist_index(uint64_t v)
{
	/* All below 2 * HIST_SUB have width 1: to be the highest of them needs no compare. */
	unsigned int msb = 63 - (unsigned int)__builtin_clzll(v | (2 * HIST_SUB - 1));
	unsigned int shift = msb - HIST_SUB_BITS;

	return shift * HIST_SUB + (unsigned int)(v >> shift);
}

static inline unsigned int hist_shift(unsigned int index)
{
	return index < 2 * HIST_SUB ? 0 : index / HIST_SUB - 1;
}

/* Lowest and highest value that fall into bucket @index. */
static inline uint64_t hist_low(unsigned int index)
{
	unsigned int shift = hist_shift(index);

	return (uint64_t)(index - shift * HIST_SUB) << shift;
}

static inline uint64_t hist_high(unsigned int index)
{
	return hist_low(index) + (1ull << hist_shift(index)) - 1;
}

static inline void hist_add(struct hist *h, uint64_t v)
{
	if (v > h->max)
		h->max = v;
	if (__builtin_expect(v >= HIST_LIMIT, 0)) {
		h->overflow++;
		v = HIST_LIMIT - 1;
	}
	h->count[hist_index(v)]++;
	h->total++;
}

/* Adds the samples of @from to @to; max and overflow are taken over too. */
static inline void hist_merge(struct hist *to, const struct hist *from)
{
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		to->count[i] += from->count[i];
	to->total += from->total;
	to->overflow += from->overflow;
	if (from->max > to->max)
		to->max = from->max;
}

/*
 * The value at quantile @num/@den (0 < num <= den, den <= 100000): the highest value of the bucket
 * holding the sample of rank ceil(total * num / den), capped at max. 0 when empty.
 */
static inline uint64_t hist_quantile(const struct hist *h, uint32_t num, uint32_t den)
{
	uint64_t whole = h->total / den * num, rest = h->total % den * num;
	uint64_t rank = whole + (rest + den - 1) / den, seen = 0;
	unsigned int i;

	if (!h->total)
		return 0;
	for (i = 0; i < HIST_BUCKETS; i++) {
		seen += h->count[i];
		if (seen >= rank)
			break;
	}
	/* Above HIST_LIMIT only max is known; it keeps the promise "never below the sample". */
	if (i >= HIST_BUCKETS - 1 && h->overflow)
		return h->max;
	return i < HIST_BUCKETS && hist_high(i) < h->max ? hist_high(i) : h->max;
}

#endif
