/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge.c - which side other runs are nearer to (compare.h). To be called near one side,
 * runs must lie within a third of the way from its median, and away from the other side beyond
 * chance.
 */
#include <stdio.h>
#include <string.h>

#include "compare.h"

static double position(const struct compared *of, const struct sample *is)
{
	return (compare_scale(of->unit, stats_median(is)) -
		compare_scale(of->unit, stats_median(&of->good))) /
	       of->gap;
}

/* p that @is is no further than @from on the way to the other side, or 1 when the effect is not
 * large. */
static double p_away(const struct sample *is, const struct sample *from, bool upwards)
{
	double delta = stats_cliff(is, from);

	if ((upwards ? delta : -delta) < STATS_LARGE)
		return 1;
	return upwards ? stats_p_greater(is, from) : stats_p_greater(from, is);
}

static void judge_figure(const struct comparison *c, struct judged_figure *f)
{
	const struct compared *of = f->of;
	bool up = of->gap > 0;
	enum nearer near;

	f->says = NEARER_UNDECIDED;
	f->p = 1;
	if (!f->is.n)
		return;
	f->position = position(of, &f->is);
	if (f->position > COMPARE_NEAR && f->position < 1 - COMPARE_NEAR)
		return;
	near = f->position <= COMPARE_NEAR ? NEARER_GOOD : NEARER_BAD;
	if (c->exact)
		f->p = 0;
	else if (near == NEARER_GOOD)
		f->p = p_away(&f->is, &of->bad, !up);
	else
		f->p = p_away(&f->is, &of->good, up);
	if (f->p <= stats_alpha_per_look())
		f->says = near;
}

/* What a stored result says of itself is not enough: its proof must bear it. */
static const struct phase_result *unexercised(const struct run_set *s)
{
	char why[256];

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->r[i]->nphases; k++)
			if (!s->r[i]->phases[k].done || !s->r[i]->phases[k].exercised ||
			    !phase_exercised(&s->r[i]->phases[k], why, sizeof(why)))
				return &s->r[i]->phases[k];
	return NULL;
}

static const struct phase_result *corrupted(const struct run_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->r[i]->nphases; k++)
			if (integrity_is_broken(&s->r[i]->phases[k].integrity))
				return &s->r[i]->phases[k];
	return NULL;
}

/* Undecided: what the caller can do. */
static void say_next(const struct comparison *c, size_t n, struct judgement *j)
{
	size_t baseline = c->ngood < c->nbad ? c->ngood : c->nbad, at = strlen(j->why);
	enum stats_next next = stats_next(n, baseline);
	const char *what = next == STATS_GO_ON ? "another run may decide"
			   : next == STATS_GIVE_UP
				   ? "no further run will decide"
				   : "the baselines have too few runs ever to decide";

	if (c->exact)
		return;
	j->go_on = next == STATS_GO_ON;
	snprintf(j->why + at, sizeof(j->why) - at, " (%zu of at most %d runs; %s)", n, STATS_LOOKS,
		 what);
}

/* The widest gap must be decided, and nothing may contradict it. */
static void weigh(const struct comparison *c, size_t n, struct judgement *j)
{
	const struct judged_figure *first = &j->figure[0], *against = NULL;

	for (size_t i = 1; i < j->n; i++)
		if (j->figure[i].says != NEARER_UNDECIDED && j->figure[i].says != first->says)
			against = against ?: &j->figure[i];
	if (first->says == NEARER_UNDECIDED) {
		snprintf(j->why, sizeof(j->why), "%s is not clearly nearer to one side",
			 first->of->name);
	} else if (against) {
		snprintf(j->why, sizeof(j->why),
			 "%s and %s say opposite things; name one with --by", first->of->name,
			 against->of->name);
		return;
	} else {
		j->says = first->says;
		snprintf(j->why, sizeof(j->why), "by %s", first->of->name);
		return;
	}
	say_next(c, n, j);
}

/* What needs no figure. True: judged. */
static bool judge_at_once(const struct comparison *c, const struct run_set *good,
			  const struct run_set *bad, const struct run_set *is, struct judgement *j)
{
	const struct phase_result *p = corrupted(is);

	if (p) {
		j->says = NEARER_BAD;
		snprintf(j->why, sizeof(j->why), "guest memory was corrupted in phase %s", p->name);
		return true;
	}
	p = unexercised(is);
	if (p) {
		snprintf(j->why, sizeof(j->why), "phase %s was not exercised%s%s", p->name,
			 p->why_not ? ": " : "", p->why_not ?: "");
		return true;
	}
	if (c->exact && is->n == 1 && !compare_identical(good->r[0], bad->r[0])) {
		if (compare_identical(is->r[0], good->r[0]))
			j->says = NEARER_GOOD;
		else if (compare_identical(is->r[0], bad->r[0]))
			j->says = NEARER_BAD;
		snprintf(j->why, sizeof(j->why), "every figure is the same");
	}
	return j->says != NEARER_UNDECIDED || !!compare_useless(c, j->why, sizeof(j->why));
}

void compare_judge(const struct comparison *c, const struct run_set *good,
		   const struct run_set *bad, const struct run_set *is, struct judgement *j)
{
	*j = (struct judgement){.says = NEARER_UNDECIDED};
	for (size_t i = 0; i < c->njudges; i++) {
		j->figure[i].of = &c->v[c->judge[i]];
		compare_sample(j->figure[i].of, is, &j->figure[i].is);
		judge_figure(c, &j->figure[i]);
	}
	j->n = c->njudges;
	if (!judge_at_once(c, good, bad, is, j))
		weigh(c, is->n, j);
}
