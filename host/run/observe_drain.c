// SPDX-License-Identifier: GPL-2.0-only
/*
 * observe_drain.c - takes the probes' events, in a thread of its own: the agent may be long in a
 * system call (KSM's run=2, compact_memory, process_vm_writev) while rings fill.
 *
 * The thread does not preempt what it wakes up beside (SCHED_BATCH): that may be in the midst of a
 * window. Whoever touches the probes' events or attrib holds the lock.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "observe_parts.h"

#define DRAIN_NS (10 * NSEC_PER_MSEC)
#define CATCH_UP_NS (200 * NSEC_PER_USEC)
#define CATCH_UP_MOST_NS (2 * RINGS_PATIENCE_NS) /* a gap is given up before */

void observe_lock(struct observe *w)
{
	pthread_mutex_lock(&w->lock);
}

void observe_unlock(struct observe *w)
{
	pthread_mutex_unlock(&w->lock);
}

static void take_event(void *arg, const struct probe_event *e)
{
	struct observe *w = arg;

	selftest_event(&w->test, e);
	attrib_event(w->attrib, e);
}

/* A drain that fails leaves events where they are, or they are gone: nobody knows. */
static void take_events(struct observe *w, uint64_t until_ns)
{
	int err = probe_drain(w->probe, until_ns, &w->complete_ns, take_event, w);

	if (err)
		w->drain_err = err;
	attrib_reached(w->attrib, w->complete_ns);
}

static void rest(uint64_t ns)
{
	nanosleep(&(struct timespec){.tv_nsec = (long)ns}, NULL);
}

static void *drain(void *arg)
{
	const struct sched_param param = {0};
	struct observe *w = arg;

	sched_setscheduler(0, SCHED_BATCH, &param); /* without it all is as well, but for noise */
	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		observe_lock(w);
		take_events(w, UINT64_MAX);
		observe_unlock(w);
		rest(DRAIN_NS);
	}
	return NULL;
}

int observe_drain_start(struct observe *w)
{
	int err = pthread_mutex_init(&w->lock, NULL) ?: pthread_create(&w->drainer, NULL, drain, w);

	w->draining = !err;
	return -err;
}

void observe_drain_stop(struct observe *w)
{
	if (!w->draining)
		return;
	__atomic_store_n(&w->stop, true, __ATOMIC_RELAXED);
	pthread_join(w->drainer, NULL);
	pthread_mutex_destroy(&w->lock);
	w->draining = false;
}

/* A writer that was preempted needs a CPU, maybe this one, before all is there. */
void observe_catch_up(struct observe *w, uint64_t ns)
{
	uint64_t end = mono_ns() + CATCH_UP_MOST_NS;

	for (take_events(w, ns); w->complete_ns < ns && mono_ns() < end; take_events(w, ns))
		rest(CATCH_UP_NS);
}
