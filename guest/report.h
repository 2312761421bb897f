/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - makes STATS, HIST, STALLS, CORRUPT and TOUCHED frames of what the workers count and
 * record.
 *
 * 0, or -ENOSPC when the port's queue is full; what did not fit stays in its ring or behind its
 * cursor, so that it can be tried again when the host has read.
 */
#ifndef REPORT_H
#define REPORT_H

#include "port.h"
#include "worker.h"

struct report {
	struct port *port;
	struct crew *crew;
	uint32_t vcpus;
	struct touch_corrupts corrupts; /* found by the sweep */
	_Alignas(8) uint8_t frame[PROTO_MAX_PAYLOAD];
};

void report_open(struct report *r, struct port *port, struct crew *crew, uint32_t vcpus);
/* @epoch 0: resting, all counters 0. */
int report_stats(struct report *r, uint32_t epoch);
/*
 * The histogram of @vcpu from bucket *@index on, which moves on; HIST_BUCKETS when all is sent.
 */
int report_hist(struct report *r, uint32_t epoch, uint32_t vcpu, uint32_t *index);
/* When pages were touched last, from *@page on, which moves on. */
int report_touched(struct report *r, uint32_t epoch, uint32_t *page);
/* One batch of the records that wait in each ring, the workers' and the sweep's. */
int report_records(struct report *r, uint32_t epoch);
bool report_records_left(const struct report *r);

#endif
