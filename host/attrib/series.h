/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * series.h - windows, faults and stalls of a stretch over its time: sums in at most SERIES_BINS
 * equal steps. A step is a power of two times SERIES_STEP_NS, as short as the stretch allows: when
 * the steps do not reach, each takes in its neighbour. So it is no larger however long the stretch.
 */
#ifndef ATTRIB_SERIES_H
#define ATTRIB_SERIES_H

#include "base/util.h"

#define SERIES_BINS 64
#define SERIES_STEP_NS NSEC_PER_MSEC

enum series_kind {
	SERIES_WINDOWS,	   /* that ended */
	SERIES_OPEN_NS,	   /* windows' time, of all threads together: may exceed the step's */
	SERIES_FAULTS,	   /* that KVM had handled */
	SERIES_IN_WINDOWS, /* of these inside, retried or collateral */
	SERIES_STALLED_NS, /* of all vCPUs together */
	SERIES_KINDS,
};

struct series {
	uint64_t begin_ns, step_ns;
	uint64_t sum[SERIES_KINDS][SERIES_BINS];
	uint32_t n; /* steps that are in use */
};

void series_begin(struct series *s, uint64_t ns);
/* The stretch ends at @ns: all steps up to it are there. */
void series_end(struct series *s, uint64_t ns);
/* What happened at @ns; before the begin it is the begin's. */
void series_count(struct series *s, enum series_kind kind, uint64_t ns, int64_t n);
/* Time from @from to @to, to each step its share; what lies before the begin is none of it. */
void series_time(struct series *s, enum series_kind kind, uint64_t from, uint64_t to);

#endif
