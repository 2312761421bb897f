/* SPDX-License-Identifier: GPL-2.0-only */
/* attrib_made.h - a small guest and made-up events for the tests of attrib. */
#ifndef ATTRIB_MADE_H
#define ATTRIB_MADE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attrib/attrib.h"

#define LOW_PAGES 1024 /* at 0 */
#define HIGH_PAGES 512 /* at 4 GiB; elsewhere in QEMU, too */
#define LOW_HVA 0x7f0000000000ull
#define HIGH_GPA 0x100000000ull
#define HIGH_HVA 0x7e0000000000ull
#define MAP_2M (2ull << 20)

/* Pages are numbered through both pieces. */
static inline uint64_t gpa_of(uint32_t page)
{
	return page < LOW_PAGES ? page * 4096ull : HIGH_GPA + (page - LOW_PAGES) * 4096ull;
}

static inline uint64_t hva_of(uint32_t page)
{
	return page < LOW_PAGES ? LOW_HVA + page * 4096ull
				: HIGH_HVA + (page - LOW_PAGES) * 4096ull;
}

static struct attrib *a;

/* Events in whatever order a test writes them down; they go on in order of time, as rings.c does.
 */
static struct probe_event waiting[1 << 17];
static size_t nwaiting;

static inline int open_with(uint32_t vcpus)
{
	const struct attrib_config config = {
		.ram = {{0, LOW_HVA, LOW_PAGES * 4096ull},
			{HIGH_GPA, HIGH_HVA, HIGH_PAGES * 4096ull}},
		.vcpus = vcpus,
	};

	return attrib_open(&a, &config);
}

static inline int made_open(void **state)
{
	int err = open_with(2);

	(void)state;
	if (!err)
		attrib_begin(a, 0);
	return err;
}

static inline int made_close(void **state)
{
	(void)state;
	attrib_close(a);
	a = NULL;
	nwaiting = 0;
	return 0;
}

/* A window over @pages from @page on. Its kind is KSM's unless put() is called with another. */
static inline struct probe_event start_of(uint64_t t0, uint64_t t1, uint64_t id, uint32_t page,
					  uint32_t pages)
{
	return (struct probe_event){
		.type = PROBE_START,
		.begin_ns = t0,
		.ns = t1,
		.id = id,
		.address = hva_of(page),
		.length = pages * 4096ull,
		.reason = REASON_CLEAR,
		.thread = THREAD_KSMD,
		.tid = 77,
		.transition = TRANSITION_REPLACE,
	};
}

static inline struct probe_event end_of(uint64_t t2, uint64_t id)
{
	return (struct probe_event){.type = PROBE_END, .begin_ns = t2, .ns = t2, .id = id};
}

static inline struct probe_event fault_of(uint32_t vcpu, uint64_t begin, uint64_t end,
					  uint32_t page, enum probe_outcome outcome)
{
	return (struct probe_event){
		.type = PROBE_FAULT,
		.begin_ns = begin,
		.ns = end,
		.address = gpa_of(page) + 0x123,
		.length = outcome == OUTCOME_FIXED ? 4096 : 0,
		.outcome = outcome,
		.vcpu = vcpu,
		.tid = 1000 + vcpu,
	};
}

static inline void put(struct probe_event e)
{
	size_t i = nwaiting++;

	assert_true(nwaiting <= ARRAY_SIZE(waiting));
	for (; i > 0 && waiting[i - 1].ns > e.ns; i--)
		waiting[i] = waiting[i - 1];
	waiting[i] = e;
}

static inline void deliver(uint64_t until_ns)
{
	size_t n = 0;

	for (; n < nwaiting && waiting[n].ns <= until_ns; n++)
		attrib_event(a, &waiting[n]);
	nwaiting -= n;
	memmove(waiting, waiting + n, nwaiting * sizeof(waiting[0]));
}

static inline void reach(uint64_t ns)
{
	deliver(ns);
	if (ns != UINT64_MAX)
		attrib_reached(a, ns);
}

static inline void begin_at(uint64_t ns)
{
	deliver(ns - 1);
	attrib_begin(a, ns);
}

