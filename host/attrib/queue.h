/* SPDX-License-Identifier: GPL-2.0-only */
/* queue.h - puts events in order: by ns, and as they came where that is equal. */
#ifndef ATTRIB_QUEUE_H
#define ATTRIB_QUEUE_H

#include "probe/event.h"
#include "base/util.h"

#define QUEUE_ROOM 16384 /* powers of two */

struct queued {
	struct probe_event e;
	uint64_t seq;
};

/*
 * A sorted ring, into which an event is inserted when few others have to make way (CPUs that are
 * drained together), and a heap for the rest (CPUs drained one after the other).
 */
struct queue {
	struct queued *ring, *heap;
	uint32_t head, tail, nheap;
	uint64_t seq;
};

must_check int queue_open(struct queue *q);
void queue_close(struct queue *q);
void queue_push_between(struct queue *q, const struct probe_event *e);
const struct probe_event *queue_first_of_both(const struct queue *q);
void queue_pop_of_both(struct queue *q);

static inline bool queue_full(const struct queue *q)
{
	return q->tail - q->head == QUEUE_ROOM || q->nheap == QUEUE_ROOM;
}

static inline void queue_set(struct queued *to, const struct probe_event *e, uint64_t seq)
{
	to->e = *e;
	if (e->begin_ns > e->ns)
		to->e.begin_ns = e->ns;
	to->seq = seq;
}

/* Not when full. */
static inline void queue_push(struct queue *q, const struct probe_event *e)
{
	if (q->head == q->tail || q->ring[(q->tail - 1) % QUEUE_ROOM].e.ns <= e->ns)
		queue_set(&q->ring[q->tail++ % QUEUE_ROOM], e, q->seq++);
	else
		queue_push_between(q, e);
}

/* NULL: empty. */
static inline const struct probe_event *queue_first(const struct queue *q)
{
	if (q->nheap)
		return queue_first_of_both(q);
	return q->head == q->tail ? NULL : &q->ring[q->head % QUEUE_ROOM].e;
}

static inline void queue_pop(struct queue *q)
{
	if (q->nheap)
		queue_pop_of_both(q);
	else
		q->head++;
}

#endif
