// SPDX-License-Identifier: GPL-2.0-only
/*
 * page.c - which pages of guest RAM are zapped, by which window, and what became of them.
 *
 * A window costs 21 instructions per page at its START and 12 at its END (callgrind over
 * tests/bench/attrib.c): nothing for the one page of KSM or migration, 1.6 million for one over the
 * 192 MiB of a small guest (soft-dirty), where the kernel has walked as many page table entries.
 */
#include <errno.h>
#include <stdlib.h>

#include "page.h"

#define MAPPING_MOST (1ull << 30) /* KVM has no larger ones */

int pages_open(struct pages *ps, const struct guest_ram *ram)
{
	ps->n = (ram[0].bytes + ram[1].bytes) / PAGE_BYTES;
	ps->page = calloc(ps->n, sizeof(*ps->page));
	for (int i = 0; i < 2; i++)
		ps->ram[i] = ram[i];
	ps->sum = ps->waste;
	return ps->page ? 0 : -ENOMEM;
}

void pages_close(struct pages *ps)
{
	free(ps->page);
	free(ps->left);
}

/*
 * The split of a huge page has taken the mappings of all of its pages away. When KSM then merges
 * one that has not been mapped again there is none left to zap: the fault that comes is the
 * split's, and comes also where KVM keeps mappings through a merge (change_pte). A page that may
 * have been mapped since stays one that may have been: what the guest touched between the split
 * and the merge, without another fault, it touched through that mapping.
 */
static bool stays_splits(const struct page *p, enum probe_transition by)
{
	return p->state & PAGE_ZAPPED && p->transition == TRANSITION_SPLIT &&
	       (by == TRANSITION_WRITE_PROTECT || by == TRANSITION_REPLACE);
}

static void zap(struct pages *ps, struct page *p, const struct page *zapped)
{
	const uint8_t since = p->state & PAGE_SINCE;

	if (stays_splits(p, zapped->transition))
		return;
	if (p->state & PAGE_COUNTS)
		ps->sum[p->transition].zapped--;
	ps->sum[zapped->transition].zapped++;
	*p = *zapped;
	p->state |= since;
}

void pages_zap(struct pages *ps, const struct window *w)
{
	const struct page zapped = {
		.when = w->t1,
		.window = w->serial,
		.state = PAGE_ZAPPED | PAGE_OPEN | (ps->sum != ps->waste ? PAGE_COUNTS : 0),
		.transition = w->transition,
		.reason = w->reason,
		.thread = w->thread,
	};

	for (int i = 0; i < 2; i++)
		for (uint32_t n = 0; n < w->span.pages[i]; n++)
			zap(ps, &ps->page[w->span.first[i] + n], &zapped);
}

void pages_window_ended(struct pages *ps, const struct window *w)
{
	for (int i = 0; i < 2; i++) {
		struct page *p = &ps->page[w->span.first[i]];

		for (uint32_t n = w->span.pages[i]; n > 0; n--, p++) {
			if (p->window != w->serial || !(p->state & PAGE_OPEN))
				continue;
			p->when = w->t2;
			p->state &= ~PAGE_OPEN;
		}
	}
}

/* Mapped anew: by a read, what had been taken away may be there for reading only. */
static void set_mapped(struct page *p, bool write)
{
	const uint8_t since = p->state & PAGE_SINCE;

	p->state = since | (!write && p->state & (PAGE_ZAPPED | PAGE_READ) ? PAGE_READ : 0);
	p->own = 0;
}

static void note_since(const struct pages *ps, struct page *p)
{
	if (ps->sum == ps->waste)
		p->state |= PAGE_SINCE;
}

/*
 * Had the fault mapped the page before its last zap, the page's next fault will be the refault; had
 * it done so after the zap, there will be none until the next window. Which, shows later.
 */
static bool is_maybe(const struct pages *ps, const struct mapping *m, uint32_t page)
{
	return ps->page[page].state & PAGE_ZAPPED &&
	       windows_zapped_since(m->windows, page, m->begin);
}

static void map_beside(struct pages *ps, const struct mapping *m, uint32_t page)
{
	struct page *p = &ps->page[page];

	note_since(ps, p);
	if (is_maybe(ps, m, page)) {
		p->state |= p->state & PAGE_MAYBE ? 0 : PAGE_MAYBE | PAGE_BESIDE;
		return;
	}
	if (p->state & PAGE_COUNTS)
		ps->sum[p->transition].neighbours++;
	set_mapped(p, m->write);
}

static void map_neighbours(struct pages *ps, const struct mapping *m)
{
	struct span span = span_clip_gpa(ps->ram, m->gpa - m->gpa % m->bytes, m->bytes);

	for (int i = 0; i < 2; i++)
		for (uint32_t n = 0; n < span.pages[i]; n++)
			if (span.first[i] + n != m->page)
				map_beside(ps, m, span.first[i] + n);
}

