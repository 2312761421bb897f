/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attrib_model.c - random streams, judged by attrib and by the definitions of attrib.h.
 *
 * The model knows all events at once, in order, and goes through all windows for each fault and
 * through each ns of a stall. Streams have nested and overlapping windows of four threads, some of
 * whose records are lost, some that take long to start; faults of two vCPUs, times off the CPU,
 * interrupts; they come in order, in three parts: before, within and after the stretch that is
 * compared.
 *
 * It would pass silently if streams held nothing of a kind: test_streams_hold_everything sums up.
 */
#include "attrib_made.h"

#define MOST 8000
#define SPAN 60000 /* ns */
#define VCPUS 2
#define PAGES (LOW_PAGES + HIGH_PAGES)
#define NEVER UINT64_MAX

struct known {
	uint64_t t0, t1, t2, gone; /* gone: its record was found lost */
	const struct probe_event *e;
};

static struct probe_event event[MOST];
static int nevents;
static struct known known[MOST];
static int nknown;
static bool used[2 * SPAN]; /* ns that an event has: no two have the same */
static uint64_t seed;
static uint64_t touches[PAGES];
static uint64_t begin_ns, end_ns;
static struct attrib_figures expected;
static uint8_t class_in_stretch[MOST], class_in_the_end[MOST];
static struct attrib_figures seen_in_all;
static uint64_t unpaired, unpaired_in_all;
static int rows_alike; /* streams in which the longest row is exactly the expected one */

static uint64_t pick(uint64_t n)
{
	return next_random(&seed) % n;
}

/* Streams */

static uint64_t unused_from(uint64_t ns)
{
	while (used[ns])
		ns++;
	used[ns] = true;
	return ns;
}

static void add(struct probe_event e)
{
	assert_true(nevents < MOST);
	event[nevents++] = e;
}

static uint32_t some_page(void)
{
	static const uint32_t pages[] = {0,    1,    2,	   3,	 511,  512, 513,
					 1022, 1023, 1024, 1025, 1026, 1535};

	return pages[pick(ARRAY_SIZE(pages))];
}

static struct probe_event some_start(uint64_t t0, uint64_t t1, uint64_t id, int thread)
{
	struct probe_event e = start_of(t0, t1, id, some_page(), 1 + pick(10) / 7 * pick(600));

	e.thread = thread;
	e.reason = pick(REASONS);
	e.transition = pick(TRANSITIONS);
	if (pick(10) == 0)
		e.address = 0x1000;
	if (pick(40) == 0) {
		e.address = 0;
		e.length = NEVER;
	}
	return e;
}

static uint64_t some_time(void)
{
	return pick(30) ? 1 + pick(60) : 1 + pick(3000);
}

static void make_thread(int thread)
{
	uint64_t at = pick(1000);
	int depth = 0;

	while (at < SPAN) {
		uint64_t t0 = at + 1 + some_time() * pick(10);
		uint64_t id = 1 + thread * 100 + depth;

		if (depth < 3 && pick(2)) {
			at = unused_from(t0 + some_time());
			if (pick(50))
				add(some_start(t0, at, id, thread));
			depth++;
		} else if (depth > 0) {
			at = unused_from(t0);
			depth--;
			if (pick(50)) {
				struct probe_event e = end_of(at, id - 1);

				e.flags = pick(2);
				add(e);
			}
		} else {
			at += pick(600);
		}
	}
}

