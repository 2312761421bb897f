// SPDX-License-Identifier: GPL-2.0-only
/* json_phase.c - one phase of the result as JSON: its figures by their table, and what is none. */
#include "json_figures.h"
#include "json_phase.h"
#include "json_put.h"
#include "json_series.h"
#include "json_worst.h"
#include "names.h"

static json_t *window_json(int thread, int event, uint64_t count)
{
	json_t *o = json_object();

	json_put(&o, "thread", json_text(probe_thread_names[thread]));
	json_put(&o, "event", json_text(probe_reason_names[event]));
	json_put(&o, "count", json_u64(count));
	return o;
}

/* Only the windows that stalls had behind them. */
static json_t *by_window_json(const struct stall_figures *s)
{
	json_t *array = s->causes_known ? json_array() : json_null();

	for (int i = 0; i < THREADS * REASONS && array && s->causes_known; i++) {
		int thread = i / REASONS, event = i % REASONS;
		uint64_t count = s->by_window[event][thread];

		if (count && json_array_append_new(array, window_json(thread, event, count))) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *needed_json(const struct phase_result *p)
{
	json_t *o = json_object();

	for (size_t i = 0; i < p->nproof; i++)
		json_put(&o, p->proof[i].name, json_u64(p->proof[i].needed));
	return o;
}

json_t *json_phase(const struct phase_result *p)
{
	json_t *o = json_object();

	json_put(&o, "name", json_text(p->name));
	json_put(&o, "sources", json_text(p->sources));
	json_put(&o, "job", json_boolean(p->job));
	json_put(&o, "done", json_boolean(p->done));
	json_put(&o, "exercised", json_boolean(p->exercised));
	json_put(&o, "why_not", json_text(p->why_not));
	json_put(&o, "proof_needed", needed_json(p));
	json_put(&o, "touch_histogram", json_text(p->touch_buckets));
	json_put(&o, "window_histogram", json_text(p->window_buckets));
	json_put(&o, "over_time", series_json(&p->series));
	json_put_figures(&o, figure_phase_table, p);
	json_put_at(&o, "stalls.by_window", by_window_json(&p->stalls));
	json_put_at(&o, "stalls.worst",
		    p->stalls.causes_known ? worst_json(&p->stalls.worst) : json_null());
	return o;
}
