/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compare.c - the figures that separate two kernels (compare.h). What is not known in every run of
 * a side, or rests on a phase that was not exercised in one of them, separates nothing.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "noise.h"

/* /sys/kernel/mm/ksm is read as a whole: these are settings, the others say what KSM has done. */
static const char *const ksm_settings[] = {
	"ksm.advisor_",
	"ksm.max_page_sharing",
	"ksm.merge_across_nodes",
	"ksm.pages_to_scan",
	"ksm.run",
	"ksm.sleep_millisecs",
	"ksm.smart_scan",
	"ksm.stable_node_chains_prune_millisecs",
	"ksm.use_zero_pages",
};

static bool is_setting(const struct figure *f, const struct phase_result *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(ksm_settings); i++)
		if (!strncmp(f->key, ksm_settings[i], strlen(ksm_settings[i])))
			return true;
	return f->spec->setting && !(f->spec->job && p->job);
}

/*
 * KSM's page counts are levels; other counts and the times in sets add up while the phase runs. A
 * job does not end sooner or later than its work: what adds up over it is what the work costs.
 */
static bool per_second(const struct figure *f, const struct phase_result *p)
{
	if (p->job)
		return false;
	if (f->unit == FIGURE_COUNT)
		return strncmp(f->key, "ksm.", 4) != 0;
	return f->spec->adds || (f->key[0] && f->unit == FIGURE_NS);
}

static bool value_of(const struct compared *c, const struct result *r, double *value)
{
	const struct phase_result *p = figure_phase(&c->figure, r, 0);
	char why[256];

	if (!p || !p->done || !p->exercised || !phase_exercised(p, why, sizeof(why)) ||
	    figure_value(&c->figure, r, 0, value) != FIGURE_KNOWN)
		return false;
	if (c->per_s)
		*value *= 1e9 / (double)p->duration_ns;
	return true;
}

void compare_sample(const struct compared *c, const struct run_set *s, struct sample *out)
{
	out->n = 0;
	for (size_t i = 0; i < s->n; i++)
		if (!value_of(c, s->r[i], &out->v[out->n++])) {
			out->n = 0;
			return;
		}
}

/* What is added, so that nothing has a logarithm, too. */
static double least_of(enum figure_unit unit)
{
	return unit == FIGURE_SHARE ? 0.01 : 1;
}

double compare_scale(enum figure_unit unit, double value)
{
	return log(value + least_of(unit));
}

double compare_unscale(enum figure_unit unit, double scale)
{
	return exp(scale) - least_of(unit);
}

double compare_difference(const struct compared *c)
{
	return stats_mean(&c->bad) - stats_mean(&c->good);
}

static bool already_there(const struct comparison *c, const struct figure *f)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].figure.spec == f->spec && c->v[i].figure.phase == f->phase &&
		    !strcmp(c->v[i].figure.key, f->key))
			return true;
	return false;
}

/* Without repetitions chance can only be guessed at: a count is as uncertain as its square root. */
static bool differs_by_events(const struct compared *it, const struct result *good,
			      const struct result *bad)
{
	double g, b;

	if (it->unit != FIGURE_COUNT || figure_value(&it->figure, good, 0, &g) != FIGURE_KNOWN ||
	    figure_value(&it->figure, bad, 0, &b) != FIGURE_KNOWN)
		return true;
	return fabs(b - g) >= COMPARE_EXACT_EVENTS * sqrt(b + g);
}

/* What may stand in a sentence; it judges nothing. */
static bool is_loud(const struct comparison *c, const struct compared *it,
		    const struct run_set *good, const struct run_set *bad)
{
	if (fabs(it->gap) < COMPARE_LEAST_GAP)
		return false;
	if (good->n > 1 || bad->n > 1)
		return it->p <= COMPARE_BASELINE_ALPHA;
	return c->exact && differs_by_events(it, good->r[0], bad->r[0]);
}

