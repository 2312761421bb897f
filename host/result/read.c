/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * read.c - see read.h. Figures are read by the tables of figures.h; a missing or strange part is an
 * error that names its path, never a zero.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "names.h"
#include "read.h"
#include "reader.h"

static int read_limit(const struct reader *d, json_t *o, struct limit_result *l)
{
	json_t *exceeded = json_object_get(o, "exceeded");
	bool proven = true;
	int err = reader_text(d, o, "expr", &l->expr);

	if (!err)
		err = reader_text(d, o, "phase", &l->phase);
	if (!err)
		err = reader_text(d, o, "text", &l->text);
	if (!err)
		err = reader_bool(d, o, "proven", &proven);
	if (!err && (!l->expr || !l->text))
		err = reader_bad(d, "expr", "a text");
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
	int err = json_is_array(array) ? 0 : reader_bad(d, "limits", "a list");
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
	json_t *code = reader_at(root, "verdict.code");

	v->code = (enum verdict_code)json_integer_value(code);
	if (!json_is_integer(code) || (v->code != VERDICT_PASS && v->code != VERDICT_FAIL &&
				       v->code != VERDICT_CANNOT_JUDGE && v->code != VERDICT_ERROR))
		return reader_bad(d, "verdict.code", "0, 1, 125 or 128");
	return reader_texts(d, root, "verdict.reasons", &v->reasons, &v->nreasons);
}

static int read_end(struct reader *d, json_t *root)
{
	const char *how = json_string_value(reader_at(root, "end.how"));
	int end = 0, err;

	while (how && end < RUN_ENDS && strcmp(how, run_end_name((enum run_end)end)))
		end++;
	if (!how || end == RUN_ENDS)
		return reader_bad(d, "end.how", "a way that a run ends");
	d->r->end = (enum run_end)end;
	err = reader_text(d, root, "end.detail", &d->r->end_detail);
	return err ?: reader_bool(d, root, "end.stress_begun", &d->r->stress_begun);
}

static int read_seed(const struct reader *d, json_t *root, const char *key, uint64_t *value)
{
	const char *seed = json_string_value(reader_at(root, key));

	if (!seed || !*seed || seed[strspn(seed, "0123456789")])
		return reader_bad(d, key, "a text of digits");
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
	err = reader_u64(d, "lab.cpus", json_object_get(o, "cpus"), &l->cpus);
	if (!err)
		err = reader_u64(d, "lab.hold_ns", json_object_get(o, "hold_ns"), &l->hold_ns);
	if (err || json_is_null(turn))
		return err;
	err = reader_u64(d, "lab.turn", turn, &l->turn);
	return err ?: read_seed(d, root, "lab.schedule", &l->schedule);
}

static int read_baseline(struct reader *d, json_t *root)
{
	json_t *o = json_object_get(root, "baseline");
	struct baseline_result *b = &d->r->baseline;
	int err;

	if (json_is_null(o))
		return 0;
	err = reader_text(d, o, "nearer", &b->nearer);
	return err ?: reader_texts(d, o, "figures", &b->lines, &b->nlines);
}

/* Results of earlier builds do not have it. */
static int read_against(struct reader *d, json_t *root)
{
	json_t *o = json_object_get(root, "against");
	struct against_result *a = &d->r->against;
	int err;

	if (!o || json_is_null(o))
		return 0;
	err = reader_text(d, o, "kernel", &a->kernel);
	if (!err)
		err = reader_u64(d, "against.figures", json_object_get(o, "figures"), &a->figures);
	return err ?: reader_u64(d, "against.worse", json_object_get(o, "worse"), &a->worse);
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
		return reader_bad(d, "kernel_log.findings", "a list of the kernel's complaints");
	f->kind = (enum kernlog_kind)kind;
	snprintf(f->phase, sizeof(f->phase), "%s", phase ?: "");
	snprintf(f->title, sizeof(f->title), "%s", title);
	snprintf(f->text, sizeof(f->text), "%s", text);
	text_safe(f->text);
	err = reader_bool(d, o, "stress", &f->stress);
	return err ?: reader_bool(d, o, "names_us", &f->names_us);
}

