/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kvmstats.h - KVM's own counters through QEMU: QMP query-stats (QEMU 7.1 and later), which reads
 * KVM's binary statistics (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD, Linux 5.14).
 */
#ifndef KVMSTATS_H
#define KVMSTATS_H

#include "vm/qmp.h"

struct kvmstats;

/* Learns from query-stats-schemas which figures are cumulative numbers. 0 or -errno; *@s may stay
 * empty. */
must_check int kvmstats_open(struct kvmstats **s, struct qmp *q);
void kvmstats_close(struct kvmstats *s);
/* The VM's and, summed up, the vCPUs' cumulative figures into @m (emptied first). 0 or -errno. */
must_check int kvmstats_read(struct kvmstats *s, struct qmp *q, struct metrics *m);

#endif
