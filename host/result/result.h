/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * result.h - everything a run has found out; the reports see only this. Pure data. Strings are
 * owned by the result (freed by result_free) unless said otherwise.
 */
#ifndef RESULT_H
#define RESULT_H

#include "attrib/attrib.h"
#include "base/cputime.h"
#include "kernlog.h"
#include "names.h"
#include "worst.h"
#include "probe/event.h"
#include "proof.h"
#include "base/util.h"

#define RESULT_SCHEMA "host-stress/5"

/* Exit codes of every command (docs/exit-codes.md). */
enum verdict_code {
	VERDICT_PASS = 0,
	VERDICT_FAIL = 1,
	VERDICT_CANNOT_JUDGE = 125,
	VERDICT_ERROR = 128, /* usage, missing part, own error, interrupted */
};

/* How the run came to its end; verdict_judge() weighs it (verdict.h). */
enum run_end {
	RUN_COMPLETE,
	RUN_GUEST_CRASHED,  /* the guest's kernel died: panic, triple fault, its last words */
	RUN_QEMU_CRASHED,   /* QEMU died by SIGSEGV and the like, or KVM could not run the guest */
	RUN_QEMU_KILLED,    /* somebody or the OOM killer killed it, or it left without a word */
	RUN_GUEST_SILENT,   /* no heartbeat; QEMU lives */
	RUN_GUEST_LIVELOCK, /* the same, and a vCPU is sent back again and again (attrib/chain.h) */
	RUN_KERNEL_DIED,    /* lab: L1, the kernel under test, died */
	RUN_KERNEL_HUNG,    /* lab: L1 gave no result in time */
	RUN_PROBE_SILENT,   /* the probes missed what was forced to test them */
	RUN_KERNEL_LACKS,   /* lab: L1 has not what was asked for: a parameter of KVM's */
	RUN_INTERRUPTED,    /* SIGINT, SIGTERM, SIGHUP */
	RUN_ERROR,	    /* ours: a knob, memory, the disk */
};
#define RUN_ENDS (RUN_ERROR + 1)

/*
 * So often in a row must KVM send a vCPU back without a reason for it to be called a livelock.
 * 4,343 were seen in one window of 16 ms before the window was known, and such do not count; what
 * comes without one (an SPTE that another vCPU is changing, a root that is gone) ends after a few.
 */
#define LIVELOCK_LEAST 10000

/* Which of the kernel's complaints fail a run (kernlog.h): those that name mm, KVM or the VM; all;
 * none. */
enum on_warn { ON_WARN_AUTO, ON_WARN_BAD, ON_WARN_NOTE };

/* What a phase is that was not exercised: cannot judge, or bad, when that is what is looked for. */
enum on_unexercised { ON_UNEXERCISED_SKIP, ON_UNEXERCISED_BAD };

struct verdict {
	enum verdict_code code;
	char **reasons;
	size_t nreasons;
};
must_check int verdict_reason(struct verdict *v, const char *fmt, ...) printf_like(2, 3);
const char *verdict_name(enum verdict_code code); /* "pass", "fail", "cannot judge", "error" */

struct touch_figures {
	uint64_t count;
	uint64_t writes;
	uint64_t p50_ns, p99_ns, p999_ns,
		max_ns; /* histogram bound: true value < x <= true * 33/32 */
	uint64_t overflow;
};

/* The same touches, each counting for as long as it took (hist.h hist_time_from() on the error). */
struct time_figures {
	uint64_t total_ns;	   /* all of them: the guest's time on all vCPUs; exact */
	double share[TIME_SHARES]; /* of it, in touches of at least so long; NAN: no touch */
	uint64_t p50_ns, p90_ns, p99_ns, p999_ns;
};

struct cause_figures {
	uint64_t count, total_ns;
};

