/* SPDX-License-Identifier: GPL-2.0-only */
/* guest.h - what the guest has said so far: takes its frames and keeps the sums. */
#ifndef GUEST_H
#define GUEST_H

#include "../guest/hist.h"
#include "../guest/proto.h"
#include "source.h"
#include "util.h"

#define GUEST_SHOWN_ERRORS 5 /* corruption records said per epoch; all are counted */

struct guest {
	bool hello_seen, ready, ended; /* ended: EPOCH_END of `epoch` has come */
	struct proto_hello hello;
	char error[200]; /* the guest's last words, "" if none */

	struct guest_run *runs; /* in page order; hva is 0 until vm_translate() */
	size_t nruns, room;
	uint32_t mapped_pages;

	uint32_t epoch; /* that we have asked for; frames of others are late and left out */
	struct proto_stats stats;
	struct proto_vcpu_stats *vcpu; /* [PROTO_MAX_VCPUS], latest of this epoch */
	struct hist *hist;	       /* [vcpus], latest of this epoch */
	uint32_t vcpus;
	struct proto_epoch_end end;
	uint64_t stall_records, corrupt_records; /* received in this epoch */
	struct proto_stall longest;

	uint64_t first_tsc, first_mono_ns, last_tsc, last_mono_ns; /* clock baseline, guest's own */
	uint64_t foreign; /* good frames that make no sense: unknown type, wrong size or epoch */
};

must_check int guest_init(struct guest *g, uint32_t vcpus);
void guest_free(struct guest *g);
/* The map has come whole: gives back what it was grown by in advance (24 bytes a run stay). */
void guest_trim(struct guest *g);
/* chan_handler: @arg is the struct guest. */
void guest_frame(void *arg, const struct proto_header *h, const uint8_t *payload);
/* Empties what belongs to an epoch, before START is sent. */
void guest_new_epoch(struct guest *g, uint32_t epoch);

/* Sums over the vCPUs. */
struct proto_vcpu_stats guest_totals(const struct guest *g);
void guest_hist(const struct guest *g, struct hist *out);

/*
 * TSC ticks to ns (rounded down) with the guest's frequency over the longest baseline there is: its
 * own TSC and CLOCK_MONOTONIC of the first and the last STATS frame.
 */
uint64_t guest_tsc_hz(const struct guest *g);
uint64_t guest_tsc_ns(const struct guest *g, uint64_t ticks);

#endif
