/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * span.h - pages of guest RAM by number: first those of the low piece, then those of the high one.
 */
#ifndef ATTRIB_SPAN_H
#define ATTRIB_SPAN_H

#include "probe/ram.h"
#include "base/util.h"

#define PAGE_NONE UINT32_MAX /* not guest RAM */

/* Pages of guest RAM: a run in each of its two pieces, by the numbers of page_number(). */
struct span {
	uint32_t first[2], pages[2];
};

static inline bool span_has(const struct span *s, uint32_t page)
{
	return page - s->first[0] < s->pages[0] || page - s->first[1] < s->pages[1];
}

static inline uint32_t span_pages(const struct span *s)
{
	return s->pages[0] + s->pages[1];
}

/* A piece's first page has the number of all pages before it. */
struct span span_clip(const struct guest_ram *ram, uint64_t hva, uint64_t bytes);
struct span span_clip_gpa(const struct guest_ram *ram, uint64_t gpa, uint64_t bytes); /* likewise */
uint32_t page_number(const struct guest_ram *ram, uint64_t gpa); /* PAGE_NONE */
uint64_t page_gpa(const struct guest_ram *ram, uint32_t page);

#endif
