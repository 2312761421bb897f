/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * history.h - what a vCPU went through last: faults, times off its CPU, interrupts.
 *
 * In the order in which things ended. Faults of one vCPU do not overlap; a time off the CPU lies
 * between two faults or within one, and then comes before it.
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
	uint8_t type;	  /* PROBE_FAULT, PROBE_OFF, PROBE_VIRQ */
	uint8_t flags;
	uint8_t class;
	bool sent_back;
	bool window; /* behind it: */
	uint8_t reason, thread;
};
_Static_assert(sizeof(struct moment) == 32, "the promise in attrib.h");

struct history {
	struct moment *moment; /* ring, by end */
	uint64_t n;	       /* ever */
	uint64_t size;	       /* power of two */
	uint64_t forgotten;    /* end of the last that was overwritten */
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
