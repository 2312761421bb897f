/* SPDX-License-Identifier: GPL-2.0-only */
/* keep.h - every result is kept, so that it can be looked at again and compared. */
#ifndef KEEP_H
#define KEEP_H

#include "result/result.h"

#define KEEP_DIR "host-stress-results"
#define KEEP_PATH 256

/*
 * Stores @r in @dir, which is made where it is missing, as KERNEL.N.json with the first N that is
 * free; equal bytes are stored once. Its name is in @path. 0 or -errno (said).
 */
must_check int keep_result(const struct result *r, const char *dir, char *path, size_t size);

#endif
