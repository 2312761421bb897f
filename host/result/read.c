/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * read.c - see result_read.h. Figures are read by the tables of figures.h; a missing or
 * strange part is an error that names its path, never a zero.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "figures.h"
#include "json_series.h"
#include "json_worst.h"
#include "names.h"
#include "buckets.h"
#include "read.h"

struct reader {
	struct result *r;
	const char *name;
	char at[96]; /* the object that is read, for errors */
};

static int bad(const struct reader *d, const char *key, const char *want)
{
	return err_say(-EINVAL, "%s: %s%s%s is not %s; is it a result of this host-stress?",
		       d->name, d->at, *d->at ? "." : "", key, want);
}

/* "a.b.c" in @o; NULL: not there. A name with '.' in a set is not looked for here. */
static json_t *at_path(json_t *o, const char *path)
{
	char key[64];

	for (;;) {
		size_t n = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)n, path);
		o = json_object_get(o, key);
		if (!path[n] || !o)
			return o;
		path += n + 1;
	}
}

static int read_text(const struct reader *d, json_t *o, const char *key, char **text)
{
	json_t *value = at_path(o, key);

	if (json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return bad(d, key, "a text");
	*text = strdup(json_string_value(value));
	if (!*text)
		return err_sys(-ENOMEM, "%s", d->name);
	text_safe(*text);
	return 0;
}

static int read_bool(const struct reader *d, json_t *o, const char *key, bool *value)
{
	json_t *json = at_path(o, key);

	if (!json_is_boolean(json))
		return bad(d, key, "true or false");
	*value = json_is_true(json);
	return 0;
}

static int read_u64(const struct reader *d, const char *key, json_t *json, uint64_t *value)
{
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return bad(d, key, "a whole number");
	*value = (uint64_t)json_integer_value(json);
	return 0;
}

static int read_texts(const struct reader *d, json_t *o, const char *key, char ***list, size_t *n)
{
	json_t *array = at_path(o, key), *json;
	int err = 0;
	size_t i;

	if (!json_is_array(array))
		return bad(d, key, "a list");
	json_array_foreach (array, i, json) {
		if (!json_is_string(json))
			return bad(d, key, "a list of texts");
		err = result_add_text(list, n, json_string_value(json));
		if (err)
			return err_sys(err, "%s", d->name);
		text_safe((*list)[*n - 1]);
	}
	return 0;
}

static int read_metrics(const struct reader *d, json_t *o, const char *key, struct metrics *m)
{
	json_t *set = at_path(o, key), *json;
	const char *name;
	uint64_t value = 0;
	int err = 0;

	if (!json_is_object(set))
		return bad(d, key, "an object");
	json_object_foreach (set, name, json) {
		err = read_u64(d, name, json, &value);
		if (err)
			return err;
		err = metrics_set(m, name, value);
		if (err)
			return err_sys(err, "%s", d->name);
	}
	return 0;
}

/* Names of proofs are static in a run; here they live in r->names. */
static int read_proof(const struct reader *d, json_t *o, struct phase_result *p)
{
	json_t *moved = json_object_get(o, "proof"), *needed = json_object_get(o, "proof_needed");
	struct result *r = d->r;
	const char *name;
	json_t *json;
	int err;

	if (!json_is_object(moved) || json_object_size(moved) > ARRAY_SIZE(p->proof))
		return bad(d, "proof", "an object of a few counters");
	json_object_foreach (moved, name, json) {
		struct proof *proof = &p->proof[p->nproof];

		err = read_u64(d, name, json, &proof->moved);
		if (!err)
			err = read_u64(d, name, json_object_get(needed, name), &proof->needed);
		if (!err && result_add_text(&r->names, &r->nnames, name))
			err = err_sys(-ENOMEM, "%s", d->name);
		if (err)
			return err;
		proof->name = r->names[r->nnames - 1];
		p->nproof++;
	}
	return 0;
}

/* What can be not known is null then, and nothing tells what has made it so. */
static bool may_be_null(const struct figure_spec *s)
{
	return s->known || s->some || s->named || s->kind == FIGURE_DOUBLE;
}

static int read_double(const struct reader *d, const char *key, json_t *json, double *value)
{
	if (!json_is_number(json) || json_number_value(json) < 0)
		return bad(d, key, "a number");
	*value = json_number_value(json);
	return 0;
}

static int read_i64(const struct reader *d, const char *key, json_t *json, int64_t *value)
{
	if (!json_is_integer(json))
		return bad(d, key, "a whole number");
	*value = json_integer_value(json);
	return 0;
}

static int read_value(const struct reader *d, const struct figure_spec *s, json_t *json,
		      void *field)
{
	uint64_t value = 0;
	int err;

	if (s->kind == FIGURE_DOUBLE)
		return read_double(d, s->path, json, field);
	if (s->kind == FIGURE_I64)
		return read_i64(d, s->path, json, field);
	err = read_u64(d, s->path, json, &value);
	if (!err && s->kind == FIGURE_U32)
		*(uint32_t *)field = (uint32_t)value;
	else if (!err)
		*(uint64_t *)field = value;
	return err;
}

/* null stands where a figure is not known. */
static int read_figure(const struct reader *d, json_t *o, const struct figure_spec *s, char *base)
{
	json_t *json = at_path(o, s->path);
	void *field = base + s->offset;
	int err;

	if (s->kind == FIGURE_RATE || s->kind == FIGURE_REFAULT)
		return 0;
	if (json_is_null(json) && may_be_null(s)) {
		if (s->kind == FIGURE_DOUBLE)
			*(double *)field = NAN;
		return 0;
	}
	err = read_value(d, s, json, field);
	if (!err && s->known)
		*(bool *)(base + s->known) = true;
	return err;
}

/* stalls.by_window: those of the windows that stalls had behind them. */
static int read_window(const struct reader *d, json_t *o, struct stall_figures *s)
{
	int thread = name_find(probe_thread_names, THREADS,
			       json_string_value(json_object_get(o, "thread")));
	int event = name_find(probe_reason_names, REASONS,
			      json_string_value(json_object_get(o, "event")));

	if (thread < 0 || event < 0)
		return bad(d, "stalls.by_window", "a list of windows by thread and event");
	return read_u64(d, "stalls.by_window.count", json_object_get(o, "count"),
			&s->by_window[event][thread]);
}

static int read_worst(const struct reader *d, json_t *o, struct stall_figures *s)
{
	json_t *array = at_path(o, "stalls.worst");
	int err = json_is_null(array) ? 0 : worst_read(&s->worst, array);

	if (err == -ENOMEM)
		return err_sys(err, "%s", d->name);
	return err ? bad(d, "stalls.worst", "a list of stalls with their pieces") : 0;
}

static int read_by_window(const struct reader *d, json_t *o, struct stall_figures *s)
{
	json_t *array = at_path(o, "stalls.by_window"), *window;
	int err = 0;
	size_t i;

	if (json_is_null(array))
		return 0;
	if (!json_is_array(array))
		return bad(d, "stalls.by_window", "a list");
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
	return read_metrics(d, o, key, (struct metrics *)((char *)p + s->offset));
}

static int read_buckets(const struct reader *d, json_t *o, const char *key, char **text)
{
	int err = json_object_get(o, key) ? read_text(d, o, key, text) : 0;

	return !err && *text && !buckets_good(*text) ? bad(d, key, "a histogram") : err;
}

static int read_phase(struct reader *d, json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "name"));
	const char *sources = json_string_value(json_object_get(o, "sources"));
	struct phase_result *p;
	int err;

	snprintf(d->at, sizeof(d->at), "phases[%zu]", d->r->nphases);
	if (!name || !sources)
		return bad(d, name ? "sources" : "name", "a text");
	err = result_add_phase(d->r, name, sources, &p);
	if (err)
		return err_sys(err, "%s", d->name);
	text_safe(p->name);
	text_safe(p->sources);
	err = read_bool(d, o, "done", &p->done);
	if (!err)
		err = read_bool(d, o, "exercised", &p->exercised);
	if (!err)
		err = read_bool(d, o, "job", &p->job);
	if (!err)
		err = read_text(d, o, "why_not", &p->why_not);
	if (!err)
		err = read_buckets(d, o, "touch_histogram", &p->touch_buckets);
	if (!err)
		err = read_buckets(d, o, "window_histogram", &p->window_buckets);
	if (!err && series_read(&p->series, json_object_get(o, "over_time")))
		err = bad(d, "over_time", "sums over time");
	for (const struct figure_spec *s = figure_phase_table; s->path && !err; s++)
		err = s->kind == FIGURE_SET || s->kind == FIGURE_PROOF
			      ? read_set(d, o, s, p)
			      : read_figure(d, o, s, (char *)p);
	if (!err)
		err = read_by_window(d, o, &p->stalls);
	if (!err)
		err = read_worst(d, o, &p->stalls);
	*d->at = '\0';
	return err;
}

