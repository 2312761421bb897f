/* SPDX-License-Identifier: GPL-2.0-only */
/* discard.c - see discard.h. */
#include <errno.h>

#include "discard.h"
#include "vm/chan.h"
#include "vm/guest.h"

#define POLL_NS (500 * NSEC_PER_USEC)
#define AGAIN_NS (200 * NSEC_PER_MSEC) /* an answer that has not come by then is lost */

int discard_open(struct discard *d, const struct env *env, uint32_t piece, uint32_t among)
{
	d->piece = piece;
	d->among = among < env->pages ? among : env->pages;
	return look_open(&d->look, env, 1);
}

void discard_close(struct discard *d)
{
	look_close(&d->look);
}

static int tell(struct discard *d, const struct env *env, uint32_t first, uint32_t pages, bool gone)
{
	d->told = (struct proto_discard){env->guest->epoch, first, pages, gone};
	d->waiting = true;
	d->sent_ns = mono_ns();
	return chan_send(env->chan, PROTO_DISCARD, &d->told, sizeof(d->told));
}

/* The next pages in one piece of QEMU's memory. */
static int tell_next(struct discard *d, const struct env *env)
{
	uint32_t left;

	(void)source_hva(env, d->cursor, &left);
	left = left < d->among - d->cursor ? left : d->among - d->cursor;
	return tell(d, env, d->cursor, left < d->piece ? left : d->piece, false);
}

/* They are the guest's to lose now. What is not taken is told of again. */
static int take_them(struct discard *d, const struct env *env, discard_take *take)
{
	uint32_t left, pages = d->told.pages;
	uint64_t was[PROTO_MAX_DISCARD], now[PROTO_MAX_DISCARD];
	uint64_t hva = source_hva(env, d->told.first, &left);
	int n = look_at(&d->look, hva, pages, was);
	int err = n < 0 ? n : take(env, hva, (uint64_t)pages * PAGE_BYTES);

	if (err)
		return err; /* -EAGAIN: the answer stands, the next step tries again */
	n = look_at(&d->look, hva, pages, now);
	for (int i = 0; i < n; i++)
		d->gone += was[i] & ~now[i] & LOOK_PRESENT ? 1 : 0;
	d->cursor = (d->cursor + pages) % d->among;
	return n < 0 ? n : tell(d, env, d->told.first, pages, true);
}

int discard_step(struct discard *d, const struct env *env, discard_take *take, uint64_t *again_ns)
{
	const struct proto_discard *answer = &env->guest->discarded;
	bool known = answer->pages == d->told.pages && answer->first == d->told.first &&
		     answer->gone == d->told.gone && answer->epoch == d->told.epoch;

	*again_ns = POLL_NS;
	if (!d->waiting)
		return tell_next(d, env);
	if (known && !d->told.gone)
		return take_them(d, env, take);
	if (known) {
		d->ranges++;
		return tell_next(d, env);
	}
	/* Another epoch has begun, or a frame was lost: what is gone must be told all the same. */
	if (d->told.epoch != env->guest->epoch || mono_ns() - d->sent_ns > AGAIN_NS)
		return tell(d, env, d->told.first, d->told.pages, d->told.gone);
	return 0;
}
