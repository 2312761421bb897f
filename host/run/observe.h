/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observe.h - one run's probes, joined with what the guest says: opens the probes and tests them,
 * feeds their events and the guest's stalls to attrib.c, keeps the clock between the two, and puts
 * each phase's windows, faults and causes into the result.
 */
#ifndef OBSERVE_H
#define OBSERVE_H

#include "run.h"

/* Before the guest fills its memory, whose faults test the fault probe. 0 or -errno (run over). */
must_check int observe_open(struct run *r);
/* The guest is ready: tests the probes (RUN_PROBE_SILENT if one is). 0 or -errno (run over). */
must_check int observe_ready(struct run *r);
void observe_close(struct run *r);

/* To be called every few ms: takes what has come. Says no error: events lost are counted. */
void observe_turn(struct run *r);
/* A phase's clock starts, or ends. 0 or -errno (run over). */
must_check int observe_begin(struct run *r);
must_check int observe_end(struct run *r);
/* The phase's epoch has ended: all stalls and touches have come. KVM's figures are in @res. */
void observe_fill(struct run *r, struct phase_result *res);
/* Flags of the STOP that ends a judged epoch. */
uint32_t observe_wants(const struct run *r);

#endif
