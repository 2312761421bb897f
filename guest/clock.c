/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clock.c - the TSC's frequency, measured: a guest's CPUID often does not tell it.
 */
#include "clock.h"

#define SECOND_NS 1000000000ull

struct clock_pair clock_pair_read(int tries)
{
	struct clock_pair best = {0};
	uint64_t tightest = UINT64_MAX;

	while (tries--) {
		uint64_t before = tsc_ordered(), ns = clock_ns(), width = tsc_ordered() - before;

		if (width < tightest) {
			tightest = width;
			best = (struct clock_pair){.tsc = before + width / 2, .mono_ns = ns};
		}
	}
	return best;
}

uint64_t clock_tsc_hz(int ms)
{
	struct timespec pause = {.tv_nsec = ms * 1000000L};
	struct clock_pair from = clock_pair_read(16), to;

	nanosleep(&pause, NULL);
	to = clock_pair_read(16);
	to.tsc -= from.tsc;
	to.mono_ns -= from.mono_ns;
	/* A long stall in between must not overflow the product. */
	while (to.tsc > UINT64_MAX / SECOND_NS) {
		to.tsc /= 2;
		to.mono_ns /= 2;
	}
	return to.mono_ns ? to.tsc * SECOND_NS / to.mono_ns : 0;
}

uint64_t clock_ns_to_tsc(uint64_t ns, uint64_t hz)
{
	uint64_t seconds = ns / SECOND_NS, rest = ns % SECOND_NS;

	if (hz > UINT64_MAX / SECOND_NS || (hz && seconds > UINT64_MAX / hz - 1))
		return UINT64_MAX;
	return seconds * hz + rest * hz / SECOND_NS;
}
