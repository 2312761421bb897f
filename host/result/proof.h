/* SPDX-License-Identifier: GPL-2.0-only */
/* proof.h - what shows that a source has done its work on the guest's own pages. */
#ifndef PROOF_H
#define PROOF_H

#include <stdint.h>

#define SOURCE_MAX_PROOFS 4

struct proof {
	const char *name; /* e.g. "pages_migrated" */
	uint64_t moved;	  /* since start */
	uint64_t needed;  /* a phase with less is not exercised */
};

#endif
