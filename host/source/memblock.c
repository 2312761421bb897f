/* SPDX-License-Identifier: GPL-2.0-only */
/* memblock.c - see memblock.h. */
#include <errno.h>
#include <inttypes.h>
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
	*pages = strtoull(text, NULL, 16) / SOURCE_PAGE;
	return *pages ? 0 : err_say(-EPROTO, MEMBLOCK_SIZE " has no number: %s", text);
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

int memblock_loosen(struct knobs *knobs)
{
	char path[MEMBLOCK_PATH_BYTES];
	int err = 0;

	for (uint64_t i = 0; i < MOST && !err; i++)
		if (!access(memblock_path(path, i), F_OK))
			err = loosen(knobs, path);
	return err;
}
