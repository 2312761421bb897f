/* SPDX-License-Identifier: GPL-2.0-only */
/* lines.c - see lines.h. */
#include <string.h>

#include "lines.h"

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
	*why = "pages that the guest wrote were missing from KVM's dirty log";
	if (p->integrity.unlogged)
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

size_t lines_of_phases(const struct result *r)
{
	return r->nplanned > r->nphases ? r->nplanned : r->nphases;
}

enum line line_of_phase(const struct result *r, size_t i, const char **name, const char **why)
{
	const struct phase_result *p = i < r->nphases ? &r->phases[i] : NULL;

	*name = p ? p->name : r->planned[i];
	*why = r->verdict.nreasons ? r->verdict.reasons[0] : "the run broke off before";
	return p ? judge_phase(r, p, why) : LINE_SKIP;
}

/* The line that a verdict must have somewhere. */
static enum line wanted_line(const struct result *r)
{
	return r->verdict.code == VERDICT_PASS	  ? LINE_OK
	       : r->verdict.code == VERDICT_FAIL  ? LINE_FAIL
	       : r->verdict.code == VERDICT_ERROR ? LINE_ERROR
						  : LINE_SKIP;
}

bool line_of_run(const struct result *r, enum line *line, const char **why)
{
	const char *name;

	*line = wanted_line(r);
	if (*line == LINE_OK)
		return false;
	for (size_t i = 0; i < lines_of_phases(r) && i < r->nphases; i++)
		if (line_of_phase(r, i, &name, why) == *line)
			return false;
	*why = r->verdict.nreasons ? r->verdict.reasons[0] : NULL;
	return true;
}
