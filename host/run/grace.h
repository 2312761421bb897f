/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grace.h - how long taking and giving back a probe takes while a phase runs (--grace-periods).
 *
 * Giving back waits for a Tasks-RCU grace period (bpf.c bpf_grace()): with a thread that does not
 * sleep for long, KSM's or a migration's, whoever removes a probe or live-patches waits as well.
 */
#ifndef RUN_GRACE_H
#define RUN_GRACE_H

#include "probe/probe.h"
#include "result/result.h"

struct grace;

/* A thread that does it all the time, or NULL. */
must_check int grace_start(struct grace **g, struct probe *p); /* 0 or -errno (unsaid) */
/* Waits for what is under way, which may be long. NULL is fine. */
void grace_stop(struct grace *g);

/* A phase's clock starts. NULL is fine. */
void grace_begin(struct grace *g);
/* It ends: the longest that ended within it, or that is under way still. */
void grace_end(struct grace *g, struct grace_figures *f);

#endif
