// SPDX-License-Identifier: GPL-2.0-only
/* told.c - see told.h. */
#include <stdlib.h>
#include <string.h>

#include "told.h"

#define SOURCES 64 /* that are told apart; what finds no room is in the rest */

/* What a piece belongs to; @key is what tells apart moments of one part. */
struct source {
	const struct moment *moment;
	enum attrib_part part;
	uint64_t key, at, until, ns, count;
};

struct telling {
	struct source source[SOURCES];
	uint32_t n;
	uint64_t begin, rest_ns;
};

static bool is_of_fault(enum attrib_part part)
{
	return part <= PART_COPY;
}

static uint64_t key_of(const struct stall_piece *p)
{
	if (!p->moment)
		return 0;
	return is_of_fault(p->part) ? (uint64_t)p->moment->page << 32 | p->moment->what
				    : p->moment->what;
}

static void tell_piece(void *arg, const struct stall_piece *p)
{
	struct telling *t = arg;
	uint64_t key = key_of(p);
	uint32_t i = 0;

	while (i < t->n && (t->source[i].part != p->part || t->source[i].key != key))
		i++;
	if (i == SOURCES) {
		t->rest_ns += p->end - p->begin;
		return;
	}
	if (i == t->n)
		t->source[t->n++] = (struct source){
			.moment = p->moment,
			.part = p->part,
			.key = key,
			.at = p->begin - t->begin,
		};
	t->source[i].until = p->end - t->begin;
	t->source[i].ns += p->end - p->begin;
	t->source[i].count++;
}

static int longest_first(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return x->at < y->at ? -1 : 1;
}

static int earliest_first(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static void fill_window(struct told_piece *to, const struct moment *m, const struct windows *ws)
{
	const struct window *w = m->what ? windows_by_serial(ws, m->what) : NULL;

	to->window = true;
	to->reason = m->reason;
	to->thread = m->thread;
	if (!w)
		return;
	to->known = true;
	to->tid = w->tid;
	to->t0 = w->t0;
	to->t1 = w->t1;
	to->t2 = w->t2;
	to->stack = w->stack;
}

static void fill_piece(struct told_piece *to, const struct source *s, const struct windows *ws,
		       const struct guest_ram *ram)
{
	*to = (struct told_piece){
		.at_ns = s->at,
		.until_ns = s->until,
		.ns = s->ns,
		.count = s->count,
		.part = s->part,
	};
	if (!s->moment)
		return;
	if (!is_of_fault(s->part)) {
		to->what = s->moment->what;
		return;
	}
	to->page = s->moment->page != PAGE_NONE;
	if (to->page)
		to->gpa = page_gpa(ram, s->moment->page);
	if (s->moment->window)
		fill_window(to, s->moment, ws);
}

/* The place for a stall of @ns among the longest, the others moved down; NULL: it is none. */
static struct told_stall *place_for(struct told *t, uint64_t ns)
{
	uint32_t at = t->n;

	while (at > 0 && t->stall[at - 1].ns < ns)
		at--;
	if (at == TOLD_STALLS)
		return NULL;
	if (t->n < TOLD_STALLS)
		t->n++;
	memmove(&t->stall[at + 1], &t->stall[at], (t->n - 1 - at) * sizeof(t->stall[0]));
	return &t->stall[at];
}

void told_take(struct told *t, const struct history *h, uint64_t done_ns, const struct windows *ws,
	       const struct guest_ram *ram, const struct attrib_stall *s, enum attrib_cause cause)
{
	struct telling telling = {.begin = s->begin_ns};
	uint64_t ns = s->end_ns > s->begin_ns ? s->end_ns - s->begin_ns : 0;
	struct told_stall *to = place_for(t, ns);

	if (!to)
		return;
	stall_divide(h, done_ns, s, tell_piece, &telling);
	*to = (struct told_stall){.begin_ns = s->begin_ns,
				  .ns = ns,
				  .vcpu = s->vcpu,
				  .cause = cause,
				  .rest_ns = telling.rest_ns};
	qsort(telling.source, telling.n, sizeof(telling.source[0]), longest_first);
	to->n = telling.n < TOLD_PIECES ? telling.n : TOLD_PIECES;
	for (uint32_t i = to->n; i < telling.n; i++)
		to->rest_ns += telling.source[i].ns;
	qsort(telling.source, to->n, sizeof(telling.source[0]), earliest_first);
	for (uint32_t i = 0; i < to->n; i++)
		fill_piece(&to->piece[i], &telling.source[i], ws, ram);
}
