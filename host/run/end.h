/* SPDX-License-Identifier: GPL-2.0-only */
/* end.h - is a run over, and why: every wait asks here. */
#ifndef RUN_END_H
#define RUN_END_H

#include "run.h"

/*
 * 0 while all is well. Else -errno, and result.end and end_detail say why: a signal came, QEMU or
 * the guest died, the guest fell silent. To be asked at every turn of every wait.
 */
must_check int run_trouble(struct run *r);
/* Sets how the run ended (the first word counts) and answers @err. */
int run_ended(struct result *res, int err, enum run_end end, const char *fmt, ...)
	printf_like(4, 5);

/* The guest is silent, for so long or to this: in a livelock, if the probes show one. */
int run_silent(struct run *r, int err, const char *fmt, ...) printf_like(3, 4);

/* Stress has begun: from now on a crash is the kernel's. Inside the lab, L1's init is told (fd 3).
 */
void run_begun(struct run *r);
/* For --timing: what begins now. Inside the lab it goes out by fd 3, whether asked for or not, or
 * --timing would make another run of it. */
void run_mark(struct run *r, const char *fmt, ...) printf_like(2, 3);
/* How it goes, for whoever waits; the lab outside shows it in its own way. */
void run_tell(struct run *r, const char *fmt, ...) printf_like(2, 3);

#endif
