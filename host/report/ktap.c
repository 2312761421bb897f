/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ktap.c - the result as KTAP version 1 (Linux, Documentation/dev-tools/ktap.rst): one test
 * per phase that was planned, so that equal options always give equal tests. A test "run" is added
 * only when the verdict says more than the phases do: a crash while booting, a limit on no phase,
 * an error of ours. Diagnostics stand before the test they are about, the verdict behind all.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "cells.h"
#include "lines.h"
#include "report.h"

/* One line, without what KTAP gives a meaning: no newline, and no '#'. */
static void print_plain(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == '#' ? '/' : (unsigned char)*text < ' ' ? ' ' : *text, out);
}

static void print_line(FILE *out, enum line line, size_t number, const char *name, const char *why)
{
	static const char *const directive[] = {"", "", "SKIP ", "ERROR "};
	bool ok = line == LINE_OK || line == LINE_SKIP;

	fprintf(out, "%s %zu %s", ok ? "ok" : "not ok", number, name);
	if (line != LINE_OK) {
		fprintf(out, " # %s", directive[line]);
		print_plain(out, why && *why ? why : "the run says so");
	}
	fputc('\n', out);
}

static void say_limits(FILE *out, const struct result *r, const char *phase)
{
	for (size_t i = 0; i < r->nlimits; i++) {
		const struct limit_result *l = &r->limits[i];

		if (phase && l->phase ? strcmp(phase, l->phase) : phase != l->phase)
			continue;
		fprintf(out, "# %s: limit ", phase ?: "run");
		print_plain(out, l->expr);
		fputs(l->state == LIMIT_EXCEEDED ? " exceeded: "
		      : l->state == LIMIT_KEPT	 ? " kept: "
						 : " not judged: ",
		      out);
		print_plain(out, l->text);
		fputc('\n', out);
	}
}

/* What the probes saw of a phase; nothing when there were none. */
static void print_seen(FILE *out, const struct phase_result *p)
{
	const struct fault_figures *f = &p->faults;

	if (p->windows.known)
		fprintf(out, "# %s: %" PRIu64 " windows\n", p->name, p->windows.count);
	if (p->windows.known && p->windows.preempted_known)
		fprintf(out, "# %s: %" PRIu64 " of them preempted\n", p->name,
			p->windows.preempted);
	if (f->classes_known)
		fprintf(out,
			"# %s: faults: %" PRIu64 " inside, %" PRIu64 " retried, %" PRIu64
			" collateral, %" PRIu64 " refault, %" PRIu64 " upgrade, %" PRIu64
			" other\n",
			p->name, f->inside, f->retried, f->collateral, f->refault, f->upgrade,
			f->other);
	if (f->classes_known && f->known)
		fprintf(out, "# %s: faults: %" PRIi64 " unmatched\n", p->name, f->unmatched);
	if (p->transitions[TRANSITION_NONE].known && isfinite(p->refault_ratio))
		fprintf(out, "# %s: refault ratio %.3f\n", p->name, p->refault_ratio);
}

static void print_phase(FILE *out, const struct result *r, size_t i)
{
	const char *name, *why;
	enum line line = line_of_phase(r, i, &name, &why);

	if (i < r->nphases)
		print_seen(out, &r->phases[i]);
	say_limits(out, r, name);
	print_line(out, line, i + 1, name, why);
}

static void print_verdict(FILE *out, const struct result *r)
{
	fprintf(out, "# verdict: %s (exit code %d)\n", verdict_name(r->verdict.code),
		r->verdict.code);
	for (size_t i = 0; i < r->verdict.nreasons; i++) {
		fputs("# verdict: ", out);
		print_plain(out, r->verdict.reasons[i]);
		fputc('\n', out);
	}
}

int report_ktap(const struct result *r, FILE *out)
{
	size_t n = lines_of_phases(r);
	const char *why;
	enum line line;
	bool run = line_of_run(r, &line, &why);
	char doubts[DOUBTS];

	errno = 0;
	fprintf(out, "KTAP version 1\n1..%zu\n", n + run);
	if (r->kernel) {
		fputs("# kernel: ", out);
		print_plain(out, r->kernel);
		fputc('\n', out);
	}
	if (r->probes.backend)
		fprintf(out, "# probes: %s, %s\n", r->probes.backend,
			cell_doubts(doubts, &r->probes));
	for (size_t i = 0; i < n; i++)
		print_phase(out, r, i);
	say_limits(out, r, NULL);
	if (run)
		print_line(out, line, n + 1, "run", why);
	print_verdict(out, r);
	return out_end(out);
}
