/* SPDX-License-Identifier: GPL-2.0-only */
/* thp.c - see thp.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pagewatch.h"
#include "scatter.h"
#include "thp.h"

#define MADV_COLLAPSE_6_1 25

/* Whether MADV_COLLAPSE is there is found out on nothing: a length of 0 is only checked. */
int thp_probe(const struct env *env, char *why, size_t size)
{
	int err = source_has(env, "/sys/kernel/mm/transparent_hugepage/enabled", why, size);

	if (!err)
		err = source_has(env, "/proc/kpageflags", why, size);
	if (!err)
		err = watch_probe(why, size);
	if (!err && madvise(NULL, 0, MADV_COLLAPSE_6_1)) {
		snprintf(why, size, "this kernel has no MADV_COLLAPSE (6.1)");
		err = -ENOENT;
	}
	return err ? err : source_not_hugetlb(env, "are neither gathered nor split", why, size);
}

int thp_open(struct thp *t, const struct env *env)
{
	int err = look_open(&t->look, env, 1);

	return err ? err : scatter_list(env, &t->starts, &t->n);
}

void thp_close(struct thp *t)
{
	look_close(&t->look);
	free(t->starts);
	t->starts = NULL;
}

uint64_t thp_next(struct thp *t)
{
	return t->starts[t->cursor++ % t->n];
}

int thp_collapse(struct thp *t, const struct env *env, uint64_t start)
{
	struct iovec range = {(void *)(uintptr_t)start, SOURCE_HUGE};

	t->refused = source_madvise(env, &range, 1, MADV_COLLAPSE_6_1);
	return t->refused;
}

void thp_why(const struct thp *t, char *why, size_t size)
{
	if (t->refused)
		snprintf(why, size, "MADV_COLLAPSE of a stretch of guest RAM: %s",
			 strerror(-t->refused));
	else if (t->whole)
		snprintf(why, size, "what is gathered stays whole: the kernel does not split it");
}
