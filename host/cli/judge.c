/* SPDX-License-Identifier: GPL-2.0-only */
/* judge.c - the options of the verdict, checked before anything starts (opts_table.h). */
#include <errno.h>
#include <regex.h>
#include <string.h>

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
	if (o->other_builds && !o->baseline_good.n && (o->command->takes & FOR_LAB))
		return err_say(-EINVAL, "--other-builds: only together with --baseline-good and "
					"--baseline-bad, or for compare");
	return 0;
}

/* plan names the columns of a bisection's log by it, where nothing is judged by baselines. */
static int check_by(const struct opts *o)
{
	if (!o->by.n || o->baseline_good.n || !(o->command->takes & FOR_LAB) ||
	    !strcmp(o->command->name, "plan"))
		return 0;
	return err_say(-EINVAL, "--by: only together with --baseline-good and --baseline-bad, or "
				"for compare");
}

/* One form of output at a time. */
static int check_forms(const struct opts *o)
{
	if (o->tables + o->ktap + o->junit + o->lava > 1)
		return err_say(-EINVAL, "--tables, --ktap, --junit and --lava: give one of them");
	return 0;
}

static int check_crash_match(const struct opts *o)
{
	char why[100];
	regex_t re;
	int err = o->crash_match ? regcomp(&re, o->crash_match, REG_EXTENDED | REG_NOSUB) : 0;

	if (err) {
		regerror(err, &re, why, sizeof(why));
		return err_say(-EINVAL, "--crash-match: '%s' is no regular expression: %s",
			       o->crash_match, why);
	}
	if (o->crash_match)
		regfree(&re);
	return 0;
}

int opts_check_judgement(const struct opts *o)
{
	return check_forms(o) ?: check_limits(o) ?: check_crash_match(o) ?: check_baselines(o) ?:
	       check_by(o);
}
