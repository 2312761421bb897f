/* SPDX-License-Identifier: GPL-2.0-only */
/* json.c - a comparison as JSON, as docs/compare.md describes it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "report.h"
#include "result/json_put.h"

static json_t *sample_json(const struct sample *s)
{
	json_t *values = json_array();

	if (!s->n) {
		json_decref(values);
		return json_null();
	}
	for (size_t i = 0; i < s->n; i++)
		json_push(&values, json_share(s->v[i]));
	return json_pack("{s:o, s:o, s:o, s:o}", "mean", json_share(stats_mean(s)), "stdev",
			 json_share(stats_stdev(s)), "median", json_share(stats_median(s)),
			 "values", values);
}

static json_t *real_json(bool known, double value)
{
	return known ? json_share(value) : json_null();
}

static json_t *figure_json(const struct compared *c)
{
	static const char *const units[] = {"count", "ns", "share", "per_s"};
	bool both = c->good.n && c->bad.n;
	double mean = stats_mean(&c->good), difference = compare_difference(c);

	return json_pack(
		"{s:o, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b}",
		"name", json_text(c->name), "unit", units[c->unit], "per_s", c->per_s, "good",
		sample_json(&c->good), "bad", sample_json(&c->bad), "difference",
		real_json(both, difference), "change",
		real_json(both && mean != 0, both ? difference / mean : 0), "gap",
		real_json(both, c->gap), "noise", real_json(c->noisy, c->noise), "delta",
		real_json(both, c->delta), "p", real_json(both, c->p), "p_all",
		real_json(both && c->candidate, c->p_all), "named", c->named > 0, "separates",
		c->separates, "judges", c->judges);
}

static json_t *figures_json(const struct comparison *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->n; i++)
		json_push(&array, figure_json(&c->v[i]));
	return array;
}

static json_t *runs_json(const struct run_set *s)
{
	json_t *array = json_array();
	char seed[24];

	for (size_t i = 0; i < s->n; i++) {
		snprintf(seed, sizeof(seed), "%" PRIu64, s->r[i]->seed);
		json_push(&array, json_pack("{s:o, s:o, s:s}", "file", json_text(s->name[i]),
					    "kernel", json_text(s->r[i]->kernel), "seed", seed));
	}
	return array;
}

static const char *nearer(enum nearer says)
{
	return says == NEARER_GOOD ? "good" : says == NEARER_BAD ? "bad" : "neither";
}

static json_t *judged_json(const struct judgement *j)
{
	json_t *array = json_array();

	for (size_t i = 0; i < j->n; i++) {
		const struct judged_figure *f = &j->figure[i];

		json_push(&array, json_pack("{s:o, s:o, s:o, s:o, s:s}", "name",
					    json_text(f->of->name), "is", sample_json(&f->is),
					    "position", real_json(f->is.n, f->position), "p",
					    real_json(f->is.n, f->p), "nearer", nearer(f->says)));
	}
	return array;
}

static json_t *new_json(const struct compare_report *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->nnew; i++) {
		const struct compared_new *n = &r->new[i];

		json_push(&array,
			  json_pack("{s:o, s:s, s:o, s:b, s:o}", "runs", runs_json(&n->runs.set),
				    "nearer", nearer(n->judgement.says), "why",
				    json_text(n->judgement.why), "go_on", n->judgement.go_on,
				    "figures", judged_json(&n->judgement)));
	}
	return array;
}

int compare_write_json(const struct compare_report *r, const char *path)
{
	json_t *verdict = json_pack("{s:i, s:s, s:o}", "code", (int)r->code, "result",
				    verdict_name(r->code), "why", json_text(r->why));
	json_t *root = json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "schema", COMPARE_SCHEMA,
				 "verdict", verdict, "method", r->sides.c.exact ? "exact" : "ranks",
				 "good", runs_json(&r->sides.good.set), "bad",
				 runs_json(&r->sides.bad.set), "new", new_json(r), "figures",
				 figures_json(&r->sides.c));
	auto_free char *text =
		root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : NULL;
	auto_free char *line = text ? str_format("%s\n", text) : NULL;

	json_decref(root);
	if (!line)
		return err_say(-ENOMEM, "no memory for the comparison as JSON");
	return file_replace(path, line, strlen(line));
}
