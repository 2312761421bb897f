/* SPDX-License-Identifier: GPL-2.0-only */
/* json.h - the result as JSON. */
#ifndef RESULT_JSON_H
#define RESULT_JSON_H

#include "result.h"

/* docs/result.schema.json. Stable key order, so equal results are equal bytes. To be freed; NULL:
 * no memory. */
char *result_json(const struct result *r);
/* Writes result_json() to @path by way of a temporary file beside it. 0 or -errno (said). */
must_check int result_json_file(const struct result *r, const char *path);

#endif
