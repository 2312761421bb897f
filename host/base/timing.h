/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timing.h - --timing: where the wall time of a run goes, from its start to its verdict. The run is
 * cut into stretches; each begins where the one before ends. Pure.
 */
#ifndef TIMING_H
#define TIMING_H

#include <stdio.h>

#include "util.h"

#define TIMING_MAX 144	     /* of stretches: 4 for each of OPTS_MAX_PHASES, and some */
#define TIMING_NAME_BYTES 96 /* a phase's name and what happens in it */

struct timing {
	struct timing_mark {
		char name[TIMING_NAME_BYTES];
		uint64_t wall_ns;
		uint64_t own_ns; /* by the lab's own clock; 0: not known */
	} mark[TIMING_MAX];
	size_t n;
};

/* @name begins now. Later calls beyond TIMING_MAX are lost in the last stretch. */
void timing_mark(struct timing *t, const char *name, uint64_t wall_ns, uint64_t own_ns);

/*
 * A line per stretch, then their sum; the last mark only ends the one before. A column for the
 * lab's clock where it is known at both ends. 0 or -errno.
 */
must_check int timing_print(const struct timing *t, FILE *out);

/* "wall_ns.NAME" and "virtual_ns.NAME"; stretches of one name are added up. 0 or -ENOMEM. */
must_check int timing_note(const struct timing *t, struct metrics *m);

#endif
