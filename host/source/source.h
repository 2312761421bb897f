/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - a source is one way to force invalidations of guest RAM; one file each in
 * host/source/.
 *
 * A phase calls start once, step again and again (never longer than some milliseconds: the agent's
 * event loop waits meanwhile), stop once, also after a failed start or step. proof adds up, since
 * start, what must have moved on the guest's own pages before the phase may be judged.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "base/backend.h"
#include "base/util.h"
#include "result/proof.h"
#include "vm/runs.h"

struct chan;
struct guest;
struct knobs;
struct qmp;

/* What a source may use. Owned by run/main.c. */
struct env {
	struct knobs *knobs;
	pid_t qemu_pid;
	const struct guest_run *runs;
	size_t nruns;
	uint32_t pages;	 /* of 4 KiB, touched by the guest */
	uint32_t groups; /* page p holds the pattern of group p % groups */
	uint64_t seed;
	struct chan *chan;	   /* for orders to the guest, and */
	const struct guest *guest; /* what it has answered */
	struct qmp *qmp;
	enum backend backend;
	uint64_t max_page_sharing;	   /* 0: the kernel's own */
	uint64_t ksm_scans, ksm_prot_none; /* when ksmd was started last: ksm_why.c */
	bool disposable;		   /* the lab: this kernel ends with the run */
	bool balances;			   /* one of the phase's sources is NUMA balancing itself */
	/*
	 * The run is over before its time, and QEMU may hang in the kernel: stop() waits for
	 * nothing that needs QEMU's memory or its locks. The VM goes next.
	 */
	bool over;
	bool left; /* a source's thread hangs in the kernel and was left behind, with its state */
};

/* HVA of test page @page (< env->pages). */
uint64_t env_hva(const struct env *env, uint32_t page);

struct source {
	const char *name;
	const char *help;	/* one line for --help and list */
	const char *proof_help; /* what its proof counters are, one line */
	size_t state_bytes;	/* zeroed for each phase and given to the calls below */
	/*
	 * The same work each time: the phase's clock starts with its first step, without a warm-up,
	 * and stops when all of its proof is there, however long --phase-time is.
	 */
	bool job;
	bool balloon;  /* the VM needs a virtio-balloon */
	bool cgroup;   /* QEMU runs in a control group of its own (base/cgroup.h) */
	bool balances; /* NUMA balancing is what it is about: no other source switches it off */

	/* What has to be done before there is a VM. May be NULL. 0 or -errno (said). */
	int (*before)(const struct env *env);
	/* 0, or -errno with the reason it cannot work here in @why (e.g. "only one NUMA node"). */
	int (*probe)(const struct env *env, char *why, size_t size);
	int (*start)(struct env *env, void *state);
	/*
	 * One piece of work; *@again_ns is when to call next (0: at once). 0, -EAGAIN (nothing
	 * could be done just now: call again; not said) or -errno (said).
	 */
	int (*step)(struct env *env, void *state, uint64_t *again_ns);
	int (*stop)(struct env *env, void *state); /* -ETIME: a thread still works with @state */
	/* Fills @out (room for SOURCE_MAX_PROOFS); number of proofs or -errno (said). */
	int (*proof)(struct env *env, void *state, struct proof *out);
	/* Its proof has not moved far enough: why, as far as it can tell. May be NULL. */
	void (*why)(struct env *env, void *state, char *why, size_t size);
	/* Pages that the guest wrote and that KVM's dirty log did not have; NULL: looks for none.
	 */
	uint64_t (*unlogged)(const void *state);
};

extern const struct source *const source_table[]; /* ends with NULL */
const struct source *source_find(const char *name, size_t len);

#endif
