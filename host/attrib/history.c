// SPDX-License-Identifier: GPL-2.0-only
/* history.c - see history.h. */
#include <errno.h>
#include <stdlib.h>

#include "history.h"

static uint64_t size_for(uint32_t vcpus)
{
	uint64_t size = ATTRIB_MOMENTS;

	while (size > 1 && size * vcpus > ATTRIB_MOMENTS)
		size /= 2;
	return size;
}

int history_open(struct history *h, uint32_t vcpus)
{
	h->size = size_for(vcpus);
	h->moment = calloc(h->size, sizeof(*h->moment));
	return h->moment ? 0 : -ENOMEM;
}

void history_close(struct history *h)
{
	free(h->moment);
}

struct moment *history_add(struct history *h, uint64_t end)
{
	struct moment *m = &h->moment[h->n++ & (h->size - 1)];

	if (h->n > h->size)
		h->forgotten = m->end;
	m->end = end;
	return m;
}

uint64_t history_find(const struct history *h, uint64_t ns)
{
	uint64_t low = history_oldest(h), high = h->n;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (history_at(h, middle)->end > ns)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
