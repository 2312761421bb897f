/* SPDX-License-Identifier: GPL-2.0-only */
/* json_put.h - how values are put into JSON: one form for each kind, null for what is not known. */
#ifndef JSON_PUT_H
#define JSON_PUT_H

#include <jansson.h>

#include "result.h"

json_t *json_u64(uint64_t value);
json_t *json_known(bool known, uint64_t value); /* null: not known */
json_t *json_text(const char *text);		/* null: NULL */
json_t *json_share(double value);		/* null: NaN or infinite */
json_t *json_metrics(const struct metrics *m);
/* Steals @value like json_object_set_new(), which refuses NULL: one failed part fails the whole. */
void json_put(json_t **object, const char *key, json_t *value);
/* The same for a list: a part that cannot be made does not go missing in silence. */
void json_push(json_t **array, json_t *value);

#endif
