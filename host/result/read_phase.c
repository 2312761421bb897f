/* SPDX-License-Identifier: GPL-2.0-only */
/* read_phase.c - the phases of a stored result (read.c). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "buckets.h"
#include "json_series.h"
#include "json_worst.h"
#include "names.h"
#include "reader.h"

/* Names of proofs are static in a run; here they live in r->names. */
static int read_proof(const struct reader *d, json_t *o, struct phase_result *p)
{
	json_t *moved = json_object_get(o, "proof"), *needed = json_object_get(o, "proof_needed");
	struct result *r = d->r;
	const char *name;
	json_t *json;
	int err;

	if (!json_is_object(moved) || json_object_size(moved) > ARRAY_SIZE(p->proof))
		return reader_bad(d, "proof", "an object of a few counters");
	json_object_foreach (moved, name, json) {
		struct proof *proof = &p->proof[p->nproof];

		err = reader_u64(d, name, json, &proof->moved);
		if (!err)
			err = reader_u64(d, name, json_object_get(needed, name), &proof->needed);
		if (!err && result_add_text(&r->names, &r->nnames, name))
			err = err_sys(-ENOMEM, "%s", d->name);
		if (err)
			return err;
		proof->name = r->names[r->nnames - 1];
		p->nproof++;
	}
	return 0;
}

/* stalls.by_window: those of the windows that stalls had behind them. */
static int read_window(const struct reader *d, json_t *o, struct stall_figures *s)
{
	int thread = name_find(probe_thread_names, THREADS,
			       json_string_value(json_object_get(o, "thread")));
	int event = name_find(probe_reason_names, REASONS,
			      json_string_value(json_object_get(o, "event")));

	if (thread < 0 || event < 0)
		return reader_bad(d, "stalls.by_window", "a list of windows by thread and event");
	return reader_u64(d, "stalls.by_window.count", json_object_get(o, "count"),
			  &s->by_window[event][thread]);
}

static int read_worst(const struct reader *d, json_t *o, struct stall_figures *s)
{
	json_t *array = reader_at(o, "stalls.worst");
	int err = json_is_null(array) ? 0 : worst_read(&s->worst, array);

	if (err == -ENOMEM)
		return err_sys(err, "%s", d->name);
	return err ? reader_bad(d, "stalls.worst", "a list of stalls with their pieces") : 0;
}

static int read_by_window(const struct reader *d, json_t *o, struct stall_figures *s)
{
	json_t *array = reader_at(o, "stalls.by_window"), *window;
	int err = 0;
	size_t i;

	if (json_is_null(array))
		return 0;
	if (!json_is_array(array))
		return reader_bad(d, "stalls.by_window", "a list");
	json_array_foreach (array, i, window)
		if (!err)
			err = read_window(d, window, s);
	return err;
}

static int read_set(const struct reader *d, json_t *o, const struct figure_spec *s,
		    struct phase_result *p)
{
	char key[32];

	if (s->kind == FIGURE_PROOF)
		return read_proof(d, o, p);
	snprintf(key, sizeof(key), "%.*s", (int)strlen(s->path) - 1, s->path);
	return reader_metrics(d, o, key, (struct metrics *)((char *)p + s->offset));
}

static int read_buckets(const struct reader *d, json_t *o, const char *key, char **text)
{
	int err = json_object_get(o, key) ? reader_text(d, o, key, text) : 0;

	return !err && *text && !buckets_good(*text) ? reader_bad(d, key, "a histogram") : err;
}

static int read_phase(struct reader *d, json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "name"));
	const char *sources = json_string_value(json_object_get(o, "sources"));
	struct phase_result *p;
	int err;

	snprintf(d->at, sizeof(d->at), "phases[%zu]", d->r->nphases);
	if (!name || !sources)
		return reader_bad(d, name ? "sources" : "name", "a text");
	err = result_add_phase(d->r, name, sources, &p);
	if (err)
		return err_sys(err, "%s", d->name);
	text_safe(p->name);
	text_safe(p->sources);
	err = reader_bool(d, o, "done", &p->done);
	if (!err)
		err = reader_bool(d, o, "exercised", &p->exercised);
	if (!err)
		err = reader_bool(d, o, "job", &p->job);
	if (!err)
		err = reader_text(d, o, "why_not", &p->why_not);
	if (!err)
		err = read_buckets(d, o, "touch_histogram", &p->touch_buckets);
	if (!err)
		err = read_buckets(d, o, "window_histogram", &p->window_buckets);
	if (!err && series_read(&p->series, json_object_get(o, "over_time")))
		err = reader_bad(d, "over_time", "sums over time");
	for (const struct figure_spec *s = figure_phase_table; s->path && !err; s++)
		err = s->kind == FIGURE_SET || s->kind == FIGURE_PROOF
			      ? read_set(d, o, s, p)
			      : reader_figure(d, o, s, (char *)p);
	if (!err)
		err = read_by_window(d, o, &p->stalls);
	if (!err)
		err = read_worst(d, o, &p->stalls);
	*d->at = '\0';
	return err;
}

int read_phases(struct reader *d, json_t *root)
{
	json_t *array = json_object_get(root, "phases"), *phase;
	int err = json_is_array(array) ? 0 : reader_bad(d, "phases", "a list");
	size_t i;

	json_array_foreach (array, i, phase)
		if (!err)
			err = read_phase(d, phase);
	return err;
}
