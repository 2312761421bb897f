/* SPDX-License-Identifier: GPL-2.0-only */
/* nodes.c - see nodes.h. */
#include <errno.h>
#include <numa.h>
#include <stdio.h>

#include "nodes.h"

int nodes_find(int node[2])
{
	int n = 0;

	if (numa_available() < 0)
		return 0;
	for (int i = 0; i <= numa_max_node() && n < 2; i++)
		if (numa_bitmask_isbitset(numa_all_nodes_ptr, (unsigned int)i) &&
		    numa_node_size64(i, NULL) > 0)
			node[n++] = i;
	return n;
}

int nodes_probe(char *why, size_t size)
{
	int node[2];

	if (nodes_find(node) == 2)
		return 0;
	snprintf(why, size, "pages need two NUMA nodes with memory to move between");
	return -ENODEV;
}
