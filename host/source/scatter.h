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
 * The huge pages' worth of QEMU's memory that hold test pages, each once, by address: a guest whose
 * pages lie in many short runs has several of them in each. *@starts is to be freed. 0 or -errno
 * (said).
 */
must_check int scatter_list(const struct env *env, uint64_t **starts, size_t *n);

/*
 * Gathers the memory from @start in a new huge page (process_madvise MADV_COLLAPSE, 6.1) and splits
 * that; where it cannot, the pages stay.
 */
void scatter(const struct env *env, uint64_t start);

#endif