static int read_phases(struct reader *d, json_t *root)
{
	json_t *array = json_object_get(root, "phases"), *phase;
	int err = json_is_array(array) ? 0 : bad(d, "phases", "a list");
	size_t i;

	json_array_foreach (array, i, phase)
		if (!err)
			err = read_phase(d, phase);
	return err;
}

static int read_limit(const struct reader *d, json_t *o, struct limit_result *l)
{
	json_t *exceeded = json_object_get(o, "exceeded");
	bool proven = true;
	int err = read_text(d, o, "expr", &l->expr);

	if (!err)
		err = read_text(d, o, "phase", &l->phase);
	if (!err)
		err = read_text(d, o, "text", &l->text);
	if (!err)
		err = read_bool(d, o, "proven", &proven);
	if (!err && (!l->expr || !l->text))
		err = bad(d, "expr", "a text");
	l->value = json_number_value(json_object_get(o, "value"));
	l->limit = json_number_value(json_object_get(o, "limit"));
	l->state = !proven		     ? LIMIT_UNPROVEN
		   : json_is_true(exceeded)  ? LIMIT_EXCEEDED
		   : json_is_false(exceeded) ? LIMIT_KEPT
					     : LIMIT_UNKNOWN;
	return err;
}

static int read_limits(struct reader *d, json_t *root)
{
	json_t *array = json_object_get(root, "limits"), *limit;
	struct result *r = d->r;
	int err = json_is_array(array) ? 0 : bad(d, "limits", "a list");
	size_t i;

	if (err)
		return err;
	r->limits = calloc(json_array_size(array) + 1, sizeof(*r->limits));
	if (!r->limits)
		return err_sys(-ENOMEM, "%s", d->name);
	json_array_foreach (array, i, limit) {
		snprintf(d->at, sizeof(d->at), "limits[%zu]", i);
		if (!err)
			err = read_limit(d, limit, &r->limits[r->nlimits++]);
	}
	*d->at = '\0';
	return err;
}

