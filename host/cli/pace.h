/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pace.h - how far a run is, and how long the rest will take by what runs on this machine have
 * taken. A run is a known row of stretches (timing.h); of each kind of stretch the last durations
 * are kept in $XDG_CACHE_HOME/host-stress/pace.
 */
#ifndef PACE_H
#define PACE_H

#include "base/timing.h"
#include "opts.h"

#define PACE_STRETCHES TIMING_MAX
#define PACE_KEY 64

struct pace {
	const struct opts *o;
	bool quiet;	      /* nobody reads it */
	bool terminal;	      /* of stderr */
	char *path;	      /* of the cache; NULL: none */
	char place[24];	      /* begins the keys */
	uint64_t next_ns;     /* the next line is due */
	char said[160];	      /* what the run said of itself last */
	struct metrics known; /* wall ns per unit, by key */
	struct pace_stretch {
		char name[TIMING_NAME_BYTES]; /* as the run marks it */
		char key[PACE_KEY];
		double units;
	} stretch[PACE_STRETCHES];
	size_t n;
};

/* @place: "lab-tcg", "lab-kvm" or "host". A cache that cannot be read is none. */
void pace_open(struct pace *p, const struct opts *o, const char *place);
/* What the run says of itself; shown at the next turn. */
void pace_note(struct pace *p, const char *line);
/* Prints where it is due: each second on a terminal, each ten without. */
void pace_turn(struct pace *p, const struct timing *t, uint64_t now_ns);
/* Learns from a run that came to its end (@whole), and closes. */
void pace_close(struct pace *p, const struct timing *t, bool whole);

/* Pure: wall time that is left at @now_ns, and the share that is done. False: not known. */
bool pace_left(const struct pace *p, const struct timing *t, uint64_t now_ns, uint64_t *left_ns,
	       double *done);

#endif
