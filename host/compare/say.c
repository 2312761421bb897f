/* SPDX-License-Identifier: GPL-2.0-only */
/* say.c - see say.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define MOST_PHASES 3  /* in the sentence */
#define MOST_FIGURES 2 /* of each */

const char *say_change(const struct compared *c, char *buf, size_t size)
{
	double good = stats_mean(&c->good), bad = stats_mean(&c->bad);
	double percent = good != 0 ? 100 * (bad - good) / good : 0;

	if (!c->good.n || !c->bad.n)
		snprintf(buf, size, "-");
	else if (good == bad)
		snprintf(buf, size, "=");
	else if (good == 0)
		snprintf(buf, size, "from 0");
	else if (bad >= 3 * good)
		snprintf(buf, size, "x%.3g", bad / good);
	else
		snprintf(buf, size, "%+.*f%%", fabs(percent) < 9.95 ? 1 : 0, percent);
	return buf;
}

const char *say_mean(const struct compared *c, const struct sample *s, char *buf, size_t size)
{
	char value[32];

	if (!s->n)
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%s%s",
			 figure_format(c->unit, stats_mean(s), value, sizeof(value)),
			 c->per_s ? "/s" : "");
	return buf;
}

static void append(char *buf, size_t size, const char *fmt, ...) printf_like(3, 4);
static void append(char *buf, size_t size, const char *fmt, ...)
{
	size_t at = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + at, size - at, fmt, ap);
	va_end(ap);
}

/* Whether the two kernels' runs are the same run, to the last figure. */
static bool is_equal(const struct compare_report *r)
{
	const struct run_set *good = &r->sides.good.set, *bad = &r->sides.bad.set;

	return good->n == 1 && bad->n == 1 && compare_identical(good->r[0], bad->r[0]);
}

const char *say_word(const struct compare_report *r)
{
	if (r->code == VERDICT_FAIL)
		return "FAIL";
	if (r->code == VERDICT_PASS)
		return r->nnew ? "PASS" : "DIFFERENT";
	return !r->nnew && is_equal(r) ? "EQUAL" : "CANNOT JUDGE";
}

/* Beyond what chance does to it, as far as that is known. */
static bool is_loud(const struct compared *c)
{
	return c->separates || c->loud;
}

/* "migrate.stalls.count" without its phase. */
static const char *short_name(const struct compared *c)
{
	const char *path = c->figure.spec->path, *at = strstr(c->name, path);

	return at ? at : c->name;
}

static bool of_phase(const struct compared *c, const struct compared *other)
{
	return c->figure.phase == other->figure.phase;
}

/* "; 49/s more by migration_wait": the cause of stalls that changed most, when that is much of it.
 */
static void append_cause(char *buf, size_t size, const struct comparison *c,
			 const struct compared *stalls)
{
	static const char before[] = "stalls.by_cause.";
	double all = compare_difference(stalls), most = fabs(all) / 2;
	const struct compared *cause = NULL;
	char value[32];

	for (size_t i = 0; i < c->n; i++) {
		const struct compared *it = &c->v[i];
		size_t len = strlen(it->name);

		if (!of_phase(it, stalls) || !it->good.n || !it->bad.n || !is_loud(it) ||
		    !strstr(it->name, before) || len < 6 || strcmp(it->name + len - 6, ".count") ||
		    compare_difference(it) * all <= 0 || fabs(compare_difference(it)) < most)
			continue;
		most = fabs(compare_difference(it));
		cause = it;
	}
	if (!cause)
		return;
	append(buf, size, "; %s%s %s by %.*s",
	       figure_format(cause->unit, most, value, sizeof(value)), cause->per_s ? "/s" : "",
	       all > 0 ? "more" : "less",
	       (int)(strlen(strstr(cause->name, before)) - strlen(before) - strlen(".count")),
	       strstr(cause->name, before) + strlen(before));
}

/* Figures that a sentence is made of: those that judge, or if none does those that could. */
static bool is_told(const struct comparison *c, const struct compared *it)
{
	if (!it->figure.phase || !it->good.n || !it->bad.n)
		return false;
	if (c->njudges)
		return it->separates;
	return c->named ? it->named > 0 : it->figure.spec->picked && is_loud(it);
}

static const struct compared *widest_of(const struct comparison *c, const struct compared *phase,
					const bool *said)
{
	const struct compared *best = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct compared *it = &c->v[i];

		if (said[i] || (phase && !of_phase(it, phase)) || !is_told(c, it) || it->gap == 0)
			continue;
		if (!best || fabs(it->gap) > fabs(best->gap))
			best = it;
	}
	return best;
}

