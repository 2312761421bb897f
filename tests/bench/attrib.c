/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attrib.c - what following a VM costs: ns per event for triples START, END, FAULT (each page is
 * zapped, then mapped again), and for a window over all of RAM. In the lab 2 ns are an instruction:
 * count them with `valgrind --tool=callgrind build/tests/bench/attrib` or `perf stat`.
 */
#include <stdio.h>
#include <string.h>

#include "attrib/attrib.h"

#define PAGES 49152
#define TRIPLES 1000000

static struct probe_event e[3] = {
	{.type = PROBE_START,
	 .length = 4096,
	 .id = 7,
	 .thread = THREAD_KSMD,
	 .reason = REASON_CLEAR},
	{.type = PROBE_END, .id = 7},
	{.type = PROBE_FAULT, .length = 4096, .outcome = OUTCOME_FIXED},
};

static void triple(struct attrib *a, uint64_t at, uint64_t page)
{
	const uint64_t begin[3] = {1000, 8000, 15000}, end[3] = {2000, 8000, 18000};

	e[0].address = 1 << 30 | page * 4096;
	e[2].address = page * 4096;
	for (int i = 0; i < 3; i++) {
		e[i].begin_ns = at + begin[i];
		e[i].ns = at + end[i];
		attrib_event(a, &e[i]);
	}
}

int main(void)
{
	const struct attrib_config config = {.ram = {{0, 1 << 30, PAGES * 4096ull}}, .vcpus = 1};
	const struct attrib_figures *f;
	struct attrib *a = NULL;
	uint64_t start, spent;

	if (attrib_open(&a, &config))
		return 1;
	attrib_begin(a, 0);
	start = mono_ns();
	for (uint64_t i = 0; i < TRIPLES; i++)
		triple(a, i * 20000, i * 7919 % PAGES);
	spent = mono_ns() - start;
	f = attrib_figures(a);
	printf("%.1f ns per event (%llu windows, %llu refaults)\n", spent / 3.0 / TRIPLES,
	       (unsigned long long)f->windows, (unsigned long long)f->by_class[CLASS_REFAULT]);

	start = mono_ns();
	e[0].length = UINT64_MAX;
	for (uint64_t i = TRIPLES; i < TRIPLES + 100; i++)
		triple(a, i * 20000, 0);
	spent = mono_ns() - start;
	printf("%.2f ns per page of a window over %d pages\n", spent / 100.0 / PAGES, PAGES);
	attrib_close(a);
	return 0;
}
