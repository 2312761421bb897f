/* SPDX-License-Identifier: GPL-2.0-only */
/* wait.h - until L1 has ended, or it is too late for it to. */
#ifndef LAB_WAIT_H
#define LAB_WAIT_H

#include "pack.h"

/* Ends when L1 has said how it went, its emulator has, a signal came or time is up; lab->verdict
 * has what L1 did not say itself. */
void lab_wait(struct lab *lab);

#endif
