/* SPDX-License-Identifier: GPL-2.0-only */
/* nodes.h - NUMA nodes to move pages between. */
#ifndef SOURCE_NODES_H
#define SOURCE_NODES_H

#include "common.h"

/* The first two nodes with memory that we may use; how many there are of them, at most 2. */
int nodes_find(int node[2]);
/* For probe(). */
must_check int nodes_probe(char *why, size_t size);

#endif
