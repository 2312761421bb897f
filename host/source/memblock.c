/* SPDX-License-Identifier: GPL-2.0-only */
/* memblock.c - see memblock.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/writer.h"
#include "memblock.h"

#define MOST 64u

const char *memblock_path(char path[MEMBLOCK_PATH_BYTES], uint64_t block)
{
	snprintf(path, MEMBLOCK_PATH_BYTES, MEMBLOCK_TOP "memory%" PRIu64 "/state", block);
	return path;
}

int memblock_pages(uint64_t *pages)
{
	char text[32]; /* in hexadecimal, without 0x */

	if (file_read(MEMBLOCK_SIZE, text, sizeof(text)) <= 0)
		return err_say(-EIO, "cannot read " MEMBLOCK_SIZE);
	*pages = strtoull(text, NULL, 16) / PAGE_BYTES;
	return *pages ? 0 : err_say(-EPROTO, MEMBLOCK_SIZE " has no number: %s", text);
}

int memblock_poisoned_by(const char *kpageflags, uint64_t first, uint64_t pages)
{
	auto_close int fd = open(kpageflags, O_RDONLY | O_CLOEXEC);
	uint64_t flags[512];
	int err = fd < 0 ? err_sys(-errno, "cannot open %s", kpageflags) : 0;

	for (uint64_t i = 0; i < pages && !err; i += 512) {
		uint64_t most = pages - i < 512 ? pages - i : 512;
		ssize_t got = pread(fd, flags, most * 8, (off_t)((first + i) * 8));

		if (got < 0)
			return err_sys(-errno, "cannot read %s", kpageflags);
		for (size_t n = 0; n < (size_t)got / 8 && !err; n++)
			err = flags[n] >> KPF_HWPOISON & 1;
	}
	return err;
}

int memblock_poisoned(uint64_t block)
{
	uint64_t pages;
	int err = memblock_pages(&pages);

	return err ?: memblock_poisoned_by("/proc/kpageflags", block * pages, pages);
}

void memblock_movable(const char *path)
{
	/* What is refused comes online all the same, by "online", which is owed. */
	(void)!writer_do(path, "online_movable", MEMBLOCK_LIMIT_NS);
}

/* A block that does not go stays as it is. */
static int loosen(struct knobs *knobs, const char *path)
{
	int err = knob_owe_write(knobs, path, "online");

	if (err)
		return err;
	if (!writer_do(path, "offline", MEMBLOCK_LIMIT_NS))
		memblock_movable(path);
	return knob_pay(knobs, path);
}

int memblock_loosen(const struct env *env)
{
	char path[MEMBLOCK_PATH_BYTES];
	int err = 0;

	for (uint64_t i = 0; i < MOST && err >= 0; i++) {
		if (access(memblock_path(path, i), F_OK))
			continue;
		err = memblock_poisoned(i);
		if (!err)
			err = loosen(env->knobs, path);
	}
	return err < 0 ? err : 0;
}
