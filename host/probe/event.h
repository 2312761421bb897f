/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - what the probes have seen, one record each: the same from BPF (probe.bpf.c) and
 * from a test that makes events up. Shared with BPF, hence __u64.
 *
 * All times are CLOCK_MONOTONIC of the host in ns. A window is two records, START and END, with
 * the same id, which no other window has while it is open: the address of the kernel's struct
 * mmu_notifier_range.
 */
#ifndef PROBE_EVENT_H
#define PROBE_EVENT_H

#include <linux/types.h>

enum probe_type {
	/* __mmu_notifier_invalidate_range_start() has returned. begin_ns = t0, ns = t1. */
	PROBE_START = 1,
	/* __mmu_notifier_invalidate_range_end() has returned. ns = t2; begin_ns = ns. */
	PROBE_END,
	/* KVM has handled an EPT/NPT violation: kvm_tdp_page_fault() from begin_ns to ns. */
	PROBE_FAULT,
	/*
	 * A vCPU thread was not on a CPU from begin_ns to ns (sched_switch). Preempted: one event
	 * for each thread that ran there meanwhile.
	 */
	PROBE_OFF,
	/* KVM injected an interrupt into the vCPU, maybe again (kvm_inj_virq). begin_ns = ns. */
	PROBE_VIRQ,
	/* The vCPU had left the guest from begin_ns (kvm_exit) to ns (kvm_entry), for no fault. */
	PROBE_EXIT,
	/*
	 * KVM begins to zap what it has mapped of the length bytes at address, by itself: of kind
	 * reason, OWN_MEMSLOT, OWN_ROOT or OWN_NX_RECOVERY.
	 */
	PROBE_OWN,
	/*
	 * As FAULT, but nobody's touch: KVM maps a page that has come for a fault which it had sent
	 * back or halted the vCPU for (arch/x86/kvm/mmu/mmu.c kvm_arch_async_page_ready()). The
	 * guest's next touch of it needs no fault.
	 */
	PROBE_PREFETCH,
};

/* enum mmu_notifier_event (include/linux/mmu_notifier.h), by our own numbers. */
enum probe_reason {
	REASON_UNMAP,
	REASON_CLEAR,
	REASON_PROTECTION_VMA,
	REASON_PROTECTION_PAGE,
	REASON_SOFT_DIRTY,
	REASON_RELEASE,
	REASON_MIGRATE,
	REASON_EXCLUSIVE,
	REASON_OTHER, /* newer than this program */
	REASONS,
};

/* How much of guest RAM a window covers. */
enum probe_size {
	SIZE_PAGE, /* 4 KiB at most */
	SIZE_HUGE, /* up to 2 MiB */
	SIZE_LARGER,
	SIZES,
};

/*
 * What KVM takes from its guest by itself, or asks of it: under mmu_lock, without a notifier and
 * therefore without a window.
 */
enum probe_own {
	OWN_MEMSLOT,	 /* kvm_arch_flush_shadow_memslot(): a slot goes or moves */
	OWN_ROOT,	 /* kvm_tdp_mmu_zap_invalidated_roots() */
	OWN_NX_RECOVERY, /* kvm_tdp_mmu_zap_sp(), ..._zap_possible_nx_huge_page() */
	OWN_DIRTY_LOG,	 /* kvm_mmu_slot_remove_write_access(), ..._enable_log_dirty_pt_masked() */
	OWN_AGE,	 /* kvm_age_gfn() */
	OWN_KINDS,
};

/* Who invalidates. */
enum probe_thread {
	THREAD_KSMD,
	THREAD_AGENT, /* host-stress itself: the sources */
	THREAD_KCOMPACTD,
	THREAD_KHUGEPAGED,
	THREAD_KSWAPD,
	THREAD_VCPU, /* a vCPU's own fault: copy on write */
	THREAD_QEMU, /* QEMU's other threads */
	THREAD_OTHER,
	THREADS,
};

/*
 * What the window changes in the host's page table, where it is one of the three changes that
 * change_pte was for (Documentation/mm/mmu_notifier.rst; removed in 6.10 by "mm: replace
 * set_pte_at_notify() with just set_pte_at()"), or the splitting of a huge page, which zaps too.
 */
enum probe_transition {
	TRANSITION_NONE,
	TRANSITION_WRITE_PROTECT, /* mm/ksm.c write_protect_page(): RW to RO, same page */
	TRANSITION_REPLACE,	  /* mm/ksm.c replace_page(): RO to RO, another page */
	TRANSITION_COPY,	  /* mm/memory.c wp_page_copy(): RO to RW, another page */
	TRANSITION_SPLIT,	  /* mm/huge_memory.c __split_huge_pmd() */
	TRANSITIONS,
};

/* RET_PF_* (arch/x86/kvm/mmu/mmu_internal.h), whose values differ between kernels. */
enum probe_outcome {
	OUTCOME_FIXED,
	OUTCOME_RETRY, /* sent back: the guest will fault again */
	OUTCOME_SPURIOUS,
	OUTCOME_EMULATE,
	OUTCOME_OTHER, /* errors, RET_PF_INVALID, ... */
	OUTCOMES,
};

#define PROBE_WRITE 1u	   /* FAULT: the guest wrote */
#define PROBE_OWN_COPY 2u  /* FAULT: the vCPU's own thread copied the page meanwhile */
#define PROBE_MIGRATION 4u /* FAULT: it waited for a migration entry meanwhile */
#define PROBE_PROTECTED 8u /* FAULT: KVM itself had taken the right to write that it gave back */
#define PROBE_AGED 16u	   /* FAULT: KVM itself had taken all rights, to see it used: no A bits */
#define PROBE_ASLEEP 1u	   /* OFF: it had gone to sleep; else it was preempted */
#define PROBE_AGAIN 1u	   /* VIRQ: its delivery had failed before, e.g. by a fault */
#define PROBE_PREEMPTED 1u /* END: the invalidating thread was off its CPU between t0 and t2 */

#define PROBE_ALL (~0ull)
#define PROBE_COMM 16 /* TASK_COMM_LEN */
#define PROBE_NO_EXIT_REASON 0xffffffffu

/*
 * FAULT's id: how long before begin_ns the vCPU had left the guest (lower half), and how long after
 * the end of the vCPU's fault before this one it had gone back (upper half); ns, 0: not known.
 */
#define PROBE_AROUND_MOST 0xffffffffull

struct probe_event {
	__u64 ns;
	__u64 begin_ns;
	union {
		struct {
			__u64 address; /* START: first byte, HVA. FAULT: guest physical address.
					  END: 1 + number of the thread's stack, 0: none.
					  OWN: guest physical address.
					  EXIT: reason, as KVM's tracepoint has it */
			__u64 length;  /* START: bytes. FAULT: bytes that KVM's mapping spans
					  (4 KiB, 2 MiB), 0: not known. OWN: bytes, PROBE_ALL, 0: not
					  known */
		};
		char comm[PROBE_COMM]; /* OFF, preempted: by whom; may lack its NUL */
	};
	__u64 id; /* START, END; FAULT: see above */
	__u32 tid;
	__u16 cpu;
	__u8 type;	 /* enum probe_type */
	__u8 flags;	 /* PROBE_* by type */
	__u8 reason;	 /* START: enum probe_reason */
	__u8 thread;	 /* START: enum probe_thread */
	__u8 transition; /* START: enum probe_transition */
	__u8 outcome;	 /* FAULT: enum probe_outcome */
	__u32 vcpu;	 /* FAULT, OFF, VIRQ, EXIT: number of the vCPU */
};
_Static_assert(sizeof(struct probe_event) == 56, "shared with BPF");

#endif
