// SPDX-License-Identifier: GPL-2.0-only
/* seen.c - see seen.h. */
#include <errno.h>
#include <string.h>

#include "seen.h"

#define HUGE (512 * PAGE_BYTES)

void seen_open(struct seen *s, const struct guest_ram *ram)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->ram, ram, sizeof(s->ram));
}

void seen_begin(struct seen *s)
{
	s->nworst = 0;
	s->windows = s->unpaired = 0;
	memset(s->kind, 0, sizeof(s->kind));
	memset(s->vcpu, 0, sizeof(s->vcpu));
	memset(s->taker, 0, sizeof(s->taker));
	memset(&s->ns, 0, sizeof(s->ns));
}

static enum seen_size size_of(uint64_t bytes)
{
	return bytes <= PAGE_BYTES ? SEEN_PAGE : bytes <= HUGE ? SEEN_HUGE : SEEN_MORE;
}

/* Guest-physical address in the VMM's; 0: not in guest RAM. */
static uint64_t hva_of(const struct seen *s, uint64_t gpa)
{
	for (size_t i = 0; i < 2; i++)
		if (gpa >= s->ram[i].gpa && gpa - s->ram[i].gpa < s->ram[i].bytes)
			return gpa - s->ram[i].gpa + s->ram[i].hva;
	return 0;
}

/* A huge mapping's fault is on all of it. */
static bool hits(const struct seen *s, const struct seen_window *w, const struct seen_fault *f)
{
	uint64_t bytes = f->bytes ?: PAGE_BYTES, hva = hva_of(s, f->gpa & ~(bytes - 1));

	return hva && hva < w->hva + w->bytes && hva + bytes > w->hva && f->begin < w->t2 &&
	       f->end > w->t0;
}

/* The VMM's mappings may have holes that are no guest RAM. */
static bool is_on_ram(const struct seen *s, const struct seen_window *w)
{
	for (size_t i = 0; i < 2; i++)
		if (w->hva < s->ram[i].hva + s->ram[i].bytes && w->hva + w->bytes > s->ram[i].hva)
			return true;
	return false;
}

/* @f ran into @w, if it did. */
static void meet(const struct seen *s, struct seen_window *w, const struct seen_fault *f)
{
	if (!hits(s, w, f))
		return;
	w->faults++;
	w->retried += f->retried;
	if (f->end - f->begin > w->waited_ns)
		w->waited_ns = f->end - f->begin;
}

static void count_faults(const struct seen *s, struct seen_window *w)
{
	uint64_t n = s->nfaults < SEEN_FAULTS ? s->nfaults : SEEN_FAULTS;

	w->faults = w->retried = w->waited_ns = 0;
	w->at_least = s->nfaults > n && s->fault[s->nfaults % SEEN_FAULTS].end > w->t0;
	for (uint64_t i = 0; i < n; i++)
		meet(s, w, &s->fault[(s->nfaults - 1 - i) % SEEN_FAULTS]);
}

static void keep_worst(struct seen *s, const struct seen_window *w)
{
	uint64_t ns = w->t2 - w->t0;
	size_t at = s->nworst;

	while (at > 0 && s->worst[at - 1].t2 - s->worst[at - 1].t0 < ns)
		at--;
	if (at == SEEN_WORST)
		return;
	if (s->nworst < SEEN_WORST)
		s->nworst++;
	memmove(&s->worst[at + 1], &s->worst[at], (s->nworst - 1 - at) * sizeof(*w));
	s->worst[at] = *w;
	count_faults(s, &s->worst[at]);
}

/* Number of the open window; nopen: none is. */
static size_t find(const struct seen *s, uint64_t id)
{
	size_t i = 0;

	while (i < s->nopen && s->open[i].id != id)
		i++;
	return i;
}

/* An id that is open already is one whose END was lost (windows_start). */
static void window_starts(struct seen *s, const struct probe_event *e)
{
	size_t i = find(s, e->id);

	if (i < s->nopen || i == SEEN_OPEN)
		s->unpaired++;
	if (i == SEEN_OPEN)
		return;
	if (i == s->nopen)
		s->nopen++;
	s->open[i] = (struct seen_window){
		.id = e->id,
		.t0 = e->begin_ns,
		.t1 = e->ns,
		.hva = e->address,
		.bytes = e->length,
		.tid = e->tid,
		.reason = e->reason < REASONS ? e->reason : REASON_OTHER,
		.thread = e->thread < THREADS ? e->thread : THREAD_OTHER,
		.transition = e->transition,
	};
}

