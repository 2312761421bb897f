/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * thread.h - for work that takes longer than the agent's event loop may wait: a thread that does a
 * source's cycle again and again. What the cycle counts for proof() must be atomic.
 */
#ifndef SOURCE_THREAD_H
#define SOURCE_THREAD_H

#include <pthread.h>

#include "common.h"

#define SOURCE_THREAD_POLL_NS (20 * NSEC_PER_MSEC)

struct source_thread {
	int (*cycle)(void *state); /* 0 or -errno (said), which ends the thread */
	void *state;
	pthread_t thread;
	bool running;
	int stop, err; /* atomic: to and from the thread */
};

must_check int source_thread_start(struct source_thread *t, int (*cycle)(void *), void *state);
/* For step(): asks again after a while; what the thread has failed with. */
must_check int source_thread_step(const struct source_thread *t, uint64_t *again_ns);
/*
 * For a cycle: it is to come to an end. To be asked behind each call that may take long: what the
 * state points to may be gone then.
 */
bool source_thread_ending(const struct source_thread *t);
/*
 * Waits for the end of the cycle, but not for ever: a call of compact_memory takes minutes on a
 * large machine and cannot be broken off. 0 (also for a zeroed one); -ETIME (said): the thread and
 * its state are left behind, and the end of the process ends both.
 */
must_check int source_thread_stop(struct source_thread *t, struct env *env);

#endif
