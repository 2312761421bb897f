/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * age.c - asks again and again which of the guest's pages are in use, which clears KVM's accessed
 * bits: no notifier window, but work under KVM's mmu_lock.
 *
 * Kernel: page_idle's bitmap (mm/page_idle.c, page_idle_clear_pte_refs) where it is built in, else
 * DAMON (6.1 by sysfs, mm/damon/vaddr.c); both end in mmu_notifier_clear_young() ->
 * kvm_mmu_notifier_clear_young(), without mmu_lock since 6.15 ("KVM: x86/mmu: Only grab RCU lock
 * for nested TDP MMU aging" and those before). lru_gen does not do: before 6.13 ("mm: multi-gen
 * LRU: use {ptep,pmdp}_clear_young_notify()") it asks the host's page tables alone. Silent when:
 * nobody asks KVM, and every page is idle. Hence pages in use are counted.
 */
#include <errno.h>
#include <stdio.h>

#include "idle.h"

#define PAUSE_NS (10 * NSEC_PER_MSEC)
#define BITMAP "/sys/kernel/mm/page_idle/bitmap"

struct state {
	struct look look;
	bool damon;
	bool sampling; /* DAMON is on */
	bool marked;
	uint64_t young, idle;
};

static bool has_bitmap(const struct env *env)
{
	char why[160];

	return !source_has(env, BITMAP, why, sizeof(why));
}

static int age_probe(const struct env *env, char *why, size_t size)
{
	if (has_bitmap(env) || damon_is_there(env))
		return 0;
	snprintf(why, size,
		 "this kernel has neither page_idle (CONFIG_IDLE_PAGE_TRACKING) nor "
		 "DAMON (CONFIG_DAMON_SYSFS)");
	return -ENOENT;
}

static int age_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_calm(env);

	s->damon = !has_bitmap(env);
	if (err)
		return err;
	if (!s->damon)
		return look_open(&s->look, env, LOOK_MAX_PAGES);
	err = damon_start(env);
	s->sampling = !err;
	return err;
}

static int age_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	int err;

	*again_ns = PAUSE_NS;
	if (s->damon) {
		*again_ns = 10 * PAUSE_NS;
		return damon_sums(env, &s->young, &s->idle);
	}
	err = s->marked ? idle_count(&s->look, &s->young, &s->idle) : 0;
	if (!err)
		err = look_again(&s->look, env);
	s->marked = true;
	return err ? err : idle_mark(&s->look);
}

static int age_stop(struct env *env, void *state)
{
	struct state *s = state;

	look_close(&s->look);
	return s->sampling ? damon_stop(env) : 0;
}

static int age_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	out[0] = (struct proof){"pages_young", s->young, source_needed(env->pages)};
	out[1] = (struct proof){"pages_idle", s->idle, 0};
	return 2;
}

const struct source source_age = {
	.name = "age",
	.help = "the host asks which pages are in use (page_idle or DAMON)",
	.proof_help = "pages_young, pages_idle: test pages found in use, or not",
	.state_bytes = sizeof(struct state),
	.probe = age_probe,
	.start = age_start,
	.step = age_step,
	.stop = age_stop,
	.proof = age_proof,
};
