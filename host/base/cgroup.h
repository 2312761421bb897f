/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup.h - how much memory our control group may have: QEMU is killed when it needs more; and a
 * group of QEMU's own.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdint.h>

#include "knobs.h"

#define CGROUP_WHERE_BYTES 256

/*
 * The least memory.max (bytes) of the control group that we are in and of those around it, and in
 * @where the file that says so. UINT64_MAX: no limit, or no cgroup v2. @root is "" but in tests.
 */
uint64_t cgroup_memory_limit(const char *root, char where[CGROUP_WHERE_BYTES]);

/* Of cgroup v2, made by cgroup_make(). */
#define CGROUP_TOP "/sys/fs/cgroup"
#define CGROUP_OURS CGROUP_TOP "/host-stress"

/* 0, or -ENOENT and @why where no group with memory's controller can be made. */
must_check int cgroup_probe(const char *root, char *why, size_t size);
/* Makes CGROUP_OURS, whose memory is counted by itself; in the journal. 0 or -errno (said). */
must_check int cgroup_make(struct knobs *k);
/* Puts process @pid into it: what it touches from now on is counted there. 0 or -errno (said). */
must_check int cgroup_enter(struct knobs *k, pid_t pid);

#endif
