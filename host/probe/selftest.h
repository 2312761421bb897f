/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selftest.h - whether the probes see anything: a silent probe must not be taken for a quiet
 * kernel.
 *
 * Faults: while the guest fills its memory KVM takes faults, and its own counter pf_taken says how
 * many. Windows: some are forced on pages of guest RAM that no guest uses, the video memory of a PC
 * at 0xb0000. If nobody has touched it, reading it maps the zero page, and writing a 0 then copies
 * it (mm/memory.c wp_page_copy()), which invalidates; if it lies in a huge page, MADV_COLD on part
 * of that splits it (mm/madvise.c madvise_cold_or_pageout_pte_range()), which invalidates too. The
 * page holds zeroes before and after.
 */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "event.h"
#include "base/util.h"

struct selftest {
	pid_t qemu;
	uint64_t ram_hva;
	uint64_t taken;	 /* KVM's pf_taken when the probes were opened */
	uint64_t faults; /* seen since */
	bool shadow;	 /* the guest's faults go another way than the probe's */
	bool forced;
	uint64_t windows; /* seen since then, by us, on the forced pages */
};

/* @shadow: KVM has shadow paging, as its parameter says. */
void selftest_begin(struct selftest *t, pid_t qemu, uint64_t ram_hva, uint64_t taken, bool shadow);
/* To be called for every event. */
void selftest_event(struct selftest *t, const struct probe_event *e);
/* Forces windows; their events come afterwards. 0 or -errno (said). */
must_check int selftest_force(struct selftest *t, bool shared);
/* What was seen, in @text. 0, or -ENODATA: a probe is silent. @taken: pf_taken now. */
must_check int selftest_judge(const struct selftest *t, uint64_t taken, char *text, size_t size);

#endif
