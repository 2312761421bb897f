/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kvm_log.h - KVM's dirty log of the memory slot that has a given guest address, read beside QEMU
 * while QEMU has it switched on. QEMU uses KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, so that reading takes
 * nothing away from it.
 */
#ifndef VM_KVM_LOG_H
#define VM_KVM_LOG_H

#include "kvm_ioctl.h"

struct qmp;

struct kvm_log {
	struct kvm_ioctl kvm;
	int slot;	      /* QEMU's number; -1: not known yet */
	uint64_t gpa, pages;  /* of the slot */
	uint64_t room;	      /* bytes of each of these: */
	uint64_t *bits, *was; /* a bit a page, of the last reading and the one before */
};

/* 0 or -errno (said). */
must_check int kvm_log_open(struct kvm_log *l, struct qmp *qmp, pid_t qemu, uint64_t gpa);
void kvm_log_close(struct kvm_log *l, bool dead); /* zeroed is fine */
/* 0; -ENOENT: it is not switched on just now; -errno (said). */
must_check int kvm_log_read(struct kvm_log *l);
/* Between the last two readings bits have gone. */
bool kvm_log_has_shrunk(const struct kvm_log *l);

static inline bool kvm_log_has(const uint64_t *bits, uint64_t page)
{
	return bits[page / 64] >> page % 64 & 1;
}

/*
 * The piece of RAM with @gpa in the answer to "info mtree -f": 0 or -ENOENT. *@most: bytes of the
 * largest piece there is.
 */
must_check int kvm_log_piece(const char *mtree, uint64_t gpa, uint64_t *first, uint64_t *bytes,
			     uint64_t *most);

#endif
