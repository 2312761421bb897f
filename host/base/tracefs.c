// SPDX-License-Identifier: GPL-2.0-only
/* tracefs.c - see tracefs.h. */
#include "tracefs.h"

#include <string.h>
#include <unistd.h>

#define INIT_PID_NS "pid:[4026531836]" /* include/linux/proc_ns.h PROC_PID_INIT_INO */

const char *tracefs_root(void)
{
	static const char *const mounts[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		auto_free char *events = tracefs_path(mounts[i], "events");

		if (events && !access(events, R_OK | X_OK))
			return mounts[i];
	}
	return NULL;
}

bool pid_is_global(void)
{
	char link[64];
	ssize_t len = readlink("/proc/self/ns/pid", link, sizeof(link) - 1);

	return len == (ssize_t)strlen(INIT_PID_NS) && !memcmp(link, INIT_PID_NS, (size_t)len);
}
