// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostclock.c - guest TSC to host time, and how wrong that may be.
 *
 * Between points p and q the answer is on their chord. It may be wrong for three reasons:
 *
 * 1. Each point is off by its own error. The chord between two points that are off by at most
 *    E = max(error of p, error of q) is off by at most E.
 *
 * 2. Host time does not run straight between them: NTP changes its rate. If the rate stays within
 *    r of the chord's (ns per ns), host time cannot part from the chord by more than r times the
 *    time to the nearer of the two points, through which it must pass: r * min(x - p, q - x), at
 *    most r * (q - p) / 2. For r the larger difference to the mean rate before p and after q is
 *    taken, each over a time as long as the chord, that is: the rate changes no more within a chord
 *    than it was seen to do from one such time to the next. (Over a shorter time the points' own
 *    errors would make most of the difference; a side that has not half of it is left out, unless
 *    the other has neither.) It is never taken below HOSTCLOCK_DRIFT_PPM, and with nothing to
 *    compare with it is HOSTCLOCK_STEER_PPM.
 *
 * 3. Points between them were dropped, and lay off the chord by at most `bend`. When point i is
 *    dropped, off the new chord by d, both old chords part from the new one by at most d, so what
 *    lay off them by `bend` lies off the new one by at most bend + d; and by as much more as the
 *    point's own error was above E.
 *
 * The bound is E + r * min(x - p, q - x) + bend.
 *
 * Beyond the last point q (before the first alike) the last chord goes on. Its rate is off by at
 * most (error of p + error of q) / (q - p), and the rate may be another from q on, by r as above:
 * the bound is error of q + bend + distance * ((error of p + error of q) / (q - p) + r).
 */
#include <errno.h>

#include "hostclock.h"

typedef __int128 wide;

#define PPM 1000000

