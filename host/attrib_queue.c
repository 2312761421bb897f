// SPDX-License-Identifier: GPL-2.0-only
/* attrib_queue.c - puts events in order. */
#include <errno.h>
#include <stdlib.h>

#include "attrib_parts.h"

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

bool queue_full(const struct queue *q)
{
	return q->tail - q->head == QUEUE_ROOM || q->nheap == QUEUE_ROOM;
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

void queue_push(struct queue *q, const struct probe_event *e)
{
	uint32_t to = q->tail, i;

	while (to != q->head && slot(q, to - 1)->e.ns > e->ns && q->tail - to <= MOVES_MOST)
		to--;
	if (q->tail - to > MOVES_MOST) {
		heap_push(q, &(struct queued){*e, q->seq++});
		return;
	}
	for (i = q->tail++; i != to; i--)
		*slot(q, i) = *slot(q, i - 1);
	slot(q, to)->e = *e;
	slot(q, to)->seq = q->seq++;
}

static bool heap_is_first(const struct queue *q)
{
	return q->nheap && (q->head == q->tail || earlier(&q->heap[0], slot(q, q->head)));
}

const struct probe_event *queue_first(const struct queue *q)
{
	if (heap_is_first(q))
		return &q->heap[0].e;
	return q->head == q->tail ? NULL : &slot(q, q->head)->e;
}

void queue_pop(struct queue *q)
{
	if (heap_is_first(q))
		heap_pop(q);
	else
		q->head++;
}
