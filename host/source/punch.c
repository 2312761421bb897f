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
#include <sys/mman.h>
#include <sys/syscall.h>

#include "discard.h"
#include "vm/inject.h"

#define PIECE_PAGES 64u

static int punch_probe(const struct env *env, char *why, size_t size)
{
	int err = source_not_hugetlb(env, "cannot be discarded in pieces", why, size);

	return err ? err : inject_probe(why, size);
}

static int punch_start(struct env *env, void *state)
{
	int err = source_calm(env);

	return err ? err : discard_open(state, env, PIECE_PAGES, env->pages);
}

static int punch(const struct env *env, uint64_t hva, uint64_t bytes)
{
	const uint64_t arg[6] = {hva, bytes,
				 backend_is_shared(env->backend) ? MADV_REMOVE : MADV_DONTNEED};
	int64_t ret = 0;
	int err = inject_call(env->qemu_pid, SYS_madvise, arg, &ret);

	if (err || !ret)
		return err;
	return err_sys((int)ret, "QEMU's madvise");
}

static int punch_step(struct env *env, void *state, uint64_t *again_ns)
{
	return discard_step(state, env, punch, again_ns);
}

static int punch_stop(struct env *env, void *state)
{
	(void)env;
	discard_close(state);
	return 0;
}

static int punch_proof(struct env *env, void *state, struct proof *out)
{
	const struct discard *d = state;

	out[0] = (struct proof){"pages_punched", d->gone, source_needed(env->pages) / 2};
	out[1] = (struct proof){"ranges_told", d->ranges, 2};
	return 2;
}

const struct source source_punch = {
	.name = "punch",
	.help = "guest RAM is discarded with its words, which the guest is told of",
	.proof_help = "pages_punched: test pages gone; ranges_told: and filled anew",
	.state_bytes = sizeof(struct discard),
	.probe = punch_probe,
	.start = punch_start,
	.step = punch_step,
	.stop = punch_stop,
	.proof = punch_proof,
};
