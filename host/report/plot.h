/* SPDX-License-Identifier: GPL-2.0-only */
/* plot.h - pictures by gnuplot, as SVG that takes its colours from the page around it. */
#ifndef PLOT_H
#define PLOT_H

#include "report.h"
#include "result/result.h"

#include <stdio.h>

#define PLOT_MOST REPORT_MOST

/* Results to be drawn together, and what each is called on the pictures. */
struct plotted {
	const struct result *r[PLOT_MOST];
	char name[PLOT_MOST][48];
	size_t n;
};

/* Whether gnuplot is there. 0 or -ENOENT (said). */
must_check int plot_check(void);
/* The colour of a part of stalls, the same in all pictures. */
const char *plot_colour(enum attrib_part part);
/* Where the guest's time went: a bar per phase and result. 0 or -errno (said). */
must_check int plot_time(const struct plotted *p, FILE *out);
/* Durations of touches (@windows: of windows) over their percentiles, in phase @name. 1: nothing to
 * draw; 0 or -errno (said). */
must_check int plot_durations(const struct plotted *p, const char *name, bool windows, FILE *out);
/* Windows, faults and stalls of phase @name over its time, one below the other. The same answers.
 */
must_check int plot_over_time(const struct plotted *p, const char *name, FILE *out);

#endif
