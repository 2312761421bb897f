/* SPDX-License-Identifier: GPL-2.0-only */
/* thread.c - see thread.h. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/signals.h"
#include "thread.h"

#define LOOK_NS 1000000
#define OVER_NS (2 * NSEC_PER_SEC)
#define JOIN_NS (600 * NSEC_PER_SEC)

bool source_thread_ending(const struct source_thread *t)
{
	return __atomic_load_n(&t->stop, __ATOMIC_ACQUIRE);
}

static void *cycles(void *arg)
{
	struct source_thread *t = arg;
	int err = 0;

	while (!err && !source_thread_ending(t))
		err = t->cycle(t->state);
	__atomic_store_n(&t->err, err, __ATOMIC_RELEASE);
	return NULL;
}

int source_thread_start(struct source_thread *t, int (*cycle)(void *), void *state)
{
	sigset_t all, old;
	int err;

	t->cycle = cycle;
	t->state = state;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all,
			&old); /* signals end the waits of the agent's own thread */
	err = -pthread_create(&t->thread, NULL, cycles, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	t->running = !err;
	return err ? err_sys(err, "no thread for a source") : 0;
}

int source_thread_step(const struct source_thread *t, uint64_t *again_ns)
{
	*again_ns = SOURCE_THREAD_POLL_NS;
	return __atomic_load_n(&t->err, __ATOMIC_ACQUIRE);
}

/* A signal ends the wait, and so does, soon, the end of a run that went wrong. */
static int join(struct source_thread *t, const struct env *env)
{
	uint64_t end = mono_ns() + (env->over ? OVER_NS : JOIN_NS);
	unsigned int signals = signals_count();

	while (t->running && pthread_tryjoin_np(t->thread, NULL)) {
		struct timespec pause = {.tv_nsec = LOOK_NS};

		if (mono_ns() > end || signals != signals_count())
			return -ETIME;
		nanosleep(&pause, NULL);
	}
	t->running = false;
	return 0;
}

int source_thread_stop(struct source_thread *t, struct env *env)
{
	int err;

	__atomic_store_n(&t->stop, 1, __ATOMIC_RELEASE);
	err = join(t, env);
	env->left |= err != 0;
	return err ? err_say(err, "a source's call into the kernel has not come back yet; not "
				  "waiting for it")
		   : 0;
}
