// SPDX-License-Identifier: GPL-2.0-only
/*
 * attrib.c - follows the events in order.
 *
 * Its parts: fault.c judges each fault when its turn comes, window.c knows the windows, page.c the
 * pages, history.c what each vCPU went through, stall.c what a stall's time was spent on, chain.c
 * whether a vCPU gets on.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attrib.h"
#include "attrib_parts.h"

static int check(const struct attrib_config *c)
{
	uint64_t pages = 0;

	for (int i = 0; i < 2; i++) {
		const struct guest_ram *r = &c->ram[i];

		if ((r->gpa | r->hva | r->bytes) % PAGE_BYTES || r->bytes >> 44 ||
		    r->gpa + r->bytes < r->gpa || r->hva + r->bytes < r->hva)
			return err_say(-EINVAL, "guest RAM at %#llx: no range of whole pages",
				       (unsigned long long)r->gpa);
		pages += r->bytes / PAGE_BYTES;
	}
	if (!pages || pages >= PAGE_NONE || !c->vcpus)
		return err_say(-EINVAL, "%llu pages of guest RAM and %u vCPUs: nothing to follow",
			       (unsigned long long)pages, c->vcpus);
	return 0;
}

static int allocate(struct attrib *a)
{
	int err = pages_open(&a->pages, a->config.ram);

	a->history = calloc(a->config.vcpus, sizeof(*a->history));
	a->chains = calloc(a->config.vcpus, sizeof(*a->chains));
	if (!a->history || !a->chains)
		return -ENOMEM;
	for (uint32_t i = 0; i < a->config.vcpus; i++)
		a->chains[i].now.page = a->chains[i].best.page = PAGE_NONE;
	for (uint32_t i = 0; i < a->config.vcpus && !err; i++)
		err = history_open(&a->history[i], a->config.vcpus);
	return err;
}

int attrib_open(struct attrib **out, const struct attrib_config *config)
{
	struct attrib *a;
	int err = check(config);

	if (err)
		return err;
	a = calloc(1, sizeof(*a));
	if (!a)
		return err_sys(-ENOMEM, "following faults");
	a->config = *config;
	a->sum = &a->waste;
	err = allocate(a);
	if (err) {
		attrib_close(a);
		return err_sys(err, "no memory for following guest RAM");
	}
	*out = a;
	return 0;
}

void attrib_close(struct attrib *a)
{
	if (!a)
		return;
	for (uint32_t i = 0; a->history && i < a->config.vcpus; i++)
		history_close(&a->history[i]);
	free(a->history);
	free(a->chains);
	pages_close(&a->pages);
	free(a);
}

static void take_start(struct attrib *a, const struct probe_event *e)
{
	const struct span span = span_clip(a->config.ram, e->address, e->length);
	const struct window *w;

	a->doubts.unpaired += windows_start(&a->windows, e, &span, &w);
	if (!span_pages(&span))
		return;
	pages_zap(&a->pages, w);
	if (w->t0 <= a->last_fault)
		fault_look_back(a, w);
}

/* Its first page and all of its pages, those in the second piece of RAM with it. */
static void tell_window(struct attrib *a, const struct window *w, bool preempted)
{
	const struct span *s = &w->span;
	const struct attrib_seen seen = {
		.kind = ATTRIB_WINDOW,
		.begin = w->t0,
		.middle = w->t1,
		.end = w->t2,
		.address = page_gpa(a->config.ram, s->first[s->pages[0] ? 0 : 1]),
		.bytes = (uint64_t)span_pages(s) * PAGE_BYTES,
		.tid = w->tid,
		.window = w->serial,
		.thread = w->thread,
		.reason = w->reason,
		.preempted = preempted,
	};

	a->tap(a->tap_arg, &seen);
}

