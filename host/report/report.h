/* SPDX-License-Identifier: GPL-2.0-only */
/* report.h - the forms in which a result is shown. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "result/result.h"

#define REPORT_MOST 8 /* results on one page */

/*
 * The answer on one screen: what was judged, one line per phase, what to do next. @kept: where the
 * result is stored, NULL: nowhere that may be named. 0 or -errno (stdout full).
 */
must_check int report_screen(const struct result *r, const char *kept, FILE *out);
/* Verdict first, then tables with a row per phase; at most 110 columns. 0 or -errno (stdout full).
 */
must_check int report_tables(const struct result *r, FILE *out);
/* KTAP version 1 (Linux, Documentation/dev-tools/ktap.rst). 0 or -errno (stdout full). */
must_check int report_ktap(const struct result *r, FILE *out);
/* The same tests as JUnit's XML, and as lines that LAVA takes from a console. */
must_check int report_junit(const struct result *r, FILE *out);
must_check int report_lava(const struct result *r, FILE *out);

#endif
