/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksm02.c - the load of LTP's test ksm02 (docs/sources.md): the guest writes its pages anew in four
 * steps, and each step ends when KSM has merged all that is alike. A job: the same work each time.
 * Kernel: as ksm_merge.c for the merging; guest writes to merged pages -> do_wp_page ->
 * wp_page_copy (RO -> RW, new frame) for the filling.
 * Silent when: nothing is mergeable, or the guest's pages are not those of --pattern ksm02. Hence a
 * step ends only when every watched page is seen to be shared, and the proof is their number.
 */
#include <stdio.h>

#include "vm/chan.h"
#include "vm/guest.h"
#include "ksm.h"

#define MAX_PAGE_SHARING "/sys/kernel/mm/ksm/max_page_sharing"

struct state {
	struct watch watch;
	uint32_t step;
	bool ordered;  /* the step's FILL has been sent, */
	bool filled;   /* and answered */
	uint32_t odd;  /* index of the watched page that stays alone in the last step; else n */
	uint32_t next; /* those before it have been seen merged in this step */
	uint64_t merged;
};

static uint32_t find_odd(const struct watch *w, uint32_t pages)
{
	uint32_t i = 0;

	while (i < w->n && watch_page(w, i) != pattern_odd_page(pages))
		i++;
	return i;
}

/*
 * As in the original, one stable page may be shared by all: with the default of 256 there would be
 * copies of it, and how many depends on the order of merging. Refused while something is merged.
 */
static int share_without_limit(struct env *env)
{
	char pages[16];

	snprintf(pages, sizeof(pages), "%u", env->pages < 256 ? 256 : env->pages);
	return source_knob(env, MAX_PAGE_SHARING, pages);
}

static int ksm02_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = watch_open(&s->watch, env);

	if (err)
		return err;
	s->odd = find_odd(&s->watch, env->pages);
	return ksm_prepare(env) ?: share_without_limit(env);
}

/* Pages of the step that must come to be shared. */
static uint32_t mergeable(const struct state *s, uint32_t step)
{
	return s->watch.n - (step == PATTERN_STEPS - 1 && s->odd < s->watch.n);
}

/* ksmd scans while the guest fills, as in the original. */
static int order_fill(struct env *env, struct state *s)
{
	struct proto_fill fill = {.epoch = env->guest->epoch, .step = s->step};
	int err = s->step ? 0 : ksm_merge(env);

	s->ordered = true;
	s->filled = false;
	return err ? err : chan_send(env->chan, PROTO_FILL, &fill, sizeof(fill));
}

/* Goes on from the first page not seen merged; looks at all once more at the end. */
static int look_on(struct env *env, struct state *s)
{
	struct watch *w = &s->watch;
	int err;

	w->cursor = s->next;
	err = watch_for(w, env, KSM_LOOK_NS);
	while (s->next < w->n && (watch_is_merged(w, s->next) || s->next == s->odd))
		s->next++;
	if (err || s->next < w->n)
		return err;
	s->next = 0;
	err = watch_all(w, env, true);
	if (err || w->merged_now < mergeable(s, s->step))
		return err;
	s->merged += w->merged_now;
	s->step++;
	s->ordered = false;
	return 0;
}

static int ksm02_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;

	*again_ns = KSM_PAUSE_NS;
	if (s->step == PATTERN_STEPS)
		return 0;
	if (!s->ordered)
		return order_fill(env, s);
	if (env->guest->filled != s->step + 1)
		return 0;
	if (!s->filled) { /* what was seen before belongs to the step before */
		s->filled = true;
		s->next = 0;
		return watch_all(&s->watch, env, true);
	}
	return look_on(env, s);
}

static int ksm02_stop(struct env *env, void *state)
{
	struct state *s = state;

	watch_close(&s->watch);
	return ksm_stop(env);
}

static int ksm02_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;
	uint64_t all = 0;

	(void)env;
	for (uint32_t step = 0; step < PATTERN_STEPS; step++)
		all += mergeable(s, step);
	out[0] = (struct proof){"ksm02_steps", s->step, PATTERN_STEPS};
	out[1] = (struct proof){"ksm02_pages_merged", s->merged, all};
	return 2;
}

const struct source source_ksm02 = {
	.name = "ksm02",
	.help = "the work of LTP's ksm02, in four steps (--pattern ksm02)",
	.proof_help = "ksm02_steps: done; ksm02_pages_merged: test pages shared at their ends",
	.state_bytes = sizeof(struct state),
	.job = true,
	.probe = ksm_probe,
	.start = ksm02_start,
	.step = ksm02_step,
	.stop = ksm02_stop,
	.proof = ksm02_proof,
};
