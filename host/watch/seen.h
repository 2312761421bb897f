/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * seen.h - what a watch has seen: windows by thread, event and size, the worst of them, and each
 * vCPU's faults and times off its CPU. Pure: takes the probes' events in order of time.
 */
#ifndef WATCH_SEEN_H
#define WATCH_SEEN_H

#include "attrib/comms.h"
#include "probe/probe.h"
#include "wire/hist.h"

#define SEEN_WORST 16
#define SEEN_OPEN 128	 /* windows at once */
#define SEEN_FAULTS 8192 /* recent ones, a power of two: who ran into a window */

enum seen_size { SEEN_PAGE, SEEN_HUGE, SEEN_MORE, SEEN_SIZES }; /* up to 4 KiB, to 2 MiB, more */

struct seen_kind {
	uint64_t count, by_size[SEEN_SIZES], preempted;
	uint64_t total_ns;
	struct hist ns; /* t0..t2 */
};

struct seen_window {
	uint64_t id;
	uint64_t t0, t1, t2;
	uint64_t hva, bytes;
	uint32_t tid;
	uint8_t reason, thread, transition;
	bool preempted;
	uint64_t faults;    /* of vCPUs on its pages that overlap it */
	bool at_least;	    /* ... and more that are not remembered any more */
	uint64_t retried;   /* of these, sent back by KVM */
	uint64_t waited_ns; /* the longest time that KVM handled one of them */
};

struct seen_vcpu {
	uint64_t faults, fault_ns, longest_fault_ns;
	uint64_t preemptions, preempted_ns, longest_preempted_ns;
	uint64_t sleeps, asleep_ns;
};

struct seen {
	struct guest_ram ram[2];
	struct seen_kind kind[THREADS][REASONS];
	struct seen_window open[SEEN_OPEN];
	size_t nopen;
	struct seen_window worst[SEEN_WORST]; /* the longest first */
	size_t nworst;
	struct seen_vcpu vcpu[PROBE_MAX_VCPUS];
	struct comms comms;
	struct seen_taker {
		uint64_t count, ns;
	} taker[COMMS]; /* who took a vCPU's CPU, by number in comms */
	struct seen_fault {
		uint64_t begin, end, gpa, bytes;
		bool retried;
	} fault[SEEN_FAULTS]; /* ring */
	uint64_t nfaults;
	uint64_t windows, unpaired; /* END without START or the reverse, more than SEEN_OPEN at
				     * once; attrib finds the same and has it in its doubts */
	struct hist ns;
};

void seen_open(struct seen *s, const struct guest_ram *ram);
/* Counts from here on. A window that is open already is counted when it ends, with the faults that
 * have run into it. */
void seen_begin(struct seen *s);
/* In order of ns, as far as that is known. */
void seen_event(struct seen *s, const struct probe_event *e);
/* Thread and reason of the n-th most windows, 0 first. False: there is none. */
bool seen_most(const struct seen *s, size_t n, enum probe_thread *thread,
	       enum probe_reason *reason);
/* Who took vCPUs' CPUs, the longest first: the n-th one's number in comms; -ENOENT: there is none.
 */
must_check int seen_taker(const struct seen *s, size_t n);

#endif
