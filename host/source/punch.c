/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * punch.c - guest RAM is discarded with its words, and comes back empty: what virtio-mem,
 * virtio-balloon and postcopy make QEMU do.
 *
 * Kernel: madvise(MADV_DONTNEED), mm/madvise.c -> zap_page_range_single() (to 6.3
 * zap_page_range()); on shared memory MADV_REMOVE -> shmem_fallocate() -> unmap_mapping_range():
 * one window, event CLEAR. QEMU is made to call it (vm/inject.h): for another process madvise does
 * neither. The guest is told before which pages may read as zero, and after that they must have
 * (DISCARD). Silent when: nothing is discarded, which the guest would find: its pages would still
 * hold words.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "look.h"
#include "vm/chan.h"
#include "vm/guest.h"
#include "vm/inject.h"

#define PIECE_PAGES 64u
#define POLL_NS (500 * NSEC_PER_USEC)
#define AGAIN_NS (200 * NSEC_PER_MSEC) /* an answer that has not come by then is lost */

struct state {
	struct look look;
	struct proto_discard told;
	bool waiting; /* for the answer to it */
	uint64_t sent_ns;
	uint32_t cursor;
	uint64_t punched, ranges;
};

static int punch_probe(const struct env *env, char *why, size_t size)
{
	if (env && env->backend == BACKEND_HUGETLB) {
		snprintf(why, size,
			 "huge pages of hugetlb cannot be discarded in pieces "
			 "(--backend)");
		return -EINVAL;
	}
	return inject_probe(why, size);
}

static int punch_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_calm(env);

	return err ? err : look_open(&s->look, env, 1);
}

static int tell(const struct env *env, struct state *s, uint32_t first, uint32_t pages, bool gone)
{
	s->told = (struct proto_discard){env->guest->epoch, first, pages, gone};
	s->waiting = true;
	s->sent_ns = mono_ns();
	return chan_send(env->chan, PROTO_DISCARD, &s->told, sizeof(s->told));
}

/* The next pages in one piece of QEMU's memory. */
static int tell_next(const struct env *env, struct state *s)
{
	uint32_t left;

	(void)source_hva(env, s->cursor, &left);
	return tell(env, s, s->cursor, left < PIECE_PAGES ? left : PIECE_PAGES, false);
}

/* They are the guest's to lose now. What is not punched is told of again. */
static int punch(const struct env *env, struct state *s)
{
	uint32_t left, pages = s->told.pages;
	uint64_t hva = source_hva(env, s->told.first, &left), was[PIECE_PAGES], now[PIECE_PAGES];
	const uint64_t arg[6] = {hva, (uint64_t)pages * SOURCE_PAGE,
				 backend_is_shared(env->backend) ? MADV_REMOVE : MADV_DONTNEED};
	int64_t ret = 0;
	int n = look_at(&s->look, hva, pages, was);
	int err = n < 0 ? n : inject_call(env->qemu_pid, SYS_madvise, arg, &ret);

	if (err == -EAGAIN)
		return 0; /* the answer stands: the next step tries again */
	if (err || ret)
		return err ?: err_sys((int)ret, "QEMU's madvise");
	n = look_at(&s->look, hva, pages, now);
	for (int i = 0; i < n; i++)
		s->punched += was[i] & ~now[i] & LOOK_PRESENT ? 1 : 0;
	s->cursor = (s->cursor + pages) % env->pages;
	return n < 0 ? n : tell(env, s, s->told.first, pages, true);
}

static int punch_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	const struct proto_discard *d = &env->guest->discarded;
	bool known = d->pages == s->told.pages && d->first == s->told.first &&
		     d->gone == s->told.gone && d->epoch == s->told.epoch;

	*again_ns = POLL_NS;
	if (!s->waiting)
		return tell_next(env, s);
	if (known && !s->told.gone)
		return punch(env, s);
	if (known) {
		s->ranges++;
		return tell_next(env, s);
	}
	/* Another epoch has begun, or a frame was lost: what is gone must be told all the same. */
	if (s->told.epoch != env->guest->epoch || mono_ns() - s->sent_ns > AGAIN_NS)
		return tell(env, s, s->told.first, s->told.pages, s->told.gone);
	return 0;
}

static int punch_stop(struct env *env, void *state)
{
	struct state *s = state;

	(void)env;
	look_close(&s->look);
	return 0;
}

static int punch_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	out[0] = (struct proof){"pages_punched", s->punched, source_needed(env->pages) / 2};
	out[1] = (struct proof){"ranges_told", s->ranges, 2};
	return 2;
}

const struct source source_punch = {
	.name = "punch",
	.help = "guest RAM is discarded with its words, which the guest is told of",
	.proof_help = "pages_punched: test pages gone; ranges_told: and filled anew",
	.state_bytes = sizeof(struct state),
	.probe = punch_probe,
	.start = punch_start,
	.step = punch_step,
	.stop = punch_stop,
	.proof = punch_proof,
};
