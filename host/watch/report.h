/* SPDX-License-Identifier: GPL-2.0-only */
/* report.h - what a watch shows: a live table, a line per second, the end, JSON. */
#ifndef WATCH_REPORT_H
#define WATCH_REPORT_H

#include <stdio.h>

#include "attrib/attrib.h"
#include "probe/slots.h"
#include "seen.h"

#define WATCH_SCHEMA "host-stress-watch/1"

struct watch_report {
	struct vm_found vm;
	char kernel[80];
	struct seen *seen;
	const struct attrib_figures *figures;
	uint64_t ns;		 /* watched so far */
	uint64_t lost, unpaired; /* events; faults of which one end was not seen */
	struct attrib_doubts doubts;
	bool gone; /* the VM has ended */
	struct {
		uint64_t windows, faults, ns; /* at the last line */
	} before;
};

/* 0 or -errno (out is full). */
must_check int watch_print(const struct watch_report *r, FILE *out);
/* On a terminal, over what was there. */
must_check int watch_print_live(const struct watch_report *r, FILE *out);
/* What has happened since the last one. */
must_check int watch_print_line(struct watch_report *r, FILE *out);
/* docs/watch.md. 0 or -errno (said). */
must_check int watch_write_json(const struct watch_report *r, const char *path);

#endif
