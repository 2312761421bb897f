/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rings.h - reads the rings of all CPUs (ring.h) and hands their events out in one order: by time.
 * Pure but for reading memory that others write.
 *
 * Within a ring numbers are taken in order of time, and an event's ns is read after its number has
 * been taken. So a reader that reads the clock and then a ring's head knows: what has a number from
 * there on happened later. Nothing is handed out before everything earlier is known, of all rings.
 *
 * A number that is taken, its event not published yet, is a gap: its writer is at work on another
 * CPU, or was preempted. What happened after the time at which it cannot have been taken yet waits
 * for it. A gap that stays for RINGS_PATIENCE_NS, for which more than RINGS_WAITING events of a
 * ring wait, or which is overwritten, is a lost event.
 *
 * In a ring, too, an event can be out of order by time: numbers are in order, but one writer can be
 * preempted by another before it reads the clock. Those are sorted in.
 */
#ifndef PROBE_RINGS_H
#define PROBE_RINGS_H

#include "base/util.h"
#include "ring.h"

#define RINGS_PATIENCE_NS NSEC_PER_SEC
/* bpf_ktime_get_ns() and clock_gettime() may differ by what NTP steers between two ticks. */
#define RINGS_CLOCK_NS (10 * NSEC_PER_USEC)
#define RINGS_GAPS 64		 /* of one ring */
#define RINGS_WAITING (1u << 16) /* events of one ring */

typedef void probe_handler(void *arg, const struct probe_event *e);

struct rings;

/*
 * @memory: @n rings (at most PROBE_BPF_RINGS) of @slots (a power of two) slots, each
 * rings_bytes(@slots) large. Takes 56 bytes for each event that has been read and not handed out.
 */
must_check int rings_open(struct rings **r, const void *memory, unsigned int n, uint32_t slots);
void rings_close(struct rings *r); /* NULL is fine */
size_t rings_bytes(uint32_t slots);

/* Takes in what has been published. @now_ns: the clock, read just before. 0 or -ENOMEM: some of it
 * is left where it is. */
must_check int rings_read(struct rings *r, uint64_t now_ns);
/*
 * Hands out, in order, what happened up to @until_ns, as far as it is complete. Answers until when
 * (@until_ns at most) all has been handed out. Events of the same ns come by type, then by ring.
 */
uint64_t rings_hand_out(struct rings *r, uint64_t until_ns, probe_handler *handler, void *arg);
/* Events that were overwritten or given up. */
uint64_t rings_lost(const struct rings *r);

#endif
