/* SPDX-License-Identifier: GPL-2.0-only */
/* json_phase.h - one phase of the result as JSON. */
#ifndef JSON_PHASE_H
#define JSON_PHASE_H

#include <jansson.h>

#include "result.h"

/* NULL: no memory. */
json_t *json_phase(const struct phase_result *p);

#endif
