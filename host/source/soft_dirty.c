/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * soft_dirty.c - clears the soft-dirty bits of the whole VM process, as CRIU and checkpointers do.
 *
 * Kernel: fs/proc/task_mmu.c clear_refs_write(), "4": one notifier window of event SOFT_DIRTY from
 * address 0 to the end, over all of guest RAM; each page becomes RO, and the guest's next write to
 * it sets the bit again. One clearing zaps everything that KVM has mapped.
 * Silent when: the bit is not built in (CONFIG_MEM_SOFT_DIRTY), where the write succeeds all the
 * same. Hence pages are looked at: bits that were set and are clear, and set again later.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "look.h"

#define PAUSE_NS (5 * NSEC_PER_MSEC)

struct state {
	struct look look;
	uint64_t cleared, dirtied;
	uint64_t found; /* set before a clearing */
};

/* A bit that cannot be set is no bit: of a page of ours just written to. */
static int soft_dirty_probe(const struct env *env, char *why, size_t size)
{
	uint64_t entry = 0;
	auto_close int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	char *page =
		mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page != MAP_FAILED) {
		*(volatile char *)page = 1;
		if (pread(fd, &entry, sizeof(entry),
			  (off_t)((uintptr_t)page / PAGE_BYTES * sizeof(entry))) < 0)
			entry = 0;
		munmap(page, PAGE_BYTES);
	}
	if (entry & LOOK_SOFT_DIRTY)
		return source_not_hugetlb(env, "have no soft-dirty bits", why, size);
	snprintf(why, size, "this kernel has no soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)");
	return -ENOENT;
}

static int soft_dirty_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_calm(env);

	return err ? err : look_open(&s->look, env, LOOK_MAX_PAGES);
}

static int clear_refs(const struct env *env)
{
	auto_free char *path = str_format("/proc/%d/clear_refs", env->qemu_pid);
	int err = path ? file_write(path, "4") : -ENOMEM;

	return err ? err_sys(err, "cannot clear the soft-dirty bits of QEMU (%d)", env->qemu_pid)
		   : 0;
}

static int soft_dirty_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	struct look *l = &s->look;
	int err = look_again(l, env);

	*again_ns = PAUSE_NS;
	for (uint32_t i = 0; i < l->n && !err; i++) {
		s->dirtied += l->now[i] & ~l->before[i] & LOOK_SOFT_DIRTY ? 1 : 0;
		s->found += l->now[i] & LOOK_SOFT_DIRTY ? 1 : 0;
	}
	if (!err)
		err = clear_refs(env);
	if (!err)
		err = look_again(l, env);
	for (uint32_t i = 0; i < l->n && !err; i++)
		s->cleared += l->before[i] & ~l->now[i] & LOOK_SOFT_DIRTY ? 1 : 0;
	return err;
}

/* On shared memory the probes' self-test has cleared the bits before us (probe/selftest.c). */
static void soft_dirty_why(struct env *env, void *state, char *why, size_t size)
{
	const struct state *s = state;

	if (!s->found)
		snprintf(why, size, "no bit was set: nothing was written since all were cleared%s",
			 backend_is_shared(env->backend) ? " by the probes' self-test" : "");
}

static int soft_dirty_stop(struct env *env, void *state)
{
	struct state *s = state;

	(void)env;
	look_close(&s->look);
	return 0;
}

static int soft_dirty_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;
	uint64_t needed = source_needed(s->look.n ?: env->pages);

	out[0] = (struct proof){"soft_dirty_cleared", s->cleared, needed};
	out[1] = (struct proof){"soft_dirty_set_again", s->dirtied, needed};
	return 2;
}

const struct source source_soft_dirty = {
	.name = "soft-dirty",
	.help = "clear_refs 4: the VM's soft-dirty bits, all RAM in one window",
	.proof_help = "soft_dirty_cleared, soft_dirty_set_again: bits of test pages, of a sample",
	.state_bytes = sizeof(struct state),
	.probe = soft_dirty_probe,
	.start = soft_dirty_start,
	.step = soft_dirty_step,
	.stop = soft_dirty_stop,
	.proof = soft_dirty_proof,
	.why = soft_dirty_why,
};
