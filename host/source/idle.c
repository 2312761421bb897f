/* SPDX-License-Identifier: GPL-2.0-only */
/* idle.c - /sys/kernel/mm/page_idle/bitmap (mm/page_idle.c): 64 page frames per word. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "idle.h"

#define BITMAP "/sys/kernel/mm/page_idle/bitmap"

int idle_mark(const struct look *l)
{
	auto_close int fd = open(BITMAP, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(-errno, "cannot open " BITMAP);
	for (uint32_t i = 0; i < l->n; i++) {
		uint64_t pfn = LOOK_PFN(l->now[i]), bit = 1ull << pfn % 64;

		if (l->now[i] & LOOK_PRESENT && pfn &&
		    pwrite(fd, &bit, sizeof(bit), (off_t)(pfn / 64 * 8)) != sizeof(bit))
			return err_sys(-errno, "cannot write " BITMAP);
	}
	return 0;
}

int idle_count(const struct look *l, uint64_t *young, uint64_t *idle)
{
	auto_close int fd = open(BITMAP, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(-errno, "cannot open " BITMAP);
	for (uint32_t i = 0; i < l->n; i++) {
		uint64_t pfn = LOOK_PFN(l->now[i]), word;

		if (!(l->now[i] & LOOK_PRESENT) || !pfn)
			continue;
		if (pread(fd, &word, sizeof(word), (off_t)(pfn / 64 * 8)) != sizeof(word))
			return err_sys(-errno, "cannot read " BITMAP);
		*(word >> pfn % 64 & 1 ? idle : young) += 1;
	}
	return 0;
}
