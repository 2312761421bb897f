/* SPDX-License-Identifier: GPL-2.0-only */
/* ring.h - how events leave the kernel; shared with BPF. */
#ifndef PROBE_RING_H
#define PROBE_RING_H

#include "event.h"

/*
 * The way out for events: rings in a memory-mapped array, one for each CPU up to PROBE_BPF_RINGS,
 * each a head and a power of two of slots. A writer takes the number head++ and slot number %
 * slots, sets seq to 0, reads the clock, fills the event in, and sets seq to number + 1. The reader
 * (rings.h) takes what has the seq that it must have before and after copying. Nobody ever waits:
 * what the reader was too slow for is counted as lost. (The kernel's own BPF ring buffer takes a
 * lock and some 100 instructions more for each event, which in the vCPU's path is a tenth of what
 * handling a fault takes.)
 */
#define PROBE_BPF_RINGS 16u

struct probe_bpf_slot {
	struct probe_event event;
	__u64 seq;
};

struct probe_bpf_ring {
	__u64 head;
	__u64 pad[7];
	struct probe_bpf_slot slot[];
};

#endif
