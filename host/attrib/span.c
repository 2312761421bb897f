// SPDX-License-Identifier: GPL-2.0-only
/* span.c - see span.h. */
#include "span.h"

struct span span_clip(const struct guest_ram *ram, uint64_t hva, uint64_t bytes)
{
	uint64_t end = bytes > UINT64_MAX - hva ? UINT64_MAX : hva + bytes;
	struct span span = {0};

	for (int i = 0; i < 2; i++) {
		uint64_t from = hva > ram[i].hva ? hva : ram[i].hva;
		uint64_t to = ram[i].hva + ram[i].bytes;

		to = end < to ? end : to;
		if (from >= to)
			continue;
		span.first[i] = (from - ram[i].hva) / PAGE_BYTES;
		span.pages[i] = (to - 1 - ram[i].hva) / PAGE_BYTES - span.first[i] + 1;
		span.first[i] += i ? ram[0].bytes / PAGE_BYTES : 0;
	}
	return span;
}

uint32_t page_number(const struct guest_ram *ram, uint64_t gpa)
{
	if (gpa - ram[0].gpa < ram[0].bytes)
		return (gpa - ram[0].gpa) / PAGE_BYTES;
	if (gpa - ram[1].gpa < ram[1].bytes)
		return (ram[0].bytes + gpa - ram[1].gpa) / PAGE_BYTES;
	return PAGE_NONE;
}

uint64_t page_gpa(const struct guest_ram *ram, uint32_t page)
{
	uint64_t at = (uint64_t)page * PAGE_BYTES;

	return at < ram[0].bytes ? ram[0].gpa + at : ram[1].gpa + at - ram[0].bytes;
}
