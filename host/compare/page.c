/* SPDX-License-Identifier: GPL-2.0-only */
/* page.c - a comparison as an HTML page (--html): the answer, its rule, and every figure. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/html.h"
#include "say.h"

static void put_runs(FILE *out, const char *label, const struct run_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		html_tag(out, "p class=\"soft\"", "%s: %s: %s, seed %" PRIu64, label, s->name[i],
			 s->r[i]->kernel ?: "kernel not known", s->r[i]->seed);
	fputc('\n', out);
}

static const char *nearer(enum nearer says)
{
	return says == NEARER_GOOD ? "good" : says == NEARER_BAD ? "bad" : "neither";
}

static void put_row(FILE *out, const struct comparison *all, const struct compared *c)
{
	char good[48], bad[48], change[32], p[32] = "exact";

	if (!all->exact)
		snprintf(p, sizeof(p), "%.2g", c->candidate ? c->p_all : c->p);
	fputs("<tr>", out);
	html_tag(out, "td", "%s", c->name);
	html_tag(out, "td", "%s", say_mean(c, &c->good, good, sizeof(good)));
	html_tag(out, "td", "%s", say_mean(c, &c->bad, bad, sizeof(bad)));
	html_tag(out, "td", "%s", say_change(c, change, sizeof(change)));
	html_tag(out, "td", "%s", p);
	html_tag(out, "td class=\"text\"", "%s",
		 c->judges	? "judges"
		 : c->separates ? "separates"
				: "");
	fputs("</tr>\n", out);
}

/* Figures that are the same say nothing. */
static int put_table(FILE *out, const struct comparison *c)
{
	size_t *order = say_order(c);

	if (!order)
		return -ENOMEM;
	fputs("<div class=\"wide\"><table>\n<tr><th>figure<th>good<th>bad<th>change<th>p<th "
	      "class=\"text\"></tr>\n",
	      out);
	for (size_t i = 0; i < c->n; i++) {
		const struct compared *it = &c->v[order[i]];

		if (it->named || (it->good.n && it->bad.n && it->gap != 0))
			put_row(out, c, it);
	}
	fputs("</table></div>\n", out);
	free(order);
	return 0;
}

static int put_page(const struct compare_report *r, FILE *out)
{
	char answer[4 * SAY_LINE], rule[SAY_LINE];
	int err;

	html_begin(out, "host-stress compare");
	say_answer(r, answer, sizeof(answer));
	html_tag(out, "p class=\"verdict\"", "%s%s%s", say_word(r), *answer ? ": " : "", answer);
	for (size_t i = 0; r->nnew > 1 && i < r->nnew; i++)
		html_tag(out, "p", "%s is nearer to %s: %s", r->new[i].files,
			 nearer(r->new[i].judgement.says), r->new[i].judgement.why);
	html_tag(out, "p", "Rule: %s.", say_rule(&r->sides.c, rule, sizeof(rule)));
	put_runs(out, "good", &r->sides.good.set);
	put_runs(out, "bad", &r->sides.bad.set);
	for (size_t i = 0; i < r->nnew; i++)
		put_runs(out, "new", &r->new[i].runs.set);
	err = put_table(out, &r->sides.c);
	html_end(out);
	return err;
}

int compare_write_html(const struct compare_report *r, const char *path)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int err = out ? put_page(r, out) : -errno;

	if (out && fclose(out) && !err)
		err = -ENOMEM;
	return err ? err_sys(err, "--html") : file_replace(path, text, size);
}
