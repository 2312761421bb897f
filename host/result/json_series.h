/* SPDX-License-Identifier: GPL-2.0-only */
/* json_series.h - a phase's windows, faults and stalls over its time (attrib/series.h), as JSON. */
#ifndef JSON_SERIES_H
#define JSON_SERIES_H

#include <jansson.h>

#include "attrib/series.h"

/* null when there is none. */
json_t *series_json(const struct series *s);
/* NULL or null: none. 0 or -EBADMSG: it is no such object. */
must_check int series_read(struct series *s, const json_t *o);

#endif