struct stall_figures {
	uint64_t threshold_ns;
	uint64_t count;
	uint64_t total_ns;
	uint64_t records_lost; /* records only; count and total_ns are complete */
	bool causes_known;
	struct cause_figures by_cause[CAUSES]; /* of the records that came; attrib.h */
	uint64_t by_window[REASONS][THREADS];  /* stalls with a window behind them */
	uint64_t part_ns[PARTS];	       /* all of their time, each ns in one */
	struct metrics preempted_by;	       /* ns by who ran, of PART_PREEMPTED */
	struct metrics exits;		       /* ns by KVM's reason, of PART_OTHER_EXIT */
	struct worst_stalls worst;
};

/* KVM's own counters of guest page faults (arch/x86/kvm/mmu, struct kvm_vcpu_stat since 6.0). */
struct fault_figures {
	bool known;	/* false: this kernel or QEMU does not tell, all zero */
	uint64_t total; /* pf_taken */
	uint64_t fixed, emulate, spurious, fast;
	uint64_t retried_most; /* taken - fixed - emulate - spurious - fast, at least 0 */
	/* what the probes saw, each fault in exactly one class (attrib.h) */
	bool classes_known; /* false: backend counters, or no EPT/NPT */
	uint64_t inside, retried, collateral, refault, upgrade, own_refault, other;
	uint64_t sent_back;	 /* with RET_PF_RETRY, of whatever class */
	uint64_t sent_back_most; /* of a vCPU in a row, on one page, with no window over any */
	int64_t unmatched;	 /* total - all classes: what the probes missed; below 0: saw too
				    many */
};

/* Quantiles: true value < x <= true * 33/32 (hist.h). */
struct duration_figures {
	uint64_t p50_ns, p99_ns, p999_ns, max_ns, total_ns;
};

/* Windows that touch guest RAM (docs/method.md). */
struct window_figures {
	bool known; /* false: backend counters */
	uint64_t count;
	uint64_t by_event[REASONS], by_thread[THREADS], by_size[SIZES];
	double sent_back_each; /* faults that KVM sent back, and TLB flushes of other CPUs, */
	double flushes_each;   /* for each window; NAN: no window, or not known */
	struct duration_figures start; /* t0..t1: range_start itself */
	struct duration_figures empty; /* t1..t2: the guest can only fault */
	struct duration_figures total; /* t0..t2 */
	uint64_t preempted;	       /* their thread was off its CPU within them */
	bool preempted_known;
	uint64_t open; /* at the end of the phase */
	uint64_t met;  /* that a vCPU's fault was inside of */
};

/* What KVM zaps, write-protects or ages by itself, of one kind (enum probe_own). */
struct own_figures {
	bool known; /* false: backend counters, or this kernel has no such function */
	uint64_t count, ns;
	bool refaults_known; /* false also: nothing is zapped, or which pages was not told */
	uint64_t refaults;   /* of faults.own_refault */
};

/* Taking a probe and giving it back, again and again (--grace-periods). */
struct grace_figures {
	bool known; /* false: not asked for, backend counters, or it cannot be done here */
	uint64_t rounds, take_ns, give_back_ns;
};

/* Pages zapped by windows of one kind, and what became of them (attrib.h struct attrib_transition).
 */
struct transition_figures {
	uint64_t windows, zapped, refaults, touched, untouched, undecided, neighbours;
	bool known; /* false: not told apart, and so among TRANSITION_NONE's */
};

/* Of one of enum cpu_user. */
struct cpu_figures {
	bool known; /* false: there is no such process */
	struct cputime time;
};

struct integrity_figures {
	uint64_t checked; /* words compared, in touches and in the check at the end of the phase */
	uint64_t errors;
	uint64_t unlogged; /* pages that the guest wrote and KVM's dirty log did not have */
};

static inline bool integrity_is_broken(const struct integrity_figures *f)
{
	return f->errors || f->unlogged;
}

