/* SPDX-License-Identifier: GPL-2.0-only */
/* sides.h - the stored runs of a good and a bad kernel, read and checked, ready to judge others. */
#ifndef SIDES_H
#define SIDES_H

#include "compare.h"
#include "cli/opts.h"

struct runs {
	struct run_set set; /* without what was there twice */
	struct result *owned[COMPARE_MAX_RUNS];
	char *names[COMPARE_MAX_RUNS];
	size_t n;
};

struct sides {
	struct runs good, bad;
	bool other_builds; /* results of other builds are taken too */
	struct comparison c;
};

/* Adds the results in @list, file names with commas between them. 0 or -errno (said). */
must_check int runs_read(struct runs *s, const char *list);
void runs_close(struct runs *s);

/* Reads both sides, refuses what cannot be compared, and compares. 0 or -errno (said). */
must_check int sides_open(struct sides *s, const struct texts *good, const struct texts *bad,
			  const struct texts *by, bool other_builds, bool other_seeds);
void sides_close(struct sides *s);

/*
 * Whether @is may be judged by @s: the same stress and machine, one kernel, in an exact comparison
 * one run with the same seed. Drops what is there twice. 0, or -EINVAL with the reason in @why.
 */
must_check int sides_accept(const struct sides *s, struct run_set *is, char *why, size_t size);

#endif
