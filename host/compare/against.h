/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * against.h - --against KERNEL: limits for who has no baseline yet. What Debian's kernels did in
 * the lab with one set of options and several seeds is kept in against_table.c, made by
 * scripts/lib/against; a run with the same options is held against it (docs/compare.md).
 */
#ifndef AGAINST_H
#define AGAINST_H

#include "cli/opts.h"
#include "result/result.h"

/* Per second where a comparison counts so; ns, events or shares. */
struct against_figure {
	const char *name; /* "migrate.stalls.count" */
	double low, high; /* the seeds' least and most */
};

struct against {
	const char *kernel;  /* "7.3" */
	const char *release; /* uname -r */
	const char *command; /* options that it was recorded with */
	const char *schema;
	unsigned int seeds;
	const struct against_figure *figure; /* end: name NULL */
};
extern const struct against against_table[]; /* end: kernel NULL */

/* Before anything starts: may a run with @command be held against what @o asks for? 0 or -EINVAL
 * (said: with which options it may). */
must_check int against_check(const struct opts *o, const char *command);
/*
 * Fails a pass that is worse, with a reason for each figure; on another machine than it was
 * recorded on it cannot be judged. Nothing when @o asks for nothing. 0 or -ENOMEM (said).
 */
must_check int against_judge(const struct opts *o, struct result *r);

/* How far a figure of @name may be beyond the seeds' range: worse is more, less, or unknown (0). */
int against_worse(const char *name);
/* The value from which on it is worse, by the seeds' own spread; needs against_worse(). */
double against_limit(const struct against_figure *f);

#endif
