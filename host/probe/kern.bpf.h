/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kern.bpf.h - what the programs of probe.bpf.c work on: the kernel's structures, what user space
 * sets, the windows that are open, threads, sums, and the way out for events.
 *
 * The kernel's structures are written down by hand, with only what is used (CO-RE finds the
 * offsets): the machine that builds this may have no BTF, or none of kvm's.
 */
#ifndef PROBE_BPF_KERNEL_H
#define PROBE_BPF_KERNEL_H

#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf.h"

#define MAX_OPEN 32	     /* windows on the VM at once; a power of two */
#define SPIN_STEPS (1 << 20) /* at 10 ns at least each: 10 ms */

/*
 * @x, which has been compared already, as an index below @n, a power of two. Up to 6.1 the verifier
 * forgets what it knows of 32 bits that the compiler puts aside on the stack.
 */
#define INDEX(x, n)                                                   \
	({                                                            \
		__u64 index_ = (x);                                   \
                                                                      \
		asm volatile("%0 &= %1" : "+r"(index_) : "i"((n)-1)); \
		index_;                                               \
	})

#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#define __core __attribute__((preserve_access_index))

struct mm_struct {
} __core;

struct vm_area_struct {
	struct mm_struct *vm_mm;
} __core;

struct vm_fault {
	struct vm_area_struct *vma;
} __core;

struct task_struct {
	int pid, tgid;
	char comm[16];
	struct mm_struct *mm;
} __core;

enum mmu_notifier_event { MMU_NOTIFY_UNMAP };

struct mmu_notifier_range {
	struct mm_struct *mm;
	unsigned long start, end;
	enum mmu_notifier_event event;
} __core;

struct kvm {
} __core;

struct kvm_vcpu {
	struct kvm *kvm;
	int vcpu_idx;
} __core;

struct kvm_page_fault {
	__u64 addr;
	_Bool prefetch, write, present;
	__u8 goal_level;
} __core;

/* A page table of KVM's: where in the guest what it maps begins, and its level in the lowest bits.
 */
union kvm_mmu_page_role {
	__u32 word;
} __core;

struct kvm_mmu_page {
	__u64 gfn;
	union kvm_mmu_page_role role;
} __core;

/* The reason of the latest exit; where it is depends on vendor and kernel. */
struct vmcb_control_area {
	__u32 exit_code;
} __core;

struct vmcb {
	struct vmcb_control_area control;
} __core;

struct vcpu_svm {
	struct vmcb *vmcb;
} __core;

union vmx_exit_reason {
	__u32 full;
} __core;

struct vcpu_vmx {
	union vmx_exit_reason exit_reason;
} __core;

struct vcpu_vt {
	union vmx_exit_reason exit_reason;
} __core;

struct vcpu_vmx___vt { /* newer: shared with TDX */
	struct vcpu_vt vt;
} __core;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __core;

const volatile __u32 qemu_tgid, agent_tgid, ksmd_tid;
const volatile __u64 ram_begin, ram_end; /* HVA of guest RAM */
const volatile __u64 stretch_ns;
const volatile _Bool stretch_counted; /* only stretch_left of them */
const volatile _Bool merges_told;     /* bpf.c choose_transitions() */
const volatile __u64 long_ns;	      /* of windows that last so long the thread's stack is kept */
const volatile _Bool preemptible;     /* the copies are there, too */
const volatile __u32 ring_mask, slot_mask; /* how many - 1 */
const volatile __u32 vcpu_tid[PROBE_BPF_VCPUS], vcpus;
const volatile __u8 reason_of[PROBE_BPF_REASONS]; /* enum mmu_notifier_event -> enum probe_reason */
const volatile __u8 outcome_of[PROBE_BPF_OUTCOMES]; /* RET_PF_* -> enum probe_outcome */

__u64 mm_found;		/* address of the VM's mm_struct */
__u64 vm_mm;		/* the same, 0 until all programs are attached */
__u64 lost[LOST_KINDS]; /* atomic */
__u64 unpaired;		/* atomic: faults entered and not left, or left and not entered */
__s64 undone[PLACES];	/* atomic; see note() */

