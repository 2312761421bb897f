// SPDX-License-Identifier: GPL-2.0-only
/*
 * stall.c - what a stall's time was spent on: goes through the vCPU's history step by step, from
 * fault to fault.
 */
#include <string.h>

#include "stall.h"

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* How a stall is gone through. */
struct sweep {
	const struct history *h;
	uint64_t at, end; /* what is left of it */
	uint64_t off;	  /* the moment from which on times off the CPU are still to come */
	const struct moment *fault; /* the latest, NULL: none */
	uint64_t since;		    /* the moment after it */
	enum attrib_part guest;
	stall_taker *take;
	void *arg;
};

static enum attrib_part part_of(const struct moment *m)
{
	if (m->type == PROBE_EXIT)
		return PART_OTHER_EXIT;
	if (m->type == PROBE_OFF)
		return m->flags & PROBE_ASLEEP ? PART_ASLEEP : PART_PREEMPTED;
	if (m->flags & PROBE_MIGRATION)
		return PART_MIGRATION_WAIT;
	return m->flags & PROBE_OWN_COPY ? PART_COPY : (enum attrib_part)m->class;
}

static void hand_out(struct sweep *s, uint64_t to, enum attrib_part part, const struct moment *m)
{
	struct stall_piece piece = {.begin = s->at, .part = part, .moment = m};

	piece.end = to < s->end ? to : s->end;
	if (piece.end <= s->at)
		return;
	s->take(s->arg, &piece);
	s->at = piece.end;
}

/*
 * What is left up to @to is @part's, but for the times off the CPU among the moments before number
 * @last; those asleep are it, too, if @within it, a fault.
 */
static void fill(struct sweep *s, uint64_t last, uint64_t to, enum attrib_part part,
		 const struct moment *m, bool within)
{
	for (; s->off < last; s->off++) {
		const struct moment *o = history_at(s->h, s->off);

		if (o->type != PROBE_OFF)
			continue;
		if (o->begin >= to)
			break;
		if (within && o->flags & PROBE_ASLEEP)
			continue;
		hand_out(s, o->begin, part, m);
		hand_out(s, o->end < to ? o->end : to, part_of(o), o);
		if (o->end > to)
			return; /* the rest of it comes with what comes next */
	}
	hand_out(s, to, part, m);
}

static uint64_t left_guest(const struct moment *m)
{
	return minus(m->begin, m->before_ns);
}

/* So many other exits may lie between a fault that was sent back and the next. */
#define CHAIN_MOST 32

/*
 * Sent back, and then there again: before moment @to nothing of the guest has run since the latest
 * fault, but for what is needed to fault once more.
 */
static bool is_chain(const struct sweep *s, uint64_t to)
{
	const struct history *h = s->h;
	uint64_t i = s->since;

	if (!s->fault || !s->fault->sent_back)
		return false;
	for (; i < h->n && i < to + CHAIN_MOST; i++) {
		const struct moment *m = history_at(h, i);

		if (m->type == PROBE_VIRQ && !(m->flags & PROBE_AGAIN))
			return false;
		if (m->type == PROBE_FAULT)
			return m->page == s->fault->page;
	}
	return false;
}

/* The first time off the CPU among moments [i, to) that begins before @ns; else @ns. */
static uint64_t first_off(const struct history *h, uint64_t i, uint64_t to, uint64_t ns)
{
	for (; i < to; i++) {
		const struct moment *o = history_at(h, i);

		if (o->type == PROBE_OFF && o->begin < ns)
			return o->begin;
	}
	return ns;
}

/*
 * In the guest until the begin of @m, moment number @to. A thread that was off its CPU had left the
 * guest by then: the tracepoint may come only after pending interrupts have been let in
 * (arch/x86/kvm/svm/svm.c svm_handle_exit()).
 */
