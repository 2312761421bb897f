/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reclaim.c - the guest's pages are swapped out to zram, and the guest brings them back.
 *
 * Kernel: process_madvise(MADV_PAGEOUT, 5.10): mm/madvise.c -> reclaim_pages() -> mm/vmscan.c
 * shrink_folio_list() -> try_to_unmap(): a window of one page each, event CLEAR; the guest's next
 * touch is a fault that reads the page back (do_swap_page).
 * Silent when: there is nowhere to swap to, or a page is shared or in use: MADV_PAGEOUT passes over
 * it without a word. Hence pages are looked at: gone now and not before, and back when the next go.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "counters/counters.h"
#include "look.h"
#include "zram.h"

#define BATCH 16u
#define PAUSE_NS NSEC_PER_MSEC
#define SPARE_BYTES (16ull << 20)

struct state {
	struct look look;
	struct zram zram;
	struct source_thp thp;
	uint32_t cursor;
	uint64_t hva; /* of the last batch, and how many pages it has */
	uint32_t n;
	uint64_t out_entry[BATCH]; /* right after it went */
	uint64_t out, back, pswpout_before;
};

static int reclaim_probe(const struct env *env, char *why, size_t size)
{
	return source_not_hugetlb(env, "are never swapped", why, size)
		       ?: zram_probe(env, why, size);
}

static int reclaim_start(struct env *env, void *state)
{
	struct state *s = state;
	uint64_t bytes = (uint64_t)env->pages * PAGE_BYTES;
	int err = source_calm(env);

	s->pswpout_before = vmstat_read("pswpout");
	if (!err)
		err = source_thp_never(env, &s->thp);
	if (!err)
		err = look_open(&s->look, env, 1);
	if (!err)
		err = zram_make(&s->zram, env, bytes + bytes / 4 + SPARE_BYTES);
	source_split_all(env);
	return err;
}

/* How many of the @n pages are present, but were not in @was, or the other way round. */
static uint32_t turned(const uint64_t *was, const uint64_t *now, uint32_t n, bool present)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += !(was[i] & LOOK_PRESENT) == present && !(now[i] & LOOK_PRESENT) != present;
	return count;
}

/*
 * Twice: up to 6.8 a page that KVM's accessed bits tell of is kept and only loses them ("mm:
 * madvise: pageout: ignore references rather than clearing young", 6.9).
 */
static int page_out(const struct env *env, uint64_t hva, uint32_t n)
{
	struct iovec range = {(void *)(uintptr_t)hva, (size_t)n * PAGE_BYTES};
	int err = source_madvise(env, &range, 1, MADV_PAGEOUT);

	if (!err)
		err = source_madvise(env, &range, 1, MADV_PAGEOUT);
	return err ? err_sys(err, "cannot page out memory of QEMU (%d)", env->qemu_pid) : 0;
}

/* The pages of the step before may have come back; then the next ones go. */
static int reclaim_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	uint64_t before[BATCH];
	int n, err;

	*again_ns = PAUSE_NS;
	n = look_at(&s->look, s->hva, s->n, before);
	if (n < 0)
		return n;
	s->back += turned(s->out_entry, before, (uint32_t)n, true);
	s->hva = source_hva(env, s->cursor, &s->n);
	s->n = s->n < BATCH ? s->n : BATCH;
	s->cursor = (s->cursor + s->n) % env->pages;
	n = look_at(&s->look, s->hva, s->n, before);
	err = n < 0 ? n : page_out(env, s->hva, s->n);
	if (err)
		return err;
	n = look_at(&s->look, s->hva, s->n, s->out_entry);
	if (n < 0)
		return n;
	s->out += turned(before, s->out_entry, (uint32_t)n, false);
	return 0;
}

static int reclaim_stop(struct env *env, void *state)
{
	struct state *s = state;
	int err = zram_end(&s->zram, env);

	look_close(&s->look);
	return source_thp_restore(env, &s->thp) ?: err;
}

static int reclaim_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;
	uint64_t needed = source_needed(env->pages) / 2;

	out[0] = (struct proof){"pages_swapped_out", s->out, needed};
	out[1] = (struct proof){"pages_brought_back", s->back, needed};
	out[2] = (struct proof){"pswpout", vmstat_read("pswpout") - s->pswpout_before, needed};
	return 3;
}

const struct source source_reclaim = {
	.name = "reclaim",
	.help = "the guest's pages are swapped out to zram of ours (MADV_PAGEOUT)",
	.proof_help = "pages_swapped_out, pages_brought_back: test pages; pswpout",
	.state_bytes = sizeof(struct state),
	.probe = reclaim_probe,
	.start = reclaim_start,
	.step = reclaim_step,
	.stop = reclaim_stop,
	.proof = reclaim_proof,
};
