/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worker.h - the threads that touch: one pinned to each vCPU, all started and stopped by one word.
 */
#ifndef WORKER_H
#define WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "touch.h"

struct crew;

struct worker {
	struct touch touch;
	struct crew *crew;
	pthread_t thread;
	uint32_t at;	      /* the value of crew.go that this worker follows */
	uint32_t begun;	      /* the latest START that it has followed: crew.run */
	uint32_t fills;	      /* FILLs that it has followed */
	uint32_t discards;    /* and DISCARDs */
	int error;	      /* it could not be pinned */
	bool seen;	      /* main: records of the epoch before have been thrown away */
	uint32_t first_stall; /* the ring's head when the epoch began */
};

struct crew {
	/*
	 * Odd: touch; even: rest. Every order is a new value, so that a restart differs from the
	 * run before. On a line of its own: the touch loop reads it each time.
	 */
	_Alignas(64) uint32_t go;
	_Alignas(64) uint32_t epoch; /* written before go */
	uint32_t restart; /* as epoch: the run before was not ended, its errors still count */
	struct touch_times times; /* the origin as epoch; the rest is main's */
	uint32_t run;		  /* as epoch: the value of go that began it */
	uint32_t fills;		  /* as epoch: how often the pages were to be written anew */
	uint32_t step;		  /* as epoch: with what, the latest time */
	uint32_t discards;	  /* as epoch: DISCARDs, and the latest; one at a time */
	struct proto_discard discard;
	uint32_t count;
	struct worker *worker;
};

/* Starts the threads, resting: 0 or -errno. @memory is copied. */
int crew_open(struct crew *c, const struct touch_memory *memory, const struct proto_orders *orders,
	      uint64_t stall_tsc);
/* The calling thread runs on @vcpu alone: 0 or -errno. */
int crew_pin(uint32_t vcpu);
void crew_start(struct crew *c, uint32_t epoch);
void crew_stop(struct crew *c);
/* In an epoch: all threads write the pages of @step, then go on touching. */
void crew_fill(struct crew *c, uint32_t step);
/* In an epoch: the threads get to know of @discard, then go on touching. */
void crew_discard(struct crew *c, const struct proto_discard *discard);
/* All threads have done the last order. */
bool crew_follows(const struct crew *c);
/* All threads rest: main may read and write what is theirs. */
bool crew_rests(const struct crew *c);
/* The first thread's failure (it could not be pinned), or 0. */
int crew_error(const struct crew *c);
/* Worker @w has begun the present epoch; its counters and records belong to it. */
bool worker_begun(struct worker *w);

#endif