static void take_end(struct attrib *a, const struct probe_event *e)
{
	struct attrib_figures *sum = a->sum;
	const struct window *w;

	if (!windows_end(&a->windows, e, &w)) {
		a->doubts.unpaired++;
		return;
	}
	if (!w)
		return;
	pages_window_ended(&a->pages, w);
	sum->windows++;
	sum->by_reason[w->reason]++;
	sum->by_thread[w->thread]++;
	sum->preempted += e->flags & PROBE_PREEMPTED;
	sum->transition[w->transition].windows++;
	series_count(&sum->series, SERIES_WINDOWS, w->t2, 1);
	series_time(&sum->series, SERIES_OPEN_NS, w->t0, w->t2);
	if (attrib_tapped(a))
		tell_window(a, w, e->flags & PROBE_PREEMPTED);
}

static void tell_moment(struct attrib *a, uint32_t vcpu, const struct moment *m)
{
	const struct attrib_seen seen = {
		.kind = m->type == PROBE_EXIT ? ATTRIB_EXIT : ATTRIB_OFF,
		.begin = m->begin,
		.end = m->end,
		.vcpu = vcpu,
		.what = m->what,
		.asleep = m->type == PROBE_OFF && m->flags & PROBE_ASLEEP,
	};

	a->tap(a->tap_arg, &seen);
}

static void take_moment(struct attrib *a, const struct probe_event *e)
{
	struct moment *m = attrib_place(a, e);

	m->begin = e->type == PROBE_VIRQ ? e->ns : e->begin_ns;
	m->type = e->type;
	m->flags = e->flags;
	m->what = 0;
	if (e->type == PROBE_EXIT)
		m->what = (uint32_t)e->address;
	else if (e->type == PROBE_OFF && !(e->flags & PROBE_ASLEEP))
		m->what = comms_number(&a->comms, e->comm);
	if (attrib_tapped(a) && e->type != PROBE_VIRQ)
		tell_moment(a, e->vcpu, m);
}

static void take_own(struct attrib *a, const struct probe_event *e)
{
	if (e->reason >= OWN_KINDS)
		return;
	if (e->length)
		pages_own_zap(&a->pages, e->reason, e->address, e->length);
	else
		a->doubts.own_unknown[e->reason]++;
}

static void take(struct attrib *a, const struct probe_event *e)
{
	switch (e->type) {
	case PROBE_START:
		take_start(a, e);
		break;
	case PROBE_END:
		take_end(a, e);
		break;
	case PROBE_FAULT:
		fault_take(a, e);
		break;
	case PROBE_PREFETCH:
		fault_prefetched(a, e);
		break;
	case PROBE_OFF:
	case PROBE_VIRQ:
	case PROBE_EXIT:
		take_moment(a, e);
		break;
	case PROBE_OWN:
		take_own(a, e);
		break;
	}
}

/* Nothing that has been judged can be undone: a late event, begin and all, is moved to now. */
void attrib_event(struct attrib *a, const struct probe_event *e)
{
	struct probe_event moved;

	if (e->ns < a->done) {
		a->doubts.late++;
		moved = *e;
		moved.begin_ns += a->done - e->ns;
		moved.ns = a->done;
		e = &moved;
	}
	a->done = e->ns;
	take(a, e);
}

void attrib_reached(struct attrib *a, uint64_t ns)
{
	if (ns > a->done)
		a->done = ns;
}

void attrib_begin(struct attrib *a, uint64_t ns)
{
	attrib_reached(a, ns);
	memset(&a->figures, 0, sizeof(a->figures));
	a->told.n = 0;
	a->sum = &a->figures;
	a->begin = ns;
	a->stretch++;
	for (uint32_t i = 0; i < a->config.vcpus; i++)
		chains_begin(&a->chains[i]);
	series_begin(&a->figures.series, ns);
	pages_begin(&a->pages, a->figures.transition);
}

