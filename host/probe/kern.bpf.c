// SPDX-License-Identifier: GPL-2.0-only
/*
 * kern.bpf.c - backend A, in the kernel: one VM's windows, faults and time off the CPU.
 *
 * Where the kernel does what is seen here: __mmu_notifier_invalidate_range_start/_end
 * (mm/mmu_notifier.c) are called by every invalidation of a process that has a secondary MMU;
 * kvm_tdp_page_fault (arch/x86/kvm/mmu/mmu.c) handles each EPT/NPT violation and answers RET_PF_*.
 * kvm_mmu_invalidate_begin/_end would be nearer to KVM, but they are inlined: a probe on them
 * attaches and stays silent.
 *
 * Durations are counted here, per CPU, and are complete whatever happens to the events, which are
 * what user space has to join: each window's two ends, each fault, each time a vCPU thread
 * was off its CPU. What belongs to a thread lies in its task storage, made in advance for the
 * threads that matter by an iterator over all tasks (threads_init); the two hot paths, ksmd's
 * windows and faults, do without, as a look-up there costs more than all the rest.
 *
 * The kernel skips a program that is already running on this CPU (kernel/bpf/trampoline.c
 * __bpf_prog_enter_recur()), because it was called within itself or because another thread was
 * preempted within it. So where the kernel can be preempted, those that several threads run at a
 * time are attached three times: the copies (..._again) do what there is to do if those before them
 * were skipped, and count that (note()).
 */
#include "kern.bpf.h"

/* Run once per task when the probes are opened. */
SEC("iter/task")
int threads_init(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!task)
		return 0;
	if (task->tgid == qemu_tgid && task->mm)
		mm_found = (__u64)task->mm;
	if (kind_of(task) != THREAD_OTHER && !thread_make(task))
		lose(LOST_THREAD);
	return 0;
}

static __always_inline _Bool is_ours(const struct mmu_notifier_range *range)
{
	return (__u64)range->mm == vm_mm && range->start < ram_end && range->end > ram_begin;
}

/* Where the search for a window begins: structs mmu_notifier_range lie on stacks, 8 bytes aligned.
 */
static __always_inline __u32 window_slot(__u64 id)
{
	return (__u32)(id >> 4 ^ id >> 14);
}

static __always_inline struct window *window_claim(__u64 id)
{
	__u32 at = window_slot(id);

	for (__u32 i = 0; i < MAX_OPEN; i++) {
		struct window *w = &windows[(at + i) % MAX_OPEN];

		if (!w->id && !__sync_val_compare_and_swap(&w->id, 0, id))
			return w;
	}
	return 0;
}

static __always_inline struct window *window_find(__u64 id)
{
	__u32 at = window_slot(id);

	for (__u32 i = 0; i < MAX_OPEN; i++) {
		struct window *w = &windows[(at + i) % MAX_OPEN];

		if (w->id == id)
			return w;
	}
	return 0;
}

static __always_inline void window_free(struct window *w)
{
	__sync_fetch_and_add(&open_windows, -1);
	barrier();
	WRITE_ONCE(w->id, 0);
}

/* The address of the struct mmu_notifier_range as a number, which the verifier lets us reckon with.
 */
static __always_inline __u64 range_id(void *ctx)
{
	__u64 id = 0;

	bpf_get_func_arg(ctx, 0, &id);
	return id;
}

static __always_inline int start_entered(void *ctx, struct mmu_notifier_range *range, _Bool again)
{
	__u64 id = range_id(ctx);
	struct window *w;

	if (!is_ours(range))
		return 0;
	if (again && window_find(id))
		return 0;
	w = window_claim(id);
	if (!w) {
		lose(LOST_WINDOW);
		return 0;
	}
	w->tid = (__u32)bpf_get_current_pid_tgid();
	w->reason = reason_of[(__u32)range->event % PROBE_BPF_REASONS];
	w->preempted = 0;
	w->t1 = 0;
	__sync_fetch_and_add(&open_windows, 1);
	w->t0 = bpf_ktime_get_ns();
	note(PLACE_START_ENTER, again, 1);
	return 0;
}

COPIES(start_enter, "fentry/__mmu_notifier_invalidate_range_start",
       start_entered(ctx, range, again), struct mmu_notifier_range *range)

/*
 * try_to_merge_one_page() (mm/ksm.c), which only ksmd calls, first write-protects the page in one
 * window, then replaces it in another; before that it may split a huge page in a wider one. Both
 * functions are inlined on some kernels, their order is the same on all. Whatever else ksmd
 * invalidates it does by copying (break_ksm(), break_cow()). Where these calls are not seen, what
 * ksmd changes is not known.
 */
