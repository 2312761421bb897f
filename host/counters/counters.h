/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counters.h - backend C of the probes: what the kernel counts anyway.
 *
 * One snapshot holds, by prefix: vmstat.* of /proc/vmstat, ksm.* of /sys/kernel/mm/ksm, kvm.* of
 * the VM's debugfs directory (/sys/kernel/debug/kvm/PID-FD, virt/kvm/kvm_main.c
 * kvm_create_vm_debugfs) or, where the caller has asked QEMU, of QMP query-stats; exit.* is the
 * number of exits by reason.
 */
#ifndef COUNTERS_H
#define COUNTERS_H

#include "base/util.h"

struct counters;

/* @root as in knobs.h. Finds what this kernel has; what is missing is left out of the snapshots. */
must_check int counters_open(struct counters **c, const char *root, pid_t qemu_pid);
void counters_close(struct counters *c);
/* Reads all into @m (emptied first). 0 or -errno. */
must_check int counters_read(struct counters *c, struct metrics *m);

/* The VM's pf_taken by itself, for the progress line; 0 where debugfs does not have it. */
uint64_t counters_faults(const struct counters *c);
/* The same, and the two moments (CLOCK_MONOTONIC, ns) between which KVM said so. */
uint64_t counters_faults_at(const struct counters *c, uint64_t *from_ns, uint64_t *to_ns);

/* One line of /proc/vmstat; false when this kernel has none of that name. */
bool vmstat_find(const char *name, uint64_t *value);
/* The same, 0 when there is none. */
uint64_t vmstat_read(const char *name);

#endif