static void make_vcpu(int vcpu)
{
	uint64_t at = pick(100);
	uint32_t page = some_page();

	while (at < SPAN) {
		uint64_t begin = at + pick(40), end = unused_from(begin + some_time());
		struct probe_event e = fault_of(vcpu, begin, end, page, pick(OUTCOMES));

		if (pick(2))
			e.outcome = OUTCOME_RETRY;
		if (pick(3) == 0)
			page = some_page();
		if (pick(12) == 0)
			e.length = MAP_2M;
		e.flags = (pick(15) ? 0 : PROBE_MIGRATION) | (pick(15) ? 0 : PROBE_OWN_COPY) |
			  (pick(3) ? 0 : PROBE_WRITE);
		if (pick(5) == 0) { /* off the CPU, within a fault or not */
			uint64_t off_end = unused_from(begin + 2 + pick(100));

			add((struct probe_event){.type = PROBE_OFF,
						 .begin_ns = begin + 1,
						 .ns = off_end,
						 .vcpu = vcpu,
						 .flags = pick(2)});
			at = off_end;
			if (pick(2))
				continue;
			e.begin_ns = begin;
			e.ns = unused_from(off_end + pick(20));
		} else if (pick(8) == 0) {
			at = unused_from(begin + some_time());
			add((struct probe_event){.type = PROBE_EXIT,
						 .begin_ns = begin,
						 .ns = at,
						 .address = pick(3),
						 .vcpu = vcpu});
			continue;
		} else if (pick(8) == 0) {
			at = unused_from(begin);
			add((struct probe_event){.type = PROBE_VIRQ,
						 .begin_ns = at,
						 .ns = at,
						 .vcpu = vcpu,
						 .flags = pick(2) ? PROBE_AGAIN : 0});
			continue;
		}
		add(e);
		at = e.ns;
	}
}

static int by_ns(const void *x, const void *y)
{
	const struct probe_event *e = x, *f = y;

	return e->ns < f->ns ? -1 : e->ns > f->ns;
}

static void make_stream(uint64_t number)
{
	seed = number * 0x9e3779b97f4a7c15ull;
	memset(used, 0, sizeof(used));
	nevents = 0;
	for (int i = 0; i < 4; i++)
		make_thread(i);
	for (int i = 0; i < VCPUS; i++)
		make_vcpu(i);
	qsort(event, nevents, sizeof(event[0]), by_ns);
	begin_ns = pick(SPAN / 2);
	end_ns = begin_ns + pick(SPAN / 2);
	for (int i = 0; i < PAGES; i++)
		touches[i] = pick(3) ? pick(end_ns + 1) : 0;
}

/* The model */

static bool in_stretch(uint64_t ns)
{
	return begin_ns <= ns && ns <= end_ns;
}

static bool covers(const struct probe_event *w, uint32_t page)
{
	uint64_t hva = hva_of(page), end = w->length == NEVER ? NEVER : w->address + w->length;

	return hva < end && hva + 4096 > w->address;
}

static bool on_ram(const struct probe_event *w)
{
	for (uint32_t page = 0; page < PAGES; page++)
		if (covers(w, page))
			return true;
	return false;
}

/* Pairs records by id. */
static void know_windows(void)
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

static uint32_t page_of(const struct probe_event *f)
{
	return f->address < HIGH_GPA ? f->address / 4096
				     : LOW_PAGES + (f->address - HIGH_GPA) / 4096;
}

static bool maps(const struct probe_event *f)
{
	return f->outcome == OUTCOME_FIXED || f->outcome == OUTCOME_SPURIOUS;
}

static bool maps_page(const struct probe_event *f, uint32_t page)
{
	uint64_t size = f->length > 4096 ? f->length : 4096, at = f->address / size * size;

	return maps(f) && gpa_of(page) >= at && gpa_of(page) < at + size;
}

/* By windows alone, of those that have started by @until. */
static enum attrib_class class_by_windows(const struct probe_event *f, uint64_t until)
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

static const struct known *window_of(const struct probe_event *e)
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
};

