/* SPDX-License-Identifier: GPL-2.0-only */
/* outcome.h - the end of a run, on the host and in the lab: the judged result is shown as asked. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "cli/opts.h"
#include "result/result.h"
#include "base/timing.h"

/* @r on stdout in the form that @o asks for; @kept as for report_screen(). 0 or -errno (said). */
must_check int outcome_print(const struct result *r, const struct opts *o, const char *kept);

/*
 * Keeps the result (keep.h). Text or KTAP on stdout, --json's file, --timing's table on stderr (and
 * in r->here). The run's exit code; VERDICT_ERROR (said) when the report or the file cannot be
 * written.
 */
int outcome_show(struct result *r, const struct opts *o, const struct timing *t);
/* The table alone, of a run that has no result. */
void outcome_timing(const struct opts *o, const struct timing *t);

#endif
