/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observe.h - one run's probes, joined with what the guest says: opens the probes and tests them,
 * feeds their events and the guest's stalls to attrib.c, keeps the clock between the two, and puts
 * each phase's windows, faults and causes into the result.
 */
#ifndef OBSERVE_H
#define OBSERVE_H

#include "observe_config.h"

struct observe;

/*
 * Before the guest fills its memory, whose faults test the fault probe. 0 or -errno (run over);
 * *@w is to be closed in both cases, NULL or not.
 */
must_check int observe_open(struct observe **w, const struct observe_config *config);
/* The guest is ready: tests the probes (RUN_PROBE_SILENT if one is). 0 or -errno (run over). */
must_check int observe_ready(struct observe *w);
void observe_close(struct observe *w);

/*
 * To be called every few ms, also with NULL, before it is opened: takes what has come. Says no
 * error: events lost are counted.
 */
void observe_turn(struct observe *w);
/* A phase's clock starts, or ends. 0 or -errno (run over). */
must_check int observe_begin(struct observe *w);
must_check int observe_end(struct observe *w);
/* The phase's epoch has ended: all stalls and touches have come. KVM's figures are in @res. */
void observe_fill(struct observe *w, struct phase_result *res);
/* Flags of the STOP that ends a judged epoch. */
uint32_t observe_wants(const struct observe *w);

#endif
