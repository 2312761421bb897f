// SPDX-License-Identifier: GPL-2.0-only
/* json_series.c - see json_series.h. */
#include <errno.h>
#include <string.h>

#include "json_put.h"
#include "json_series.h"

static const char *const names[SERIES_KINDS] = {
	[SERIES_WINDOWS] = "windows",	    [SERIES_OPEN_NS] = "open_ns",
	[SERIES_FAULTS] = "faults",	    [SERIES_IN_WINDOWS] = "in_windows",
	[SERIES_STALLED_NS] = "stalled_ns",
};

static json_t *sums_json(const uint64_t *sum, uint32_t n)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < n && array; i++)
		if (json_array_append_new(array, json_u64(sum[i]))) {
			json_decref(array);
			array = NULL;
		}
	return array;
}

json_t *series_json(const struct series *s)
{
	json_t *o = s->step_ns ? json_object() : json_null();

	if (!s->step_ns)
		return o;
	json_put(&o, "step_ns", json_u64(s->step_ns));
	for (int k = 0; k < SERIES_KINDS; k++)
		json_put(&o, names[k], sums_json(s->sum[k], s->n));
	return o;
}

static bool read_sums(uint64_t *sum, size_t n, const json_t *array)
{
	if (!json_is_array(array) || json_array_size(array) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_array_get(array, i);

		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return false;
		sum[i] = (uint64_t)json_integer_value(value);
	}
	return true;
}

int series_read(struct series *s, const json_t *o)
{
	json_int_t step = json_integer_value(json_object_get(o, "step_ns"));
	size_t n = json_array_size(json_object_get(o, names[0]));

	memset(s, 0, sizeof(*s));
	if (!o || json_is_null(o))
		return 0;
	if (step <= 0 || !n || n > SERIES_BINS)
		return -EBADMSG;
	for (int k = 0; k < SERIES_KINDS; k++)
		if (!read_sums(s->sum[k], n, json_object_get(o, names[k])))
			return -EBADMSG;
	s->step_ns = (uint64_t)step;
	s->n = (uint32_t)n;
	return 0;
}
