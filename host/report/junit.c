/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * junit.c - the result as JUnit's XML, as Jenkins and GitLab read it: a test case per line of
 * lines.h, its time that of the phase's clock.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/html.h"
#include "base/out.h"
#include "lines.h"
#include "report.h"

/* What XML gives a meaning, and no control characters, which it cannot have. */
static void print_xml(FILE *out, const char *text)
{
	for (; text && *text; text++)
		html_char(out, (unsigned char)*text < ' ' ? ' ' : *text);
}

static void print_property(FILE *out, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(out, "    <property name=\"%s\" value=\"", name);
	print_xml(out, value);
	fputs("\"/>\n", out);
}

static void print_case(FILE *out, const char *name, uint64_t ns, enum line line, const char *why)
{
	static const char *const element[] = {
		[LINE_FAIL] = "failure", [LINE_SKIP] = "skipped", [LINE_ERROR] = "error"};

	fputs("  <testcase classname=\"host-stress\" name=\"", out);
	print_xml(out, name);
	fprintf(out, "\" time=\"%.3f\"", (double)ns / 1e9);
	if (line == LINE_OK) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, ">\n    <%s message=\"", element[line]);
	print_xml(out, why ?: "the run says so");
	fputs("\"/>\n  </testcase>\n", out);
}

static void count(const struct result *r, size_t *n)
{
	const char *name, *why;
	enum line line;

	for (size_t i = 0; i < lines_of_phases(r); i++)
		n[line_of_phase(r, i, &name, &why)]++;
	if (line_of_run(r, &line, &why))
		n[line]++;
}

static void print_head(FILE *out, const struct result *r)
{
	size_t n[LINE_ERROR + 1] = {0};
	char seed[24];

	count(r, n);
	snprintf(seed, sizeof(seed), "%" PRIu64, r->seed);
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuite name=\"host-stress\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
		"skipped=\"%zu\">\n  <properties>\n",
		n[LINE_OK] + n[LINE_FAIL] + n[LINE_SKIP] + n[LINE_ERROR], n[LINE_FAIL],
		n[LINE_ERROR], n[LINE_SKIP]);
	print_property(out, "verdict", verdict_name(r->verdict.code));
	print_property(out, "kernel", r->kernel);
	print_property(out, "place", r->place);
	print_property(out, "seed", seed);
	print_property(out, "command", r->command);
	fputs("  </properties>\n", out);
}

int report_junit(const struct result *r, FILE *out)
{
	const char *name, *why;
	enum line line;

	errno = 0;
	print_head(out, r);
	for (size_t i = 0; i < lines_of_phases(r); i++) {
		line = line_of_phase(r, i, &name, &why);
		print_case(out, name, i < r->nphases ? r->phases[i].duration_ns : 0, line, why);
	}
	if (line_of_run(r, &line, &why))
		print_case(out, "run", 0, line, why);
	fputs("</testsuite>\n", out);
	return out_end(out);
}
