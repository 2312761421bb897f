/* SPDX-License-Identifier: GPL-2.0-only */
/* scatter.c - see scatter.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/numa.h"
#include "scatter.h"

#define MADV_COLLAPSE_6_1 25

int filler_make(struct filler *f, size_t bytes)
{
	unsigned long nodes = numa_usable();

	f->mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (f->mem == MAP_FAILED) {
		f->mem = NULL;
		return err_sys(-errno, "no memory to scatter holes with (%zu bytes)", bytes);
	}
	f->bytes = bytes;
	(void)madvise(f->mem, bytes, MADV_NOHUGEPAGE);
	/* mbind takes one bit more than it looks at */
	(void)mbind(f->mem, bytes, MPOL_INTERLEAVE, &nodes, NUMA_NODES + 1, 0);
	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		f->mem[at] = 1;
	for (size_t at = 0; at < bytes; at += FILLER_KEEP * PAGE_BYTES)
		(void)madvise(f->mem + at + PAGE_BYTES, (FILLER_KEEP - 1) * PAGE_BYTES,
			      MADV_DONTNEED);
	return 0;
}

void filler_free(struct filler *f)
{
	if (f->mem)
		munmap(f->mem, f->bytes);
	*f = (struct filler){0};
}

/* Lowest and highest huge page's worth that holds a test page, as numbers. */
static void find_span(const struct env *env, uint64_t *low, uint64_t *high)
{
	*low = UINT64_MAX;
	*high = 0;
	for (size_t i = 0; i < env->nruns; i++) {
		const struct guest_run *r = &env->runs[i];
		uint64_t first = r->hva / SOURCE_HUGE;
		uint64_t last = (r->hva + (uint64_t)r->pages * PAGE_BYTES - 1) / SOURCE_HUGE;

		*low = first < *low ? first : *low;
		*high = last > *high ? last : *high;
	}
}

static size_t mark_touched(const struct env *env, uint64_t low, bool *touched)
{
	size_t n = 0;

	for (size_t i = 0; i < env->nruns; i++) {
		const struct guest_run *r = &env->runs[i];
		uint64_t last = (r->hva + (uint64_t)r->pages * PAGE_BYTES - 1) / SOURCE_HUGE;

		for (uint64_t at = r->hva / SOURCE_HUGE; at <= last; at++) {
			n += !touched[at - low];
			touched[at - low] = true;
		}
	}
	return n;
}

int scatter_list(const struct env *env, uint64_t **starts, size_t *n)
{
	uint64_t low, high, *list = NULL;
	auto_free bool *touched = NULL;
	size_t kept = 0;

	find_span(env, &low, &high);
	touched = calloc(high - low + 1, sizeof(*touched));
	if (touched)
		list = calloc(mark_touched(env, low, touched) + 1, sizeof(*list));
	if (!list)
		return err_sys(-ENOMEM, "list of guest memory to scatter");
	for (uint64_t at = low; at <= high; at++)
		if (touched[at - low])
			list[kept++] = at * SOURCE_HUGE;
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