static int read_verdict(struct reader *d, json_t *root)
{
	struct verdict *v = &d->r->verdict;
	json_t *code = at_path(root, "verdict.code");

	v->code = (enum verdict_code)json_integer_value(code);
	if (!json_is_integer(code) || (v->code != VERDICT_PASS && v->code != VERDICT_FAIL &&
				       v->code != VERDICT_CANNOT_JUDGE && v->code != VERDICT_ERROR))
		return bad(d, "verdict.code", "0, 1, 125 or 128");
	return read_texts(d, root, "verdict.reasons", &v->reasons, &v->nreasons);
}

static int read_end(struct reader *d, json_t *root)
{
	const char *how = json_string_value(at_path(root, "end.how"));
	int end = 0, err;

	while (how && end < RUN_ENDS && strcmp(how, run_end_name((enum run_end)end)))
		end++;
	if (!how || end == RUN_ENDS)
		return bad(d, "end.how", "a way that a run ends");
	d->r->end = (enum run_end)end;
	err = read_text(d, root, "end.detail", &d->r->end_detail);
	return err ?: read_bool(d, root, "end.stress_begun", &d->r->stress_begun);
}

static int read_seed(const struct reader *d, json_t *root, const char *key, uint64_t *value)
{
	const char *seed = json_string_value(at_path(root, key));

	if (!seed || !*seed || seed[strspn(seed, "0123456789")])
		return bad(d, key, "a text of digits");
	*value = strtoull(seed, NULL, 10);
	return 0;
}

