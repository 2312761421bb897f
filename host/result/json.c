/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.c - the result as docs/result.schema.json describes it.
 *
 * Keys come in the order they are put in, numbers in one form, so equal results are equal bytes.
 * Two things do not survive JSON as they are: the seed may have 64 bits, of which many readers keep
 * 53, and is a decimal string therefore; text that is not UTF-8 gets '?' for its odd bytes.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json_figures.h"
#include "json_phase.h"
#include "json_put.h"

static json_t *texts_json(char *const *texts, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(array, json_text(texts[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *verdict_json(const struct verdict *v)
{
	json_t *o = json_object();

	json_put(&o, "code", json_integer(v->code));
	json_put(&o, "result", json_string(verdict_name(v->code)));
	json_put(&o, "reasons", texts_json(v->reasons, v->nreasons));
	return o;
}

static json_t *end_json(const struct result *r)
{
	json_t *o = json_object();

	json_put(&o, "how", json_string(run_end_name(r->end)));
	json_put(&o, "detail", json_text(r->end_detail));
	json_put(&o, "stress_begun", json_boolean(r->stress_begun));
	return o;
}

/* The figures of the whole run, and what stands beside them. */
static void put_run(json_t **o, const struct result *r)
{
	const struct probe_figures *p = &r->probes;

	json_put_at(o, "guest.kernel", json_text(r->guest_kernel));
	json_put_at(o, "guest.pattern", json_text(pattern_names[r->pattern]));
	json_put_at(o, "guest.backend", json_text(backend_names[r->backend]));
	json_put_at(o, "guest.write_share", json_share(r->write_ppm / 1e6));
	json_put_at(o, "clock.method", json_text(r->clock.method));
	json_put_at(o, "probes.backend", json_text(p->backend));
	json_put_at(o, "probes.why", json_text(p->why));
	json_put_at(o, "probes.selftest", json_text(p->selftest));
	json_put_at(o, "probes.interfere", json_boolean(p->interfere));
	json_put_figures(o, figure_run_table, r);
}

static json_t *phases_json(const struct result *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->nphases; i++)
		if (json_array_append_new(array, json_phase(&r->phases[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *limit_json(const struct limit_result *l)
{
	bool known = l->state == LIMIT_KEPT || l->state == LIMIT_EXCEEDED;
	json_t *o = json_object();

	json_put(&o, "expr", json_text(l->expr));
	json_put(&o, "phase", json_text(l->phase));
	json_put(&o, "value", known ? json_real(l->value) : json_null());
	json_put(&o, "limit", known ? json_real(l->limit) : json_null());
	json_put(&o, "exceeded", known ? json_boolean(l->state == LIMIT_EXCEEDED) : json_null());
	json_put(&o, "proven", json_boolean(l->state != LIMIT_UNPROVEN));
	json_put(&o, "text", json_text(l->text));
	return o;
}

static json_t *limits_json(const struct result *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->nlimits; i++)
		if (json_array_append_new(array, limit_json(&r->limits[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *baseline_json(const struct baseline_result *b)
{
	json_t *o;

	if (!b->nearer)
		return json_null();
	o = json_object();
	json_put(&o, "nearer", json_text(b->nearer));
	json_put(&o, "figures", texts_json(b->lines, b->nlines));
	return o;
}

static json_t *against_json(const struct against_result *a)
{
	json_t *o;

	if (!a->kernel)
		return json_null();
	o = json_object();
	json_put(&o, "kernel", json_text(a->kernel));
	json_put(&o, "figures", json_integer((json_int_t)a->figures));
	json_put(&o, "worse", json_integer((json_int_t)a->worse));
	return o;
}

static json_t *finding_json(const struct kernlog_finding *f)
{
	json_t *o = json_object();

	json_put(&o, "phase", f->phase[0] ? json_text(f->phase) : json_null());
	json_put(&o, "kind", json_text(kernlog_kind_names[f->kind]));
	json_put(&o, "title", json_text(f->title));
	json_put(&o, "stress", json_boolean(f->stress));
	json_put(&o, "names_us", json_boolean(f->names_us));
	json_put(&o, "text", json_text(f->text));
	return o;
}

static json_t *findings_json(const struct kernlog *k)
{
	json_t *array = json_array();

	for (size_t i = 0; i < k->n; i++)
		if (json_array_append_new(array, finding_json(&k->v[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *kernlog_json(const struct kernlog *k)
{
	json_t *o = json_object();

	json_put(&o, "read", json_boolean(k->read));
	json_put(&o, "lost", json_u64(k->lost));
	json_put(&o, "taint", json_u64(k->taint));
	json_put(&o, "more", json_u64(k->more));
	json_put(&o, "findings", findings_json(k));
	return o;
}

static json_t *build_json(char *const *build)
{
	json_t *o = json_object();

	json_put(&o, "program", json_text(build[BUILD_PROGRAM]));
	json_put(&o, "image", json_text(build[BUILD_IMAGE]));
	json_put(&o, "emulator", json_text(build[BUILD_EMULATOR]));
	return o;
}

static json_t *seed_json(uint64_t seed)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, seed);
	return json_string(text);
}

static json_t *lab_json(const struct lab_figures *l)
{
	json_t *o;

	if (!l->cpus)
		return json_null();
	o = json_object();
	json_put(&o, "cpus", json_integer((json_int_t)l->cpus));
	json_put(&o, "turn", l->turn ? json_integer((json_int_t)l->turn) : json_null());
	json_put(&o, "hold_ns", json_integer((json_int_t)l->hold_ns));
	json_put(&o, "schedule", l->turn ? seed_json(l->schedule) : json_null());
	return o;
}

char *result_json(const struct result *r)
{
	json_t *o = json_object();
	char *text = NULL;

	json_put(&o, "schema", json_string(RESULT_SCHEMA));
	json_put(&o, "verdict", verdict_json(&r->verdict));
	json_put(&o, "end", end_json(r));
	json_put(&o, "place", json_text(r->place));
	json_put(&o, "accel", json_text(r->accel));
	json_put(&o, "emulator", json_text(r->emulator));
	json_put(&o, "paging", json_text(r->paging));
	json_put(&o, "deterministic", json_boolean(r->deterministic));
	json_put(&o, "seed", seed_json(r->seed));
	json_put(&o, "lab", lab_json(&r->lab));
	json_put(&o, "kernel", json_text(r->kernel));
	json_put(&o, "command", json_text(r->command));
	json_put(&o, "qemu", json_text(r->qemu));
	json_put(&o, "qemu_cured",
		 r->accel && !strcmp(r->accel, "bochs") ? json_null()
							: json_boolean(r->qemu_cured));
	json_put(&o, "build", build_json(r->build));
	put_run(&o, r);
	json_put(&o, "phases", phases_json(r));
	json_put(&o, "kernel_log", kernlog_json(&r->kernlog));
	json_put(&o, "crash", json_text(r->crash));
	json_put(&o, "limits", limits_json(r));
	json_put(&o, "baseline", baseline_json(&r->baseline));
	json_put(&o, "against", against_json(&r->against));
	json_put(&o, "host", json_metrics(&r->here));
	if (o)
		text = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(o);
	return text;
}

int result_json_file(const struct result *r, const char *path)
{
	auto_free char *text = result_json(r);
	auto_free char *line = text ? str_format("%s\n", text) : NULL;

	if (!line)
		return err_say(-ENOMEM, "no memory for the result as JSON");
	return file_replace(path, line, strlen(line));
}