static inline void end_at(uint64_t ns)
{
	deliver(ns);
	attrib_end(a, ns);
}

static inline void window(uint64_t t0, uint64_t t1, uint64_t t2, uint32_t page, uint32_t pages)
{
	put(start_of(t0, t1, t0 + 1, page, pages));
	put(end_of(t2, t0 + 1));
}

static inline void fault(uint64_t begin, uint64_t end, uint32_t page, enum probe_outcome outcome)
{
	put(fault_of(0, begin, end, page, outcome));
}

static inline void write_fault(uint64_t begin, uint64_t end, uint32_t page,
			       enum probe_outcome outcome)
{
	struct probe_event e = fault_of(0, begin, end, page, outcome);

	e.flags = PROBE_WRITE;
	put(e);
}

static inline void off(uint64_t begin, uint64_t end, unsigned int flags)
{
	put((struct probe_event){
		.type = PROBE_OFF, .begin_ns = begin, .ns = end, .flags = flags, .vcpu = 0});
}

static inline void virq(uint64_t ns)
{
	put((struct probe_event){.type = PROBE_VIRQ, .begin_ns = ns, .ns = ns, .vcpu = 0});
}

static inline const struct attrib_figures *sums(void)
{
	reach(UINT64_MAX);
	return attrib_figures(a);
}

/* All faults, by class. */
static inline void check_classes(uint64_t inside, uint64_t retried, uint64_t collateral,
				 uint64_t refault, uint64_t other)
{
	const struct attrib_figures *f = sums();

	assert_int_equal(f->by_class[CLASS_INSIDE], inside);
	assert_int_equal(f->by_class[CLASS_RETRIED], retried);
	assert_int_equal(f->by_class[CLASS_COLLATERAL], collateral);
	assert_int_equal(f->by_class[CLASS_REFAULT], refault);
	assert_int_equal(f->by_class[CLASS_OTHER], other);
	assert_int_equal(f->faults, inside + retried + collateral + refault + other +
					    f->by_class[CLASS_UPGRADE]);
}

static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#define made(test) cmocka_unit_test_setup_teardown(test, made_open, made_close)

/* When the guest touched each page last, and what has become of those that were zapped */

static uint64_t touches[LOW_PAGES + HIGH_PAGES];

static inline uint64_t made_touch(void *arg, uint64_t gpa)
{
	(void)arg;
	return touches[gpa < HIGH_GPA ? gpa / 4096 : LOW_PAGES + (gpa - HIGH_GPA) / 4096];
}

static inline void check_transition(enum probe_transition which, uint64_t zapped, uint64_t refaults,
				    uint64_t touched, uint64_t untouched, uint64_t undecided)
{
	const struct attrib_transition *t = &attrib_figures(a)->transition[which];

	assert_int_equal(t->zapped, zapped);
	assert_int_equal(t->refaults, refaults);
	assert_int_equal(t->touched, touched);
	assert_int_equal(t->untouched, untouched);
	assert_int_equal(t->undecided, undecided);
	assert_int_equal(t->zapped,
			 t->refaults + t->neighbours + t->touched + t->untouched + t->undecided);
}

static inline void end_stretch(uint64_t ns, uint64_t error_ns)
{
	end_at(ns);
	attrib_settle(a, error_ns, made_touch, NULL);
}

/* Stalls, times in ns */

static inline struct attrib_answer ask(uint64_t begin, uint64_t end, uint64_t error_ns)
{
	const struct attrib_stall s = {.begin_ns = begin, .end_ns = end, .error_ns = error_ns};

	reach(UINT64_MAX);
	reach(end + error_ns);
	return attrib_stall(a, &s);
}

static inline void check_cause(uint64_t begin, uint64_t end, enum attrib_cause cause,
			       uint64_t explained)
{
	struct attrib_answer answer = ask(begin, end, 0);

	assert_int_equal(answer.cause, cause);
	assert_int_equal(answer.explained_ns, explained);
}

static inline struct probe_event by(struct probe_event e, enum probe_reason reason,
				    enum probe_thread thread)
{
	e.reason = reason;
	e.thread = thread;
	return e;
}

#endif