/* Results of before the lab had turns do not have it. */
static int read_lab(const struct reader *d, json_t *root)
{
	struct lab_figures *l = &d->r->lab;
	json_t *o = json_object_get(root, "lab"), *turn = json_object_get(o, "turn");
	int err;

	if (!o || json_is_null(o))
		return 0;
	err = read_u64(d, "lab.cpus", json_object_get(o, "cpus"), &l->cpus);
	if (!err)
		err = read_u64(d, "lab.hold_ns", json_object_get(o, "hold_ns"), &l->hold_ns);
	if (err || json_is_null(turn))
		return err;
	err = read_u64(d, "lab.turn", turn, &l->turn);
	return err ?: read_seed(d, root, "lab.schedule", &l->schedule);
}

static int read_baseline(struct reader *d, json_t *root)
{
	json_t *o = json_object_get(root, "baseline");
	struct baseline_result *b = &d->r->baseline;
	int err;

	if (json_is_null(o))
		return 0;
	err = read_text(d, o, "nearer", &b->nearer);
	return err ?: read_texts(d, o, "figures", &b->lines, &b->nlines);
}

/* Results of earlier builds do not have it. */
static int read_against(struct reader *d, json_t *root)
{
	json_t *o = json_object_get(root, "against");
	struct against_result *a = &d->r->against;
	int err;

	if (!o || json_is_null(o))
		return 0;
	err = read_text(d, o, "kernel", &a->kernel);
	if (!err)
		err = read_u64(d, "against.figures", json_object_get(o, "figures"), &a->figures);
	return err ?: read_u64(d, "against.worse", json_object_get(o, "worse"), &a->worse);
}

static int read_finding(const struct reader *d, json_t *o, struct kernlog_finding *f)
{
	const char *phase = json_string_value(json_object_get(o, "phase"));
	const char *title = json_string_value(json_object_get(o, "title"));
	const char *text = json_string_value(json_object_get(o, "text"));
	int kind = name_find(kernlog_kind_names, KERNLOG_KINDS,
			     json_string_value(json_object_get(o, "kind")));
	int err;

	if (kind < 0 || !title || !text)
		return bad(d, "kernel_log.findings", "a list of the kernel's complaints");
	f->kind = (enum kernlog_kind)kind;
	snprintf(f->phase, sizeof(f->phase), "%s", phase ?: "");
	snprintf(f->title, sizeof(f->title), "%s", title);
	snprintf(f->text, sizeof(f->text), "%s", text);
	text_safe(f->text);
	err = read_bool(d, o, "stress", &f->stress);
	return err ?: read_bool(d, o, "names_us", &f->names_us);
}

static int read_kernlog(struct reader *d, json_t *root)
{
	json_t *o = json_object_get(root, "kernel_log"), *array, *finding;
	struct kernlog *k = &d->r->kernlog;
	int err = read_bool(d, o, "read", &k->read);
	size_t i;

	array = json_object_get(o, "findings");
	if (!err)
		err = read_u64(d, "kernel_log.lost", json_object_get(o, "lost"), &k->lost);
	if (!err)
		err = read_u64(d, "kernel_log.taint", json_object_get(o, "taint"), &k->taint);
	if (!err)
		err = read_u64(d, "kernel_log.more", json_object_get(o, "more"), &k->more);
	if (!err && (!json_is_array(array) || json_array_size(array) > KERNLOG_MOST))
		err = bad(d, "kernel_log.findings", "a list");
	if (err)
		return err;
	k->v = calloc(json_array_size(array) + 1, sizeof(*k->v));
	if (!k->v)
		return err_sys(-ENOMEM, "%s", d->name);
	json_array_foreach (array, i, finding)
		if (!err)
			err = read_finding(d, finding, &k->v[k->n++]);
	return err ?: read_text(d, root, "crash", &d->r->crash);
}

/* Results of before --backend have none. */
static int read_backend(const struct reader *d, json_t *root)
{
	json_t *name = at_path(root, "guest.backend");

	d->r->backend =
		name ? name_find(backend_names, BACKENDS, json_string_value(name)) : BACKEND_ANON;
	return d->r->backend < 0 ? bad(d, "guest.backend", "a kind of memory") : 0;
}

static int read_pattern(const struct reader *d, json_t *root)
{
	d->r->pattern = name_find(pattern_names, PATTERNS,
				  json_string_value(at_path(root, "guest.pattern")));
	return d->r->pattern < 0 ? bad(d, "guest.pattern", "a pattern") : 0;
}

