/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.h - the conversation with the host, from HELLO to QUIT.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>

#include "memory.h"
#include "port.h"
#include "report.h"
#include "worker.h"

enum guest_step {
	GUEST_HELLO, /* wait for ORDERS */
	GUEST_FILL,
	GUEST_MAP,
	GUEST_PIN, /* the threads start */
	GUEST_REST,
	GUEST_RUN,
	GUEST_STOP, /* wait for the workers' last touch */
	GUEST_SWEEP,
	GUEST_RESULT, /* last STATS, HIST, STALLS, CORRUPT, TOUCHED, then EPOCH_END */
	GUEST_OVER,
};

struct guest {
	bool in_vm; /* PID 1; else a test drives this as a process */
	enum guest_step step;
	int result; /* exit code: 0 QUIT, 1 PROTO_ERROR, 2 the host hung up */
	uint64_t tsc_hz;
	struct proto_orders orders;
	uint32_t epoch; /* 0: resting */
	bool filling;	/* FILLED is owed, for fill_step */
	uint32_t fill_step;
	bool discarding; /* DISCARDED is owed */
	uint64_t sweep_errors;
	uint32_t hist_vcpu; /* next histogram frame of the epoch's result */
	uint32_t hist_index;
	bool stats_sent;       /* the epoch's last STATS */
	uint32_t touched_page; /* next page of the epoch's TOUCHED; at the end if not wanted */
	uint64_t hello_ns;     /* when they are due */
	uint64_t stats_ns;
	uint64_t bad_seen; /* damaged or unfit frames that have been said */
	uint64_t unfit;	   /* good frames that make no sense here */
	struct port port;
	struct memory memory;
	struct crew crew;
	struct report report;
};

/* Talks over g->port, which is open, until it is over; answers g->result. */
int guest_run(struct guest *g);

/*
 * For a signal handler: a worker died of something that cannot be survived. The main thread tells
 * the host and ends. @text must stay.
 */
void guest_fatal(const char *text);

#endif
