// SPDX-License-Identifier: GPL-2.0-only
/* stalls.c - the text report's tables of stalls: their causes, and what their time went to. */
#include <stdlib.h>
#include <string.h>

#include "result/names.h"
#include "cells.h"

#define BY 64 /* room for "khugepaged/protection_page 1.79M" */
#define PARTS_INDENT 30
#define STACK_SHOWN 4 /* functions; the JSON has all */

/* "ksmd/clear 57": the window that most stalls had behind them. */
static const char *say_window(char *text, const struct stall_figures *s)
{
	uint64_t most = 0;

	snprintf(text, BY, "-");
	for (int event = 0; event < REASONS; event++)
		for (int thread = 0; thread < THREADS; thread++) {
			char count[CELL];

			if (s->by_window[event][thread] <= most)
				continue;
			most = s->by_window[event][thread];
			snprintf(text, BY, "%s/%s %s", probe_thread_names[thread],
				 probe_reason_names[event], cell_short(count, true, most));
		}
	return text;
}

static int width(const char *head)
{
	return strlen(head) > 6 ? (int)strlen(head) : 6;
}

void print_causes(FILE *out, const struct result *r)
{
	static const char *const heads[CAUSES] = {
		[CAUSE_INSIDE] = "inside",	     [CAUSE_RETRIED] = "retried",
		[CAUSE_REFAULT] = "refault",	     [CAUSE_COW] = "cow",
		[CAUSE_MIGRATION_WAIT] = "mig.wait", [CAUSE_OTHER_FAULT] = "other",
		[CAUSE_OTHER_EXIT] = "exit",	     [CAUSE_INTERRUPT] = "irq",
		[CAUSE_NOT_RUNNING] = "off-CPU",     [CAUSE_UNKNOWN] = "unknown",
	};
	bool known = false;
	char text[BY];

	for (size_t i = 0; i < r->nphases; i++)
		known |= r->phases[i].stalls.causes_known;
	if (!known)
		return;
	fprintf(out, "\n%-18s", "stalls by cause");
	for (int i = 0; i < CAUSES; i++)
		fprintf(out, " %*s", width(heads[i]), heads[i]);
	fprintf(out, "  behind most\n");
	for (size_t i = 0; i < r->nphases; i++) {
		const struct stall_figures *s = &r->phases[i].stalls;

		fprintf(out, "%-18.18s", r->phases[i].name);
		for (int k = 0; k < CAUSES; k++)
			fprintf(out, " %*s", width(heads[k]),
				cell_short(text, s->causes_known, s->by_cause[k].count));
		fprintf(out, "  %s\n", say_window(text, s));
	}
}

/* One share of the stalled time; those named below it have it for their whole. */
struct share {
	const char *name;
	uint64_t ns;
	const struct metrics *of; /* NULL: not divided further */
};

