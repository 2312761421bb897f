/* SPDX-License-Identifier: GPL-2.0-only */
/* zram.h - swap space in compressed memory, of our own: made and taken away again. */
#ifndef SOURCE_ZRAM_H
#define SOURCE_ZRAM_H

#include "common.h"

/* A source's share of the one device: sources of one phase swap to it together, for the journal has
 * one entry for each file, and one hot_remove is for all. */
struct zram {
	bool used;
};

/* Refuses where the host swaps already, or without zram's module. */
must_check int zram_probe(const struct env *env, char *why, size_t size);
/* A new zram device of @bytes, with swapping to it on, where no other source has made one: its own
 * @bytes, which have room for all of the guest, do. What has to be undone is in the journal. */
must_check int zram_make(struct zram *z, struct env *env, uint64_t bytes);
/* The last one brings all back from it and removes it. Zeroed is fine. */
must_check int zram_end(struct zram *z, struct env *env);

#endif
