/* SPDX-License-Identifier: GPL-2.0-only */
/* baseline.h - --baseline-good and --baseline-bad: a run judged by what it is nearer to. */
#ifndef BASELINE_H
#define BASELINE_H

#include "cli/opts.h"
#include "result/result.h"

struct baseline;

/*
 * Reads and checks the baselines of @o before anything starts: that they can be told apart, and
 * belong to the run that @command (as in the result) asks for. *@b is NULL when @o has none. 0 or
 * -errno (said).
 */
must_check int baseline_open(struct baseline **b, const struct opts *o, const char *command);

/*
 * Sets r->baseline, and the verdict when it was a pass: a run nearer to the bad side is a fail, one
 * that is near neither cannot be judged. Nothing when @b is NULL. 0 or -ENOMEM (said).
 */
must_check int baseline_judge(const struct baseline *b, struct result *r);
void baseline_close(struct baseline *b);

/* "migrate.touch.ns.p999: 27.1us, good 26.9us, bad 312us: nearer to good", into @buf. */
struct judged_figure;
const char *baseline_line(const struct judged_figure *f, char *buf, size_t size);

#endif
