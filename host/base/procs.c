// SPDX-License-Identifier: GPL-2.0-only
#include "procs.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

pid_t proc_named(const char *name)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	pid_t found = 0;

	while (proc && !found && (d = readdir(proc))) {
		pid_t pid = atoi(d->d_name);
		auto_free char *path = pid > 0 ? str_format("/proc/%d/comm", pid) : NULL;
		char comm[32];

		if (path && file_read(path, comm, sizeof(comm)) > 0 && strcmp(comm, name) == 0)
			found = pid;
	}
	if (proc)
		closedir(proc);
	return found;
}
