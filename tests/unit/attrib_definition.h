/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attrib_definition.h - what attrib.h defines, done the slow way: all events are known at once, in
 * order, and for each fault all windows are gone through. attrib is given the same stream in three
 * parts: before, within and after the stretch that is compared.
 */
#ifndef ATTRIB_DEFINITION_H
#define ATTRIB_DEFINITION_H

#include "attrib_stream.h"

static inline bool in_stretch(uint64_t ns)
{
	return begin_ns <= ns && ns <= end_ns;
}

static inline bool covers(const struct probe_event *w, uint32_t page)
{
	uint64_t hva = hva_of(page), end = w->length == NEVER ? NEVER : w->address + w->length;

	return hva < end && hva + 4096 > w->address;
}

static inline bool on_ram(const struct probe_event *w)
{
	for (uint32_t page = 0; page < PAGES; page++)
		if (covers(w, page))
			return true;
	return false;
}

/* Pairs records by id. */
static inline void know_windows(void)
{
	nknown = 0;
	for (int i = 0; i < nevents; i++) {
		const struct probe_event *e = &event[i];
		struct known *open = NULL;

		if (e->type != PROBE_START && e->type != PROBE_END)
			continue;
		for (int k = 0; k < nknown; k++)
			if (known[k].e->id == e->id && known[k].t2 == NEVER &&
			    known[k].gone == NEVER)
				open = &known[k];
		if (e->type == PROBE_START) {
			if (open)
				open->gone = e->ns;
			known[nknown++] = (struct known){e->begin_ns, e->ns, NEVER, NEVER, e};
			unpaired += open != NULL;
		} else if (!open) {
			unpaired++;
		} else {
			open->t2 = e->ns;
			if (!in_stretch(e->ns) || !on_ram(open->e))
				continue;
			expected.windows++;
			expected.by_reason[open->e->reason]++;
			expected.by_thread[open->e->thread]++;
			expected.transition[open->e->transition].windows++;
			expected.preempted += e->flags & PROBE_PREEMPTED;
		}
	}
	for (int k = 0; k < nknown; k++)
		expected.open += known[k].t1 <= end_ns && known[k].t2 > end_ns &&
				 known[k].gone > end_ns && on_ram(known[k].e);
}

static inline uint32_t page_of(const struct probe_event *f)
{
	return f->address < HIGH_GPA ? f->address / 4096
				     : LOW_PAGES + (f->address - HIGH_GPA) / 4096;
}

static inline bool maps(const struct probe_event *f)
{
	return f->outcome == OUTCOME_FIXED || f->outcome == OUTCOME_SPURIOUS;
}

static inline bool maps_page(const struct probe_event *f, uint32_t page)
{
	uint64_t size = f->length > 4096 ? f->length : 4096, at = f->address / size * size;

	return maps(f) && gpa_of(page) >= at && gpa_of(page) < at + size;
}

/* By windows alone, of those that have started by @until. */
static inline enum attrib_class class_by_windows(const struct probe_event *f, uint64_t until)
{
	enum attrib_class class = CLASS_OTHER;

	for (int k = 0; k < nknown; k++) {
		const struct known *w = &known[k];
		enum attrib_class this = CLASS_OTHER;
		bool own = covers(w->e, page_of(f));

		if (w->t1 > until || w->t0 > f->ns || w->t2 < f->begin_ns ||
		    (w->t1 <= f->ns && w->gone <= f->ns) || !on_ram(w->e))
			continue;
		if (own && w->t0 <= f->begin_ns && w->t2 > f->begin_ns)
			this = CLASS_INSIDE;
		else if (f->outcome == OUTCOME_RETRY)
			this = own ? CLASS_RETRIED : CLASS_COLLATERAL;
		class = this < class ? this : class;
	}
	return class;
}

static inline const struct known *window_of(const struct probe_event *e)
{
	for (int k = 0; k < nknown; k++)
		if (known[k].e == e)
			return &known[k];
	return NULL;
}

/* A page of the model: who zapped it last; a fault that may have mapped it before that or after;
 * mapped by reads only since. */
struct followed {
	const struct known *zapper; /* NULL: mapped */
	bool maybe, read;
	bool beside; /* maybe, by no fault on the page itself */
};

static inline void settle(const struct followed *p, uint32_t page, uint64_t error_ns)
{
	const struct known *zapper = p->zapper;
	struct attrib_transition *t = &expected.transition[zapper->e->transition];
	int64_t late = (int64_t)touches[page] - (int64_t)zapper->t2;

	if (zapper->t2 > end_ns)
		late = (int64_t)touches[page] - (int64_t)zapper->t1;
	if (p->maybe && zapper->t2 <= end_ns && touches[page] && late > (int64_t)error_ns)
		*(p->beside ? &t->neighbours : &t->refaults) += 1;
	else if (p->maybe)
		t->undecided++;
	else if (!touches[page] || late < -(int64_t)error_ns)
		t->untouched++;
	else if (zapper->t2 <= end_ns && late > (int64_t)error_ns)
		t->touched++;
	else
		t->undecided++;
}

/* A merge finds nothing to zap where a split has been and nobody since. */
static inline bool stays_splits(const struct known *zapper, const struct probe_event *e)
{
	return zapper && zapper->e->transition == TRANSITION_SPLIT &&
	       (e->transition == TRANSITION_WRITE_PROTECT || e->transition == TRANSITION_REPLACE);
}

