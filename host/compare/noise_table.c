// SPDX-License-Identifier: GPL-2.0-only
/*
 * noise_table.c - made by `make null-comparisons` (scripts/lib/null-comparisons); see noise.h.
 *
 * 8 seeds on Debian's 6.12, 28 pairs:
 * --sources ksm-merge,migrate --phase-time 100ms --memory 8M
 * And, where it is larger:
 * 7 seeds on Debian's 6.12, 7.3, 6.1, 63 pairs:
 * --sources ksm-merge,migrate --phase-time 100ms --memory 8M
 * Left out, since seeds that it was not made of were called different by them:
 * ksm-merge faults.other
 * And, where it is larger:
 * 10 seeds on Debian's 6.12, 45 pairs:
 * --sources ksm-merge,migrate --phase-time 100ms --memory 8M
 */
#include <stddef.h>

#include "noise.h"

const struct noise noise_table[] = {
	{"ksm-merge", "faults.emulate", 0.0000},
	{"ksm-merge", "faults.fast", 0.0000},
	{"ksm-merge", "faults.fixed", 0.6863},
	{"ksm-merge", "faults.refault", 0.6650},
	{"ksm-merge", "faults.spurious", 0.0000},
	{"ksm-merge", "faults.upgrade", 1.7349},
	{"ksm-merge", "refault_ratio", 0.0000},
	{"ksm-merge", "stalls.count", 0.6872},
	{"ksm-merge", "touch.count", 0.4569},
	{"ksm-merge", "touch.writes", 0.4920},
	{"ksm-merge", "windows.count", 0.6265},
	{"ksm-merge", "windows.flushes_each", 0.6510},
	{"ksm-merge", "windows.ns.empty.p50", 0.1336},
	{"ksm-merge", "windows.ns.start.p50", 0.5631},
	{"ksm-merge", "windows.ns.start.p99", 0.2364},
	{"ksm-merge", "windows.ns.total.p50", 0.1077},
	{"migrate", "faults.emulate", 0.0000},
	{"migrate", "faults.fast", 0.0000},
	{"migrate", "faults.fixed", 0.6003},
	{"migrate", "faults.other", 0.0000},
	{"migrate", "faults.refault", 0.3283},
	{"migrate", "faults.spurious", 2.3160},
	{"migrate", "faults.upgrade", 0.4739},
	{"migrate", "refault_ratio", 0.0000},
	{"migrate", "stalls.count", 0.6963},
	{"migrate", "touch.count", 0.4094},
	{"migrate", "touch.writes", 0.4027},
	{"migrate", "windows.count", 0.2884},
	{"migrate", "windows.flushes_each", 0.6469},
	{"migrate", "windows.ns.empty.p50", 0.0607},
	{"migrate", "windows.ns.start.p50", 0.8500},
	{"migrate", "windows.ns.start.p99", 0.2136},
	{"migrate", "windows.ns.total.p50", 0.5204},
	{NULL, NULL, 0},
};
