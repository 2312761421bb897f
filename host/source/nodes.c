/* SPDX-License-Identifier: GPL-2.0-only */
/* nodes.c - see nodes.h. */
#include <errno.h>
#include <stdio.h>

#include "base/numa.h"
#include "nodes.h"

int nodes_find(int node[2])
{
	uint64_t usable = numa_usable();
	int n = 0;

	for (int i = 0; i < NUMA_NODES && n < 2; i++)
		if (usable & 1ull << i)
			node[n++] = i;
	return n;
}

int nodes_probe(char *why, size_t size)
{
	int node[2];

	if (nodes_find(node) == 2)
		return 0;
	snprintf(why, size,
		 "pages need two NUMA nodes with memory to move between (boot with numa=fake=2)");
	return -ENODEV;
}
