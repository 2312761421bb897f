/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * discard.h - the talk with the guest about pages that are taken with their words (PROTO_DISCARD):
 * it is told which may go, answers, they go, it is told that they are gone, answers, and so on.
 */
#ifndef SOURCE_DISCARD_H
#define SOURCE_DISCARD_H

#include "look.h"
#include "wire/proto.h"

struct discard {
	struct look look;
	uint32_t piece; /* at most so many pages at a time, PROTO_MAX_DISCARD at most */
	uint32_t among; /* the first so many of the test pages */
	struct proto_discard told;
	bool waiting; /* for the answer to it */
	uint64_t sent_ns;
	uint32_t cursor;
	uint64_t gone, ranges; /* pages seen to go; ranges of which the guest knows it */
};

/* Takes @bytes from @hva away. 0, -EAGAIN (later; unsaid), or -errno (said). */
typedef int discard_take(const struct env *env, uint64_t hva, uint64_t bytes);

must_check int discard_open(struct discard *d, const struct env *env, uint32_t piece,
			    uint32_t among);
void discard_close(struct discard *d); /* zeroed is fine */
/* For step(): 0 or -errno (said). */
must_check int discard_step(struct discard *d, const struct env *env, discard_take *take,
			    uint64_t *again_ns);

#endif
