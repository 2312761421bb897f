/* SPDX-License-Identifier: GPL-2.0-only */
/* read.h - a stored result (docs/result.schema.json) back into struct result. */
#ifndef RESULT_READ_H
#define RESULT_READ_H

#include "result.h"

#define RESULT_MOST ((size_t)256 << 20) /* bytes of a file that can be a result */

/*
 * Everything that result_json() writes comes back, so that writing it again gives the same bytes.
 * What was planned is not in the JSON: plan_note() knows it.
 * @name is what errors call it. 0 or -errno (said); @r is to be freed also after an error.
 */
must_check int result_read(struct result *r, const char *text, size_t len, const char *name);
must_check int result_read_file(struct result *r, const char *path);

#endif
