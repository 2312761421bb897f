// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_map.c - where the guest's test pages are, in guest-physical addresses, and which page is at
 * an address. Runs are kept in the order of pages, which is how sources ask; an index beside them
 * has the order of addresses.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

#define GPA_LIMIT (1ull << 52) /* no x86 has more address lines */

static bool fits(const struct guest *g, const struct proto_run *run)
{
	return run->page == g->mapped_pages && run->pages &&
	       run->pages <= g->ordered - g->mapped_pages && run->gpa % PROTO_PAGE_SIZE == 0 &&
	       run->gpa < GPA_LIMIT;
}

/* Grows by a quarter: at most 30 bytes a page even if all are apart. */
static int make_room(struct guest *g)
{
	size_t room = g->room + g->room / 4 + 16;
	struct guest_run *grown = realloc(g->runs, room * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	g->runs = grown;
	g->room = room;
	return 0;
}

static int add_run(struct guest *g, const struct proto_run *run)
{
	int err = fits(g, run) ? 0 : -EBADMSG;

	if (!err && g->nruns == g->room)
		err = make_room(g);
	if (err)
		return err;
	g->runs[g->nruns++] =
		(struct guest_run){.gpa = run->gpa, .page = run->page, .pages = run->pages};
	g->mapped_pages += run->pages;
	return 0;
}

/* Once the map is done others point into it. */
int guest_take_map(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_run run;
	int err = length % sizeof(run) || g->by_gpa ? -EBADMSG : 0;

	for (; length >= sizeof(run) && !err; length -= sizeof(run), p += sizeof(run)) {
		memcpy(&run, p, sizeof(run));
		err = add_run(g, &run);
	}
	return err;
}

static uint64_t run_end(const struct guest_run *run)
{
	return run->gpa + (uint64_t)run->pages * PROTO_PAGE_SIZE;
}

static int compare_gpa(const void *a, const void *b, void *runs)
{
	const struct guest_run *run = runs;
	uint64_t x = run[*(const uint32_t *)a].gpa, y = run[*(const uint32_t *)b].gpa;

	return x < y ? -1 : x > y;
}

static int check_disjoint(const struct guest *g)
{
	for (size_t i = 1; i < g->nruns; i++) {
		const struct guest_run *before = &g->runs[g->by_gpa[i - 1]];
		const struct guest_run *run = &g->runs[g->by_gpa[i]];

		if (run_end(before) > run->gpa)
			return err_say(-EPROTO,
				       "the guest's page map has address 0x%llx twice, for pages "
				       "%u and %u",
				       (unsigned long long)run->gpa, before->page, run->page);
	}
	return 0;
}

static void trim(struct guest *g)
{
	struct guest_run *exact = realloc(g->runs, g->nruns * sizeof(*exact));

	if (exact) {
		g->runs = exact;
		g->room = g->nruns;
	}
}

static int sort_by_gpa(struct guest *g)
{
	g->by_gpa = malloc(g->nruns * sizeof(*g->by_gpa));
	if (!g->by_gpa)
		return -ENOMEM;
	for (size_t i = 0; i < g->nruns; i++)
		g->by_gpa[i] = (uint32_t)i;
	qsort_r(g->by_gpa, g->nruns, sizeof(*g->by_gpa), compare_gpa, g->runs);
	return 0;
}

int guest_map_done(struct guest *g)
{
	int err = g->nruns ? 0 : err_say(-EPROTO, "the guest's page map is empty");

	if (err)
		return err;
	trim(g);
	err = sort_by_gpa(g);
	/* After it: the sort takes as much for a while, and the promise is 32 bytes a page. */
	if (!err) {
		g->touched.last = calloc(g->mapped_pages, sizeof(*g->touched.last));
		err = g->touched.last ? 0 : -ENOMEM;
	}
	return err ? err_sys(err, "index of the guest's pages") : check_disjoint(g);
}

bool guest_page_of(const struct guest *g, uint64_t gpa, uint32_t *page)
{
	size_t low = 0, high = g->by_gpa ? g->nruns : 0;

	/* The last run that does not begin after @gpa. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (g->runs[g->by_gpa[middle]].gpa <= gpa)
			low = middle + 1;
		else
			high = middle;
	}
	if (low) {
		const struct guest_run *run = &g->runs[g->by_gpa[low - 1]];

		*page = run->page + (uint32_t)((gpa - run->gpa) / PROTO_PAGE_SIZE);
		return gpa < run_end(run);
	}
	return false;
}
