/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dirty_log.c - QEMU switches KVM's dirty log on for all memory, reads it and switches it off,
 * again and again: what the first half of every migration does (QMP calc-dirty-rate, mode
 * dirty-bitmap).
 *
 * Kernel: KVM_SET_USER_MEMORY_REGION with KVM_MEM_LOG_DIRTY_PAGES -> kvm_mmu_slot_apply_flags():
 * huge mappings are split and all are write-protected, under mmu_lock, by KVM itself and without a
 * notifier window; the guest's next write to a page is a fault that puts it into the log.
 * Silent when: QEMU measures nothing, or the log stays empty. Hence the rate that it tells after
 * each measurement. The log itself cannot be read from outside QEMU, which only tells the rate, so
 * that a page which the guest wrote and which is missing from the log is not seen: docs/sources.md.
 */
#include <errno.h>
#include <string.h>

#include "common.h"
#include "vm/qmp.h"

#define POLL_NS (20 * NSEC_PER_MSEC)
#define SECONDS 1 /* QEMU takes no less */

struct state {
	bool asked;
	uint64_t measured, mib_per_s;
};

static int dirty_log_probe(const struct env *env, char *why, size_t size)
{
	(void)env, (void)why, (void)size;
	return 0; /* a KVM without it is not known; QEMU must be 6.2 or later */
}

static int dirty_log_start(struct env *env, void *state)
{
	(void)state;
	return source_calm(env);
}

static int ask(struct env *env, struct state *s)
{
	int err = qmp_command(env->qmp, "calc-dirty-rate",
			      json_pack("{s:i, s:s}", "calc-time", SECONDS, "mode", "dirty-bitmap"),
			      NULL, false);

	s->asked = !err;
	return err;
}

static int dirty_log_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	json_t *ret = NULL;
	const char *status;
	int err;

	*again_ns = POLL_NS;
	if (!s->asked)
		return ask(env, s);
	err = qmp_command(env->qmp, "query-dirty-rate", NULL, &ret, false);
	if (err)
		return err;
	status = json_string_value(json_object_get(ret, "status")) ?: "";
	if (!strcmp(status, "measured")) {
		s->asked = false;
		s->measured++;
		s->mib_per_s += (uint64_t)json_integer_value(json_object_get(ret, "dirty-rate"));
	}
	json_decref(ret);
	return 0;
}

static int dirty_log_stop(struct env *env, void *state)
{
	(void)env, (void)state;
	return 0; /* what is being measured ends by itself, within a second */
}

static int dirty_log_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	(void)env;
	out[0] = (struct proof){"dirty_logs_read", s->measured, 1};
	out[1] = (struct proof){"dirty_mib_per_s", s->mib_per_s, 1};
	return 2;
}

const struct source source_dirty_log = {
	.name = "dirty-log",
	.help = "KVM's dirty log on, read and off again, as migration does (QMP)",
	.proof_help = "dirty_logs_read; dirty_mib_per_s: sum of the rates that QEMU tells",
	.state_bytes = sizeof(struct state),
	.probe = dirty_log_probe,
	.start = dirty_log_start,
	.step = dirty_log_step,
	.stop = dirty_log_stop,
	.proof = dirty_log_proof,
};