static void between(struct sweep *s, const struct moment *m, uint64_t to)
{
	uint64_t begin = left_guest(m), off;

	if (is_chain(s, to)) {
		fill(s, to, begin, part_of(s->fault), s->fault, false);
		return;
	}
	off = m->type == PROBE_EXIT || m->before_ns ? first_off(s->h, s->off, to, begin) : begin;
	if (off == begin) {
		fill(s, to, begin, s->guest, NULL, false);
		return;
	}
	hand_out(s, off, s->guest, NULL);
	fill(s, to, begin, part_of(m), m, false);
}

/* A fault or another exit: both are what the vCPU was out of the guest for. */
static bool is_exit(const struct moment *m)
{
	return m->type == PROBE_FAULT || m->type == PROBE_EXIT;
}

/* The fault before moment @i, which may last, or its chain; else what lies CHAIN_MOST before. */
static uint64_t fault_before(const struct history *h, uint64_t i)
{
	uint64_t low = history_oldest(h), at = i;

	while (at > low && i - at < CHAIN_MOST && history_at(h, at - 1)->type != PROBE_FAULT)
		at--;
	return at > low ? at - 1 : at;
}

/* From the end of @before until the vCPU is in the guest again. */
static void go_on(struct sweep *s, const struct moment *before, uint64_t to)
{
	fill(s, to, before->end + before->after_ns, part_of(before), before,
	     before->type == PROBE_FAULT);
}

static void sweep(struct sweep *s)
{
	const struct moment *before = NULL;
	uint64_t i = fault_before(s->h, history_find(s->h, s->at));

	s->off = s->since = i;
	for (; i < s->h->n && s->at < s->end; i++) {
		const struct moment *m = history_at(s->h, i);

		if (!is_exit(m))
			continue;
		if (before)
			go_on(s, before, i);
		between(s, m, i);
		fill(s, i, m->end, part_of(m), m, m->type == PROBE_FAULT);
		before = m;
		if (m->type != PROBE_FAULT)
			continue;
		s->fault = m;
		s->since = i + 1;
	}
	if (before)
		go_on(s, before, s->h->n);
	fill(s, s->h->n, s->end, s->guest, NULL, false);
}

static bool interrupted(const struct history *h, uint64_t begin, uint64_t end)
{
	for (uint64_t i = history_find(h, minus(begin, 1)); i < h->n; i++) {
		const struct moment *m = history_at(h, i);

		if (m->end > end)
			return false;
		if (m->type == PROBE_VIRQ)
			return true;
	}
	return false;
}

static bool knowable(const struct history *h, uint64_t done_ns, const struct attrib_stall *s)
{
	if (s->end_ns <= s->begin_ns || s->error_ns > (s->end_ns - s->begin_ns) / 4)
		return false;
	return s->end_ns + s->error_ns <= done_ns &&
	       (h->n <= h->size || h->forgotten <= minus(s->begin_ns, s->error_ns));
}

void stall_divide(const struct history *h, uint64_t done_ns, const struct attrib_stall *s,
		  stall_taker *take, void *arg)
{
	struct sweep sw = {
		.h = h,
		.at = s->begin_ns,
		.end = s->end_ns,
		.guest = PART_NOT_SEEN,
		.take = take,
		.arg = arg,
	};

	if (!h || !knowable(h, done_ns, s)) {
		hand_out(&sw, s->end_ns, PART_NOT_SEEN, NULL);
		return;
	}
	if (s->guest_busy || interrupted(h, s->begin_ns + s->error_ns, s->end_ns - s->error_ns))
		sw.guest = PART_INTERRUPT;
	sweep(&sw);
}

/* A stall's time by cause, and that of the kinds of windows behind each of the first ones. */
struct tally {
	uint64_t ns[CAUSES];
	uint64_t window_ns[CAUSE_OTHER_FAULT][REASONS][THREADS];
};

