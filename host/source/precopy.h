/* SPDX-License-Identifier: GPL-2.0-only */
/* precopy.h - the first half of a migration: QEMU begins to send the guest, and is called off. */
#ifndef SOURCE_PRECOPY_H
#define SOURCE_PRECOPY_H

#include "common.h"

struct precopy {
	bool running, called_off;
	uint64_t syncs; /* of the log, in the one under way */
	uint64_t done;	/* begun, seen to have read the log, and called off */
};

/* Again and again: begins one, or looks how far it is. *@over: it has just ended. 0 or -errno
 * (said). */
must_check int precopy_step(struct precopy *p, const struct env *env, bool *over);
/* Calls off what is under way. 0 or -errno (said). */
must_check int precopy_stop(struct precopy *p, const struct env *env);

#endif
