/* SPDX-License-Identifier: GPL-2.0-only */
/* ksm_why.h - why KSM has merged nothing, or not enough: what ksmd did meanwhile, in a sentence. */
#ifndef SOURCE_KSM_WHY_H
#define SOURCE_KSM_WHY_H

#include "source.h"

/* What is known of ksmd since it was started; pages of 4 KiB. */
struct ksm_facts {
	bool running; /* run is 1 */
	uint64_t scans_before, scans;
	uint64_t to_scan;   /* a round */
	uint64_t mergeable; /* of QEMU, by the flags of its mappings */
	uint64_t unstable;  /* pages_volatile: they change faster than ksmd comes round */
	uint64_t prot_none; /* PTEs that NUMA balancing has taken away and nobody has touched since;
			       of the whole system */
};

/* Pure. */
void ksm_why_text(const struct ksm_facts *f, char *why, size_t size);

/* When ksmd is started. */
void ksm_look(struct env *env);
/* A source's why(). */
void ksm_why(struct env *env, void *state, char *why, size_t size);

#endif
