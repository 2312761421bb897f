/* SPDX-License-Identifier: GPL-2.0-only */
/* slots_bpf.h - what slots.bpf.c and slots.c share. */
#ifndef PROBE_SLOTS_BPF_H
#define PROBE_SLOTS_BPF_H

#include <linux/types.h>

#define SLOTS_FDS 4096u /* file descriptors that are looked at */

enum slots_kind { SLOTS_NONE, SLOTS_SLOT, SLOTS_VCPU };

struct slots_item {
	__u32 kind;
	__u32 vcpu, tid; /* SLOTS_VCPU; tid 0: it has never run */
	__u32 pad;
	__u64 gpa, hva, bytes; /* SLOTS_SLOT */
};

#endif
