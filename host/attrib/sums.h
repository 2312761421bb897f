/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sums.h - what attrib answers: classes of faults, causes of stalls, and their sums.
 *
 * A window is open from t0 (range_start entered) until t2 (range_end returned). Each fault is
 * exactly one of these, the first that holds:
 *
 * inside: its page lay in a window that was open when KVM began to handle it.
 *
 * retried: KVM sent it back (RET_PF_RETRY), and a window over its page was open or ended while KVM
 * handled it.
 *
 * collateral: KVM sent it back, its own page was in no window, but another page's was open or ended
 * meanwhile: KVM keeps one range for all open invalidations and one sequence number for all that
 * have ended (virt/kvm/kvm_main.c kvm_mmu_invalidate_begin(), include/linux/kvm_host.h
 * mmu_invalidate_retry()).
 *
 * refault: KVM mapped it, or found it just mapped by somebody else (RET_PF_SPURIOUS), and that is
 * the first that is heard of the page since a window zapped it.
 *
 * upgrade: KVM mapped it, for a write, and since a window zapped the page it was mapped by reads
 * only: the window took the permission to write, and the host has given back one to read.
 *
 * other: the rest, also what KVM sent back with no window anywhere.
 */
#ifndef ATTRIB_SUMS_H
#define ATTRIB_SUMS_H

#include "probe/event.h"
#include "base/util.h"
#include "series.h"

enum attrib_class {
	CLASS_INSIDE,
	CLASS_RETRIED,
	CLASS_COLLATERAL,
	CLASS_REFAULT,
	CLASS_UPGRADE,
	CLASS_OTHER,
	CLASSES,
};

/*
 * A stall's time is divided: each ns of it is in exactly one part, so that they add up to all of
 * it. A fault's is the time from the vCPU's exit from the guest until it enters again, and so is
 * another exit's; less the time in which its thread was preempted. Asleep within a fault (a page
 * lock, a migration entry) is that fault's time. After a fault that was sent back the guest enters
 * and faults at once, so the time until the vCPU's next fault is the sent-back one's if that is on
 * the same page and no interrupt came between; one that is injected again is no other, its delivery
 * had faulted. What is left, the vCPU in the guest, is the guest's
 * own: an interrupt's if one was injected within the stall or the guest says that its kernel was
 * busy with something else, and not seen if not.
 */
enum attrib_part {
	PART_INSIDE, /* faults by class, but for the next two; in the order of enum attrib_class */
	PART_RETRIED,
	PART_COLLATERAL,
	PART_REFAULT,
	PART_UPGRADE,
	PART_OTHER_FAULT,
	PART_MIGRATION_WAIT, /* faults that waited for a migration entry */
	PART_COPY,	     /* faults in which the vCPU's own thread copied the page */
	PART_OTHER_EXIT,     /* left the guest for something else */
	PART_PREEMPTED,	     /* another thread ran on the CPU */
	PART_ASLEEP,	     /* the vCPU's thread, outside of faults */
	PART_INTERRUPT,	     /* the guest's own */
	PART_NOT_SEEN,
	PARTS,
};
_Static_assert(PART_OTHER_FAULT == (int)CLASS_OTHER, "parts of faults are their classes");

/*
 * A stall's one cause, by its parts. The first five are those behind which a window stands. If they
 * took at least half of the stall together, the cause is the largest of them; else it is another
 * that took at least half by itself; else unknown.
 *
 * Clock error: the stall may be shifted against the events by error_ns, which moves at most
 * error_ns in or out of any cause. An answer that this could change is unknown; so is every stall
 * shorter than four times the error.
 */
enum attrib_cause {
	CAUSE_INSIDE,	      /* faults of class inside, but for cow and migration wait */
	CAUSE_RETRIED,	      /* of class retried or collateral, but for the same */
	CAUSE_REFAULT,	      /* of class refault or upgrade, but for the same */
	CAUSE_COW,	      /* faults in which the vCPU's own thread copied the page */
	CAUSE_MIGRATION_WAIT, /* faults that waited for a migration entry */
	CAUSE_OTHER_FAULT,    /* of class other: no window had to do with it */
	CAUSE_OTHER_EXIT,     /* the vCPU had left the guest for something else */
	CAUSE_INTERRUPT,      /* the guest's own: an interrupt, another thread of its */
	CAUSE_NOT_RUNNING,    /* the vCPU thread was preempted or asleep, outside of any fault */
	CAUSE_UNKNOWN,
	CAUSES,
};