/* Open windows; free: id is 0. Claimed by whoever changes id from 0. */
static struct window {
	__u64 id;
	__u64 t0, t1;
	__u32 tid;
	__u8 reason, thread, preempted;
} windows[MAX_OPEN];
__u64 open_windows; /* atomic */

static struct vcpu {
	__u64 fault_begin; /* 0: in no fault */
	__u64 fault_flags;
	__u64 faults;	 /* seen from entry to return */
	__u64 exit_ns;	 /* it left the guest; 0: not known, or it is there */
	__u64 fault_end; /* since then; 0: no fault */
	__u64 back_ns;	 /* from the latest fault's end until it was in the guest again */
	__u64 off_begin; /* its thread is off the CPU since; 0: it is not */
	__u32 off_flags;
	__u32 off_cpu;		 /* preempted there */
	char off_by[PROBE_COMM]; /* by whom */
} vcpu_state[PROBE_BPF_VCPUS];
static __u32 waiter[PROBE_BPF_CPUS]; /* 1 + the vCPU that was preempted there last; 0: none */
static __u64 vm_kvm;		     /* address of the VM's struct kvm, 0: no fault yet */

/* What a thread is in the midst of. ksmd is one thread and has its own, for speed. */
__u64 ksmd_copying; /* in do_wp_page() */
__u64 ksmd_windows; /* of one page, since it entered try_to_merge_one_page() */

struct thread {
	__u32 vcpu;		 /* PROBE_NO_VCPU: none */
	__u8 kind;		 /* enum probe_thread */
	__u8 copying, splitting; /* in these functions */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* these two are set when it is loaded */
	__uint(value_size, sizeof(struct probe_bpf_ring) + sizeof(struct probe_bpf_slot));
	__type(key, __u32);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2); /* see sums_now */
	__type(key, __u32);
	__type(value, struct probe_bpf_sums);
} sums SEC(".maps");

/*
 * Windows are added to the one of the two sums that user space names, so that the other holds still
 * while it is read: both together are all windows up to the moment of changing over if nobody was
 * in the midst of adding then. closing, closed (atomic): begun to be added, and done.
 */
__u32 sums_now;
__u64 closing, closed;

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, PROBE_BPF_STACKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, PROBE_BPF_DEPTH * sizeof(__u64));
} stacks SEC(".maps");

__s64 stretch_left; /* windows; atomic */

/* symbol_name() */
__u64 symbol_address;
char symbol[PROBE_BPF_SYMBOL];

char LICENSE[] SEC("license") = "GPL";

static __always_inline void lose(enum probe_bpf_lost kind)
{
	__sync_fetch_and_add(&lost[kind], 1);
}

/*
 * To be called by each copy of a program for each call that is ours. Calls in which nobody did what
 * there was to do = calls that the first copy was skipped in + undone, in whatever order they run.
 * (Of calls for other VMs it is all that the first was skipped in.)
 */
static __always_inline void note(enum probe_bpf_place place, _Bool again, _Bool done)
{
	if (again == done)
		__sync_fetch_and_add(&undone[place], again ? -1 : 1);
}

