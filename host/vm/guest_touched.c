// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_touched.c - when each page was touched last, as TOUCHED frames tell it at the end of an
 * epoch. An answer is only good when all of them have come: a page of a lost frame would look as
 * if it had not been touched.
 */
#include <errno.h>
#include <string.h>

#include "guest.h"

/* @head is of the present epoch; @pages follow it. */
static bool fits(const struct guest *g, const struct proto_touched *head, uint32_t pages)
{
	const struct guest_touched *t = &g->touched;

	return t->last && !g->ended && head->first_page >= t->next &&
	       head->first_page <= g->mapped_pages && pages <= g->mapped_pages - head->first_page &&
	       (!t->came || head->start_tsc == t->start_tsc);
}

int guest_take_touched(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct guest_touched *t = &g->touched;
	struct proto_touched head;
	uint32_t pages;

	if (length <= sizeof(head) || (length - sizeof(head)) % sizeof(*t->last))
		return -EBADMSG;
	memcpy(&head, p, sizeof(head));
	if (head.epoch != g->epoch) /* of one that a START has just ended */
		return 0;
	pages = (uint32_t)((length - sizeof(head)) / sizeof(*t->last));
	if (!fits(g, &head, pages))
		return -EBADMSG;
	memcpy(t->last + head.first_page, p + sizeof(head), pages * sizeof(*t->last));
	for (uint32_t i = 0; i < pages; i++)
		t->unknown |= t->last[head.first_page + i] == UINT32_MAX;
	t->start_tsc = head.start_tsc;
	t->came += pages;
	t->next = head.first_page + pages;
	return 0;
}

bool guest_touched_complete(const struct guest *g)
{
	return g->ended && g->mapped_pages && g->touched.came == g->mapped_pages &&
	       !g->touched.unknown;
}

uint64_t guest_last_touch_tsc(const struct guest *g, uint32_t page)
{
	uint64_t steps = page < g->touched.next ? g->touched.last[page] : 0;

	return steps ? g->touched.start_tsc + (steps << PROTO_TOUCHED_SHIFT) - 1 : 0;
}
