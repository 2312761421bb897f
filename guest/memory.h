/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory.h - the test memory: room, fill, page-to-GPA map, sweep.
 *
 * Long work is cut into slices of a few milliseconds, between which the main thread sends its
 * heartbeat and listens to the host.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>

#include "port.h"
#include "touch.h"

struct memory {
	struct touch_memory touch;
	int pagemap_fd;
	uint32_t cursor;	       /* of the present task: next page */
	uint32_t swept_group;	       /* that is being swept: */
	uint64_t clean[PATTERN_WORDS]; /* its words */
};

/*
 * Room for @orders->pages, 2 MiB aligned, locked, nothing filled. @where names the step that
 * failed. 0 or -errno.
 */
int memory_open(struct memory *m, const struct proto_orders *orders, const char **where);

/* Each: true when its last page is done; the cursor is then back at 0. */
bool memory_fill(struct memory *m);
bool memory_sweep(struct memory *m, uint64_t *errors, struct touch_corrupts *to);

/*
 * Queues the next MAP frame: 1 when there are no more, 0, -ENOSPC to be tried again, or another
 * -errno: -ENODATA when the kernel hides frame numbers, -EFAULT for a page that is not present.
 * @hidden_ok: a page whose number is hidden gets PROTO_GPA_NONE instead.
 */
int memory_map(struct memory *m, struct port *port, bool hidden_ok);

#endif
