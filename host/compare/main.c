/* SPDX-License-Identifier: GPL-2.0-only */
/* main.c - see compare_main.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/out.h"
#include "main.h"
#include "report.h"

static int read_new(struct compare_report *r, const char *const *lists)
{
	char why[320];
	int err = 0;

	for (size_t i = 0; i < r->nnew && !err; i++) {
		struct compared_new *n = &r->new[i];

		n->files = lists[i];
		err = runs_read(&n->runs, lists[i]);
		if (!err && sides_accept(&r->sides, &n->runs.set, why, sizeof(why)))
			err = err_say(-EINVAL, "%s cannot be compared: %s", lists[i], why);
	}
	return err;
}

static void judge_new(struct compare_report *r)
{
	for (size_t i = 0; i < r->nnew; i++)
		compare_judge(&r->sides.c, &r->sides.good.set, &r->sides.bad.set,
			      &r->new[i].runs.set, &r->new[i].judgement);
}

/* One bad weighs more than one undecided. Without others: whether the two sides can be told apart.
 */
static enum verdict_code weigh(struct compare_report *r)
{
	enum verdict_code code = VERDICT_PASS;

	if (!r->nnew)
		return compare_useless(&r->sides.c, r->why, sizeof(r->why)) ? VERDICT_CANNOT_JUDGE
									    : VERDICT_PASS;
	for (size_t i = 0; i < r->nnew; i++)
		if (r->new[i].judgement.says == NEARER_BAD)
			code = VERDICT_FAIL;
		else if (r->new[i].judgement.says == NEARER_UNDECIDED && code == VERDICT_PASS)
			code = VERDICT_CANNOT_JUDGE;
	return code;
}

static int show(const struct compare_report *r, const struct opts *o)
{
	int err = o->json ? compare_write_json(r, o->json) : 0;

	if (o->html && compare_write_html(r, o->html))
		err = -EIO;
	/* Behind the files: a reader of the text may leave early (| head). */
	if (out_said(compare_print(r, o->markdown, o->verbose, stdout), "the comparison"))
		err = -EIO;
	return err;
}

static int compare(struct compare_report *r, const struct opts *o)
{
	struct texts good = {.v = {o->operand[0]}, .n = 1};
	struct texts bad = {.v = {o->operand[1]}, .n = 1};
	int err = sides_open(&r->sides, &good, &bad, &o->by, o->other_builds, o->other_seeds);

	if (!err)
		err = read_new(r, o->operand + 2);
	if (err)
		return err;
	judge_new(r);
	r->code = weigh(r);
	return show(r, o);
}

int compare_main(const struct opts *o, int argc, char **argv)
{
	struct compare_report *r;
	int code = VERDICT_ERROR;

	(void)argc, (void)argv;
	r = calloc(1, sizeof(*r));
	if (!r) {
		err_sys(-ENOMEM, "compare");
		return code;
	}
	r->nnew = o->noperands - 2;
	if (!compare(r, o))
		code = (int)r->code;
	for (size_t i = 0; i < r->nnew; i++)
		runs_close(&r->new[i].runs);
	sides_close(&r->sides);
	free(r);
	return code;
}
