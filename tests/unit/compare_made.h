/* SPDX-License-Identifier: GPL-2.0-only */
/* compare_made.h - results made up for the tests of compare: two sides with figures that differ as
 * wanted. */
#ifndef COMPARE_MADE_H
#define COMPARE_MADE_H

#include "compare/compare.h"
#include "compare/noise.h"
#include "made.h"

#include <errno.h>
#include <math.h>

#define MOST 12

struct bench {
	struct result good[MOST], bad[MOST], is[MOST];
	struct run_set g, b, n;
	struct comparison c;
	struct judgement j;
	uint64_t seed;
	double spread;
};

static inline double noise(struct bench *t) /* 1 - spread to 1 + spread */
{
	t->seed ^= t->seed << 13;
	t->seed ^= t->seed >> 7;
	t->seed ^= t->seed << 17;
	return 1 + t->spread * ((double)(t->seed % 4096) / 2048 - 1);
}

static inline void set_figures(struct result *r, size_t phase, double factor)
{
	struct phase_result *p = &r->phases[phase];

	p->stalls.count = (uint64_t)(200 * factor);
	p->faults.total = (uint64_t)(40000 * factor);
}

/* One more run in @s; hardware runs differ a little in everything, migrate by @factor. */
static inline struct result *one_more(struct bench *t, struct result *all, struct run_set *s,
				      double factor, bool deterministic)
{
	struct result *r = &all[s->n];

	assert_true(s->n < MOST);
	made(r);
	r->deterministic = deterministic;
	if (!deterministic)
		for (size_t i = 0; i < r->nphases; i++) {
			struct phase_result *p = &r->phases[i];

			p->touch.count = (uint64_t)(1e6 * noise(t));
			p->touch.p50_ns = (uint64_t)(400 * noise(t));
			p->touch.p99_ns = (uint64_t)(9000 * noise(t));
			p->touch.p999_ns = (uint64_t)(27000 * noise(t));
			p->stalls.count = (uint64_t)(200 * noise(t));
			p->stalls.total_ns = (uint64_t)(3e8 * noise(t));
			p->faults.total = (uint64_t)(20000 * noise(t));
			p->faults.retried_most = (uint64_t)(5000 * noise(t));
			p->faults.inside = (uint64_t)(2000 * noise(t));
			p->faults.refault = (uint64_t)(10000 * noise(t));
			p->windows.count = (uint64_t)(20000 * noise(t));
			p->windows.empty.p99_ns = (uint64_t)(7000 * noise(t));
			p->refault_ratio = 0.9 * noise(t);
		}
	set_figures(r, 3, factor * (deterministic ? 1 : noise(t)));
	s->name[s->n] = "a file";
	s->r[s->n++] = r;
	return r;
}

static inline void sides(struct bench *t, size_t good, size_t bad, double factor,
			 bool deterministic)
{
	*t = (struct bench){.seed = 88172645463325252ull, .spread = 0.02};
	for (size_t i = 0; i < good; i++)
		one_more(t, t->good, &t->g, 1, deterministic);
	for (size_t i = 0; i < bad; i++)
		free(one_more(t, t->bad, &t->b, factor, deterministic)->kernel),
			t->bad[i].kernel = strdup("7.3.4 #1");
}

static inline void open_by(struct bench *t, const char *by)
{
	char why[400];

	compare_close(&t->c);
	assert_int_equal(compare_open(&t->c, &t->g, &t->b, &by, by ? 1 : 0, why, sizeof(why)), 0);
}

static enum nearer judge(struct bench *t)
{
	compare_judge(&t->c, &t->g, &t->b, &t->n, &t->j);
	return t->j.says;
}

static inline void drop_new(struct bench *t)
{
	while (t->n.n)
		result_free(&t->is[--t->n.n]);
}

static inline void clean(struct bench *t)
{
	drop_new(t);
	compare_close(&t->c);
	for (size_t i = 0; i < MOST; i++) {
		result_free(&t->good[i]);
		result_free(&t->bad[i]);
	}
}

static inline const struct compared *find(const struct comparison *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].name, name))
			return &c->v[i];
	return NULL;
}

static inline bool judges(const struct bench *t, const char *name)
{
	const struct compared *it = find(&t->c, name);

	assert_non_null(it);
	return it->judges;
}

#endif
