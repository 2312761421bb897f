/* SPDX-License-Identifier: GPL-2.0-only */
/* json.h - what the parts of the JSON report share. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <jansson.h>

#include "result.h"

json_t *json_u64(uint64_t value);
json_t *json_known(bool known, uint64_t value); /* null: not known */
json_t *json_text(const char *text);		/* null: NULL */
json_t *json_share(double value);		/* null: NaN or infinite */
json_t *json_metrics(const struct metrics *m);
/* Steals @value like json_object_set_new(), which refuses NULL: one failed part fails the whole. */
void json_put(json_t **object, const char *key, json_t *value);

json_t *json_phase(const struct phase_result *p);

#endif
