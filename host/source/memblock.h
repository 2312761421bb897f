/* SPDX-License-Identifier: GPL-2.0-only */
/* memblock.h - blocks of the host's memory: Documentation/admin-guide/mm/memory-hotplug.rst. */
#ifndef SOURCE_MEMBLOCK_H
#define SOURCE_MEMBLOCK_H

#include "common.h"

#define MEMBLOCK_TOP "/sys/devices/system/memory/"
#define MEMBLOCK_SIZE MEMBLOCK_TOP "block_size_bytes"
#define MEMBLOCK_PATH_BYTES (sizeof(MEMBLOCK_TOP) + 48)
#define MEMBLOCK_LIMIT_NS (300 * NSEC_PER_MSEC) /* the kernel itself would try for ever */

/* The file of block number @block that says, and is told, whether it is online. */
const char *memblock_path(char path[MEMBLOCK_PATH_BYTES], uint64_t block);
/* Frames in a block. 0 or -errno (said). */
must_check int memblock_pages(uint64_t *pages);
/* Of a block that is offline: online, in ZONE_MOVABLE. */
void memblock_movable(const char *path);
/*
 * A frame of block number @block is out of use (soft-offlined, or broken): the block can go
 * offline, but from 6.3 on it never comes online again (drivers/base/memory.c
 * memory_block_online(), -EHWPOISON). 1, 0 or -errno (said).
 */
must_check int memblock_poisoned(uint64_t block);
/* The same of @pages frames from @first on, by a file like /proc/kpageflags. */
must_check int memblock_poisoned_by(const char *kpageflags, uint64_t first, uint64_t pages);
#define MEMBLOCK_POISONED \
	"a block with a frame that is out of use (source offline) would never come online again"
/*
 * For before(): most blocks have a page of the kernel's own. Puts those that can go into
 * ZONE_MOVABLE, which QEMU's memory is taken from first; all are online again. 0 or -errno (said).
 */
must_check int memblock_loosen(const struct env *env);

#endif
