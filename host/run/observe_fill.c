// SPDX-License-Identifier: GPL-2.0-only
/* observe_fill.c - what the probes have found in a phase, into its result. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "end.h"
#include "observe.h"
#include "counters/exits.h"
#include "observe_parts.h"
#include "result/buckets.h"

static void subtract(struct hist *h, const struct hist *before)
{
	uint64_t max = h->max;

	h->total = h->max = 0;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		h->count[i] -= before->count[i];
		h->total += h->count[i];
		if (h->count[i]) /* the max of before and after is only good if it is in here */
			h->max = max < hist_high(i) ? max : hist_high(i);
	}
}

static void fill_duration(struct duration_figures *f, struct hist *after, const struct hist *before,
			  uint64_t total_ns)
{
	subtract(after, before);
	f->p50_ns = hist_quantile(after, 50, 100);
	f->p99_ns = hist_quantile(after, 99, 100);
	f->p999_ns = hist_quantile(after, 999, 1000);
	f->max_ns = after->max;
	f->total_ns = total_ns;
}

static void fill_windows(struct phase_result *res, struct observe *w)
{
	struct window_figures *f = &res->windows;
	struct probe_windows *a = &w->after.windows, *b = &w->before.windows;

	f->known = true;
	f->count = a->count - b->count;
	for (int i = 0; i < REASONS; i++)
		f->by_event[i] = a->by_reason[i] - b->by_reason[i];
	for (int i = 0; i < THREADS; i++)
		f->by_thread[i] = a->by_thread[i] - b->by_thread[i];
	for (int i = 0; i < SIZES; i++)
		f->by_size[i] = a->by_size[i] - b->by_size[i];
	f->preempted = a->preempted - b->preempted;
	f->preempted_known = true;
	f->open = attrib_figures(w->attrib)->open;
	f->met = attrib_figures(w->attrib)->met;
	fill_duration(&f->start, &a->start, &b->start, a->start_ns - b->start_ns);
	fill_duration(&f->empty, &a->empty, &b->empty, a->empty_ns - b->empty_ns);
	fill_duration(&f->total, &a->total, &b->total, a->total_ns - b->total_ns);
	res->window_buckets = buckets_text(&a->total, NULL, NULL);
}

static void fill_own(struct own_figures *f, const struct observe *w)
{
	const struct probe_windows *a = &w->after.windows, *b = &w->before.windows;

	for (int i = 0; i < OWN_KINDS; i++)
		f[i] = (struct own_figures){.known = a->own_known[i],
					    .count = a->own[i] - b->own[i],
					    .ns = a->own_ns[i] - b->own_ns[i]};
}

/*
 * Write protection for the dirty log and aging zap nothing: the fault itself tells that KVM gives
 * back what it had taken. Of the others an event tells what was zapped.
 */
static bool refaults_known(const struct observe *w, const struct attrib_doubts *doubts, int kind)
{
	if (kind == OWN_DIRTY_LOG || kind == OWN_AGE)
		return w->after.windows.given_back_known;
	return !doubts->own_unknown[kind];
}

static void fill_own_refaults(struct phase_result *res, const struct observe *w)
{
	const struct attrib_figures *a = attrib_figures(w->attrib);
	const struct attrib_doubts doubts = attrib_doubts(w->attrib);

	for (int i = 0; i < OWN_KINDS; i++) {
		struct own_figures *f = &res->own_zaps[i];

		f->refaults = a->own_refaults[i];
		f->refaults_known =
			res->faults.classes_known && f->known && refaults_known(w, &doubts, i);
		if (doubts.own_unknown[i])
			note_say("phase %s: KVM zapped by itself what the probes could not tell; "
				 "those refaults are counted as other",
				 res->name);
	}
}

/*
 * A probe that sees no faults where KVM counts many is one for another page fault handler (shadow
 * paging: FNAME(page_fault)): then no class is known.
 */
