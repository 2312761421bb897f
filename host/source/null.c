/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * null.c - forces nothing: the idle control that every other phase is compared with.
 *
 * What could make it mislead: somebody else's invalidations. NUMA balancing, which no other source
 * leaves on, is therefore off here too.
 */
#include "common.h"

static int null_probe(const struct env *env, char *why, size_t size)
{
	(void)env, (void)why, (void)size;
	return 0;
}

static int null_start(struct env *env, void *state)
{
	(void)state;
	return source_calm(env);
}

static int null_step(struct env *env, void *state, uint64_t *again_ns)
{
	(void)env, (void)state;
	*again_ns = NSEC_PER_SEC;
	return 0;
}

static int null_stop(struct env *env, void *state)
{
	(void)env, (void)state;
	return 0;
}

static int null_proof(struct env *env, void *state, struct proof *out)
{
	(void)env, (void)state, (void)out;
	return 0;
}

const struct source source_null = {
	.name = "null",
	.help = "forces nothing; the control",
	.proof_help = "none",
	.probe = null_probe,
	.start = null_start,
	.step = null_step,
	.stop = null_stop,
	.proof = null_proof,
};
