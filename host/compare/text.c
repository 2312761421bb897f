/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.c - a comparison for people, as text or as Markdown: verdict first, then what was
 * compared, the runs that were judged, and the figures before and after.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/out.h"
#include "say.h"

#define COLUMNS 6
#define CELL 128
#define NAME_LEAST 30
#define ROWS_MOST 24 /* without --verbose */
#define ROWS_IDLE 4

struct table {
	FILE *out;
	bool markdown;
	int width[COLUMNS]; /* the first is left-justified, the last unbounded */
	char cell[COLUMNS][CELL];
};

static void print_row(struct table *t)
{
	if (t->markdown) {
		for (size_t i = 0; i < COLUMNS; i++)
			fprintf(t->out, "| %s ", t->cell[i]);
		fputs("|\n", t->out);
		return;
	}
	fprintf(t->out, "%-*s", t->width[0], t->cell[0]);
	for (size_t i = 1; i + 1 < COLUMNS; i++)
		fprintf(t->out, " %*s", t->width[i], t->cell[i]);
	fprintf(t->out, "%s%s\n", *t->cell[COLUMNS - 1] ? "  " : "", t->cell[COLUMNS - 1]);
}

static void print_head(struct table *t, const char *const *heads)
{
	for (size_t i = 0; i < COLUMNS; i++)
		snprintf(t->cell[i], CELL, "%s", heads[i]);
	fputc('\n', t->out);
	print_row(t);
	if (t->markdown)
		fputs("|---|---:|---:|---:|---:|---|\n", t->out);
}

/* "27.1us", of several runs with their standard deviation "27.1us +-312ns", per second "19.4K/s" */
static void put_sample(char *cell, const struct compared *c, const struct sample *s)
{
	const char *per_s = c->per_s ? "/s" : "";
	char value[32], stdev[32];

	if (!s->n) {
		snprintf(cell, CELL, "-");
		return;
	}
	figure_format(c->unit, stats_mean(s), value, sizeof(value));
	figure_format(c->unit, stats_stdev(s), stdev, sizeof(stdev));
	if (s->n > 1)
		snprintf(cell, CELL, "%s%s +-%s", value, per_s, stdev);
	else
		snprintf(cell, CELL, "%s%s", value, per_s);
}

static void put_difference(char *cell, const struct compared *c)
{
	double difference = compare_difference(c);
	char value[32];

	if (!c->good.n || !c->bad.n)
		snprintf(cell, CELL, "-");
	else
		snprintf(cell, CELL, "%s%s", difference > 0 ? "+" : "",
			 figure_format(c->unit, difference, value, sizeof(value)));
}

/*
 * The figures that were asked for, no others. Else what differs at all; of the kernel's open sets
 * and of details, what differs much.
 */
static bool is_shown(const struct comparison *all, const struct compared *c, bool verbose)
{
	if (verbose)
		return true;
	if (all->named)
		return c->named > 0;
	if (!c->good.n || !c->bad.n)
		return c->candidate;
	if ((c->figure.key[0] || c->figure.spec->detail) && !c->candidate)
		return fabs(c->gap) >= COMPARE_NAMED_GAP;
	return c->gap != 0 || stats_mean(&c->good) != stats_mean(&c->bad);
}

/* "0.00016", and that of all figures together "(0.0031)"; one run of each: nothing to say. */
static void put_confidence(char *cell, const struct comparison *all, const struct compared *c)
{
	const char *mark = c->judges ? " *" : c->separates ? " +" : "";

	if (!c->good.n || !c->bad.n)
		snprintf(cell, CELL, "-");
	else if (all->exact)
		snprintf(cell, CELL, "exact%s", mark);
	else if (!c->candidate)
		snprintf(cell, CELL, "%.2g", c->p);
	else
		snprintf(cell, CELL, "%.2g (%.2g)%s", c->p, c->p_all, mark);
}

/* Room for the longest name that is shown, within reason. */
static int name_width(const struct comparison *c, bool all)
{
	size_t width = NAME_LEAST;

	for (size_t i = 0; i < c->n; i++)
		if (is_shown(c, &c->v[i], all) && strlen(c->v[i].name) > width)
			width = strlen(c->v[i].name);
	return (int)width;
}

static void print_figure(struct table *t, const struct comparison *all, const struct compared *c)
{
	snprintf(t->cell[0], CELL, "%s", c->name);
	put_sample(t->cell[1], c, &c->good);
	put_sample(t->cell[2], c, &c->bad);
	put_difference(t->cell[3], c);
	say_change(c, t->cell[4], CELL);
	put_confidence(t->cell[5], all, c);
	print_row(t);
}

/* The first rows of say_order(): what is beyond them changed less. */
static size_t print_chosen(struct table *t, const struct comparison *c, bool verbose)
{
	bool all = verbose || c->named || t->markdown;
	size_t shown = 0, idle = 0, *order = say_order(c);

	for (size_t i = 0; i < c->n && order; i++) {
		const struct compared *it = &c->v[order[i]];
		size_t *n = it->figure.phase ? &shown : &idle;

		if (!is_shown(c, it, verbose) ||
		    (!all && *n >= (it->figure.phase ? ROWS_MOST : ROWS_IDLE)))
			continue;
		print_figure(t, c, it);
		++*n;
	}
	free(order);
	return shown + idle;
}

