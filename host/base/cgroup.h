/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup.h - how much memory our control group may have: QEMU is killed when it needs more. */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdint.h>

#include "util.h"

#define CGROUP_WHERE_BYTES 256

/*
 * The least memory.max (bytes) of the control group that we are in and of those around it, and in
 * @where the file that says so. UINT64_MAX: no limit, or no cgroup v2. @root is "" but in tests.
 */
uint64_t cgroup_memory_limit(const char *root, char where[CGROUP_WHERE_BYTES]);

#endif
