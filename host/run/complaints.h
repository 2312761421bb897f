/* SPDX-License-Identifier: GPL-2.0-only */
/* complaints.h - what the kernel says of itself during a run (result/kernlog.h). */
#ifndef RUN_COMPLAINTS_H
#define RUN_COMPLAINTS_H

#include "run.h"

/* Behind all that was said before. Without the right to listen the result says so. */
void complaints_open(struct run *r);
/* Takes what has been said since, as of the phase that runs or ran last. */
void complaints_take(struct run *r);
void complaints_close(struct run *r);

#endif
