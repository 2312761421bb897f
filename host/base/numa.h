/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * numa.h - NUMA nodes, and the system calls about them, which glibc leaves to libnuma. That is not
 * used: it has a parser of host names in it, of which a static link warns.
 */
#ifndef NUMA_H
#define NUMA_H

#include <linux/mempolicy.h>
#include <stddef.h>
#include <stdint.h>

#define NUMA_NODES 64

/* The numbers below NUMA_NODES of a list as the kernel prints it ("0-1,4\n"), as a mask. */
uint64_t numa_parse(const char *list);
/* The nodes with memory that this process may use; node 0 where the kernel has no NUMA. */
uint64_t numa_usable(void);

/* mbind(2), move_pages(2), migrate_pages(2): -1 and errno, as in the manual. */
long mbind(void *mem, size_t bytes, int mode, const unsigned long *nodes, unsigned long maxnode,
	   unsigned int flags);
long move_pages(int pid, unsigned long n, void **pages, const int *nodes, int *status, int flags);
long migrate_pages(int pid, unsigned long maxnode, const unsigned long *from,
		   const unsigned long *to);

#endif
