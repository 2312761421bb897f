/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dirty_log.c - QEMU switches KVM's dirty log on for all memory, reads it and switches it off, by
 * turns as its measurement of the dirty rate does it (QMP calc-dirty-rate, mode dirty-bitmap) and
 * as the first half of a migration, which is then called off.
 *
 * Kernel: KVM_SET_USER_MEMORY_REGION with KVM_MEM_LOG_DIRTY_PAGES -> kvm_mmu_slot_apply_flags():
 * huge mappings are split and all are write-protected, under mmu_lock, by KVM itself and without a
 * notifier window; the guest's next write to a page is a fault that puts it into the log.
 * Silent when: QEMU measures nothing, or the log stays empty: hence the rate that it tells. Or the
 * log is not complete: hence the oracle (dirty_oracle.h), which reads it beside QEMU; a page that
 * the guest wrote and that the log does not have fails the run.
 */
#include <errno.h>

#include "dirty_oracle.h"
#include "dirty_rate.h"
#include "precopy.h"
#include "vm/inject.h"

#define POLL_NS (20 * NSEC_PER_MSEC)

struct state {
	bool asked, migrating;
	uint64_t measured, mib_per_s;
	struct dirty_oracle oracle;
	struct precopy precopy;
};

static int dirty_log_probe(const struct env *env, char *why, size_t size)
{
	(void)env; /* a KVM without a log is not known; QEMU must be 6.2 or later */
	return inject_probe(why, size);
}

static int dirty_log_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_calm(env);

	return err ? err : oracle_open(&s->oracle, env);
}

/* One measurement. */
static int measure(struct env *env, struct state *s)
{
	uint64_t rate;
	int err = dirty_rate_told(env, &rate);

	if (err == -EAGAIN || err == -ENODATA)
		return oracle_step(&s->oracle);
	if (err)
		return err;
	s->asked = false;
	s->migrating = true;
	s->measured++;
	s->mib_per_s += rate;
	oracle_next(&s->oracle);
	return 0;
}

static int dirty_log_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	bool over = false;
	int err;

	*again_ns = POLL_NS;
	if (!s->migrating && s->asked)
		return measure(env, s);
	if (!s->migrating) {
		err = dirty_rate_ask(env);
		s->asked = !err;
		return err;
	}
	err = precopy_step(&s->precopy, env, &over);
	s->migrating = !over;
	return err;
}

static int dirty_log_stop(struct env *env, void *state)
{
	struct state *s = state;
	int err = env->over ? 0 : precopy_stop(&s->precopy, env);

	if (!err && !env->over && s->asked)
		err = dirty_rate_wait(env);
	oracle_close(&s->oracle, env->over);
	return err;
}

static int dirty_log_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	(void)env;
	out[0] = (struct proof){"dirty_logs_read", s->measured, 1};
	out[1] = (struct proof){"dirty_mib_per_s", s->mib_per_s, 1};
	out[2] = (struct proof){"written_pages_looked_up", s->oracle.written, 8};
	out[3] = (struct proof){"migrations_called_off", s->precopy.done, 1};
	return 4;
}

static uint64_t dirty_log_unlogged(const void *state)
{
	return ((const struct state *)state)->oracle.missed;
}

const struct source source_dirty_log = {
	.name = "dirty-log",
	.help = "KVM's dirty log on, read and off again, as migration does (QMP)",
	.proof_help = "dirty_logs_read; dirty_mib_per_s: sum of rates; written_pages_looked_up: in "
		      "the log; migrations_called_off",
	.state_bytes = sizeof(struct state),
	.probe = dirty_log_probe,
	.start = dirty_log_start,
	.step = dirty_log_step,
	.stop = dirty_log_stop,
	.proof = dirty_log_proof,
	.unlogged = dirty_log_unlogged,
};
