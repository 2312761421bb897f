/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * khugepaged.c - khugepaged gathers the guest's small pages in huge ones by itself, as soon as they
 * are split.
 *
 * Kernel: mm/khugepaged.c khugepaged_scan_mm_slot() -> collapse_huge_page(), as thp-collapse, but
 * in khugepaged's own time: it scans up to pages_to_scan pages, sleeps scan_sleep_millisecs. Silent
 * when: it is starved (nice 19; with one CPU it is reniced here, as ksmd is), or when a stretch has
 * pages it does not take. Hence stretches are counted that were no huge page right after they were
 * split, and are one later.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/procs.h"
#include "counters/counters.h"
#include "thp.h"

#define PAUSE_NS (4 * NSEC_PER_MSEC)
#define AT_ONCE 8u
#define THP "/sys/kernel/mm/transparent_hugepage/"
#define NICE_ONE_CPU (-5)

struct state {
	struct thp thp;
	bool *split; /* by stretch: was no huge page when last looked at */
	struct source_thp old;
	uint64_t gathered, alloc_before;
};

/* The thread is a new one after each "never": its nice value need not be put back. */
static void renice(void)
{
	pid_t pid = sysconf(_SC_NPROCESSORS_ONLN) == 1 ? proc_named("khugepaged") : 0;

	if (pid)
		(void)setpriority(PRIO_PROCESS, (id_t)pid, NICE_ONE_CPU);
}

static int khugepaged_start(struct env *env, void *state)
{
	static const struct {
		const char *path, *value;
	} set[] = {
		{THP "khugepaged/scan_sleep_millisecs", "1"},
		{THP "khugepaged/alloc_sleep_millisecs", "1"},
		{THP "khugepaged/pages_to_scan", "65536"},
		{THP "khugepaged/defrag", "1"},
		{THP "enabled", "always"},
	};
	struct state *s = state;
	int err = source_calm(env);

	s->alloc_before = vmstat_read("thp_collapse_alloc");
	if (!err)
		err = thp_open(&s->thp, env);
	if (!err)
		s->split = calloc(s->thp.n, sizeof(*s->split));
	if (!err && !s->split)
		err = err_sys(-ENOMEM, "khugepaged's stretches");
	if (!err)
		err = source_thp_never(env, &s->old);
	for (size_t i = 0; i < ARRAY_SIZE(set) && !err; i++)
		err = source_knob(env, set[i].path, set[i].value);
	renice();
	return err;
}

static int khugepaged_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;

	*again_ns = PAUSE_NS;
	for (size_t i = 0; i < AT_ONCE; i++) {
		size_t at = s->thp.cursor % s->thp.n;
		uint64_t start = thp_next(&s->thp);
		int huge = look_is_huge(&s->thp.look, start);

		if (huge > 0) {
			s->gathered += s->split[at];
			source_split(env, start, SOURCE_HUGE);
			huge = look_is_huge(&s->thp.look, start);
		}
		if (huge < 0)
			return huge;
		s->split[at] = !huge;
	}
	return 0;
}

static int khugepaged_stop(struct env *env, void *state)
{
	struct state *s = state;

	thp_close(&s->thp);
	free(s->split);
	return source_thp_restore(env, &s->old);
}

static int khugepaged_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	(void)env;
	out[0] = (struct proof){"huge_pages_by_khugepaged", s->gathered, 2};
	out[1] = (struct proof){"thp_collapse_alloc",
				vmstat_read("thp_collapse_alloc") - s->alloc_before, 2};
	return 2;
}

const struct source source_khugepaged = {
	.name = "khugepaged",
	.help = "khugepaged gathers the guest's pages in huge ones",
	.proof_help = "huge_pages_by_khugepaged: stretches of test pages; thp_collapse_alloc",
	.state_bytes = sizeof(struct state),
	.probe = thp_probe,
	.start = khugepaged_start,
	.step = khugepaged_step,
	.stop = khugepaged_stop,
	.proof = khugepaged_proof,
};
