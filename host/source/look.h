/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * look.h - the raw /proc/PID/pagemap entries of a sample of the guest's test pages, taken anew at
 * each look: for what pagewatch.h does not follow (soft-dirty bits, pages in swap, huge pages).
 */
#ifndef SOURCE_LOOK_H
#define SOURCE_LOOK_H

#include "common.h"

/* Documentation/admin-guide/mm/pagemap.rst */
#define LOOK_PRESENT (1ull << 63)
#define LOOK_SWAPPED (1ull << 62) /* also a migration entry */
#define LOOK_SOFT_DIRTY (1ull << 55)
#define LOOK_PFN(entry) ((entry) & ((1ull << 55) - 1))

#define LOOK_MAX_PAGES 2048u /* of a larger guest, evenly spread blocks of LOOK_BLOCK pages */
#define LOOK_BLOCK 64u

struct look {
	int fd;
	uint32_t n;	  /* pages looked at */
	uint32_t stride;  /* every so manieth block */
	uint64_t *now;	  /* n entries of the last look; NULL: not open */
	uint64_t *before; /* of the look before that */
};

/* At most @max pages, at least one. Takes the first look. 0 or -errno (said). */
must_check int look_open(struct look *l, const struct env *env, uint32_t max);
void look_close(struct look *l); /* zeroed is fine */
/* Exchanges now and before, then fills now. 0 or -errno (said). */
must_check int look_again(struct look *l, const struct env *env);
/* The entries of @n pages from @hva on; how many, or -errno (said). */
must_check int look_at(const struct look *l, uint64_t hva, uint32_t n, uint64_t *entry);
/* Number of the test page behind index @i (< n). */
uint32_t look_page(const struct look *l, uint32_t i);

/* Pages that lay in these @frames at the look before, and lie elsewhere now. */
uint64_t look_left(const struct look *l, uint64_t first, uint64_t frames);
/*
 * Whether the page at @hva is part of a huge page: KPF_THP of /proc/kpageflags. 1, 0, or -errno
 * (said); a page that is not present is none.
 */
must_check int look_is_huge(const struct look *l, uint64_t hva);

#endif
