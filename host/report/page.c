// SPDX-License-Identifier: GPL-2.0-only
/* page.c - see page.h: the answer of each result, then pictures of all of them together. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/html.h"
#include "page.h"
#include "plot.h"
#include "report.h"
#include "result/buckets.h"
#include "result/read.h"
#include "screen.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void put_row(FILE *out, const struct result *r, size_t i)
{
	struct screen_row row;

	fputs("<tr>", out);
	html_tag(out, "td", "%s", screen_phase(r, i));
	if (screen_row(r, i, &row)) {
		html_tag(out, "td", "%s", row.lost);
		html_tag(out, "td", "%s", row.longest);
		html_tag(out, "td class=\"text\"", "%s", row.cause);
		html_tag(out, "td class=\"text\"", "%s", row.windows);
	} else {
		html_tag(out, "td class=\"text\" colspan=\"4\"", "%s", row.lost);
	}
	fputs("</tr>\n", out);
}

/* Pieces of a stall from its begin to its end; what many short ones share is drawn pale. */
static void put_time_line(FILE *out, const struct worst_stall *s)
{
	fputs("<svg class=\"line\" viewBox=\"0 0 1000 16\" preserveAspectRatio=\"none\">", out);
	for (size_t i = 0; i < s->npieces; i++) {
		const struct worst_piece *p = &s->piece[i];
		double x = 1000.0 * (double)p->at_ns / (double)s->ns;
		double width = 1000.0 * (double)(p->until_ns - p->at_ns) / (double)s->ns;

		fprintf(out,
			"<rect x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"16\" fill=\"%s\""
			"%s/>",
			x, width > 0.5 ? width : 0.5, plot_colour(p->part),
			p->count > 1 ? " opacity=\"0.45\"" : "");
	}
	fputs("</svg>\n", out);
}

static void put_worst(FILE *out, const struct result *r)
{
	for (size_t i = 0; i < r->nphases; i++) {
		const struct worst_stalls *w = &r->phases[i].stalls.worst;
		char text[1024], ns[CELL];

		if (!w->n || !w->stall[0].ns)
			continue;
		say_worst(text, sizeof(text), &w->stall[0]);
		html_tag(out, "p class=\"soft\"", "%s: the longest stall, %s, %s",
			 r->phases[i].name, cell_ns(ns, w->stall[0].ns), text);
		put_time_line(out, &w->stall[0]);
	}
}

static int put_answer(FILE *out, const struct result *r, const char *path)
{
	auto_free char *verdict = screen_verdict(r);

	if (!verdict)
		return err_sys(-ENOMEM, "report");
	html_tag(out, "h2", "%s", base_name(path));
	html_tag(out, "p class=\"verdict\"", "%s", verdict);
	for (size_t i = r->verdict.code != VERDICT_PASS; i < r->verdict.nreasons; i++)
		html_tag(out, "p", "%s", r->verdict.reasons[i]);
	html_tag(out, "p class=\"soft\"", "%s; %s, %s%s; seed %" PRIu64, r->kernel ?: "?",
		 r->place ?: "?", r->accel ?: "?",
		 r->deterministic ? ", virtual time: compares kernels, is not to be quoted" : "",
		 r->seed);
	if (r->command)
		html_tag(out, "p class=\"soft\"", "%s", r->command);
	fputs("\n<div class=\"wide\"><table>\n<tr><th>phase<th>lost<th>longest<th "
	      "class=\"text\">most of it<th class=\"text\">windows</tr>\n",
	      out);
	for (size_t i = 0; i < screen_phases(r); i++)
		put_row(out, r, i);
	fputs("</table></div>\n", out);
	put_worst(out, r);
	return 0;
}

static void caption(FILE *out, const char *text)
{
	fputs("\n", out);
	html_tag(out, "figcaption", "%s", text);
	fputs("</figure>\n", out);
}

/* One picture: its SVG comes by way of memory, since there may be none. */
static int put_durations(FILE *out, const struct plotted *p, const char *phase, bool windows)
{
	auto_free char *svg = NULL;
	char text[160];
	size_t size;
	FILE *picture = open_memstream(&svg, &size);
	int err = picture ? plot_durations(p, phase, windows, picture) : -errno;

	if (picture)
		fclose(picture);
	if (err)
		return err > 0 ? 0 : err;
	fprintf(out, "<figure>%s", svg);
	snprintf(text, sizeof(text), "%.60s: durations of %s, by percentile", phase,
		 windows ? "windows" : "the guest's touches");
	caption(out, text);
	return 0;
}

static int put_over_time(FILE *out, const struct plotted *p, const char *phase)
{
	auto_free char *svg = NULL;
	char text[200];
	size_t size;
	FILE *picture = open_memstream(&svg, &size);
	int err = picture ? plot_over_time(p, phase, picture) : -errno;

	if (picture)
		fclose(picture);
	if (err)
		return err > 0 ? 0 : err;
	fprintf(out, "<figure>%s", svg);
	snprintf(text, sizeof(text),
		 "%.60s: windows, faults (filled: inside, retried or collateral) and the guest's "
		 "time in stalls, over the phase's time",
		 phase);
	caption(out, text);
	return 0;
}

