/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.h - indices of a ring with one producer (a worker) and one consumer (the main thread).
 *
 * Only the indices live here; the owner has the array of records, whose size is a power of two.
 * Indices run on freely and wrap at 2^32.
 */
#ifndef RING_H
#define RING_H

#include <stdint.h>

struct ring {
	_Alignas(64) uint32_t head; /* next to fill; the producer's */
	_Alignas(64) uint32_t tail; /* next to take; the consumer's */
};

/* Producer: index of a free record, or -1 when the ring is full. ring_commit() publishes it. */
static inline int32_t ring_slot(const struct ring *r, uint32_t size)
{
	uint32_t tail = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);

	return r->head - tail >= size ? -1 : (int32_t)(r->head & (size - 1));
}

static inline void ring_commit(struct ring *r)
{
	__atomic_store_n(&r->head, r->head + 1, __ATOMIC_RELEASE);
}

/* Consumer: how many records wait, the first of them at tail & (size - 1). */
static inline uint32_t ring_used(const struct ring *r)
{
	return __atomic_load_n(&r->head, __ATOMIC_ACQUIRE) - r->tail;
}

static inline void ring_take(struct ring *r, uint32_t count)
{
	__atomic_store_n(&r->tail, r->tail + count, __ATOMIC_RELEASE);
}

#endif
