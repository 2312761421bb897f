/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worker.c - threads, pinning and the futex they rest on. The hot part is in touch.c.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "early.h"
#include "tsc.h"
#include "worker.h"

#define FUTEX_WAIT_PRIVATE 128 /* linux/futex.h, which musl does not bring along */
#define FUTEX_WAKE_PRIVATE 129
#define GO_NOBODY (UINT32_MAX - 1)

int crew_pin(uint32_t vcpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(vcpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* All starts at zero, but corrupted data that a dropped epoch had found must not be forgotten. */
static void worker_begin(struct worker *w, uint32_t go)
{
	struct proto_vcpu_stats before = w->touch.n;
	bool restart = __atomic_load_n(&w->crew->restart, __ATOMIC_RELAXED);

	touch_begin(&w->touch, __atomic_load_n(&w->crew->epoch, __ATOMIC_RELAXED));
	w->touch.stamp_base = touch_stamp_base(&w->crew->times);
	if (restart) {
		w->touch.n.checks = before.checks + TOUCH_CHECKS * before.touches;
		w->touch.n.errors = before.errors;
		w->touch.n.errors_lost = before.errors_lost;
	} else {
		w->touch.lost.pages = 0; /* announced, but never taken */
	}
	w->first_stall = w->touch.stalls.ring.head;
	__atomic_store_n(&w->begun, go, __ATOMIC_RELEASE);
}

/*
 * What has been ordered since the last time: a START, a FILL, a DISCARD, or several when the thread
 * has slept through them. A FILL that a STOP has followed is done as well: the check of all memory
 * comes next.
 */
static void worker_follow(struct worker *w, uint32_t go)
{
	uint32_t run = __atomic_load_n(&w->crew->run, __ATOMIC_ACQUIRE);
	uint32_t fills = __atomic_load_n(&w->crew->fills, __ATOMIC_RELAXED);
	uint32_t discards = __atomic_load_n(&w->crew->discards, __ATOMIC_ACQUIRE);
	const struct proto_discard *d = &w->crew->discard;

	if (run && w->begun != run)
		worker_begin(w, run);
	/* Behind it: a START that found the workers resting forgets what was announced before. */
	if (w->discards != discards)
		touch_discard(&w->touch, d->first, d->pages, d->gone);
	w->discards = discards;
	if (w->fills != fills)
		touch_refill(&w->touch, __atomic_load_n(&w->crew->step, __ATOMIC_RELAXED));
	w->fills = fills;
	__atomic_store_n(&w->at, go, __ATOMIC_RELEASE);
}

/* Without it no stall is called busy: the host then finds no cause where it could have had one. */
static void worker_watch(struct worker *w)
{
	int err = preempt_open(&w->touch.preempt);

	if (err && !w->touch.vcpu)
		early_say("rseq: %s: the guest's own threads will not be seen in stalls",
			  strerror(-err));
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct crew *c = w->crew;
	int error = crew_pin(w->touch.vcpu);

	__atomic_store_n(&w->error, error, __ATOMIC_RELAXED);
	worker_watch(w);
	while (!error) {
		uint32_t go = __atomic_load_n(&c->go, __ATOMIC_ACQUIRE);

		worker_follow(w, go);
		if (go & 1)
			touch_run(&w->touch, &c->go, go, TOUCH_FOREVER);
		else
			syscall(SYS_futex, &c->go, FUTEX_WAIT_PRIVATE, go, NULL);
	}
	return NULL;
}

static int worker_open(struct worker *w)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	err = pthread_create(&w->thread, &attr, worker_main, w);
	pthread_attr_destroy(&attr);
	return -err;
}

int crew_open(struct crew *c, const struct touch_memory *memory, const struct proto_orders *orders,
	      uint64_t stall_tsc)
{
	size_t bytes = orders->vcpus * sizeof(struct worker);
	int err = 0;

	c->worker = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (c->worker == MAP_FAILED)
		return -errno;
	c->count = orders->vcpus;
	for (uint32_t i = 0; i < c->count; i++) {
		c->worker[i].crew = c;
		c->worker[i].at = c->worker[i].begun = GO_NOBODY;
		touch_init(&c->worker[i].touch, memory, orders, i, stall_tsc);
	}
	for (uint32_t i = 0; i < c->count && !err; i++)
		err = worker_open(&c->worker[i]);
	return err;
}

static void crew_order(struct crew *c, uint32_t go)
{
	__atomic_store_n(&c->go, go, __ATOMIC_RELEASE);
	syscall(SYS_futex, &c->go, FUTEX_WAKE_PRIVATE, INT32_MAX);
}

void crew_start(struct crew *c, uint32_t epoch)
{
	if (crew_rests(c))
		touch_forget(&c->worker->touch.memory, &c->times, tsc_ordered());
	touch_times_start(&c->times, tsc_ordered());
	for (uint32_t i = 0; i < c->count; i++)
		c->worker[i].seen = false;
	__atomic_store_n(&c->epoch, epoch, __ATOMIC_RELAXED);
	__atomic_store_n(&c->restart, c->go & 1, __ATOMIC_RELAXED);
	__atomic_store_n(&c->run, c->go + (c->go & 1 ? 2 : 1), __ATOMIC_RELEASE);
	crew_order(c, c->run);
}

void crew_fill(struct crew *c, uint32_t step)
{
	__atomic_store_n(&c->step, step, __ATOMIC_RELAXED);
	__atomic_store_n(&c->fills, c->fills + 1, __ATOMIC_RELAXED);
	crew_order(c, c->go + 2);
}

void crew_discard(struct crew *c, const struct proto_discard *discard)
{
	c->discard = *discard;
	__atomic_store_n(&c->discards, c->discards + 1, __ATOMIC_RELEASE);
	crew_order(c, c->go + 2);
}

void crew_stop(struct crew *c)
{
	if (c->go & 1)
		crew_order(c, c->go + 1);
}

bool crew_follows(const struct crew *c)
{
	for (uint32_t i = 0; i < c->count; i++) {
		if (__atomic_load_n(&c->worker[i].at, __ATOMIC_ACQUIRE) != c->go)
			return false;
	}
	return true;
}

bool crew_rests(const struct crew *c)
{
	return !(c->go & 1) && crew_follows(c);
}

int crew_error(const struct crew *c)
{
	for (uint32_t i = 0; i < c->count; i++) {
		int error = __atomic_load_n(&c->worker[i].error, __ATOMIC_RELAXED);

		if (error)
			return error;
	}
	return 0;
}

/*
 * A run that was restarted leaves stall records in the ring; they are not the new epoch's. Only the
 * consumer may move the tail, so the worker notes where its epoch begins and main goes there. Its
 * corruption records stay, like its count of them.
 */
bool worker_begun(struct worker *w)
{
	struct ring *stalls = &w->touch.stalls.ring;

	if (__atomic_load_n(&w->begun, __ATOMIC_ACQUIRE) != w->crew->run)
		return false;
	if (!w->seen) {
		ring_take(stalls, w->first_stall - stalls->tail);
		w->seen = true;
	}
	return true;
}
