/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * preempt.c - the empty critical section of rseq(2), and how a thread says where its pointer is.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preempt.h"

#define SIGNATURE 0x48535350u /* any; the kernel wants it in the four bytes before abort_ip */

/* struct rseq_cs; a bad one would be answered by SIGSEGV. */
struct section {
	_Alignas(32) uint32_t version;
	uint32_t flags;
	uint64_t start_ip;
	uint64_t post_commit_offset; /* 0: no address is inside */
	uint64_t abort_ip;
};

/* Nobody ever jumps there. */
static const uint32_t landing[2] = {SIGNATURE, 0};
static const struct section section = {
	.start_ip = (uintptr_t)&landing[1],
	.abort_ip = (uintptr_t)&landing[1],
};

int preempt_open(struct preempt *p)
{
	return syscall(SYS_rseq, p, sizeof(*p), 0, SIGNATURE) ? -errno : 0;
}

void preempt_arm(struct preempt *p)
{
	__atomic_store_n(&p->section, (uintptr_t)&section, __ATOMIC_RELAXED);
}
