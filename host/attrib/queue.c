// SPDX-License-Identifier: GPL-2.0-only
/* queue.c - puts events in order. */
#include <errno.h>
#include <stdlib.h>

#include "queue.h"

/* So many may have to make way in the ring; a cache line each. */
#define MOVES_MOST 16

int queue_open(struct queue *q)
{
	q->ring = malloc(QUEUE_ROOM * sizeof(*q->ring));
	q->heap = malloc(QUEUE_ROOM * sizeof(*q->heap));
	return q->ring && q->heap ? 0 : -ENOMEM;
}

void queue_close(struct queue *q)
{
	free(q->ring);
	free(q->heap);
}

static struct queued *slot(const struct queue *q, uint32_t i)
{
	return &q->ring[i % QUEUE_ROOM];
}

static bool earlier(const struct queued *a, const struct queued *b)
{
	return a->e.ns < b->e.ns || (a->e.ns == b->e.ns && a->seq < b->seq);
}

static void heap_push(struct queue *q, const struct queued *new)
{
	uint32_t i = q->nheap++;

	while (i > 0 && earlier(new, &q->heap[(i - 1) / 2])) {
		q->heap[i] = q->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	q->heap[i] = *new;
}

static void heap_pop(struct queue *q)
{
	const struct queued *last = &q->heap[--q->nheap];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < q->nheap) {
		if (child + 1 < q->nheap && earlier(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (!earlier(&q->heap[child], last))
			break;
		q->heap[i] = q->heap[child];
		i = child;
	}
	q->heap[i] = *last;
}

/* Later than @ns are so many at the end of the ring, MOVES_MOST + 1: more. */
static uint32_t later(const struct queue *q, uint64_t ns)
{
	uint32_t n = 0;

	while (n <= MOVES_MOST && q->tail - n != q->head && slot(q, q->tail - n - 1)->e.ns > ns)
		n++;
	return n;
}

void queue_push_between(struct queue *q, const struct probe_event *e)
{
	uint32_t moves = later(q, e->ns), to = q->tail - moves;
	struct queued new;

	if (moves > MOVES_MOST) {
		queue_set(&new, e, q->seq++);
		heap_push(q, &new);
		return;
	}
	for (uint32_t i = q->tail++; i != to; i--)
		*slot(q, i) = *slot(q, i - 1);
	queue_set(slot(q, to), e, q->seq++);
}

static bool heap_is_first(const struct queue *q)
{
	return q->head == q->tail || earlier(&q->heap[0], slot(q, q->head));
}

const struct probe_event *queue_first_of_both(const struct queue *q)
{
	return heap_is_first(q) ? &q->heap[0].e : &slot(q, q->head)->e;
}

void queue_pop_of_both(struct queue *q)
{
	if (heap_is_first(q))
		heap_pop(q);
	else
		q->head++;
}
