/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compare_text.c - a comparison for people, as text of at most 100 columns or as Markdown: verdict
 * first, then what was compared, the runs that were judged, and the figures before and after.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare_report.h"

#define COLUMNS 5
#define CELL 128
#define NAME_LEAST 34
#define NAME_MOST 44 /* 100 columns with "* judges" */

struct table {
	FILE *out;
	bool markdown;
	int width[COLUMNS]; /* the first is left-justified, the last unbounded */
	char cell[COLUMNS][CELL];
};

static void print_row(struct table *t)
{
	if (t->markdown)
		fprintf(t->out, "| %s | %s | %s | %s | %s |\n", t->cell[0], t->cell[1], t->cell[2],
			t->cell[3], t->cell[4]);
	else
		fprintf(t->out, "%-*s %*s %*s %*s%s%s\n", t->width[0], t->cell[0], t->width[1],
			t->cell[1], t->width[2], t->cell[2], t->width[3], t->cell[3],
			*t->cell[4] ? " " : "", t->cell[4]);
}

static void print_head(struct table *t, const char *a, const char *b, const char *c, const char *d,
		       const char *e)
{
	const char *const heads[COLUMNS] = {a, b, c, d, e};

	for (size_t i = 0; i < COLUMNS; i++)
		snprintf(t->cell[i], CELL, "%s", heads[i]);
	fputc('\n', t->out);
	print_row(t);
	if (t->markdown)
		fputs("|---|---:|---:|---:|---|\n", t->out);
}

/* "27.1us", of several runs with their spread "27.1us +-3%", sums and counts "19.4k/s" */
static void put_sample(char *cell, const struct compared *c, const struct sample *s)
{
	double mean = stats_mean(s);
	char value[32];

	if (!s->n) {
		snprintf(cell, CELL, "-");
		return;
	}
	figure_format(c->unit, mean, value, sizeof(value));
	if (s->n > 1 && mean > 0)
		snprintf(cell, CELL, "%s%s +-%.0f%%", value, c->per_s ? "/s" : "",
			 100 * stats_stdev(s) / mean);
	else
		snprintf(cell, CELL, "%s%s", value, c->per_s ? "/s" : "");
}

static void put_change(char *cell, const struct compared *c)
{
	double good = stats_median(&c->good), bad = stats_median(&c->bad);

	if (!c->good.n || !c->bad.n)
		snprintf(cell, CELL, "-");
	else if (good == bad)
		snprintf(cell, CELL, "=");
	else if (good == 0)
		snprintf(cell, CELL, "from 0");
	else if (bad >= 3 * good)
		snprintf(cell, CELL, "x%.3g", bad / good);
	else
		snprintf(cell, CELL, "%+.1f%%", 100 * (bad - good) / good);
}

/* What differs at all; of the kernel's open sets and of details, what differs much. */
static bool is_shown(const struct compared *c, bool all)
{
	if (all)
		return true;
	if (!c->good.n || !c->bad.n)
		return c->candidate;
	if ((c->figure.key[0] || c->figure.spec->detail) && !c->candidate)
		return fabs(c->gap) >= COMPARE_NAMED_GAP;
	return c->gap != 0 || stats_mean(&c->good) != stats_mean(&c->bad);
}

static void put_mark(char *cell, const struct comparison *all, const struct compared *c)
{
	const char *mark = c->judges ? "* judges" : c->separates ? "+ separates" : "";

	if (all->exact || !c->candidate || !c->good.n || !c->bad.n)
		snprintf(cell, CELL, "%s", mark);
	else
		snprintf(cell, CELL, "p %.2g, delta %+.2f%s%s", c->p, c->delta, *mark ? " " : "",
			 c->judges ? "*"
			 : *mark   ? "+"
				   : "");
}

/* Room for the longest name that is shown, within reason. */
static int name_width(const struct comparison *c, bool all)
{
	size_t width = NAME_LEAST;

	for (size_t i = 0; i < c->n; i++)
		if (is_shown(&c->v[i], all) && strlen(c->v[i].name) > width)
			width = strlen(c->v[i].name);
	return width < NAME_MOST ? (int)width : NAME_MOST;
}

static void print_figures(const struct compare_report *r, bool markdown, bool all, FILE *out)
{
	const struct comparison *c = &r->sides.c;
	struct table t = {.out = out,
			  .markdown = markdown,
			  .width = {name_width(c, all), 15, 15, 8, 0}};
	size_t hidden = 0;

	print_head(&t, "figure", "good", "bad", "change", c->exact ? "" : "* judges, + separates");
	for (size_t i = 0; i < c->n; i++) {
		if (!is_shown(&c->v[i], all)) {
			hidden++;
			continue;
		}
		snprintf(t.cell[0], CELL, "%s", c->v[i].name);
		put_sample(t.cell[1], &c->v[i], &c->v[i].good);
		put_sample(t.cell[2], &c->v[i], &c->v[i].bad);
		put_change(t.cell[3], &c->v[i]);
		put_mark(t.cell[4], c, &c->v[i]);
		print_row(&t);
	}
	fprintf(out,
		"\n%zu figures are not shown: they are the same, or details that hardly differ "
		"(--verbose)\n",
		hidden);
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
	put_change(change, worst);
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
	struct table t = {.out = out, .markdown = markdown, .width = {34, 15, 15, 8, 0}};

	print_head(&t, n->files, "is", "good 0 .. bad 1", "nearer", "");
	for (size_t i = 0; i < n->judgement.n; i++) {
		const struct judged_figure *f = &n->judgement.figure[i];

		snprintf(t.cell[0], CELL, "%s", f->of->name);
		put_sample(t.cell[1], f->of, &f->is);
		snprintf(t.cell[2], CELL, f->is.n ? "%.2f" : "-", f->position);
		snprintf(t.cell[3], CELL, "%s", nearer(f->says));
		snprintf(t.cell[4], CELL, "%s", "");
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
	const char *word = r->code == VERDICT_PASS   ? r->nnew ? "PASS" : "SEPARATED"
			   : r->code == VERDICT_FAIL ? "FAIL"
						     : "CANNOT JUDGE";

	fprintf(out, "%s%s (exit code %d)\n", markdown ? "## " : "", word, r->code);
	if (markdown)
		fputc('\n', out);
	for (size_t i = 0; i < r->nnew; i++)
		fprintf(out, "%s%s: nearer to %s: %s\n", markdown ? "- " : "          ",
			r->new[i].files, nearer(r->new[i].judgement.says), r->new[i].judgement.why);
	if (*r->why)
		fprintf(out, "%s%s\n", markdown ? "- " : "          ", r->why);
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
	fprintf(out, "%smethod  %s\n", markdown ? "- " : "",
		c->exact ? "exact: one deterministic run of each kernel, same seed"
			 : "ranks: Mann-Whitney U, exact p, Cliff's delta");
	print_control(c, markdown, out);
	for (size_t i = 0; i < r->nnew; i++)
		print_judged(&r->new[i], c, markdown, out);
	print_figures(r, markdown, all, out);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
