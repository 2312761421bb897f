// SPDX-License-Identifier: GPL-2.0-only
/*
 * exits.bpf.c - counts the exits of one VM by reason; loaded by exits.c.
 *
 * On the tracepoint's record, not by BTF: this works on kernels without, too. The reason's place
 * differs between kernels, and a program may read its context only at places that stand in its
 * instructions, hence the copy.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "exits.bpf.h"

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 qemu;	    /* process */
const volatile __u32 reason_offset; /* in the record */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EXITS_REASONS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("tp/kvm/kvm_exit")
int count_exit(const char *record)
{
	__u32 reason;
	__u64 *count;

	if (bpf_get_current_pid_tgid() >> 32 != qemu ||
	    bpf_probe_read_kernel(&reason, sizeof(reason), record + reason_offset))
		return 0;
	if (reason >= EXITS_REASONS)
		reason = EXITS_REASONS - 1;
	count = bpf_map_lookup_elem(&counts, &reason);
	if (count)
		*count += 1; /* this CPU's own: no lock */
	return 0;	     /* no perf sample */
}
