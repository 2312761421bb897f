// SPDX-License-Identifier: GPL-2.0-only
/* chain.c - see chain.h. */
#include "chain.h"
#include "span.h"
#include "sums.h"

void chains_begin(struct chains *c)
{
	c->now.n = 0;
	c->best = (struct chain){.page = PAGE_NONE};
}

static void end_chain(struct chains *c)
{
	if (c->now.n > c->best.n)
		c->best = c->now;
	c->now = (struct chain){.page = PAGE_NONE};
}

void chains_fault(struct chains *c, const struct moment *m)
{
	if (!m->sent_back || m->page != c->now.page)
		end_chain(c);
	if (!m->sent_back || m->page == PAGE_NONE)
		return;
	if (c->now.page == PAGE_NONE)
		c->now = (struct chain){.begin = m->begin, .page = m->page};
	c->now.n += m->class == CLASS_OTHER;
	c->now.end = m->end;
}

static void take_back(struct chain *c, const struct moment *m)
{
	if (c->n && c->page == m->page && m->begin >= c->begin && m->end <= c->end)
		c->n--;
}

void chains_explain(struct chains *c, const struct moment *m)
{
	take_back(&c->now, m);
	take_back(&c->best, m);
}

void chains_doubt(struct chains *c, uint64_t t0)
{
	if (c->now.end >= t0)
		c->now.n = 0;
	if (c->best.end >= t0)
		c->best.n = 0;
}

uint64_t chains_most(const struct chains *c)
{
	return c->now.n > c->best.n ? c->now.n : c->best.n;
}
