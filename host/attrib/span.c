// SPDX-License-Identifier: GPL-2.0-only
/* span.c - see span.h. */
#include "span.h"

/* @base: where the two pieces begin, in the addresses of @from. */
static struct span clip(const struct guest_ram *ram, const uint64_t *base, uint64_t from,
			uint64_t bytes)
{
	uint64_t end = bytes > UINT64_MAX - from ? UINT64_MAX : from + bytes;
	struct span span = {0};

	for (int i = 0; i < 2; i++) {
		uint64_t at = from > base[i] ? from : base[i];
		uint64_t to = base[i] + ram[i].bytes;

		to = end < to ? end : to;
		if (at >= to)
			continue;
		span.first[i] = (at - base[i]) / PAGE_BYTES;
		span.pages[i] = (to - 1 - base[i]) / PAGE_BYTES - span.first[i] + 1;
		span.first[i] += i ? ram[0].bytes / PAGE_BYTES : 0;
	}
	return span;
}

struct span span_clip(const struct guest_ram *ram, uint64_t hva, uint64_t bytes)
{
	return clip(ram, (uint64_t[]){ram[0].hva, ram[1].hva}, hva, bytes);
}

struct span span_clip_gpa(const struct guest_ram *ram, uint64_t gpa, uint64_t bytes)
{
	return clip(ram, (uint64_t[]){ram[0].gpa, ram[1].gpa}, gpa, bytes);
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
