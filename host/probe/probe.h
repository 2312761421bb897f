/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe.h - sees windows and faults of one VM. Two backends, the first that works here:
 *
 *   bpf       probe_bpf.c, probe.bpf.c: libbpf CO-RE; needs BTF of vmlinux and of kvm
 *   counters  no events at all: only what counters.h reads
 */
#ifndef PROBE_H
#define PROBE_H

#include "wire/hist.h"
#include "event.h"
#include "ram.h"
#include "rings.h"
#include "base/util.h"

enum probe_backend {
	BACKEND_AUTO,
	BACKEND_BPF,
	BACKEND_COUNTERS,
};
const char *probe_backend_name(enum probe_backend backend); /* "auto", "bpf", ... */

#define PROBE_MAX_VCPUS 64

struct probe_spec {
	enum probe_backend wanted;
	pid_t qemu;
	struct guest_ram ram[2];
	uint64_t ram_hva, ram_bytes; /* all of guest RAM, one piece in QEMU */
	pid_t vcpu[PROBE_MAX_VCPUS]; /* thread of each vCPU */
	unsigned int vcpus;
	uint64_t stretch_ns;  /* every window lasts so much longer; bpf only */
	bool stretch_counted; /* … but only as many as probe_stretch() says */
	uint64_t long_ns;     /* of windows that last so long the thread's stack is kept */
	bool interfere;	      /* threads will be preempted anywhere in the kernel */
};

/* Durations of windows that have ended, since the probe was opened. */
struct probe_windows {
	uint64_t count;
	uint64_t by_reason[REASONS], by_thread[THREADS], by_size[SIZES];
	uint64_t preempted;
	/* What KVM did by itself, without a window; not known where its function is not there. */
	bool own_known[OWN_KINDS];
	uint64_t own[OWN_KINDS], own_ns[OWN_KINDS];
	bool told[TRANSITIONS];		       /* false: such windows are among TRANSITION_NONE */
	bool given_back_known;		       /* PROBE_PROTECTED and PROBE_AGED are told */
	struct hist start, empty, total;       /* ns */
	uint64_t start_ns, empty_ns, total_ns; /* sums */
};

struct probe;

/*
 * Opens the wanted backend, with BACKEND_AUTO the best that works; why BPF did not is in @why
 * ("" when it was not tried in vain). 0; -EOPNOTSUPP: the wanted one does not work here (@why);
 * -errno.
 */
must_check int probe_open(struct probe **p, const struct probe_spec *spec, char *why, size_t size);
void probe_close(struct probe *p); /* NULL is fine */
enum probe_backend probe_backend(const struct probe *p);

/*
 * Hands out events in order of time (rings.h), up to @until_ns at most; *@complete_ns: nothing that
 * happened up to then is still to come. 0 or -errno: something may be missing.
 */
must_check int probe_drain(struct probe *p, uint64_t until_ns, uint64_t *complete_ns,
			   probe_handler *handler, void *arg);
/*
 * Window durations so far: BPF counts them in the kernel, complete also when events were lost. In
 * the midst of it @moment is called; *@still: those that had ended by then are counted, and no
 * others. Else some that ended about that time are, some not.
 */
must_check int probe_windows(struct probe *p, struct probe_windows *w, void (*moment)(void *arg),
			     void *arg, bool *still);
/*
 * So far. @lost: events, of any kind: no room, given up, or a probe that the kernel skipped.
 * @unpaired: faults that were entered and not left, or the other way round. 0 or -errno.
 */
must_check int probe_lost(struct probe *p, uint64_t *lost, uint64_t *unpaired);

/* The next @n windows are stretched, then none (stretch_counted). */
void probe_stretch(struct probe *p, uint64_t n);

/*
 * Where a thread was at the end of its window, by what END's address says less 1: "inner < ... <
 * outer" into @text, "" if it is not known.
 */
void probe_stack(struct probe *p, uint32_t number, char *text, size_t size);

/* How many windows are open at this moment, also those whose START has not been written yet. */
uint64_t probe_open_windows(const struct probe *p);

/* One probe taken and given back: when it began, when it was taken, when it was given back. */
struct probe_grace {
	uint64_t taken_ns, giving_ns, given_ns;
};
/* Sets the last two. By a thread of its own, since it may take minutes. 0; -EOPNOTSUPP: it cannot
 * be done here. */
must_check int probe_grace(struct probe *p, struct probe_grace *g);

/* What a backend implements; private to probe*.c. */
struct probe_ops {
	enum probe_backend backend;
	int (*open)(void **state, const struct probe_spec *spec, char *why, size_t size);
	void (*close)(void *state);
	int (*drain)(void *state, uint64_t until_ns, uint64_t *complete_ns, probe_handler *handler,
		     void *arg);
	int (*windows)(void *state, struct probe_windows *w, void (*moment)(void *arg), void *arg,
		       bool *still);
	int (*lost)(void *state, uint64_t *lost, uint64_t *unpaired);
	void (*stretch)(void *state, uint64_t n);
	void (*stack)(void *state, uint32_t number, char *text, size_t size);
	uint64_t (*open_windows)(void *state);
	int (*grace)(void *state, struct probe_grace *g);
};
extern const struct probe_ops probe_bpf;

#endif