#define COPY(name, at, is_again, call, args...) \
	SEC(at)                                 \
	int BPF_PROG(name, ##args)              \
	{                                       \
		const _Bool again = is_again;   \
                                                \
		return call;                    \
	}
/* What is attached last runs first (kernel/bpf/trampoline.c __bpf_trampoline_link_prog()). */
#define COPIES(name, at, call, args...)          \
	COPY(name##_again2, at, 1, call, ##args) \
	COPY(name##_again, at, 1, call, ##args)  \
	COPY(name, at, 0, call, ##args)

#define EIGHT(a, b, c, d, e, f, g, h)                                                            \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 | \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)
#define FIRST(bytes) (~0ull >> (64 - 8 * (bytes)))

/* By the names that mm/ gives its kernel threads: ksmd, kcompactd%d, khugepaged, kswapd%d. */
static __always_inline __u8 kind_of(struct task_struct *task)
{
	__u64 name = 0;

	if (task->tgid == agent_tgid)
		return THREAD_AGENT;
	if (task->tgid == qemu_tgid)
		return THREAD_QEMU;
	bpf_probe_read_kernel(&name, sizeof(name), task->comm);
	if ((name & FIRST(5)) == EIGHT('k', 's', 'm', 'd', 0, 0, 0, 0))
		return THREAD_KSMD;
	if (name == EIGHT('k', 'c', 'o', 'm', 'p', 'a', 'c', 't'))
		return THREAD_KCOMPACTD;
	if (name == EIGHT('k', 'h', 'u', 'g', 'e', 'p', 'a', 'g'))
		return THREAD_KHUGEPAGED;
	if ((name & FIRST(6)) == EIGHT('k', 's', 'w', 'a', 'p', 'd', 0, 0))
		return THREAD_KSWAPD;
	return THREAD_OTHER;
}

static __always_inline struct thread *thread_make(struct task_struct *task)
{
	struct thread *t =
		bpf_task_storage_get(&threads, (void *)task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!t)
		return 0;
	t->kind = kind_of(task);
	t->vcpu = PROBE_NO_VCPU;
	for (__u32 i = 0; i < PROBE_BPF_VCPUS && i < vcpus; i++)
		if (vcpu_tid[i] == task->pid) {
			t->vcpu = i;
			t->kind = THREAD_VCPU;
		}
	return t;
}

static __always_inline struct task_struct *current_task(void)
{
	return (void *)bpf_get_current_task_btf();
}

/* NULL: a thread that nobody has looked at. */
static __always_inline struct thread *thread_here(void)
{
	return bpf_task_storage_get(&threads, (void *)current_task(), 0, 0);
}

/* fls(v) - 1 for 0 < v < 2^40: BPF has no such instruction. Most windows are 1 to 64 us. */
static __always_inline __u32 msb_of(__u64 v)
{
	__u32 msb = 0;

	if (v >> 16) {
		msb = 16;
		v >>= 16;
		if (v >> 16) {
			msb = 32;
			v >>= 16;
		}
	}
	if (v >> 8) {
		msb += 8;
		v >>= 8;
	}
	if (v >> 4) {
		msb += 4;
		v >>= 4;
	}
	if (v >> 2) {
		msb += 2;
		v >>= 2;
	}
	return msb + (v >> 1);
}

/* Where threads can be preempted, one may be within this while others do it on the same CPU. */
static __always_inline void sum_up(__u64 *sum, __u64 n)
{
	if (preemptible)
		__sync_fetch_and_add(sum, n);
	else
		*sum += n;
}

/* wire/hist.h hist_index() */
static __always_inline void count_span(struct probe_bpf_sums *s, enum probe_bpf_span span, __u64 ns)
{
	__u32 index = PROBE_BPF_BUCKETS - 1, shift;

	if (ns > s->max[span])
		s->max[span] = ns;
	sum_up(&s->sum[span], ns);
	if (ns >> (PROBE_BPF_MSB_MAX + 1) == 0) {
		shift = msb_of(ns | (PROBE_BPF_SUB - 1));
		shift = shift < PROBE_BPF_SUB_BITS ? 0 : shift - PROBE_BPF_SUB_BITS;
		index = shift * PROBE_BPF_SUB + (__u32)(ns >> shift);
	}
	if (index < PROBE_BPF_BUCKETS)
		sum_up(&s->count[span][index], 1);
}

struct out {
	struct probe_bpf_slot *slot;
	__u64 seq;
};

/*
 * A slot for an event, fields by type still to be filled in. The event's ns is to be read after
 * this: the reader takes it for granted (rings.h). Soon after, since what others send waits for it.
 * False: never, but for the verifier.
 */
static __always_inline _Bool event_new(struct out *out, __u8 type)
{
	__u32 cpu = bpf_get_smp_processor_id(), key = cpu & ring_mask;
	struct probe_bpf_ring *ring = bpf_map_lookup_elem(&rings, &key);
	struct probe_event *e;

	if (!ring)
		return 0;
	out->seq = __sync_fetch_and_add(&ring->head, 1) + 1;
	out->slot = &ring->slot[(out->seq - 1) & slot_mask];
	WRITE_ONCE(out->slot->seq, 0);
	e = &out->slot->event;
	e->cpu = (__u16)cpu;
	e->type = type;
	e->flags = 0;
	return 1;
}

static __always_inline void event_send(struct out *out)
{
	barrier();
	WRITE_ONCE(out->slot->seq, out->seq);
}

#endif
