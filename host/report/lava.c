/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lava.c - the result as signals of LAVA, which takes them from a device's console: a test case per
 * line of lines.h, and a few figures of each phase as measurements.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "base/out.h"
#include "lines.h"
#include "report.h"

/* Identifiers have letters, digits, '-', '_' and '.'. */
static void print_id(FILE *out, const char *name)
{
	for (; *name; name++)
		fputc(isalnum((unsigned char)*name) || *name == '-' || *name == '.' ? *name : '_',
		      out);
}

static void print_signal(FILE *out, const char *name, const char *what, enum line line)
{
	static const char *const words[] = {[LINE_OK] = "pass",
					    [LINE_FAIL] = "fail",
					    [LINE_SKIP] = "skip",
					    [LINE_ERROR] = "unknown"};

	fputs("<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=", out);
	print_id(out, name);
	if (what)
		fprintf(out, "-%s", what);
	fprintf(out, " RESULT=%s", words[line]);
}

static void print_measured(FILE *out, const struct phase_result *p, const char *what, double value,
			   const char *unit, enum line line)
{
	print_signal(out, p->name, what, line);
	fprintf(out, " MEASUREMENT=%.3f UNITS=%s>\n", value, unit);
}

static void print_figures(FILE *out, const struct phase_result *p, enum line line)
{
	if (!result_has_figures(p) || !p->touch.count)
		return;
	print_measured(out, p, "touch-p99", (double)p->touch.p99_ns / 1e3, "us", line);
	print_measured(out, p, "touch-max", (double)p->touch.max_ns / 1e3, "us", line);
	print_measured(out, p, "stalled", (double)p->stalls.total_ns / 1e6, "ms", line);
	if (p->windows.known)
		print_measured(out, p, "windows", (double)p->windows.count, "windows", line);
}

int report_lava(const struct result *r, FILE *out)
{
	const char *name, *why;
	enum line line;

	errno = 0;
	for (size_t i = 0; i < lines_of_phases(r); i++) {
		line = line_of_phase(r, i, &name, &why);
		print_signal(out, name, NULL, line);
		fputs(">\n", out);
		if (i < r->nphases)
			print_figures(out, &r->phases[i], line);
	}
	if (line_of_run(r, &line, &why)) {
		print_signal(out, "run", NULL, line);
		fputs(">\n", out);
	}
	return out_end(out);
}
