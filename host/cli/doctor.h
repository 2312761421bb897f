/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor.h - `host-stress doctor`: what this machine has for a run, what it lacks, and the command
 * that mends it. Changes nothing.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "opts.h"

enum doctor_state {
	DOCTOR_FINE,
	DOCTOR_UNUSED, /* not there, and not needed at the chosen place */
	DOCTOR_NOTE,   /* goes on, but changes what a run shows */
	DOCTOR_LACKS,  /* a run at the chosen place is refused */
};

struct doctor_line {
	const char *what;
	enum doctor_state state;
	char text[200];
	char mend[120]; /* "": nothing to be done, or nothing by a command */
};

/* What is judged, so that tests can make it up. All files are looked for below @root. */
struct doctor_asked {
	const char *root; /* "" for this machine */
	enum place place;
	bool is_root;
	uint64_t memory_bytes; /* that a run takes there */
};

#define DOCTOR_MAX_LINES 24

/* Fills @lines with what files below asked->root say. Their number. */
size_t doctor_look(struct doctor_line *lines, const struct doctor_asked *asked);

/* The command: 0 when a run with these options can start, else 125. @lab_memory: bytes of L1. */
int doctor_main(const struct opts *o, uint64_t lab_memory);

#endif
