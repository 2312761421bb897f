/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * port.h - the guest's end of the channel: one non-blocking fd, frames in, a bounded queue out.
 *
 * Only the main thread may use it: virtio_console loses a writer's wake-up when another thread
 * polls the same port. No call blocks for longer than it says.
 */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/proto.h"

#define PORT_QUEUE_BYTES (128u * 1024)
/* Only PROTO_ERROR may use the last of it: an error finds room also when the host reads nothing. */
#define PORT_RESERVE_BYTES 1024u

struct port {
	int fd;
	bool connected; /* the host's end has been seen open */
	uint32_t seq;
	uint32_t first; /* of queue[], first byte not yet written */
	uint32_t last;
	struct proto_reader in;
	uint8_t queue[PORT_QUEUE_BYTES];
};

/* Waits up to @timeout_ms for the port named PROTO_PORT and opens it: 0 or -errno. */
int port_find(struct port *p, int timeout_ms);
/* Takes @fd instead: tests. */
int port_adopt(struct port *p, int fd);

/*
 * Writes what waits, reads what is there, sleeping up to @timeout_ms until either is possible.
 * 0, or -EPIPE when the host has hung up, or another -errno of a broken port.
 */
int port_exchange(struct port *p, int timeout_ms);

bool port_has_room(const struct port *p, uint32_t length);
/* Queues one frame: 0, or -ENOSPC and nothing happened. */
int port_send(struct port *p, uint16_t type, const void *payload, uint32_t length);
/* Writes what the host takes at once. A broken port is told by the next port_exchange(). */
void port_push(struct port *p);
/* Writes until the queue is empty, at most @timeout_ms: 0 or -errno. */
int port_flush(struct port *p, int timeout_ms);

#endif
