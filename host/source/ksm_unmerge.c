/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksm_unmerge.c - lets KSM merge the guest, then takes all of it apart by run=2, and so on.
 *
 * Kernel: mm/ksm.c unmerge_and_remove_all_rmap_items -> unmerge_ksm_pages -> break_ksm ->
 * handle_mm_fault -> wp_page_copy (RO -> RW, new frame): one notifier window per page, as fast as
 * the kernel can.
 * Silent when: nothing was merged before. Hence the pages are looked at before and after run=2.
 */
#include "ksm.h"
#include "ksm_why.h"

#define ENOUGH(n) ((n) / 16)   /* watched pages: more often apart beats more at once */
#define SCANS_WITHOUT_GROWTH 2 /* the first scan of a page only takes its checksum */

struct state {
	struct watch watch;
	uint64_t unmerged;
	uint32_t most; /* merged at once in this cycle */
	uint64_t grew_at_scan;
};

static int unmerge_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = watch_open(&s->watch, env);

	if (!err)
		err = ksm_start(env);
	s->grew_at_scan = ksm_full_scans(env);
	return err;
}

/* Enough is merged, or what can be: ksmd has been round twice without a gain of 1 in 64. */
static bool is_ripe(struct env *env, struct state *s)
{
	uint32_t now = s->watch.merged_now;
	uint64_t scans = ksm_full_scans(env);

	if (now > s->most + s->most / 64) {
		s->most = now;
		s->grew_at_scan = scans;
	}
	return now && (now >= ENOUGH(s->watch.n) || scans > s->grew_at_scan + SCANS_WITHOUT_GROWTH);
}

static int unmerge_all(struct env *env, struct state *s)
{
	uint64_t before;
	int err = watch_all(&s->watch, env, true);

	before = s->watch.unmerged;
	if (!err)
		err = ksm_unmerge(env);
	if (!err)
		err = watch_all(&s->watch, env, true);
	if (err)
		return err;
	s->unmerged += s->watch.unmerged - before;
	s->most = 0;
	s->grew_at_scan = ksm_full_scans(env);
	return ksm_merge(env);
}

static int unmerge_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	int err = watch_for(&s->watch, env, KSM_LOOK_NS);

	*again_ns = KSM_PAUSE_NS;
	if (!err && is_ripe(env, s))
		err = unmerge_all(env, s);
	return err;
}

static int unmerge_stop(struct env *env, void *state)
{
	struct state *s = state;

	watch_close(&s->watch);
	return ksm_stop(env);
}

static int unmerge_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	out[0] = (struct proof){"pages_unmerged", s->unmerged, source_needed(env->pages)};
	return 1;
}

const struct source source_ksm_unmerge = {
	.name = "ksm-unmerge",
	.help = "KSM takes all merged pages apart at once (run=2), after each merging",
	.proof_help = "pages_unmerged: test pages shared before run=2 and not after",
	.state_bytes = sizeof(struct state),
	.probe = ksm_probe,
	.start = unmerge_start,
	.step = unmerge_step,
	.stop = unmerge_stop,
	.proof = unmerge_proof,
	.why = ksm_why,
};
