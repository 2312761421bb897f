/* SPDX-License-Identifier: GPL-2.0-only */
/* baseline.c - see baseline.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "cli/plan.h"
#include "sides.h"

struct baseline {
	struct sides sides;
	struct runs earlier;
};

static const char *const words[] = {
	[NEARER_GOOD] = "good",
	[NEARER_BAD] = "bad",
	[NEARER_UNDECIDED] = "neither",
};

/* What is known of the run before it starts. */
static int check_plan(const struct baseline *b, const struct opts *o, const char *command)
{
	const struct result *good = b->sides.good.set.r[0];
	char why[320];

	if (plan_same(good->command, command, why, sizeof(why)))
		return err_say(-EINVAL, "%s is of another run: %s", b->sides.good.set.name[0], why);
	if (b->sides.c.exact && good->seed != o->seed)
		return err_say(-EINVAL, "%s is of another run: its --seed is %llu",
			       b->sides.good.set.name[0], (unsigned long long)good->seed);
	if (compare_useless(&b->sides.c, why, sizeof(why)))
		return err_say(-EINVAL, "the baselines cannot judge anything: %s", why);
	return 0;
}

static int read_earlier(struct baseline *b, const struct opts *o)
{
	char why[320];
	int err = 0;

	for (size_t i = 0; i < o->earlier.n && !err; i++)
		err = runs_read(&b->earlier, o->earlier.v[i]);
	if (!err && sides_accept(&b->sides, &b->earlier.set, why, sizeof(why)))
		err = err_say(-EINVAL, "--earlier: %s", why);
	if (!err && b->earlier.set.n == COMPARE_MAX_RUNS)
		err = err_say(-E2BIG, "--earlier: at most %d runs", COMPARE_MAX_RUNS - 1);
	return err;
}

int baseline_open(struct baseline **out, const struct opts *o, const char *command)
{
	struct baseline *b;
	int err;

	*out = NULL;
	if (!o->baseline_good.n)
		return 0;
	b = calloc(1, sizeof(*b));
	if (!b)
		return err_sys(-ENOMEM, "baselines");
	err = sides_open(&b->sides, &o->baseline_good, &o->baseline_bad, &o->by, o->other_builds,
			 false);
	if (!err)
		err = check_plan(b, o, command);
	if (!err)
		err = read_earlier(b, o);
	if (err)
		baseline_close(b);
	else
		*out = b;
	return err;
}

void baseline_close(struct baseline *b)
{
	if (!b)
		return;
	sides_close(&b->sides);
	runs_close(&b->earlier);
	free(b);
}

const char *baseline_line(const struct judged_figure *f, char *buf, size_t size)
{
	const char *per = f->of->per_s ? "/s" : "";
	char is[32] = "not known", good[32], bad[32];

	if (f->is.n)
		figure_format(f->of->unit, stats_median(&f->is), is, sizeof(is));
	figure_format(f->of->unit, stats_median(&f->of->good), good, sizeof(good));
	figure_format(f->of->unit, stats_median(&f->of->bad), bad, sizeof(bad));
	snprintf(buf, size, "%s %s%s, good %s%s, bad %s%s: nearer to %s", f->of->name, is, per,
		 good, per, bad, per, words[f->says]);
	return buf;
}

static int note(struct result *r, const struct judgement *j)
{
	struct baseline_result *n = &r->baseline;
	char line[320];
	int err;

	free(n->nearer);
	n->nearer = strdup(words[j->says]);
	err = n->nearer ? 0 : -ENOMEM;
	for (size_t i = 0; i < j->n && !err; i++)
		err = result_add_text(&n->lines, &n->nlines,
				      baseline_line(&j->figure[i], line, sizeof(line)));
	if (!err && r->verdict.code == VERDICT_PASS && j->says != NEARER_GOOD)
		err = verdict_reason(&r->verdict, "nearer to %s of the baselines: %s",
				     words[j->says], j->why);
	return err;
}

int baseline_judge(const struct baseline *b, struct result *r)
{
	struct judgement j = {.says = NEARER_UNDECIDED};
	struct run_set is;
	int err;

	if (!b)
		return 0;
	is = b->earlier.set;
	is.r[is.n] = r;
	is.name[is.n++] = "this run";
	if (!sides_accept(&b->sides, &is, j.why, sizeof(j.why)))
		compare_judge(&b->sides.c, &b->sides.good.set, &b->sides.bad.set, &is, &j);
	err = note(r, &j);
	if (err)
		return err_sys(err, "judging by the baselines");
	if (r->verdict.code == VERDICT_PASS && j.says != NEARER_GOOD)
		r->verdict.code = j.says == NEARER_BAD ? VERDICT_FAIL : VERDICT_CANNOT_JUDGE;
	return 0;
}