/* Did a window zap the page while KVM handled @f? */
static inline bool zapped_within(const struct probe_event *f, uint32_t page)
{
	for (int k = 0; k < nknown; k++)
		if (covers(known[k].e, page) && known[k].t1 > f->begin_ns && known[k].t1 <= f->ns &&
		    known[k].gone > f->ns)
			return true;
	return false;
}

/* What becomes of the page by @e. @own: it is the page that the fault is on. */
static inline void follow(struct followed *p, const struct probe_event *e, uint32_t page, bool own)
{
	if (e->type == PROBE_START) {
		if (stays_splits(p->zapper, e))
			return;
		p->zapper = window_of(e);
		p->maybe = false;
	} else if (p->zapper && zapped_within(e, page)) {
		p->beside = !own && (!p->maybe || p->beside);
		p->maybe = true;
	} else {
		p->read = !(e->flags & PROBE_WRITE) && (p->zapper || p->read);
		p->zapper = NULL;
		p->maybe = false;
	}
}

static inline enum attrib_class class_by_page(const struct followed *p, const struct probe_event *e)
{
	if (p->zapper)
		return CLASS_REFAULT;
	return p->read && e->flags & PROBE_WRITE ? CLASS_UPGRADE : CLASS_OTHER;
}

static inline void count_mapping(const struct followed *was, const struct followed *is, bool own)
{
	struct attrib_transition *t;

	if (!was->zapper || is->zapper || was->zapper->t1 < begin_ns || was->zapper->t1 > end_ns)
		return;
	t = &expected.transition[was->zapper->e->transition];
	t->zapped++;
	t->refaults += own;
	t->neighbours += !own;
}

/* Goes through what was done to a page, in order. */
static inline void follow_page(uint32_t page, uint64_t error_ns)
{
	struct followed p = {0};
	bool settled = false;

	for (int i = 0; i < nevents; i++) {
		const struct probe_event *e = &event[i];
		struct followed was = p;
		bool own = e->type == PROBE_FAULT && page_of(e) == page;

		if (e->ns > end_ns && !settled && p.zapper && p.zapper->t1 >= begin_ns &&
		    p.zapper->t1 <= end_ns) {
			settle(&p, page, error_ns);
			expected.transition[p.zapper->e->transition].zapped++;
		}
		settled |= e->ns > end_ns;
		if (!(e->type == PROBE_START && covers(e, page)) &&
		    !(e->type == PROBE_FAULT && maps_page(e, page)))
			continue;
		follow(&p, e, page, own);
		if (own && class_in_stretch[i] == CLASS_OTHER)
			class_in_stretch[i] = class_by_page(&was, e);
		if (own && class_in_the_end[i] == CLASS_OTHER)
			class_in_the_end[i] = class_by_page(&was, e);
		if (e->type == PROBE_FAULT && e->ns <= end_ns)
			count_mapping(&was, &p, own);
	}
}

static inline void model(uint64_t error_ns)
{
	memset(&expected, 0, sizeof(expected));
	unpaired = 0;
	know_windows();
	for (int i = 0; i < nevents; i++) {
		if (event[i].type != PROBE_FAULT)
			continue;
		class_in_stretch[i] = class_by_windows(&event[i], end_ns);
		class_in_the_end[i] = class_by_windows(&event[i], NEVER);
	}
	for (uint32_t page = 0; page < PAGES; page++)
		follow_page(page, error_ns);
	for (int i = 0; i < nevents; i++) {
		const struct probe_event *e = &event[i];

		if (e->type == PROBE_FAULT && e->ns > end_ns)
			expected.unended += e->begin_ns <= end_ns;
		if (e->type != PROBE_FAULT || !in_stretch(e->ns))
			continue;
		expected.faults++;
		expected.by_class[class_in_stretch[i]]++;
		expected.sent_back += e->outcome == OUTCOME_RETRY;
		expected.begun_before += e->begin_ns < begin_ns;
	}
}

/* The longest row of faults of @vcpu that KVM sent back on one page; what met a window is in the
 * row and does not count. */
static inline uint64_t sent_back_in_a_row(uint32_t vcpu)
{
	uint64_t most = 0, n = 0;
	uint32_t page = PAGES;

	for (int i = 0; i < nevents && event[i].ns <= end_ns; i++) {
		const struct probe_event *e = &event[i];

		if (e->type != PROBE_FAULT || e->vcpu != vcpu)
			continue;
		if (e->outcome != OUTCOME_RETRY || page_of(e) != page)
			n = 0;
		page = e->outcome == OUTCOME_RETRY ? page_of(e) : PAGES;
		n += e->outcome == OUTCOME_RETRY && in_stretch(e->ns) &&
		     class_in_stretch[i] == CLASS_OTHER;
		most = n > most ? n : most;
	}
	return most;
}

/* Delivery */

static inline void hand_over(uint64_t from, uint64_t to)
{
	for (int i = 0; i < nevents; i++)
		if (event[i].ns >= from && event[i].ns <= to)
			attrib_event(a, &event[i]);
}

static inline uint64_t touched_at(void *arg, uint64_t gpa)
{
	(void)arg;
	return touches[gpa < HIGH_GPA ? gpa / 4096 : LOW_PAGES + (gpa - HIGH_GPA) / 4096];
}

static inline void run_stream(uint64_t error_ns)
{
	assert_int_equal(open_with(VCPUS), 0);
	if (begin_ns > 0)
		hand_over(0, begin_ns - 1);
	attrib_begin(a, begin_ns);
	hand_over(begin_ns, end_ns);
	attrib_end(a, end_ns);
	attrib_settle(a, error_ns, touched_at, NULL);
	hand_over(end_ns + 1, NEVER);
	attrib_reached(a, 2 * SPAN);
}

#endif
