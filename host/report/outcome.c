// SPDX-License-Identifier: GPL-2.0-only
/* outcome.c - see outcome.h. */
#include <stdio.h>

#include "outcome.h"
#include "report.h"
#include "result/json.h"

static int show(const struct result *r, const struct opts *o)
{
	int err = 0;

	if (!o->unreported)
		err = (o->ktap ? report_ktap : report_text)(r, stdout);
	if (err)
		err_sys(err, "writing the report to standard output");
	if (o->json && result_json_file(r, o->json))
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
