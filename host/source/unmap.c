/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unmap.c - guest RAM is unmapped and mapped anew, with its words gone: what a VMM does that takes
 * memory from its guest by munmap and gives it other memory by mmap.
 *
 * Kernel: mmap(MAP_FIXED) over the old mapping: mm/mmap.c do_munmap() (since 6.12
 * vms_gather_munmap_vmas(), "mm/mmap: introduce vma_munmap_struct for use in munmap operations") ->
 * unmap_vmas(): one window, event UNMAP. In one system call, so that a vCPU never finds nothing
 * where KVM looks, and no other thread of QEMU can come between. QEMU is made to call it
 * (vm/inject.h) and then to give the new mapping the advice that its guest RAM has. The guest is
 * told before which pages may read as zero, and after that they must have (DISCARD).
 * Silent when: nothing is unmapped, which the guest would find: its pages would still hold words.
 * The pieces are large and few, as each is a mapping of its own from then on.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "discard.h"
#include "vm/inject.h"

#define AMONG_PAGES (8u << 10) /* a process has 65530 mappings at most */

static int unmap_probe(const struct env *env, char *why, size_t size)
{
	if (env && backend_is_shared(env->backend)) {
		snprintf(why, size,
			 "shared memory keeps its words when it is unmapped: remap has it moved");
		return -EINVAL;
	}
	return inject_probe(why, size);
}

static int unmap_start(struct env *env, void *state)
{
	int err = source_calm(env);

	return err ? err : discard_open(state, env, PROTO_MAX_DISCARD / 2, AMONG_PAGES);
}

/* What QEMU has said of all its guest RAM (softmmu/physmem.c ram_block_add()). */
static int advise(const struct env *env, uint64_t hva, uint64_t bytes, int advice)
{
	const uint64_t arg[6] = {hva, bytes, (uint64_t)advice};
	int64_t ret; /* a kernel without KSM or huge pages answers EINVAL, as it does to QEMU */

	return inject_call_soon(env->qemu_pid, SYS_madvise, arg, &ret);
}

static int map_anew(const struct env *env, uint64_t hva, uint64_t bytes)
{
	const uint64_t arg[6] = {hva,
				 bytes,
				 PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
				 -1ull,
				 0};
	int64_t ret = 0;
	int err = inject_call(env->qemu_pid, SYS_mmap, arg, &ret);

	if (err)
		return err;
	if ((uint64_t)ret != hva)
		return err_sys((int)ret, "QEMU's mmap");
	err = advise(env, hva, bytes, MADV_DONTFORK);
	if (!err)
		err = advise(env, hva, bytes, MADV_MERGEABLE);
	if (!err)
		err = advise(env, hva, bytes, MADV_HUGEPAGE);
	return err;
}

static int unmap_step(struct env *env, void *state, uint64_t *again_ns)
{
	return discard_step(state, env, map_anew, again_ns);
}

static int unmap_stop(struct env *env, void *state)
{
	(void)env;
	discard_close(state);
	return 0;
}

static int unmap_proof(struct env *env, void *state, struct proof *out)
{
	const struct discard *d = state;

	out[0] = (struct proof){"pages_unmapped", d->gone, source_needed(env->pages) / 2};
	out[1] = (struct proof){"ranges_mapped_anew", d->ranges, 2};
	return 2;
}

const struct source source_unmap = {
	.name = "unmap",
	.help = "guest RAM unmapped and mapped anew, which the guest is told of",
	.proof_help = "pages_unmapped: test pages gone; ranges_mapped_anew: and filled again",
	.state_bytes = sizeof(struct discard),
	.probe = unmap_probe,
	.start = unmap_start,
	.step = unmap_step,
	.stop = unmap_stop,
	.proof = unmap_proof,
};
