/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pagewatch.h - sees what becomes of the guest's own test pages, one by one.
 *
 * KSM's and the system's counters also move for the guest's free memory and for other programs;
 * ksm_merging_pages stays level while pages are broken and merged anew. /proc/PID/pagemap
 * (fs/proc/task_mmu.c, pte_to_pagemap_entry) tells of each page where it lies and whether it is
 * mapped exactly once. Guest memory is private and never forked (MADV_DONTFORK), so a page of it
 * that is mapped more than once is one that KSM has merged. Changes between two looks are counted;
 * a change that is undone between them is missed, so every count is a lower bound.
 */
#ifndef PAGEWATCH_H
#define PAGEWATCH_H

#include "common.h"

#define WATCH_MAX_PAGES 16384u /* of a larger guest, evenly spread blocks are watched */
#define WATCH_BLOCK 64u
#define WATCH_MERGED 0x80000000u

struct watch {
	int fd;
	uint32_t n;	 /* pages watched */
	uint32_t stride; /* every so manieth block of WATCH_BLOCK pages */
	uint32_t cursor;
	uint64_t ignore; /* bits of pagemap: shared guest RAM is the file of a memfd */
	uint32_t *seen;	 /* per page watch_state(), 0: not known; NULL: not open */
	uint32_t merged_now;
	uint64_t merged;   /* mapped once -> merged */
	uint64_t unmerged; /* merged -> mapped once: by COW or by run=2 */
	uint64_t moved;	   /* mapped once both times, at another place */
};

/* Takes the first look. 0 or -errno (said). */
must_check int watch_open(struct watch *w, const struct env *env);
void watch_close(struct watch *w); /* zeroed or closed is fine */

/* As many pages in turn as can be looked at in @ns, each at most once. 0 or -errno (said). */
must_check int watch_for(struct watch *w, const struct env *env, uint64_t ns);
/* All pages; with @count false, changes since the last look are taken over uncounted. */
must_check int watch_all(struct watch *w, const struct env *env, bool count);

/* Whether KSM had merged the watched page @i when it was last looked at. */
static inline bool watch_is_merged(const struct watch *w, uint32_t i)
{
	return w->seen[i] & WATCH_MERGED;
}
/* Number of the test page behind index @i (< n). */
uint32_t watch_page(const struct watch *w, uint32_t i);

/* Pure. State of a page by its pagemap entry; 0 when it is not mapped or its place is hidden. */
uint32_t watch_state(uint64_t entry);
/* Pure. Takes @now for what is known of page @i. */
void watch_note(struct watch *w, uint32_t i, uint32_t now, bool count);

/* For probe(): needs CONFIG_PROC_PAGE_MONITOR and CAP_SYS_ADMIN. */
must_check int watch_probe(char *why, size_t size);

#endif
