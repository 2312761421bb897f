/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kern_own.bpf.h - the part of kern.bpf.c that sees what KVM does by itself, without a notifier:
 * slots deleted, roots zapped, NX huge pages recovered, dirty logging, aging. Each is called under
 * a lock that lets one at a time do it for this VM, but aging: of that only the time may be too
 * low, when two overlap.
 */
/*
 * kprobes, not fentry: it is called seldom, and whoever gives an fentry probe back waits for a
 * Tasks-RCU grace period for each function (kernel/trace/ftrace.c ftrace_shutdown()), seconds under
 * a busy ksmd; kprobes share one ftrace_ops, which is not freed.
 */
__u64 own_begun[OWN_KINDS]; /* not static: the compiler would take it apart, which BTF cannot tell
			     */

__u32 own_tid[OWN_KINDS]; /* by whom: its return has no argument that tells the VM */
static _Bool in_memslot;  /* a slot is being deleted, which zaps the roots, too: told already */

/* What a page table of level 1 maps is 2 MiB; 0: there is no such level. */
static __always_inline __u64 bytes_of(__u32 level)
{
	return level >= 1 && level <= 5 ? PROBE_BPF_PAGE << (9 * level) : 0;
}

/* @sp: the only page table that goes, 0: all. */
static __always_inline void tell_own(enum probe_own kind, struct kvm_mmu_page *sp)
{
	struct probe_event *e;
	struct out out;

	if (!event_new(&out, PROBE_OWN))
		return;
	e = &out.slot->event;
	e->begin_ns = e->ns = bpf_ktime_get_ns();
	e->reason = (__u8)kind;
	e->address = 0;
	e->length = PROBE_ALL;
	if (sp) {
		e->address = BPF_CORE_READ(sp, gfn) * PROBE_BPF_PAGE;
		e->length = bytes_of(BPF_CORE_READ(sp, role.word) & 0xf);
	}
	event_send(&out);
}

static __always_inline int own_entered(struct pt_regs *regs, enum probe_own kind)
{
	if (PT_REGS_PARM1(regs) != vm_kvm)
		return 0;
	own_tid[kind] = (__u32)bpf_get_current_pid_tgid();
	own_begun[kind] = bpf_ktime_get_ns();
	if (kind == OWN_MEMSLOT || (kind == OWN_ROOT && !in_memslot))
		tell_own(kind, 0);
	else if (kind == OWN_NX_RECOVERY)
		tell_own(kind, (struct kvm_mmu_page *)PT_REGS_PARM2(regs));
	if (kind == OWN_MEMSLOT)
		in_memslot = 1;
	return 0;
}

static __always_inline int own_left(enum probe_own kind)
{
	struct probe_bpf_sums *s;
	__u32 key = 0;

	if (!own_begun[kind] || own_tid[kind] != (__u32)bpf_get_current_pid_tgid())
		return 0;
	if (kind == OWN_MEMSLOT)
		in_memslot = 0;
	s = bpf_map_lookup_elem(&sums, &key);
	if (!s)
		return 0;
	sum_up(&s->own[kind], 1);
	sum_up(&s->own_ns[kind], bpf_ktime_get_ns() - own_begun[kind]);
	own_begun[kind] = 0;
	return 0;
}

/*
 * fast_page_fault() gives back, without a lock, what KVM had taken from a mapping itself: the right
 * to write, for the dirty log; and where the CPU sets no accessed bits all of it, for aging, which
 * is then not present (page_fault_can_be_fast()). What a window has taken it cannot give back.
 */
SEC("tp_btf/fast_page_fault")
int BPF_PROG(given_back, struct kvm_vcpu *vcpu, struct kvm_page_fault *fault, __u64 *sptep,
	     __u64 old, int ret)
{
	struct vcpu *v = vcpu ? vcpu_of(vcpu) : 0;

	if (v && fault && outcome_of[(__u32)ret % PROBE_BPF_OUTCOMES] == OUTCOME_FIXED)
		v->fault_flags |= fault->present ? PROBE_PROTECTED : PROBE_AGED;
	return 0;
}

#define OWN(name, kind, function)                    \
	SEC("kprobe/" #function)                     \
	int own_##name##_enter(struct pt_regs *regs) \
	{                                            \
		return own_entered(regs, kind);      \
	}                                            \
	SEC("kretprobe/" #function)                  \
	int own_##name##_exit(struct pt_regs *regs)  \
	{                                            \
		return own_left(kind);               \
	}

OWN(memslot, OWN_MEMSLOT, kvm_arch_flush_shadow_memslot)
OWN(root, OWN_ROOT, kvm_tdp_mmu_zap_invalidated_roots)
OWN(nx_recovery, OWN_NX_RECOVERY, kvm_tdp_mmu_zap_sp)
OWN(nx_recovery_7, OWN_NX_RECOVERY, kvm_tdp_mmu_zap_possible_nx_huge_page)
OWN(dirty_log, OWN_DIRTY_LOG, kvm_mmu_slot_remove_write_access)
OWN(dirty_log_page, OWN_DIRTY_LOG, kvm_arch_mmu_enable_log_dirty_pt_masked)
OWN(age, OWN_AGE, kvm_age_gfn)
