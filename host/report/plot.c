// SPDX-License-Identifier: GPL-2.0-only
/*
 * plot.c - see plot.h. gnuplot reads a script with the data in it from a file and writes SVG to
 * another, so that neither waits for the other.
 */
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plot.h"
#include "result/buckets.h"

extern char **environ;

/* Of middle brightness: to be seen on white and on black. */
static const char *const colours[PLOT_MOST] = {"#3b7dd8", "#d9822b", "#3a9d5d", "#c0504d",
					       "#8e63ce", "#1aa5b8", "#b59b00", "#7f7f7f"};

/* Runs gnuplot on @script; its output is in @svg. */
static int run(FILE *script, FILE *svg)
{
	char *const argv[] = {(char *)"gnuplot", NULL};
	posix_spawn_file_actions_t files;
	pid_t pid;
	int err, status;

	if (fflush(script) || lseek(fileno(script), 0, SEEK_SET))
		return -errno;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, fileno(script), STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, fileno(svg), STDOUT_FILENO);
	err = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status ? -EPROTO : 0;
}

int plot_check(void)
{
	FILE *script = tmpfile(), *svg = tmpfile();
	int err = script && svg ? run(script, svg) : -errno;

	if (script)
		fclose(script);
	if (svg)
		fclose(svg);
	return err ? err_say(-ENOENT,
			     "report draws with gnuplot, which does not run here (%s); "
			     "install it (Debian: gnuplot-nox)",
			     strerror(-err))
		   : 0;
}

/* gnuplot's black becomes the page's own colour; its XML head and description are left out. */
static int put_svg(FILE *svg, FILE *out)
{
	static const char *const black[] = {"rgb(  0,   0,   0)", "color=\"black\"",
					    "stroke='black'",	  "stroke=\"black\"",
					    "fill=\"black\"",	  "fill = 'black'"};
	static const char *const page[] = {"currentColor",	    "color=\"currentColor\"",
					   "stroke='currentColor'", "stroke=\"currentColor\"",
					   "fill=\"currentColor\"", "fill='currentColor'"};
	char *line = NULL;
	bool begun = false;
	size_t room = 0;

	rewind(svg);
	while (getline(&line, &room, svg) > 0) {
		const char *p = line;

		begun |= strncmp(line, "<svg", 4) == 0;
		if (!begun || !strncmp(line, "<desc>", 6) || !strncmp(line, "<title>Gnuplot", 14))
			continue;
		while (*p) {
			size_t i = 0;

			while (i < ARRAY_SIZE(black) && strncmp(p, black[i], strlen(black[i])))
				i++;
			if (i < ARRAY_SIZE(black)) {
				fputs(page[i], out);
				p += strlen(black[i]);
			} else {
				fputc(*p++, out);
			}
		}
	}
	free(line);
	return begun ? 0 : -EPROTO;
}

static int draw(FILE *script, FILE *out)
{
	FILE *svg = tmpfile();
	int err = svg ? run(script, svg) : -errno;

	if (!err)
		err = put_svg(svg, out);
	if (svg)
		fclose(svg);
	fclose(script);
	return err ? err_sys(err, "gnuplot") : 0;
}

static FILE *begin(int height)
{
	FILE *script = tmpfile();

	if (script)
		fprintf(script,
			"set terminal svg size 420,%d dynamic noenhanced font 'sans-serif,12'\n"
			"set border 3\nset tics nomirror\nset grid lc rgb '#888888' lw 0.3\n",
			height);
	return script;
}

/* In quotes, without what gnuplot gives a meaning. */
static void put_name(FILE *out, const char *name)
{
	fputc('"', out);
	for (; *name; name++)
		fputc(*name == '"' || *name == '\\' || *name == '\n' ? ' ' : *name, out);
	fputc('"', out);
}

static double share_of(uint64_t ns, const struct result *r, const struct phase_result *p)
{
	return 100.0 * (double)ns / ((double)p->duration_ns * (r->vcpus ?: 1));
}

/* One row: how much of the guest's time each part of stalls took; without probes all is one. */
static void put_bar(FILE *out, const struct plotted *all, size_t i, const struct phase_result *p)
{
	const struct result *r = all->r[i];
	const struct stall_figures *s = &p->stalls;
	uint64_t known = 0;
	char label[96];

	if (all->n > 1)
		snprintf(label, sizeof(label), "%.40s [%zu]", p->name, i + 1);
	else
		snprintf(label, sizeof(label), "%.40s", p->name);
	put_name(out, label);
	for (int part = 0; part < PARTS; part++) {
		if (part == PART_NOT_SEEN)
			continue;
		known += s->part_ns[part];
		fprintf(out, " %.3f", share_of(s->part_ns[part], r, p));
	}
	fprintf(out, " %.3f\n", share_of(s->total_ns > known ? s->total_ns - known : 0, r, p));
}

