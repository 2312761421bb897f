/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksm_merge.c - ksmd merges the guest's pages, guest writes break them, ksmd merges them anew.
 *
 * Kernel: mm/ksm.c try_to_merge_one_page -> write_protect_page (RW -> RO, same frame) and
 * replace_page (RO -> RO, the shared frame), each one notifier window of one page.
 * Silent when: merge=off or shared guest memory (nothing is mergeable); NUMA balancing up to 6.5;
 * only the guest's free zero pages merge. Hence pages are watched one by one. A page that is broken
 * and merged anew between two looks goes unseen, so what is seen needs to be a tenth only; the
 * number of merges follows from what leaves sharing: whatever was broken (cow_ksm, 5.19) or is
 * merged now, and KSM starts with nothing merged, must have been merged before.
 */
#include "counters/counters.h"
#include "ksm.h"
#include "ksm_why.h"

struct state {
	struct watch watch;
	uint64_t cow_before;
	uint64_t most; /* the most that proof has answered: it never goes back */
	bool has_cow;
};

static int merge_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = watch_open(&s->watch, env);

	s->has_cow = vmstat_find("cow_ksm", &s->cow_before);
	return err ? err : ksm_start(env);
}

static int merge_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;

	*again_ns = KSM_PAUSE_NS;
	return watch_for(&s->watch, env, KSM_LOOK_NS);
}

static int merge_stop(struct env *env, void *state)
{
	struct state *s = state;

	watch_close(&s->watch);
	return ksm_stop(env);
}

static int merge_proof(struct env *env, void *state, struct proof *out)
{
	struct state *s = state;
	uint64_t needed = source_needed(env->pages), cow = s->cow_before, merges;

	out[0] = (struct proof){"pages_seen_merging", s->watch.merged, (needed + 9) / 10};
	if (!s->has_cow || !vmstat_find("cow_ksm", &cow))
		return 1;
	merges = cow - s->cow_before + s->watch.merged_now;
	if (merges > s->most)
		s->most = merges;
	out[1] = (struct proof){"pages_merged", s->most, needed};
	return 2;
}

const struct source source_ksm_merge = {
	.name = "ksm-merge",
	.help = "KSM merges the guest's identical pages again and again",
	.proof_help = "pages_seen_merging: test pages seen to become shared; pages_merged: by COW",
	.state_bytes = sizeof(struct state),
	.probe = ksm_probe,
	.start = merge_start,
	.step = merge_step,
	.stop = merge_stop,
	.proof = merge_proof,
	.why = ksm_why,
};