static __always_inline __u8 ksmd_transition(__u64 length)
{
	if (!merges_told)
		return TRANSITION_NONE;
	if (length != PROBE_BPF_PAGE)
		return TRANSITION_SPLIT;
	if (ksmd_copying)
		return TRANSITION_COPY;
	return ksmd_windows++ ? TRANSITION_REPLACE : TRANSITION_WRITE_PROTECT;
}

/* Who makes a window, and what it changes. */
struct who {
	__u32 vcpu;
	__u8 thread, transition;
};

static __always_inline struct who describe(__u32 tid, __u64 length)
{
	struct who who = {PROBE_NO_VCPU, THREAD_OTHER, TRANSITION_NONE};
	struct thread *t;

	if (tid == ksmd_tid) {
		who.thread = THREAD_KSMD;
		who.transition = ksmd_transition(length);
		return who;
	}
	t = thread_here() ?: thread_make(current_task());
	if (!t) {
		lose(LOST_THREAD);
		return who;
	}
	who.thread = t->kind;
	who.vcpu = t->vcpu;
	if (t->splitting)
		who.transition = TRANSITION_SPLIT;
	else if (t->copying && length == PROBE_BPF_PAGE)
		who.transition = TRANSITION_COPY;
	if (t->copying && t->vcpu < PROBE_BPF_VCPUS)
		vcpu_state[INDEX(t->vcpu, PROBE_BPF_VCPUS)].fault_flags |= PROBE_OWN_COPY;
	return who;
}

struct spin {
	__u64 until;
};

static long spin_step(__u32 index, struct spin *s)
{
	return bpf_ktime_get_ns() >= s->until;
}

static __always_inline _Bool is_stretched(void)
{
	if (!stretch_ns || !stretch_counted)
		return stretch_ns != 0;
	return stretch_left > 0 && __sync_fetch_and_add(&stretch_left, -1) > 0;
}

static __always_inline int start_left(void *ctx, struct mmu_notifier_range *range, int ret,
				      _Bool again)
{
	struct probe_event *e;
	struct window *w;
	struct who who;
	struct out out;
	__u64 start, length;

	if (!is_ours(range))
		return 0;
	w = window_find(range_id(ctx));
	if (!w)
		return 0; /* refused below, or counted by start_entered(), or that was skipped */
	if (w->t1) {
		note(PLACE_START_EXIT, again, 0);
		return 0;
	}
	note(PLACE_START_EXIT, again, 1);
	if (ret) {
		/* non-blocking and refused (the OOM reaper): range_end will not be called */
		window_free(w);
		return 0;
	}
	start = range->start;
	length = range->end - start;
	who = describe(w->tid, length);
	w->thread = who.thread;
	if (event_new(&out, PROBE_START)) {
		e = &out.slot->event;
		e->ns = w->t1 = bpf_ktime_get_ns();
		e->begin_ns = w->t0;
		e->id = w->id;
		e->address = start;
		e->length = length;
		e->tid = w->tid;
		e->reason = w->reason;
		e->thread = who.thread;
		e->transition = who.transition;
		e->vcpu = who.vcpu;
		event_send(&out);
	}
	if (is_stretched()) {
		struct spin s = {.until = w->t1 + stretch_ns};

		bpf_loop(SPIN_STEPS, spin_step, &s, 0);
	}
	return 0;
}

COPIES(start_exit, "fexit/__mmu_notifier_invalidate_range_start",
       start_left(ctx, range, ret, again), struct mmu_notifier_range *range, int ret)

/* Of guest RAM alone: a range may be the whole address space. */
static __always_inline enum probe_size size_of(const struct mmu_notifier_range *range)
{
	__u64 start = range->start > ram_begin ? range->start : ram_begin;
	__u64 end = range->end < ram_end ? range->end : ram_end;

	if (end - start <= PROBE_BPF_PAGE)
		return SIZE_PAGE;
	return end - start <= 512 * PROBE_BPF_PAGE ? SIZE_HUGE : SIZE_LARGER;
}

static __always_inline void count_window(const struct window *w, __u64 now, enum probe_size size,
					 __u32 key)
{
	struct probe_bpf_sums *s;

	s = bpf_map_lookup_elem(&sums, &key);
	if (!s)
		return;
	count_span(s, SPAN_START, w->t1 - w->t0);
	count_span(s, SPAN_EMPTY, now - w->t1);
	count_span(s, SPAN_TOTAL, now - w->t0);
	sum_up(&s->windows[w->reason % PROBE_BPF_REASONS][w->thread % THREADS], 1);
	sum_up(&s->sizes[size % SIZES], 1);
	sum_up(&s->preempted, w->preempted);
}

