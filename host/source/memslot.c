/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memslot.c - a memory slot comes and goes, as when memory is plugged and unplugged, a device's RAM
 * BAR is moved, or a machine's firmware switches shadow RAM. QEMU is made to ask KVM for it
 * (vm/kvm_ioctl.h): no guest has to agree, and any machine will do. The slot lies where the guest
 * has nothing.
 *
 * Kernel: KVM_SET_USER_MEMORY_REGION with size 0 -> virt/kvm/kvm_main.c kvm_delete_memslot() ->
 * kvm_arch_flush_shadow_memslot() -> kvm_mmu_zap_all_fast(): on x86 deleting any slot zaps all
 * roots, with all that the guest had mapped through them, by KVM itself and without a notifier
 * window. (6.12 made that a quirk, KVM_X86_QUIRK_SLOT_ZAP_ALL, which is on unless a VMM says
 * otherwise; QEMU does not.) The guest's next touch of each page is a fault.
 * Silent when: only the slot's own mappings go. Hence KVM's count of mapped pages is read right
 * before and right after.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <unistd.h>

#include "common.h"
#include "vm/inject.h"
#include "vm/kvm_ioctl.h"

#define PAUSE_NS (20 * NSEC_PER_MSEC)
#define SLOT 500u		     /* QEMU counts from 0 */
#define GUEST_ADDRESS (508ull << 30) /* fits any machine's physical addresses */
#define SLOT_BYTES (16 * PAGE_BYTES)

struct state {
	struct kvm_ioctl kvm;
	uint64_t deleted, zapped;
};

static char *count_path(pid_t qemu, int fd, const char *name)
{
	return str_format("/sys/kernel/debug/kvm/%d-%d/%s", (int)qemu, fd, name);
}

/* What is mapped just now, in mappings of any size. */
static int mapped(const struct state *s, uint64_t *n)
{
	static const char *const sizes[] = {"pages_4k", "pages_2m", "pages_1g"};

	*n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		auto_free char *path = count_path(s->kvm.pid, s->kvm.fd, sizes[i]);
		uint64_t count;
		int err = path ? file_u64(path, &count) : -ENOMEM;

		if (err)
			return err_sys(err, "cannot read %s", path ?: sizes[i]);
		*n += count;
	}
	return 0;
}

static int memslot_probe(const struct env *env, char *why, size_t size)
{
	(void)env;
	if (access("/sys/kernel/debug/kvm", F_OK)) {
		snprintf(why, size,
			 "no /sys/kernel/debug/kvm with KVM's counts (mount -t debugfs none "
			 "/sys/kernel/debug)");
		return -ENOENT;
	}
	return inject_probe(why, size);
}

static int memslot_start(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_calm(env);

	return err ? err : kvm_ioctl_open(&s->kvm, env->qemu_pid, SLOT_BYTES);
}

static int set_slot(const struct state *s, uint64_t bytes)
{
	struct kvm_userspace_memory_region region = {
		.slot = SLOT,
		.guest_phys_addr = GUEST_ADDRESS,
		.memory_size = bytes,
		.userspace_addr = kvm_ioctl_room(&s->kvm),
	};
	int err = kvm_ioctl_call(&s->kvm, KVM_SET_USER_MEMORY_REGION, &region, sizeof(region));

	return err < 0 ? err_sys(err, "KVM does not %s a memory slot", bytes ? "take" : "delete")
		       : 0;
}

static int memslot_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	uint64_t before, after;
	int err = set_slot(s, SLOT_BYTES);

	(void)env;
	*again_ns = PAUSE_NS;
	if (!err)
		err = mapped(s, &before);
	if (!err)
		err = set_slot(s, 0);
	if (!err)
		err = mapped(s, &after);
	if (err)
		return err;
	s->deleted++;
	s->zapped += before > after ? before - after : 0;
	return 0;
}

static int memslot_stop(struct env *env, void *state)
{
	struct state *s = state;

	kvm_ioctl_close(&s->kvm, env->over);
	return 0;
}

static int memslot_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;
	uint64_t needed = source_needed(env->pages);

	out[0] = (struct proof){"slots_deleted", s->deleted, 2};
	out[1] = (struct proof){"mappings_zapped", s->zapped,
				backend_is_huge(env->backend) ? 2 : needed};
	return 2;
}

const struct source source_memslot = {
	.name = "memslot",
	.help = "a memory slot made and deleted, as by hot-unplug: KVM zaps all roots",
	.proof_help = "slots_deleted; mappings_zapped: of the whole guest, by KVM's count",
	.state_bytes = sizeof(struct state),
	.probe = memslot_probe,
	.start = memslot_start,
	.step = memslot_step,
	.stop = memslot_stop,
	.proof = memslot_proof,
};
