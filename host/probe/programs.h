/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * programs.h - which of probe.bpf.c's programs this kernel can have.
 *
 * Programs on functions that it has inlined are left out; without them transitions or migration
 * waits are not told, windows and faults are.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "probe.h"

#include <probe.skel.h>

#define OWN_LINKS 16

struct programs {
	struct bpf_link *own[OWN_LINKS]; /* to what KVM does by itself; not all need be there */
	size_t nown;
	bool own_known[OWN_KINDS];
	bool told[TRANSITIONS];
};

/* Before @skel is loaded: what is there, and what is needed. @kvm: the types of KVM. */
void programs_choose(struct programs *p, struct probe_bpf *skel, const struct btf *kvm);
/* What cannot be attached is not known, and no more: windows and faults do not rest on it. */
void programs_attach_own(struct programs *p, struct probe_bpf *skel);
void programs_detach_own(struct programs *p);
/* Adds the calls in which the kernel skipped a program that windows or faults rest on. -errno of
 * bpf(2). */
must_check int programs_missed(const struct probe_bpf *skel, int64_t *sum);

#endif
