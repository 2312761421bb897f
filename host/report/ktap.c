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

#include "cells.h"
#include "report.h"

enum line { LINE_OK, LINE_FAIL, LINE_SKIP, LINE_ERROR };

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

static const struct limit_result *phase_limit(const struct result *r, const char *phase,
					      enum limit_state state)
{
	for (size_t i = 0; i < r->nlimits; i++)
		if (r->limits[i].state == state && r->limits[i].phase &&
		    !strcmp(r->limits[i].phase, phase))
			return &r->limits[i];
	return NULL;
}

/* The phase in which a broken-off run came to its end has been begun but is not done. */
static enum line judge_undone(const struct result *r, const struct phase_result *p,
			      const char **why)
{
	*why = p->why_not ?: r->verdict.nreasons ? r->verdict.reasons[0] : "it did not end";
	return r->verdict.code == VERDICT_FAIL	  ? LINE_FAIL
	       : r->verdict.code == VERDICT_ERROR ? LINE_ERROR
						  : LINE_SKIP;
}

static enum line judge_phase(const struct result *r, const struct phase_result *p, const char **why)
{
	const struct limit_result *exceeded = phase_limit(r, p->name, LIMIT_EXCEEDED);
	const struct limit_result *unknown = phase_limit(r, p->name, LIMIT_UNKNOWN);

	*why = "words in guest memory were corrupted";
	if (p->integrity.errors)
		return LINE_FAIL;
	if (!p->done)
		return judge_undone(r, p, why);
	*why = exceeded ? exceeded->expr : NULL;
	if (exceeded)
		return LINE_FAIL;
	*why = p->why_not;
	if (!p->exercised)
		return LINE_SKIP;
	*why = "frames of the guest were lost or damaged";
	if (p->lost)
		return LINE_SKIP;
	*why = unknown ? unknown->text : NULL;
	return unknown ? LINE_SKIP : LINE_OK;
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
			" collateral, %" PRIu64 " refault, %" PRIu64 " other\n",
			p->name, f->inside, f->retried, f->collateral, f->refault, f->other);
	if (f->classes_known && f->known)
		fprintf(out, "# %s: faults: %" PRIi64 " unmatched\n", p->name, f->unmatched);
	if (p->transitions_known && isfinite(p->refault_ratio))
		fprintf(out, "# %s: refault ratio %.3f\n", p->name, p->refault_ratio);
}

static void print_phase(FILE *out, const struct result *r, size_t i)
{
	const struct phase_result *p = i < r->nphases ? &r->phases[i] : NULL;
	const char *why = r->verdict.nreasons ? r->verdict.reasons[0] : "the run broke off before";
	enum line line = p ? judge_phase(r, p, &why) : LINE_SKIP;
	const char *name = p ? p->name : r->planned[i];

	if (p)
		print_seen(out, p);
	say_limits(out, r, name);
	print_line(out, line, i + 1, name, why);
}

/* The line that a verdict must have somewhere. */
static enum line wanted_line(const struct result *r)
{
	return r->verdict.code == VERDICT_PASS	  ? LINE_OK
	       : r->verdict.code == VERDICT_FAIL  ? LINE_FAIL
	       : r->verdict.code == VERDICT_ERROR ? LINE_ERROR
						  : LINE_SKIP;
}

/* Whether one of the phases' lines says what the verdict says; the lines are asked beforehand,
 * since the plan stands first. */
static bool needs_run_line(const struct result *r, size_t nphases)
{
	enum line wanted = wanted_line(r);
	const char *why;

	if (wanted == LINE_OK)
		return false;
	for (size_t i = 0; i < nphases && i < r->nphases; i++)
		if (judge_phase(r, &r->phases[i], &why) == wanted)
			return false;
	return true;
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
	size_t n = r->nplanned > r->nphases ? r->nplanned : r->nphases;
	bool run = needs_run_line(r, n);
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
		print_line(out, wanted_line(r), n + 1, "run",
			   r->verdict.nreasons ? r->verdict.reasons[0] : NULL);
	print_verdict(out, r);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
