/* SPDX-License-Identifier: GPL-2.0-only */
/* reader.c - see reader.h. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reader.h"

int reader_bad(const struct reader *d, const char *key, const char *want)
{
	return err_say(-EINVAL, "%s: %s%s%s is not %s; is it a result of this host-stress?",
		       d->name, d->at, *d->at ? "." : "", key, want);
}

json_t *reader_at(json_t *o, const char *path)
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

int reader_text(const struct reader *d, json_t *o, const char *key, char **text)
{
	json_t *value = reader_at(o, key);

	if (json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return reader_bad(d, key, "a text");
	*text = strdup(json_string_value(value));
	if (!*text)
		return err_sys(-ENOMEM, "%s", d->name);
	text_safe(*text);
	return 0;
}

int reader_bool(const struct reader *d, json_t *o, const char *key, bool *value)
{
	json_t *json = reader_at(o, key);

	if (!json_is_boolean(json))
		return reader_bad(d, key, "true or false");
	*value = json_is_true(json);
	return 0;
}

int reader_u64(const struct reader *d, const char *key, json_t *json, uint64_t *value)
{
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return reader_bad(d, key, "a whole number");
	*value = (uint64_t)json_integer_value(json);
	return 0;
}

int reader_texts(const struct reader *d, json_t *o, const char *key, char ***list, size_t *n)
{
	json_t *array = reader_at(o, key), *json;
	int err = 0;
	size_t i;

	if (!json_is_array(array))
		return reader_bad(d, key, "a list");
	json_array_foreach (array, i, json) {
		if (!json_is_string(json))
			return reader_bad(d, key, "a list of texts");
		err = result_add_text(list, n, json_string_value(json));
		if (err)
			return err_sys(err, "%s", d->name);
		text_safe((*list)[*n - 1]);
	}
	return 0;
}

int reader_metrics(const struct reader *d, json_t *o, const char *key, struct metrics *m)
{
	json_t *set = reader_at(o, key), *json;
	const char *name;
	uint64_t value = 0;
	int err = 0;

	if (!json_is_object(set))
		return reader_bad(d, key, "an object");
	json_object_foreach (set, name, json) {
		err = reader_u64(d, name, json, &value);
		if (err)
			return err;
		err = metrics_set(m, name, value);
		if (err)
			return err_sys(err, "%s", d->name);
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
		return reader_bad(d, key, "a number");
	*value = json_number_value(json);
	return 0;
}

static int read_i64(const struct reader *d, const char *key, json_t *json, int64_t *value)
{
	if (!json_is_integer(json))
		return reader_bad(d, key, "a whole number");
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
	err = reader_u64(d, s->path, json, &value);
	if (!err && s->kind == FIGURE_U32)
		*(uint32_t *)field = (uint32_t)value;
	else if (!err)
		*(uint64_t *)field = value;
	return err;
}

int reader_figure(const struct reader *d, json_t *o, const struct figure_spec *s, char *base)
{
	json_t *json = reader_at(o, s->path);
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