static void window_ends(struct seen *s, const struct probe_event *e)
{
	struct seen_kind *k;
	struct seen_window w;
	size_t i = find(s, e->id);

	if (i == s->nopen) {
		s->unpaired++;
		return;
	}
	w = s->open[i];
	s->open[i] = s->open[--s->nopen];
	if (!is_on_ram(s, &w))
		return;
	w.t2 = e->ns > w.t0 ? e->ns : w.t0;
	w.preempted = e->flags & PROBE_PREEMPTED;
	k = &s->kind[w.thread][w.reason];
	k->count++;
	k->by_size[size_of(w.bytes)]++;
	k->preempted += w.preempted;
	k->total_ns += w.t2 - w.t0;
	hist_add(&k->ns, w.t2 - w.t0);
	hist_add(&s->ns, w.t2 - w.t0);
	s->windows++;
	keep_worst(s, &w);
}

/* A fault that a window held up ends after it: the windows told already learn of it. */
static void fault_ends(struct seen *s, const struct probe_event *e)
{
	struct seen_fault *f = &s->fault[s->nfaults++ % SEEN_FAULTS];

	*f = (struct seen_fault){e->begin_ns, e->ns, e->address, e->length,
				 e->outcome == OUTCOME_RETRY};
	for (size_t i = 0; i < s->nworst; i++)
		meet(s, &s->worst[i], f);
	if (e->vcpu < PROBE_MAX_VCPUS) {
		struct seen_vcpu *v = &s->vcpu[e->vcpu];
		uint64_t ns = e->ns - e->begin_ns;

		v->faults++;
		v->fault_ns += ns;
		v->longest_fault_ns = ns > v->longest_fault_ns ? ns : v->longest_fault_ns;
	}
}

static void vcpu_was_off(struct seen *s, const struct probe_event *e)
{
	uint64_t ns = e->ns - e->begin_ns;
	struct seen_taker *t;
	struct seen_vcpu *v;

	if (e->vcpu >= PROBE_MAX_VCPUS)
		return;
	v = &s->vcpu[e->vcpu];
	if (e->flags & PROBE_ASLEEP) {
		v->sleeps++;
		v->asleep_ns += ns;
		return;
	}
	t = &s->taker[comms_number(&s->comms, e->comm)];
	t->count++;
	t->ns += ns;
	v->preemptions++;
	v->preempted_ns += ns;
	v->longest_preempted_ns = ns > v->longest_preempted_ns ? ns : v->longest_preempted_ns;
}

void seen_event(struct seen *s, const struct probe_event *e)
{
	switch ((enum probe_type)e->type) {
	case PROBE_START:
		window_starts(s, e);
		break;
	case PROBE_END:
		window_ends(s, e);
		break;
	case PROBE_FAULT:
		fault_ends(s, e);
		break;
	case PROBE_OFF:
		vcpu_was_off(s, e);
		break;
	default:
		break;
	}
}

bool seen_most(const struct seen *s, size_t n, enum probe_thread *thread, enum probe_reason *reason)
{
	bool taken[THREADS][REASONS] = {0};

	for (size_t turn = 0; turn <= n; turn++) {
		uint64_t most = 0;

		for (int t = 0; t < THREADS; t++)
			for (int r = 0; r < REASONS; r++)
				if (!taken[t][r] && s->kind[t][r].count > most) {
					most = s->kind[t][r].count;
					*thread = (enum probe_thread)t;
					*reason = (enum probe_reason)r;
				}
		if (!most)
			return false;
		taken[*thread][*reason] = true;
	}
	return true;
}

int seen_taker(const struct seen *s, size_t n)
{
	bool taken[COMMS] = {0};
	int best = -ENOENT;

	for (size_t turn = 0; turn <= n; turn++) {
		best = -ENOENT;
		for (uint32_t i = 0; i < s->comms.n; i++)
			if (!taken[i] && s->taker[i].ns &&
			    (best < 0 || s->taker[i].ns > s->taker[best].ns))
				best = (int)i;
		if (best < 0)
			return best;
		taken[best] = true;
	}
	return best;
}
