/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attrib.h - what each fault and each stall was due to. Pure: takes the probes' events and the
 * guest's stalls, answers sums. No system call, no clock. sums.h says by which rules.
 *
 * Which order things had: a window zaps its pages at t1, a fault maps its page when KVM has handled
 * it. One that KVM handled from before t1 until after may have mapped the page before the zap or
 * after it. It is a refault; the page's next fault, if no window comes between, shows that it was
 * before, and is one, too; a touch without a fault, that it was after. The page is counted once.
 *
 * A window is known only from t1 on, since its record is written then. One that turns up when
 * faults within t0..t1 have been judged already judges them again, as far back as a vCPU's history
 * goes (attrib_open()).
 */
#ifndef ATTRIB_H
#define ATTRIB_H

#include "attrib_config.h"
#include "stall.h"
#include "told.h"
#include "sums.h"

struct attrib;

/*
 * Takes 16 bytes per page of guest RAM, and 6.5 MiB, most of them for what the vCPUs went through
 * last: the last ATTRIB_MOMENTS / vCPUs (rounded down to a power of two) faults, other exits,
 * times off the CPU and interrupts of each. A window of 176 ms, its thread preempted, was seen to
 * bring 33,000 faults. No more however long the run. 0, -ENOMEM or -EINVAL (both said).
 */
must_check int attrib_open(struct attrib **a, const struct attrib_config *config);
void attrib_close(struct attrib *a); /* NULL is fine */

/* To be told of what is found from now on, in the order of ends, stalls apart. */
void attrib_tap_to(struct attrib *a, attrib_tap *tap, void *arg);

/* One event, in order of ns: it is judged at once. One that comes late is counted (attrib_doubts())
 * and judged as if it had happened so much later that it ends just now, maybe wrong. */
void attrib_event(struct attrib *a, const struct probe_event *e);
/* Everything up to @ns has come. */
void attrib_reached(struct attrib *a, uint64_t ns);

/*
 * A new stretch from @ns on: sums are zero, what is open stays open, zapped pages stay zapped but
 * do not count for the stretch. Events before @ns, and only those, must have come. Faults belong to
 * the stretch in which KVM has handled them, windows to that in which they end, zapped pages to
 * that of t1. Outside of stretches all is followed but nothing is counted.
 */
void attrib_begin(struct attrib *a, uint64_t ns);

/*
 * The cause of @s, also added to the sums: of the present stretch, or of the last if that has ended
 * (records of stalls may come later than its end). To be asked after attrib_reached() past its end
 * and the clock's error; asked earlier, or so late that the vCPU's history does not reach back to
 * it, it is unknown.
 */
struct attrib_answer attrib_stall(struct attrib *a, const struct attrib_stall *s);

/* Ends the stretch at @ns: events up to it have come, no others. Those that follow are no part of
 * it.
 */
void attrib_end(struct attrib *a, uint64_t ns);

/*
 * Decides what became of the pages that were zapped in the stretch that has ended and not mapped
 * until its end: to be called once, before the next attrib_begin(). last_touch(arg, gpa) is when
 * the guest's last touch of the page at @gpa began, host time, 0: never in the stretch,
 * ATTRIB_TOUCH_UNKNOWN: nobody knows; NULL: of no page. A touch counts as later than a window if it
 * began after t2: one that was interrupted between its access, before t1, and its end does not. One
 * after the end of the stretch decides nothing if, since that end, there was a fault on the page or
 * another window.
 */
void attrib_settle(struct attrib *a, uint64_t error_ns, attrib_touch *last_touch, void *arg);
/*
 * The vCPU that KVM has sent back most often since it last got on, on one page and though no window
 * was over any; n 0: none. The window that explains it may still be in its t0..t1, unknown here.
 */
struct attrib_livelock {
	uint32_t vcpu;
	uint64_t n, gpa;
	uint64_t begin_ns, end_ns; /* of the first such fault, and the last */
};
struct attrib_livelock attrib_livelock(const struct attrib *a);
/* So far, within stretches and outside of them. */
struct attrib_doubts attrib_doubts(const struct attrib *a);
/* The longest stalls of the stretch; good as long as attrib_figures(). */
const struct told *attrib_told(const struct attrib *a);
/* Who attrib_keyed preempted_by speaks of. */
const char *attrib_comm(const struct attrib *a, uint32_t number);
/* Good until attrib_close(); fixed from attrib_settle() to attrib_begin(), but for stalls. */
const struct attrib_figures *attrib_figures(const struct attrib *a);

#endif
