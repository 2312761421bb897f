// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c - judges a fault when its turn comes: by the windows that are open and by what has become
 * of its page; and again when a window turns out to have begun before it was over.
 */
#include "attrib_parts.h"

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

	if (attrib_tapped(a))
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

void fault_look_back(struct attrib *a, const struct window *w)
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

void fault_take(struct attrib *a, const struct probe_event *e)
{
	const struct fault f = fault_of(a, e);
	struct moment *m = attrib_place(a, e);

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
void fault_prefetched(struct attrib *a, const struct probe_event *e)
{
	const struct fault f = fault_of(a, e);

	if (f.page != PAGE_NONE && maps(e))
		map(a, e, &f);
}
