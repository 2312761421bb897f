// SPDX-License-Identifier: GPL-2.0-only
/* json_figures.c - see json_figures.h. */
#include <math.h>
#include <string.h>

#include "json_figures.h"
#include "json_put.h"

#define KEY_BYTES 64

static json_t *proof_json(const struct phase_result *p)
{
	json_t *o = json_object();

	for (size_t i = 0; i < p->nproof; i++)
		json_put(&o, p->proof[i].name, json_u64(p->proof[i].moved));
	return o;
}

/* Whole touches a second, rounded down; of a phase that never began it is not known. */
static json_t *rate_json(const struct phase_result *p, uint64_t count)
{
	if (!p->duration_ns)
		return json_null();
	return json_u64((uint64_t)((double)count * 1e9 / (double)p->duration_ns));
}

json_t *json_figure(const struct figure_spec *s, const void *of)
{
	const void *field = (const char *)of + s->offset;

	if (!figure_is_known(s, of))
		return json_null();
	switch (s->kind) {
	case FIGURE_U64:
		return json_u64(*(const uint64_t *)field);
	case FIGURE_U32:
		return json_u64(*(const uint32_t *)field);
	case FIGURE_I64:
		return json_integer(*(const int64_t *)field);
	case FIGURE_DOUBLE:
		return json_share(*(const double *)field);
	case FIGURE_RATE:
		return rate_json(of, *(const uint64_t *)field);
	case FIGURE_REFAULT:
		return json_share(transition_refault_ratio(field));
	case FIGURE_SET:
		return json_metrics(field);
	case FIGURE_PROOF:
		return proof_json(of);
	}
	return NULL;
}

/* The object @key of @o, made where it is not there yet. NULL: no memory. */
static json_t *object_in(json_t *o, const char *key)
{
	json_t *inner = json_object_get(o, key);

	if (inner)
		return inner;
	return json_object_set_new(o, key, json_object()) ? NULL : json_object_get(o, key);
}

void json_put_at(json_t **o, const char *path, json_t *value)
{
	json_t *at = *o;
	char key[KEY_BYTES];
	size_t n;

	for (; at && path[n = strcspn(path, ".")] && path[n + 1]; path += n + 1) {
		snprintf(key, sizeof(key), "%.*s", (int)n, path);
		at = object_in(at, key);
	}
	snprintf(key, sizeof(key), "%.*s", (int)strcspn(path, "."), path);
	if (at && !json_object_set_new(at, key, value))
		return;
	if (!at)
		json_decref(value);
	json_decref(*o);
	*o = NULL;
}

void json_put_figures(json_t **o, const struct figure_spec *table, const void *of)
{
	for (const struct figure_spec *s = table; s->path; s++)
		json_put_at(o, s->path, json_figure(s, of));
}

static bool may_be_null(const struct figure_spec *s)
{
	return s->known || s->some || s->named || s->kind == FIGURE_DOUBLE ||
	       s->kind == FIGURE_RATE || s->kind == FIGURE_REFAULT;
}

static const char *type_of(const struct figure_spec *s)
{
	if (figure_is_set(s))
		return "object";
	return s->kind == FIGURE_DOUBLE || s->kind == FIGURE_REFAULT ? "number" : "integer";
}

json_t *json_figure_schema(const struct figure_spec *s)
{
	json_t *o = json_object(), *inner;

	json_put(&o, "type",
		 may_be_null(s) ? json_pack("[s, s]", type_of(s), "null")
				: json_string(type_of(s)));
	if (figure_is_set(s)) {
		inner = json_pack("{s:s, s:i}", "type", "integer", "minimum", 0);
		json_put(&o, "additionalProperties", inner);
	} else if (s->kind != FIGURE_I64) {
		json_put(&o, "minimum", json_integer(0));
	}
	json_put(&o, "description", json_string(s->doc));
	return o;
}
