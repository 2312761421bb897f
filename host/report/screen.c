/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * screen.c - the result on one screen: what was judged, one line per phase, what was lost, and what
 * to do next. Everything else is in the tables (text.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "result/names.h"
#include "cells.h"
#include "report.h"
#include "screen.h"

#define WORDS SCREEN_WORDS

/* Of those planned, whether they were begun or not. */
const char *screen_phase(const struct result *r, size_t i)
{
	return i < r->nphases ? r->phases[i].name : r->planned[i];
}

size_t screen_phases(const struct result *r)
{
	return r->nplanned > r->nphases ? r->nplanned : r->nphases;
}

static bool is_control(const char *name)
{
	return !strcmp(name, "idle") || !strcmp(name, "null");
}

static size_t count_sources(const struct result *r, size_t *exercised)
{
	size_t n = 0;

	*exercised = 0;
	for (size_t i = 0; i < screen_phases(r); i++) {
		if (is_control(screen_phase(r, i)))
			continue;
		n++;
		*exercised += i < r->nphases && r->phases[i].done && r->phases[i].exercised;
	}
	return n;
}

static void add_words(char *line, size_t size, const char *fmt, ...) printf_like(3, 4);
static void add_words(char *line, size_t size, const char *fmt, ...)
{
	size_t at = strlen(line);
	va_list ap;

	if (at)
		at += (size_t)snprintf(line + at, size - at, ", ");
	va_start(ap, fmt);
	if (at < size)
		vsnprintf(line + at, size - at, fmt, ap);
	va_end(ap);
}

/* How the limits stand: each expression counts once, however many phases it was judged in. */
static void say_limits(const struct result *r, char *line, size_t size)
{
	bool limits = r->nfail_if || r->nlimits;

	if (!limits && !r->against.kernel)
		add_words(line, size, "no limit set");
	else if (r->nfail_if == 1)
		add_words(line, size, "1 limit kept");
	else if (limits)
		add_words(line, size, "%zu limits kept", r->nfail_if);
	if (r->against.kernel)
		add_words(line, size, "none of %" PRIu64 " figures worse than Debian's %s",
			  r->against.figures, r->against.kernel);
	if (r->baseline.nearer)
		add_words(line, size, "nearer to the %s baseline", r->baseline.nearer);
}

/* What a pass means: nobody reads more into it than was judged. */
static void say_pass(const struct result *r, char *text, size_t size)
{
	char line[256] = "", words[CELL];
	size_t exercised, n = count_sources(r, &exercised);
	uint64_t checked = 0;

	for (size_t i = 0; i < r->nphases; i++)
		checked += r->phases[i].integrity.checked;
	say_limits(r, line, sizeof(line));
	add_words(line, sizeof(line), "data intact (%s words compared)",
		  cell_count(words, checked));
	if (n)
		add_words(line, sizeof(line), "%zu of %zu phases exercised", exercised, n);
	snprintf(text, size, "PASS: %s", line);
}

char *screen_verdict(const struct result *r)
{
	const struct verdict *v = &r->verdict;
	const char *word = v->code == VERDICT_FAIL	     ? "FAIL"
			   : v->code == VERDICT_CANNOT_JUDGE ? "CANNOT JUDGE"
							     : "ERROR";
	char pass[300];

	if (v->code == VERDICT_PASS) {
		say_pass(r, pass, sizeof(pass));
		return str_format("%s", pass);
	}
	return str_format("%s%s%s", word, v->nreasons ? ": " : "",
			  v->nreasons ? v->reasons[0] : "");
}

int print_judged(FILE *out, const struct result *r)
{
	const struct verdict *v = &r->verdict;
	auto_free char *first = screen_verdict(r);
	int err = first ? 0 : -ENOMEM;

	if (first)
		print_wrapped(out, INDENT, first);
	for (size_t i = v->code != VERDICT_PASS; i < v->nreasons && !err; i++)
		err = field(out, "", "%s", v->reasons[i]);
	return err ?: print_complaints(out, r);
}

static int print_where(FILE *out, const struct result *r)
{
	bool lab = r->place && !strcmp(r->place, "lab");
	int err = 0;

	if (r->kernel)
		err = field(out, "kernel", "%s", r->kernel);
	if (!err)
		err = field(out, "place", "%s, %s%s%s", r->place ?: "?", r->accel ?: "?",
			    r->deterministic ? ", deterministic" : "",
			    !lab	       ? ""
			    : r->deterministic ? "; virtual time: compares kernels, is not to be "
						 "quoted"
					       : "; emulated or nested: compares kernels, is not "
						 "to be quoted");
	if (!err && !r->qemu_cured)
		err = field(out, "",
			    "this QEMU may deliver an interrupt twice, and the guest may hang or "
			    "crash for no fault of the kernel (docs/determinism.md)");
	if (!err && r->command)
		err = field(out, "command", "%s (seed %" PRIu64 ")", r->command, r->seed);
	if (!err && r->probes.backend && !strcmp(r->probes.backend, "counters"))
		err = print_counters(out, &r->probes);
	return err ?: print_meddling(out, &r->probes);
}

/* The guest's time is that of all its vCPUs. */
static double lost_share(const struct result *r, const struct phase_result *p)
{
	double all = (double)p->duration_ns * (r->vcpus ?: 1);

	return all > 0 ? (double)p->stalls.total_ns / all : 0;
}

static const char *say_share(char *cell, double share)
{
	double percent = 100 * share;

	snprintf(cell, CELL, "%.*f%%", percent && percent < 9.95 ? 1 : 0, percent);
	return cell;
}

/* The one of @of with the most time; NULL: there is none. */
static const char *most_of(const struct metrics *of)
{
	const struct metric *most = NULL;

	for (size_t i = 0; i < of->n; i++)
		if (!most || of->v[i].value > most->value)
			most = &of->v[i];
	return most && most->value ? most->name : NULL;
}

/* In words, and by whom where that is known: "preempted by ksmd". */
static void name_part(char *text, size_t size, const struct stall_figures *s, int part)
{
	static const char *const words[PARTS] = {
		[PART_INSIDE] = "faults inside a window",
		[PART_RETRIED] = "faults sent back by KVM",
		[PART_COLLATERAL] = "faults beside a window",
		[PART_REFAULT] = "refaults of zapped pages",
		[PART_OTHER_FAULT] = "other faults",
		[PART_MIGRATION_WAIT] = "waiting for a migration",
		[PART_COPY] = "copies of shared pages",
		[PART_OTHER_EXIT] = "other exits",
		[PART_PREEMPTED] = "preempted",
		[PART_ASLEEP] = "vCPU asleep",
		[PART_INTERRUPT] = "the guest's interrupts",
		[PART_NOT_SEEN] = "not seen",
	};
	const char *by = part == PART_PREEMPTED	   ? most_of(&s->preempted_by)
			 : part == PART_OTHER_EXIT ? most_of(&s->exits)
						   : NULL;

	if (by && part == PART_PREEMPTED)
		snprintf(text, size, "preempted by %.18s", by);
	else if (by)
		snprintf(text, size, "exits: %.20s", by);
	else
		snprintf(text, size, "%s", words[part]);
}

/* What most of the stalled time went to, and its share of that time. */
static const char *say_cause(char *text, const struct stall_figures *s)
{
	char share[CELL], name[32];
	uint64_t all = 0;
	int most = 0;

	for (int i = 0; i < PARTS; i++) {
		all += s->part_ns[i];
		if (s->part_ns[i] > s->part_ns[most])
			most = i;
	}
	if (!s->causes_known || !all) {
		snprintf(text, WORDS, "%s", s->count && !s->causes_known ? "no probes" : "-");
		return text;
	}
	name_part(name, sizeof(name), s, most);
	snprintf(text, WORDS + CELL, "%s %s", name,
		 say_share(share, (double)s->part_ns[most] / (double)all));
	return text;
}

static const char *say_windows(char *text, const struct window_figures *w)
{
	char count[CELL], by[WINDOW_BY];

	if (!w->known)
		return "not seen";
	if (!w->count)
		return "none";
	snprintf(text, WORDS + CELL, "%s by %s", cell_count(count, w->count), say_by(by, w));
	return text;
}

bool screen_row(const struct result *r, size_t i, struct screen_row *row)
{
	const struct phase_result *p = i < r->nphases ? &r->phases[i] : NULL;
	char cell[CELL], text[WORDS + CELL];

	*row = (struct screen_row){0};
	if (!p || !result_has_figures(p)) {
		snprintf(row->lost, sizeof(row->lost), "%s", p ? "broke off" : "not run");
		return false;
	}
	say_share(row->lost, lost_share(r, p));
	snprintf(row->longest, sizeof(row->longest), "%s",
		 cell_some(cell, p->stalls.count, p->touch.max_ns));
	say_cause(row->cause, &p->stalls);
	snprintf(row->windows, sizeof(row->windows), "%s", say_windows(text, &p->windows));
	return true;
}

static int name_width(const struct result *r)
{
	size_t width = 14;

	for (size_t i = 0; i < screen_phases(r); i++)
		if (strlen(screen_phase(r, i)) > width)
			width = strlen(screen_phase(r, i));
	return (int)width;
}

/* A phase that gave no figures gets a word, not zeros. */
static void print_phases(FILE *out, const struct result *r)
{
	int width = name_width(r);
	char threshold[CELL];

	fprintf(out, "\n%-*s %7s %9s  %-28s %s\n", width, "phase", "lost", "longest", "most of it",
		"windows");
	for (size_t i = 0; i < screen_phases(r); i++) {
		struct screen_row row;

		if (screen_row(r, i, &row))
			fprintf(out, "%-*s %7s %9s  %-28s %s\n", width, screen_phase(r, i),
				row.lost, row.longest, row.cause, row.windows);
		else
			fprintf(out, "%-*s %7s\n", width, screen_phase(r, i), row.lost);
	}
	fprintf(out, "%*s lost: the guest's time in touches of %s or more, a stall\n", width, "",
		cell_ns(threshold, r->nphases ? r->phases[0].stalls.threshold_ns : 0));
}

static const struct phase_result *worst(const struct result *r)
{
	const struct phase_result *most = NULL;

	for (size_t i = 0; i < r->nphases; i++) {
		const struct phase_result *p = &r->phases[i];

		if (is_control(p->name) || !result_has_figures(p) || !p->touch.count)
			continue;
		if (!most || lost_share(r, p) > lost_share(r, most))
			most = p;
	}
	return most;
}

#define WORST_MOST 330 /* three lines of it */

/* The longest stall of all, told; the tables have that of each phase. */
static int print_worst_of_all(FILE *out, const struct result *r)
{
	const struct worst_stall *most = NULL;
	const char *phase = NULL;
	char text[1024], ns[CELL];

	for (size_t i = 0; i < r->nphases; i++) {
		const struct worst_stalls *w = &r->phases[i].stalls.worst;

		if (!w->n || is_control(r->phases[i].name) || (most && w->stall[0].ns <= most->ns))
			continue;
		most = &w->stall[0];
		phase = r->phases[i].name;
	}
	if (!most)
		return 0;
	say_worst(text, sizeof(text), most);
	if (strlen(text) > WORST_MOST) {
		size_t cut = WORST_MOST;

		while (cut > 0 && text[cut] != ';')
			cut--;
		snprintf(text + cut, sizeof(text) - cut, "; and more (--tables)");
	}
	return field(out, "worst", "%s, %s %s", phase, cell_ns(ns, most->ns), text);
}

/* A limit that this run would just have kept: something to start from. */
static int print_limit_hint(FILE *out, const struct result *r)
{
	const struct phase_result *p = worst(r);
	char longest[CELL];

	if (!p)
		return 0;
	return field(out, "", "set a limit, e.g. --fail-if '%s.touch.max > %s'", p->name,
		     cell_ns(longest, p->touch.max_ns));
}

static bool has_unexercised(const struct result *r)
{
	for (size_t i = 0; i < r->nphases; i++)
		if (r->phases[i].done && !r->phases[i].exercised)
			return true;
	return false;
}

/* What a user who has read the above can do with it. */
static int print_next(FILE *out, const struct result *r, const char *kept)
{
	bool any = r->nphases > 0;
	int err = 0;

	fputc('\n', out);
	if (any)
		err = field(out, "next", "all tables: host-stress show --tables %s",
			    kept ?: "RESULT");
	if (!err && has_unexercised(r))
		err = field(out, any ? "" : "next",
			    "give the sources more time: a longer --phase-time and --proof-timeout "
			    "(docs/sources.md)");
	if (!err && r->verdict.code == VERDICT_PASS && !r->nfail_if)
		err = print_limit_hint(out, r);
	if (!err && any && r->verdict.code != VERDICT_ERROR)
		err = field(out, "", "another kernel: %s, then host-stress compare %s OTHER",
			    r->place && !strcmp(r->place, "host") ? "boot it and run the same"
								  : "the same with --kernel",
			    kept ?: "RESULT");
	if (!err && !any && r->end == RUN_KERNEL_DIED)
		err = field(out, "next", "the console above, or all of it: --console FILE");
	return err;
}

int report_screen(const struct result *r, const char *kept, FILE *out)
{
	int err;

	errno = 0;
	err = print_judged(out, r);
	if (!err)
		err = print_where(out, r);
	if (!err && r->nphases)
		print_phases(out, r);
	if (!err)
		err = print_worst_of_all(out, r);
	if (!err)
		err = print_limits(out, r);
	if (!err)
		err = print_baseline(out, &r->baseline);
	if (!err && r->nphases)
		err = print_losses(out, r);
	if (!err)
		err = print_next(out, r, kept);
	return err ?: out_end(out);
}
