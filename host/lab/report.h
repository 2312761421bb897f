/* SPDX-License-Identifier: GPL-2.0-only */
/* report.h - what a lab came to: L1's result, or our own where L1 could not give one. */
#ifndef LAB_REPORT_H
#define LAB_REPORT_H

#include "pack.h"

/* How the lab ended, where L1 cannot say it itself. */
void lab_ended(struct lab *lab, enum run_end end, const char *fmt, ...) printf_like(3, 4);
/* Judges and shows. Exit code. */
int lab_report(struct lab *lab);

#endif
