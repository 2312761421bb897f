/* SPDX-License-Identifier: GPL-2.0-only */
/* window.h - windows that are open or have ended not long ago, and what they mean for a fault. */
#ifndef ATTRIB_WINDOW_H
#define ATTRIB_WINDOW_H

#include "sums.h"
#include "span.h"

#define WINDOWS_OPEN 128
#define WINDOWS_ENDED 4096 /* power of two */

struct window {
	uint64_t t0, t1, t2; /* t2 UINT64_MAX: open */
	uint64_t id;
	struct span span; /* none: not on guest RAM, only kept for its END */
	uint32_t serial, tid;
	uint32_t stack; /* 1 + number of where its thread was at t2; 0: not known */
	uint8_t reason, thread, transition;
	bool met; /* a vCPU has run into it */
};

struct windows {
	struct window open[WINDOWS_OPEN];   /* in no order */
	struct window ended[WINDOWS_ENDED]; /* ring, by t2 */
	uint32_t nopen, serial;
	uint64_t nended;
};

/* What there is to know of a fault when it is judged. */
struct fault {
	uint64_t begin, end;
	uint32_t page, tid;
	bool sent_back, own_copy, write;
};

/* Answers how many windows had to be given up, their ENDs lost. */
unsigned int windows_start(struct windows *ws, const struct probe_event *e, const struct span *span,
			   const struct window **w);
/* The open window that @e ends, NULL if it is not on guest RAM. False: there is none. */
bool windows_end(struct windows *ws, const struct probe_event *e, const struct window **w);
/* Open, or ended not long ago; else NULL. */
const struct window *windows_by_serial(const struct windows *ws, uint32_t serial);
/* A fault was inside @w, which is one of @ws. The first? */
bool windows_meet(struct windows *ws, const struct window *w);
uint64_t windows_open_on_ram(const struct windows *ws);
/* Whether a window zapped the page between @begin_ns and now. */
bool windows_zapped_since(const struct windows *ws, uint32_t page, uint64_t begin_ns);
/* CLASS_OTHER: @w has nothing to do with it. */
enum attrib_class window_judge(const struct window *w, const struct fault *f);
/* The same for all windows; *@behind is the one to blame, NULL if none. */
enum attrib_class windows_judge(const struct windows *ws, const struct fault *f,
				const struct window **behind);

#endif
