/* SPDX-License-Identifier: GPL-2.0-only */
/* phase_fill.h - what a phase has counted becomes its result. */
#ifndef RUN_PHASE_FILL_H
#define RUN_PHASE_FILL_H

#include "run.h"

#define MAX_PROOFS (OPTS_MAX_PAIR * SOURCE_MAX_PROOFS)

/* All counters at one end of the clock. */
struct snap {
	uint64_t ns;
	struct metrics host, kvm;
	struct cpu_figures cpu[CPU_USERS];
	struct proof proof[MAX_PROOFS];
	size_t nproof;
};

/* The difference of all counters but CPU time and proofs. 0 or -ENOMEM (not said). */
must_check int phase_fill_counters(struct phase_result *res, const struct snap *from,
				   const struct snap *to);
void phase_fill_cpu(struct phase_result *res, const struct snap *from, const struct snap *to);
/* The guest's touches, stalls and data; a touch of @stall_ns or more is a stall. */
void phase_fill_guest(struct phase_result *res, const struct guest *g, uint64_t stall_ns);
/* Its data alone: also of a phase that broke off. */
void phase_fill_integrity(struct phase_result *res, const struct guest *g);

#endif
