/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report_json.c - the result as docs/result.schema.json describes it.
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

#include <jansson.h>

#include "report.h"

static json_t *json_u64(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *json_known(bool known, uint64_t value)
{
	return known ? json_u64(value) : json_null();
}

static json_t *json_text(const char *text)
{
	json_t *json;
	char *copy;

	if (!text)
		return json_null();
	json = json_string(text);
	if (json)
		return json;
	copy = strdup(text);
	for (char *p = copy; p && *p; p++)
		if (*p & 0x80)
			*p = '?';
	json = copy ? json_string(copy) : NULL;
	free(copy);
	return json;
}

static json_t *json_share(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/* Steals @value like json_object_set_new(), which refuses NULL: one failed part fails the whole. */
static void put(json_t **object, const char *key, json_t *value)
{
	if (!*object || json_object_set_new(*object, key, value)) {
		if (!*object)
			json_decref(value);
		json_decref(*object);
		*object = NULL;
	}
}

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

	put(&o, "code", json_integer(v->code));
	put(&o, "result", json_string(verdict_name(v->code)));
	put(&o, "reasons", texts_json(v->reasons, v->nreasons));
	return o;
}

static json_t *guest_json(const struct result *r)
{
	json_t *o = json_object();

	put(&o, "kernel", json_text(r->guest_kernel));
	put(&o, "memory_bytes", json_u64(r->memory_bytes));
	put(&o, "vcpus", json_u64(r->vcpus));
	put(&o, "groups", json_u64(r->groups));
	put(&o, "write_share", json_share(r->write_ppm / 1e6));
	put(&o, "boot_ns", json_u64(r->boot_ns));
	return o;
}

static json_t *clock_json(const struct result *r)
{
	json_t *o = json_object();

	put(&o, "tsc_hz", json_known(r->tsc_hz, r->tsc_hz));
	put(&o, "tsc_error", r->tsc_hz ? json_share(r->tsc_error) : json_null());
	return o;
}

static json_t *channel_json(const struct channel_figures *c)
{
	json_t *o = json_object();

	put(&o, "frames", json_u64(c->frames));
	put(&o, "bad_header", json_u64(c->bad_header));
	put(&o, "bad_payload", json_u64(c->bad_payload));
	put(&o, "skipped_bytes", json_u64(c->skipped_bytes));
	put(&o, "lost", json_u64(c->lost));
	put(&o, "late", json_u64(c->late));
	put(&o, "duplicate", json_u64(c->duplicate));
	put(&o, "short_frames", json_u64(c->short_frames));
	put(&o, "foreign", json_u64(c->foreign));
	return o;
}

static json_t *touch_json(const struct phase_result *p)
{
	const struct touch_figures *t = &p->touch;
	double rate = (double)t->count * 1e9 / (double)p->duration_ns;
	bool any = t->count > 0;
	json_t *o = json_object(), *ns = json_object();

	put(&ns, "p50", json_known(any, t->p50_ns));
	put(&ns, "p99", json_known(any, t->p99_ns));
	put(&ns, "p999", json_known(any, t->p999_ns));
	put(&ns, "max", json_known(any, t->max_ns));
	put(&o, "count", json_u64(t->count));
	put(&o, "writes", json_u64(t->writes));
	put(&o, "rate", json_known(p->duration_ns, p->duration_ns ? (uint64_t)rate : 0));
	put(&o, "ns", ns);
	put(&o, "overflow", json_u64(t->overflow));
	return o;
}

static json_t *stalls_json(const struct stall_figures *s)
{
	json_t *o = json_object();

	put(&o, "threshold_ns", json_u64(s->threshold_ns));
	put(&o, "count", json_u64(s->count));
	put(&o, "total_ns", json_u64(s->total_ns));
	put(&o, "records_lost", json_u64(s->records_lost));
	return o;
}

static json_t *faults_json(const struct fault_figures *f)
{
	json_t *o = json_object();

	put(&o, "total", json_known(f->known, f->total));
	put(&o, "fixed", json_known(f->known, f->fixed));
	put(&o, "emulate", json_known(f->known, f->emulate));
	put(&o, "spurious", json_known(f->known, f->spurious));
	put(&o, "fast", json_known(f->known, f->fast));
	put(&o, "retried", json_known(f->known, f->retried_most));
	return o;
}

static json_t *integrity_json(const struct integrity_figures *i)
{
	json_t *o = json_object();

	put(&o, "checked", json_u64(i->checked));
	put(&o, "errors", json_u64(i->errors));
	return o;
}

static json_t *metrics_json(const struct metrics *m)
{
	json_t *o = json_object();

	for (size_t i = 0; i < m->n; i++)
		put(&o, m->v[i].name, json_u64(m->v[i].value));
	return o;
}

static json_t *proof_json(const struct phase_result *p, bool needed)
{
	json_t *o = json_object();

	for (size_t i = 0; i < p->nproof; i++)
		put(&o, p->proof[i].name,
		    json_u64(needed ? p->proof[i].needed : p->proof[i].moved));
	return o;
}

static json_t *phase_json(const struct phase_result *p)
{
	json_t *o = json_object();

	put(&o, "name", json_text(p->name));
	put(&o, "sources", json_text(p->sources));
	put(&o, "duration_ns", json_u64(p->duration_ns));
	put(&o, "waited_ns", json_u64(p->waited_ns));
	put(&o, "done", json_boolean(p->done));
	put(&o, "exercised", json_boolean(p->exercised));
	put(&o, "why_not", json_text(p->why_not));
	put(&o, "proof", proof_json(p, false));
	put(&o, "proof_needed", proof_json(p, true));
	put(&o, "touch", touch_json(p));
	put(&o, "stalls", stalls_json(&p->stalls));
	put(&o, "faults", faults_json(&p->faults));
	put(&o, "kvm", metrics_json(&p->kvm));
	put(&o, "host", metrics_json(&p->host));
	put(&o, "exits", metrics_json(&p->exits));
	put(&o, "integrity", integrity_json(&p->integrity));
	put(&o, "lost", json_u64(p->lost));
	return o;
}

static json_t *phases_json(const struct result *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->nphases; i++)
		if (json_array_append_new(array, phase_json(&r->phases[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *limit_json(const struct limit_result *l)
{
	bool known = l->state == LIMIT_KEPT || l->state == LIMIT_EXCEEDED;
	json_t *o = json_object();

	put(&o, "expr", json_text(l->expr));
	put(&o, "phase", json_text(l->phase));
	put(&o, "value", known ? json_real(l->value) : json_null());
	put(&o, "limit", known ? json_real(l->limit) : json_null());
	put(&o, "exceeded", known ? json_boolean(l->state == LIMIT_EXCEEDED) : json_null());
	put(&o, "proven", json_boolean(l->state != LIMIT_UNPROVEN));
	put(&o, "text", json_text(l->text));
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
	put(&o, "nearer", json_text(b->nearer));
	put(&o, "figures", texts_json(b->lines, b->nlines));
	return o;
}

char *report_json(const struct result *r)
{
	json_t *o = json_object();
	char seed[24], *text = NULL;

	snprintf(seed, sizeof(seed), "%" PRIu64, r->seed);
	put(&o, "schema", json_string(RESULT_SCHEMA));
	put(&o, "verdict", verdict_json(&r->verdict));
	put(&o, "place", json_text(r->place));
	put(&o, "accel", json_text(r->accel));
	put(&o, "deterministic", json_boolean(r->deterministic));
	put(&o, "seed", json_string(seed));
	put(&o, "kernel", json_text(r->kernel));
	put(&o, "command", json_text(r->command));
	put(&o, "qemu", json_text(r->qemu));
	put(&o, "qemu_cured", json_boolean(r->qemu_cured));
	put(&o, "guest", guest_json(r));
	put(&o, "clock", clock_json(r));
	put(&o, "channel", channel_json(&r->channel));
	put(&o, "phases", phases_json(r));
	put(&o, "limits", limits_json(r));
	put(&o, "baseline", baseline_json(&r->baseline));
	put(&o, "host", metrics_json(&r->here));
	if (o)
		text = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(o);
	return text;
}

int report_json_file(const struct result *r, const char *path)
{
	auto_free char *text = report_json(r);
	auto_free char *line = text ? str_format("%s\n", text) : NULL;

	if (!line)
		return err_say(-ENOMEM, "no memory for the result as JSON");
	return file_replace(path, line, strlen(line));
}
