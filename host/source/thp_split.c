/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * thp_split.c - splits the guest's huge pages by debugfs, as memory failure and reclaim do.
 *
 * Kernel: mm/huge_memory.c split_huge_pages_write() -> split_folio() -> unmap_folio(): first
 * __split_huge_pmd() (one window of 2 MiB, event CLEAR), then try_to_migrate() of the folio, whose
 * pages are migration entries until remap_page() puts them back; the guest faults and waits there.
 * Each stretch is gathered before (MADV_COLLAPSE, 6.1), which is a window, too.
 * Silent when: a stretch is no huge page, or is pinned just then. Hence it is asked whether it is
 * one before and after (/proc/kpageflags); thp_split_page must move as well.
 */
#include <inttypes.h>
#include <stdio.h>

#include "counters/counters.h"
#include "thp.h"

#define PAUSE_NS NSEC_PER_MSEC
#define SPLIT "/sys/kernel/debug/split_huge_pages"

struct state {
	struct thp thp;
	struct source_thp old;
	uint64_t split, pages_before, pmds_before;
};

static int split_probe(const struct env *env, char *why, size_t size)
{
	int err = source_has(env, SPLIT, why, size);

	return err ? err : thp_probe(env, why, size);
}

static int split_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_calm(env);

	s->pages_before = vmstat_read("thp_split_page");
	s->pmds_before = vmstat_read("thp_split_pmd");
	if (!err)
		err = source_thp_never(env, &s->old);
	return err ? err : thp_open(&s->thp, env);
}

static int split_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	uint64_t start = thp_next(&s->thp);
	char order[80];
	int err, huge = look_is_huge(&s->thp.look, start);

	*again_ns = PAUSE_NS;
	if (!huge && !thp_collapse(&s->thp, env, start))
		huge = look_is_huge(&s->thp.look, start);
	if (huge <= 0)
		return huge;
	/* The end must lie behind the last page (5.13 to today). */
	snprintf(order, sizeof(order), "%d,0x%" PRIx64 ",0x%" PRIx64, env->qemu_pid, start,
		 start + SOURCE_HUGE);
	err = knob_trigger(env->knobs, SPLIT, order);
	huge = err ? err : look_is_huge(&s->thp.look, start);
	s->split += !huge;
	s->thp.whole = huge > 0;
	return huge < 0 ? huge : 0;
}

static int split_stop(struct env *env, void *state)
{
	struct state *s = state;

	thp_close(&s->thp);
	return source_thp_restore(env, &s->old);
}

static void split_why(struct env *env, void *state, char *why, size_t size)
{
	const struct state *s = state;

	(void)env;
	thp_why(&s->thp, why, size);
}

static int split_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	(void)env;
	out[0] = (struct proof){"huge_pages_split", s->split, 4};
	out[1] = (struct proof){"thp_split_page", vmstat_read("thp_split_page") - s->pages_before,
				4};
	out[2] = (struct proof){"thp_split_pmd", vmstat_read("thp_split_pmd") - s->pmds_before, 4};
	return 3;
}

const struct source source_thp_split = {
	.name = "thp-split",
	.help = "the guest's huge pages are split by debugfs, gathered before",
	.proof_help = "huge_pages_split: stretches of test pages; thp_split_page, thp_split_pmd",
	.state_bytes = sizeof(struct state),
	.probe = split_probe,
	.start = split_start,
	.step = split_step,
	.stop = split_stop,
	.proof = split_proof,
	.why = split_why,
};
