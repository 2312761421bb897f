// SPDX-License-Identifier: GPL-2.0-only
/* windows.c - see windows.h. */
#include "windows.h"

#include <string.h>

/* Newest first: an END mostly is the last START's. */
static struct windows_open *find(struct windows *w, uint64_t id)
{
	for (unsigned int i = w->n; i-- > 0;)
		if (w->open[i].id == id)
			return &w->open[i];
	return NULL;
}

static void drop(struct windows *w, struct windows_open *o)
{
	w->n--;
	memmove(o, o + 1, (char *)(w->open + w->n) - (char *)o);
}

static void started(struct windows *w, const struct probe_event *e)
{
	struct windows_open *old = find(w, e->id);

	if (!old && w->n == WINDOWS_OPEN)
		old = &w->open[0];
	if (old) {
		drop(w, old);
		w->unpaired++;
	}
	w->open[w->n++] = (struct windows_open){
		.id = e->id,
		.begin_ns = e->begin_ns,
		.empty_ns = e->ns,
		.reason = e->reason < REASONS ? e->reason : REASON_OTHER,
		.thread = e->thread < THREADS ? e->thread : THREAD_OTHER,
	};
}

static void sample(struct hist *h, uint64_t *sum, uint64_t from, uint64_t to)
{
	uint64_t ns = to > from ? to - from : 0; /* CPUs' clocks may differ by a few ns */

	hist_add(h, ns);
	*sum += ns;
}

static void ended(struct windows *w, const struct probe_event *e)
{
	struct windows_open *o = find(w, e->id);
	struct probe_windows *s = &w->sum;

	if (!o) {
		w->unpaired++;
		return;
	}
	s->count++;
	s->by_reason[o->reason]++;
	s->by_thread[o->thread]++;
	s->preempted += !!(e->flags & PROBE_PREEMPTED);
	sample(&s->start, &s->start_ns, o->begin_ns, o->empty_ns);
	sample(&s->empty, &s->empty_ns, o->empty_ns, e->ns);
	sample(&s->total, &s->total_ns, o->begin_ns, e->ns);
	drop(w, o);
}

void windows_event(struct windows *w, const struct probe_event *e)
{
	if (e->type == PROBE_START)
		started(w, e);
	else if (e->type == PROBE_END)
		ended(w, e);
}
