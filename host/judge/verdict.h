/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict.h - from figures to one of four words. Pure: looks at nothing but the result.
 *
 * A wrong "good" or "bad" is the worst this program can do: git bisect believes it. So whatever is
 * not proven is "cannot judge", and what may be our own fault is never blamed on a kernel.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "result/result.h"

/*
 * Fills r->verdict anew from the rest of @r. Corrupted guest data is a fail however the run ended,
 * but for an interruption and an error of our own. A crash is one if stress had begun and QEMU is
 * not known to crash guests itself. To pass, the run must be complete and every phase exercised. 0
 * or -ENOMEM (the code is VERDICT_ERROR then).
 */
must_check int verdict_judge(struct result *r);

#endif
