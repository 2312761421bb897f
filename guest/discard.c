/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * discard.c - pages that the host takes from the guest with their words (PROTO_DISCARD).
 *
 * The worker goes on touching them meanwhile. A word that reads as zero says that its page is gone,
 * and the page is filled anew. A write of the touch that was under way may have gone to the new,
 * empty page: its tag, or the word that takes the tag back, is all that may stand there.
 */
#include <string.h>

#include "touch.h"
#include "tsc.h"

static bool is_lost(const struct touch_lost *l, uint32_t page)
{
	uint32_t i = page - l->first;

	return i < l->pages && !(l->back[i / 64] >> i % 64 & 1);
}

static void now_back(struct touch_lost *l, uint32_t page)
{
	uint32_t i = page - l->first;

	l->back[i / 64] |= 1ull << i % 64;
}

static void fill(struct touch *t, uint32_t page)
{
	uint64_t clean[PATTERN_WORDS];

	touch_clean(&t->memory, touch_group(&t->memory, page), clean);
	clean[PATTERN_HOST_WORD] ^= touch_odd_bits(&t->memory, page, PATTERN_HOST_WORD);
	memcpy(t->memory.words + (size_t)page * PATTERN_WORDS, clean, PROTO_PAGE_SIZE);
}

bool touch_came_back(struct touch *t, uint32_t page)
{
	if (!is_lost(&t->lost, page))
		return false;
	fill(t, page);
	now_back(&t->lost, page);
	return true;
}

/* Compares a page that nobody has found empty yet with what an empty one can hold. */
static void check_empty(struct touch *t, uint32_t page)
{
	const volatile uint64_t *base = t->memory.words + (size_t)page * PATTERN_WORDS;
	uint64_t tag = touch_tag(&t->memory, page, t->memory.state[page].changes);
	uint32_t at = pattern_tag_word(tag), word = 0;
	uint64_t clean = pattern_word(t->memory.seed, touch_group(&t->memory, page), at), found = 0;

	for (; word < PATTERN_WORDS; word++) {
		found = base[word];
		if (found && !(word == at && (found == tag || found == clean)))
			break;
	}
	touch_count(&t->n.checks, PATTERN_WORDS);
	if (word < PATTERN_WORDS) {
		struct proto_corrupt record = {.found = found,
					       .page = page,
					       .vcpu = t->vcpu,
					       .word = (uint16_t)word};

		touch_count(&t->n.errors, 1);
		touch_corrupt(&t->corrupts, &record, &t->n.errors_lost);
	}
}

void touch_discard(struct touch *t, uint32_t first, uint32_t pages, uint32_t gone)
{
	struct touch_lost *l = &t->lost;

	if (!gone) {
		*l = (struct touch_lost){.first = first, .pages = pages};
		return;
	}
	for (uint32_t page = l->first; page < l->first + l->pages; page++) {
		struct touch_state *state = &t->memory.state[page];

		if (page - t->first >= t->pages || !is_lost(l, page))
			continue;
		check_empty(t, page);
		fill(t, page);
		state->changes += state->changes & 1; /* clean */
		touch_stamped(state, touch_stamp(tsc_ordered(), t->stamp_base));
	}
	l->pages = 0;
}
