/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * remap.c - guest RAM gets another protection, and is moved away and back: what VMMs other than
 * QEMU do to it. QEMU is made to make these system calls (vm/inject.h).
 *
 * Kernel: mprotect(2) to and from PROT_EXEC, which takes nothing from the guest: mm/mprotect.c
 * change_protection(), a window of event PROTECTION_VMA while vCPUs run. mremap(2) to another
 * address and back: mm/mremap.c move_page_tables(), a window of event UNMAP each, and one more for
 * the mapping that is replaced; nothing is where KVM looks in between, so the vCPUs are stopped
 * meanwhile (QMP stop, cont). The pages stay the same frames throughout.
 * Silent when: a call answers an error, or moves to where the pages are. Hence each answer is
 * looked at; the guest finds pages that have not come back.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "common.h"
#include "vm/inject.h"
#include "vm/qmp.h"

#define PAUSE_NS (5 * NSEC_PER_MSEC)
#define PIECE_PAGES 512u
#define RW (PROT_READ | PROT_WRITE)

struct state {
	uint32_t cursor;
	uint64_t protected, moved;
};

static int move(const struct env *env, uint64_t from, uint64_t bytes, uint64_t to, uint64_t *at)
{
	const uint64_t arg[6] = {from, bytes, bytes, MREMAP_MAYMOVE | (to ? MREMAP_FIXED : 0), to};
	int64_t ret = 0;
	int err = inject_call_soon(env->qemu_pid, SYS_mremap, arg, &ret);

	*at = (uint64_t)ret;
	if (err)
		return err;
	return ret < 0 && ret > -4096 ? err_sys((int)ret, "QEMU's mremap") : 0;
}

static int protect(struct env *env, struct state *s, uint64_t hva, uint64_t bytes)
{
	const uint64_t to[6] = {hva, bytes, RW | PROT_EXEC}, back[6] = {hva, bytes, RW};
	int64_t ret = 0;
	int err = inject_call(env->qemu_pid, SYS_mprotect, to, &ret);

	if (!err && !ret)
		err = inject_call_soon(env->qemu_pid, SYS_mprotect, back, &ret);
	if (err)
		return err;
	s->protected += !ret;
	return ret ? err_sys((int)ret, "QEMU's mprotect") : 0;
}

/* Away to where the kernel finds room: first a new mapping is made there, which is replaced. */
static int there_and_back(struct env *env, struct state *s, uint64_t hva, uint64_t bytes)
{
	const uint64_t arg[6] = {0, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1ull, 0};
	int64_t room = 0;
	uint64_t at;
	int err = inject_call_soon(env->qemu_pid, SYS_mmap, arg, &room);

	if (err || (room < 0 && room > -4096))
		return err ?: err_sys((int)room, "QEMU's mmap");
	err = move(env, hva, bytes, (uint64_t)room, &at);
	if (!err)
		err = move(env, at, bytes, hva, &at);
	s->moved += !err && at == hva;
	return err;
}

static int remap_probe(const struct env *env, char *why, size_t size)
{
	int err = source_not_hugetlb(env, "cannot be moved in pieces", why, size);

	return err ? err : inject_probe(why, size);
}

static int remap_start(struct env *env, void *state)
{
	(void)state;
	return source_calm(env);
}

static int remap_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	uint32_t left;
	uint64_t hva = source_hva(env, s->cursor, &left), bytes;
	int err, go_on;

	*again_ns = PAUSE_NS;
	left = left < PIECE_PAGES ? left : PIECE_PAGES;
	bytes = (uint64_t)left * PAGE_BYTES;
	s->cursor = (s->cursor + left) % env->pages;
	err = protect(env, s, hva, bytes);
	if (err)
		return err;
	err = qmp_pause(env->qmp);
	if (!err)
		err = there_and_back(env, s, hva, bytes);
	go_on = qmp_resume(env->qmp);
	return err ?: go_on;
}

static int remap_stop(struct env *env, void *state)
{
	(void)env, (void)state;
	return 0;
}

static int remap_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	(void)env;
	out[0] = (struct proof){"pieces_protected", s->protected, 3};
	out[1] = (struct proof){"pieces_moved", s->moved, 3};
	return 2;
}

const struct source source_remap = {
	.name = "remap",
	.help = "mprotect and mremap of guest RAM, made by QEMU itself (ptrace)",
	.proof_help = "pieces_protected, pieces_moved: of test memory, there and back",
	.state_bytes = sizeof(struct state),
	.probe = remap_probe,
	.start = remap_start,
	.step = remap_step,
	.stop = remap_stop,
	.proof = remap_proof,
};
