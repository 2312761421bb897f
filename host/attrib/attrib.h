/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attrib.h - what each fault and each stall was due to. Pure: takes the probes' events and the
 * guest's stalls, answers sums. No system call, no clock.
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
 * other: the rest, also what KVM sent back with no window anywhere.
 *
 * Which order things had: a window zaps its pages at t1, a fault maps its page when KVM has handled
 * it. A fault that KVM handled from before t1 until after is taken to have mapped the page after
 * the zap: had it mapped it before, one refault would be counted all the same, a little early.
 *
 * A window is known only from t1 on, since its record is written then. One that turns up when
 * faults within t0..t1 have been judged already judges them again, as far back as a vCPU's history
 * goes (attrib_open()).
 */
#ifndef ATTRIB_H
#define ATTRIB_H

#include "probe/event.h"
#include "base/util.h"

enum attrib_class {
	CLASS_INSIDE,
	CLASS_RETRIED,
	CLASS_COLLATERAL,
	CLASS_REFAULT,
	CLASS_OTHER,
	CLASSES,
};

/*
 * A stall's one cause. The stall's time is divided: each ns of it belongs to the fault that KVM was
 * handling, or to the vCPU thread not running, or is the guest's own. The first five causes are
 * those behind which a window stands. If they took at least half of the stall together, the cause
 * is the largest of them; else it is another that took at least half by itself; else unknown.
 *
 * The vCPU thread asleep within a fault (a page lock, a migration entry) is that fault's time,
 * preempted within one it is not. After a fault that was sent back the guest enters and faults at
 * once, so the time until the vCPU's next fault is the sent-back one's if that is on the same page
 * and no interrupt came between. What is left, the vCPU running and in no fault, is the guest's
 * own: CAUSE_INTERRUPT if an interrupt was injected within the stall or the guest says that its
 * kernel was busy with something else, and not explained if not.
 *
 * Clock error: the stall may be shifted against the events by error_ns, which moves at most
 * error_ns in or out of any cause. An answer that this could change is unknown; so is every stall
 * shorter than four times the error.
 */
enum attrib_cause {
	CAUSE_INSIDE,	      /* faults of class inside, but for cow and migration wait */
	CAUSE_RETRIED,	      /* of class retried or collateral, but for the same */
	CAUSE_REFAULT,	      /* of class refault, but for the same */
	CAUSE_COW,	      /* faults in which the vCPU's own thread copied the page */
	CAUSE_MIGRATION_WAIT, /* faults that waited for a migration entry */
	CAUSE_OTHER_FAULT,    /* of class other: no window had to do with it */
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
	uint64_t error_ns; /* of the clock: both ends are off by the same, at most so much */
	uint32_t vcpu;
	bool guest_busy; /* the guest's kernel says that it ran something else meanwhile */
};

struct attrib_answer {
	enum attrib_cause cause;
	bool window; /* a window was behind it; which: */
	enum probe_reason reason;
	enum probe_thread thread;
	uint64_t explained_ns; /* how much of it the cause took; unknown: 0 */
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
	uint64_t unpaired; /* END without START (also: a window that was open when the probes
			      started), or START whose END never came: records lost before us */
	uint64_t too_late; /* events older than slack allows: judged as if they had happened so much
			      later that they end just now, maybe wrong */
	uint64_t stalls[CAUSES];
	uint64_t stall_ns[CAUSES];
	uint64_t stall_window[REASONS][THREADS]; /* stalls with a window behind them */
};

struct attrib;

#define ATTRIB_MOMENTS 131072 /* of all vCPUs' histories together */

/*
 * Takes 16 bytes per page of guest RAM, 2.3 MiB, and 4 MiB for what the vCPUs went through last:
 * the last ATTRIB_MOMENTS / vCPUs (rounded down to a power of two) faults, times off the CPU and
 * interrupts of each. A window of 176 ms, its thread preempted, was seen to bring 33,000 faults. No
 * more however long the run. 0, -ENOMEM or -EINVAL (both said).
 */
must_check int attrib_open(struct attrib **a, const struct attrib_config *config);
void attrib_close(struct attrib *a); /* NULL is fine */

/*
 * One event, in whatever order CPUs deliver them, as far as slack_ns allows. It is judged by
 * attrib_flush(), or once more than slack_ns newer ones have come (64 at a time). At most 16384
 * wait (twice as many when disorder is great); then the oldest is judged at once.
 */
void attrib_event(struct attrib *a, const struct probe_event *e);
/* Everything up to @ns has been delivered: judge it. Nothing older may come. UINT64_MAX: judge all
 * that has come. */
void attrib_flush(struct attrib *a, uint64_t ns);

/*
 * attrib_begin() or attrib_end() at @ns comes next: what has happened after @ns waits for it, also
 * if so much comes before that it would have been judged already.
 */
void attrib_hold(struct attrib *a, uint64_t ns);

/*
 * A new stretch from @ns on: sums are zero, what is open stays open, zapped pages stay zapped but
 * do not count for the stretch. Events before @ns must have been delivered. Faults belong to the
 * stretch in which KVM has handled them, windows to that in which they end, zapped pages to that
 * of t1. Outside of stretches all is followed but nothing is counted.
 */
void attrib_begin(struct attrib *a, uint64_t ns);

/*
 * The cause of @s, also added to the sums: of the present stretch, or of the last if that has ended
 * (records of stalls may come later than its end). To be asked after attrib_flush() past its end
 * and the clock's error; asked earlier, or so late that the vCPU's history does not reach back to
 * it, it is unknown.
 */
struct attrib_answer attrib_stall(struct attrib *a, const struct attrib_stall *s);

/* Ends the stretch at @ns. Events go on to be followed, but are no part of it. */
void attrib_end(struct attrib *a, uint64_t ns);

/*
 * Decides what became of the pages that were zapped in the stretch that has ended and not mapped
 * until its end: to be called once, before the next attrib_begin(). last_touch(arg, gpa) is when
 * the guest's last touch of the page at @gpa ended, host time, 0: never in the stretch,
 * ATTRIB_TOUCH_UNKNOWN: nobody knows; NULL: of no page. A touch counts as later than a window if it
 * ended after t2: between t1 and t2 none can succeed, but one from before t1 may be interrupted by
 * the zap itself and end a little later. One after the end of the stretch decides
 * nothing if, since that end, there was a fault on the page or another window.
 */
#define ATTRIB_TOUCH_UNKNOWN UINT64_MAX
typedef uint64_t attrib_touch(void *arg, uint64_t gpa);
void attrib_settle(struct attrib *a, uint64_t error_ns, attrib_touch *last_touch, void *arg);
/* Good until attrib_close(); fixed from attrib_settle() to attrib_begin(), but for stalls. */
const struct attrib_figures *attrib_figures(const struct attrib *a);

/*
 * Refaults / pages zapped that the guest touched again: refaults / (refaults + touched); NAN when
 * there were none.
 */
double attrib_refault_ratio(const struct attrib_transition *t);

#endif