static int put_pictures(FILE *out, const struct plotted *p)
{
	int err;

	html_tag(out, "h2", "Pictures");
	if (p->n > 1) {
		fputs("<p>", out);
		for (size_t i = 0; i < p->n; i++)
			html_tag(out, "span", "[%zu] %s%s", i + 1, p->name[i],
				 i + 1 < p->n ? ", " : "");
		fputs("</p>\n", out);
	}
	fputs("<div class=\"pictures\">\n<figure>", out);
	err = plot_time(p, out);
	caption(out, "where the guest's time went: the parts of its stalls; the rest ran");
	for (size_t i = 0; i < p->r[0]->nphases && !err; i++) {
		const char *phase = p->r[0]->phases[i].name;

		err = put_durations(out, p, phase, false);
		if (!err)
			err = put_durations(out, p, phase, true);
		if (!err)
			err = put_over_time(out, p, phase);
	}
	fputs("</div>\n", out);
	return err;
}

static int put_page(FILE *out, const struct plotted *p, const struct opts *o)
{
	int err = 0;

	html_begin(out, "host-stress report");
	for (size_t i = 0; i < p->n && !err; i++)
		err = put_answer(out, p->r[i], o->operand[i]);
	if (!err)
		err = put_pictures(out, p);
	html_tag(out, "p class=\"soft\"",
		 "lost: the guest's time in touches as long as a stall (--stall). Histograms are "
		 "right "
		 "to 1/32.");
	html_end(out);
	return err;
}

static int write_page(const struct plotted *p, const struct opts *o)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int err = out ? put_page(out, p, o) : err_sys(-errno, "report");

	if (out && fclose(out) && !err)
		err = err_sys(-ENOMEM, "report");
	if (!err)
		err = file_replace(o->output, text, size);
	return err;
}

static int write_hgrm(const char *dir, const char *name, const char *phase, const char *what,
		      const char *buckets)
{
	auto_free char *path = str_format("%s/%s.%s.%s.hgrm", dir, name, phase, what);
	auto_free char *text = NULL;
	size_t size;
	FILE *out = path ? open_memstream(&text, &size) : NULL;
	int err = out ? buckets_hgrm(buckets, out) : -ENOMEM;

	if (out && fclose(out) && !err)
		err = -ENOMEM;
	return err ? err_sys(err, "%s", dir) : file_replace(path, text, size);
}

/* DIR/RESULT.PHASE.touch.hgrm and .windows.hgrm. */
static int write_hgrms(const struct plotted *p, const char *dir)
{
	int err = mkdir(dir, 0777) && errno != EEXIST ? err_sys(-errno, "--hgrm %s", dir) : 0;

	for (size_t i = 0; i < p->n && !err; i++)
		for (size_t k = 0; k < p->r[i]->nphases && !err; k++) {
			const struct phase_result *ph = &p->r[i]->phases[k];

			if (ph->touch_buckets && *ph->touch_buckets)
				err = write_hgrm(dir, p->name[i], ph->name, "touch",
						 ph->touch_buckets);
			if (!err && ph->window_buckets && *ph->window_buckets)
				err = write_hgrm(dir, p->name[i], ph->name, "windows",
						 ph->window_buckets);
		}
	return err;
}

static int read_one(struct plotted *p, struct result *r, const char *path)
{
	auto_free char *text = NULL;
	const char *base = base_name(path);
	size_t len, n = strlen(base);
	int err = file_slurp_most(path, RESULT_MOST, &text, &len);

	if (err)
		return err_sys(err, "%s", path);
	err = result_read(r, text, len, path);
	if (err)
		return err;
	if (n > 5 && !strcmp(base + n - 5, ".json"))
		n -= 5;
	snprintf(p->name[p->n], sizeof(p->name[0]), "%.*s", (int)n, base);
	p->r[p->n++] = r;
	if (!r->nphases)
		return err_say(-ENODATA, "%s: no phase ran; host-stress show says why", path);
	return 0;
}

int report_main(const struct opts *o, int argc, char **argv)
{
	static struct result results[PLOT_MOST];
	struct plotted p = {.n = 0};
	int err = 0;

	(void)argc, (void)argv;
	if (!o->output && !o->hgrm)
		err = err_say(-EINVAL, "report needs --output FILE (or -o FILE), --hgrm DIR, or "
				       "both");
	for (size_t i = 0; i < o->noperands && !err; i++)
		err = read_one(&p, &results[i], o->operand[i]);
	if (!err && o->output)
		err = plot_check() ?: write_page(&p, o);
	if (!err && o->hgrm)
		err = write_hgrms(&p, o->hgrm);
	for (size_t i = 0; i < p.n; i++)
		result_free(&results[i]);
	return err ? VERDICT_ERROR : VERDICT_PASS;
}
