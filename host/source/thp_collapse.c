/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * thp_collapse.c - gathers the guest's small pages in huge ones, again and again, by
 * MADV_COLLAPSE (6.1).
 *
 * Kernel: mm/khugepaged.c collapse_huge_page(): one window of 2 MiB, event CLEAR, in which the page
 * table is taken away; then the pages are copied while the guest can only fault. What was gathered
 * is split again before (thp.h, MADV_COLD: mm/madvise.c, a 2 MiB window by __split_huge_pmd()).
 * Silent when: a page of the stretch is shared, in swap or pinned, and the call only answers
 * EAGAIN. Hence it is asked whether the stretch is a huge page before and after
 * (/proc/kpageflags), and thp_collapse_alloc must move.
 */
#include "counters/counters.h"
#include "thp.h"

#define PAUSE_NS NSEC_PER_MSEC

struct state {
	struct thp thp;
	uint64_t gathered, alloc_before;
	struct source_thp old;
};

static int collapse_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_calm(env);

	s->alloc_before = vmstat_read("thp_collapse_alloc");
	if (!err)
		err = source_thp_never(env, &s->old);
	return err ? err : thp_open(&s->thp, env);
}

static int collapse_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	uint64_t start = thp_next(&s->thp);
	int before, after;

	*again_ns = PAUSE_NS;
	source_split(env, start, SOURCE_HUGE);
	before = look_is_huge(&s->thp.look, start);
	s->thp.whole = before > 0;
	if (before)
		return before < 0 ? before : 0; /* in use just then: it stayed whole */
	if (thp_collapse(&s->thp, env, start))
		return 0; /* the next time */
	after = look_is_huge(&s->thp.look, start);
	s->gathered += after > 0;
	return after < 0 ? after : 0;
}

static int collapse_stop(struct env *env, void *state)
{
	struct state *s = state;

	thp_close(&s->thp);
	return source_thp_restore(env, &s->old);
}

static void collapse_why(struct env *env, void *state, char *why, size_t size)
{
	const struct state *s = state;

	(void)env;
	thp_why(&s->thp, why, size);
}

static int collapse_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	(void)env;
	out[0] = (struct proof){"huge_pages_gathered", s->gathered, 4};
	out[1] = (struct proof){"thp_collapse_alloc",
				vmstat_read("thp_collapse_alloc") - s->alloc_before, 4};
	return 2;
}

const struct source source_thp_collapse = {
	.name = "thp-collapse",
	.help = "MADV_COLLAPSE gathers the guest's pages in huge ones, again and again",
	.proof_help = "huge_pages_gathered: stretches of test pages; thp_collapse_alloc",
	.state_bytes = sizeof(struct state),
	.probe = thp_probe,
	.start = collapse_start,
	.step = collapse_step,
	.stop = collapse_stop,
	.proof = collapse_proof,
	.why = collapse_why,
};
