/* SPDX-License-Identifier: GPL-2.0-only */
/* judge.c - the options of the verdict, checked before anything starts (opts_table.h). */
#include <errno.h>

#include "judge/limits.h"
#include "table.h"

/* By the phases of this run: whatever is misspelt is refused before anything starts. */
static int check_limits(const struct opts *o)
{
	const char *names[OPTS_MAX_PHASES];
	struct figure_phases phases = {.name = names, .n = o->nphases};
	struct limit limit;
	char why[400];

	for (size_t i = 0; i < o->nphases; i++)
		names[i] = o->phases[i].name;
	for (size_t i = 0; i < o->fail_if.n; i++)
		if (limit_parse(&limit, o->fail_if.v[i], &phases, why, sizeof(why)))
			return err_say(-EINVAL, "--fail-if '%s': %s", o->fail_if.v[i], why);
	return 0;
}

static int check_baselines(const struct opts *o)
{
	if (!o->baseline_good.n != !o->baseline_bad.n)
		return err_say(-EINVAL, "--baseline-good and --baseline-bad: give both or none");
	if (o->earlier.n && !o->baseline_good.n)
		return err_say(-EINVAL, "--earlier: only together with --baseline-good and "
					"--baseline-bad");
	return 0;
}

int opts_check_judgement(const struct opts *o, int argc)
{
	int err = check_limits(o);

	if (!err && (o->fail_if.n || o->baseline_good.n) && o->rest < argc)
		err = err_say(-EINVAL, "--%s: only for a run of host-stress itself",
			      o->fail_if.n ? "fail-if" : "baseline-good");
	return err ?: check_baselines(o);
}
