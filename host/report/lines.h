/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lines.h - a result as tests of a test harness: one per phase that was planned, so that equal
 * options always give equal tests, and one "run" when the verdict says more than the phases do: a
 * crash while booting, a limit on no phase, an error of ours. KTAP, JUnit and LAVA print these.
 */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include "result/result.h"

enum line { LINE_OK, LINE_FAIL, LINE_SKIP, LINE_ERROR };

size_t lines_of_phases(const struct result *r);
/* @why is set unless it is LINE_OK; it may be NULL for want of a reason. */
enum line line_of_phase(const struct result *r, size_t i, const char **name, const char **why);
/* Whether the test "run" is there, and how it ended. */
bool line_of_run(const struct result *r, enum line *line, const char **why);

#endif
