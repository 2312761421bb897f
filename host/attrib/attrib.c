// SPDX-License-Identifier: GPL-2.0-only
/*
 * attrib.c - follows the events in order and judges each fault when its turn comes.
 *
 * Its parts: window.c knows the windows, page.c the pages, history.c what each vCPU went through,
 * stall.c what a stall's time was spent on, chain.c whether a vCPU gets on.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attrib.h"
#include "chain.h"
#include "comms.h"
#include "history.h"
#include "page.h"
#include "told.h"
#include "window.h"

struct attrib {
	struct attrib_config config;
	uint64_t done;		    /* everything up to here has been judged */
	uint64_t last_fault;	    /* end of the latest fault that has been judged */
	uint16_t stretch;	    /* 0: none yet */
	uint64_t begin, end;	    /* of it */
	struct attrib_figures *sum; /* figures, or outside of a stretch: waste */
	struct attrib_figures figures, waste;
	struct attrib_doubts doubts;
	struct windows windows;
	struct comms comms;
	struct told told;
	struct pages pages;
	struct history *history; /* of each vCPU */
	struct chains *chains;	 /* of each, too */
	struct moment nowhere;	 /* of a vCPU that is not ours */
	attrib_tap *tap;	 /* NULL: nobody asks */
	void *tap_arg;
};

static bool tapped(const struct attrib *a)
{
	return a->tap && a->sum == &a->figures;
}

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

static void blame(struct moment *m, const struct window *w)
{
	m->window = true;
	m->what = w->serial;
	m->reason = w->reason;
	m->thread = w->thread;
}

static void tell_fault(struct attrib *a, enum attrib_seen_kind kind, uint32_t vcpu,
		       const struct moment *m)
{
	const struct attrib_seen seen = {
		.kind = kind,
		.begin = m->begin,
		.end = m->end,
		.address = m->page == PAGE_NONE ? 0 : page_gpa(a->config.ram, m->page),
		.vcpu = vcpu,
		.window = m->window ? m->what : 0,
		.class = m->class,
		.sent_back = m->sent_back,
	};

	if (tapped(a))
		a->tap(a->tap_arg, &seen);
}

static int by_window(enum attrib_class class)
{
	return class == CLASS_INSIDE || class == CLASS_RETRIED || class == CLASS_COLLATERAL;
}

/* @w has begun before a fault of @vcpu that is judged already was over. */
static void judge_again(struct attrib *a, uint32_t vcpu, struct moment *m, const struct window *w)
{
	const struct fault f = {.begin = m->begin,
				.end = m->end,
				.page = m->page,
				.sent_back = m->sent_back};
	enum attrib_class class = window_judge(w, &f);

	if (class >= m->class)
		return;
	if (m->stretch == a->stretch) {
		a->sum->by_class[m->class]--;
		a->sum->by_class[class]++;
		if (m->own)
			a->sum->own_refaults[m->own - 1]--;
		m->own = 0;
		series_count(&a->sum->series, SERIES_IN_WINDOWS, m->end,
			     by_window(class) - by_window(m->class));
	}
	if (m->class == CLASS_OTHER && m->sent_back)
		chains_explain(&a->chains[vcpu], m);
	m->class = class;
	if (class == CLASS_INSIDE)
		a->sum->met += windows_meet(&a->windows, w);
	if (!(m->flags & PROBE_OWN_COPY) || !m->window)
		blame(m, w);
	if (m->stretch == a->stretch)
		tell_fault(a, ATTRIB_AGAIN, vcpu, m);
}

static void look_back(struct attrib *a, const struct window *w)
{
	for (uint32_t v = 0; v < a->config.vcpus; v++) {
		struct history *h = &a->history[v];

		if (h->n > h->size && h->forgotten >= w->t0)
			chains_doubt(&a->chains[v], w->t0);
		for (uint64_t i = h->n; i > history_oldest(h); i--) {
			struct moment *m = &h->moment[(i - 1) & (h->size - 1)];

			if (m->end < w->t0)
				break;
			if (m->type == PROBE_FAULT)
				judge_again(a, v, m, w);
		}
	}
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
		look_back(a, w);
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
	if (tapped(a))
		tell_window(a, w, e->flags & PROBE_PREEMPTED);
}

static struct moment *place_for(struct attrib *a, const struct probe_event *e)
{
	if (e->vcpu >= a->config.vcpus)
		return &a->nowhere;
	return history_add(&a->history[e->vcpu], e->ns);
}

static void map(struct attrib *a, const struct probe_event *e, const struct fault *f)
{
	const struct mapping m = {
		.gpa = e->address,
		.bytes = e->length,
		.page = f->page,
		.write = f->write,
		.begin = f->begin,
		.windows = &a->windows,
	};

	pages_map(&a->pages, &m);
}

