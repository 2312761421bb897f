/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksm.h - KSM's knobs for the sources that need it merging (Documentation/admin-guide/mm/ksm.rst).
 */
#ifndef SOURCE_KSM_H
#define SOURCE_KSM_H

#include "pagewatch.h"

/*
 * ksmd scans so many pages a round. It holds ksm_thread_mutex for a round, and a write of run waits
 * for that mutex, so more pages would stop the agent for longer. Between two rounds it must sleep:
 * without a pause it may run for minutes and never give up the CPU by itself, and so long lasts
 * synchronize_rcu_tasks() (kernel/trace/ftrace.c ftrace_shutdown()), which our exit waits in when
 * we are killed with the probes still attached. 1 ms becomes 1 jiffy.
 */
#define KSM_PAGES_TO_SCAN "20000"
#define KSM_SLEEP_MS "1"
/*
 * With one CPU, in the lab, ksmd at its nice 5 would get a quarter of it beside the vCPU, and two
 * scans of a whole guest, which the first merge needs, would take many seconds. With more CPUs ksmd
 * is left alone.
 */
#define KSM_NICE_ONE_CPU (-5)
#define KSM_NICE_DEFAULT 5 /* mm/ksm.c ksm_scan_thread() */

#define KSM_LOOK_NS (300 * NSEC_PER_USEC) /* of every step goes into watching pages */
#define KSM_PAUSE_NS (10 * NSEC_PER_MSEC)

must_check int ksm_probe(const struct env *env, char *why, size_t size);
/* Nothing merged, ksmd set to merge fast, but resting. 0 or -errno (said), as all below. */
must_check int ksm_prepare(struct env *env);
must_check int ksm_start(struct env *env);   /* the same, and ksmd merging */
must_check int ksm_merge(struct env *env);   /* run=1 */
must_check int ksm_unmerge(struct env *env); /* run=2: returns when nothing is merged any more */
must_check int ksm_stop(struct env *env); /* unmerged, ksmd resting, so the next phase is fresh */
/*
 * The VM is gone, perhaps before its pages were unmerged (env.over). ksmd drops what it still knows
 * of them, or they would count as shared for ever. 0 or -errno (unsaid).
 */
#define KSM_FORGET_NS (30 * NSEC_PER_SEC)
must_check int ksm_forget(struct knobs *k);
uint64_t ksm_full_scans(struct env *env);

#endif
