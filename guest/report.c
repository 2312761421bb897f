/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.c - from counters, histograms and rings to frames.
 *
 * Everything here runs on the main thread, which takes a vCPU away from its worker meanwhile: it is
 * called ten times a second and does no more than copy. Counters are read while they grow: each is
 * whole, but they are not all of the same touch. After the workers rest they are exact.
 */
#include <errno.h>
#include <string.h>

#include "clock.h"
#include "report.h"

#define BUCKETS_PER_FRAME \
	((PROTO_MAX_PAYLOAD - sizeof(struct proto_hist)) / sizeof(struct proto_bucket))

#define PAGES_PER_FRAME ((PROTO_MAX_PAYLOAD - sizeof(struct proto_touched)) / sizeof(uint32_t))

void report_open(struct report *r, struct port *port, struct crew *crew, uint32_t vcpus)
{
	r->port = port;
	r->crew = crew;
	r->vcpus = vcpus;
}

static uint64_t counter(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static void vcpu_stats(struct proto_vcpu_stats *to, struct worker *w, uint32_t epoch)
{
	const struct touch *t = &w->touch;

	memset(to, 0, sizeof(*to));
	if (!epoch || !worker_begun(w))
		return;
	to->touches = counter(&t->n.touches);
	to->writes = counter(&t->n.writes);
	to->stalls = counter(&t->n.stalls);
	to->stall_tsc = counter(&t->n.stall_tsc);
	to->max_tsc = counter(&t->hist.max);
	to->overflow = counter(&t->hist.overflow);
	to->checks = counter(&t->n.checks) + TOUCH_CHECKS * to->touches;
	to->errors = counter(&t->n.errors);
	to->stalls_lost = counter(&t->n.stalls_lost);
	to->errors_lost = counter(&t->n.errors_lost);
	to->time_tsc = counter(&t->n.time_tsc);
}

int report_stats(struct report *r, uint32_t epoch)
{
	struct proto_stats *stats = (void *)r->frame;
	struct proto_vcpu_stats *vcpu = (void *)(stats + 1);
	uint32_t length = sizeof(*stats) + r->vcpus * sizeof(*vcpu);
	struct clock_pair now;

	if (!port_has_room(r->port, length))
		return -ENOSPC;
	now = clock_pair_read(3);
	*stats = (struct proto_stats){
		.tsc = now.tsc,
		.mono_ns = now.mono_ns,
		.epoch = epoch,
		.vcpus = r->vcpus,
	};
	for (uint32_t i = 0; i < r->vcpus; i++) {
		if (i < r->crew->count)
			vcpu_stats(vcpu + i, r->crew->worker + i, epoch);
		else
			memset(vcpu + i, 0, sizeof(*vcpu)); /* not started yet */
	}
	return port_send(r->port, PROTO_STATS, stats, length);
}

int report_hist(struct report *r, uint32_t epoch, uint32_t vcpu, uint32_t *index)
{
	struct proto_hist *head = (void *)r->frame;
	struct proto_bucket *bucket = (void *)(head + 1);
	struct worker *w = &r->crew->worker[vcpu];
	uint32_t i = *index, n = 0;
	int err;

	*head = (struct proto_hist){.epoch = epoch, .vcpu = vcpu};
	for (; i < HIST_BUCKETS && n < BUCKETS_PER_FRAME && worker_begun(w); i++) {
		uint64_t count = counter(&w->touch.hist.count[i]);

		if (count)
			bucket[n++] = (struct proto_bucket){.count = count, .index = i};
	}
	err = n ? port_send(r->port, PROTO_HIST, head, sizeof(*head) + n * sizeof(*bucket)) : 0;
	if (!err)
		*index = n < BUCKETS_PER_FRAME ? HIST_BUCKETS : i;
	return err;
}

int report_touched(struct report *r, uint32_t epoch, uint32_t *page)
{
	const struct touch_times *times = &r->crew->times;
	const struct touch_memory *m = &r->crew->worker->touch.memory;
	struct proto_touched *head = (void *)r->frame;
	uint32_t *last = (uint32_t *)(head + 1);
	uint32_t left = m->pages - *page, n = left < PAGES_PER_FRAME ? left : PAGES_PER_FRAME;
	uint32_t length = sizeof(*head) + n * sizeof(*last);
	uint64_t now = tsc_ordered();
	int err;

	if (!port_has_room(r->port, length))
		return -ENOSPC;
	*head = (struct proto_touched){
		.start_tsc = times->start_tsc,
		.epoch = epoch,
		.first_page = *page,
	};
	for (uint32_t i = 0; i < n; i++)
		last[i] = touch_since(times, touch_stamp_of(&m->state[*page + i]), now);
	err = port_send(r->port, PROTO_TOUCHED, head, length);
	if (!err)
		*page += n;
	return err;
}

/* One batch out of @ring, whose @size records of @bytes each begin at @record. */
static int report_ring(struct report *r, uint16_t type, uint32_t epoch, struct ring *ring,
		       const void *record, uint32_t bytes, uint32_t size)
{
	struct proto_batch *batch = (void *)r->frame;
	uint32_t most = (PROTO_MAX_PAYLOAD - sizeof(*batch)) / bytes, n = ring_used(ring);
	uint8_t *to = (uint8_t *)(batch + 1);
	int err;

	if (n > most)
		n = most;
	if (!n)
		return 0;
	*batch = (struct proto_batch){.epoch = epoch};
	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = (ring->tail + i) & (size - 1);

		memcpy(to + i * bytes, (const uint8_t *)record + slot * bytes, bytes);
	}
	err = port_send(r->port, type, batch, sizeof(*batch) + n * bytes);
	if (!err)
		ring_take(ring, n);
	return err;
}

static int report_stalls(struct report *r, uint32_t epoch, struct touch_stalls *s)
{
	return report_ring(r, PROTO_STALLS, epoch, &s->ring, s->record, sizeof(s->record[0]),
			   TOUCH_STALLS);
}

static int report_corrupts(struct report *r, uint32_t epoch, struct touch_corrupts *c)
{
	return report_ring(r, PROTO_CORRUPT, epoch, &c->ring, c->record, sizeof(c->record[0]),
			   TOUCH_CORRUPTS);
}

int report_records(struct report *r, uint32_t epoch)
{
	int err = report_corrupts(r, epoch, &r->corrupts);

	for (uint32_t i = 0; i < r->crew->count && !err; i++) {
		struct worker *w = &r->crew->worker[i];

		if (!worker_begun(w))
			continue;
		err = report_corrupts(r, epoch, &w->touch.corrupts);
		if (!err)
			err = report_stalls(r, epoch, &w->touch.stalls);
	}
	return err;
}

bool report_records_left(const struct report *r)
{
	bool left = ring_used(&r->corrupts.ring);

	for (uint32_t i = 0; i < r->crew->count && !left; i++) {
		struct worker *w = &r->crew->worker[i];

		left = worker_begun(w) &&
		       (ring_used(&w->touch.corrupts.ring) || ring_used(&w->touch.stalls.ring));
	}
	return left;
}