static int longer_first(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* "93.1%" of @all, "<0.01%" for what would show as nothing. */
static const char *say_share(char *cell, uint64_t ns, uint64_t all)
{
	double share = (double)ns / (double)all;

	if (share >= 0.00005)
		return cell_percent(cell, share);
	return "<0.01%";
}

/* The larger of @of, those of at least a hundredth of @all: " (ksmd 88.0%, agent 5.1%)". */
static size_t say_inner(char *text, size_t size, const struct metrics *of, uint64_t all)
{
	struct share *s = calloc(of->n + 1, sizeof(*s));
	const char *before = " (";
	size_t at = 0, i;
	char cell[CELL];

	for (i = 0; s && i < of->n; i++)
		s[i] = (struct share){of->v[i].name, of->v[i].value, NULL};
	if (s)
		qsort(s, of->n, sizeof(*s), longer_first);
	for (i = 0; s && i < of->n && i < 4 && s[i].ns >= all / 100 && at < size; i++) {
		at += (size_t)snprintf(text + at, size - at, "%s%s %s", before, s[i].name,
				       say_share(cell, s[i].ns, all));
		before = ", ";
	}
	free(s);
	if (at && at < size)
		at += (size_t)snprintf(text + at, size - at, ")");
	return at < size ? at : size - 1;
}

static void say_parts(char *text, size_t size, const struct stall_figures *f, uint64_t all)
{
	struct share s[PARTS];
	size_t at = 0;
	char cell[CELL];

	for (int i = 0; i < PARTS; i++)
		s[i] = (struct share){attrib_part_names[i], f->part_ns[i], NULL};
	s[PART_PREEMPTED].of = &f->preempted_by;
	s[PART_OTHER_EXIT].of = &f->exits;
	qsort(s, PARTS, sizeof(*s), longer_first);
	snprintf(text, size, "-");
	for (int i = 0; i < PARTS && s[i].ns && at + 1 < size; i++) {
		at += (size_t)snprintf(text + at, size - at, "%s%s %s", at ? ", " : "", s[i].name,
				       say_share(cell, s[i].ns, all));
		if (s[i].of && at < size)
			at += say_inner(text + at, size - at, s[i].of, all);
	}
}

/* Each nanosecond of a stall is in one part: they add up to all of it. */
void print_parts(FILE *out, const struct result *r)
{
	bool head = true;

	for (size_t i = 0; i < r->nphases; i++) {
		const struct stall_figures *f = &r->phases[i].stalls;
		char text[1024], cell[CELL];
		uint64_t all = 0;

		for (int k = 0; k < PARTS; k++)
			all += f->part_ns[k];
		if (!f->causes_known)
			continue;
		if (head)
			fprintf(out, "\n%-20s %7s  %s\n", "stalled time", "all", "spent in");
		head = false;
		say_parts(text, sizeof(text), f, all ?: 1);
		fprintf(out, "%-20.20s %7s  ", r->phases[i].name, cell_ns(cell, all));
		print_wrapped(out, PARTS_INDENT, text);
	}
}

/* Of "notifier < a < b < c < d < ...": "a < b < c", which says what it was about; to be freed. */
static char *short_stack(const char *stack)
{
	const char *from = strstr(stack, " < "), *to;

	from = from ? from + 3 : stack;
	to = from;
	for (int i = 0; i < STACK_SHOWN && to; i++)
		to = strstr(to + (i > 0), " < ");
	return strndup(from, to ? (size_t)(to - from) : strlen(from));
}

/* "inside 2.95ms (ksmd/clear, 3.02ms long)" */
static size_t say_piece(char *text, size_t size, const struct worst_piece *p)
{
	const struct worst_window *w = &p->behind;
	auto_free char *stack = NULL;
	char ns[CELL], count[CELL];
	size_t at;

	at = (size_t)snprintf(text, size, "%s%s%s %s", attrib_part_names[p->part], p->by ? " " : "",
			      p->by ?: "", cell_ns(ns, p->ns));
	if (p->count > 1 && at < size)
		at += (size_t)snprintf(text + at, size - at, " in %s", cell_count(count, p->count));
	if (p->window && at < size)
		at += (size_t)snprintf(text + at, size - at, " (%s/%s",
				       probe_thread_name(w->thread), probe_reason_name(w->event));
	if (p->window && w->known && w->ended && at < size)
		at += (size_t)snprintf(text + at, size - at, ", %s long",
				       cell_ns(ns, (uint64_t)(w->end_ns - w->start_ns)));
	stack = p->window && w->stack ? short_stack(w->stack) : NULL;
	if (stack && at < size)
		at += (size_t)snprintf(text + at, size - at, ", in %s", stack);
	if (p->window && at < size)
		at += (size_t)snprintf(text + at, size - at, ")");
	return at < size ? at : size - 1;
}

static bool is_worth_telling(const struct worst_piece *p, const struct worst_stall *s)
{
	return p->ns >= s->ns / 50;
}

void say_worst(char *text, size_t size, const struct worst_stall *s)
{
	char cell[CELL];
	size_t at = (size_t)snprintf(text, size, "at %s%s, vCPU %u: ", s->at_ns < 0 ? "-" : "",
				     cell_ns(cell, (uint64_t)(s->at_ns < 0 ? -s->at_ns : s->at_ns)),
				     s->vcpu);
	bool first = true;

	for (size_t i = 0; i < s->npieces && at + 1 < size; i++) {
		if (!is_worth_telling(&s->piece[i], s))
			continue;
		if (!first)
			at += (size_t)snprintf(text + at, size - at, "; ");
		first = false;
		if (at < size)
			at += say_piece(text + at, size - at, &s->piece[i]);
	}
}

/* The longest of each phase; the JSON has more of them, and all of their pieces. */
void print_worst(FILE *out, const struct result *r)
{
	bool head = true;

	for (size_t i = 0; i < r->nphases; i++) {
		const struct worst_stalls *w = &r->phases[i].stalls.worst;
		char text[1024], cell[CELL];

		if (!w->n)
			continue;
		if (head)
			fprintf(out, "\n%-20s %7s  %s\n", "worst stall", "took",
				"what it went through");
		head = false;
		say_worst(text, sizeof(text), &w->stall[0]);
		fprintf(out, "%-20.20s %7s  ", r->phases[i].name, cell_ns(cell, w->stall[0].ns));
		print_wrapped(out, PARTS_INDENT, text);
	}
}
