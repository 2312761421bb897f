/* SPDX-License-Identifier: GPL-2.0-only */
/* zram.h - swap space in compressed memory, of our own: made and taken away again. */
#ifndef SOURCE_ZRAM_H
#define SOURCE_ZRAM_H

#include "common.h"

struct zram {
	char device[32]; /* "/dev/zram1"; empty: not made */
	char reset[48];	 /* its file in /sys */
};

/* Refuses where the host swaps already, or without zram's module. */
must_check int zram_probe(const struct env *env, char *why, size_t size);
/* A new zram device of @bytes, with swapping to it on. What has to be undone is in the journal. */
must_check int zram_make(struct zram *z, struct env *env, uint64_t bytes);
/* Brings all back from it and removes it. Zeroed is fine. */
must_check int zram_end(struct zram *z, struct env *env);

#endif
