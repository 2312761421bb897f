// SPDX-License-Identifier: GPL-2.0-only
/* probe_tracefs_threads.c - whose a thread is, and which are known to invalidate. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe_tracefs.h"

#define KTHREADD 2 /* the parent of all kernel threads */

static const struct {
	const char *name; /* a number may follow */
	enum probe_thread thread;
} kernel_threads[] = {
	{"ksmd", THREAD_KSMD},
	{"kcompactd", THREAD_KCOMPACTD},
	{"khugepaged", THREAD_KHUGEPAGED},
	{"kswapd", THREAD_KSWAPD},
};

static enum probe_thread kernel_thread(pid_t tid)
{
	auto_free char *path = str_format("/proc/%d/stat", tid);
	char stat[1024], *name, *end;
	pid_t parent;

	if (!path || file_read(path, stat, sizeof(stat)) < 0)
		return THREAD_OTHER;
	name = strchr(stat, '(');
	end = strrchr(stat, ')');
	if (!name || !end || sscanf(end, ") %*c %d", &parent) != 1 || parent != KTHREADD)
		return THREAD_OTHER;
	for (size_t i = 0; i < ARRAY_SIZE(kernel_threads); i++) {
		size_t len = strlen(kernel_threads[i].name);

		if (!strncmp(name + 1, kernel_threads[i].name, len) &&
		    strspn(name + 1 + len, "0123456789") == (size_t)(end - name) - 1 - len)
			return kernel_threads[i].thread;
	}
	return THREAD_OTHER;
}

static bool is_thread_of(pid_t process, pid_t tid)
{
	auto_free char *path = str_format("/proc/%d/task/%d", process, tid);

	return path && !access(path, F_OK);
}

enum probe_thread thread_whose(pid_t qemu, pid_t tid)
{
	if (is_thread_of(getpid(), tid))
		return THREAD_AGENT;
	if (is_thread_of(qemu, tid))
		return THREAD_QEMU;
	return kernel_thread(tid);
}

size_t threads_list(pid_t pid, pid_t *pids, size_t n, size_t room)
{
	auto_free char *path = pid ? str_format("/proc/%d/task", pid) : str_format("/proc");
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *d;

	while (dir && n < room && (d = readdir(dir))) {
		pid_t tid = atoi(d->d_name);

		if (tid > 0 && (pid || kernel_thread(tid) != THREAD_OTHER))
			pids[n++] = tid;
	}
	if (dir)
		closedir(dir);
	return n;
}
