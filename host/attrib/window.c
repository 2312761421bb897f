// SPDX-License-Identifier: GPL-2.0-only
/*
 * window.c - windows that are open or have ended not long ago, and what a fault has to do
 * with them.
 *
 * A thread's windows nest, threads' overlap; few are open at a time, so the open ones are a short
 * list. The ended ones are a ring by t2: a fault looks back to those that ended after it began.
 */
#include "window.h"

static struct window *find(struct windows *ws, uint64_t id)
{
	for (uint32_t i = 0; i < ws->nopen; i++)
		if (ws->open[i].id == id)
			return &ws->open[i];
	return NULL;
}

static struct window *oldest(struct windows *ws)
{
	struct window *w = &ws->open[0];

	for (uint32_t i = 1; i < ws->nopen; i++)
		if (ws->open[i].t1 < w->t1)
			w = &ws->open[i];
	return w;
}

/* An id that is open already, too, is one whose END was lost: its place on the stack is in use
 * again. */
unsigned int windows_start(struct windows *ws, const struct probe_event *e, const struct span *span,
			   const struct window **w)
{
	struct window *place = find(ws, e->id);
	bool lost = true;

	if (!place && ws->nopen == WINDOWS_OPEN)
		place = oldest(ws);
	if (!place) {
		place = &ws->open[ws->nopen++];
		lost = false;
	}
	*place = (struct window){
		.t0 = e->begin_ns,
		.t1 = e->ns,
		.t2 = UINT64_MAX,
		.id = e->id,
		.span = *span,
		.serial = ++ws->serial,
		.tid = e->tid,
		.reason = e->reason < REASONS ? e->reason : REASON_OTHER,
		.thread = e->thread < THREADS ? e->thread : THREAD_OTHER,
		.transition = e->transition < TRANSITIONS ? e->transition : TRANSITION_NONE,
	};
	*w = place;
	return lost;
}

bool windows_end(struct windows *ws, const struct probe_event *e, const struct window **w)
{
	struct window *open = find(ws, e->id), *last, *ended;

	*w = NULL;
	if (!open)
		return false;
	if (span_pages(&open->span)) {
		ended = &ws->ended[ws->nended++ % WINDOWS_ENDED];
		*ended = *open;
		ended->t2 = e->ns;
		ended->stack = (uint32_t)e->address;
		*w = ended;
	}
	last = &ws->open[--ws->nopen];
	if (open != last)
		*open = *last;
	return true;
}

static uint64_t kept(const struct windows *ws)
{
	return ws->nended < WINDOWS_ENDED ? ws->nended : WINDOWS_ENDED;
}

const struct window *windows_by_serial(const struct windows *ws, uint32_t serial)
{
	for (uint32_t i = 0; i < ws->nopen; i++)
		if (ws->open[i].serial == serial)
			return &ws->open[i];
	for (uint64_t i = 0; i < kept(ws); i++)
		if (ws->ended[i].serial == serial)
			return &ws->ended[i];
	return NULL;
}

bool windows_meet(struct windows *ws, const struct window *w)
{
	struct window *met = w >= ws->open && w < ws->open + WINDOWS_OPEN
				     ? &ws->open[w - ws->open]
				     : &ws->ended[w - ws->ended];
	bool first = !met->met;

	met->met = true;
	return first;
}

uint64_t windows_open_on_ram(const struct windows *ws)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < ws->nopen; i++)
		n += span_pages(&ws->open[i].span) > 0;
	return n;
}

enum attrib_class window_judge(const struct window *w, const struct fault *f)
{
	bool own = span_has(&w->span, f->page);

	if (own && w->t0 <= f->begin && f->begin < w->t2)
		return CLASS_INSIDE;
	if (!f->sent_back || !span_pages(&w->span) || w->t0 > f->end || w->t2 < f->begin)
		return CLASS_OTHER;
	return own ? CLASS_RETRIED : CLASS_COLLATERAL;
}

/* For a fault in which the vCPU's thread copied the page, that thread's window is to blame,
 * whatever others were there. */
static bool to_blame(const struct window *w, const struct fault *f)
{
	return f->own_copy && w->tid == f->tid && span_has(&w->span, f->page);
}

/* The newest first: those that are open, then the ended ones by t2. NULL: no more. */
static const struct window *windows_at(const struct windows *ws, uint64_t i)
{
	uint64_t kept = ws->nended < WINDOWS_ENDED ? ws->nended : WINDOWS_ENDED;

	if (i < ws->nopen)
		return &ws->open[i];
	i -= ws->nopen;
	return i < kept ? &ws->ended[(ws->nended - 1 - i) % WINDOWS_ENDED] : NULL;
}

bool windows_zapped_since(const struct windows *ws, uint32_t page, uint64_t begin_ns)
{
	const struct window *w;

	for (uint64_t i = 0; (w = windows_at(ws, i)) && w->t2 >= begin_ns; i++)
		if (span_has(&w->span, page) && w->t1 > begin_ns)
			return true;
	return false;
}

enum attrib_class windows_judge(const struct windows *ws, const struct fault *f,
				const struct window **behind)
{
	enum attrib_class class = CLASS_OTHER;
	const struct window *copy = NULL, *w;

	*behind = NULL;
	for (uint64_t i = 0; (w = windows_at(ws, i)) && w->t2 >= f->begin; i++) {
		enum attrib_class this = window_judge(w, f);

		if (this < class) {
			class = this;
			*behind = w;
		}
		if (this < CLASS_OTHER && to_blame(w, f))
			copy = w;
		if (class == CLASS_INSIDE && (copy || !f->own_copy))
			break;
	}
	if (copy)
		*behind = copy;
	return class;
}
