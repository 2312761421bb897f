/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * touch.c - the touch loop's function and what surrounds it: set-up, records, fill and sweep.
 *
 * Knows nothing of threads, ports or being a guest: the tests and the bench run the same code
 * natively.
 */
#include <string.h>

#include "touch.h"
#include "touch_loop.h"

#define VCPU_SWEEP 0xffff /* struct proto_corrupt: found by the check at the end of the epoch */

void touch_init(struct touch *t, const struct touch_memory *memory,
		const struct proto_orders *orders, uint32_t vcpu, uint64_t stall_tsc)
{
	uint64_t pages = orders->pages - orders->shared, write_ppm = orders->write_ppm;
	uint32_t first = (uint32_t)(pages * vcpu / orders->vcpus);

	t->memory = *memory;
	t->first = orders->shared + first;
	t->pages = (uint32_t)(pages * (vcpu + 1) / orders->vcpus) - first;
	/*
	 * A tagged page is written at its next touch in any case. If p is the share of touches of a
	 * clean page that tag it, then in the long run p / (1 + p) of the pages are tagged and
	 * w = 2p / (1 + p) of all touches write; so p = w / (2 - w).
	 */
	t->write_share = (write_ppm << 32) / (2ull * PROTO_PPM - write_ppm);
	t->stall_tsc = stall_tsc;
	t->vcpu = (uint16_t)vcpu;
}

void touch_step(struct touch_memory *m, uint32_t step)
{
	m->third = m->pages / 3;
	for (uint32_t third = 0; third < 3; third++)
		m->letter[third] = pattern_letter(step, third);
	m->odd = step == PATTERN_STEPS - 1 ? 1 + pattern_odd_page(m->pages) : 0;
}

void touch_begin(struct touch *t, uint32_t epoch)
{
	uint64_t stream = (uint64_t)epoch << 16 | t->vcpu;

	t->random = pattern_mix(t->memory.seed ^ (stream + 1) * 0xda942042e4dd58b5ull);
	memset(&t->n, 0, sizeof(t->n));
	memset(&t->hist, 0, sizeof(t->hist));
}

void touch_forget(const struct touch_memory *m, struct touch_times *times, uint64_t tsc)
{
	for (uint32_t page = 0; page < m->pages; page++)
		m->state[page].stamp = 0;
	times->origin_tsc = times->start_tsc = tsc;
}

static uint64_t steps_between(uint64_t from, uint64_t to)
{
	return (to - from) >> PROTO_TOUCHED_SHIFT;
}

void touch_times_start(struct touch_times *times, uint64_t tsc)
{
	uint64_t steps = steps_between(times->origin_tsc, tsc);

	times->start_tsc = times->origin_tsc + (steps << PROTO_TOUCHED_SHIFT);
}

uint32_t touch_since(const struct touch_times *times, uint32_t stamp, uint64_t now)
{
	uint64_t before = steps_between(times->origin_tsc, times->start_tsc);

	if (steps_between(times->origin_tsc, now) >= UINT32_MAX - 1)
		return UINT32_MAX;
	return stamp > before ? stamp - (uint32_t)before : 0;
}

void touch_run(struct touch *t, const uint32_t *go, uint32_t mine, uint64_t limit)
{
	touch_loop(t, go, mine, limit, TOUCH_TIMED | TOUCH_HISTOGRAM);
}

static uint16_t stall_flags(const struct touch *t, bool wrote, uint64_t start, uint64_t length)
{
	bool busy = t->preempted_tsc > start && t->preempted_tsc <= start + length;

	return (wrote ? PROTO_STALL_WRITE : 0) | (busy ? PROTO_STALL_BUSY : 0);
}

static void touch_stalled(struct touch *t, uint32_t page, bool wrote, uint64_t start,
			  uint64_t length)
{
	int32_t slot = ring_slot(&t->stalls.ring, TOUCH_STALLS);

	touch_count(&t->n.stalls, 1);
	touch_count(&t->n.stall_tsc, length);
	if (slot < 0) {
		touch_count(&t->n.stalls_lost, 1);
		return;
	}
	t->stalls.record[slot] = (struct proto_stall){
		.start_tsc = start,
		.length_tsc = length,
		.page = page,
		.vcpu = t->vcpu,
		.flags = stall_flags(t, wrote, start, length),
	};
	ring_commit(&t->stalls.ring);
}

/*
 * The preemption was after the last look and before this one: in the touch that ended at @end, or
 * in the few instructions since, which belong to the next. It was in the longer of the two.
 */
static void touch_preempted(struct touch *t, uint64_t end, uint64_t length)
{
	uint64_t now;

	preempt_arm(&t->preempt);
	now = tsc_ordered();
	t->preempted_tsc = now - end > length ? now : end;
}

void touch_odd(struct touch *t, uint32_t page, bool wrote, uint64_t start, uint64_t length)
{
	if (preempt_seen(&t->preempt))
		touch_preempted(t, start + length, length);
	if (length >= t->stall_tsc)
		touch_stalled(t, page, wrote, start, length);
}

