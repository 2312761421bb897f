/* SPDX-License-Identifier: GPL-2.0-only */
/* thread.c - see thread.h. */
#include <errno.h>

#include "thread.h"

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
	int err;

	t->cycle = cycle;
	t->state = state;
	err = -pthread_create(&t->thread, NULL, cycles, t);
	t->running = !err;
	return err ? err_sys(err, "no thread for a source") : 0;
}

int source_thread_step(const struct source_thread *t, uint64_t *again_ns)
{
	*again_ns = SOURCE_THREAD_POLL_NS;
	return __atomic_load_n(&t->err, __ATOMIC_ACQUIRE);
}

void source_thread_stop(struct source_thread *t)
{
	__atomic_store_n(&t->stop, 1, __ATOMIC_RELEASE);
	if (t->running)
		pthread_join(t->thread, NULL);
	t->running = false;
}
