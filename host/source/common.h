/* SPDX-License-Identifier: GPL-2.0-only */
/* common.h - what several sources share: quiet surroundings, thresholds, addresses. */
#ifndef SOURCE_COMMON_H
#define SOURCE_COMMON_H

#include <sys/uio.h>

#include "base/knobs.h"
#include "source.h"

#define SOURCE_HUGE (512u * PAGE_BYTES)

/*
 * How far a counter of pages must move in a guest of @pages test pages: an eighth of them, at most
 * 1000, at least 1. Enough that no background activity gets there by itself, and little enough for
 * a phase of a few seconds in the lab.
 */
uint64_t source_needed(uint32_t pages);

/*
 * Switches NUMA balancing off, which makes KSM merge nothing up to 6.5 (docs/sources.md); not
 * where a source of the phase is about it. 0 or -errno (said).
 */
must_check int source_calm(struct env *env);

/* knob_write() that takes a knob this kernel does not have for written. */
must_check int source_knob(struct env *env, const char *path, const char *value);

/* 0, or -ENOENT and @why when there is no @path here. Works without knobs, too. */
must_check int source_has(const struct env *env, const char *path, char *why, size_t size);

/* 0, or -EINVAL and @why where guest RAM is hugetlb's, which @what ("cannot be ..."). */
must_check int source_not_hugetlb(const struct env *env, const char *what, char *why, size_t size);

/* HVA of @page as env_hva(), and in *@left how many pages from there are in one piece. */
uint64_t source_hva(const struct env *env, uint32_t page, uint32_t *left);

/* splitmix64: the next of a row of random numbers; start with any *@x. */
uint64_t source_random(uint64_t *x);

/*
 * Keeps khugepaged from gathering the guest's pages in huge ones (transparent_hugepage/enabled =
 * never) until source_thp_restore(); not where --backend wants them. 0 or -errno (said).
 */
struct source_thp {
	char old[32];
};
must_check int source_thp_never(struct env *env, struct source_thp *thp);
must_check int source_thp_restore(struct env *env, const struct source_thp *thp); /* zeroed: 0 */

/*
 * Splits the huge pages in @bytes from @hva: process_madvise(MADV_COLD, 5.10) of one small page in
 * each (mm/madvise.c madvise_cold_or_pageout_pte_range). A page in use just then stays whole.
 */
void source_split(const struct env *env, uint64_t hva, uint64_t bytes);
void source_split_all(const struct env *env);

/* process_madvise(2) with all of @n ranges of QEMU's memory. 0 or -errno. */
must_check int source_madvise(const struct env *env, const struct iovec *ranges, size_t n,
			      int advice);

#endif
