/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * offline.c - test pages are soft-offlined, as a host's daemon does with frames whose memory begins
 * to fail: what the frame held moves to another, and the frame is used no more.
 *
 * Kernel: madvise(MADV_SOFT_OFFLINE), which only a process itself may ask for (QEMU is made to, see
 * vm/inject.h): mm/memory-failure.c soft_offline_page() -> migrate_pages() -> try_to_migrate(): a
 * window of one page, event CLEAR. The frame is given back at once by debugfs
 * (hwpoison/unpoison-pfn, of the module hwpoison-inject), and stands in the journal meanwhile.
 * Where that file is missing, the source refuses; but in the lab, whose kernel ends with the run.
 * Silent when: the page was busy and stayed: hence the frame is looked at before and after.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "look.h"
#include "vm/inject.h"

#define SOFT_OFFLINE 101 /* MADV_SOFT_OFFLINE, which libc's headers lack */
#define UNPOISON "/sys/kernel/debug/hwpoison/unpoison-pfn"
#define PAUSE_NS (2 * NSEC_PER_MSEC)
#define STRIDE 61u /* a prime: pages all over the memory, each once */
#define LEFT_MOST 1024u
#define NEEDED 8u

struct state {
	struct look look;
	struct source_thp thp;
	bool can_undo;
	uint32_t cursor;
	uint64_t moved, busy, undone;
};

static int offline_probe(const struct env *env, char *why, size_t size)
{
	if (access("/proc/sys/vm/memory_failure_recovery", F_OK)) {
		snprintf(why, size,
			 "this kernel takes no frame out of use (CONFIG_MEMORY_FAILURE)");
		return -ENOENT;
	}
	if (access(UNPOISON, F_OK) && env && env->nruns && !env->disposable) {
		snprintf(why, size,
			 "no " UNPOISON " to give frames back (modprobe hwpoison-inject)");
		return -ENOENT;
	}
	return source_not_hugetlb(env, "would go as a whole", why, size) ?: inject_probe(why, size);
}

static int offline_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_calm(env);

	s->can_undo = !access(UNPOISON, F_OK);
	if (!err)
		err = source_thp_never(env, &s->thp);
	if (!err)
		err = look_open(&s->look, env, 1);
	source_split_all(env);
	return err;
}

/* The frame of one page: 0 where there is none just now. */
static int frame_of(const struct state *s, uint64_t hva, uint64_t *pfn)
{
	uint64_t entry;
	int n = look_at(&s->look, hva, 1, &entry);

	*pfn = n == 1 && entry & LOOK_PRESENT ? LOOK_PFN(entry) : 0;
	return n < 0 ? n : 0;
}

/* Busy, pinned or shared just now is no error; the kernel tells of it in many ways. */
static int take_out(struct env *env, struct state *s, uint64_t hva, uint64_t pfn)
{
	const uint64_t arg[6] = {hva, PAGE_BYTES, SOFT_OFFLINE};
	uint64_t now = 0;
	int64_t ret = -EAGAIN;
	int err = inject_call(env->qemu_pid, SYS_madvise, arg, &ret);

	if (!err && (ret == -EPERM || ret == -EINVAL))
		err = err_sys((int)ret, "QEMU's madvise(MADV_SOFT_OFFLINE)");
	if (!err)
		err = frame_of(s, hva, &now);
	s->moved += !err && !ret && now && now != pfn;
	s->busy += !err && ret;
	if (ret && s->can_undo)
		knob_forget(env->knobs, UNPOISON);
	else if (s->can_undo)
		err = knob_pay(env->knobs, UNPOISON) ?: err;
	s->undone += s->can_undo && !ret && !err;
	return err;
}

static int offline_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	uint64_t hva = env_hva(env, s->cursor), pfn;
	char number[24];
	int err;

	*again_ns = PAUSE_NS;
	if (!s->can_undo && s->moved >= LEFT_MOST)
		return 0;
	s->cursor = (s->cursor + STRIDE) % env->pages;
	err = frame_of(s, hva, &pfn);
	if (err || !pfn)
		return err;
	snprintf(number, sizeof(number), "%" PRIu64, pfn);
	err = s->can_undo ? knob_owe_write(env->knobs, UNPOISON, number) : 0;
	return err ? err : take_out(env, s, hva, pfn);
}

static int offline_stop(struct env *env, void *state)
{
	struct state *s = state;

	look_close(&s->look);
	return source_thp_restore(env, &s->thp);
}

static int offline_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	(void)env;
	out[0] = (struct proof){"pages_offlined", s->moved, NEEDED};
	out[1] = (struct proof){"frames_given_back", s->undone, s->can_undo ? NEEDED : 0};
	out[2] = (struct proof){"pages_busy", s->busy, 0};
	return 3;
}

const struct source source_offline = {
	.name = "offline",
	.help = "test pages soft-offlined: moved off frames that go out of use",
	.proof_help = "pages_offlined: on another frame than before; frames_given_back, pages_busy",
	.state_bytes = sizeof(struct state),
	.probe = offline_probe,
	.start = offline_start,
	.step = offline_step,
	.stop = offline_stop,
	.proof = offline_proof,
};
