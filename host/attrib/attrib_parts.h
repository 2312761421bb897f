/* SPDX-License-Identifier: GPL-2.0-only */
/* attrib_parts.h - what attrib.c and fault.c share; struct attrib is nobody else's. */
#ifndef ATTRIB_PARTS_H
#define ATTRIB_PARTS_H

#include "attrib_config.h"
#include "chain.h"
#include "comms.h"
#include "history.h"
#include "page.h"
#include "sums.h"
#include "told.h"
#include "window.h"

struct attrib {
	struct attrib_config config;
	uint64_t done;		    /* everything up to here has been judged */
	uint64_t last_fault;	    /* end of the latest fault that has been judged */
	uint16_t stretch;	    /* 0: none yet */
	uint64_t begin, end;	    /* of it */
	struct attrib_figures *sum; /* figures, or outside of a stretch: waste */
	struct attrib_figures figures, waste;
	struct attrib_doubts doubts;
	struct windows windows;
	struct comms comms;
	struct told told;
	struct pages pages;
	struct history *history; /* of each vCPU */
	struct chains *chains;	 /* of each, too */
	struct moment nowhere;	 /* of a vCPU that is not ours */
	attrib_tap *tap;	 /* NULL: nobody asks */
	void *tap_arg;
};

static inline bool attrib_tapped(const struct attrib *a)
{
	return a->tap && a->sum == &a->figures;
}

/* Where the moment of @e is noted. */
static inline struct moment *attrib_place(struct attrib *a, const struct probe_event *e)
{
	if (e->vcpu >= a->config.vcpus)
		return &a->nowhere;
	return history_add(&a->history[e->vcpu], e->ns);
}

/* A fault is judged when it has ended. */
void fault_take(struct attrib *a, const struct probe_event *e);

/* A page that KVM has mapped without a fault of its own. */
void fault_prefetched(struct attrib *a, const struct probe_event *e);

/* @w has begun before faults that are judged already were over: they are judged again. */
void fault_look_back(struct attrib *a, const struct window *w);

#endif