static uint64_t clamp(wide v)
{
	if (v < 0)
		return 0;
	return v > (wide)UINT64_MAX ? UINT64_MAX : (uint64_t)v;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t hostclock_guest_tsc(const struct hostclock_scale *s, uint64_t host_tsc)
{
	if (s->ratio)
		host_tsc = (unsigned __int128)host_tsc * s->ratio >> s->frac_bits;
	return host_tsc + (uint64_t)s->offset;
}

/* The line through @p and @q, at @tsc. */
static wide line(const struct hostclock_point *p, const struct hostclock_point *q, uint64_t tsc)
{
	wide dn = (wide)q->ns - p->ns, dt = (wide)q->tsc - p->tsc;

	return p->ns + ((wide)tsc - p->tsc) * dn / dt;
}

static uint64_t off_line(const struct hostclock_point *p, const struct hostclock_point *q,
			 const struct hostclock_point *x)
{
	wide d = line(p, q, x->tsc) - x->ns;

	return clamp(d < 0 ? -d : d);
}

static uint64_t length(const struct hostclock *c, unsigned int from, unsigned int to)
{
	return c->point[to].tsc - c->point[from].tsc;
}

/* How many ns the rate between points @from and @to would lead away from chord @i over its length:
 * chord i goes from point i to point i + 1. */
static uint64_t leads_away(const struct hostclock *c, unsigned int i, unsigned int from,
			   unsigned int to)
{
	wide here = (wide)c->point[i + 1].ns - c->point[i].ns;
	wide there = ((wide)c->point[to].ns - c->point[from].ns) * length(c, i, i + 1) /
		     length(c, from, to);

	return clamp(here > there ? here - there : there - here);
}

/* r of chord @i, as ns over the chord's whole length. */
static uint64_t chord_drift(const struct hostclock *c, unsigned int i)
{
	uint64_t whole = length(c, i, i + 1), before, after;
	wide ns = (wide)c->point[i + 1].ns - c->point[i].ns;
	unsigned int first = i, last = i + 1;
	bool short_before, short_after;

	while (first > 0 && length(c, first, i) < whole)
		first--;
	while (last + 1 < c->n && length(c, i + 1, last) < whole)
		last++;
	before = first < i ? leads_away(c, i, first, i) : 0;
	after = last > i + 1 ? leads_away(c, i, i + 1, last) : 0;
	short_before = length(c, first, i) < whole / 2;
	short_after = length(c, i + 1, last) < whole / 2;
	if (short_before && !short_after)
		before = 0;
	if (short_after && !short_before)
		after = 0;
	ns = ns < 0 ? -ns : ns;
	return larger(clamp(ns * (c->n == 2 ? HOSTCLOCK_STEER_PPM : HOSTCLOCK_DRIFT_PPM) / PPM + 1),
		      larger(before, after));
}

/*
 * @part / @whole of @ns, rounded up; what does not fit is as large as a bound can be. The product
 * of two uint64_t fits into 128 bits only without a sign: as a negative bound it would become none.
 */
static wide share(uint64_t ns, uint64_t part, uint64_t whole)
{
	unsigned __int128 v = ((unsigned __int128)ns * part + whole - 1) / whole;

	return v > UINT64_MAX ? (wide)UINT64_MAX : (wide)v;
}

static uint64_t inner_bound(const struct hostclock *c, unsigned int i, uint64_t tsc)
{
	const struct hostclock_point *p = &c->point[i], *q = p + 1;
	uint64_t near = tsc - p->tsc < q->tsc - tsc ? tsc - p->tsc : q->tsc - tsc;

	return clamp(larger(p->error_ns, q->error_ns) + (wide)c->bend_ns[i] + 1 +
		     share(chord_drift(c, i), near, q->tsc - p->tsc));
}

static uint64_t outer_bound(const struct hostclock *c, unsigned int i, uint64_t tsc)
{
	const struct hostclock_point *p = &c->point[i], *q = p + 1;
	const struct hostclock_point *end = tsc < p->tsc ? p : q;
	uint64_t beyond = tsc < p->tsc ? p->tsc - tsc : tsc - q->tsc, whole = q->tsc - p->tsc;

	return clamp(end->error_ns + (wide)c->bend_ns[i] + 1 + share(p->error_ns, beyond, whole) +
		     share(q->error_ns, beyond, whole) + share(chord_drift(c, i), beyond, whole));
}

/* The chord over @tsc, or the outermost. */
static unsigned int chord_at(const struct hostclock *c, uint64_t tsc)
{
	unsigned int low = 0, high = c->n - 2;

	while (low < high) {
		unsigned int middle = (low + high + 1) / 2;

		if (c->point[middle].tsc <= tsc)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

int hostclock_map(const struct hostclock *c, uint64_t tsc, uint64_t *ns, uint64_t *error_ns)
{
	unsigned int i;

	if (c->n < 2)
		return -ENODATA;
	i = chord_at(c, tsc);
	*ns = clamp(line(&c->point[i], &c->point[i + 1], tsc));
	if (tsc < c->point[i].tsc || tsc > c->point[i + 1].tsc)
		*error_ns = outer_bound(c, i, tsc);
	else
		*error_ns = inner_bound(c, i, tsc);
	return 0;
}

uint64_t hostclock_hz(const struct hostclock *c)
{
	const struct hostclock_point *p = c->point, *q = c->n ? &c->point[c->n - 1] : p;
	uint64_t ns = q->ns - p->ns;

	if (q->ns < p->ns || ns < HOSTCLOCK_HZ_NS ||
	    ((unsigned __int128)p->error_ns + q->error_ns) * (PPM / HOSTCLOCK_HZ_PPM) > ns)
		return 0;
	return (uint64_t)((unsigned __int128)(q->tsc - p->tsc) * NSEC_PER_SEC / ns);
}

uint64_t hostclock_error(const struct hostclock *c)
{
	uint64_t worst = c->n < 2 ? UINT64_MAX : 0;

	for (unsigned int i = 0; i + 1 < c->n; i++) {
		uint64_t half = (c->point[i + 1].tsc - c->point[i].tsc) / 2;

		worst = larger(worst, inner_bound(c, i, c->point[i].tsc + half));
	}
	return worst;
}

/* `bend` of the chord that takes the place of both at the inner point @i. */
static uint64_t bend_without(const struct hostclock *c, unsigned int i)
{
	const struct hostclock_point *p = &c->point[i - 1], *x = p + 1, *q = p + 2;
	uint64_t ends = larger(p->error_ns, q->error_ns);

	return clamp((wide)larger(c->bend_ns[i - 1], c->bend_ns[i]) + off_line(p, q, x) +
		     larger(x->error_ns, ends) - ends);
}

/* The worst bound of that chord, its drift no more than the least. */
static uint64_t bound_without(const struct hostclock *c, unsigned int i)
{
	const struct hostclock_point *p = &c->point[i - 1], *q = p + 2;
	wide drift = ((wide)q->ns - p->ns) * HOSTCLOCK_DRIFT_PPM / PPM / 2;

	return clamp(larger(p->error_ns, q->error_ns) + (wide)bend_without(c, i) + drift);
}

static void drop_one(struct hostclock *c)
{
	unsigned int least = 1;

	for (unsigned int i = 2; i + 1 < c->n; i++)
		if (bound_without(c, i) < bound_without(c, least))
			least = i;
	c->bend_ns[least - 1] = bend_without(c, least);
	c->n--;
	for (unsigned int i = least; i < c->n; i++) {
		c->point[i] = c->point[i + 1];
		c->bend_ns[i] = c->bend_ns[i + 1];
	}
}

static bool contradicts(const struct hostclock_point *last, const struct hostclock_point *p)
{
	return p->ns + (wide)p->error_ns < (wide)last->ns - last->error_ns;
}

int hostclock_add(struct hostclock *c, const struct hostclock_point *p)
{
	if (c->n && p->tsc <= c->point[c->n - 1].tsc)
		return -EINVAL;
	if (c->n && contradicts(&c->point[c->n - 1], p))
		return -ERANGE;
	if (c->n == HOSTCLOCK_POINTS)
		drop_one(c);
	c->bend_ns[c->n] = 0;
	c->point[c->n++] = *p;
	return 0;
}

struct hostclock_point hostclock_pong(uint64_t sent_ns, uint64_t guest_tsc, uint64_t received_ns)
{
	uint64_t trip = received_ns - sent_ns;

	if (received_ns < sent_ns)
		return (struct hostclock_point){guest_tsc, sent_ns, UINT64_MAX};
	return (struct hostclock_point){guest_tsc, sent_ns + trip / 2, trip - trip / 2};
}
