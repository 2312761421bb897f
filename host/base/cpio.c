// SPDX-License-Identifier: GPL-2.0-only
/* cpio.c - see cpio.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpio.h"

void cpio_begin(struct cpio *c, int fd)
{
	*c = (struct cpio){.fd = fd};
}

static void put(struct cpio *c, const void *data, size_t len)
{
	if (!c->err && len)
		c->err = write_full(c->fd, data, len);
}

/* The format wants every header and every file to begin at a multiple of four. */
static void pad(struct cpio *c, size_t len)
{
	put(c, "\0\0\0", (4 - len % 4) % 4);
}

static void entry(struct cpio *c, const char *path, unsigned int mode, const void *data, size_t len)
{
	char header[111];
	size_t name = strlen(path) + 1;

	snprintf(header, sizeof(header),
		 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ++c->inode, mode, 0u,
		 0u, S_ISDIR(mode) ? 2u : 1u, 0u, (unsigned int)len, 0u, 0u, 0u, 0u,
		 (unsigned int)name, 0u);
	put(c, header, 110);
	put(c, path, name);
	pad(c, 110 + name);
	put(c, data, len);
	pad(c, len);
}

void cpio_dir(struct cpio *c, const char *path)
{
	entry(c, path, S_IFDIR | 0755, NULL, 0);
}

void cpio_file(struct cpio *c, const char *path, unsigned int mode, const void *data, size_t len)
{
	if (len > UINT32_MAX && !c->err)
		c->err = -EFBIG;
	else
		entry(c, path, S_IFREG | mode, data, len);
}

void cpio_copy(struct cpio *c, const char *path, unsigned int mode, const char *from)
{
	auto_free char *data = NULL, *dir = str_format("%s", path);
	size_t len;
	int err = dir ? file_slurp(from, &data, &len) : -ENOMEM;

	if (err && !c->err)
		c->err = err_sys(err, "reading %s", from);
	for (char *p = dir; p && (p = strchr(p, '/')); p++) {
		*p = '\0';
		cpio_dir(c, dir);
		*p = '/';
	}
	if (!err)
		cpio_file(c, path, mode, data, len);
}

int cpio_end(struct cpio *c)
{
	c->inode = (uint32_t)-1; /* the trailer's is 0 */
	entry(c, "TRAILER!!!", 0, NULL, 0);
	if (!c->err) {
		off_t at = lseek(c->fd, 0, SEEK_CUR);
		static const char zero[512];

		put(c, zero, at < 0 ? 0 : (size_t)((512 - at % 512) % 512));
	}
	return c->err;
}