/* "migrate: stalls.count +58% (31/s, was 20/s), touch.ns.p99 x3 (...); 49/s more by …" */
static void append_phase(char *buf, size_t size, const struct comparison *c,
			 const struct compared *first, bool *said)
{
	const char *phase_end = strstr(first->name, first->figure.spec->path);
	const struct compared *stalls = NULL, *it = first;
	char change[32], is[48], was[48];

	append(buf, size, "%.*s:", (int)(phase_end ? phase_end - first->name - 1 : 0), first->name);
	for (int n = 0; it && n < MOST_FIGURES; n++) {
		append(buf, size, "%s %s %s (%s, was %s)", n ? "," : "", short_name(it),
		       say_change(it, change, sizeof(change)),
		       say_mean(it, &it->bad, is, sizeof(is)),
		       say_mean(it, &it->good, was, sizeof(was)));
		if (!strcmp(it->figure.spec->path, "stalls.count"))
			stalls = it;
		said[it - c->v] = true;
		it = widest_of(c, first, said);
	}
	if (stalls)
		append_cause(buf, size, c, stalls);
	for (size_t i = 0; i < c->n; i++) /* the phase has had its sentence */
		said[i] |= of_phase(&c->v[i], first);
}

static void append_changes(char *buf, size_t size, const struct comparison *c)
{
	bool *said = calloc(c->n + 1, sizeof(*said));
	const struct compared *it;

	for (int n = 0; said && n < MOST_PHASES && (it = widest_of(c, NULL, said)); n++) {
		append(buf, size, "%s", n ? ". " : "");
		append_phase(buf, size, c, it, said);
	}
	free(said);
}

const char *say_answer(const struct compare_report *r, char *buf, size_t size)
{
	*buf = '\0';
	if (r->nnew == 1) {
		const struct judgement *j = &r->new[0].judgement;

		append(buf, size, "%s is nearer to %s: %s", r->new[0].files,
		       j->says == NEARER_GOOD  ? "good"
		       : j->says == NEARER_BAD ? "bad"
					       : "neither",
		       j->why);
	} else if (!r->nnew && is_equal(r)) {
		append(buf, size, "every figure of the two is the same");
	} else if (!r->nnew) {
		append(buf, size, "%s", r->why);
		if (*buf)
			append(buf, size, ". The largest changes: ");
		append_changes(buf, size, &r->sides.c);
	}
	return buf;
}

const char *say_rule(const struct comparison *c, char *buf, size_t size)
{
	if (c->exact && c->named)
		snprintf(
			buf, size,
			"one deterministic run of each: a figure you named must change by a factor "
			"of %.2f",
			exp(COMPARE_NAMED_GAP));
	else if (c->exact)
		snprintf(
			buf, size,
			"one deterministic run of each: a figure must change by a factor of %.0f, "
			"by %.0f times its own noise if it counts, and twice as much as by another "
			"seed (where that was not measured only touch.count and stalls.count "
			"judge)",
			exp(COMPARE_EXACT_GAP), COMPARE_EXACT_EVENTS);
	else
		snprintf(buf, size,
			 "%zu and %zu runs: p of all figures asked %.2f at most (ranks), Cliff's "
			 "delta %.3f at least, and a change of 5%%",
			 c->ngood, c->nbad, COMPARE_BASELINE_ALPHA, STATS_LARGE);
	return buf;
}

static const struct comparison *ordered; /* of the sort that runs */

static int by_size(const void *a, const void *b)
{
	const struct compared *p = &ordered->v[*(const size_t *)a],
			      *q = &ordered->v[*(const size_t *)b];
	size_t place[2] = {p->named ?: SIZE_MAX, q->named ?: SIZE_MAX};
	double gap = fabs(q->gap) - fabs(p->gap);

	if (ordered->named && place[0] != place[1])
		return place[0] < place[1] ? -1 : 1;
	if (!p->figure.phase != !q->figure.phase)
		return p->figure.phase ? -1 : 1;
	if (is_loud(p) != is_loud(q))
		return is_loud(p) ? -1 : 1;
	if (gap != 0)
		return gap < 0 ? -1 : 1;
	return *(const size_t *)a < *(const size_t *)b ? -1 : 1;
}

size_t *say_order(const struct comparison *c)
{
	size_t *order = calloc(c->n + 1, sizeof(*order));

	for (size_t i = 0; i < c->n && order; i++)
		order[i] = i;
	ordered = c;
	if (order)
		qsort(order, c->n, sizeof(*order), by_size);
	return order;
}
