/* SPDX-License-Identifier: GPL-2.0-only */
/* buckets.c - see buckets.h. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "buckets.h"

char *buckets_text(const struct hist *h, buckets_ns *ns, const void *arg)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *between = "";

	if (!out)
		return NULL;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		uint64_t high = hist_high(i) < h->max ? hist_high(i) : h->max;

		if (!h->count[i])
			continue;
		fprintf(out, "%s%" PRIu64 ":%" PRIu64, between, ns ? ns(arg, high) : high,
			h->count[i]);
		between = " ";
	}
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

bool buckets_next(const char **text, uint64_t *ns, uint64_t *count)
{
	int n = 0;

	if (!*text || sscanf(*text, "%" SCNu64 ":%" SCNu64 "%n", ns, count, &n) != 2 || !n)
		return false;
	*text += n;
	*text += **text == ' ';
	return true;
}

bool buckets_good(const char *text)
{
	uint64_t ns, count, before = 0;
	bool first = true;

	while (*text) {
		if (!buckets_next(&text, &ns, &count) || !count || (!first && ns < before))
			return false;
		before = ns;
		first = false;
	}
	return true;
}

struct sums {
	uint64_t total, max;
	double mean, stdev; /* ns */
};

static void sum_up(const char *text, struct sums *s)
{
	uint64_t ns, count;
	double sum = 0, squares = 0;

	*s = (struct sums){0};
	for (const char *p = text; buckets_next(&p, &ns, &count);) {
		s->total += count;
		s->max = ns;
		sum += (double)ns * (double)count;
		squares += (double)ns * (double)ns * (double)count;
	}
	if (!s->total)
		return;
	s->mean = sum / (double)s->total;
	s->stdev = sqrt(fmax(squares / (double)s->total - s->mean * s->mean, 0));
}

/* A line per bucket: value, percentile, count up to here, 1 / (1 - percentile); the last has no
 * such number. */
int buckets_hgrm(const char *text, FILE *out)
{
	uint64_t ns, count, so_far = 0;
	struct sums s;

	errno = 0;
	sum_up(text, &s);
	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		"1/(1-Percentile)");
	for (const char *p = text; buckets_next(&p, &ns, &count);) {
		double share;

		so_far += count;
		share = (double)so_far / (double)s.total;
		fprintf(out, "%12.6f %14.12f %10" PRIu64, (double)ns / 1e6, share, so_far);
		if (so_far < s.total)
			fprintf(out, " %14.2f", 1 / (1 - share));
		fputc('\n', out);
	}
	fprintf(out, "#[Mean    = %12.6f, StdDeviation   = %12.6f]\n", s.mean / 1e6, s.stdev / 1e6);
	fprintf(out, "#[Max     = %12.6f, Total count    = %12" PRIu64 "]\n", (double)s.max / 1e6,
		s.total);
	fprintf(out, "#[Buckets = %12u, SubBuckets     = %12u]\n", HIST_BUCKETS / HIST_SUB,
		HIST_SUB);
	return ferror(out) ? -(errno ?: EIO) : 0;
}