static void settle(const struct followed *p, uint32_t page, uint64_t error_ns)
{
	const struct known *zapper = p->zapper;
	struct attrib_transition *t = &expected.transition[zapper->e->transition];
	int64_t late = (int64_t)touches[page] - (int64_t)zapper->t2;

	if (zapper->t2 > end_ns)
		late = (int64_t)touches[page] - (int64_t)zapper->t1;
	if (p->maybe && zapper->t2 <= end_ns && touches[page] && late > (int64_t)error_ns)
		t->refaults++;
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
static bool stays_splits(const struct known *zapper, const struct probe_event *e)
{
	return zapper && zapper->e->transition == TRANSITION_SPLIT &&
	       (e->transition == TRANSITION_WRITE_PROTECT || e->transition == TRANSITION_REPLACE);
}

/* Did a window zap the page while KVM handled @f? */
static bool zapped_within(const struct probe_event *f, uint32_t page)
{
	for (int k = 0; k < nknown; k++)
		if (covers(known[k].e, page) && known[k].t1 > f->begin_ns && known[k].t1 <= f->ns &&
		    known[k].gone > f->ns)
			return true;
	return false;
}

/* What becomes of the page by @e. @own: it is the page that the fault is on. */
static void follow(struct followed *p, const struct probe_event *e, uint32_t page, bool own)
{
	if (e->type == PROBE_START) {
		if (!stays_splits(p->zapper, e))
			p->zapper = window_of(e);
		p->maybe = false;
	} else if (own && p->zapper && zapped_within(e, page)) {
		p->maybe = true;
	} else {
		p->read = !(e->flags & PROBE_WRITE) && (p->zapper || p->read);
		p->zapper = NULL;
		p->maybe = false;
	}
}

static enum attrib_class class_by_page(const struct followed *p, const struct probe_event *e)
{
	if (p->zapper)
		return CLASS_REFAULT;
	return p->read && e->flags & PROBE_WRITE ? CLASS_UPGRADE : CLASS_OTHER;
}

static void count_mapping(const struct followed *was, const struct followed *is, bool own)
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
static void follow_page(uint32_t page, uint64_t error_ns)
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

static void model(uint64_t error_ns)
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
static uint64_t sent_back_in_a_row(uint32_t vcpu)
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

static void hand_over(uint64_t from, uint64_t to)
{
	for (int i = 0; i < nevents; i++)
		if (event[i].ns >= from && event[i].ns <= to)
			attrib_event(a, &event[i]);
}

static uint64_t touched_at(void *arg, uint64_t gpa)
{
	(void)arg;
	return touches[gpa < HIGH_GPA ? gpa / 4096 : LOW_PAGES + (gpa - HIGH_GPA) / 4096];
}

static void run_stream(uint64_t error_ns)
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

/* A row that is over is kept or not by what was known of it then; a window known later makes it
 * shorter, and the next shorter one is gone. So it may be too low, and never too high. */
static void check_row(void)
{
	uint64_t most = 0;

	for (uint32_t v = 0; v < VCPUS; v++) {
		uint64_t n = sent_back_in_a_row(v);

		most = n > most ? n : most;
	}
	expected.sent_back_most = attrib_figures(a)->sent_back_most;
	assert_true(expected.sent_back_most <= most);
	rows_alike += expected.sent_back_most == most;
}

static void test_figures(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 150; i++) {
		uint64_t error_ns = i % 3 * 500;

		make_stream(i);
		model(error_ns);
		run_stream(error_ns);
		/* Where several windows lie over a page one is met; which is nobody's promise. */
		expected.met = attrib_figures(a)->met;
		assert_true(expected.met <= expected.by_class[CLASS_INSIDE]);
		check_row();
		/* What went on when is series.c's test. */
		for (size_t k = 0; k < offsetof(struct attrib_figures, series) / 8; k++) {
			uint64_t want = ((const uint64_t *)&expected)[k];
			uint64_t got = ((const uint64_t *)attrib_figures(a))[k];

			if (want != got)
				fail_msg("stream %lu: figure %zu of struct attrib_figures is %lu, "
					 "not %lu",
					 i, k, got, want);
			((uint64_t *)&seen_in_all)[k] += want;
		}
		assert_int_equal(attrib_doubts(a).unpaired, unpaired);
		assert_int_equal(attrib_doubts(a).late, 0);
		unpaired_in_all += unpaired;
		made_close(NULL);
	}
}

