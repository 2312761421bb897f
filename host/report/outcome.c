// SPDX-License-Identifier: GPL-2.0-only
/* outcome.c - see outcome.h. */
#include <stdio.h>

#include "base/out.h"
#include "keep.h"
#include "outcome.h"
#include "report.h"
#include "result/json.h"

/* Where the result is, as far as a report may name it: what two runs show must not differ by it
 * (--shown-command: the lab's --verify, scripts/matrix). */
static const char *kept_name(const struct opts *o, const char *kept)
{
	if (o->shown_command)
		return NULL;
	return *kept ? kept : o->json;
}

int outcome_print(const struct result *r, const struct opts *o, const char *kept)
{
	int err = o->ktap     ? report_ktap(r, stdout)
		  : o->junit  ? report_junit(r, stdout)
		  : o->lava   ? report_lava(r, stdout)
		  : o->tables ? report_tables(r, stdout)
			      : report_screen(r, kept, stdout);

	return out_said(err, "the report");
}

/* Whoever started us with one of these reads the result from --json's file or has no use for it. */
static bool is_to_keep(const struct result *r, const struct opts *o)
{
	if (o->json || o->no_save || o->unreported || o->inside || o->shown_command || o->program)
		return false;
	return r->verdict.code != VERDICT_ERROR || r->nphases;
}

/* A result that cannot be kept changes no verdict. */
static void keep(const struct result *r, const struct opts *o, char *path, size_t size)
{
	*path = '\0';
	if (!is_to_keep(r, o))
		return;
	if (keep_result(r, KEEP_DIR, path, size))
		note_say("the result is not kept; --json FILE keeps it elsewhere");
	else
		note_say("result: %s", path);
}

static int show(const struct result *r, const struct opts *o)
{
	char kept[KEEP_PATH];
	int err = 0;

	keep(r, o, kept, sizeof(kept));
	if (o->json && result_json_file(r, o->json))
		err = -1;
	if (!o->unreported && outcome_print(r, o, kept_name(o, kept)))
		err = -1;
	return err;
}

void outcome_timing(const struct opts *o, const struct timing *t)
{
	if (o->timing && timing_print(t, stderr))
		note_say("--timing: the table could not be written");
}

int outcome_show(struct result *r, const struct opts *o, const struct timing *t)
{
	int err = o->timing ? timing_note(t, &r->here) : 0;

	if (err)
		err_sys(err, "--timing");
	if (show(r, o))
		err = -1;
	outcome_timing(o, t);
	return err ? VERDICT_ERROR : (int)r->verdict.code;
}
