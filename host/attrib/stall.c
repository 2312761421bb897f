// SPDX-License-Identifier: GPL-2.0-only
/*
 * stall.c - what a stall's time was spent on: goes through the vCPU's history step by step, from
 * fault to fault.
 */
#include <string.h>

#include "stall.h"

/* A stall's time, divided. Kinds of windows are summed for one cause at a time. */
struct tally {
	uint64_t begin, end;
	uint64_t ns[CAUSES];
	enum attrib_cause wanted;
	uint64_t window_ns[REASONS][THREADS];
};

static enum attrib_cause cause_of(const struct moment *m)
{
	static const enum attrib_cause by_class[CLASSES] = {
		[CLASS_INSIDE] = CAUSE_INSIDE,	    [CLASS_RETRIED] = CAUSE_RETRIED,
		[CLASS_COLLATERAL] = CAUSE_RETRIED, [CLASS_REFAULT] = CAUSE_REFAULT,
		[CLASS_OTHER] = CAUSE_OTHER_FAULT,
	};

	if (m->flags & PROBE_MIGRATION)
		return CAUSE_MIGRATION_WAIT;
	return m->flags & PROBE_OWN_COPY ? CAUSE_COW : by_class[m->class];
}

static uint64_t clipped(const struct tally *t, uint64_t from, uint64_t to)
{
	from = from > t->begin ? from : t->begin;
	to = to < t->end ? to : t->end;
	return from < to ? to - from : 0;
}

static void tally_fault(struct tally *t, const struct moment *m, uint64_t ns)
{
	enum attrib_cause cause = cause_of(m);

	t->ns[cause] += ns;
	if (cause == t->wanted && m->window)
		t->window_ns[m->reason][m->thread] += ns;
}

/*
 * The time from the end of the fault @before (may be NULL) to that of the fault @m (NULL: to the
 * end of the history), in which moments [i, to) ended: none of them a fault.
 */
static void tally_step(struct tally *t, const struct history *h, uint64_t i, uint64_t to,
		       const struct moment *before, const struct moment *m)
{
	uint64_t start = before ? before->end : 0, cut = m ? m->begin : UINT64_MAX;
	uint64_t off_between = 0, off_within = 0;
	bool interrupted = false;

	cut = cut > start ? cut : start;
	for (; i < to; i++) {
		const struct moment *o = history_at(h, i);
		uint64_t from = o->begin > start ? o->begin : start;

		if (o->type == PROBE_VIRQ) {
			interrupted |= o->end <= cut;
			continue;
		}
		off_between += clipped(t, from, o->end < cut ? o->end : cut);
		if (!(o->flags & PROBE_ASLEEP))
			off_within += clipped(t, from > cut ? from : cut, o->end);
		start = o->end;
	}
	t->ns[CAUSE_NOT_RUNNING] += off_between + off_within;
	if (!m)
		return;
	tally_fault(t, m, clipped(t, cut, m->end) - off_within);
	if (before && before->sent_back && before->page == m->page && !interrupted)
		tally_fault(t, before, clipped(t, before->end, cut) - off_between);
}

/* The fault before moment @i, if nothing but times off the CPU lies between: its chain may last. */
static uint64_t chain_before(const struct history *h, uint64_t i)
{
	uint64_t low = history_oldest(h), at = i;

	while (at > low && history_at(h, at - 1)->type == PROBE_OFF)
		at--;
	return at > low && history_at(h, at - 1)->type == PROBE_FAULT ? at - 1 : i;
}

static void tally(struct tally *t, const struct history *h)
{
	const struct moment *before = NULL;
	uint64_t i, from = chain_before(h, history_find(h, t->begin));

	for (i = from; i < h->n; i++) {
		const struct moment *m = history_at(h, i);

		if (m->type != PROBE_FAULT)
			continue;
		tally_step(t, h, from, i, before, m);
		if (m->begin >= t->end)
			return;
		before = m;
		from = i + 1;
	}
	tally_step(t, h, from, i, before, NULL);
}

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
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

/* What is left is the guest's own. */
static void tally_guest(struct tally *t, const struct history *h, const struct attrib_stall *s)
{
	uint64_t left = s->end_ns - s->begin_ns;

	for (int i = 0; i < CAUSES; i++)
		left = minus(left, t->ns[i]);
	if (s->guest_busy || interrupted(h, s->begin_ns + s->error_ns, s->end_ns - s->error_ns))
		t->ns[CAUSE_INTERRUPT] = left;
	else
		t->ns[CAUSE_UNKNOWN] = left;
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
			if (t->window_ns[r][th] <= most)
				continue;
			most = t->window_ns[r][th];
			answer->window = true;
			answer->reason = r;
			answer->thread = th;
		}
	}
}

static bool knowable(const struct history *h, uint64_t done_ns, const struct attrib_stall *s)
{
	if (s->end_ns <= s->begin_ns || s->error_ns > (s->end_ns - s->begin_ns) / 4)
		return false;
	return s->end_ns + s->error_ns <= done_ns &&
	       (h->n <= h->size || h->forgotten <= minus(s->begin_ns, s->error_ns));
}

struct attrib_answer stall_judge(const struct history *h, uint64_t done_ns,
				 const struct attrib_stall *s)
{
	struct attrib_answer answer = {.cause = CAUSE_UNKNOWN};
	struct tally t = {.begin = s->begin_ns, .end = s->end_ns, .wanted = CAUSE_UNKNOWN};

	if (!knowable(h, done_ns, s))
		return answer;
	tally(&t, h);
	tally_guest(&t, h, s);
	answer.cause = decide(&t, s);
	if (answer.cause == CAUSE_UNKNOWN)
		return answer;
	answer.explained_ns = t.ns[answer.cause];
	if (answer.cause >= CAUSE_OTHER_FAULT)
		return answer;
	memset(&t.ns, 0, sizeof(t.ns));
	t.wanted = answer.cause;
	tally(&t, h);
	name_window(&t, &answer);
	return answer;
}