static void fill_classes(struct fault_figures *f, const struct observe *w)
{
	const struct attrib_figures *a = attrib_figures(w->attrib);
	uint64_t taken = w->after.faults - w->before.faults;

	f->classes_known = a->faults || !taken;
	if (!f->classes_known)
		return;
	f->inside = a->by_class[CLASS_INSIDE];
	f->retried = a->by_class[CLASS_RETRIED];
	f->collateral = a->by_class[CLASS_COLLATERAL];
	f->refault = a->by_class[CLASS_REFAULT];
	f->upgrade = a->by_class[CLASS_UPGRADE];
	f->own_refault = 0;
	for (int i = 0; i < OWN_KINDS; i++)
		f->own_refault += a->own_refaults[i];
	f->other = a->by_class[CLASS_OTHER] - f->own_refault;
	f->sent_back = a->sent_back;
	f->sent_back_most = a->sent_back_most;
	/* Read in the same moment as the events, unlike QEMU's answer. KVM counts a fault when it
	 * begins, a phase has it when it ends. */
	f->total = taken + a->begun_before - a->unended;
	f->unmatched = (int64_t)(f->total - a->faults);
}

static double for_each(bool known, uint64_t n, uint64_t windows)
{
	return known && windows ? (double)n / (double)windows : NAN;
}

/* What a window costs whom it is not about: many of both with range-wide invalidations (5.18
 * to 6.7). */
static void fill_each(struct phase_result *res)
{
	struct window_figures *f = &res->windows;
	uint64_t flushes = 0;
	bool known = metrics_get(&res->kvm, "remote_tlb_flush", &flushes);

	f->sent_back_each = for_each(res->faults.classes_known, res->faults.sent_back, f->count);
	f->flushes_each = for_each(known, flushes, f->count);
}

/*
 * What was touched without a fault counts as kept: known only where each mapping comes with a fault
 * that is seen.
 */
static void fill_transitions(struct phase_result *res, const struct observe *w)
{
	const struct attrib_transition *t = attrib_figures(w->attrib)->transition;
	struct attrib_transition all = {0};

	res->refault_ratio = NAN;
	if (!res->faults.classes_known || w->maps_ahead)
		return;
	for (int i = 0; i < TRANSITIONS; i++) {
		res->transitions[i] = (struct transition_figures){
			.known = w->after.windows.told[i],
			.windows = t[i].windows,
			.zapped = t[i].zapped,
			.refaults = t[i].refaults,
			.touched = t[i].touched,
			.untouched = t[i].untouched,
			.undecided = t[i].undecided,
			.neighbours = t[i].neighbours,
		};
		all.refaults += t[i].refaults;
		all.touched += t[i].touched;
	}
	res->refault_ratio = attrib_refault_ratio(&all);
}

static int add_time(struct metrics *m, const char *name, uint64_t ns)
{
	uint64_t before = 0;

	metrics_get(m, name, &before);
	return metrics_set(m, name, before + ns);
}

/* By name: who ran, or why the vCPU had left the guest. */
static int fill_keyed(struct metrics *m, const struct attrib_keyed *k, const struct attrib *who)
{
	char buf[64];
	int err = 0;

	for (uint32_t i = 0; i < k->n && !err; i++)
		err = add_time(m,
			       who ? attrib_comm(who, k->of[i].key)
				   : exits_name(k->of[i].key, buf, sizeof(buf)),
			       k->of[i].ns);
	return err ?: k->rest_ns ? add_time(m, "other", k->rest_ns) : 0;
}

static void fill_window(struct worst_window *to, const struct told_piece *p, uint64_t begin_ns,
			struct probe *probe)
{
	char stack[1024] = "";

	*to = (struct worst_window){
		.thread = p->thread,
		.event = p->reason,
		.known = p->known,
		.ended = p->known && p->t2 != UINT64_MAX,
	};
	if (!p->known)
		return;
	to->tid = p->tid;
	to->start_ns = (int64_t)(p->t0 - begin_ns);
	to->open_ns = (int64_t)(p->t1 - begin_ns);
	to->end_ns = to->ended ? (int64_t)(p->t2 - begin_ns) : 0;
	if (p->stack)
		probe_stack(probe, p->stack - 1, stack, sizeof(stack));
	to->stack = *stack ? strdup(stack) : NULL;
}

static int fill_piece(struct worst_piece *to, const struct told_piece *p, uint64_t begin_ns,
		      const struct observe *w)
{
	char buf[64];

	*to = (struct worst_piece){
		.at_ns = p->at_ns,
		.until_ns = p->until_ns,
		.ns = p->ns,
		.count = p->count,
		.part = p->part,
		.page = p->page,
		.gpa = p->gpa,
		.window = p->window,
	};
	if (p->window)
		fill_window(&to->behind, p, begin_ns, w->probe);
	if (p->part == PART_PREEMPTED)
		to->by = strdup(attrib_comm(w->attrib, p->what));
	else if (p->part == PART_OTHER_EXIT)
		to->by = strdup(exits_name(p->what, buf, sizeof(buf)));
	else
		return 0;
	return to->by ? 0 : -ENOMEM;
}

