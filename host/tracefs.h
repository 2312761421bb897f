/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracefs.h - tracefs, wherever it is mounted, and what a run creates there: a trace instance
 * host-stress-PID-START and kprobe events in a group hs_PID_START. Unlike file descriptors both
 * outlive their process, so their names say whose they are: START is the process's start time (as
 * in /proc/PID/stat), for a PID alone may be somebody else's by now.
 */
#ifndef TRACEFS_H
#define TRACEFS_H

#include "util.h"

/* Mount point, or NULL (said nothing): not mounted, or no right to look. */
const char *tracefs_root(void);
/* False in a PID namespace, where the kernel's traces mean other processes by their numbers. */
bool pid_is_global(void);

/* Path of @fmt below the mount point @root, to be freed. NULL: out of memory. */
#define tracefs_path(root, fmt, ...) str_format("%s/" fmt, root, ##__VA_ARGS__)

/*
 * Writes without truncating: opened with O_TRUNC, kprobe_events would drop the events of everybody.
 * 0 or -errno.
 */
must_check int tracefs_append(const char *path, const char *text);

/* Removes an instance directory; its events are disabled by that. 0, also if it was gone. */
must_check int tracefs_remove_instance(const char *root, const char *name);
/* Deletes all kprobe events of @group, which must be disabled. 0, also if there are none. */
must_check int tracefs_remove_group(const char *root, const char *group);

/* "host-stress-PID-START" and "hs_PID_START" of this process. */
must_check int tracefs_own_names(char **instance, char **group);

/*
 * Removes what killed runs have left below @root; a living process's is left alone. *@removed
 * counts instances and groups, each said. -errno (said) if something stayed.
 */
must_check int tracefs_sweep(const char *root, unsigned int *removed);
/* The same where tracefs is mounted and PIDs are the kernel's; elsewhere nothing. */
must_check int tracefs_recover(unsigned int *removed);

#endif