static void print_figures(const struct compare_report *r, bool markdown, bool all, FILE *out)
{
	const struct comparison *c = &r->sides.c;
	const char *const heads[COLUMNS] = {"figure", "good",
					    "bad",    "difference",
					    "change", c->exact ? "confidence" : "p (of all)"};
	const int sample = c->exact ? 10 : 18;
	struct table t = {.out = out,
			  .markdown = markdown,
			  .width = {name_width(c, all), sample, sample, 10, 7, 0}};
	size_t shown;

	print_head(&t, heads);
	shown = print_chosen(&t, c, all);
	fprintf(out, "\n* judges, + separates%s\n",
		c->exact ? ""
			 : "; p: two-sided, by ranks; (of all): that any of the figures asked for "
			   "is wrong (Holm)");
	fprintf(out, "%zu figures are not shown: %s (--verbose)\n", c->n - shown,
		c->named ? "nobody named them" : "they are the same, or differ less than these");
}

/* Nothing is forced in the idle phase: what differs there is the machine, or the kernel as a whole.
 */
static void print_control(const struct comparison *c, bool markdown, FILE *out)
{
	const struct compared *worst = NULL;
	char change[CELL];

	for (size_t i = 0; i < c->n; i++)
		if (!c->v[i].figure.phase && c->v[i].figure.spec->picked &&
		    fabs(c->v[i].gap) >= COMPARE_NAMED_GAP &&
		    (!worst || fabs(c->v[i].gap) > fabs(worst->gap)))
			worst = &c->v[i];
	if (!worst)
		return;
	say_change(worst, change, sizeof(change));
	fprintf(out,
		"%sthe idle control differs too (%s %s): is it the same machine, equally busy?\n",
		markdown ? "- " : "note    ", worst->name, change);
}

static const char *nearer(enum nearer says)
{
	return says == NEARER_GOOD ? "good" : says == NEARER_BAD ? "bad" : "neither";
}

static void print_judged(const struct compared_new *n, const struct comparison *c, bool markdown,
			 FILE *out)
{
	const char *const heads[COLUMNS] = {"judged by", "is", "good 0 .. bad 1", "nearer", "", ""};
	struct table t = {.out = out, .markdown = markdown, .width = {34, 18, 15, 8, 0, 0}};

	fprintf(out, "\n%s%s\n", markdown ? "### " : "", n->files);
	print_head(&t, heads);
	for (size_t i = 0; i < n->judgement.n; i++) {
		const struct judged_figure *f = &n->judgement.figure[i];

		snprintf(t.cell[0], CELL, "%s", f->of->name);
		put_sample(t.cell[1], f->of, &f->is);
		snprintf(t.cell[2], CELL, f->is.n ? "%.2f" : "-", f->position);
		snprintf(t.cell[3], CELL, "%s", nearer(f->says));
		*t.cell[4] = *t.cell[5] = '\0';
		if (!c->exact && f->is.n)
			snprintf(t.cell[4], CELL, "p %.2g of %.2g", f->p, stats_alpha_per_look());
		print_row(&t);
	}
}

static void print_runs(const char *label, const struct run_set *s, bool markdown, FILE *out)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct result *r = s->r[i];

		fprintf(out, "%s%-8s%s: %s, seed %" PRIu64 "\n", markdown ? "- " : "",
			i ? "" : label, s->name[i], r->kernel ?: "kernel not known", r->seed);
	}
}

static void print_verdict(const struct compare_report *r, bool markdown, FILE *out)
{
	const char *before = markdown ? "- " : "          ";
	char answer[4 * SAY_LINE], rule[SAY_LINE];

	say_answer(r, answer, sizeof(answer));
	fprintf(out, "%s%s%s%s\n", markdown ? "## " : "", say_word(r), *answer ? ": " : "", answer);
	if (markdown)
		fputc('\n', out);
	for (size_t i = 0; r->nnew > 1 && i < r->nnew; i++)
		fprintf(out, "%s%s: nearer to %s: %s\n", before, r->new[i].files,
			nearer(r->new[i].judgement.says), r->new[i].judgement.why);
	if (r->nnew && *r->why)
		fprintf(out, "%s%s\n", before, r->why);
	fprintf(out, "%s%s\n", markdown ? "- rule: " : "rule    ",
		say_rule(&r->sides.c, rule, sizeof(rule)));
}

int compare_print(const struct compare_report *r, bool markdown, bool all, FILE *out)
{
	const struct comparison *c = &r->sides.c;

	errno = 0;
	print_verdict(r, markdown, out);
	print_runs("good", &r->sides.good.set, markdown, out);
	print_runs("bad", &r->sides.bad.set, markdown, out);
	for (size_t i = 0; i < r->nnew; i++)
		print_runs("new", &r->new[i].runs.set, markdown, out);
	print_control(c, markdown, out);
	for (size_t i = 0; i < r->nnew; i++)
		print_judged(&r->new[i], c, markdown, out);
	print_figures(r, markdown, all, out);
	return out_end(out);
}
