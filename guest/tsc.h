/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tsc.h - the ordered read of the time stamp counter.
 */
#ifndef TSC_H
#define TSC_H

#include <stdint.h>

/*
 * lfence; rdtsc and not rdtscp: both wait for every earlier load, and a store that faults has not
 * retired before, so a fault is always counted to the touch that took it. rdtscp is a CPUID bit
 * that some QEMU CPU models lack (qemu64, kvm64) and brings TSC_AUX along, which the hypervisor may
 * have to switch; lfence is part of x86-64, and Linux makes it dispatch-serialising on AMD.
 *
 * The memory clobber has a second task: it makes the compiler write the worker's counters back once
 * per touch, so that the main thread can read them while they grow.
 */
static inline uint64_t tsc_ordered(void)
{
	uint64_t low, high; /* rdtsc clears the upper halves */

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
	return high << 32 | low;
}

#endif