const char *plot_colour(enum attrib_part part)
{
	static const char *const colour[PARTS] = {
		[PART_INSIDE] = "#c0504d",	   [PART_RETRIED] = "#d9822b",
		[PART_COLLATERAL] = "#e2b33c",	   [PART_REFAULT] = "#b59b00",
		[PART_UPGRADE] = "#7f8c1f",	   [PART_OTHER_FAULT] = "#3b7dd8",
		[PART_MIGRATION_WAIT] = "#1aa5b8", [PART_COPY] = "#3a9d5d",
		[PART_OTHER_EXIT] = "#7c9fc4",	   [PART_PREEMPTED] = "#8e63ce",
		[PART_ASLEEP] = "#a0795b",	   [PART_INTERRUPT] = "#d56fae",
	};

	return (unsigned int)part < PARTS && colour[part] ? colour[part] : "#9a9a9a";
}

int plot_time(const struct plotted *p, FILE *out)
{
	FILE *script = begin(300);
	int column = 2;

	if (!script)
		return err_sys(-errno, "a temporary file");
	fputs("set style data histograms\nset style histogram rowstacked\nset style fill solid 0.9 "
	      "noborder\nset boxwidth 0.75\nset ylabel \"% of the guest's time\"\nset yrange "
	      "[0:100]\n"
	      "set xtics rotate by 40 right\nset key outside top center horizontal font ',10'\n"
	      "$d << EOD\n",
	      script);
	for (size_t k = 0; k < p->r[0]->nphases; k++)
		for (size_t i = 0; i < p->n; i++)
			if (k < p->r[i]->nphases && p->r[i]->phases[k].duration_ns)
				put_bar(script, p, i, &p->r[i]->phases[k]);
	fputs("EOD\nplot ", script);
	for (int part = 0; part < PARTS; part++) {
		if (part == PART_NOT_SEEN)
			continue;
		fprintf(script, "$d using %d:xtic(1) title \"%s\" lc rgb \"%s\", ", column++,
			attrib_part_names[part], plot_colour((enum attrib_part)part));
	}
	fprintf(script, "$d using %d title \"not seen\" lc rgb \"%s\"\n", column,
		plot_colour(PART_NOT_SEEN));
	return draw(script, out);
}

static const struct phase_result *phase_of(const struct result *r, const char *name)
{
	for (size_t i = 0; i < r->nphases; i++)
		if (!strcmp(r->phases[i].name, name))
			return &r->phases[i];
	return NULL;
}

/* x: 1 / (1 - percentile), so that each nine has the same room; the last bucket ends at its count.
 */
static size_t put_curve(FILE *out, const char *text)
{
	uint64_t ns, count, total = 0, so_far = 0;
	size_t n = 0;

	for (const char *p = text; p && buckets_next(&p, &ns, &count);)
		total += count;
	for (const char *p = text; p && buckets_next(&p, &ns, &count); n++) {
		fprintf(out, "%.6g %.6g\n", (double)total / (double)(total - so_far),
			(double)ns / 1e3);
		so_far += count;
		fprintf(out, "%.6g %.6g\n",
			so_far < total ? (double)total / (double)(total - so_far) : (double)total,
			(double)ns / 1e3);
	}
	return n;
}

int plot_durations(const struct plotted *p, const char *name, bool windows, FILE *out)
{
	FILE *script = begin(300);
	size_t drawn[PLOT_MOST] = {0}, any = 0;

	if (!script)
		return err_sys(-errno, "a temporary file");
	for (size_t i = 0; i < p->n; i++) {
		const struct phase_result *phase = phase_of(p->r[i], name);

		fprintf(script, "$d%zu << EOD\n", i);
		if (phase)
			drawn[i] = put_curve(script, windows ? phase->window_buckets
							     : phase->touch_buckets);
		fputs("EOD\n", script);
		any += drawn[i];
	}
	if (!any) {
		fclose(script);
		return 1;
	}
	fprintf(script,
		"set logscale xy\nset ylabel 'us'\nset format y '%%g'\nset key %s\n"
		"set xtics ('50%%%%' 2, '90%%%%' 10, '99%%%%' 100, '99.9%%%%' 1e3, '4 nines' 1e4, "
		"'5' 1e5, '6' 1e6, '7' 1e7)\nplot ",
		p->n > 1 ? "left top font ',10'" : "off");
	for (size_t i = 0; i < p->n; i++) {
		if (!drawn[i])
			continue;
		fprintf(script, "$d%zu using 1:2 with lines lw 1.6 lc rgb \"%s\" title ", i,
			colours[i]);
		put_name(script, p->name[i]);
		fputs(", ", script);
	}
	fputs("1/0 notitle\n", script);
	return draw(script, out);
}

