/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * chan.h - the framed channel to the guest (wire/proto.h, docs/protocol.md), over one socket end.
 *
 * Broken, lost, late, short and doubled frames are counted by the reader and reported once each
 * kind; none of them stops the channel.
 */
#ifndef CHAN_H
#define CHAN_H

#include "wire/proto.h"
#include "base/loop.h"

struct chan;

/* Called for every good frame; must not call loop_*() functions that wait. */
typedef void chan_handler(void *arg, const struct proto_header *h, const uint8_t *payload);

/* Takes @fd over. 0 or -errno (said). */
must_check int chan_open(struct chan **c, struct loop *l, int fd, chan_handler *handler, void *arg);
void chan_close(struct chan *c);

/* Queues a frame. 0, -ENOBUFS when the guest takes nothing any more, -EPIPE when it is gone. */
must_check int chan_send(struct chan *c, uint16_t type, const void *payload, uint32_t length);

const struct proto_counters *chan_counters(const struct chan *c);
/* Frames cut off by the end of the stream so far: 0 or 1. */
unsigned int chan_short_frames(const struct chan *c);
/* CLOCK_MONOTONIC of the last good frame, or of chan_open() before the first. */
uint64_t chan_last_ns(const struct chan *c);
/* The other end is closed, or reading failed. */
bool chan_closed(const struct chan *c);

#endif
