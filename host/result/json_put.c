// SPDX-License-Identifier: GPL-2.0-only
/* json_put.c - see json_put.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_put.h"

json_t *json_u64(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *json_known(bool known, uint64_t value)
{
	return known ? json_u64(value) : json_null();
}

json_t *json_text(const char *text)
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

json_t *json_share(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

void json_put(json_t **object, const char *key, json_t *value)
{
	if (!*object || json_object_set_new(*object, key, value)) {
		if (!*object)
			json_decref(value);
		json_decref(*object);
		*object = NULL;
	}
}

void json_push(json_t **array, json_t *value)
{
	if (!*array || json_array_append_new(*array, value)) {
		if (!*array)
			json_decref(value);
		json_decref(*array);
		*array = NULL;
	}
}

json_t *json_metrics(const struct metrics *m)
{
	json_t *o = json_object();

	for (size_t i = 0; i < m->n; i++)
		json_put(&o, m->v[i].name, json_u64(m->v[i].value));
	return o;
}