/* 1 + its number, 0: there is none, or no room for it. */
static __always_inline __u64 stack_here(void *ctx)
{
	long id = bpf_get_stackid(ctx, &stacks, 0);

	return id < 0 ? 0 : (__u64)id + 1;
}

static __always_inline int ended(void *ctx, struct mmu_notifier_range *range, _Bool again)
{
	struct probe_event *e;
	struct window *w;
	struct out out;
	__u32 key;
	__u64 now;

	if (!is_ours(range))
		return 0;
	w = open_windows ? window_find(range_id(ctx)) : 0;
	note(PLACE_END, again, w && w->t1);
	if (!w)
		return 0;
	if (w->t1 && event_new(&out, PROBE_END)) {
		__sync_fetch_and_add(&closing, 1); /* before the sums and the time are looked at */
		key = READ_ONCE(sums_now) & 1;
		e = &out.slot->event;
		e->begin_ns = e->ns = now = bpf_ktime_get_ns();
		e->id = w->id;
		e->flags = w->preempted ? PROBE_PREEMPTED : 0;
		e->address = now - w->t0 >= long_ns ? stack_here(ctx) : 0;
		event_send(&out);
		count_window(w, now, size_of(range), key);
		__sync_fetch_and_add(&closed, 1);
	}
	window_free(w);
	return 0;
}

COPIES(end_exit, "fexit/__mmu_notifier_invalidate_range_end", ended(ctx, range, again),
       struct mmu_notifier_range *range)

/* NULL: another VM's. */
static __always_inline struct vcpu *vcpu_of(struct kvm_vcpu *vcpu)
{
	__u32 i = (__u32)vcpu->vcpu_idx;

	if ((__u64)vcpu->kvm != vm_kvm) {
		if (vm_kvm || bpf_get_current_pid_tgid() >> 32 != qemu_tgid)
			return 0;
		vm_kvm = (__u64)vcpu->kvm;
	}
	return i < PROBE_BPF_VCPUS ? &vcpu_state[INDEX(i, PROBE_BPF_VCPUS)] : 0;
}

/* Pairs are counted as such from the vCPU's first on: it may be in a fault when this is attached.
 */
static __always_inline void fault_unpaired(const struct vcpu *v)
{
	if (v->faults)
		__sync_fetch_and_add(&unpaired, 1);
}

static __always_inline int fault_entered(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault,
					 _Bool again)
{
	struct vcpu *v = vcpu_of(vcpu);

	if (!v || (again && v->fault_begin))
		return 0;
	if (v->fault_begin)
		fault_unpaired(v);
	v->fault_flags = 0;
	v->fault_begin = bpf_ktime_get_ns();
	note(PLACE_FAULT_ENTER, again, 1);
	return 0;
}

COPIES(fault_enter, "fentry/kvm_tdp_page_fault", fault_entered(vcpu, fault, again),
       struct kvm_vcpu *vcpu, struct kvm_page_fault *fault)

static __always_inline __u64 at_most(__u64 ns)
{
	return ns < PROBE_AROUND_MOST ? ns : PROBE_AROUND_MOST;
}

/* struct probe_event, id. A second fault within one exit begins where the first ended. */
static __always_inline __u64 around(struct vcpu *v)
{
	__u64 id = v->back_ns << 32;

	v->back_ns = 0;
	if (!v->exit_ns)
		return id;
	return id | at_most(v->fault_begin - (v->fault_end ?: v->exit_ns));
}

static __always_inline int fault_left(struct kvm_vcpu *vcpu, struct kvm_page_fault *fault, int ret,
				      _Bool again)
{
	struct vcpu *v = vcpu_of(vcpu);
	_Bool prefetch = fault->prefetch;
	struct probe_event *e;
	struct out out;
	__u32 level;

	if (!v || (again && !v->fault_begin))
		return 0;
	if (!v->fault_begin) {
		fault_unpaired(v); /* fault_enter was skipped */
		return 0;
	}
	note(PLACE_FAULT_EXIT, again, 1);
	if (event_new(&out, prefetch ? PROBE_PREFETCH : PROBE_FAULT)) {
		e = &out.slot->event;
		e->ns = bpf_ktime_get_ns();
		level = fault->goal_level;
		e->begin_ns = v->fault_begin;
		e->address = fault->addr;
		e->length = level >= 1 && level <= 3 ? PROBE_BPF_PAGE << (9 * (level - 1)) : 0;
		e->vcpu = (__u32)vcpu->vcpu_idx;
		e->tid = (__u32)bpf_get_current_pid_tgid();
		e->flags = (__u8)v->fault_flags | (fault->write ? PROBE_WRITE : 0);
		e->outcome = ret < 0 ? OUTCOME_OTHER : outcome_of[(__u32)ret % PROBE_BPF_OUTCOMES];
		if (!prefetch) {
			e->id = around(v);
			v->fault_end = e->ns;
		}
		event_send(&out);
	}
	v->fault_begin = 0;
	v->faults += !prefetch;
	return 0;
}

