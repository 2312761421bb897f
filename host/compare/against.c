// SPDX-License-Identifier: GPL-2.0-only
/* against.c - see against.h. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "against.h"
#include "cli/plan.h"
#include "compare.h"

/*
 * Beyond the seeds' range by as much again as it is wide, and by a factor of 2: a handful of
 * seeds does not show the largest that chance can do.
 */
#define LEAST_MARGIN 0.6931 /* ln 2 */

static const struct against *find(const char *kernel)
{
	for (const struct against *a = against_table; a->kernel; a++)
		if (!strcmp(a->kernel, kernel))
			return a;
	return NULL;
}

static void list_kernels(char *buf, size_t size)
{
	size_t at = 0;

	*buf = '\0';
	for (const struct against *a = against_table; a->kernel && at < size; a++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? ", " : "", a->kernel);
}

int against_check(const struct opts *o, const char *command)
{
	const struct against *a = o->against ? find(o->against) : NULL;
	char why[320], known[120];

	if (!o->against)
		return 0;
	list_kernels(known, sizeof(known));
	if (!a)
		return err_say(-EINVAL, "--against: '%s' was not recorded; these were: %s",
			       o->against, known);
	if (strcmp(a->schema, RESULT_SCHEMA))
		return err_say(
			-EINVAL,
			"--against: %s was recorded by a program with results %s, not %s: make "
			"it anew (scripts/lib/against)",
			a->kernel, a->schema, RESULT_SCHEMA);
	if (plan_same(a->command, command, why, sizeof(why)))
		return err_say(-EINVAL, "--against: %s was recorded with '%s': %s", a->kernel,
			       a->command, why);
	return 0;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && !strcmp(name + n - m, end);
}

int against_worse(const char *name)
{
	static const char *const more[] = {
		".stalls.count",	 ".faults.other",	  ".faults.refault",
		".faults.upgrade",	 ".faults.emulate",	  ".faults.spurious",
		".windows.flushes_each", ".refault_ratio",	  ".windows.ns.start.p50",
		".windows.ns.start.p99", ".windows.ns.empty.p50", ".windows.ns.total.p50",
	};

	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		if (ends_with(name, more[i]))
			return 1;
	return ends_with(name, ".touch.count") ? -1 : 0;
}

/* Of the figures that may be worse. */
static enum figure_unit unit_of(const char *name)
{
	if (strstr(name, ".ns."))
		return FIGURE_NS;
	return ends_with(name, "_ratio") || ends_with(name, "_each") ? FIGURE_SHARE : FIGURE_COUNT;
}

double against_limit(const struct against_figure *f)
{
	enum figure_unit unit = unit_of(f->name);
	double low = compare_scale(unit, f->low), high = compare_scale(unit, f->high);
	double margin = fmax(high - low, LEAST_MARGIN);

	return compare_unscale(unit, against_worse(f->name) < 0 ? low - margin : high + margin);
}

/* The phase of figure @name when it has been exercised; else NULL. *@f: the figure. */
static const struct phase_result *phase_of(const struct result *r, const char *name,
					   struct figure *f)
{
	const char *names[r->nphases + 1];
	struct figure_phases phases = {.name = names, .n = r->nphases};
	const struct phase_result *p;
	char why[256];

	for (size_t i = 0; i < r->nphases; i++)
		names[i] = r->phases[i].name;
	if (figure_parse(f, name, strlen(name), &phases) || f->phase < 0)
		return NULL;
	p = &r->phases[f->phase];
	return p->done && phase_exercised(p, why, sizeof(why)) ? p : NULL;
}

static bool is_worse(const struct against_figure *f, double value, double seconds)
{
	double limit = against_limit(f), beyond;

	if (against_worse(f->name) < 0 ? value >= limit : value <= limit)
		return false;
	beyond = fabs(value - (against_worse(f->name) < 0 ? f->low : f->high)) * seconds;
	return !(seconds > 0) || beyond >= COMPARE_EXACT_EVENTS * sqrt((value + f->high) * seconds);
}

/* What is asked for and not known is no pass. The first is named: others lack for the same reason.
 */
static int say_unknown(struct result *r, const struct against *a, const struct figure *f,
		       const char *name)
{
	char doubt[256];

	if (r->verdict.code == VERDICT_CANNOT_JUDGE)
		return 0;
	r->verdict.code = VERDICT_CANNOT_JUDGE;
	return verdict_reason(&r->verdict, "--against %s: figure %s %s", a->kernel, name,
			      figure_doubt(f, r, 0, doubt, sizeof(doubt)));
}

/* Counts are per second, as they were recorded. */
static int judge_figure(struct result *r, const struct against *a, const struct against_figure *f)
{
	enum figure_unit unit = unit_of(f->name);
	const struct phase_result *p;
	char is[32], low[32], high[32];
	double value, seconds;
	struct figure figure;

	p = against_worse(f->name) ? phase_of(r, f->name, &figure) : NULL;
	if (!p)
		return 0;
	if (figure_value(&figure, r, 0, &value) != FIGURE_KNOWN)
		return say_unknown(r, a, &figure, f->name);
	seconds = unit == FIGURE_COUNT ? (double)p->duration_ns / 1e9 : 0;
	if (seconds > 0)
		value /= seconds;
	r->against.figures++;
	if (!is_worse(f, value, seconds))
		return 0;
	r->against.worse++;
	return verdict_reason(&r->verdict, "worse than Debian's %s: %s %s%s, there %s to %s%s",
			      a->kernel, f->name, figure_format(unit, value, is, sizeof(is)),
			      seconds > 0 ? "/s" : "",
			      figure_format(unit, f->low, low, sizeof(low)),
			      figure_format(unit, f->high, high, sizeof(high)),
			      seconds > 0 ? "/s" : "");
}

/* It was recorded in the emulated lab, by AMD's nested paging. */
static bool is_same_machine(const struct result *r)
{
	return r->deterministic && r->accel && !strcmp(r->accel, "tcg") && r->paging &&
	       !strcmp(r->paging, "npt") && !probes_doubtful(&r->probes);
}

int against_judge(const struct opts *o, struct result *r)
{
	const struct against *a = o->against ? find(o->against) : NULL;
	int err = 0;

	if (!a || r->verdict.code != VERDICT_PASS)
		return 0;
	if (!is_same_machine(r)) {
		r->verdict.code = VERDICT_CANNOT_JUDGE;
		err = verdict_reason(
			&r->verdict,
			"--against %s: recorded in the emulated lab, deterministic and "
			"with AMD's nested paging, which this run was not",
			a->kernel);
		return err ? err_sys(err, "--against") : 0;
	}
	free(r->against.kernel);
	r->against = (struct against_result){.kernel = strdup(a->kernel)};
	err = r->against.kernel ? 0 : -ENOMEM;
	for (const struct against_figure *f = a->figure; f->name && !err; f++)
		err = judge_figure(r, a, f);
	if (r->against.worse)
		r->verdict.code = VERDICT_FAIL;
	return err ? err_sys(err, "--against") : 0;
}
