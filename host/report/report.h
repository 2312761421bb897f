/* SPDX-License-Identifier: GPL-2.0-only */
/* report.h - the forms in which a result is shown. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "result/result.h"

/* Verdict first, then tables with a row per phase; at most 110 columns. 0 or -errno (stdout full).
 */
must_check int report_text(const struct result *r, FILE *out);
/* KTAP version 1 (Linux, Documentation/dev-tools/ktap.rst). 0 or -errno (stdout full). */
must_check int report_ktap(const struct result *r, FILE *out);

#endif
