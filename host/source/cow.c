/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cow.c - breaks the sharing of merged pages by writes: the guest's own, and ours of the host's
 * word.
 *
 * The last 8 bytes of each test page are the host's (wire/pattern.h). They are read and written
 * back as they are, so nothing changes but the page's frame, and a flaw that stands there stays
 * visible. Kernel: process_vm_writev -> pin_user_pages_remote(FOLL_WRITE) -> handle_mm_fault ->
 * mm/memory.c do_wp_page -> wp_page_copy (RO -> RW, new frame): a notifier window of one page.
 * Silent when: nothing is merged. Hence cow_ksm (mm/memory.c do_wp_page, since 5.19, "mm/vmstat:
 * add events for ksm cow") and the watched pages both have to move.
 */
#include <errno.h>
#include <sys/uio.h>

#include "counters/counters.h"
#include "ksm.h"
#include "ksm_why.h"

#define BATCH 64u /* well below IOV_MAX; ksmd merges about as many again in the pause */
#define DRAWS 4u  /* tries to hit a page that is merged */
#define PAUSE_NS (2 * NSEC_PER_MSEC)

struct state {
	struct watch watch;
	uint64_t random;
	uint64_t cow_before;
	bool has_cow;
};

static int cow_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = watch_open(&s->watch, env);

	s->random = env->seed;
	s->has_cow = vmstat_find("cow_ksm", &s->cow_before);
	return err ? err : ksm_start(env);
}

/* HVA of the host's word in some page, a merged one if a few draws find any. */
static uint64_t draw_word(struct env *env, struct state *s)
{
	uint32_t i = 0;

	for (unsigned int n = 0; n < DRAWS; n++) {
		i = (uint32_t)(source_random(&s->random) % s->watch.n);
		if (watch_is_merged(&s->watch, i))
			break;
	}
	return env_hva(env, watch_page(&s->watch, i)) + PAGE_BYTES - sizeof(uint64_t);
}

static int rewrite_words(struct env *env, struct state *s)
{
	uint64_t words[BATCH];
	struct iovec remote[BATCH], local = {words, sizeof(words)};
	ssize_t got;

	for (unsigned int i = 0; i < BATCH; i++)
		remote[i] = (struct iovec){(void *)(uintptr_t)draw_word(env, s), sizeof(uint64_t)};
	got = process_vm_readv(env->qemu_pid, &local, 1, remote, BATCH, 0);
	if (got == (ssize_t)sizeof(words))
		got = process_vm_writev(env->qemu_pid, &local, 1, remote, BATCH, 0);
	if (got == (ssize_t)sizeof(words))
		return 0;
	return err_sys(got < 0 ? -errno : -EFAULT, "cannot write guest memory in QEMU (%d)",
		       env->qemu_pid);
}

static int cow_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	int err = watch_for(&s->watch, env, KSM_LOOK_NS);

	*again_ns = PAUSE_NS;
	if (!err && s->watch.merged_now)
		err = rewrite_words(env, s);
	return err;
}

static int cow_stop(struct env *env, void *state)
{
	struct state *s = state;

	watch_close(&s->watch);
	return ksm_stop(env);
}

static int cow_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;
	uint64_t needed = source_needed(env->pages), now = s->cow_before;

	out[0] = (struct proof){"pages_unshared", s->watch.unmerged, (needed + 9) / 10};
	if (!s->has_cow || !vmstat_find("cow_ksm", &now))
		return 1;
	out[1] = (struct proof){"cow_ksm", now - s->cow_before, needed};
	return 2;
}

const struct source source_cow = {
	.name = "cow",
	.help = "writes by guest and host break the sharing that KSM makes",
	.proof_help = "pages_unshared: test pages seen to leave sharing; cow_ksm of /proc/vmstat",
	.state_bytes = sizeof(struct state),
	.probe = ksm_probe,
	.start = cow_start,
	.step = cow_step,
	.stop = cow_stop,
	.proof = cow_proof,
	.why = ksm_why,
};