void touch_corrupt(struct touch_corrupts *to, const struct proto_corrupt *found, uint64_t *lost)
{
	int32_t slot = ring_slot(&to->ring, TOUCH_CORRUPTS);

	if (slot < 0) {
		touch_count(lost, 1);
		return;
	}
	to->record[slot] = *found;
	ring_commit(&to->ring);
}

void touch_wrong(struct touch *t, uint32_t page, uint32_t word, uint64_t expected, uint64_t found)
{
	uint64_t odd = touch_odd_bits(&t->memory, page, word);
	struct proto_corrupt record = {
		.expected = expected ^ odd,
		.found = found,
		.page = page,
		.vcpu = t->vcpu,
		.word = (uint16_t)word,
	};

	if (odd && found == record.expected)
		return;
	if (!found && touch_came_back(t, page))
		return;
	touch_count(&t->n.errors, 1);
	touch_corrupt(&t->corrupts, &record, &t->n.errors_lost);
	__atomic_store_n(&t->memory.words[(size_t)page * PATTERN_WORDS + word], record.expected,
			 __ATOMIC_RELAXED);
}

void touch_clean(const struct touch_memory *m, uint32_t group, uint64_t *clean)
{
	for (uint32_t word = 0; word < PATTERN_WORDS; word++)
		clean[word] = pattern_word(m->seed, group, word);
}

void touch_fill(const struct touch_memory *m, uint32_t page)
{
	uint64_t *base = m->words + (size_t)page * PATTERN_WORDS;
	uint32_t back = m->third ? page % m->third != 0 : page >= m->groups ? m->groups : 0;

	m->state[page] = (struct touch_state){0}; /* present from now on: no fault in a touch */
	/* A page of the group that is there already is cheaper to copy than to compute. */
	if (back)
		memcpy(base, base - (size_t)back * PATTERN_WORDS, PROTO_PAGE_SIZE);
	else
		touch_clean(m, touch_group(m, page), base);
}

static void sweep_wrong(uint32_t page, uint32_t word, uint64_t expected, uint64_t found,
			struct touch_corrupts *to)
{
	struct proto_corrupt record = {
		.expected = expected,
		.found = found,
		.page = page,
		.vcpu = VCPU_SWEEP,
		.word = (uint16_t)word,
	};
	uint64_t lost = 0; /* the count that touch_sweep() answers has them */

	touch_corrupt(to, &record, &lost);
}

uint32_t touch_sweep(const struct touch_memory *m, uint32_t page, const uint64_t *clean,
		     struct touch_corrupts *to)
{
	volatile uint64_t *base = m->words + (size_t)page * PATTERN_WORDS;
	uint32_t changes = m->state[page].changes;
	uint64_t tag = touch_tag(m, page, changes);
	uint32_t tagged = changes & 1 ? pattern_tag_word(tag) : PATTERN_WORDS;
	uint32_t wrong = 0;

	for (uint32_t word = 0; word < PATTERN_WORDS; word++) {
		uint64_t expected = word == tagged ? tag : clean[word], found = base[word];

		expected ^= touch_odd_bits(m, page, word);
		if (found == expected)
			continue;
		sweep_wrong(page, word, expected, found, to);
		base[word] = expected;
		wrong++;
	}
	return wrong;
}

/* Words of a clean page, computed once for each stretch of pages in one group. */
struct clean_words {
	uint32_t group;
	bool known;
	uint64_t word[PATTERN_WORDS];
};

static const uint64_t *clean_of(struct clean_words *c, const struct touch_memory *m, uint32_t page)
{
	uint32_t group = touch_group(m, page);

	if (!c->known || c->group != group) {
		touch_clean(m, group, c->word);
		c->group = group;
		c->known = true;
	}
	return c->word;
}

/* Whole pages, as a program that fills its memory does: also where nothing changes. */
static void touch_rewrite(const struct touch_memory *m, uint32_t page, const uint64_t *clean)
{
	uint64_t *base = m->words + (size_t)page * PATTERN_WORDS;

	memcpy(base, clean, PROTO_PAGE_SIZE);
	base[PATTERN_HOST_WORD] ^= touch_odd_bits(m, page, PATTERN_HOST_WORD);
	m->state[page].changes += m->state[page].changes & 1; /* clean */
}

void touch_refill(struct touch *t, uint32_t step)
{
	const struct touch_memory was = t->memory;
	struct clean_words before = {.known = false}, after = {.known = false};

	touch_step(&t->memory, step);
	for (uint32_t page = t->first; page < t->first + t->pages; page++) {
		uint64_t start = tsc_ordered();

		touch_count(&t->n.errors,
			    touch_sweep(&was, page, clean_of(&before, &was, page), &t->corrupts));
		touch_count(&t->n.checks, PATTERN_WORDS);
		touch_rewrite(&t->memory, page, clean_of(&after, &t->memory, page));
		touch_stamped(&t->memory.state[page], touch_stamp(start, t->stamp_base));
	}
}
