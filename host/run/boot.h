/* SPDX-License-Identifier: GPL-2.0-only */
/* boot.h - the way to a VM that is under stress, see boot.c. */
#ifndef RUN_BOOT_H
#define RUN_BOOT_H

#include "run.h"

/* Up to a guest that has filled its memory. 0, or -errno: the run has an end then. Undone by
 * leave() of main.c, whatever has come of it. */
must_check int boot_vm(struct run *r);

#endif
