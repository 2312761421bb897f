/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmlinux.h - lays a vmlinux out as it stands in memory, for a machine whose firmware loads no ELF.
 */
#ifndef VMLINUX_H
#define VMLINUX_H

#include "base/util.h"

struct vmlinux {
	int fd;		    /* a memory file: its bytes are those from base on; -1: none */
	uint64_t base;	    /* physical */
	uint64_t bytes;	    /* of the file */
	uint64_t end;	    /* of the memory it needs: the file, then its bss */
	uint32_t pvh_entry; /* physical */
};

/* Whether @path begins as an ELF file does. */
bool vmlinux_is_elf(const char *path);
/*
 * @path must be an x86-64 vmlinux with a PVH entry (CONFIG_PVH). 0 or -errno (said); @v->fd is for
 * the caller to close.
 */
must_check int vmlinux_lay_out(struct vmlinux *v, const char *path);

#endif