/* null: no QEMU emulated L1. */
static int read_cured(struct reader *d, json_t *root)
{
	d->r->qemu_cured = true;
	return json_is_null(json_object_get(root, "qemu_cured"))
		       ? 0
		       : read_bool(d, root, "qemu_cured", &d->r->qemu_cured);
}

static int read_head(struct reader *d, json_t *root)
{
	static const struct {
		const char *key;
		size_t offset;
		bool later; /* older results lack it */
	} texts[] = {
		{"place", offsetof(struct result, place), false},
		{"accel", offsetof(struct result, accel), false},
		{"emulator", offsetof(struct result, emulator), true},
		{"paging", offsetof(struct result, paging), true},
		{"kernel", offsetof(struct result, kernel), false},
		{"command", offsetof(struct result, command), false},
		{"qemu", offsetof(struct result, qemu), false},
		{"guest.kernel", offsetof(struct result, guest_kernel), false},
		{"clock.method", offsetof(struct result, clock.method), false},
		{"probes.backend", offsetof(struct result, probes.backend), false},
		{"probes.why", offsetof(struct result, probes.why), false},
		{"probes.selftest", offsetof(struct result, probes.selftest), false},
	};
	json_t *share = at_path(root, "guest.write_share");
	int err = read_verdict(d, root) ?: read_end(d, root);

	for (size_t i = 0; i < ARRAY_SIZE(texts) && !err; i++)
		if (!texts[i].later || at_path(root, texts[i].key))
			err = read_text(d, root, texts[i].key,
					(char **)((char *)d->r + texts[i].offset));
	if (!err)
		err = read_bool(d, root, "deterministic", &d->r->deterministic);
	if (!err)
		err = read_cured(d, root);
	if (!err)
		err = read_bool(d, root, "probes.interfere", &d->r->probes.interfere);
	if (!err && !json_is_number(share))
		err = bad(d, "guest.write_share", "a number");
	d->r->write_ppm = (uint32_t)lrint(json_number_value(share) * 1e6);
	if (!err)
		err = read_pattern(d, root) ?: read_backend(d, root);
	if (!err)
		err = read_lab(d, root);
	return err ?: read_seed(d, root, "seed", &d->r->seed);
}

/* Results of before 2026-12 have none. */
static int read_build(struct reader *d, json_t *root)
{
	json_t *o = json_object_get(root, "build");
	int err;

	if (!o)
		return 0;
	err = read_text(d, o, "program", &d->r->build[BUILD_PROGRAM]);
	if (!err)
		err = read_text(d, o, "image", &d->r->build[BUILD_IMAGE]);
	return err ?: read_text(d, o, "emulator", &d->r->build[BUILD_EMULATOR]);
}

static int read_root(struct reader *d, json_t *root)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));
	int err = schema && !strcmp(schema, RESULT_SCHEMA)
			  ? 0
			  : bad(d, "schema", "'" RESULT_SCHEMA "'");

	if (!err)
		err = read_head(d, root);
	if (!err)
		err = read_build(d, root);
	for (const struct figure_spec *s = figure_run_table; s->path && !err; s++)
		err = read_figure(d, root, s, (char *)d->r);
	if (!err)
		err = read_phases(d, root);
	if (!err)
		err = read_kernlog(d, root);
	if (!err)
		err = read_limits(d, root);
	if (!err)
		err = read_baseline(d, root);
	if (!err)
		err = read_against(d, root);
	return err ?: read_metrics(d, root, "host", &d->r->here);
}

int result_read(struct result *r, const char *text, size_t len, const char *name)
{
	struct reader d = {.r = r, .name = name};
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	int err;

	*r = (struct result){0};
	if (!root)
		return err_say(-EINVAL, "%s: no JSON at line %d: %s", name, error.line, error.text);
	err = read_root(&d, root);
	json_decref(root);
	return err;
}

int result_read_file(struct result *r, const char *path)
{
	auto_free char *text = NULL;
	size_t len;
	int err;

	*r = (struct result){0};
	err = file_slurp_most(path, RESULT_MOST, &text, &len);
	return err ? err_sys(err, "cannot read the result %s", path)
		   : result_read(r, text, len, path);
}
