// SPDX-License-Identifier: GPL-2.0-only
/* json_worst.c - see json_worst.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_put.h"
#include "json_worst.h"
#include "names.h"

static json_t *known_signed(bool known, int64_t value)
{
	return known ? json_integer(value) : json_null();
}

static json_t *window_json(const struct worst_window *w)
{
	json_t *o = json_object();

	json_put(&o, "thread", json_text(probe_thread_name(w->thread)));
	json_put(&o, "event", json_text(probe_reason_name(w->event)));
	json_put(&o, "tid", json_known(w->known, w->tid));
	json_put(&o, "start_ns", known_signed(w->known, w->start_ns));
	json_put(&o, "open_ns", known_signed(w->known, w->open_ns));
	json_put(&o, "end_ns", known_signed(w->known && w->ended, w->end_ns));
	json_put(&o, "stack", json_text(w->stack));
	return o;
}

static json_t *piece_json(const struct worst_piece *p)
{
	json_t *o = json_object();

	json_put(&o, "at_ns", json_u64(p->at_ns));
	json_put(&o, "until_ns", json_u64(p->until_ns));
	json_put(&o, "ns", json_u64(p->ns));
	json_put(&o, "count", json_u64(p->count));
	json_put(&o, "part", json_text(attrib_part_names[p->part]));
	json_put(&o, "by", json_text(p->by));
	json_put(&o, "gpa", json_known(p->page, p->gpa));
	json_put(&o, "window", p->window ? window_json(&p->behind) : json_null());
	return o;
}

/* An array of @n made by one call each; NULL: no memory. */
static json_t *array_of(size_t n, json_t *(*make)(const void *all, size_t i), const void *all)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(array, make(all, i))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *piece_of(const void *all, size_t i)
{
	return piece_json((const struct worst_piece *)all + i);
}

static json_t *stall_of(const void *all, size_t i)
{
	const struct worst_stall *s = (const struct worst_stall *)all + i;
	json_t *o = json_object();

	json_put(&o, "at_ns", json_integer(s->at_ns));
	json_put(&o, "ns", json_u64(s->ns));
	json_put(&o, "vcpu", json_u64(s->vcpu));
	json_put(&o, "cause", json_text(attrib_cause_name(s->cause)));
	json_put(&o, "pieces", array_of(s->npieces, piece_of, s->piece));
	json_put(&o, "rest_ns", json_u64(s->rest_ns));
	return o;
}

json_t *worst_json(const struct worst_stalls *w)
{
	return array_of(w->n, stall_of, w->stall);
}

/* Reading: false where something is not as written above. */

static bool get_u64(const json_t *o, const char *key, uint64_t *value)
{
	const json_t *json = json_object_get(o, key);

	*value = (uint64_t)json_integer_value(json);
	return json_is_integer(json) && json_integer_value(json) >= 0;
}

/* What may be null: *@known says whether it is not. */
static bool get_some(const json_t *o, const char *key, bool *known, int64_t *value)
{
	const json_t *json = json_object_get(o, key);

	*known = json_is_integer(json);
	*value = json_integer_value(json);
	return *known || json_is_null(json);
}

static bool get_name(const json_t *o, const char *key, const char *const *names, int n, int *value)
{
	*value = name_find(names, n, json_string_value(json_object_get(o, key)));
	return *value >= 0;
}

static bool get_text(const json_t *o, const char *key, char **text)
{
	const json_t *json = json_object_get(o, key);

	if (json_is_string(json))
		*text = strdup(json_string_value(json));
	return json_is_null(json) || *text;
}

static bool read_window(const json_t *o, struct worst_window *w)
{
	bool tid, start, open;
	int thread = 0, event = 0;
	int64_t n = 0;

	if (!get_name(o, "thread", probe_thread_names, THREADS, &thread) ||
	    !get_name(o, "event", probe_reason_names, REASONS, &event) ||
	    !get_some(o, "tid", &tid, &n) || !get_some(o, "start_ns", &start, &w->start_ns) ||
	    !get_some(o, "open_ns", &open, &w->open_ns) ||
	    !get_some(o, "end_ns", &w->ended, &w->end_ns) || !get_text(o, "stack", &w->stack))
		return false;
	w->thread = (enum probe_thread)thread;
	w->event = (enum probe_reason)event;
	w->tid = (uint32_t)n;
	w->known = tid;
	return n >= 0 && tid == start && tid == open;
}

static bool read_piece(const json_t *o, struct worst_piece *p)
{
	const json_t *window = json_object_get(o, "window");
	int part = 0;
	int64_t n = 0;

	if (!get_u64(o, "at_ns", &p->at_ns) || !get_u64(o, "until_ns", &p->until_ns) ||
	    !get_u64(o, "ns", &p->ns) || !get_u64(o, "count", &p->count) ||
	    !get_name(o, "part", attrib_part_names, PARTS, &part) || !get_text(o, "by", &p->by) ||
	    !get_some(o, "gpa", &p->page, &n))
		return false;
	p->part = (enum attrib_part)part;
	p->gpa = (uint64_t)n;
	p->window = json_is_object(window);
	if (n < 0)
		return false;
	return json_is_null(window) || (p->window && read_window(window, &p->behind));
}

static int read_stall(const json_t *o, struct worst_stall *s)
{
	const json_t *at = json_object_get(o, "at_ns"), *pieces = json_object_get(o, "pieces");
	uint64_t vcpu = 0;
	int cause = 0;

	if (!json_is_integer(at) || !get_u64(o, "ns", &s->ns) || !get_u64(o, "vcpu", &vcpu) ||
	    !get_name(o, "cause", attrib_cause_names, CAUSES, &cause) ||
	    !get_u64(o, "rest_ns", &s->rest_ns) || !json_is_array(pieces))
		return -EINVAL;
	s->at_ns = json_integer_value(at);
	s->vcpu = (uint32_t)vcpu;
	s->cause = (enum attrib_cause)cause;
	s->piece = calloc(json_array_size(pieces) + 1, sizeof(*s->piece));
	if (!s->piece)
		return -ENOMEM;
	while (s->npieces < json_array_size(pieces)) {
		size_t i = s->npieces++;

		if (!read_piece(json_array_get(pieces, i), &s->piece[i]))
			return -EINVAL;
	}
	return 0;
}

int worst_read(struct worst_stalls *w, const json_t *json)
{
	int err = json_is_array(json) ? 0 : -EINVAL;

	if (err)
		return err;
	w->stall = calloc(json_array_size(json) + 1, sizeof(*w->stall));
	if (!w->stall)
		return -ENOMEM;
	while (!err && w->n < json_array_size(json)) {
		size_t i = w->n++;

		err = read_stall(json_array_get(json, i), &w->stall[i]);
	}
	return err;
}
