/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe_tracefs.h - the parts of backend B; private to probe_tracefs*.c.
 *
 *   probe_tracefs.c         opens, proves and closes the whole
 *   probe_tracefs_setup.c   a trace instance and events in it
 *   probe_tracefs_watch.c   which events, with which filters
 *   probe_tracefs_threads.c whose a thread is
 *   probe_tracefs_learn.c   what this kernel is like: offsets, the VM's mm
 *   probe_tracefs_text.c    pure: what the kernel's text files say; filters
 *   probe_tracefs_stream.c  binary pages of all CPUs to one stream of records by time
 *   probe_tracefs_join.c    pure: records to probe events
 */
#ifndef PROBE_TRACEFS_H
#define PROBE_TRACEFS_H

#include <stdio.h>

#include "probe.h"

/* One kind for each event of ours. Its fields in the order of record.value: record_fields[]. */
enum record_kind {
	RECORD_STARTED, /* kretprobe __mmu_notifier_invalidate_range_start: ret */
	RECORD_START,	/* kprobe on the same: start, end, event, caller, mm */
	RECORD_ENDED,	/* kretprobe __mmu_notifier_invalidate_range_end */
	RECORD_FAULTED, /* kretprobe kvm_tdp_page_fault: ret */
	RECORD_FAULT,	/* tracepoint kvm:kvm_page_fault: fault_address, error_code */
	RECORD_LEVEL,	/* tracepoint kvmmmu:kvm_mmu_spte_requested: level */
	RECORD_WAIT,	/* kprobe migration_entry_wait_on_locked */
	RECORD_SWITCH,	/* tracepoint sched:sched_switch: prev_pid, prev_state, next_pid */
	RECORD_VIRQ,	/* tracepoint kvm:kvm_inj_virq */
	RECORD_LOOK,	/* kprobe, only while learning: w0 .. w4 of the range */
	RECORD_MM,	/* kretprobe mm_access, only while learning: mm */
	RECORD_KINDS,
};
#define RECORD_FIELDS 5
extern const char *const record_fields[RECORD_KINDS][RECORD_FIELDS];

struct record {
	uint64_t ns; /* CLOCK_MONOTONIC */
	pid_t tid;
	uint16_t cpu;
	uint8_t kind;
	uint64_t value[RECORD_FIELDS]; /* signed fields are sign-extended */
};
typedef void record_handler(void *arg, const struct record *r);

/* Where an event's fields lie: from its `format` file. */
struct record_format {
	uint16_t id;
	uint8_t kind;
	uint8_t fields;
	struct record_field {
		uint16_t offset;
		uint8_t size;
		bool is_signed;
	} field[RECORD_FIELDS];
};

/* Offsets in struct mmu_notifier_range (include/linux/mmu_notifier.h). */
struct range_layout {
	unsigned int mm, start, end, event;
};

/* RET_PF_* of this kernel (arch/x86/kvm/mmu/mmu_internal.h). */
struct retvals {
	int retry, emulate, fixed, spurious;
};

/* Who calls __mmu_notifier_invalidate_range_start(): code of the functions that make a transition.
 */
#define CALLERS_MAX 16
struct callers {
	struct caller {
		uint64_t begin, end;
		uint8_t transition;
	} v[CALLERS_MAX], trampoline; /* what a kretprobe puts in the place of a caller */
	unsigned int n;
	bool known[TRANSITIONS]; /* its function was found */
};

/* probe_tracefs_text.c: pure. 0, or -EPROTO: not what it should be. */
must_check int format_parse(const char *text, enum record_kind kind, struct record_format *f);
bool record_decode(const struct record_format *f, const void *data, size_t len, struct record *r);
/* @words: the first five of a range known to span @begin .. @end, event CLEAR. */
must_check int layout_find(const uint64_t words[5], uint64_t begin, uint64_t end,
			   struct range_layout *l);
/* @format: the file of the tracepoint kvmmmu:fast_page_fault, which shows two of the values. */
must_check int retvals_parse(const char *format, struct retvals *r);
/* @kallsyms: /proc/kallsyms, sorted by address up to the modules. */
void callers_read(struct callers *c, FILE *kallsyms);
enum probe_transition caller_transition(const struct callers *c, uint64_t address);
/*
 * Text that a filter file takes. Runs of numbers become ranges; what would not fit becomes one
 * range that lets through more than is wanted. -EINVAL: no number, which would be no filter at all.
 */