COPIES(fault_exit, "fexit/kvm_tdp_page_fault", fault_left(vcpu, fault, ret, again),
       struct kvm_vcpu *vcpu, struct kvm_page_fault *fault, int ret)

/* Since batched migration (6.3) the guest goes on waiting here after the window has closed. */
static __always_inline int migration_wait(void)
{
	struct thread *t = thread_here();

	if (t && t->vcpu < PROBE_BPF_VCPUS)
		vcpu_state[INDEX(t->vcpu, PROBE_BPF_VCPUS)].fault_flags |= PROBE_MIGRATION;
	return 0;
}

SEC("fentry/migration_entry_wait")
int BPF_PROG(migration_entry)
{
	return migration_wait();
}

SEC("fentry/pmd_migration_entry_wait")
int BPF_PROG(migration_pmd)
{
	return migration_wait();
}

/*
 * A thread that is about to do something to the VM's memory. Were its state made only when it has
 * a window (describe()), a first window within these functions would not be known as theirs, and
 * their end would look like one whose begin was missed.
 */
static __always_inline struct thread *thread_entering(const struct vm_area_struct *vma)
{
	return thread_here() ?: (__u64)vma->vm_mm == vm_mm ? thread_make(current_task()) : 0;
}

SEC("fentry/__split_huge_pmd")
int BPF_PROG(splitting_enter, struct vm_area_struct *vma)
{
	struct thread *t = thread_entering(vma);

	if (t)
		t->splitting = 1;
	return 0;
}

SEC("fexit/__split_huge_pmd")
int BPF_PROG(splitting_exit)
{
	struct thread *t = thread_here();

	if (t)
		t->splitting = 0;
	return 0;
}

static __always_inline int copying(struct thread *t, _Bool on, _Bool again)
{
	if (!t)
		return 0;
	note(PLACE_COPYING, again, t->copying != on);
	t->copying = on;
	return 0;
}

static __always_inline int ksmd_copies(_Bool on, _Bool again)
{
	note(PLACE_COPYING, again, ksmd_copying != on);
	ksmd_copying = on;
	return 0;
}

static __always_inline _Bool is_ksmd(void)
{
	return (__u32)bpf_get_current_pid_tgid() == ksmd_tid;
}

COPIES(copying_enter, "fentry/do_wp_page",
       is_ksmd() ? ksmd_copies(1, again) : copying(thread_entering(vmf->vma), 1, again),
       struct vm_fault *vmf)
COPIES(copying_exit, "fexit/do_wp_page",
       is_ksmd() ? ksmd_copies(0, again) : copying(thread_here(), 0, again))

/* Where do_wp_page() is inlined (bpf.c choose_copying()). */
COPIES(copying_only_enter, "fentry/wp_page_copy",
       is_ksmd() ? ksmd_copies(1, again) : copying(thread_entering(vmf->vma), 1, again),
       struct vm_fault *vmf)
COPIES(copying_only_exit, "fexit/wp_page_copy",
       is_ksmd() ? ksmd_copies(0, again) : copying(thread_here(), 0, again))

SEC("fentry/try_to_merge_one_page")
int BPF_PROG(merging_enter)
{
	ksmd_windows = 0;
	return 0;
}

#include "kern_vcpu.bpf.h"
#include "kern_own.bpf.h"

/* Called by bpf.c: names what lies at symbol_address. */
SEC("syscall")
int symbol_name(void *ctx)
{
	static const char format[] = "%ps";

	bpf_snprintf(symbol, sizeof(symbol), format, &symbol_address, sizeof(symbol_address));
	return 0;
}

/*
 * On a function that nothing calls: taken and given back again and again, to see how long that
 * takes (bpf.c bpf_grace()).
 */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(grace)
{
	return 0;
}
