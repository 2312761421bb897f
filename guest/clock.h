/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clock.h - the guest's two clocks and how they belong together.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

#include "tsc.h"

struct clock_pair {
	uint64_t tsc;
	uint64_t mono_ns;
};

static inline uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/*
 * Both clocks at one moment: CLOCK_MONOTONIC between two TSC reads, the tightest of @tries, so that
 * neither an interrupt nor a stall of the vCPU tears them apart. The TSC is the middle of the
 * bracket.
 */
struct clock_pair clock_pair_read(int tries);

/* TSC ticks per second, measured over about @ms. */
uint64_t clock_tsc_hz(int ms);

/* @ns in ticks of @hz; saturates. */
uint64_t clock_ns_to_tsc(uint64_t ns, uint64_t hz);

#endif
