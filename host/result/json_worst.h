/* SPDX-License-Identifier: GPL-2.0-only */
/* json_worst.h - the longest stalls of a phase as JSON, and back. */
#ifndef JSON_WORST_H
#define JSON_WORST_H

#include <jansson.h>

#include "worst.h"

json_t *worst_json(const struct worst_stalls *w);
/* 0; -EINVAL: @json is no such list; -ENOMEM. What has been read is in @w, to be freed. */
must_check int worst_read(struct worst_stalls *w, const json_t *json);

#endif
