/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpio.h - writes a "newc" archive as the kernel's initramfs takes it (init/initramfs.c,
 * Documentation/driver-api/early-userspace/buffer-format.rst). Times are 0, owners root and inode
 * numbers count up, so equal content is equal bytes.
 */
#ifndef CPIO_H
#define CPIO_H

#include "util.h"

struct cpio {
	int fd;
	uint32_t inode;
	int err; /* the first failure; later calls do nothing */
};

void cpio_begin(struct cpio *c, int fd);
/* @path without a leading slash; its directories are written as needed by the caller with
 * cpio_dir(). */
void cpio_dir(struct cpio *c, const char *path);
void cpio_file(struct cpio *c, const char *path, unsigned int mode, const void *data, size_t len);
/* The file @from under the name @path, and the directories above it. */
void cpio_copy(struct cpio *c, const char *path, unsigned int mode, const char *from);
/* Trailer and padding to 512 bytes. 0 or the first error. */
must_check int cpio_end(struct cpio *c);

#endif