static void test_streams_hold_everything(void **state)
{
	const struct attrib_figures *f = &seen_in_all;

	(void)state;
	assert_true(f->windows > 1000 && f->preempted > 100 && f->open > 10 &&
		    unpaired_in_all > 100);
	assert_true(rows_alike > 140 && f->sent_back_most > 30);
	assert_true(f->sent_back > 1000 && f->begun_before > 20 && f->unended > 20);
	for (int i = 0; i < CLASSES; i++)
		assert_true(f->by_class[i] > 100);
	for (int i = 0; i < TRANSITIONS; i++) {
		const struct attrib_transition *t = &f->transition[i];

		assert_true(t->refaults > 50 && t->untouched > 50 && t->touched > 50);
		assert_true(t->undecided > 50 && t->neighbours > 50);
		assert_int_equal(t->zapped, t->refaults + t->untouched + t->touched + t->undecided +
						    t->neighbours);
	}
}

/* Stalls, ns by ns */

static uint8_t cause_at[2 * SPAN];

static void paint(uint64_t from, uint64_t to, enum attrib_cause cause)
{
	for (; from < to; from++)
		cause_at[from] = cause;
}

static enum attrib_cause cause_of(int i)
{
	if (event[i].flags & PROBE_MIGRATION)
		return CAUSE_MIGRATION_WAIT;
	if (event[i].flags & PROBE_OWN_COPY)
		return CAUSE_COW;
	switch (class_in_the_end[i]) {
	case CLASS_INSIDE:
		return CAUSE_INSIDE;
	case CLASS_REFAULT:
	case CLASS_UPGRADE:
		return CAUSE_REFAULT;
	case CLASS_OTHER:
		return CAUSE_OTHER_FAULT;
	default:
		return CAUSE_RETRIED;
	}
}

/* Off the CPU since the last exit: out of the guest, for the exit that comes. */
static void paint_before_exit(int i)
{
	uint64_t off = NEVER;

	for (int k = 0; k < i; k++) {
		const struct probe_event *o = &event[k];

		if (o->vcpu != event[i].vcpu)
			continue;
		if (o->type == PROBE_FAULT || o->type == PROBE_EXIT)
			off = NEVER;
		else if (o->type == PROBE_OFF && off == NEVER)
			off = o->begin_ns;
	}
	if (off < event[i].begin_ns)
		paint(off, event[i].begin_ns, CAUSE_OTHER_EXIT);
}

static void paint_exits(uint32_t vcpu)
{
	for (int i = 0; i < nevents; i++)
		if (event[i].vcpu == vcpu && event[i].type == PROBE_EXIT)
			paint(event[i].begin_ns, event[i].ns, CAUSE_OTHER_EXIT);
}

static void paint_vcpu(uint32_t vcpu)
{
	int before = -1;

	memset(cause_at, CAUSE_UNKNOWN, sizeof(cause_at));
	for (int i = 0; i < nevents; i++)
		if (event[i].vcpu == vcpu && event[i].type == PROBE_EXIT)
			paint_before_exit(i);
	for (int i = 0; i < nevents; i++) {
		if (event[i].vcpu != vcpu || event[i].type < PROBE_FAULT)
			continue;
		if (event[i].type == PROBE_VIRQ && !(event[i].flags & PROBE_AGAIN))
			before = -1;
		if (event[i].type != PROBE_FAULT)
			continue;
		paint(event[i].begin_ns, event[i].ns, cause_of(i));
		if (before >= 0 && event[before].outcome == OUTCOME_RETRY &&
		    page_of(&event[before]) == page_of(&event[i]))
			paint(event[before].ns, event[i].begin_ns, cause_of(before));
		before = i;
	}
	paint_exits(vcpu);
	for (int i = 0; i < nevents; i++) {
		const struct probe_event *o = &event[i];
		bool within = false;

		if (o->vcpu != vcpu || o->type != PROBE_OFF)
			continue;
		for (int k = 0; k < nevents; k++)
			within |= event[k].type == PROBE_FAULT && event[k].vcpu == vcpu &&
				  event[k].begin_ns <= o->begin_ns && o->ns <= event[k].ns;
		if (!within || !(o->flags & PROBE_ASLEEP))
			paint(o->begin_ns, o->ns, CAUSE_NOT_RUNNING);
	}
}

