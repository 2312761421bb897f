// SPDX-License-Identifier: GPL-2.0-only
/* against_table.c - made by scripts/lib/against; see against.h. */
#include "against.h"

static const struct against_figure figures_6_12[] = {
	{"ksm-merge.touch.count", 633584, 1.00051e+06},
	{"ksm-merge.stalls.count", 234.637, 467.453},
	{"ksm-merge.faults.total", 17034.6, 43780.1},
	{"ksm-merge.faults.other", 0, 0},
	{"ksm-merge.faults.refault", 4722.49, 8543.11},
	{"ksm-merge.faults.upgrade", 0, 4.66838},
	{"ksm-merge.faults.emulate", 0, 0},
	{"ksm-merge.faults.spurious", 0, 0},
	{"ksm-merge.windows.flushes_each", 0.173764, 0.259319},
	{"ksm-merge.refault_ratio", 1, 1},
	{"ksm-merge.windows.ns.start.p50", 5247, 7295},
	{"ksm-merge.windows.ns.start.p99", 37887, 43007},
	{"ksm-merge.windows.ns.empty.p50", 13311, 14335},
	{"ksm-merge.windows.ns.empty.p99", 43007, 118783},
	{"ksm-merge.windows.ns.total.p50", 23039, 24063},
	{"ksm-merge.windows.ns.total.p99", 67583, 135167},
	{"migrate.touch.count", 783126, 1.1793e+06},
	{"migrate.stalls.count", 159.149, 320.305},
	{"migrate.faults.total", 21998.5, 30202.9},
	{"migrate.faults.other", 0, 0},
	{"migrate.faults.refault", 18230.2, 25313.5},
	{"migrate.faults.upgrade", 2527.41, 3660.42},
	{"migrate.faults.emulate", 0, 0},
	{"migrate.faults.spurious", 0, 0},
	{"migrate.windows.flushes_each", 0.334821, 0.648438},
	{"migrate.refault_ratio", 1, 1},
	{"migrate.windows.ns.start.p50", 6783, 15871},
	{"migrate.windows.ns.start.p99", 38911, 45055},
	{"migrate.windows.ns.empty.p50", 3135, 3135},
	{"migrate.windows.ns.empty.p99", 25599, 32255},
	{"migrate.windows.ns.total.p50", 14079, 23551},
	{"migrate.windows.ns.total.p99", 52223, 63487},
	{0},
};

const struct against against_table[] = {
	{"6.12", "6.12.117+deb12-cloud-amd64",
	 "--sources ksm-merge,migrate --phase-time 100ms --memory 8M", "host-stress/5", 8,
	 figures_6_12},
	{0},
};
