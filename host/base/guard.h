/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard.h - a second process that acts when this one's main thread hangs in the kernel.
 *
 * A thread that waits there for a lock that never comes (state D) is deaf to signals, SIGKILL too;
 * what it has changed would stay. The guard sees it by /proc and by beats that stay out, and acts
 * once, in a process of its own that has all of this one's memory and files as they were at
 * guard_start(). It ends when it has acted or when this process is dead.
 */
#ifndef GUARD_H
#define GUARD_H

#include "util.h"

struct guard;

/*
 * @act is called when no beat has come for @patience_ns and the main thread was in state D whenever
 * it was looked at in that time. 0 or -errno (said).
 */
must_check int guard_start(struct guard **g, uint64_t patience_ns, void (*act)(void *arg),
			   void *arg);
/* All is well. NULL is fine, here and below. */
void guard_beat(struct guard *g);
/* It has acted: nothing is any more as this process has left it. */
bool guard_acted(const struct guard *g);
void guard_stop(struct guard *g);

#endif
