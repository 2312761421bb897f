/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slots.h - a VM that somebody else runs, of any VMM: which process it is, its vCPUs' threads, and
 * where its RAM lies, from /proc/PID/fd and from KVM's own structures (slots.bpf.c).
 */
#ifndef PROBE_SLOTS_H
#define PROBE_SLOTS_H

#include "probe.h"

struct vm_found {
	pid_t pid;
	char name[64]; /* -name's guest= of a QEMU, else the process's */
	pid_t vcpu[PROBE_MAX_VCPUS];
	unsigned int vcpus;
	struct guest_ram ram[2];
	uint64_t hva, bytes;	     /* all between the first and the last piece's ends */
	uint64_t ram_bytes;	     /* in slots within the pieces */
	uint64_t left_out_bytes;     /* in slots elsewhere: firmware, devices' memory */
	unsigned int left_out_vcpus; /* that have not run yet, or are too many */
};

/* A slot of KVM's, for slots_choose(). */
struct vm_slot {
	uint64_t gpa, hva, bytes;
};

/*
 * The process that @word names: a PID, the name of its VM, or that of the process. 0; -ENOENT, or
 * -EEXIST when several have the name (both said).
 */
must_check int slots_find(const char *word, pid_t *pid);
/* Fills @v. 0 or -errno (said): no VM, gone, no BPF. */
must_check int slots_look(struct vm_found *v, pid_t pid);

/* Pure: the (at most two) pieces that most of the slots' bytes lie in. 0, or -ENODATA: none. */
must_check int slots_choose(struct vm_found *v, const struct vm_slot *slot, size_t n);
/* Pure: the VM's name in a command line whose words end in NUL ("-name guest=NAME,..."). */
bool slots_name(const char *cmdline, size_t len, char *name, size_t size);

#endif