/* Middle of each step in ms; windows/s, faults/s, those in windows, % of the guest's time in
 * stalls.
 */
static void put_series(FILE *out, size_t i, const struct result *r, const struct phase_result *p)
{
	const struct series *s = &p->series;
	uint64_t end = s->n * s->step_ns;

	fprintf(out, "$d%zu << EOD\n", i);
	for (uint32_t k = 0; k < s->n; k++) {
		uint64_t ns = s->step_ns;
		double seconds;

		if (k + 1 == s->n && end > p->duration_ns && end - p->duration_ns < ns)
			ns -= end - p->duration_ns; /* the last one ends with the phase */
		seconds = (double)ns / 1e9;
		fprintf(out, "%.6g %.6g %.6g %.6g %.6g\n",
			((double)k * (double)s->step_ns + (double)ns / 2) / 1e6,
			(double)s->sum[SERIES_WINDOWS][k] / seconds,
			(double)s->sum[SERIES_FAULTS][k] / seconds,
			(double)s->sum[SERIES_IN_WINDOWS][k] / seconds,
			100.0 * (double)s->sum[SERIES_STALLED_NS][k] /
				((double)ns * (r->vcpus ?: 1)));
	}
	fputs("EOD\n", out);
}

static void put_panel(FILE *script, const struct plotted *p, const bool *has, const char *label,
		      int column, bool names)
{
	fprintf(script, "set ylabel \"%s\"\nset key %s\nplot ", label,
		names && p->n > 1 ? "at screen 0.97,0.995 right top horizontal font ',10'" : "off");
	for (size_t i = 0; i < p->n; i++) {
		if (!has[i])
			continue;
		fprintf(script, "$d%zu using 1:%d with lines lw 1.4 lc rgb \"%s\" title ", i,
			column, colours[i]);
		put_name(script, p->name[i]);
		fputs(", ", script);
		if (column == 3) /* of these in windows */
			fprintf(script,
				"$d%zu using 1:4 with filledcurves y1=0 fs solid 0.35 noborder lc "
				"rgb \"%s\" notitle, ",
				i, colours[i]);
	}
	fputs("1/0 notitle\n", script);
}

/* A phase without a window has nothing to show here, the idle one above all. */
static bool has_windows(const struct phase_result *p)
{
	uint64_t windows = 0;

	for (uint32_t i = 0; p && i < p->series.n; i++)
		windows += p->series.sum[SERIES_WINDOWS][i];
	return windows > 0;
}

int plot_over_time(const struct plotted *p, const char *name, FILE *out)
{
	FILE *script = begin(420);
	bool has[PLOT_MOST] = {0};
	size_t any = 0;

	if (!script)
		return err_sys(-errno, "a temporary file");
	for (size_t i = 0; i < p->n; i++) {
		const struct phase_result *phase = phase_of(p->r[i], name);

		has[i] = has_windows(phase);
		any += has[i];
		if (has[i])
			put_series(script, i, p->r[i], phase);
	}
	if (!any) {
		fclose(script);
		return 1;
	}
	fputs("set multiplot layout 3,1 margins 0.18,0.97,0.14,0.94 spacing 0,0.06\n"
	      "set yrange [0:10<*]\nset xrange [0:*]\nset format y '%.0s%c'\n"
	      "set format x ''\nset ytics font ',10'\nset ylabel offset 0.5,0\n",
	      script);
	put_panel(script, p, has, "windows/s", 2, true);
	put_panel(script, p, has, "faults/s", 3, false);
	fputs("set format x '%g'\nset format y '%g'\nset xlabel 'ms'\n", script);
	put_panel(script, p, has, "% stalled", 5, false);
	fputs("unset multiplot\n", script);
	return draw(script, out);
}
