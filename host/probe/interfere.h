/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interfere.h - the "interrupted" case: SCHED_FIFO threads, one on each CPU, that preempt whatever
 * runs there for INTERFERE_BUSY_NS, INTERFERE_EVERY_NS apart on average. A window whose thread is
 * hit stays open meanwhile.
 *
 * Only a preemptible kernel lets them in within a window: where debugfs sched/preempt (5.13 and
 * later, CONFIG_PREEMPT_DYNAMIC) is there, it is set to "full" for the run.
 */
#ifndef INTERFERE_H
#define INTERFERE_H

#include "base/knobs.h"

#define INTERFERE_EVERY_NS (250 * NSEC_PER_USEC)
#define INTERFERE_BUSY_NS (50 * NSEC_PER_USEC)

struct interfere;

/* 0 or -errno (said). Random waits from @seed. */
must_check int interfere_start(struct interfere **in, struct knobs *knobs, uint64_t seed);
void interfere_stop(struct interfere *in); /* NULL is fine; knobs are put back by knobs_close() */
/* The kernel can be preempted within a window. */
bool interfere_preempts(const struct interfere *in);

#endif