static int add(struct comparison *c, const struct figure *f, const struct run_set *good,
	       const struct run_set *bad)
{
	const struct phase_result *p = &good->r[0]->phases[f->phase];
	struct compared *longer, *it;

	if (is_setting(f, p) || already_there(c, f))
		return 0;
	longer = realloc(c->v, (c->n + 1) * sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	c->v = longer;
	it = &longer[c->n++];
	*it = (struct compared){
		.figure = *f, .unit = f->unit, .per_s = per_second(f, p), .p = 1, .p_all = 1};
	it->noisy = !f->key[0] && noise_of(p->sources, f->spec->path, &it->noise);
	figure_name(f, good->r[0], 0, it->name, sizeof(it->name));
	compare_sample(it, good, &it->good);
	compare_sample(it, bad, &it->bad);
	if (!it->good.n || !it->bad.n)
		return 0;
	it->gap = compare_scale(it->unit, stats_median(&it->bad)) -
		  compare_scale(it->unit, stats_median(&it->good));
	it->delta = stats_cliff(&it->bad, &it->good);
	if (!c->exact)
		it->p = stats_p_differs(&it->bad, &it->good);
	it->loud = is_loud(c, it, good, bad);
	return 0;
}

static int add_named(struct comparison *c, const char *phase, const char *path, const char *key,
		     const struct run_set *good, const struct run_set *bad)
{
	struct figure_phases phases = {.name = &phase, .n = 1};
	auto_free char *name = str_format("%s.%s%s", phase, path, key);
	struct figure f;

	if (!name)
		return -ENOMEM;
	if (figure_parse(&f, name, strlen(name), &phases))
		return 0; /* a name of the kernel's that is too long */
	f.phase = 0;
	for (size_t i = 0; i < good->r[0]->nphases; i++)
		if (good->r[0]->phases[i].name == phase)
			f.phase = (int)i;
	return add(c, &f, good, bad);
}

/* The names in a set, of the first run of either side. */
static int add_set(struct comparison *c, const struct figure_spec *s, const char *phase,
		   const struct phase_result *p, const struct run_set *good,
		   const struct run_set *bad)
{
	const struct metrics *m = (const struct metrics *)((const char *)p + s->offset);
	int err = 0;

	for (size_t i = 0; s->kind == FIGURE_SET && i < m->n && !err; i++)
		err = add_named(c, phase, s->path, m->v[i].name, good, bad);
	for (size_t i = 0; s->kind == FIGURE_PROOF && i < p->nproof && !err; i++)
		err = add_named(c, phase, s->path, p->proof[i].name, good, bad);
	return err;
}

static int add_phase(struct comparison *c, size_t i, const struct run_set *good,
		     const struct run_set *bad)
{
	const struct phase_result *g = &good->r[0]->phases[i], *b = &bad->r[0]->phases[i];
	int err = 0;

	for (const struct figure_spec *s = figure_phase_table; s->path && !err; s++) {
		if (s->kind != FIGURE_SET && s->kind != FIGURE_PROOF)
			err = add_named(c, g->name, s->path, "", good, bad);
		else
			err = add_set(c, s, g->name, g, good, bad)
				      ?: add_set(c, s, g->name, b, good, bad);
	}
	return err;
}

/* @f, or when it names no phase that of every phase but idle. Number of figures. */
static size_t choose_figure(struct comparison *c, const struct figure *f, size_t place)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		struct compared *it = &c->v[i];

		if (it->figure.spec != f->spec || strcmp(it->figure.key, f->key) ||
		    (f->phase == FIGURE_EACH ? it->figure.phase == 0
					     : it->figure.phase != f->phase))
			continue;
		it->candidate = true;
		it->named = it->named ? it->named : place + 1;
		n++;
	}
	return n;
}

/* The figures @by that the user named. */
static int choose_named(struct comparison *c, const struct result *r, const char *const *by,
			size_t nby, char *why, size_t size)
{
	const char *names[r->nphases];
	struct figure_phases phases = {.name = names, .n = r->nphases};
	struct figure f;

	for (size_t i = 0; i < r->nphases; i++)
		names[i] = r->phases[i].name;
	for (size_t k = 0; k < nby; k++) {
		if (figure_parse(&f, by[k], strlen(by[k]), &phases)) {
			figure_explain(by[k], strlen(by[k]), &phases, why, size);
			return -EINVAL;
		}
		if (!choose_figure(c, &f, k)) {
			snprintf(why, size,
				 "'%s' is not compared: an option, a duration, or unknown "
				 "in the first run of both sides",
				 by[k]);
			return -EINVAL;
		}
	}
	return 0;
}

/*
 * One run of each kernel, with nothing to tell chance from change: two seeds on the same kernel
 * have been seen to differ by a factor of 37 in faults.retried_most and 20 in touch.ns.p99
 * (docs/compare.md). So a figure may speak only where it has been measured what another seed does
 * to it, and loudly; where it has not, only the steady ones, and more loudly.
 */
static bool may_judge_exact(const struct compared *it)
{
	return it->noisy || it->figure.spec->steady;
}