struct phase_result {
	char *name;    /* "idle", "ksm-merge", … */
	char *sources; /* "null", "ksm-merge", pairs joined by + */
	uint64_t duration_ns;
	bool job;	    /* it had the same work to do, and ended with it (source.h) */
	uint64_t waited_ns; /* from the source's start until its proof counters moved */
	bool done;	    /* false: the run ended before or within it */
	bool exercised;
	char *why_not; /* NULL when exercised */
	struct proof
		proof[2 * SOURCE_MAX_PROOFS]; /* moved within the phase's clock; names are static */
	size_t nproof;
	struct touch_figures touch;
	struct time_figures time;
	struct stall_figures stalls;
	struct window_figures windows;
	struct fault_figures faults;
	struct own_figures own_zaps[OWN_KINDS];
	struct grace_figures grace;
	/* [TRANSITION_NONE]: all other windows, known if any is. */
	struct transition_figures transitions[TRANSITIONS];
	struct cpu_figures cpu[CPU_USERS];
	double refault_ratio; /* over all windows; NAN: nothing zapped was touched again, or not
				 known */
	char *touch_buckets, *window_buckets; /* buckets.h; NULL: not known */
	struct series series;		      /* over the phase's time; step_ns 0: not known */
	struct integrity_figures integrity;
	struct metrics kvm; /* deltas, "pf_taken", "remote_tlb_flush", … */
	struct metrics
		host; /* deltas, "vmstat.cow_ksm", "ksm.pages_sharing" (absolute at the end), … */
	struct metrics exits; /* KVM exits by reason; empty where the tracepoint is not there */
	uint64_t lost;	      /* frames and records lost in this phase, of any kind */
};

/* How one limit (--fail-if) came out, for one phase or for the whole run; limits.h. */
enum limit_state {
	LIMIT_KEPT,
	LIMIT_EXCEEDED,
	LIMIT_UNPROVEN, /* a phase it rests on was not exercised */
	LIMIT_UNKNOWN,	/* a figure is not known, or it divides by 0 */
};

struct limit_result {
	char *expr;  /* as the user typed it */
	char *phase; /* the phase it stands for here, else the first that it names; NULL: none */
	enum limit_state state;
	double value, limit; /* the two sides, times in ns; of LIMIT_KEPT and LIMIT_EXCEEDED */
	char *text;	     /* "312us, limit 200us", or why it was not judged */
};

/* How the run stands to --baseline-good and --baseline-bad; baseline.h. */
struct baseline_result {
	char *nearer; /* "good", "bad" or "neither"; NULL: no baselines */
	char **lines; /* one for each figure it was judged by */
	size_t nlines;
};

/* What --against held the run against; against.h. */
struct against_result {
	char *kernel;	  /* "6.12"; NULL: nothing, or the verdict stood before */
	uint64_t figures; /* that were judged */
	uint64_t worse;	  /* of these */
};

struct channel_figures { /* whole run; see proto.h */
	uint64_t frames, bad_header, bad_payload, skipped_bytes, lost, late, duplicate,
		short_frames;
	uint64_t foreign; /* good frames that made no sense: size, epoch, type */
};

/* Guest TSC to host time; hostclock.h. */
struct clock_figures {
	char *method; /* "tsc-offset", "ping-pong"; NULL: not needed (backend counters) */
	uint64_t error_ns;
};

struct probe_figures {
	char *backend;	/* "bpf", "counters"; NULL: the run did not come so far */
	char *why;	/* why not a better backend, NULL: it is the best, or was asked for */
	char *selftest; /* "passed: ..." or what was silent; NULL with counters */
	/* Of the whole run: */
	bool counted;	   /* false: with counters, or nobody knows what was lost */
	uint64_t lost;	   /* events */
	uint64_t late;	   /* events that came when later ones had been judged */
	uint64_t unpaired; /* halves of windows and faults whose other half is not there */
	uint64_t stretch_ns;
	uint64_t stretch_count; /* windows of each phase; 0: all */
	bool interfere;
};

enum build { BUILD_PROGRAM, BUILD_IMAGE, BUILD_EMULATOR, BUILDS };

/* The lab machine's CPUs, which the program inside knows nothing of. */
struct lab_figures {
	uint64_t cpus;			  /* 0: the run was not in the lab */
	uint64_t turn, hold_ns, schedule; /* turn 0: one CPU, or they do not run in turn */
};

