/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fork.c - the VM process forks: a control, for no window may come of it.
 *
 * Kernel: kernel/fork.c dup_mmap() -> copy_page_range(), which for private memory write-protects
 * the parent's pages in a window of event PROTECTION_PAGE. QEMU marks guest RAM MADV_DONTFORK
 * (softmmu/physmem.c ram_block_add()), so that it is left out: a window on it would mean that this
 * is not so any more. The child is made by ptrace (vm/inject.h) and never runs.
 * Silent by nature: the proof is the number of forks; tests/lab/sources.t looks for windows.
 */
#include <errno.h>

#include "common.h"
#include "vm/inject.h"

#define PAUSE_NS (10 * NSEC_PER_MSEC)

struct state {
	uint64_t forks;
};

static int fork_probe(const struct env *env, char *why, size_t size)
{
	(void)env;
	return inject_probe(why, size);
}

static int fork_start(struct env *env, void *state)
{
	(void)state;
	return source_calm(env);
}

static int fork_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	int err = inject_fork(env->qemu_pid);

	*again_ns = PAUSE_NS;
	s->forks += !err;
	return err;
}

static int fork_stop(struct env *env, void *state)
{
	(void)env, (void)state;
	return 0;
}

static int fork_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	(void)env;
	out[0] = (struct proof){"forks", s->forks, 3};
	return 1;
}

const struct source source_fork = {
	.name = "fork",
	.help = "the VM process forks; must not touch guest RAM: a control",
	.proof_help = "forks: of QEMU, made by ptrace",
	.state_bytes = sizeof(struct state),
	.probe = fork_probe,
	.start = fork_start,
	.step = fork_step,
	.stop = fork_stop,
	.proof = fork_proof,
};
