/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * block_offline.c - a whole block of the host's memory that holds test pages is taken offline, as
 * before a DIMM is pulled, and comes back online at once.
 *
 * Kernel: "offline" to /sys/devices/system/memory/memoryN/state: mm/memory_hotplug.c
 * offline_pages() -> do_migrate_range() -> migrate_pages() -> try_to_migrate(): a window of one
 * page each, event CLEAR. A block with a page that can never move says EBUSY at once; for one that
 * cannot move just now the kernel tries for ever, and only a signal ends that: so a process of its
 * own writes, and is killed when it takes too long. "online" is owed from before that on.
 * Most blocks have a page of the kernel's own: memblock_loosen(). Those with a frame that is out of
 * use (offline.c) would not come online again, and are let be.
 * Silent when: the block's pages are not the guest's. Hence frames are looked at before and after.
 * Only in the lab: what else lies in the block would move as well.
 */
#include <errno.h>
#include <stdio.h>

#include "base/writer.h"
#include "look.h"
#include "memblock.h"

#define POLL_NS (2 * NSEC_PER_MSEC)
#define STRIDE 61u /* a prime: another page, and so maybe another block, each time */
#define NEEDED 8u
#define LIMIT_NS (4 * NSEC_PER_SEC) /* a block full of pages in use */

struct state {
	struct look look;
	struct source_thp thp;
	uint64_t block_pages; /* frames in a block */
	uint32_t cursor;
	struct writer writer;
	uint64_t block;
	char path[MEMBLOCK_PATH_BYTES];
	uint64_t offlined, moved, refused, poisoned;
};

static int block_probe(const struct env *env, char *why, size_t size)
{
	int err = source_has(NULL, MEMBLOCK_SIZE, why, size);

	if (err || !env || !env->knobs || env->disposable)
		return err;
	snprintf(why, size, "it is for the lab: what else lies in the block would move");
	return -EPERM;
}

static int block_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_calm(env);

	if (!err)
		err = memblock_pages(&s->block_pages);
	if (!err)
		err = source_thp_never(env, &s->thp);
	if (!err)
		err = look_open(&s->look, env, LOOK_MAX_PAGES);
	source_split_all(env);
	return err;
}

/* The block of the next page that we look at. */
static int begin(struct env *env, struct state *s)
{
	uint64_t entry;
	int err = look_again(&s->look, env);

	s->cursor = (s->cursor + STRIDE) % s->look.n;
	entry = s->look.now[s->cursor];
	if (err || !(entry & LOOK_PRESENT) || !LOOK_PFN(entry))
		return err;
	s->block = LOOK_PFN(entry) / s->block_pages;
	err = memblock_poisoned(s->block);
	s->poisoned += err > 0;
	if (err)
		return err < 0 ? err : 0;
	err = knob_owe_write(env->knobs, memblock_path(s->path, s->block), "online");
	return err ? err : writer_start(&s->writer, s->path, "offline", LIMIT_NS);
}

/* EBUSY, a signal after too long, and others: not this block. */
static int ended(struct env *env, struct state *s, bool gone)
{
	int err = look_again(&s->look, env);

	if (gone)
		memblock_movable(s->path);
	s->offlined += gone;
	s->refused += !gone;
	if (gone && !err)
		s->moved += look_left(&s->look, s->block * s->block_pages, s->block_pages);
	return knob_pay(env->knobs, s->path) ?: err;
}

static int block_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	int err;

	*again_ns = POLL_NS;
	if (!s->writer.pid)
		return begin(env, s);
	err = writer_poll(&s->writer);
	return err == -EINPROGRESS ? 0 : ended(env, s, !err);
}

/* From a writer that does not end, "online" stays owed until the run's end. */
static int block_stop(struct env *env, void *state)
{
	struct state *s = state;
	int err = writer_stop(&s->writer);

	if (!err && *s->path)
		err = knob_pay(env->knobs, s->path);
	look_close(&s->look);
	return source_thp_restore(env, &s->thp) ?: err;
}

static int block_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	(void)env;
	out[0] = (struct proof){"blocks_offlined", s->offlined, 1};
	out[1] = (struct proof){"pages_moved_off", s->moved, NEEDED};
	out[2] = (struct proof){"blocks_refused", s->refused, 0};
	return 3;
}

static void block_why(struct env *env, void *state, char *why, size_t size)
{
	(void)env;
	snprintf(why, size, "%s", ((struct state *)state)->poisoned ? MEMBLOCK_POISONED : "");
}

const struct source source_block_offline = {
	.name = "block-offline",
	.help = "a block of the host's memory offline and online again (lab)",
	.proof_help = "blocks_offlined; pages_moved_off: test pages; blocks_refused",
	.state_bytes = sizeof(struct state),
	.before = memblock_loosen,
	.probe = block_probe,
	.start = block_start,
	.step = block_step,
	.stop = block_stop,
	.proof = block_proof,
	.why = block_why,
};
