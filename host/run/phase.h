/* SPDX-License-Identifier: GPL-2.0-only */
/* phase.h - one phase of a run. */
#ifndef RUN_PHASE_H
#define RUN_PHASE_H

#include "run.h"

/* Runs phase @i of the options; the result has it also when it broke off. 0 or -errno (run over).
 */
must_check int phase_run(struct run *r, size_t i);

#endif
