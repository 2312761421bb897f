/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader.h - one value of a stored result: what is missing or strange is said with its path. For
 * read*.c. Each: 0 or -errno (said); @key is a path "a.b.c" in @o, for errors where the value is
 * given.
 */
#ifndef RESULT_READER_H
#define RESULT_READER_H

#include <jansson.h>

#include "figures.h"
#include "result.h"

struct reader {
	struct result *r;
	const char *name;
	char at[96]; /* the object that is read, for errors */
};

/* -EINVAL (said): @key is not @want. */
int reader_bad(const struct reader *d, const char *key, const char *want);
/* "a.b.c" in @o; NULL: not there. A name with '.' in a set is not looked for here. */
json_t *reader_at(json_t *o, const char *path);

must_check int reader_text(const struct reader *d, json_t *o, const char *key, char **text);
must_check int reader_bool(const struct reader *d, json_t *o, const char *key, bool *value);
must_check int reader_u64(const struct reader *d, const char *key, json_t *json, uint64_t *value);
must_check int reader_texts(const struct reader *d, json_t *o, const char *key, char ***list,
			    size_t *n);
must_check int reader_metrics(const struct reader *d, json_t *o, const char *key,
			      struct metrics *m);
/* Into the field of @base that @s names; null stands where a figure is not known. */
must_check int reader_figure(const struct reader *d, json_t *o, const struct figure_spec *s,
			     char *base);

/* read_phase.c: all of @root's. */
must_check int read_phases(struct reader *d, json_t *root);

#endif
