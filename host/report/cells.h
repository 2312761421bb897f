/* SPDX-License-Identifier: GPL-2.0-only */
/* cells.h - what the text report is made of: lines with a label, figures in cells. */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include <stdio.h>

#include "result/result.h"

#define INDENT 10
#define CELL 32 /* room for one formatted figure */

/*
 * Text from column @indent on, where the line stands already; it is broken at spaces and goes on
 * below itself.
 */
void print_wrapped(FILE *out, int indent, const char *text);
void print_field(FILE *out, const char *label, const char *text);
/* The same of a format. 0 or -ENOMEM. */
must_check int field(FILE *out, const char *label, const char *fmt, ...) printf_like(3, 4);

/* Each formats into @cell (CELL bytes) and answers it, or "-" for what is not known. */
const char *cell_ns(char *cell, uint64_t ns); /* 812ns, 1.23us, 45.6ms; up to 99999s */
const char *cell_some(char *cell, bool any, uint64_t ns);
const char *cell_count(char *cell, uint64_t n); /* 1,234,567 up to seven digits, 12.35M above */
const char *cell_known(char *cell, bool known, uint64_t n);
const char *cell_short(char *cell, bool known, uint64_t n); /* at most 7 columns: 1.79M */
const char *cell_signed(char *cell, bool known, int64_t n);
const char *cell_ratio(char *cell, double ratio);   /* 0.971 */
const char *cell_percent(char *cell, double share); /* 12.3%, 0.04% */

#define DOUBTS 96
/* "0 events lost, 0 late, 0 unpaired" in @text (DOUBTS bytes). */
const char *cell_doubts(char *text, const struct probe_figures *p);

/* Parts that the screen and the tables share. 0 or -ENOMEM. */
must_check int print_judged(FILE *out, const struct result *r); /* verdict and reasons */
must_check int print_meddling(FILE *out, const struct probe_figures *p);
/* That there were no probes, why, and what is thus not known. */
must_check int print_counters(FILE *out, const struct probe_figures *p);
must_check int print_limits(FILE *out, const struct result *r);
must_check int print_baseline(FILE *out, const struct baseline_result *b);
must_check int print_complaints(FILE *out,
				const struct result *r); /* nothing where there is none */
must_check int print_losses(FILE *out, const struct result *r);

#define WINDOW_BY 64 /* room for "khugepaged 98%/protection_page" */
const char *say_by(char *text, const struct window_figures *w);

/* What @s went through, in order of time. */
void say_worst(char *text, size_t size, const struct worst_stall *s);

/* The tables, a row per phase (report_tables.c, report_windows.c). */
void print_touches(FILE *out, const struct result *r);
void print_times(FILE *out, const struct result *r);
void print_faults(FILE *out, const struct result *r);
void print_cpu(FILE *out, const struct result *r);
void print_proof(FILE *out, const struct result *r);
/* Nothing of what the probes have not told. */
void print_windows(FILE *out, const struct result *r);
void print_transitions(FILE *out, const struct result *r);
void print_causes(FILE *out, const struct result *r);
void print_parts(FILE *out, const struct result *r);
void print_worst(FILE *out, const struct result *r);

#endif
