/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * preempt.h - has the guest's kernel taken this thread off its vCPU? Asked without a system call.
 *
 * By rseq(2): a thread shows the kernel a pointer to a critical section, and the kernel clears that
 * pointer when it goes back to a thread that it had switched out, or sends a signal to, while the
 * thread was outside the section (include/uapi/linux/rseq.h on rseq_cs; kernel/rseq.c). Our section
 * is empty, so we are always outside and nothing is ever aborted. A plain interrupt, such as a
 * timer tick that changes nothing, leaves the pointer alone; so does a page fault.
 *
 * A count of context switches (getrusage) would have to be read in each touch to say which one was
 * interrupted; this costs one compare with memory.
 */
#ifndef PREEMPT_H
#define PREEMPT_H

#include <stdbool.h>
#include <stdint.h>

/* struct rseq of the uapi in its first size, which every kernel with rseq takes. */
struct preempt {
	_Alignas(32) uint32_t cpu_id_start;
	uint32_t cpu_id;
	uint64_t section; /* ours while armed; the kernel makes it 0 */
	uint32_t flags;
	uint32_t reserved[3];
};
_Static_assert(sizeof(struct preempt) == 32, "uapi");

/* By the thread itself, once: 0 or -errno; after an error preempt_seen() stays false. */
int preempt_open(struct preempt *p);

/* From here on a preemption is seen. */
void preempt_arm(struct preempt *p);

static inline bool preempt_seen(const struct preempt *p)
{
	return !__atomic_load_n(&p->section, __ATOMIC_RELAXED);
}

#endif
