/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ping.h - asks the guest for its TSC, over its channel. The answer's place in our time is between
 * `sent_ns` and the answer's guest_pong.ns; hostclock_pong() makes a point of the three.
 */
#ifndef PING_H
#define PING_H

#include "chan.h"
#include "guest.h"

struct ping {
	uint64_t cookie; /* of the latest question, 0: none has been asked */
	uint64_t sent_ns;
};

/*
 * Asks anew; an answer to an earlier question no longer counts. The frame leaves at the next turn
 * of the loop, which the caller should let follow at once: what is between makes the round trip
 * longer. 0 or -errno of chan_send().
 */
must_check int ping_send(struct ping *p, struct chan *c);
/* The answer to the latest question has come: it is g->pong. */
bool ping_answered(const struct ping *p, const struct guest *g);

#endif
