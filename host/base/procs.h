/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * procs.h - processes and kernel threads by name (proc(5), /proc/PID/comm).
 */
#ifndef PROCS_H
#define PROCS_H

#include <sys/types.h>

/* The first process or kernel thread found that has this name; 0: none. */
pid_t proc_named(const char *name);

#endif
