/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * buckets.h - a histogram as a result keeps it: "NS:COUNT NS:COUNT …", the upper ends of those
 * buckets that are not empty, ascending. One string, so that a result stays readable.
 */
#ifndef BUCKETS_H
#define BUCKETS_H

#include <stdio.h>

#include "wire/hist.h"
#include "base/util.h"

/* Nanoseconds of a value in the histogram. */
typedef uint64_t buckets_ns(const void *arg, uint64_t value);

/* To be freed; NULL: no memory. @ns NULL: the values are nanoseconds. */
char *buckets_text(const struct hist *h, buckets_ns *ns, const void *arg);
/* The next of @text, which moves on. False: there is none, or it is no bucket. */
bool buckets_next(const char **text, uint64_t *ns, uint64_t *count);
/* Whether all of @text is buckets in ascending order. */
bool buckets_good(const char *text);
/*
 * HdrHistogram's percentile output, values in milliseconds (HistogramLogProcessor and the plotter
 * on its site read it). 0 or -errno.
 */
must_check int buckets_hgrm(const char *text, FILE *out);

#endif
