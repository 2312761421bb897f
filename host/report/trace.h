/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - --trace: what attrib has seen, as a trace that ui.perfetto.dev and trace_processor read
 * (docs/trace.md). A track per vCPU (faults, other exits, times off the CPU), one for its stalls,
 * one per thread that invalidates (windows), and arrows from a window to the faults that were due
 * to it.
 *
 * A stretch is kept in memory while it lasts, at most so many events of it, and put out when it is
 * over; what came after those is counted, and said in the trace and by trace_left_out().
 */
#ifndef REPORT_TRACE_H
#define REPORT_TRACE_H

#include "attrib/attrib.h"

#define TRACE_RUN_EVENTS 16384	  /* of each phase of a run */
#define TRACE_WATCH_EVENTS 262144 /* of a watch */

struct trace;

/* @name of the VM; @most events of each stretch. 0 or -ENOMEM (said). */
must_check int trace_open(struct trace **t, const char *name, uint32_t vcpus, size_t most);
void trace_close(struct trace *t); /* NULL is fine */
/* From here on it takes what @a tells of its present stretch. */
void trace_begin(struct trace *t, struct attrib *a, const char *phase, uint64_t ns);
/* The stretch has ended at @ns, all of its stalls have come. 0 or -ENOMEM (said). */
must_check int trace_end(struct trace *t, uint64_t ns);
/* Events of all stretches for which there was no room. */
uint64_t trace_left_out(const struct trace *t);
/* 0 or -errno (said). */
must_check int trace_write(const struct trace *t, const char *path);

#endif
