/* SPDX-License-Identifier: GPL-2.0-only */
/* thp.h - the stretches of 2 MiB of QEMU's memory that hold test pages, as huge pages or not. */
#ifndef SOURCE_THP_H
#define SOURCE_THP_H

#include "look.h"

struct thp {
	struct look look;
	uint64_t *starts; /* HVA, by address */
	size_t n;
	size_t cursor;
	int refused; /* what the last thp_collapse() came to */
	bool whole;  /* the last stretch stayed a huge page */
};

/* For probe(): /proc/kpageflags, pagemap and transparent huge pages are needed. */
must_check int thp_probe(const struct env *env, char *why, size_t size);
must_check int thp_open(struct thp *t, const struct env *env); /* 0 or -errno (said) */
void thp_close(struct thp *t);				       /* zeroed is fine */
/* The next stretch, round and round. */
uint64_t thp_next(struct thp *t);
/* madvise_collapse() (6.1) of the stretch. 0 or -errno, not said. */
must_check int thp_collapse(struct thp *t, const struct env *env, uint64_t start);
/* Why nothing was gathered or split; for why(). */
void thp_why(const struct thp *t, char *why, size_t size);

#endif