static int fill_told(struct worst_stall *to, const struct told_stall *s, const struct observe *w)
{
	int err = 0;

	*to = (struct worst_stall){
		.at_ns = (int64_t)(s->begin_ns - w->before.ns),
		.ns = s->ns,
		.vcpu = s->vcpu,
		.cause = s->cause,
		.rest_ns = s->rest_ns,
		.piece = calloc(s->n + 1, sizeof(*to->piece)),
	};
	if (!to->piece)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n && !err; i++) {
		err = fill_piece(&to->piece[i], &s->piece[i], s->begin_ns, w);
		to->npieces++;
	}
	return err;
}

static int fill_worst(struct worst_stalls *to, const struct observe *w)
{
	const struct told *told = attrib_told(w->attrib);
	int err = 0;

	to->stall = calloc(told->n + 1, sizeof(*to->stall));
	if (!to->stall)
		return -ENOMEM;
	for (uint32_t i = 0; i < told->n && !err; i++) {
		err = fill_told(&to->stall[i], &told->stall[i], w);
		to->n++;
	}
	return err;
}

static int fill_parts(struct stall_figures *f, const struct observe *w)
{
	const struct attrib_figures *a = attrib_figures(w->attrib);

	memcpy(f->part_ns, a->part_ns, sizeof(f->part_ns));
	return fill_keyed(&f->preempted_by, &a->preempted_by, w->attrib)
		       ?: fill_keyed(&f->exits, &a->exits, NULL);
}

static void fill_causes(struct stall_figures *f, const struct observe *w)
{
	const struct attrib_figures *a = attrib_figures(w->attrib);

	f->causes_known = true;
	for (int i = 0; i < CAUSES; i++)
		f->by_cause[i] = (struct cause_figures){a->stalls[i], a->stall_ns[i]};
	memcpy(f->by_window, a->stall_window, sizeof(f->by_window));
}

/* attrib_touch: of pages that the guest program does not touch nobody knows. */
static uint64_t last_touch(void *arg, uint64_t gpa)
{
	const struct observe *w = arg;
	uint64_t tsc, ns, error_ns;
	uint32_t page;

	if (!guest_page_of(w->c.guest, gpa, &page))
		return ATTRIB_TOUCH_UNKNOWN;
	tsc = guest_last_touch_tsc(w->c.guest, page);
	if (!tsc)
		return 0;
	return hostclock_map(&w->clock[0], tsc, &ns, &error_ns) ? ATTRIB_TOUCH_UNKNOWN : ns;
}

void observe_fill(struct observe *w, struct phase_result *res)
{
	uint64_t error_ns, tick_ns = guest_tsc_ns(w->c.guest, 1ull << PROTO_TOUCHED_SHIFT);

	if (!w->joins)
		return;
	observe_lock(w);
	observe_catch_up(w, mono_ns()); /* the last stalls came just before the epoch's end */
	observe_take_stalls(w);
	error_ns = hostclock_error(&w->clock[0]);
	attrib_settle(w->attrib, error_ns + tick_ns,
		      guest_touched_complete(w->c.guest) ? last_touch : NULL, w);
	if (w->c.result->clock.error_ns < error_ns)
		w->c.result->clock.error_ns = error_ns;
	fill_windows(res, w);
	fill_own(res->own_zaps, w);
	res->grace = w->grace_found;
	if (w->grace && !res->grace.known)
		note_say("--grace-periods: no probe could be taken in phase %s", res->name);
	fill_classes(&res->faults, w);
	fill_own_refaults(res, w);
	fill_each(res);
	fill_transitions(res, w);
	res->series = attrib_figures(w->attrib)->series;
	fill_causes(&res->stalls, w);
	if (fill_parts(&res->stalls, w) || fill_worst(&res->stalls.worst, w))
		note_say("no memory to tell what stalls were spent on");
	observe_unlock(w);
	if (w->c.o->trace && trace_end(*w->c.trace, w->after.ns))
		note_say("--trace: no memory for phase %s", res->name);
	res->stalls.records_lost += w->c.guest->stalls_untaken;
}
