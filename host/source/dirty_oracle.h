/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dirty_oracle.h - does KVM's dirty log have what the guest has written? While QEMU measures its
 * dirty rate the log is on. The words of a sample of test pages are summed up once the log is seen
 * to have been cleared, and again and again after that, and then the log is read: a page whose
 * words have changed and that is not in it is one that a migration would lose.
 *
 * KVM puts a page into the log before the write is done, and a log that is seen cleared has been
 * cleared to its end, TLB flush included: both hold slots_lock (kvm_clear_dirty_log_protect()). So
 * there is no moment in which a right kernel could be taken for a wrong one.
 */
#ifndef SOURCE_DIRTY_ORACLE_H
#define SOURCE_DIRTY_ORACLE_H

#include "common.h"
#include "vm/kvm_log.h"
#include "wire/pattern.h"

#define ORACLE_PAGES 512u

enum oracle_turn { ORACLE_WAIT, ORACLE_CLEARED, ORACLE_DONE };

struct dirty_oracle {
	struct kvm_log log;
	enum oracle_turn turn;
	uint64_t since_ns;
	uint32_t n;
	uint64_t hva[ORACLE_PAGES], bit[ORACLE_PAGES];
	uint64_t was[ORACLE_PAGES], now[ORACLE_PAGES]; /* sums */
	bool changed[ORACLE_PAGES];		       /* at any time since */
	uint64_t written, missed; /* pages seen to have been written; not in the log */
};

/* 0 or -errno (said). */
must_check int oracle_open(struct dirty_oracle *o, const struct env *env);
void oracle_close(struct dirty_oracle *o, bool dead); /* zeroed is fine */
/* Again and again while QEMU measures. 0 or -errno (said). */
must_check int oracle_step(struct dirty_oracle *o);
void oracle_next(struct dirty_oracle *o); /* the measurement is over */

/*
 * Which of @n pages have changed between the sums @was and @now; a sum of 0 is an empty page, one
 * that was discarded: not judged. Those that had changed before stay so.
 */
void oracle_note(bool *changed, const uint64_t *was, const uint64_t *now, uint32_t n);
/* How many have changed, and in *@missed how many of those @bits lacks, by their numbers @bit. */
uint32_t oracle_compare(const bool *changed, const uint64_t *bit, uint32_t n, const uint64_t *bits,
			uint32_t *missed);

#endif
