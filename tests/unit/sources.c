/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sources.c - the table of sources is sound, addresses of test pages are right, and what pagemap
 * shows is counted as what it is. Whether a source moves a real guest's pages is shown by the runs
 * in the lab, not here.
 */
#include "capture.h"
#include "source/common.h"
#include "source/memblock.h"
#include "source/pagewatch.h"
#include "source/thp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PRESENT (1ull << 63)
#define SWAPPED (1ull << 62)
#define FILE_BACKED (1ull << 61)
#define EXCLUSIVE (1ull << 56)

static void table_is_sound(void **state)
{
	static const char *const wanted[] = {"null",	      "ksm-merge",     "ksm-unmerge",
					     "cow",	      "migrate",       "compact",
					     "ksm02",	      "soft-dirty",    "numa-balance",
					     "migrate-pages", "thp-collapse",  "khugepaged",
					     "thp-split",     "age",	       "reclaim",
					     "fork",	      "remap",	       "punch",
					     "balloon",	      "dirty-log",     "uffd-wp",
					     "memslot",	      "offline",       "unmap",
					     "block-offline", "cgroup-reclaim"};
	size_t n = 0;

	(void)state;
	for (; source_table[n]; n++) {
		const struct source *s = source_table[n];

		assert_true(*s->name && *s->help && *s->proof_help);
		assert_null(strpbrk(s->name, "+, "));
		assert_null(strchr(s->help, '\n'));
		assert_true(strlen(s->help) <= 70);
		assert_true(s->probe && s->start && s->step && s->stop && s->proof);
		assert_ptr_equal(source_find(s->name, strlen(s->name)), s);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_non_null(source_find(wanted[i], strlen(wanted[i])));
	assert_int_equal(n, ARRAY_SIZE(wanted));
	assert_null(source_find("ksm-mergex", 10));
	assert_null(source_find("ksm", 3));
	assert_null(source_find("", 0));
	assert_string_equal(source_find("cow+migrate", 3)->name, "cow");
}

/* What mends it stands in brackets, but for a file that the kernel does not have. */
static bool names_a_cure(const char *why)
{
	return strchr(why, '(') || !strncmp(why, "this kernel has no /", 20);
}

/* list and --help ask without a VM: every probe answers, and says why not. */
static void probes_are_safe(void **state)
{
	struct env env = {0};

	(void)state;
	for (size_t i = 0; source_table[i]; i++) {
		char why[160] = "";
		int err = source_table[i]->probe(&env, why, sizeof(why));

		assert_true(err <= 0);
		assert_int_equal(err != 0, *why != '\0');
		if (err && !names_a_cure(why))
			fail_msg("%s: '%s'", source_table[i]->name, why);
		assert_int_equal(source_table[i]->probe(NULL, why, sizeof(why)), err);
	}
}

/* What cannot be done to memory of that kind is refused with a word about it, before anything
 * starts. */
static void kinds_of_memory(void **state)
{
	static const char *const not_hugetlb[] = {"soft-dirty", "numa-balance", "thp-collapse",
						  "khugepaged", "thp-split",	"reclaim",
						  "punch",	"unmap",	"balloon",
						  "remap",	"offline",	"compact",
						  "ksm-merge",	"ksm-unmerge",	"cow"};
	struct env env = {.backend = BACKEND_HUGETLB};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(not_hugetlb); i++) {
		const struct source *s = source_find(not_hugetlb[i], strlen(not_hugetlb[i]));
		char why[160] = "";

		assert_int_not_equal(s->probe(&env, why, sizeof(why)), 0);
		assert_true(*why);
	}
}

static void needed_is_honest(void **state)
{
	(void)state;
	assert_int_equal(source_needed(0), 1);
	assert_int_equal(source_needed(1), 1);
	assert_int_equal(source_needed(15), 1);
	assert_int_equal(source_needed(16), 2);
	assert_int_equal(source_needed(7999), 999);
	assert_int_equal(source_needed(8000), 1000);
	assert_int_equal(source_needed(UINT32_MAX), 1000);
}

static void addresses(void **state)
{
	static const struct guest_run runs[] = {
		{0x7f0000000000, 0, 0, 3},
		{0x7f0000100000, 0x100000, 3, 1},
		{0x7f0000005000, 0x5000, 4, 1000},
	};
	struct env env = {.runs = runs, .nruns = ARRAY_SIZE(runs), .pages = 1004};
	uint32_t left;

	(void)state;
	assert_true(env_hva(&env, 0) == 0x7f0000000000);
	assert_true(env_hva(&env, 2) == 0x7f0000002000);
	assert_true(source_hva(&env, 1, &left) == 0x7f0000001000 && left == 2);
	assert_true(source_hva(&env, 3, &left) == 0x7f0000100000 && left == 1);
	assert_true(source_hva(&env, 4, &left) == 0x7f0000005000 && left == 1000);
	assert_true(source_hva(&env, 1003, &left) == 0x7f0000005000 + 999 * 4096 && left == 1);
}