static enum attrib_cause cause_of(enum attrib_part part)
{
	static const enum attrib_cause by_part[PARTS] = {
		[PART_INSIDE] = CAUSE_INSIDE,
		[PART_RETRIED] = CAUSE_RETRIED,
		[PART_COLLATERAL] = CAUSE_RETRIED,
		[PART_REFAULT] = CAUSE_REFAULT,
		[PART_UPGRADE] = CAUSE_REFAULT,
		[PART_OTHER_FAULT] = CAUSE_OTHER_FAULT,
		[PART_MIGRATION_WAIT] = CAUSE_MIGRATION_WAIT,
		[PART_COPY] = CAUSE_COW,
		[PART_OTHER_EXIT] = CAUSE_OTHER_EXIT,
		[PART_PREEMPTED] = CAUSE_NOT_RUNNING,
		[PART_ASLEEP] = CAUSE_NOT_RUNNING,
		[PART_INTERRUPT] = CAUSE_INTERRUPT,
		[PART_NOT_SEEN] = CAUSE_UNKNOWN,
	};

	return by_part[part];
}

static void tally_piece(void *arg, const struct stall_piece *p)
{
	enum attrib_cause cause = cause_of(p->part);
	struct tally *t = arg;

	t->ns[cause] += p->end - p->begin;
	if (cause < CAUSE_OTHER_FAULT && p->moment->window)
		t->window_ns[cause][p->moment->reason][p->moment->thread] += p->end - p->begin;
}

/* At least half of the stall, wherever within the clock's error it lies. */
static bool half(const struct attrib_stall *s, uint64_t ns)
{
	return 2 * ns >= s->end_ns - s->begin_ns + 2 * s->error_ns;
}

/* Of those that took at least half together the one that is surely the largest. */
static enum attrib_cause largest_window_cause(const struct tally *t, const struct attrib_stall *s)
{
	enum attrib_cause best = CAUSE_INSIDE;
	uint64_t second = 0;

	for (int i = CAUSE_INSIDE; i < CAUSE_OTHER_FAULT; i++)
		if (t->ns[i] > t->ns[best])
			best = i;
	for (int i = CAUSE_INSIDE; i < CAUSE_OTHER_FAULT; i++)
		if (i != (int)best && t->ns[i] > second)
			second = t->ns[i];
	return t->ns[best] - second >= 2 * s->error_ns ? best : CAUSE_UNKNOWN;
}

static enum attrib_cause decide(const struct tally *t, const struct attrib_stall *s)
{
	uint64_t windows = 0;

	for (int i = CAUSE_INSIDE; i < CAUSE_OTHER_FAULT; i++)
		windows += t->ns[i];
	if (half(s, windows))
		return largest_window_cause(t, s);
	for (int i = CAUSE_OTHER_FAULT; i < CAUSE_UNKNOWN; i++)
		if (half(s, t->ns[i]))
			return i;
	return CAUSE_UNKNOWN;
}

static void name_window(const struct tally *t, struct attrib_answer *answer)
{
	uint64_t most = 0;

	for (int r = 0; r < REASONS; r++) {
		for (int th = 0; th < THREADS; th++) {
			if (t->window_ns[answer->cause][r][th] <= most)
				continue;
			most = t->window_ns[answer->cause][r][th];
			answer->window = true;
			answer->reason = r;
			answer->thread = th;
		}
	}
}

struct attrib_answer stall_judge(const struct history *h, uint64_t done_ns,
				 const struct attrib_stall *s)
{
	struct attrib_answer answer = {.cause = CAUSE_UNKNOWN};
	struct tally t = {.ns = {0}};

	if (!knowable(h, done_ns, s))
		return answer;
	stall_divide(h, done_ns, s, tally_piece, &t);
	answer.cause = decide(&t, s);
	if (answer.cause == CAUSE_UNKNOWN)
		return answer;
	answer.explained_ns = t.ns[answer.cause];
	if (answer.cause < CAUSE_OTHER_FAULT)
		name_window(&t, &answer);
	return answer;
}
