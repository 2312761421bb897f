// SPDX-License-Identifier: GPL-2.0-only
/*
 * slots.bpf.c - what a VM consists of: an iterator over the files of all tasks, which takes apart
 * those of one process that user space has found to be a VM and its vCPUs (slots.h).
 *
 * A memory slot is in the hash table of the active set of struct kvm_memslots (5.17 and later,
 * "KVM: Keep memslots in tree-based structures instead of array-based ones").
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "slots_bpf.h"

#define __core __attribute__((preserve_access_index))
#define BUCKETS 128
#define CHAIN 16

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} __core;

struct task_struct {
	int pid, tgid;
} __core;

struct file {
	void *private_data;
} __core;

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
} __core;

struct hlist_node {
	struct hlist_node *next;
} __core;

struct hlist_head {
	struct hlist_node *first;
} __core;

struct kvm_memslots {
	struct hlist_head id_hash[BUCKETS];
	int node_idx;
} __core;

struct kvm_memory_slot {
	struct hlist_node id_node[2];
	__u64 base_gfn;
	unsigned long npages;
	unsigned long userspace_addr;
} __core;

struct kvm {
	struct kvm_memslots *memslots[1];
} __core;

struct upid {
	int nr;
} __core;

struct pid {
	struct upid numbers[1];
} __core;

struct kvm_vcpu {
	struct pid *pid;
	int vcpu_idx;
} __core;

const volatile __u32 target;
const volatile __u8 kind_of_fd[SLOTS_FDS];

char LICENSE[] SEC("license") = "GPL";

struct walk {
	struct seq_file *seq;
	struct kvm_memslots *slots;
	__u32 node;
};

static long show_bucket(__u32 i, struct walk *w)
{
	struct hlist_node *node;

	if (i >= BUCKETS)
		return 1;
	bpf_probe_read_kernel(&node, sizeof(node),
			      (char *)w->slots +
				      bpf_core_field_offset(struct kvm_memslots, id_hash) +
				      i * sizeof(node));
	for (int k = 0; k < CHAIN && node; k++) {
		struct kvm_memory_slot *slot =
			(void *)((char *)node -
				 bpf_core_field_offset(struct kvm_memory_slot, id_node) -
				 w->node * 2 * sizeof(node));
		struct slots_item item = {.kind = SLOTS_SLOT};

		item.gpa = BPF_CORE_READ(slot, base_gfn) << 12;
		item.bytes = (__u64)BPF_CORE_READ(slot, npages) << 12;
		item.hva = BPF_CORE_READ(slot, userspace_addr);
		bpf_seq_write(w->seq, &item, sizeof(item));
		node = BPF_CORE_READ(node, next);
	}
	return 0;
}

static int show_vm(struct seq_file *seq, const struct kvm *kvm)
{
	struct kvm_memslots *slots = BPF_CORE_READ(kvm, memslots[0]);
	struct walk w = {.seq = seq, .slots = slots};

	if (!slots)
		return 0;
	w.node = (__u32)BPF_CORE_READ(slots, node_idx) & 1;
	bpf_loop(BUCKETS, show_bucket, &w, 0);
	return 0;
}

static int show_vcpu(struct seq_file *seq, const struct kvm_vcpu *vcpu)
{
	struct slots_item item = {.kind = SLOTS_VCPU};

	item.vcpu = (__u32)BPF_CORE_READ(vcpu, vcpu_idx);
	item.tid = (__u32)BPF_CORE_READ(vcpu, pid, numbers[0].nr);
	bpf_seq_write(seq, &item, sizeof(item));
	return 0;
}

SEC("iter/task_file")
int slots_show(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	__u32 fd = ctx->fd;

	if (!task || !file || task->tgid != target || fd >= SLOTS_FDS)
		return 0;
	if (kind_of_fd[fd] == SLOTS_SLOT)
		return show_vm(ctx->meta->seq, file->private_data);
	if (kind_of_fd[fd] == SLOTS_VCPU)
		return show_vcpu(ctx->meta->seq, file->private_data);
	return 0;
}
