/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * windows.c - the text report's tables of what the probes have seen: windows, and what became of
 * the pages they zapped (text.c).
 */
#include <string.h>

#include "result/names.h"
#include "cells.h"

#define BY WINDOW_BY

static int most_of(const uint64_t *v, int n)
{
	int most = 0;

	for (int i = 1; i < n; i++)
		if (v[i] > v[most])
			most = i;
	return most;
}

/* "ksmd", or "ksmd 98%" when it was not all of them. */
static int say_most(char *text, size_t size, const char *const *names, const uint64_t *v, int n,
		    uint64_t all)
{
	int most = most_of(v, n);

	if (v[most] >= all)
		return snprintf(text, size, "%s", names[most]);
	return snprintf(text, size, "%s %u%%", names[most], (unsigned int)(100 * v[most] / all));
}

const char *say_by(char *text, const struct window_figures *w)
{
	int len;

	if (!w->known || !w->count)
		return "-";
	len = say_most(text, BY, probe_thread_names, w->by_thread, THREADS, w->count);
	text[len] = '/';
	say_most(text + len + 1, BY - (size_t)len - 1, probe_reason_names, w->by_event, REASONS,
		 w->count);
	return text;
}

static void print_windows_of(FILE *out, const struct phase_result *p)
{
	const struct window_figures *w = &p->windows;
	bool any = w->known && w->count;
	char c[8][CELL], by[BY];

	fprintf(out, "%-20.20s %8s %7s %7s %7s %7s %7s %7s %7s  %s\n", p->name,
		cell_short(c[0], w->known, w->count), cell_some(c[1], any, w->start.p50_ns),
		cell_some(c[2], any, w->start.p99_ns), cell_some(c[3], any, w->empty.p50_ns),
		cell_some(c[4], any, w->empty.p99_ns), cell_some(c[5], any, w->empty.max_ns),
		cell_some(c[6], any, w->total.p99_ns),
		cell_short(c[7], w->preempted_known, w->preempted), say_by(by, w));
}

void print_windows(FILE *out, const struct result *r)
{
	bool known = false;

	for (size_t i = 0; i < r->nphases; i++)
		known |= r->phases[i].windows.known;
	if (!known)
		return;
	fprintf(out, "\n%-20s %8s %7s %7s %7s %7s %7s %7s %7s  %s\n", "windows", "count", "start50",
		"start99", "empty50", "empty99", "max", "total99", "preempt", "thread/event");
	for (size_t i = 0; i < r->nphases; i++)
		print_windows_of(out, &r->phases[i]);
}

static void print_transition(FILE *out, const char *phase, const char *name,
			     const struct transition_figures *t)
{
	char c[8][CELL];

	fprintf(out, "%-20.20s %-13s %8s %9s %9s %8s %9s %9s %10s %6s\n", phase, name,
		cell_short(c[0], true, t->windows), cell_count(c[1], t->zapped),
		cell_count(c[2], t->refaults), cell_short(c[3], true, t->touched),
		cell_count(c[4], t->untouched), cell_count(c[5], t->undecided),
		cell_count(c[6], t->neighbours), cell_ratio(c[7], transition_refault_ratio(t)));
}

#define NUMBER(number, name) number,

/* Only where pages were zapped; the phase's name stands before its first. */
static bool print_transitions_of(FILE *out, const struct phase_result *p, bool head)
{
	static const enum probe_transition order[] = {TRANSITION_NAMES(NUMBER)};
	const char *phase = p->name;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (!p->transitions[order[i]].known || !p->transitions[order[i]].zapped)
			continue;
		if (head)
			fprintf(out, "\n%-20s %-13s %8s %9s %9s %8s %9s %9s %10s %6s\n",
				"zapped pages", "by", "windows", "zapped", "refaults", "touched",
				"untouched", "undecided", "neighbours", "ratio");
		head = false;
		print_transition(out, phase, probe_transition_names[order[i]],
				 &p->transitions[order[i]]);
		phase = "";
	}
	return head;
}

void print_transitions(FILE *out, const struct result *r)
{
	bool head = true;

	for (size_t i = 0; i < r->nphases; i++)
		head = print_transitions_of(out, &r->phases[i], head);
}