struct result {
	struct verdict verdict;
	enum run_end end;
	char *end_detail;  /* one sentence, NULL when complete */
	bool stress_begun; /* the first phase's clock had started */
	char *place;	   /* "host" or "lab" */
	char *accel;	   /* "kvm" (host), "tcg", "bochs", "kvm" (lab) */
	char *emulator;	   /* version line of what ran the kernel under test; NULL: a host */
	char *paging;	   /* the guest's: "ept", "npt", "shadow"; NULL: KVM does not tell */
	bool deterministic;
	uint64_t seed;
	struct lab_figures lab;
	char *kernel;	 /* uname -r and -v of the kernel under test */
	char *command;	 /* as the user typed it */
	char *qemu;	 /* version line of the VM's QEMU */
	bool qemu_cured; /* our lab QEMU without the doubled interrupt; true with hardware KVM (not
			    concerned) */
	char *build[BUILDS];   /* of program, image, emulator (base/build.h); NULL: not known */
	char *guest_kernel;    /* file name it was booted from */
	uint64_t memory_bytes; /* touched by the guest */
	uint32_t vcpus, groups, write_ppm, shared_pages;
	uint32_t spare_vcpus; /* that do not touch */
	int pattern;	      /* enum pattern; pattern_names[] */
	int backend;	      /* enum backend; backend_names[] */
	uint64_t boot_ns;     /* QEMU's start to the guest's READY */
	uint64_t tsc_hz;
	double tsc_error; /* relative, between the guest's calibration and the run's longest
			     baseline */
	struct clock_figures clock;
	struct probe_figures probes;
	struct channel_figures channel;
	struct phase_result *phases;
	size_t nphases;
	char **planned; /* names of all phases that were to run, also of those that did not */
	size_t nplanned;
	char **fail_if; /* limits as typed, judged into limits by verdict_judge() */
	size_t nfail_if;
	struct limit_result *limits;
	size_t nlimits;
	struct kernlog kernlog;
	int on_warn;	    /* enum on_warn, --on-warn */
	int on_unexercised; /* enum on_unexercised, --on-unexercised */
	char *crash_match;  /* --crash-match; NULL: any crash counts */
	char *crash;	    /* title of the kernel's complaint it died of, of L1 or the guest */
	struct baseline_result baseline;
	struct against_result against;
	struct metrics here; /* JSON "host": what may differ between equal runs; no figure */
	char **names;	     /* of proofs, when the result was read (result_read.h) */
	size_t nnames;
};

/* Equal seeds and equal turns: nothing was drawn otherwise. */
bool result_same_chance(const struct result *a, const struct result *b);
/* *@phase is good until the next call. 0 or -ENOMEM. */
must_check int result_add_phase(struct result *r, const char *name, const char *sources,
				struct phase_result **phase);
/* Appends a copy of @text to one of the string lists above. 0 or -ENOMEM. */
must_check int result_add_text(char ***list, size_t *n, const char *text);
/*
 * Whether the probes' faults differ so much from KVM's count that no class can be believed: by more
 * than 1 % and 16 (the two ends of a phase are not read at one instant).
 */
bool faults_doubtful(const struct fault_figures *f);
/* Whether something may be missing of what the probes have seen, or be out of order. */
bool probes_doubtful(const struct probe_figures *f);
/* Refaults of all zapped pages that the guest touched again; NAN: none. */
double transition_refault_ratio(const struct transition_figures *t);
/*
 * Whether the proofs of @p and its touches show that its sources did their work on this guest.
 * The first thing that is missing is put into @why.
 */
bool phase_exercised(const struct phase_result *p, char *why, size_t size);
/* Whether its clock ran: a phase in which a run broke off before that has nothing to show. */
bool result_has_figures(const struct phase_result *p);
const char *run_end_name(enum run_end end); /* "complete", "guest-crashed", … */
void result_free_limits(struct result *r);
void result_free(struct result *r);

#endif
