/* SPDX-License-Identifier: GPL-2.0-only */
/* scatter.c - see scatter.h. */
#include <errno.h>
#include <numa.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "scatter.h"

#define MADV_COLLAPSE_6_1 25

int filler_make(struct filler *f, size_t bytes)
{
	f->mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (f->mem == MAP_FAILED) {
		f->mem = NULL;
		return err_sys(-errno, "no memory to scatter holes with (%zu bytes)", bytes);
	}
	f->bytes = bytes;
	(void)madvise(f->mem, bytes, MADV_NOHUGEPAGE);
	if (numa_available() >= 0)
		numa_interleave_memory(f->mem, bytes, numa_all_nodes_ptr);
	for (size_t at = 0; at < bytes; at += SOURCE_PAGE)
		f->mem[at] = 1;
	for (size_t at = 0; at < bytes; at += FILLER_KEEP * SOURCE_PAGE)
		(void)madvise(f->mem + at + SOURCE_PAGE, (FILLER_KEEP - 1) * SOURCE_PAGE,
			      MADV_DONTNEED);
	return 0;
}

void filler_free(struct filler *f)
{
	if (f->mem)
		munmap(f->mem, f->bytes);
	*f = (struct filler){0};
}

static int by_address(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Each run begins in one huge page's worth and goes on through the following. */
static size_t count_touched(const struct env *env, uint64_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < env->nruns; i++) {
		uint64_t at = env->runs[i].hva / SOURCE_HUGE * SOURCE_HUGE;
		uint64_t end = env->runs[i].hva + (uint64_t)env->runs[i].pages * SOURCE_PAGE;

		for (; at < end; at += SOURCE_HUGE, n++)
			if (out)
				out[n] = at;
	}
	return n;
}

int scatter_list(const struct env *env, uint64_t **starts, size_t *n)
{
	size_t all = count_touched(env, NULL), kept = 0;
	uint64_t *list = calloc(all + 1, sizeof(*list));

	if (!list)
		return err_sys(-ENOMEM, "list of guest memory to scatter");
	count_touched(env, list);
	qsort(list, all, sizeof(*list), by_address);
	for (size_t i = 0; i < all; i++)
		if (!kept || list[kept - 1] != list[i])
			list[kept++] = list[i];
	*starts = list;
	*n = kept;
	return 0;
}

void scatter(const struct env *env, uint64_t start)
{
	struct iovec range = {(void *)(uintptr_t)start, SOURCE_HUGE};

	if (!source_madvise(env, &range, 1, MADV_COLLAPSE_6_1))
		source_split(env, start, SOURCE_HUGE);
}
