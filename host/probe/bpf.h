/* SPDX-License-Identifier: GPL-2.0-only */
/* bpf.h - what probe.bpf.c and probe_bpf.c share. */
#ifndef PROBE_BPF_H
#define PROBE_BPF_H

#include "event.h"
#include "ring.h"

#define PROBE_BPF_VCPUS 64
#define PROBE_BPF_STACKS 1024 /* different ones that are kept */
#define PROBE_BPF_DEPTH 24
#define PROBE_BPF_SYMBOL 64
#define PROBE_BPF_CPUS 1024 /* preemption is told by whom on so many */
#define PROBE_BPF_REASONS 16
#define PROBE_BPF_OUTCOMES 16
#define PROBE_BPF_PAGE 4096ull
#define PROBE_NO_VCPU 0xffffffffu

/* wire/hist.h's buckets up to 2^37 ns = 137 s; the last one holds what is longer */
#define PROBE_BPF_SUB_BITS 5
#define PROBE_BPF_SUB 32u
#define PROBE_BPF_MSB_MAX 36
#define PROBE_BPF_BUCKETS \
	((PROBE_BPF_MSB_MAX - PROBE_BPF_SUB_BITS) * PROBE_BPF_SUB + 2 * PROBE_BPF_SUB)

enum probe_bpf_span { SPAN_START, SPAN_EMPTY, SPAN_TOTAL, SPANS };

/* Everything that is counted, per CPU; below the 32 KiB that a per-CPU value may have. */
struct probe_bpf_sums {
	__u64 count[SPANS][PROBE_BPF_BUCKETS];
	__u64 max[SPANS], sum[SPANS];		   /* ns */
	__u64 windows[PROBE_BPF_REASONS][THREADS]; /* powers of two: the verifier sees the bound */
	__u64 sizes[SIZES];
	__u64 own[OWN_KINDS], own_ns[OWN_KINDS];
	__u64 preempted;
};

enum probe_bpf_lost {
	LOST_WINDOW, /* more than MAX_OPEN windows at once */
	LOST_THREAD, /* no memory for a thread's state */
	LOST_KINDS,
};

/* Functions whose program has copies. */
enum probe_bpf_place {
	PLACE_START_ENTER,
	PLACE_START_EXIT,
	PLACE_END, /* also: a window's end whose start was not seen */
	PLACE_COPYING,
	PLACE_FAULT_ENTER,
	PLACE_FAULT_EXIT,
	PLACES,
};

#endif
