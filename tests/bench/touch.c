/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * touch.c - what a touch costs, natively: bare, timed, and timed with the histogram.
 *
 * The three loops are the guest's own (touch_loop.h) with parts left out. They are measured in
 * turn, many short runs each, so that a change of clock speed or a noisy neighbour meets all three;
 * the median of the runs is shown. Nothing is judged here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "guest/touch.h"
#include "guest/touch_loop.h"

#define RUNS 101
#define RUN_NS 1000000ull
#define GROUPS 16
#define HUGE_BYTES (2ull << 20)
#define KIB 1024ull

static const uint32_t go = 1;

static __attribute__((noinline)) void run_bare(struct touch *t, uint64_t touches)
{
	touch_loop(t, &go, go, touches, 0);
}

static __attribute__((noinline)) void run_timed(struct touch *t, uint64_t touches)
{
	touch_loop(t, &go, go, touches, TOUCH_TIMED);
}

static __attribute__((noinline)) void run_whole(struct touch *t, uint64_t touches)
{
	touch_run(t, &go, go, touches);
}

static const struct {
	const char *name;
	void (*run)(struct touch *t, uint64_t touches);
} variant[] = {
	{"untimed", run_bare},
	{"timed", run_timed},
	{"timed + histogram", run_whole},
};
#define VARIANTS (sizeof(variant) / sizeof(variant[0]))

static struct touch *touch_make(uint64_t bytes, bool huge)
{
	struct proto_orders o = {.seed = 1, .groups = GROUPS, .write_ppm = 50000, .vcpus = 1};
	struct touch *t = calloc(1, sizeof(*t));
	char *room = mmap(NULL, bytes + HUGE_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct touch_memory m = {
		.groups = GROUPS,
		.group_inverse = touch_group_inverse(GROUPS),
		.seed = o.seed,
		.pages = bytes / PROTO_PAGE_SIZE,
	};

	m.state = calloc(m.pages, sizeof(*m.state));
	if (!t || !m.state || room == MAP_FAILED)
		return NULL;
	room += -(uintptr_t)room & (HUGE_BYTES - 1);
	madvise(room, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	m.words = (void *)room;
	for (uint32_t page = 0; page < m.pages; page++)
		touch_fill(&m, page);
	o.pages = m.pages;
	touch_init(t, &m, &o, 0, UINT64_MAX);
	touch_begin(t, 1);
	return t;
}

/* The thread's own time: what other processes take is not the loop's. */
static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double touch_ns(struct touch *t, void (*run)(struct touch *t, uint64_t touches),
		       uint64_t touches)
{
	uint64_t start = cpu_ns();

	run(t, touches);
	return (double)(cpu_ns() - start) / touches;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void bench(const char *label, uint64_t bytes, bool huge)
{
	static double sample[VARIANTS][RUNS];
	struct touch *t = touch_make(bytes, huge);
	uint64_t touches;

	if (!t) {
		printf("%-34s no memory\n", label);
		return;
	}
	touches = 1000 + RUN_NS / touch_ns(t, run_whole, 200000);
	for (int run = 0; run < RUNS; run++) {
		for (size_t v = 0; v < VARIANTS; v++)
			sample[v][run] = touch_ns(t, variant[v].run, touches);
	}
	for (size_t v = 0; v < VARIANTS; v++) {
		double *s = sample[v];

		qsort(s, RUNS, sizeof(*s), compare);
		printf("%-34s %-18s %8.1f %8.1f %8.1f %7.2f\n", v ? "" : label, variant[v].name,
		       s[RUNS / 2], s[RUNS / 20], s[RUNS - 1 - RUNS / 20],
		       s[RUNS / 2] / sample[0][RUNS / 2]);
	}
	if (t->n.errors)
		printf("%-34s %llu wrong words\n", "", (unsigned long long)t->n.errors);
}

int main(void)
{
	printf("%-34s %-18s %8s %8s %8s %7s\n", "memory", "loop", "ns/touch", "p5", "p95", "ratio");
	bench("128 KiB (in L2 cache)", 128 * KIB, false);
	bench("512 MiB, 4 KiB pages (>> TLB)", 512 * KIB * KIB, false);
	bench("512 MiB, 2 MiB pages", 512 * KIB * KIB, true);
	printf("ns per touch, median of %d runs of about %llu ms, 5%% writes; ratio to untimed\n",
	       RUNS, RUN_NS / 1000000);
	return 0;
}
