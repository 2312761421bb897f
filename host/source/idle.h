/* SPDX-License-Identifier: GPL-2.0-only */
/* idle.h - the two ways to ask the kernel which of the guest's pages are in use (age.c). */
#ifndef SOURCE_IDLE_H
#define SOURCE_IDLE_H

#include "look.h"

/* /sys/kernel/mm/page_idle/bitmap: marks the pages of @l idle, or counts them. 0 or -errno (said).
 */
must_check int idle_mark(const struct look *l);
must_check int idle_count(const struct look *l, uint64_t *young, uint64_t *idle);

/*
 * DAMON by sysfs (6.0; /sys/kernel/mm/damon): one kdamond that samples the addresses of the test
 * pages. The sums are pages of the regions that were found in use, or not, in each aggregation.
 */
must_check int damon_start(struct env *env);
must_check int damon_stop(struct env *env);
must_check int damon_sums(const struct env *env, uint64_t *young, uint64_t *idle);
bool damon_is_there(const struct env *env);

#endif
