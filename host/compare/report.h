/* SPDX-License-Identifier: GPL-2.0-only */
/* report.h - a comparison as text, Markdown and JSON. */
#ifndef COMPARE_REPORT_H
#define COMPARE_REPORT_H

#include <stdio.h>

#include "sides.h"

#define COMPARE_MAX_NEW 64
#define COMPARE_SCHEMA "host-stress-compare/1"

struct compared_new {
	const char *files; /* as typed */
	struct runs runs;
	struct judgement judgement;
};

struct compare_report {
	struct sides sides;
	struct compared_new new[COMPARE_MAX_NEW];
	size_t nnew;
	enum verdict_code code;
	char why[320]; /* nothing to judge by */
};

/* @all: also figures of the kernel's own that hardly differ. 0 or -errno (out is full). */
must_check int compare_print(const struct compare_report *r, bool markdown, bool all, FILE *out);
/* docs/compare.md. 0 or -errno (said). */
must_check int compare_write_json(const struct compare_report *r, const char *path);

/* As a page to look at. 0 or -errno (said). */
must_check int compare_write_html(const struct compare_report *r, const char *path);

#endif