/*
 * KVM gave back what it had taken itself: 1 + kind; 0: it did not. It can do so only where the
 * mapping is still there: no window has been at it since.
 */
static uint8_t given_back(const struct probe_event *e)
{
	if (e->flags & PROBE_PROTECTED)
		return OWN_DIRTY_LOG + 1;
	return e->flags & PROBE_AGED ? OWN_AGE + 1 : 0;
}

static bool maps(const struct probe_event *e)
{
	return e->outcome == OUTCOME_FIXED || e->outcome == OUTCOME_SPURIOUS;
}

/* The window behind a fault is the one it ran into, else the one that had zapped its page. */
static void judge(struct attrib *a, const struct probe_event *e, const struct fault *f,
		  struct moment *m)
{
	const uint8_t back = given_back(e);
	enum attrib_class by_page;
	const struct page *zapped;
	const struct window *w;

	m->class = windows_judge(&a->windows, f, &w);
	if (w && m->class == CLASS_INSIDE)
		a->sum->met += windows_meet(&a->windows, w);
	m->window = false;
	if (w)
		blame(m, w);
	if (f->page == PAGE_NONE)
		return;
	by_page = pages_class(&a->pages, f->page, f->write, &zapped);
	if (back) {
		by_page = CLASS_OTHER;
		zapped = NULL;
	}
	if (!w && zapped) {
		m->window = true;
		m->what = zapped->window;
		m->reason = zapped->reason;
		m->thread = zapped->thread;
	}
	if (!maps(e))
		return;
	if (m->class == CLASS_OTHER)
		m->class = by_page;
	if (m->class == CLASS_OTHER)
		m->own = back ?: pages_own(&a->pages, f->page);
	if (m->own)
		a->sum->own_refaults[m->own - 1]++;
	map(a, e, f);
}

/* How long KVM went on after a fault is told with the vCPU's next. */
static void note_around(struct attrib *a, const struct probe_event *e, struct moment *m)
{
	struct history *h;

	m->before_ns = (uint32_t)e->id;
	m->after_ns = 0;
	if (e->vcpu >= a->config.vcpus)
		return;
	h = &a->history[e->vcpu];
	if (h->fault > history_oldest(h))
		h->moment[(h->fault - 1) & (h->size - 1)].after_ns = (uint32_t)(e->id >> 32);
	h->fault = h->n;
}

static struct fault fault_of(const struct attrib *a, const struct probe_event *e)
{
	return (struct fault){
		.begin = e->begin_ns,
		.end = e->ns,
		.page = page_number(a->config.ram, e->address),
		.tid = e->tid,
		.sent_back = e->outcome == OUTCOME_RETRY,
		.own_copy = e->flags & PROBE_OWN_COPY,
		.write = e->flags & PROBE_WRITE,
	};
}

static void take_fault(struct attrib *a, const struct probe_event *e)
{
	const struct fault f = fault_of(a, e);
	struct moment *m = place_for(a, e);

	m->begin = e->begin_ns;
	m->page = f.page;
	m->stretch = a->stretch;
	m->type = PROBE_FAULT;
	m->flags = e->flags;
	m->sent_back = f.sent_back;
	m->what = 0;
	m->own = 0;
	note_around(a, e, m);
	judge(a, e, &f, m);
	if (e->vcpu < a->config.vcpus)
		chains_fault(&a->chains[e->vcpu], m);
	a->sum->faults++;
	a->sum->by_class[m->class]++;
	a->sum->sent_back += f.sent_back;
	a->sum->begun_before += f.begin < a->begin;
	series_count(&a->sum->series, SERIES_FAULTS, e->ns, 1);
	series_count(&a->sum->series, SERIES_IN_WINDOWS, e->ns, by_window(m->class));
	tell_fault(a, ATTRIB_FAULT, e->vcpu, m);
	if (a->sum == &a->waste)
		a->figures.unended += f.begin <= a->end;
	a->last_fault = e->ns;
}

/* The page is there again, without a fault of its own. */
static void take_prefetch(struct attrib *a, const struct probe_event *e)
{
	const struct fault f = fault_of(a, e);

	if (f.page != PAGE_NONE && maps(e))
		map(a, e, &f);
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
	struct moment *m = place_for(a, e);

	m->begin = e->type == PROBE_VIRQ ? e->ns : e->begin_ns;
	m->type = e->type;
	m->flags = e->flags;
	m->what = 0;
	if (e->type == PROBE_EXIT)
		m->what = (uint32_t)e->address;
	else if (e->type == PROBE_OFF && !(e->flags & PROBE_ASLEEP))
		m->what = comms_number(&a->comms, e->comm);
	if (tapped(a) && e->type != PROBE_VIRQ)
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
		take_fault(a, e);
		break;
	case PROBE_PREFETCH:
		take_prefetch(a, e);
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
