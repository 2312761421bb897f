// SPDX-License-Identifier: GPL-2.0-only
/* outcome.c - see outcome.h. */
#include <stdio.h>

#include "outcome.h"
#include "report.h"

int outcome_show(const struct result *r, const struct opts *o)
{
	int err = 0;

	if (!o->unreported)
		err = (o->ktap ? report_ktap : report_text)(r, stdout);
	if (err)
		err_sys(err, "writing the report to standard output");
	if (o->json && report_json_file(r, o->json))
		err = -1;
	return err ? VERDICT_ERROR : (int)r->verdict.code;
}
