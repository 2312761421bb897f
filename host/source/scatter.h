/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scatter.h - gives compaction something to do: blocks with holes in them, and guest pages that lie
 * elsewhere, to move into the holes.
 */
#ifndef SOURCE_SCATTER_H
#define SOURCE_SCATTER_H

#include "common.h"

/*
 * Memory of ours of which one page in FILLER_KEEP stays, so that the page blocks it lies in are
 * partly free: what compaction moves pages into.
 */
#define FILLER_KEEP 16u
struct filler {
	char *mem;
	size_t bytes;
};
must_check int filler_make(struct filler *f, size_t bytes); /* 0 or -errno (said) */
void filler_free(struct filler *f);			    /* zeroed is fine */

/*
 * Gathers the huge page's worth of guest memory around test page @page in a new huge page
 * (process_madvise MADV_COLLAPSE, 6.1) and splits that; where it cannot, the pages stay. Answers
 * how many test pages from @page on it held.
 */
uint32_t scatter_page(const struct env *env, uint32_t page);

#endif