void attrib_end(struct attrib *a, uint64_t ns)
{
	attrib_reached(a, ns);
	pages_end(&a->pages, ns);
	a->end = ns;
	series_end(&a->figures.series, ns);
	a->figures.open = windows_open_on_ram(&a->windows);
	for (uint32_t i = 0; i < a->config.vcpus; i++)
		if (chains_most(&a->chains[i]) > a->figures.sent_back_most)
			a->figures.sent_back_most = chains_most(&a->chains[i]);
	a->sum = &a->waste;
}

struct attrib_livelock attrib_livelock(const struct attrib *a)
{
	struct attrib_livelock l = {0};

	for (uint32_t i = 0; i < a->config.vcpus; i++) {
		const struct chain *c = &a->chains[i].now;

		if (c->n > l.n)
			l = (struct attrib_livelock){.vcpu = i,
						     .n = c->n,
						     .gpa = page_gpa(a->config.ram, c->page),
						     .begin_ns = c->begin,
						     .end_ns = c->end};
	}
	return l;
}

void attrib_settle(struct attrib *a, uint64_t error_ns, attrib_touch *last_touch, void *arg)
{
	pages_settle(&a->pages, a->figures.transition, error_ns, last_touch, arg);
}

static void add_keyed(struct attrib_keyed *k, uint32_t key, uint64_t ns)
{
	uint32_t i = 0;

	while (i < k->n && k->of[i].key != key)
		i++;
	if (i == ATTRIB_KEYS) {
		k->rest_ns += ns;
		return;
	}
	if (i == k->n)
		k->of[k->n++].key = key;
	k->of[i].ns += ns;
}

static void add_piece(void *arg, const struct stall_piece *p)
{
	struct attrib_figures *f = arg;

	f->part_ns[p->part] += p->end - p->begin;
	if (p->part == PART_PREEMPTED)
		add_keyed(&f->preempted_by, p->moment->what, p->end - p->begin);
	else if (p->part == PART_OTHER_EXIT)
		add_keyed(&f->exits, p->moment->what, p->end - p->begin);
}

static void tell_stall(struct attrib *a, const struct attrib_stall *s, enum attrib_cause cause)
{
	const struct attrib_seen seen = {
		.kind = ATTRIB_STALL,
		.begin = s->begin_ns,
		.end = s->end_ns,
		.vcpu = s->vcpu,
		.cause = (uint8_t)cause,
	};

	series_time(&a->figures.series, SERIES_STALLED_NS, s->begin_ns, s->end_ns);
	if (a->tap)
		a->tap(a->tap_arg, &seen);
}

struct attrib_answer attrib_stall(struct attrib *a, const struct attrib_stall *s)
{
	const struct history *h = s->vcpu < a->config.vcpus ? &a->history[s->vcpu] : NULL;
	struct attrib_answer answer = {.cause = CAUSE_UNKNOWN};
	struct attrib_figures *f = &a->figures;

	if (h)
		answer = stall_judge(h, a->done, s);
	stall_divide(h, a->done, s, add_piece, f);
	told_take(&a->told, h, a->done, &a->windows, a->config.ram, s, answer.cause);
	tell_stall(a, s, answer.cause);
	f->stalls[answer.cause]++;
	f->stall_ns[answer.cause] += s->end_ns > s->begin_ns ? s->end_ns - s->begin_ns : 0;
	if (answer.window)
		f->stall_window[answer.reason][answer.thread]++;
	return answer;
}

const struct told *attrib_told(const struct attrib *a)
{
	return &a->told;
}

const char *attrib_comm(const struct attrib *a, uint32_t number)
{
	return number < a->comms.n ? a->comms.name[number] : "";
}

const struct attrib_figures *attrib_figures(const struct attrib *a)
{
	return &a->figures;
}

struct attrib_doubts attrib_doubts(const struct attrib *a)
{
	return a->doubts;
}

double attrib_refault_ratio(const struct attrib_transition *t)
{
	uint64_t again = t->refaults + t->touched;

	return again ? (double)t->refaults / again : NAN;
}

void attrib_tap_to(struct attrib *a, attrib_tap *tap, void *arg)
{
	a->tap = tap;
	a->tap_arg = arg;
}
