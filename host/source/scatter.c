/* SPDX-License-Identifier: GPL-2.0-only */
/* scatter.c - see scatter.h. */
#include <errno.h>
#include <numa.h>
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

uint32_t scatter_page(const struct env *env, uint32_t page)
{
	uint32_t left;
	uint64_t hva = source_hva(env, page, &left);
	uint64_t start = hva / SOURCE_HUGE * SOURCE_HUGE;
	uint64_t pages = (start + SOURCE_HUGE - hva) / SOURCE_PAGE;
	struct iovec range = {(void *)(uintptr_t)start, SOURCE_HUGE};

	if (!source_madvise(env, &range, 1, MADV_COLLAPSE_6_1))
		source_split(env, start, SOURCE_HUGE);
	return pages < left ? (uint32_t)pages : left;
}
