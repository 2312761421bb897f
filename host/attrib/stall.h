/* SPDX-License-Identifier: GPL-2.0-only */
/* stall.h - what a stall's time was spent on. */
#ifndef ATTRIB_STALL_H
#define ATTRIB_STALL_H

#include "history.h"
#include "sums.h"

/* A stall of the guest, in host time. */
struct attrib_stall {
	uint64_t begin_ns, end_ns;
	uint64_t error_ns; /* of the clock: both ends are off by the same, at most so much */
	uint32_t vcpu;
	bool guest_busy; /* the guest's kernel says that it ran something else meanwhile */
};

struct attrib_answer {
	enum attrib_cause cause;
	bool window; /* a window was behind it; which: */
	enum probe_reason reason;
	enum probe_thread thread;
	uint64_t explained_ns; /* how much of it the cause took; unknown: 0 */
};

/* A piece of a stall that is of one part. */
struct stall_piece {
	uint64_t begin, end;
	enum attrib_part part;
	const struct moment *moment; /* that it belongs to; NULL: none */
};

/*
 * Hands all of the stall out, in order and without a gap. Where stall_judge() cannot know, it is
 * one piece, not seen.
 */
typedef void stall_taker(void *arg, const struct stall_piece *p);
void stall_divide(const struct history *h, uint64_t done_ns, const struct attrib_stall *s,
		  stall_taker *take, void *arg);

/*
 * By the history @h of its vCPU, judged up to @done_ns. Unknown when that is not past its end and
 * the clock's error, or when the history does not reach back to it.
 */
struct attrib_answer stall_judge(const struct history *h, uint64_t done_ns,
				 const struct attrib_stall *s);

#endif
