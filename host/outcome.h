/* SPDX-License-Identifier: GPL-2.0-only */
/* outcome.h - the end of a run, on the host and in the lab: the judged result is shown as asked. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "opts.h"
#include "result.h"

/* Text or KTAP on stdout, --json's file. The run's exit code; VERDICT_ERROR (said) when either
 * cannot be written. */
int outcome_show(const struct result *r, const struct opts *o);

#endif
