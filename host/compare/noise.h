/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * noise.h - how much a figure changes by another seed alone: the largest change, as a logarithm, in
 * null comparisons (`make null-comparisons`, docs/compare.md). The table is made by that.
 */
#ifndef COMPARE_NOISE_H
#define COMPARE_NOISE_H

#include <stdbool.h>

struct noise {
	const char *source; /* of the phase: "ksm-merge" */
	const char *path;   /* of the figure */
	double most;	    /* as compare_scale() counts */
};
extern const struct noise noise_table[]; /* end: source NULL */

/* False: nobody has measured it. */
bool noise_of(const char *source, const char *path, double *most);

#endif
