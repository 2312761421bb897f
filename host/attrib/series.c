// SPDX-License-Identifier: GPL-2.0-only
/* series.c - see series.h. */
#include <string.h>

#include "series.h"

void series_begin(struct series *s, uint64_t ns)
{
	memset(s, 0, sizeof(*s));
	s->begin_ns = ns;
	s->step_ns = SERIES_STEP_NS;
}

static void widen(struct series *s)
{
	for (int k = 0; k < SERIES_KINDS; k++) {
		uint64_t *sum = s->sum[k];

		for (size_t i = 0; i < SERIES_BINS / 2; i++)
			sum[i] = sum[2 * i] + sum[2 * i + 1];
		memset(sum + SERIES_BINS / 2, 0, SERIES_BINS / 2 * sizeof(*sum));
	}
	s->step_ns *= 2;
	s->n = (s->n + 1) / 2;
}

static size_t step_of(struct series *s, uint64_t ns)
{
	uint64_t since = ns > s->begin_ns ? ns - s->begin_ns : 0;

	if (!s->step_ns)
		return 0; /* no stretch yet */
	while (since / s->step_ns >= SERIES_BINS)
		widen(s);
	if (since / s->step_ns >= s->n)
		s->n = (uint32_t)(since / s->step_ns) + 1;
	return since / s->step_ns;
}

void series_end(struct series *s, uint64_t ns)
{
	step_of(s, ns - (ns > s->begin_ns));
}

void series_count(struct series *s, enum series_kind kind, uint64_t ns, int64_t n)
{
	s->sum[kind][step_of(s, ns)] += (uint64_t)n;
}

void series_time(struct series *s, enum series_kind kind, uint64_t from, uint64_t to)
{
	if (from < s->begin_ns)
		from = s->begin_ns;
	if (from >= to || !s->step_ns)
		return;
	step_of(s, to);
	while (from < to) {
		size_t i = step_of(s, from);
		uint64_t end = s->begin_ns + (i + 1) * s->step_ns;

		end = end < to ? end : to;
		s->sum[kind][i] += end - from;
		from = end;
	}
}
