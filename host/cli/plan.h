/* SPDX-License-Identifier: GPL-2.0-only */
/* plan.h - what was asked of a run: noted in its result, and compared between two runs. */
#ifndef PLAN_H
#define PLAN_H

#include "opts.h"
#include "result/result.h"

/* Notes phases and limits of @o in @r, for verdict and reports. 0 or -ENOMEM (said). */
must_check int plan_note(struct result *r, const struct opts *o);

/*
 * Whether two command lines (words joined by spaces) ask for the same stress on the same kind of
 * machine: the options that shape the figures, where one is left out its default. 0, or -EINVAL
 * with the first that differs in @why.
 */
must_check int plan_same(const char *a, const char *b, char *why, size_t size);

#endif
