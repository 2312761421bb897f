/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * chain.h - faults of one vCPU that KVM sent back again and again, on one page, though no window
 * was over any page: in the long run a livelock.
 *
 * What a window explains does not count and does not break the chain: a vCPU that can never go on
 * meets windows over other pages, too. A chain ends with a fault that KVM did not send back, or on
 * another page. A window is known only from t1 on (attrib.h), and takes back then what it explains.
 */
#ifndef ATTRIB_CHAIN_H
#define ATTRIB_CHAIN_H

#include "history.h"

struct chain {
	uint64_t begin, end; /* of its first fault, and its last */
	uint64_t n;	     /* sent back without a window */
	uint32_t page;	     /* PAGE_NONE: there is none */
};

struct chains {
	struct chain now;
	struct chain best; /* the longest that is over, of this stretch */
};

void chains_begin(struct chains *c); /* a stretch begins: what was before does not count */
/* The vCPU's next fault, judged. */
void chains_fault(struct chains *c, const struct moment *m);
/* @m, which had counted or not, turns out to have met a window. */
void chains_explain(struct chains *c, const struct moment *m);
/* A window since @t0, and nobody knows which of these faults met it. */
void chains_doubt(struct chains *c, uint64_t t0);
uint64_t chains_most(const struct chains *c);

#endif
