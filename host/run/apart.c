// SPDX-License-Identifier: GPL-2.0-only
/* apart.c - see apart.h. Kernel threads go where they like. */
#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "apart.h"
#include "base/util.h"

static void place_all(pid_t process, const cpu_set_t *rest)
{
	auto_free char *path = str_format("/proc/%d/task", (int)process);
	DIR *tasks = path ? opendir(path) : NULL;
	struct dirent *task;

	while (tasks && (task = readdir(tasks))) {
		pid_t tid = (pid_t)strtol(task->d_name, NULL, 10);

		if (tid > 0)
			(void)sched_setaffinity(tid, sizeof(*rest), rest);
	}
	if (tasks)
		closedir(tasks);
}

void apart_place(pid_t qemu, const pid_t *vcpu, unsigned int vcpus)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t rest, own;

	if (online > CPU_SETSIZE)
		return;
	CPU_ZERO(&rest);
	for (unsigned int cpu = vcpus; cpu < (unsigned int)online; cpu++)
		CPU_SET(cpu, &rest);
	place_all(qemu, &rest);
	place_all(getpid(), &rest);
	for (unsigned int i = 0; i < vcpus; i++) {
		CPU_ZERO(&own);
		CPU_SET(i, &own);
		(void)sched_setaffinity(vcpu[i], sizeof(own), &own);
	}
}