enum attrib_class pages_class(const struct pages *ps, uint32_t page, bool write,
			      const struct page **behind)
{
	const struct page *p = &ps->page[page];

	*behind = p;
	if (p->state & PAGE_ZAPPED)
		return CLASS_REFAULT;
	if (write && p->state & PAGE_READ)
		return CLASS_UPGRADE;
	*behind = NULL;
	return CLASS_OTHER;
}

void pages_own_zap(struct pages *ps, enum probe_own kind, uint64_t gpa, uint64_t bytes)
{
	struct span span = span_clip_gpa(ps->ram, gpa, bytes);

	for (int i = 0; i < 2; i++)
		for (uint32_t n = 0; n < span.pages[i]; n++) {
			struct page *p = &ps->page[span.first[i] + n];

			if (!(p->state & PAGE_ZAPPED))
				p->own = (uint8_t)(kind + 1) & 0xf;
		}
}

uint8_t pages_own(const struct pages *ps, uint32_t page)
{
	return ps->page[page].own;
}

void pages_map(struct pages *ps, const struct mapping *m)
{
	struct page *p = &ps->page[m->page];

	note_since(ps, p);
	if (is_maybe(ps, m, m->page)) {
		p->state |= PAGE_MAYBE;
		p->state &= ~PAGE_BESIDE;
	} else {
		if (p->state & PAGE_COUNTS)
			ps->sum[p->transition].refaults++;
		set_mapped(p, m->write);
	}
	if (m->bytes > PAGE_BYTES && m->bytes <= MAPPING_MOST)
		map_neighbours(ps, m);
}

void pages_begin(struct pages *ps, struct attrib_transition *sum)
{
	ps->sum = sum;
	for (uint32_t i = 0; i < ps->n; i++)
		ps->page[i].state &= (uint8_t) ~(PAGE_COUNTS | PAGE_SINCE);
}

static uint32_t count_left(const struct pages *ps)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < ps->n; i++)
		n += (ps->page[i].state & PAGE_COUNTS) != 0;
	return n;
}

void pages_end(struct pages *ps, uint64_t ns)
{
	uint32_t n = 0;

	ps->nleft = count_left(ps);
	free(ps->left);
	ps->left = ps->nleft ? malloc(ps->nleft * sizeof(*ps->left)) : NULL;
	for (uint32_t i = 0; i < ps->n && ps->left; i++) {
		const struct page *p = &ps->page[i];

		if (p->state & PAGE_COUNTS)
			ps->left[n++] = (struct left){
				.when = p->when,
				.page = i,
				.transition = p->transition,
				.open = p->state & PAGE_OPEN,
				.maybe = p->state & PAGE_MAYBE,
				.beside = p->state & PAGE_BESIDE,
			};
	}
	if (!ps->left && ps->nleft) /* no memory: nothing can be said of them */
		for (uint32_t i = 0; i < ps->n; i++)
			if (ps->page[i].state & PAGE_COUNTS)
				ps->sum[ps->page[i].transition].undecided++;
	ps->end = ns;
	ps->sum = ps->waste;
}

/* Touched since without another fault: the one that may have mapped it has. */
static void settle_maybe(struct attrib_transition *t, const struct left *l, uint64_t touch,
			 uint64_t error_ns)
{
	if (l->open || touch <= l->when || touch - l->when <= error_ns)
		t->undecided++;
	else if (l->beside)
		t->neighbours++;
	else
		t->refaults++;
}

/*
 * After the end of the stretch the page is followed still: a touch without a fault is what it is.
 * One that had begun by then may be in its fault still, and then there is one since: nothing else
 * touches the page later than its last touch. Another window may have zapped it again meanwhile.
 */
static void settle(const struct pages *ps, struct attrib_transition *t, const struct left *l,
		   uint64_t touch, uint64_t error_ns)
{
	bool same_still = ps->page[l->page].state & PAGE_COUNTS;
	bool mapped_since = ps->page[l->page].state & PAGE_SINCE;
	uint64_t apart = touch > l->when ? touch - l->when : l->when - touch;

	if (touch == ATTRIB_TOUCH_UNKNOWN || (touch > ps->end && !same_still))
		t->undecided++;
	else if (l->maybe)
		settle_maybe(t, l, touch, error_ns);
	else if (!touch || (touch < l->when && apart > error_ns))
		t->untouched++;
	else if (apart > error_ns && !l->open && !mapped_since)
		t->touched++;
	else
		t->undecided++;
}

void pages_settle(struct pages *ps, struct attrib_transition *sum, uint64_t error_ns,
		  attrib_touch *last_touch, void *arg)
{
	for (uint32_t i = 0; i < ps->nleft && ps->left; i++) {
		const struct left *l = &ps->left[i];
		uint64_t gpa = page_gpa(ps->ram, l->page);

		settle(ps, &sum[l->transition], l,
		       last_touch ? last_touch(arg, gpa) : ATTRIB_TOUCH_UNKNOWN, error_ns);
	}
	free(ps->left);
	ps->left = NULL;
	ps->nleft = 0;
}
