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

/* What one sample of bucket @i took at most. */
static inline uint64_t hist_most(const struct hist *h, unsigned int i)
{
	if (h->overflow && i == HIST_BUCKETS - 1)
		return h->max;
	return hist_high(i) < h->max ? hist_high(i) : h->max;
}

/*
 * By time instead of by sample: a sample counts for as long as it took, and @time is the exact sum
 * of all. Only the buckets' ends are known of the single ones, so each is taken for the longest
 * that it can be, which is at most 33/32 of the truth, and never for less.
 *
 * hist_time_from(): of @time what samples of @from or more took. Those of @from's own bucket are
 * in, which are above 32/33 of it. So with S(x) for the truth: S(from) <= answer, and answer <=
 * 33/32 * S(32/33 * from), both within @time.
 */
static inline uint64_t hist_time_from(const struct hist *h, uint64_t time, uint64_t from)
{
	unsigned __int128 sum = 0;

	for (unsigned int i = HIST_BUCKETS; i-- > 0 && hist_most(h, i) >= from;)
		sum += (unsigned __int128)h->count[i] * hist_most(h, i);
	return sum < time ? (uint64_t)sum : time;
}

/*
 * The least x so that samples above x took together at most 1 - @num/@den of @time (0 < num < den
 * <= 100000): half of the time goes by in samples longer than that of 1/2. With q = num/den and
 * Q(q) for the truth: since no sample is taken for less than it took, Q(q) <= answer. Just below
 * the answer's bucket the samples above are taken for more than (1 - q) * time, so took more than
 * 32/33 of that, hence answer <= 33/32 * Q(q + (1 - q) / 33). 0 when empty.
 */
static inline uint64_t hist_time_quantile(const struct hist *h, uint64_t time, uint32_t num,
					  uint32_t den)
{
	uint64_t above = time / den * (den - num) + time % den * (den - num) / den;
	unsigned __int128 sum = 0;

	for (unsigned int i = HIST_BUCKETS; i-- > 0;) {
		sum += (unsigned __int128)h->count[i] * hist_most(h, i);
		if (sum > above)
			return hist_most(h, i);
	}
	return 0;
}

#endif
