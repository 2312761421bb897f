/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attrib.h - what each fault and each stall was due to. Pure: takes the probes' events and the
 * guest's stalls, answers sums. No system call, no clock.
 *
 * A window is open from t0 (range_start entered) to t2 (range_end returned). Each fault is exactly
 * one of, the first that holds:
 *
 *   inside      its page lay in a window that was open when KVM began to handle it
 *   retried     KVM sent it back (RET_PF_RETRY), and a window over its page was open or ended while
 * KVM handled it collateral  KVM sent it back, its own page was in no window, but another page's
 * was open or ended meanwhile: KVM keeps one range for all open invalidations and one sequence
 * number for all that have ended (virt/kvm/kvm_main.c kvm_mmu_invalidate_begin(),
 *               include/linux/kvm_host.h mmu_invalidate_retry())
 *   refault     KVM mapped it, and it is the first mapping of the page since a window zapped it
 *   other       the rest
 */
#ifndef ATTRIB_H
#define ATTRIB_H

#include "probe_event.h"
#include "util.h"

enum attrib_class {
	CLASS_INSIDE,
	CLASS_RETRIED,
	CLASS_COLLATERAL,
	CLASS_REFAULT,
	CLASS_OTHER,
	CLASSES,
};

/*
 * A stall's one cause: whatever took the largest part of it, if that and nothing else was known to
 * take at least half of it; else unknown.
 */
enum attrib_cause {
	CAUSE_INSIDE,	      /* faults of class inside */
	CAUSE_RETRIED,	      /* of class retried or collateral, but for the next two */
	CAUSE_REFAULT,	      /* of class refault */
	CAUSE_COW,	      /* faults in which the vCPU's own thread copied the page */
	CAUSE_MIGRATION_WAIT, /* faults that waited for a migration entry */
	CAUSE_OTHER_FAULT,    /* of class other: the page had not been mapped at all */
	CAUSE_INTERRUPT,      /* the guest's own: an interrupt, another thread of its */
	CAUSE_NOT_RUNNING,    /* the vCPU thread was preempted or asleep, outside of any fault */
	CAUSE_UNKNOWN,
	CAUSES,
};

/* One piece of guest RAM in QEMU's address space; guest RAM is at most two (below, above 4 GiB). */
struct attrib_ram {
	uint64_t gpa, hva, bytes; /* multiples of 4096 */
};

struct attrib_config {
	struct attrib_ram ram[2]; /* bytes 0: not used */
	uint32_t vcpus;
	uint64_t slack_ns; /* events come at most so late, against the newest that has come */
};

/* A stall of the guest, in host time. */
struct attrib_stall {
	uint64_t begin_ns, end_ns;
	uint64_t error_ns; /* of the clock: both ends may be off by so much */
	uint32_t vcpu;
	bool guest_busy; /* the guest's kernel says that it ran something else meanwhile */
};

struct attrib_answer {
	enum attrib_cause cause;
	bool window; /* a window was behind it; which: */
	enum probe_reason reason;
	enum probe_thread thread;
	uint64_t explained_ns; /* how much of it the cause took */
};

struct attrib_transition {
	uint64_t windows;   /* of it that touch guest RAM */
	uint64_t zapped;    /* pages it zapped (a page zapped again before it was mapped is the
			       latest's) */
	uint64_t refaults;  /* of those pages */
	uint64_t untouched; /* of those, at the end of the stretch: not mapped since, not touched
			       since */
	uint64_t touched;   /* of those: not mapped since, and yet touched: what change_pte gives */
	uint64_t undecided; /* of those: touched within the clock's error of the window's end */
	uint64_t neighbours; /* of those: mapped by another page's fault (huge mapping) */
};

/* Sums since attrib_begin(). */
struct attrib_figures {
	uint64_t windows; /* that touch guest RAM and ended */
	uint64_t by_reason[REASONS];
	uint64_t by_thread[THREADS];
	uint64_t preempted; /* windows whose thread was off its CPU between t0 and t2 */
	uint64_t open;	    /* windows still open at the end */
	uint64_t faults;
	uint64_t by_class[CLASSES];
	uint64_t sent_back; /* faults with RET_PF_RETRY, of whatever class */
	struct attrib_transition transition[TRANSITIONS]; /* [NONE]: all other windows */
	uint64_t unpaired; /* END without START, or START whose END never came: records lost before
			      us */
	uint64_t too_late; /* events older than slack allows; they are counted but may be judged
			      wrong */
	uint64_t stalls[CAUSES];
	uint64_t stall_ns[CAUSES];
	uint64_t stall_window[REASONS][THREADS]; /* stalls with a window behind them */
};

struct attrib;

must_check int attrib_open(struct attrib **a, const struct attrib_config *config);
void attrib_close(struct attrib *a); /* NULL is fine */

/* One event, in whatever order CPUs deliver them, as far as slack_ns allows. */
void attrib_event(struct attrib *a, const struct probe_event *e);
/* Everything up to @ns has been delivered: judge it. Nothing older may come. */
void attrib_flush(struct attrib *a, uint64_t ns);

/*
 * A new stretch from @ns on: sums are zero, what is open stays open, zapped pages stay zapped but
 * do not count for the stretch.
 */
void attrib_begin(struct attrib *a, uint64_t ns);

/* The cause of @s, also added to the sums. To be asked after attrib_flush() past its end. */
struct attrib_answer attrib_stall(struct attrib *a, const struct attrib_stall *s);

/*
 * Ends the stretch at @ns. last_touch(arg, gpa) is when the guest last touched the page at @gpa in
 * the stretch, host time, 0: never or not known; NULL when nobody knows (then all are undecided).
 */
typedef uint64_t attrib_touch(void *arg, uint64_t gpa);
void attrib_end(struct attrib *a, uint64_t ns, uint64_t error_ns, attrib_touch *last_touch,
		void *arg);
const struct attrib_figures *attrib_figures(const struct attrib *a);

/*
 * Refaults / pages zapped that the guest touched again: refaults / (refaults + touched); NAN when
 * there were none.
 */
double attrib_refault_ratio(const struct attrib_transition *t);

#endif
