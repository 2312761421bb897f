/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kvm_ioctl.h - lets QEMU make an ioctl of ours on its VM's file descriptor. KVM answers only the
 * process that the VM belongs to (virt/kvm/kvm_main.c kvm_vm_ioctl(): -EIO where kvm->mm is not
 * current->mm), so that a descriptor taken out of QEMU (pidfd_getfd) would be of no use.
 */
#ifndef VM_KVM_IOCTL_H
#define VM_KVM_IOCTL_H

#include "base/util.h"

struct kvm_ioctl {
	pid_t pid;
	int fd;		/* QEMU's number of it */
	uint64_t page;	/* in QEMU's memory: the argument, and from the next page on room of ours */
	uint64_t bytes; /* of both; 0: not open */
};

/* Finds the VM and maps a page and @room bytes (whole pages) in QEMU. 0 or -errno (said). */
must_check int kvm_ioctl_open(struct kvm_ioctl *k, pid_t qemu, uint64_t room);
/* Unmaps them; @dead: QEMU is gone or stuck, and nothing is done. Zeroed is fine. */
void kvm_ioctl_close(struct kvm_ioctl *k, bool dead);
/* Where the room is in QEMU's memory. */
uint64_t kvm_ioctl_room(const struct kvm_ioctl *k);
/* ioctl(@fd, @number, @arg of @bytes). What it answered (0 or more, or -errno), or -errno (said).
 */
must_check int kvm_ioctl_call(const struct kvm_ioctl *k, unsigned long number, const void *arg,
			      size_t bytes);

/* Plain copies to and from QEMU's memory. 0 or -errno. */
must_check int kvm_ioctl_read(const struct kvm_ioctl *k, uint64_t hva, void *to, size_t bytes);
must_check int kvm_ioctl_write(const struct kvm_ioctl *k, uint64_t hva, const void *from,
			       size_t bytes);

#endif
