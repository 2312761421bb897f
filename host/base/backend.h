/* SPDX-License-Identifier: GPL-2.0-only */
/* backend.h - what guest RAM is made of (--backend). */
#ifndef BACKEND_H
#define BACKEND_H

#include <stdbool.h>

enum backend {
	BACKEND_ANON,	   /* private, in huge pages where the host's settings allow it */
	BACKEND_THP,	   /* private, in huge pages that no source of ours splits beforehand */
	BACKEND_MEMFD,	   /* shared (shmem) */
	BACKEND_MEMFD_THP, /* shared, in huge pages */
	BACKEND_HUGETLB,   /* shared, of 2 MiB pages set aside for it */
	BACKENDS,
};

/* KSM merges private anonymous memory only (mm/ksm.c vma_ksm_compatible()). */
static inline bool backend_is_shared(enum backend b)
{
	return b >= BACKEND_MEMFD;
}

/* A source then leaves the huge pages whole. */
static inline bool backend_is_huge(enum backend b)
{
	return b == BACKEND_THP || b == BACKEND_MEMFD_THP || b == BACKEND_HUGETLB;
}

#endif
