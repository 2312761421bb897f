/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.h - what the guest has said so far: takes its frames and keeps the sums.
 *
 * guest.c has the figures and records, guest_map.c where the test pages are, guest_touched.c when
 * they were touched last.
 */
#ifndef GUEST_H
#define GUEST_H

#include "wire/hist.h"
#include "wire/pattern.h"
#include "wire/proto.h"
#include "runs.h"
#include "base/util.h"

#define GUEST_SHOWN_ERRORS 5 /* corruption records said per phase; all are counted */
#define GUEST_STALLS 8192    /* stall records kept for who takes them */

/* When each page was touched last in the epoch, by TOUCHED frames. */
struct guest_touched {
	uint32_t *last;	    /* [mapped_pages], as in struct proto_touched */
	uint64_t start_tsc; /* of the epoch */
	uint32_t came;	    /* pages */
	uint32_t next;	    /* frames come in the order of pages */
	bool unknown;	    /* the guest could not tell */
};

/*
 * Corrupted words of a phase, which may be more than one epoch. The guest tells of each twice, by a
 * record and in a count; what has come either way has been found, whatever is lost afterwards.
 */
struct guest_corrupted {
	uint64_t records;
	uint64_t counted;	 /* the most that a STATS and an EPOCH_END have counted */
	uint32_t earlier_epochs; /* up to here they belong to the phases before */
};

/* The latest answer to a PING. */
struct guest_pong {
	uint64_t cookie; /* 0: none has come */
	uint64_t tsc;	 /* of the guest */
	uint64_t ns;	 /* when it came, mono_ns() */
};

struct guest {
	bool hello_seen, ready, ended; /* ended: EPOCH_END of `epoch` has come */
	struct proto_hello hello;
	char error[200]; /* the guest's last words, "" if none */

	struct guest_run *runs; /* in page order; hva is 0 until vm_translate() */
	size_t nruns, room;
	uint32_t ordered; /* pages; the map has no more, whatever the guest says. 0: none yet */
	uint32_t mapped_pages;
	uint32_t *by_gpa; /* [nruns], indices of runs; NULL until guest_map_done() */

	uint32_t epoch; /* that we have asked for; frames of others are late and left out */
	struct proto_vcpu_stats *vcpu; /* [PROTO_MAX_VCPUS], latest of this epoch */
	struct hist *hist;	       /* [vcpus], latest of this epoch */
	uint32_t vcpus;
	struct proto_epoch_end end;
	uint64_t stall_records; /* received in this epoch */
	struct guest_corrupted corrupted;
	struct proto_stall *stalls; /* [GUEST_STALLS], of this epoch, not yet taken */
	size_t nstalls;
	uint64_t stalls_untaken; /* of this epoch: found it full */
	struct guest_touched touched;
	uint32_t filled; /* 1 + the step that the latest FILLED of this epoch tells of; 0: none */
	struct proto_discard discarded; /* the latest DISCARDED of this epoch; pages 0: none */
	struct guest_pong pong;

	uint64_t first_tsc, first_mono_ns, last_tsc, last_mono_ns; /* clock baseline, guest's own */
	uint64_t clock_hz; /* of the TSC, by the host's clock; 0: not known */
	uint64_t foreign;  /* good frames that make no sense: unknown type, wrong size or epoch */
};

must_check int guest_init(struct guest *g, uint32_t vcpus);
void guest_free(struct guest *g);
/* chan_handler: @arg is the struct guest. */
void guest_frame(void *arg, const struct proto_header *h, const uint8_t *payload);
/* Empties what belongs to an epoch, before START is sent. */
void guest_new_epoch(struct guest *g, uint32_t epoch);
/* What has come up to now belongs to the phases before. */
void guest_new_phase(struct guest *g);
/* Words that the guest has told of in this phase, at least. */
uint64_t guest_corrupted(const struct guest *g);

/*
 * The map has come whole: gives back what it was grown by in advance, and makes the ways to ask for
 * a page. From then on it does not change. 24 bytes a run and 4 bytes a page, 4 more a run. 0, or
 * -errno (said): -EPROTO when two pages have one address.
 */
must_check int guest_map_done(struct guest *g);
/* The test page at guest address @gpa, aligned or not; false: none of ours. */
bool guest_page_of(const struct guest *g, uint64_t gpa, uint32_t *page);

/* Sums over the vCPUs. */
struct proto_vcpu_stats guest_totals(const struct guest *g);
void guest_hist(const struct guest *g, struct hist *out);

/* Stall records of the epoch that have come since guest_stalls_taken(): *@n of them. */
const struct proto_stall *guest_stalls(const struct guest *g, size_t *n);
void guest_stalls_taken(struct guest *g);

/*
 * The epoch has ended, and when it was touched last is known of every page: asked for in STOP, no
 * frame lost, epoch not too long (2^42 ticks). Else no answer of guest_last_touch_tsc() is good.
 */
bool guest_touched_complete(const struct guest *g);
/*
 * Guest TSC by which the last touch of @page in the epoch had begun: at most 2^PROTO_TOUCHED_SHIFT
 * ticks after it had. 0: not touched.
 */
uint64_t guest_last_touch_tsc(const struct guest *g, uint32_t page);

/*
 * TSC ticks to ns (rounded down) with the guest's frequency by the host's clock. While that is not
 * known, over the longest baseline that the guest has: its TSC and CLOCK_MONOTONIC of the first and
 * the last STATS frame. That one is too high once the VM has been stopped: QEMU takes the pause out
 * of kvmclock (hw/i386/kvm/clock.c, kvmclock_vm_state_change()), and not out of the TSC. So where
 * it is more than GUEST_PAUSED_PPM above what the guest found at its start, that is taken.
 */
#define GUEST_PAUSED_PPM 200
uint64_t guest_tsc_hz(const struct guest *g);
uint64_t guest_tsc_ns(const struct guest *g, uint64_t ticks);

/* One frame each, private to guest*.c: 0, -EBADMSG for one that makes no sense, -ENOMEM. */
must_check int guest_take_map(struct guest *g, const uint8_t *payload, uint32_t length);
must_check int guest_take_touched(struct guest *g, const uint8_t *payload, uint32_t length);

#endif
