/* SPDX-License-Identifier: GPL-2.0-only */
/* tracefs.h - tracefs, wherever it is mounted. */
#ifndef TRACEFS_H
#define TRACEFS_H

#include "util.h"

/* Mount point, or NULL (said nothing): not mounted, or no right to look. */
const char *tracefs_root(void);
/* False in a PID namespace, where the kernel's traces mean other processes by their numbers. */
bool pid_is_global(void);

/* Path of @fmt below the mount point @root, to be freed. NULL: out of memory. */
#define tracefs_path(root, fmt, ...) str_format("%s/" fmt, root, ##__VA_ARGS__)

#endif