static void states_of_pages(void **state)
{
	(void)state;
	assert_int_equal(watch_state(0), 0);
	assert_int_equal(watch_state(SWAPPED | 0x1234), 0);    /* also a migration entry */
	assert_int_equal(watch_state(PRESENT | EXCLUSIVE), 0); /* frame hidden */
	assert_int_equal(watch_state(PRESENT | FILE_BACKED | EXCLUSIVE | 5), 0);
	assert_int_equal(watch_state(PRESENT | EXCLUSIVE | 5), 5);
	assert_int_equal(watch_state(PRESENT | 5), 5 | WATCH_MERGED);
	assert_int_equal(watch_state(PRESENT | EXCLUSIVE | 1ull << 55 | 5), 5); /* soft-dirty */
}

static void changes_are_counted(void **state)
{
	enum { OWN = 5, ELSEWHERE = 6, SHARED = 7 | WATCH_MERGED, SHARED_2 = 8 | WATCH_MERGED };
	static const struct {
		uint32_t before, now;
		uint64_t merged, unmerged, moved;
		int32_t merged_now;
	} cases[] = {
		{0, OWN, 0, 0, 0, 0},	      {0, SHARED, 0, 0, 0, 1},
		{OWN, 0, 0, 0, 0, 0},	      {SHARED, 0, 0, 0, 0, 0},
		{OWN, OWN, 0, 0, 0, 0},	      {SHARED, SHARED, 0, 0, 0, 0},
		{OWN, ELSEWHERE, 0, 0, 1, 0}, {OWN, SHARED, 1, 0, 0, 1},
		{SHARED, OWN, 0, 1, 0, -1},   {SHARED, SHARED_2, 0, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (int count = 0; count < 2; count++) {
			uint32_t seen = cases[i].before;
			struct watch w = {.n = 1, .stride = 1, .seen = &seen, .merged_now = 10};

			watch_note(&w, 0, cases[i].now, count);
			assert_int_equal(w.merged, count ? cases[i].merged : 0);
			assert_int_equal(w.unmerged, count ? cases[i].unmerged : 0);
			assert_int_equal(w.moved, count ? cases[i].moved : 0);
			assert_int_equal(w.merged_now, 10 + cases[i].merged_now);
			assert_int_equal(seen, cases[i].now ? cases[i].now : cases[i].before);
		}
}

/* Of a large guest blocks are watched, spread over all of it, each page once. */
static void watched_pages_are_spread(void **state)
{
	(void)state;
	for (uint32_t pages = WATCH_MAX_PAGES - 1; pages < 9 * WATCH_MAX_PAGES; pages += 12345) {
		struct watch w = {.n = pages < WATCH_MAX_PAGES ? pages : WATCH_MAX_PAGES};
		uint32_t last = 0;

		w.stride = pages / w.n;
		assert_int_equal(watch_page(&w, 0), 0);
		for (uint32_t i = 1; i < w.n; i++) {
			assert_true(watch_page(&w, i) > last);
			last = watch_page(&w, i);
		}
		assert_true(last < pages);
		assert_true(last >= pages / 2 - 1);
	}
}

/* Our own memory stands for a guest's: a page that another takes the place of has moved. */
static void a_real_pagemap(void **state)
{
	enum { PAGES = 1500 };
	char why[160], *mem, *fresh;
	struct guest_run runs[2];
	struct env env = {.runs = runs, .nruns = 2, .pages = PAGES, .qemu_pid = getpid()};
	struct watch w = {0};

	(void)state;
	watch_close(&w);
	if (watch_probe(why, sizeof(why))) {
		print_message("skipped: %s\n", why);
		skip();
	}
	mem = mmap(NULL, 2 * PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	(void)madvise(mem, 2 * PAGES * PAGE_BYTES, MADV_NOHUGEPAGE);
	memset(mem, 1, 2 * PAGES * PAGE_BYTES);
	runs[0] = (struct guest_run){(uintptr_t)mem + PAGES * PAGE_BYTES, 0, 0, 700};
	runs[1] = (struct guest_run){(uintptr_t)mem, 0, 700, PAGES - 700};
	assert_int_equal(watch_open(&w, &env), 0);
	for (uint32_t i = 0; i < w.n; i++)
		assert_true(w.seen[i] && !watch_is_merged(&w, i));
	assert_int_equal(watch_all(&w, &env, true), 0);
	assert_int_equal(w.moved + w.merged + w.unmerged, 0);
	fresh = mmap(NULL, 300 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	assert_ptr_not_equal(fresh, MAP_FAILED);
	memset(fresh, 2, 300 * PAGE_BYTES);
	assert_ptr_equal(mremap(fresh, 300 * PAGE_BYTES, 300 * PAGE_BYTES,
				MREMAP_MAYMOVE | MREMAP_FIXED, mem + 100 * PAGE_BYTES),
			 mem + 100 * PAGE_BYTES);
	assert_int_equal(watch_all(&w, &env, true), 0);
	assert_int_equal(w.moved, 300);
	assert_int_equal(w.merged + w.unmerged, 0);
	watch_close(&w);
	munmap(mem, 2 * PAGES * PAGE_BYTES);
}

/* A cell of the exact numbers that cannot be has its reason. */
static void why_not(void **state)
{
	struct env env = {.backend = BACKEND_MEMFD};
	const struct source *soft = source_find("soft-dirty", 10);
	const struct source *group = source_find("cgroup-reclaim", 14);
	void *zeroes = calloc(1, soft->state_bytes);
	struct thp thp = {0};
	char why[160] = "";

	(void)state;
	soft->why(&env, zeroes, why, sizeof(why));
	assert_non_null(strstr(why, "no bit was set"));
	assert_non_null(strstr(why, "by the probes' self-test"));
	env.backend = BACKEND_ANON;
	soft->why(&env, zeroes, why, sizeof(why));
	assert_null(strstr(why, "self-test"));
	free(zeroes);
	*why = '\0';
	zeroes = calloc(1, group->state_bytes);
	group->why(&env, zeroes, why, sizeof(why));
	assert_non_null(strstr(why, "give cgroup-reclaim before KSM's sources"));
	free(zeroes);
	*why = '\0';
	thp_why(&thp, why, sizeof(why));
	assert_string_equal(why, "");
	thp.whole = true;
	thp_why(&thp, why, sizeof(why));
	assert_non_null(strstr(why, "stays whole"));
	thp.refused = -EINVAL;
	thp_why(&thp, why, sizeof(why));
	assert_non_null(strstr(why, "Invalid argument"));
}

/*
 * block-offline right behind offline: a block with a frame that offline has taken out of use would
 * go and never come back (EHWPOISON). Its first and last frame, those beside it, and memory's end.
 */
static void blocks_with_a_poisoned_frame(void **state)
{
	char path[] = "/tmp/sources.XXXXXX";
	const uint64_t poisoned = 1ull << 19, others = ~poisoned; /* KPF_HWPOISON */
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (uint64_t i = 0; i < 4000; i++) {
		uint64_t flags = i == 1000 || i == 2999 ? poisoned : others;

		assert_int_equal(write_full(fd, &flags, sizeof(flags)), 0);
	}
	close(fd);
	assert_int_equal(memblock_poisoned_by(path, 0, 1000), 0);
	assert_int_equal(memblock_poisoned_by(path, 1000, 1000), 1);
	assert_int_equal(memblock_poisoned_by(path, 1001, 1998), 0);
	assert_int_equal(memblock_poisoned_by(path, 2000, 1000), 1);
	assert_int_equal(memblock_poisoned_by(path, 3000, 2000), 0);
	unlink(path);
	assert_int_equal(memblock_poisoned_by(path, 0, 1000), -ENOENT);
}

/* A start that failed early leaves zeroes: stop must cope, and not close fd 0. */
static void stop_copes_with_zeroes(void **state)
{
	struct env env = {0};
	char *dir, template[] = "/tmp/sources.XXXXXX", journal[64];

	(void)state;
	dir = mkdtemp(template);
	assert_non_null(dir);
	snprintf(journal, sizeof(journal), "%s/journal", dir);
	assert_int_equal(knobs_open(&env.knobs, dir, journal, NULL), 0);
	for (size_t i = 0; source_table[i]; i++) {
		void *zeroes = calloc(1, source_table[i]->state_bytes + 1);

		(void)source_table[i]->stop(&env, zeroes);
		free(zeroes);
	}
	assert_true(fcntl(0, F_GETFD) >= 0);
	assert_int_equal(knobs_close(env.knobs), 0);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_sound),
		cmocka_unit_test(probes_are_safe),
		cmocka_unit_test(kinds_of_memory),
		cmocka_unit_test(needed_is_honest),
		cmocka_unit_test(addresses),
		cmocka_unit_test(states_of_pages),
		cmocka_unit_test(changes_are_counted),
		cmocka_unit_test(a_real_pagemap),
		cmocka_unit_test(watched_pages_are_spread),
		cmocka_unit_test(why_not),
		cmocka_unit_test(blocks_with_a_poisoned_frame),
		cmocka_unit_test(stop_copes_with_zeroes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