static int read_kernlog(struct reader *d, json_t *root)
{
	json_t *o = json_object_get(root, "kernel_log"), *array, *finding;
	struct kernlog *k = &d->r->kernlog;
	int err = reader_bool(d, o, "read", &k->read);
	size_t i;

	array = json_object_get(o, "findings");
	if (!err)
		err = reader_u64(d, "kernel_log.lost", json_object_get(o, "lost"), &k->lost);
	if (!err)
		err = reader_u64(d, "kernel_log.taint", json_object_get(o, "taint"), &k->taint);
	if (!err)
		err = reader_u64(d, "kernel_log.more", json_object_get(o, "more"), &k->more);
	if (!err && (!json_is_array(array) || json_array_size(array) > KERNLOG_MOST))
		err = reader_bad(d, "kernel_log.findings", "a list");
	if (err)
		return err;
	k->v = calloc(json_array_size(array) + 1, sizeof(*k->v));
	if (!k->v)
		return err_sys(-ENOMEM, "%s", d->name);
	json_array_foreach (array, i, finding)
		if (!err)
			err = read_finding(d, finding, &k->v[k->n++]);
	return err ?: reader_text(d, root, "crash", &d->r->crash);
}

/* Results of before --backend have none. */
static int read_backend(const struct reader *d, json_t *root)
{
	json_t *name = reader_at(root, "guest.backend");

	d->r->backend =
		name ? name_find(backend_names, BACKENDS, json_string_value(name)) : BACKEND_ANON;
	return d->r->backend < 0 ? reader_bad(d, "guest.backend", "a kind of memory") : 0;
}

static int read_pattern(const struct reader *d, json_t *root)
{
	d->r->pattern = name_find(pattern_names, PATTERNS,
				  json_string_value(reader_at(root, "guest.pattern")));
	return d->r->pattern < 0 ? reader_bad(d, "guest.pattern", "a pattern") : 0;
}

/* null: no QEMU emulated L1. */
static int read_cured(struct reader *d, json_t *root)
{
	d->r->qemu_cured = true;
	return json_is_null(json_object_get(root, "qemu_cured"))
		       ? 0
		       : reader_bool(d, root, "qemu_cured", &d->r->qemu_cured);
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
	json_t *share = reader_at(root, "guest.write_share");
	int err = read_verdict(d, root) ?: read_end(d, root);

	for (size_t i = 0; i < ARRAY_SIZE(texts) && !err; i++)
		if (!texts[i].later || reader_at(root, texts[i].key))
			err = reader_text(d, root, texts[i].key,
					  (char **)((char *)d->r + texts[i].offset));
	if (!err)
		err = reader_bool(d, root, "deterministic", &d->r->deterministic);
	if (!err)
		err = read_cured(d, root);
	if (!err)
		err = reader_bool(d, root, "probes.interfere", &d->r->probes.interfere);
	if (!err && !json_is_number(share))
		err = reader_bad(d, "guest.write_share", "a number");
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
	err = reader_text(d, o, "program", &d->r->build[BUILD_PROGRAM]);
	if (!err)
		err = reader_text(d, o, "image", &d->r->build[BUILD_IMAGE]);
	return err ?: reader_text(d, o, "emulator", &d->r->build[BUILD_EMULATOR]);
}

static int read_root(struct reader *d, json_t *root)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));
	int err = schema && !strcmp(schema, RESULT_SCHEMA)
			  ? 0
			  : reader_bad(d, "schema", "'" RESULT_SCHEMA "'");

	if (!err)
		err = read_head(d, root);
	if (!err)
		err = read_build(d, root);
	for (const struct figure_spec *s = figure_run_table; s->path && !err; s++)
		err = reader_figure(d, root, s, (char *)d->r);
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
	return err ?: reader_metrics(d, root, "host", &d->r->here);
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
