/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * told.h - the longest stalls of a stretch, told: what each was spent on, in the order of time.
 *
 * What belongs together is one piece, however often it was interrupted: all faults on one page in
 * one window, all the time in which one thread ran, all exits for one reason.
 */
#ifndef ATTRIB_TOLD_H
#define ATTRIB_TOLD_H

#include "span.h"
#include "stall.h"
#include "window.h"

#define TOLD_STALLS 16
#define TOLD_PIECES 16 /* of each; the longest */

struct told_piece {
	uint64_t at_ns, until_ns; /* its first and last moment, from the stall's begin */
	uint64_t ns, count;	  /* of it, in so many pieces of the stall */
	enum attrib_part part;
	uint32_t what; /* PART_PREEMPTED: number of the thread; PART_OTHER_EXIT: reason */
	bool page;     /* of faults: gpa is known */
	uint64_t gpa;  /* of the page */
	bool window;   /* behind it: */
	enum probe_reason reason;
	enum probe_thread thread;
	bool known; /* and these of it, too: it was not too long ago */
	uint32_t tid;
	uint64_t t0, t1, t2; /* host time; t2 UINT64_MAX: it was open still */
	uint32_t stack;	     /* 1 + number of where its thread was at t2; 0: not known */
};

struct told_stall {
	uint64_t begin_ns, ns; /* host time; length */
	uint32_t vcpu;
	enum attrib_cause cause;
	struct told_piece piece[TOLD_PIECES]; /* by at_ns */
	uint32_t n;
	uint64_t rest_ns; /* what is in no piece */
};

struct told {
	struct told_stall stall[TOLD_STALLS]; /* the longest first; of equal ones the earlier */
	uint32_t n;
};

/* Keeps @s if it is one of the longest. @h may be NULL: nothing is known of its vCPU. */
void told_take(struct told *t, const struct history *h, uint64_t done_ns, const struct windows *ws,
	       const struct guest_ram *ram, const struct attrib_stall *s, enum attrib_cause cause);

#endif
