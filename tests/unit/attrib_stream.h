/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attrib_stream.h - random streams of events, as the probes could have sent them: nested and
 * overlapping windows of four threads, some of whose records are lost, some that take long to
 * start; faults of two vCPUs, times off the CPU, interrupts.
 */
#ifndef ATTRIB_STREAM_H
#define ATTRIB_STREAM_H

#include "attrib_made.h"

#define MOST 8000
#define SPAN 60000 /* ns */
#define VCPUS 2
#define PAGES (LOW_PAGES + HIGH_PAGES)
#define NEVER UINT64_MAX

struct known {
	uint64_t t0, t1, t2, gone; /* gone: its record was found lost */
	const struct probe_event *e;
};

static struct probe_event event[MOST];
static int nevents;
static struct known known[MOST];
static int nknown;
static bool used[2 * SPAN]; /* ns that an event has: no two have the same */
static uint64_t seed;
static uint64_t touches[PAGES];
static uint64_t begin_ns, end_ns;
static struct attrib_figures expected;
static uint64_t unpaired;
static uint8_t class_in_stretch[MOST], class_in_the_end[MOST];

static inline uint64_t pick(uint64_t n)
{
	return next_random(&seed) % n;
}

static inline uint64_t unused_from(uint64_t ns)
{
	while (used[ns])
		ns++;
	used[ns] = true;
	return ns;
}

static inline void add(struct probe_event e)
{
	assert_true(nevents < MOST);
	event[nevents++] = e;
}

static inline uint32_t some_page(void)
{
	static const uint32_t pages[] = {0,    1,    2,	   3,	 511,  512, 513,
					 1022, 1023, 1024, 1025, 1026, 1535};

	return pages[pick(ARRAY_SIZE(pages))];
}

static inline struct probe_event some_start(uint64_t t0, uint64_t t1, uint64_t id, int thread)
{
	struct probe_event e = start_of(t0, t1, id, some_page(), 1 + pick(10) / 7 * pick(600));

	e.thread = thread;
	e.reason = pick(REASONS);
	e.transition = pick(TRANSITIONS);
	if (pick(10) == 0)
		e.address = 0x1000;
	if (pick(40) == 0) {
		e.address = 0;
		e.length = NEVER;
	}
	return e;
}

static inline uint64_t some_time(void)
{
	return pick(30) ? 1 + pick(60) : 1 + pick(3000);
}

static inline void make_thread(int thread)
{
	uint64_t at = pick(1000);
	int depth = 0;

	while (at < SPAN) {
		uint64_t t0 = at + 1 + some_time() * pick(10);
		uint64_t id = 1 + thread * 100 + depth;

		if (depth < 3 && pick(2)) {
			at = unused_from(t0 + some_time());
			if (pick(50))
				add(some_start(t0, at, id, thread));
			depth++;
		} else if (depth > 0) {
			at = unused_from(t0);
			depth--;
			if (pick(50)) {
				struct probe_event e = end_of(at, id - 1);

				e.flags = pick(2);
				add(e);
			}
		} else {
			at += pick(600);
		}
	}
}

static inline void make_vcpu(int vcpu)
{
	uint64_t at = pick(100);
	uint32_t page = some_page();

	while (at < SPAN) {
		uint64_t begin = at + pick(40), end = unused_from(begin + some_time());
		struct probe_event e = fault_of(vcpu, begin, end, page, pick(OUTCOMES));

		if (pick(2))
			e.outcome = OUTCOME_RETRY;
		if (pick(3) == 0)
			page = some_page();
		if (pick(12) == 0)
			e.length = MAP_2M;
		e.flags = (pick(15) ? 0 : PROBE_MIGRATION) | (pick(15) ? 0 : PROBE_OWN_COPY) |
			  (pick(3) ? 0 : PROBE_WRITE);
		if (pick(5) == 0) { /* off the CPU, within a fault or not */
			uint64_t off_end = unused_from(begin + 2 + pick(100));

			add((struct probe_event){.type = PROBE_OFF,
						 .begin_ns = begin + 1,
						 .ns = off_end,
						 .vcpu = vcpu,
						 .flags = pick(2)});
			at = off_end;
			if (pick(2))
				continue;
			e.begin_ns = begin;
			e.ns = unused_from(off_end + pick(20));
		} else if (pick(8) == 0) {
			at = unused_from(begin + some_time());
			add((struct probe_event){.type = PROBE_EXIT,
						 .begin_ns = begin,
						 .ns = at,
						 .address = pick(3),
						 .vcpu = vcpu});
			continue;
		} else if (pick(8) == 0) {
			at = unused_from(begin);
			add((struct probe_event){.type = PROBE_VIRQ,
						 .begin_ns = at,
						 .ns = at,
						 .vcpu = vcpu,
						 .flags = pick(2) ? PROBE_AGAIN : 0});
			continue;
		}
		add(e);
		at = e.ns;
	}
}

static inline int by_ns(const void *x, const void *y)
{
	const struct probe_event *e = x, *f = y;

	return e->ns < f->ns ? -1 : e->ns > f->ns;
}

static inline void make_stream(uint64_t number)
{
	seed = number * 0x9e3779b97f4a7c15ull;
	memset(used, 0, sizeof(used));
	nevents = 0;
	for (int i = 0; i < 4; i++)
		make_thread(i);
	for (int i = 0; i < VCPUS; i++)
		make_vcpu(i);
	qsort(event, nevents, sizeof(event[0]), by_ns);
	begin_ns = pick(SPAN / 2);
	end_ns = begin_ns + pick(SPAN / 2);
	for (int i = 0; i < PAGES; i++)
		touches[i] = pick(3) ? pick(end_ns + 1) : 0;
}

/* The model */

#endif