/*
 * Pages that the windows of one kind zapped within the stretch, each once: a page zapped again
 * before it was mapped is the latest window's alone; only what a split has zapped stays the split's
 * when KSM merges the page, since nothing is left for the merge to zap. At the end of the stretch
 * zapped = refaults + neighbours + touched + untouched + undecided.
 *
 * KVM's own page table cannot be seen: a page not heard of yet is taken for mapped. A page that the
 * guest first touches after a window went over it is thus a refault, though the window took
 * nothing away. The guest has touched all of its pages before the first stretch.
 */
struct attrib_transition {
	uint64_t windows; /* that ended */
	uint64_t zapped;
	uint64_t refaults; /* mapped again by a fault on them, whatever the fault's class: one that
			      began within the window's last moment is of class inside and yet the
			      page's refault */
	uint64_t neighbours; /* mapped by another page's fault (huge mapping) */
	uint64_t touched;    /* not mapped since, and yet touched since: what change_pte gives */
	uint64_t untouched;  /* not mapped since, not touched since */
	uint64_t undecided;  /* not mapped since, last touched within the clock's error of the
				window's end, or the window has not ended */
};

/* When the guest's last touch of the page at @gpa began; see attrib_settle(). */
#define ATTRIB_TOUCH_UNKNOWN UINT64_MAX
typedef uint64_t attrib_touch(void *arg, uint64_t gpa);

/* What makes all sums doubtful, when it is not 0. */
struct attrib_doubts {
	uint64_t late;			 /* events that came when later ones had been judged */
	uint64_t unpaired;		 /* END without START, or START whose END never came */
	uint64_t own_unknown[OWN_KINDS]; /* KVM's own zaps of nobody knows what: whose refaults are
					    CLASS_OTHER from then on */
};

/* Times by a number: who ran (attrib_comm()), why the vCPU had left the guest. */
#define ATTRIB_KEYS 48
struct attrib_keyed {
	struct {
		uint32_t key;
		uint64_t ns;
	} of[ATTRIB_KEYS];
	uint32_t n;
	uint64_t rest_ns; /* of those that found no room */
};

/* Sums since attrib_begin(). */
struct attrib_figures {
	uint64_t windows; /* that touch guest RAM and ended */
	uint64_t by_reason[REASONS];
	uint64_t by_thread[THREADS];
	uint64_t preempted; /* windows whose thread was off its CPU between t0 and t2 */
	uint64_t open;	    /* windows still open at the end */
	uint64_t met;	    /* windows that a fault was inside of */
	uint64_t faults;
	uint64_t by_class[CLASSES];
	uint64_t own_refaults[OWN_KINDS]; /* of CLASS_OTHER: the first after KVM itself zapped */
	uint64_t sent_back;		  /* faults with RET_PF_RETRY, of whatever class */
	uint64_t sent_back_most; /* of a vCPU in a row, on one page, with no window over any */
	uint64_t begun_before;	 /* of the faults: KVM was handling them when the stretch began */
	uint64_t unended;	 /* that KVM was handling when it ended; known when they have */
	struct attrib_transition transition[TRANSITIONS]; /* [NONE]: all other windows */
	uint64_t stalls[CAUSES];
	uint64_t stall_ns[CAUSES];
	uint64_t part_ns[PARTS]; /* together as much as stall_ns */
	struct attrib_keyed preempted_by, exits;
	uint64_t stall_window[REASONS][THREADS]; /* stalls with a window behind them */
	struct series series;
};

/*
 * Refaults / pages zapped that the guest touched again: refaults / (refaults + touched); NAN when
 * there were none.
 */
double attrib_refault_ratio(const struct attrib_transition *t);

#endif
