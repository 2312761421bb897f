/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kern_vcpu.bpf.h - the part of kern.bpf.c that sees what vCPU threads do: when they are off their
 * CPU and for whom, when the guest is left and entered again, which interrupts it is given; and who
 * is preempted inside a window.
 */
/* Few windows are open at a time, so that few switches look through them. */
static __always_inline void note_preempted(__u32 tid)
{
	for (int i = 0; i < MAX_OPEN; i++)
		if (windows[i].id && windows[i].tid == tid)
			windows[i].preempted = 1;
}

static __always_inline struct vcpu *vcpu_at(__u32 i)
{
	return &vcpu_state[INDEX(i, PROBE_BPF_VCPUS)];
}

/* Since off_begin somebody else ran there, or nobody if it slept. */
static __always_inline void off_until_now(struct vcpu *v, __u32 i)
{
	struct probe_event *e;
	struct out out;

	if (!event_new(&out, PROBE_OFF))
		return;
	e = &out.slot->event;
	e->ns = bpf_ktime_get_ns();
	e->begin_ns = v->off_begin;
	e->vcpu = i;
	e->flags = (__u8)v->off_flags;
	__builtin_memcpy(e->comm, v->off_by, PROBE_COMM);
	v->off_begin = e->ns;
	event_send(&out);
}

static __always_inline void off_named(struct vcpu *v, struct task_struct *by)
{
	bpf_probe_read_kernel(v->off_by, PROBE_COMM, by->comm);
}

static __always_inline void vcpu_leaves(struct vcpu *v, __u32 i, _Bool asleep, __u32 cpu,
					struct task_struct *next)
{
	v->off_flags = asleep ? PROBE_ASLEEP : 0;
	v->off_begin = bpf_ktime_get_ns();
	v->off_cpu = PROBE_BPF_CPUS;
	if (asleep) {
		v->off_by[0] = 0;
		return;
	}
	off_named(v, next);
	v->off_cpu = cpu;
	if (cpu < PROBE_BPF_CPUS)
		waiter[INDEX(cpu, PROBE_BPF_CPUS)] = i + 1;
}

static __always_inline void vcpu_comes(struct vcpu *v, __u32 i)
{
	__u32 cpu = v->off_cpu;

	off_until_now(v, i);
	v->off_begin = 0;
	if (cpu < PROBE_BPF_CPUS && waiter[INDEX(cpu, PROBE_BPF_CPUS)] == i + 1)
		waiter[INDEX(cpu, PROBE_BPF_CPUS)] = 0;
}

static __always_inline __u32 vcpu_number(struct task_struct *task)
{
	struct thread *t = bpf_task_storage_get(&threads, (void *)task, 0, 0);

	return t ? t->vcpu : PROBE_NO_VCPU;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switched, _Bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	__u32 cpu = bpf_get_smp_processor_id(), from = vcpu_number(prev), to = vcpu_number(next);
	__u32 waits = cpu < PROBE_BPF_CPUS ? waiter[INDEX(cpu, PROBE_BPF_CPUS)] : 0;

	if (open_windows)
		note_preempted((__u32)prev->pid);
	if (waits && waits - 1 < PROBE_BPF_VCPUS && waits - 1 != to) {
		off_until_now(vcpu_at(waits - 1), waits - 1);
		off_named(vcpu_at(waits - 1), next);
	}
	if (from < PROBE_BPF_VCPUS)
		vcpu_leaves(vcpu_at(from), from, prev_state && !preempt, cpu, next);
	if (to < PROBE_BPF_VCPUS && vcpu_at(to)->off_begin)
		vcpu_comes(vcpu_at(to), to);
	return 0;
}

/*
 * NULL: another VM's, or one that does not touch. To the verifier, arguments of a module's
 * tracepoints may be NULL ("bpf: Augment raw_tp arguments with PTR_MAYBE_NULL").
 */
static __always_inline struct vcpu *vcpu_that_touches(struct kvm_vcpu *vcpu)
{
	__u32 i;

	if (!vcpu)
		return 0;
	i = (__u32)vcpu->vcpu_idx;
	if (!vm_kvm || (__u64)vcpu->kvm != vm_kvm || i >= vcpus || i >= PROBE_BPF_VCPUS)
		return 0;
	return vcpu_at(i);
}

SEC("tp_btf/kvm_exit")
int BPF_PROG(guest_left, struct kvm_vcpu *vcpu)
{
	struct vcpu *v = vcpu_that_touches(vcpu);

	if (v) {
		v->fault_end = 0;
		v->exit_ns = bpf_ktime_get_ns();
	}
	return 0;
}

/* arch/x86/kvm/svm/svm.h, arch/x86/kvm/vmx/: struct kvm_vcpu is the first in each. */
static __always_inline __u32 exit_reason(struct kvm_vcpu *vcpu)
{
	struct vcpu_vmx___vt *vt = (void *)vcpu;
	struct vcpu_svm *svm = (void *)vcpu;
	struct vcpu_vmx *vmx = (void *)vcpu;

	if (bpf_core_type_exists(struct vcpu_svm))
		return BPF_CORE_READ(svm, vmcb, control.exit_code);
	if (bpf_core_field_exists(vmx->exit_reason))
		return BPF_CORE_READ(vmx, exit_reason.full);
	if (bpf_core_field_exists(vt->vt))
		return BPF_CORE_READ(vt, vt.exit_reason.full);
	return PROBE_NO_EXIT_REASON;
}

/* An exit for a fault is part of the fault: only how long it went on is kept. */
SEC("tp_btf/kvm_entry")
int BPF_PROG(guest_entered, struct kvm_vcpu *vcpu)
{
	struct vcpu *v = vcpu_that_touches(vcpu);
	struct probe_event *e;
	struct out out;

	if (!v || !v->exit_ns)
		return 0;
	if (v->fault_end) {
		v->back_ns = at_most(bpf_ktime_get_ns() - v->fault_end);
	} else if (event_new(&out, PROBE_EXIT)) {
		e = &out.slot->event;
		e->ns = bpf_ktime_get_ns();
		e->begin_ns = v->exit_ns;
		e->address = exit_reason(vcpu);
		e->vcpu = (__u32)vcpu->vcpu_idx;
		event_send(&out);
	}
	v->exit_ns = 0;
	return 0;
}

static __always_inline int injected(_Bool reinjected)
{
	struct thread *t = thread_here();
	struct out out;

	if (!t || t->vcpu == PROBE_NO_VCPU || !event_new(&out, PROBE_VIRQ))
		return 0;
	out.slot->event.begin_ns = out.slot->event.ns = bpf_ktime_get_ns();
	out.slot->event.vcpu = t->vcpu;
	out.slot->event.flags = reinjected ? PROBE_AGAIN : 0;
	event_send(&out);
	return 0;
}

/*
 * An interrupt whose delivery takes an EPT/NPT violation is injected again at each entry until the
 * page is there. The tracepoint says so since 6.0 ("KVM: x86: Differentiate Soft vs. Hard IRQs vs.
 * reinjected in tracepoint"); before, it had the vector alone.
 */
SEC("raw_tp/kvm_inj_virq")
int interrupt(__u64 *args)
{
	return injected(args[2] != 0);
}

SEC("raw_tp/kvm_inj_virq")
int interrupt_before_6_0(void *ctx)
{
	return injected(0);
}
