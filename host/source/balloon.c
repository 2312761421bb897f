/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * balloon.c - the guest's balloon is inflated and deflated by turns (QMP balloon): the guest gives
 * free pages away, and QEMU discards each.
 *
 * Kernel: drivers/virtio/virtio_balloon.c in the guest; QEMU's virtio_balloon_handle_output() ->
 * ram_block_discard_range(): madvise(MADV_DONTNEED), on shared memory fallocate(PUNCH_HOLE), a
 * window of one page each, event CLEAR. A page that the guest takes back comes as an empty one.
 * These are never test pages, which the guest does not give away; for those there is punch.
 * Silent when: the guest has no driver. Hence the balloon's actual size (query-balloon).
 */
#include <errno.h>
#include <inttypes.h>

#include "common.h"
#include "vm/qmp.h"

#define POLL_NS (10 * NSEC_PER_MSEC)
#define BALLOON_BYTES (16ull << 20)

struct state {
	uint64_t full, last; /* of the VM, bytes */
	bool inflating;
	uint64_t pages; /* given away and taken back */
};

static int balloon_probe(const struct env *env, char *why, size_t size)
{
	/* The VM is made with one; what QEMU cannot discard it passes over. */
	return source_not_hugetlb(env, "cannot be discarded in pieces", why, size);
}

static int actual(const struct env *env, uint64_t *bytes)
{
	json_t *ret = NULL;
	int err = qmp_command(env->qmp, "query-balloon", NULL, &ret, false);

	*bytes = (uint64_t)json_integer_value(json_object_get(ret, "actual"));
	json_decref(ret);
	return err;
}

static int resize(const struct env *env, uint64_t bytes)
{
	return qmp_command(env->qmp, "balloon", json_pack("{s:I}", "value", (json_int_t)bytes),
			   NULL, false);
}

static int balloon_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_calm(env);

	if (!err)
		err = actual(env, &s->full);
	s->last = s->full;
	return err;
}

static int balloon_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	uint64_t target = s->full - (s->inflating ? BALLOON_BYTES : 0), now;
	int err = actual(env, &now);

	*again_ns = POLL_NS;
	if (err)
		return err;
	s->pages += (now > s->last ? now - s->last : s->last - now) / PAGE_BYTES;
	s->last = now;
	if (now != target)
		return 0;
	s->inflating = !s->inflating;
	return resize(env, s->full - (s->inflating ? BALLOON_BYTES : 0));
}

static int balloon_stop(struct env *env, void *state)
{
	const struct state *s = state;

	return s->full ? resize(env, s->full) : 0;
}

static int balloon_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	out[0] = (struct proof){"balloon_pages", s->pages, source_needed(env->pages)};
	return 1;
}

const struct source source_balloon = {
	.name = "balloon",
	.help = "the guest's balloon is inflated and deflated by turns (QMP)",
	.proof_help = "balloon_pages: given away and taken back, of the guest's free ones",
	.balloon = true,
	.state_bytes = sizeof(struct state),
	.probe = balloon_probe,
	.start = balloon_start,
	.step = balloon_step,
	.stop = balloon_stop,
	.proof = balloon_proof,
};
