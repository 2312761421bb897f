// SPDX-License-Identifier: GPL-2.0-only
/* numa.c - see numa.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "numa.h"
#include "util.h"

uint64_t numa_parse(const char *list)
{
	uint64_t mask = 0;

	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (unsigned long i = first; i <= last && i < NUMA_NODES; i++)
			mask |= 1ull << i;
		list = end + (*end == ',');
	}
	return mask;
}

uint64_t numa_usable(void)
{
	static const char allowed_key[] = "\nMems_allowed_list:\t";
	auto_free char *memory = NULL, *status = NULL;
	const char *allowed;
	size_t len;

	if (file_slurp("/sys/devices/system/node/has_memory", &memory, &len) ||
	    file_slurp("/proc/self/status", &status, &len))
		return 1;
	allowed = strstr(status, allowed_key);
	return numa_parse(memory) &
	       (allowed ? numa_parse(allowed + strlen(allowed_key)) : UINT64_MAX);
}

long mbind(void *mem, size_t bytes, int mode, const unsigned long *nodes, unsigned long maxnode,
	   unsigned int flags)
{
	return syscall(SYS_mbind, mem, bytes, mode, nodes, maxnode, flags);
}

long move_pages(int pid, unsigned long n, void **pages, const int *nodes, int *status, int flags)
{
	return syscall(SYS_move_pages, pid, n, pages, nodes, status, flags);
}

long migrate_pages(int pid, unsigned long maxnode, const unsigned long *from,
		   const unsigned long *to)
{
	return syscall(SYS_migrate_pages, pid, maxnode, from, to);
}