static double least_exact(const struct comparison *c, const struct compared *it)
{
	if (c->named)
		return COMPARE_NAMED_GAP;
	return fmax((it->figure.spec->steady ? COMPARE_STEADY_TIMES : COMPARE_NOISE_TIMES) *
			    it->noise,
		    COMPARE_EXACT_GAP);
}

static void choose(struct comparison *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct compared *it = &c->v[i];

		c->v[i].candidate = it->figure.phase > 0 &&
				    (c->exact ? may_judge_exact(it) : it->figure.spec->picked);
	}
}

static void separate_exact(struct comparison *c, const struct run_set *good,
			   const struct run_set *bad)
{
	for (size_t i = 0; i < c->n; i++) {
		struct compared *it = &c->v[i];

		it->separates = it->candidate && fabs(it->gap) >= least_exact(c, it) &&
				(c->named || differs_by_events(it, good->r[0], bad->r[0]));
	}
}

static int separate_ranks(struct comparison *c)
{
	double *p = calloc(2 * c->n + 1, sizeof(*p)), *all = p ? p + c->n : NULL;
	size_t m = 0;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].candidate)
			p[m++] = c->v[i].p;
	stats_holm(p, m, all);
	m = 0;
	for (size_t i = 0; i < c->n; i++) {
		struct compared *it = &c->v[i];

		if (!it->candidate)
			continue;
		it->p_all = all[m++];
		it->separates = it->p_all <= COMPARE_BASELINE_ALPHA &&
				fabs(it->delta) >= STATS_LARGE &&
				fabs(it->gap) >= COMPARE_LEAST_GAP;
	}
	free(p);
	return 0;
}

static size_t widest(const struct comparison *c)
{
	size_t best = c->n;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].separates && !c->v[i].judges &&
		    (best == c->n || fabs(c->v[i].gap) > fabs(c->v[best].gap)))
			best = i;
	return best;
}

/* Of figures nobody named only the widest gaps, and those at least half as wide. */
static void pick_judges(struct comparison *c)
{
	size_t most = c->named ? COMPARE_MAX_JUDGES : COMPARE_PICKS, i;

	while (c->njudges < most && (i = widest(c)) < c->n) {
		if (!c->named && c->njudges && fabs(c->v[i].gap) < fabs(c->v[c->judge[0]].gap) / 2)
			return;
		c->v[i].judges = true;
		c->judge[c->njudges++] = i;
	}
}

int compare_open(struct comparison *c, const struct run_set *good, const struct run_set *bad,
		 const char *const *by, size_t nby, char *why, size_t size)
{
	int err = 0;

	*c = (struct comparison){.ngood = good->n, .nbad = bad->n, .named = nby > 0};
	c->exact = good->r[0]->deterministic && good->n == 1 && bad->n == 1;
	for (size_t i = 0; i < good->r[0]->nphases && !err; i++)
		err = add_phase(c, i, good, bad);
	if (!err && nby)
		err = choose_named(c, good->r[0], by, nby, why, size);
	else if (!err)
		choose(c);
	for (size_t i = 0; i < c->n; i++)
		c->ncandidates += c->v[i].candidate &= c->v[i].good.n && c->v[i].bad.n;
	if (!err && c->exact)
		separate_exact(c, good, bad);
	else if (!err)
		err = separate_ranks(c);
	if (!err)
		pick_judges(c);
	if (err)
		compare_close(c);
	return err;
}

void compare_close(struct comparison *c)
{
	free(c->v);
	*c = (struct comparison){0};
}

const char *compare_useless(const struct comparison *c, char *buf, size_t size)
{
	double least = 2 * stats_least_p(c->ngood, c->nbad);
	double needed = COMPARE_BASELINE_ALPHA / (c->ncandidates ? (double)c->ncandidates : 1);

	if (c->njudges)
		return NULL;
	if (!c->ncandidates)
		snprintf(buf, size, "no figure to judge by is known in every run of both sides");
	else if (!c->exact && least > needed)
		snprintf(buf, size,
			 "%zu good and %zu bad runs are too few for %zu figures (least p %.2g, "
			 "needed %.2g): make more, or name figures with --by",
			 c->ngood, c->nbad, c->ncandidates, least, needed);
	else
		snprintf(buf, size, "none of %zu figures differs enough between good and bad%s",
			 c->ncandidates,
			 c->exact ? "; one seed cannot tell chance from change: give runs with "
				    "several seeds, or name a figure with --by"
				  : "");
	return buf;
}