must_check int filter_pids(char *buf, size_t size, const char *field, const pid_t *pids, size_t n);
/* Sum of the counters in a per_cpu/cpuN/stats file that mean records lost. */
uint64_t stats_lost(const char *stats);
/* Sum of the misses of events called NAME@suffix in kprobe_profile. */
uint64_t profile_missed(const char *profile, const char *suffix);

/* probe_tracefs_stream.c */
struct stream;
/* @instance: path of its directory. @page_bytes: of a sub-buffer with its header. 0 or -errno. */
must_check int stream_open(struct stream **s, const char *instance, size_t page_bytes);
void stream_close(struct stream *s); /* NULL is fine */
void stream_format(struct stream *s, const struct record_format *f);
/* Hands out records with ns <= @until_ns of all CPUs by time. 0 or -errno. */
must_check int stream_read(struct stream *s, uint64_t until_ns, record_handler *handler, void *arg);
/* Records that no format fits: lost to us. */
uint64_t stream_strange(const struct stream *s);

/* probe_tracefs_join.c: pure */
struct join_config {
	const struct probe_spec *spec;
	struct retvals retvals;
	struct callers callers;
	uint64_t ram_begin, ram_bytes; /* HVA; other windows are not told */
	bool svm;    /* fault's error_code is an error code; else VMX's exit qualification */
	bool levels; /* RECORD_LEVEL comes for mappings above 4 KiB */
	enum probe_thread (*thread)(void *arg, pid_t tid); /* asked once per thread */
	void *thread_arg;
};
struct join;
/* @config stays the caller's and must outlive it. */
must_check int join_open(struct join **j, const struct join_config *config);
void join_close(struct join *j); /* NULL is fine */
void join_record(struct join *j, const struct record *r, probe_handler *handler, void *arg);

/* probe_tracefs_setup.c: one trace instance and its events. */
struct setup {
	char *instance; /* path */
	char *name, *group;
	const char *root;
	char suffix[16]; /* of event names, "_PID": kprobe_profile shows names without group */
	struct stream *stream;
};
must_check int setup_open(struct setup *s);
int setup_close(struct setup *s); /* said */
/* "p" or "r", function, its arguments; enabled by setup_enable(). -ENOENT: no such function. */
must_check int setup_kprobe(struct setup *s, enum record_kind kind, const char *function,
			    const char *args);
must_check int setup_tracepoint(struct setup *s, enum record_kind kind);
must_check int setup_enable(struct setup *s, enum record_kind kind, const char *filter);
/* Disables and deletes a kprobe event of ours. */
must_check int setup_drop(struct setup *s, enum record_kind kind);
must_check int setup_lost(struct setup *s, uint64_t *lost);

/* probe_tracefs_threads.c */
enum probe_thread thread_whose(pid_t qemu, pid_t tid); /* any but THREAD_VCPU */
/* Adds the threads of process @pid, with 0 the kernel threads that invalidate; the new @n. */
size_t threads_list(pid_t pid, pid_t *pids, size_t n, size_t room);

/* probe_tracefs_watch.c. 0 or -errno. */
must_check int watch_started(struct setup *s); /* the first, see there */
must_check int watch_define(struct setup *s, const struct range_layout *l);
/* Enables them, or changes their filter: only windows of @mm. */
must_check int watch_windows(struct setup *s, uint64_t mm);
/* *@levels: mappings above 4 KiB come as RECORD_LEVEL. */
must_check int watch_faults(struct setup *s, const struct probe_spec *spec, bool *levels);
must_check int watch_wait(struct setup *s, const struct probe_spec *spec);
must_check int watch_switch(struct setup *s, const struct probe_spec *spec);
must_check int watch_virq(struct setup *s, const struct probe_spec *spec);

/* probe_tracefs_learn.c: an invalidation of our own, of memory that a VM without vCPUs watches. */
struct own_window {
	int vm;
	char *page;
};
must_check int own_window_open(struct own_window *w);
void own_window_close(struct own_window *w);
must_check int own_window_clear(struct own_window *w); /* MMU_NOTIFY_CLEAR, as often as wanted */
must_check int own_window_unmap(struct own_window *w); /* MMU_NOTIFY_UNMAP, once */
/* Looks at one, CLEAR: @l, and the mm of this process. @why: what was not as expected. */
must_check int learn_layout(struct setup *s, struct own_window *w, struct range_layout *l,
			    uint64_t *mm, char *why, size_t size);
must_check int learn_mm(struct setup *s, pid_t pid, uint64_t *mm);

#endif
