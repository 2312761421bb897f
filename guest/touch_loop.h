/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * touch_loop.h - the touch loop itself, as one inline function.
 *
 * guest/touch.c makes touch_run() of it. The bench makes the same loop without the histogram and
 * without the clock of it, which is why the parts are chosen by a constant. No system call, lock,
 * allocation or division in here; what is rare is in functions of its own.
 */
#ifndef TOUCH_LOOP_H
#define TOUCH_LOOP_H

#include <stdbool.h>

#include "touch.h"
#include "tsc.h"

#define TOUCH_TIMED 1u	   /* read the clock, look for stalls */
#define TOUCH_HISTOGRAM 2u /* add the duration to the histogram */

#define touch_inline static inline __attribute__((always_inline))
#define touch_rare __attribute__((noinline, cold))
#define touch_unlikely(x) __builtin_expect(!!(x), 0)

/* A touch that was a stall or was preempted, or both. */
touch_rare void touch_odd(struct touch *t, uint32_t page, bool wrote, uint64_t start,
			  uint64_t length);
/* A word that is not the group's: nothing wrong if it is the odd page's. */
touch_rare void touch_wrong(struct touch *t, uint32_t page, uint32_t word, uint64_t expected,
			    uint64_t found);

/* The next number of splitmix64. */
touch_inline uint64_t touch_random(uint64_t *random)
{
	return pattern_mix(*random += 0x9e3779b97f4a7c15ull);
}

/* 0 .. @below-1 out of the upper half of @random: multiply and shift. */
touch_inline uint32_t touch_scale(uint64_t random, uint32_t below)
{
	return (uint32_t)((random >> 32) * below >> 32);
}

touch_inline void touch_check(struct touch *t, const volatile uint64_t *base, uint32_t page,
			      uint32_t word, uint64_t expected)
{
	uint64_t found = base[word];

	if (touch_unlikely(found != expected))
		touch_wrong(t, page, word, expected, found);
}

/*
 * One touch. First the word of the page's tag: it must hold the tag, or the pattern again if the
 * tag was taken back; either way the latest write is seen to have lasted. Then one of the 511 other
 * words. Then the write, if there is one.
 */
touch_inline bool touch_page(struct touch *t, const struct touch_memory *m, uint32_t page,
			     uint64_t random, uint64_t write_share)
{
	volatile uint64_t *base = m->words + (size_t)page * PATTERN_WORDS;
	uint32_t changes = m->state[page].changes, group = touch_group(m, page);
	uint64_t tag = touch_tag(m, page, changes);
	uint32_t word = pattern_tag_word(tag);
	uint64_t clean = pattern_word(m->seed, group, word);
	uint32_t other = (word + 1 + touch_scale(random, PATTERN_WORDS - 1)) % PATTERN_WORDS;
	bool tagged = changes & 1;

	touch_check(t, base, page, word, tagged ? tag : clean);
	touch_check(t, base, page, other, pattern_word(m->seed, group, other));
	if (tagged) {
		base[word] = clean;
	} else if ((uint32_t)random < write_share) {
		tag = pattern_tag(m->seed, page, changes + 1);
		base[pattern_tag_word(tag)] = tag;
	} else {
		return false;
	}
	m->state[page].changes = changes + 1;
	touch_count(&t->n.writes, 1);
	return true;
}

touch_inline void touch_loop(struct touch *t, const uint32_t *go, uint32_t mine, uint64_t limit,
			     unsigned int parts)
{
	const struct touch_memory m = t->memory;
	const uint64_t write_share = t->write_share;
	const uint32_t shared = m.shared, first = t->first - shared, pages = t->pages + shared;
	uint64_t random = t->random, begun, last;

	preempt_arm(&t->preempt);
	begun = last = tsc_ordered();
	while (limit-- && __atomic_load_n(go, __ATOMIC_RELAXED) == mine) {
		uint32_t page = first + touch_scale(touch_random(&random), pages);
		bool wrote;

		if (touch_unlikely(page < t->first))
			wrote = touch_shared(t, page - first, touch_random(&random));
		else
			wrote = touch_page(t, &m, page, touch_random(&random), write_share);

		touch_count(&t->n.touches, 1);
		if (parts & TOUCH_TIMED) {
			uint64_t now = tsc_ordered(), length = now - last;

			touch_stamped(&m.state[page], touch_stamp(last, t->stamp_base));
			if (parts & TOUCH_HISTOGRAM)
				hist_add(&t->hist, length);
			if (touch_unlikely(length >= t->stall_tsc || preempt_seen(&t->preempt)))
				touch_odd(t, page, wrote, last, length);
			last = now;
		} else {
			__asm__ volatile("" : : : "memory");
		}
	}
	t->random = random;
	/* Touches follow each other without a gap: their lengths add up to this. */
	touch_count(&t->n.time_tsc, last - begun);
}

#endif
