/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shared.c - pages that all workers read, and that one of them writes at a time.
 *
 * A page goes from clean to tagged and back, as a worker's own pages do, and whose turn it is to
 * change it follows from how often it has changed: worker (changes + page) % workers. So no two
 * write at a time, no lock is needed, and each sees the writes of the others. The writer says that
 * a change is under way, stores the word, and counts the change. A reader that finds the same
 * before and after reading knows what must stand there: what the count says, or, while a change is
 * under way, what that makes of it; anything else is a write that was lost, or a page that is not
 * the right one. Each of these accesses is an atomic one that keeps its place: the word is read
 * after the first count and before the second (acquire), and written after the one store and before
 * the other (release), which on x86 takes plain loads and stores.
 */
#include "touch_loop.h"

#define UNDER_WAY (1u << 31) /* in changes; never while the workers rest */

/* What word @word of @page holds after @changes. */
static uint64_t word_after(const struct touch_memory *m, uint32_t page, uint32_t changes,
			   uint32_t word)
{
	uint64_t tag = touch_tag(m, page, changes);

	if (changes & 1 && word == pattern_tag_word(tag))
		return tag;
	return pattern_word(m->seed, touch_group(m, page), word);
}

static uint32_t count(const struct touch_state *state)
{
	return __atomic_load_n(&state->changes, __ATOMIC_ACQUIRE);
}

/* Looks at a word until nothing has happened meanwhile; changes as they were then. */
static uint32_t look(struct touch *t, uint32_t page, bool of_tag, uint64_t random)
{
	const struct touch_memory *m = &t->memory;
	const uint64_t *base = m->words + (size_t)page * PATTERN_WORDS;
	uint32_t changes, was, word;
	uint64_t found;

	do {
		uint32_t at;

		was = count(&m->state[page]);
		changes = was & ~UNDER_WAY;
		at = pattern_tag_word(touch_tag(m, page, changes));
		word = of_tag ? at
			      : (at + 1 + touch_scale(random, PATTERN_WORDS - 1)) % PATTERN_WORDS;
		found = __atomic_load_n(&base[word], __ATOMIC_ACQUIRE);
	} while (count(&m->state[page]) != was);
	if (touch_unlikely(found != word_after(m, page, changes, word)) &&
	    !(was & UNDER_WAY && found == word_after(m, page, changes + 1, word)))
		touch_wrong(t, page, word, word_after(m, page, changes, word), found);
	return was;
}

bool touch_shared(struct touch *t, uint32_t page, uint64_t random)
{
	const struct touch_memory *m = &t->memory;
	uint64_t *base = m->words + (size_t)page * PATTERN_WORDS;
	uint32_t changes, word;

	look(t, page, false, random);
	changes = look(t, page, true, random);
	if (changes & UNDER_WAY || (changes + page) % m->vcpus != t->vcpu)
		return false;
	if (!(changes & 1) && (uint32_t)random >= t->write_share)
		return false;
	word = pattern_tag_word(touch_tag(m, page, changes | 1));
	__atomic_store_n(&m->state[page].changes, changes | UNDER_WAY, __ATOMIC_RELEASE);
	__atomic_store_n(&base[word], word_after(m, page, changes + 1, word), __ATOMIC_RELEASE);
	__atomic_store_n(&m->state[page].changes, changes + 1, __ATOMIC_RELEASE);
	touch_count(&t->n.writes, 1);
	return true;
}