/* What the cause would be if the stall were just there; *@share: how much of it each took. */
static bool could_be(const struct attrib_stall *s, int64_t shift, enum attrib_cause answer,
		     uint64_t *explained)
{
	uint64_t share[CAUSES] = {0}, windows = 0, largest = 0, length = s->end_ns - s->begin_ns;
	bool irq = s->guest_busy;

	for (uint64_t t = s->begin_ns + shift; t < s->end_ns + shift; t++)
		share[cause_at[t]]++;
	for (int i = 0; i < nevents; i++)
		irq |= event[i].type == PROBE_VIRQ && event[i].vcpu == s->vcpu &&
		       event[i].ns >= s->begin_ns + shift && event[i].ns <= s->end_ns + shift;
	if (irq)
		share[CAUSE_INTERRUPT] = share[CAUSE_UNKNOWN];
	for (int i = 0; i < CAUSE_OTHER_FAULT; i++) {
		windows += share[i];
		largest = share[i] > largest ? share[i] : largest;
	}
	*explained = answer == CAUSE_UNKNOWN ? 0 : share[answer];
	if (answer == CAUSE_UNKNOWN) {
		for (int i = CAUSE_OTHER_FAULT; i < CAUSE_UNKNOWN; i++)
			windows = share[i] > windows ? share[i] : windows;
		return 2 * windows < length;
	}
	if (answer < CAUSE_OTHER_FAULT)
		return 2 * windows >= length && share[answer] == largest;
	/* cppcheck-suppress arrayIndexOutOfBoundsCond; answer is a cause, below CAUSES */
	return 2 * share[answer] >= length;
}

static uint64_t answers[CAUSES];

static uint64_t sum_of_parts(void)
{
	const struct attrib_figures *f = attrib_figures(a);
	uint64_t sum = 0, keyed = f->preempted_by.rest_ns + f->exits.rest_ns;

	for (int i = 0; i < PARTS; i++)
		sum += f->part_ns[i];
	for (uint32_t i = 0; i < f->preempted_by.n; i++)
		keyed += f->preempted_by.of[i].ns;
	for (uint32_t i = 0; i < f->exits.n; i++)
		keyed += f->exits.of[i].ns;
	assert_int_equal(keyed, f->part_ns[PART_PREEMPTED] + f->part_ns[PART_OTHER_EXIT]);
	return sum;
}

static void check_stall(uint32_t vcpu, uint64_t error_ns)
{
	struct attrib_stall s = {
		.begin_ns = 2000 + pick(SPAN - 8000),
		.vcpu = vcpu,
		.error_ns = error_ns,
		.guest_busy = pick(20) == 0,
	};
	struct attrib_answer answer;
	uint64_t explained, before;

	s.end_ns = s.begin_ns + 4 * error_ns + 1 + some_time();
	before = sum_of_parts();
	answer = attrib_stall(a, &s);
	assert_int_equal(sum_of_parts() - before,
			 s.end_ns - s.begin_ns); /* neither more nor less */
	answers[answer.cause]++;
	if (answer.cause == CAUSE_UNKNOWN && error_ns)
		return; /* it need not know */
	for (int64_t shift = -(int64_t)error_ns; shift <= (int64_t)error_ns; shift++)
		if (!could_be(&s, shift, answer.cause, &explained))
			fail_msg("stall %lu..%lu of vCPU %u with error %lu: cause %u, but not "
				 "when it is %ld later",
				 s.begin_ns, s.end_ns, vcpu, error_ns, answer.cause, (long)shift);
	could_be(&s, 0, answer.cause, &explained);
	assert_int_equal(answer.explained_ns, explained);
}

static void test_stalls(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 20; i++) {
		make_stream(1000 + i);
		model(0);
		run_stream(0);
		for (uint32_t vcpu = 0; vcpu < VCPUS; vcpu++) {
			paint_vcpu(vcpu);
			for (int k = 0; k < 300; k++)
				check_stall(vcpu, k % 2 ? 0 : pick(20));
		}
		made_close(NULL);
	}
	for (int i = 0; i < CAUSES; i++)
		assert_true(answers[i] > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_streams_hold_everything),
		cmocka_unit_test(test_stalls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
