// SPDX-License-Identifier: GPL-2.0-only
/* grace.c - see grace.h. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "grace.h"

#define PAUSE_NS (20 * NSEC_PER_MSEC)

struct grace {
	struct probe *probe;
	pthread_t thread;
	pthread_mutex_t lock;
	bool stop;
	int err;		/* it cannot be done here */
	struct probe_grace now; /* taken_ns 0: none is under way */
	struct grace_figures f;
};

static void longest(uint64_t *most, uint64_t from, uint64_t to)
{
	if (to > from && to - from > *most)
		*most = to - from;
}

static void note(struct grace *g, const struct probe_grace *one, uint64_t until)
{
	uint64_t giving = one->giving_ns;

	longest(&g->f.take_ns, one->taken_ns, giving ? giving : until);
	if (giving)
		longest(&g->f.give_back_ns, giving, one->given_ns ? one->given_ns : until);
}

static bool begin_one(struct grace *g)
{
	bool stop;

	pthread_mutex_lock(&g->lock);
	stop = g->stop || g->err;
	g->now = (struct probe_grace){.taken_ns = mono_ns()};
	pthread_mutex_unlock(&g->lock);
	return !stop;
}

static void end_one(struct grace *g, int err)
{
	pthread_mutex_lock(&g->lock);
	g->err = err;
	if (!err) {
		note(g, &g->now, 0);
		g->f.rounds++;
	}
	g->now.taken_ns = 0;
	pthread_mutex_unlock(&g->lock);
}

static void *take_and_give(void *arg)
{
	struct grace *g = arg;

	while (begin_one(g)) {
		end_one(g, probe_grace(g->probe, &g->now));
		nanosleep(&(struct timespec){.tv_nsec = (long)PAUSE_NS}, NULL);
	}
	return NULL;
}

int grace_start(struct grace **out, struct probe *p)
{
	struct grace *g = calloc(1, sizeof(*g));
	int err;

	if (!g)
		return -ENOMEM;
	g->probe = p;
	err = pthread_mutex_init(&g->lock, NULL)
		      ?: pthread_create(&g->thread, NULL, take_and_give, g);
	if (err) {
		free(g);
		return -err;
	}
	*out = g;
	return 0;
}

void grace_stop(struct grace *g)
{
	if (!g)
		return;
	pthread_mutex_lock(&g->lock);
	g->stop = true;
	pthread_mutex_unlock(&g->lock);
	pthread_join(g->thread, NULL);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

void grace_begin(struct grace *g)
{
	if (!g)
		return;
	pthread_mutex_lock(&g->lock);
	g->f = (struct grace_figures){0};
	pthread_mutex_unlock(&g->lock);
}

void grace_end(struct grace *g, struct grace_figures *f)
{
	if (!g)
		return;
	pthread_mutex_lock(&g->lock);
	if (g->now.taken_ns) {
		struct probe_grace now = g->now;

		now.giving_ns = __atomic_load_n(&g->now.giving_ns, __ATOMIC_ACQUIRE);
		note(g, &now, mono_ns());
	}
	*f = g->f;
	f->known = !g->err && (f->rounds || f->take_ns);
	pthread_mutex_unlock(&g->lock);
}
