/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * windows.h - durations of windows from a stream of events: START and END of the same id are one
 * window. Pure. What backend A counts in the kernel, backend B counts here; for A it is the
 * cross-check.
 */
#ifndef WINDOWS_H
#define WINDOWS_H

#include "probe.h"

/*
 * Windows open at one time: one per thread that invalidates, rarely two. An END that was lost
 * leaves its window here until the same id comes again or newer ones push it out.
 */
#define WINDOWS_OPEN 256

struct windows {
	struct probe_windows sum; /* of those that have ended */
	struct windows_open {
		uint64_t id, begin_ns, empty_ns; /* t0, t1 */
		uint8_t reason, thread;
	} open[WINDOWS_OPEN]; /* oldest first */
	unsigned int n;
	uint64_t unpaired; /* END without START, or START that its id's next one has replaced */
};

/* A zeroed struct windows is empty. Events of one window in order; others may lie between. */
void windows_event(struct windows *w, const struct probe_event *e);

#endif
