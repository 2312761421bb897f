/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * history.h - what a vCPU went through last: faults, other exits, times off its CPU, interrupts.
 *
 * In the order in which things ended. Faults and exits of one vCPU do not overlap; a time off the
 * CPU lies between two of them or within one, and then comes before it, unless it lies in what
 * comes after a fault until the vCPU is in the guest again.
 */
#ifndef ATTRIB_HISTORY_H
#define ATTRIB_HISTORY_H

#include "probe/event.h"
#include "base/util.h"

#define ATTRIB_MOMENTS 131072 /* of all vCPUs' histories together */

struct moment {
	uint64_t begin, end;
	uint32_t page;
	uint16_t stretch; /* in which it was counted */
	uint8_t type;	  /* PROBE_FAULT, PROBE_OFF, PROBE_VIRQ, PROBE_EXIT */
	uint8_t flags;
	uint8_t class;
	bool sent_back;
	bool window; /* behind it: */
	uint8_t reason, thread;
	uint8_t own;   /* FAULT: counted in own_refaults[own - 1]; 0: in none */
	uint32_t what; /* FAULT: serial of the window behind it; OFF: number of the thread that ran
			  (comms.h); EXIT: its reason */
	/* FAULT: how long before its begin the vCPU had left the guest, and how long after its end
	 * it was there again; 0: not known. */
	uint32_t before_ns, after_ns;
};
_Static_assert(sizeof(struct moment) == 48, "the promise in attrib.h");

struct history {
	struct moment *moment; /* ring, by end */
	uint64_t n;	       /* ever */
	uint64_t size;	       /* power of two */
	uint64_t forgotten;    /* end of the last that was overwritten */
	uint64_t fault;	       /* 1 + the number of the latest fault; 0: none */
};

must_check int history_open(struct history *h, uint32_t vcpus); /* one of so many; -ENOMEM */
void history_close(struct history *h);
/* The place of the newest, for the caller to fill whole. */
struct moment *history_add(struct history *h, uint64_t end);

/* The first moment that ended after @ns: its number, n if there is none. */
uint64_t history_find(const struct history *h, uint64_t ns);

/* The oldest that is still there. */
static inline uint64_t history_oldest(const struct history *h)
{
	return h->n > h->size ? h->n - h->size : 0;
}

static inline const struct moment *history_at(const struct history *h, uint64_t i)
{
	return &h->moment[i & (h->size - 1)];
}

#endif
