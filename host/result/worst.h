/* SPDX-License-Identifier: GPL-2.0-only */
/* worst.h - the longest stalls of a phase, told (attrib/told.h). Pure data. */
#ifndef WORST_H
#define WORST_H

#include "attrib/sums.h"
#include "base/util.h"

/* A window behind a piece; times are ns from the stall's begin. */
struct worst_window {
	enum probe_thread thread;
	enum probe_reason event;
	bool known; /* these of it, too */
	bool ended; /* end_ns is known */
	uint32_t tid;
	int64_t start_ns, open_ns, end_ns; /* t0, t1, t2 */
	char *stack;			   /* of the thread at t2: "inner < ... < outer"; NULL */
};

struct worst_piece {
	uint64_t at_ns, until_ns; /* first and last moment, from the stall's begin */
	uint64_t ns, count;
	enum attrib_part part;
	char *by;    /* who ran, or KVM's reason for the exit; NULL: neither */
	bool page;   /* of the guest, that the fault was on: */
	bool window; /* behind it: */
	uint64_t gpa;
	struct worst_window behind;
};

struct worst_stall {
	int64_t at_ns; /* from the begin of the phase's clock */
	uint64_t ns;
	uint32_t vcpu;
	enum attrib_cause cause;
	struct worst_piece *piece; /* in order of at_ns */
	size_t npieces;
	uint64_t rest_ns;
};

struct worst_stalls {
	struct worst_stall *stall; /* the longest first */
	size_t n;
};

void worst_free(struct worst_stalls *w);

#endif
