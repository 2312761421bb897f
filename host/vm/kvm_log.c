// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm_log.c - see kvm_log.h. Which slot has which guest addresses only QEMU knows, and does not
 * tell: "info mtree -f" has the pieces of RAM, each a slot, but not their numbers. KVM writes as
 * many bytes of log as a slot has pages for (kvm_get_dirty_log()), and that gives it away.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_log.h"
#include "qmp.h"

#define MAX_SLOTS 32
#define MARK 0xa5

int kvm_log_piece(const char *mtree, uint64_t gpa, uint64_t *first, uint64_t *bytes, uint64_t *most)
{
	const char *next;
	int err = -ENOENT;

	*most = 0;
	for (const char *line = mtree; *line; line = next) {
		size_t len = strcspn(line, "\n");
		uint64_t low, high;

		next = line + len + (line[len] == '\n');
		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " (prio", &low, &high) != 2 ||
		    memmem(line, len, "i/o)", 4) || high < low)
			continue;
		*most = high - low + 1 > *most ? high - low + 1 : *most;
		if (gpa < low || gpa > high || !err)
			continue;
		*first = low;
		*bytes = high - low + 1;
		err = 0;
	}
	return err;
}

static int find_piece(struct kvm_log *l, struct qmp *qmp, uint64_t gpa, uint64_t *most)
{
	json_t *ret = NULL;
	uint64_t bytes = 0;
	int err = qmp_command(qmp, "human-monitor-command",
			      json_pack("{s:s}", "command-line", "info mtree -f"), &ret, false);

	if (!err && kvm_log_piece(json_string_value(ret) ?: "", gpa, &l->gpa, &bytes, most))
		err = err_say(-ENOENT, "QEMU does not tell of the RAM that the guest's pages are "
				       "in (info mtree -f)");
	l->pages = bytes / PAGE_BYTES;
	json_decref(ret);
	return err;
}

int kvm_log_open(struct kvm_log *l, struct qmp *qmp, pid_t qemu, uint64_t gpa)
{
	uint64_t most = 0;
	int err = find_piece(l, qmp, gpa, &most);

	if (err)
		return err;
	l->slot = -1;
	l->room = (most / PAGE_BYTES / 8 / PAGE_BYTES + 1) * PAGE_BYTES;
	l->bits = calloc(1, l->room);
	l->was = calloc(1, l->room);
	if (!l->bits || !l->was)
		return err_sys(-ENOMEM, "no room for the dirty log");
	return kvm_ioctl_open(&l->kvm, qemu, l->room);
}

void kvm_log_close(struct kvm_log *l, bool dead)
{
	kvm_ioctl_close(&l->kvm, dead);
	free(l->bits);
	free(l->was);
	l->bits = l->was = NULL;
}

/* As the ioctl answers, unsaid. */
static int get(struct kvm_log *l, int slot)
{
	struct kvm_dirty_log arg = {.slot = (uint32_t)slot};
	uint64_t room = kvm_ioctl_room(&l->kvm);
	int err;

	arg.dirty_bitmap = (void *)(uintptr_t)room;
	memset(l->bits, MARK, l->room);
	err = kvm_ioctl_write(&l->kvm, room, l->bits, l->room);
	if (!err)
		err = kvm_ioctl_call(&l->kvm, KVM_GET_DIRTY_LOG, &arg, sizeof(arg));
	return err < 0 ? err : kvm_ioctl_read(&l->kvm, room, l->bits, l->room);
}

/* A last word of the log that happens to look like the mark is taken for none: not found then. */
static bool has_length(const struct kvm_log *l)
{
	uint64_t words = (l->pages + 63) / 64, mark;

	memset(&mark, MARK, sizeof(mark));
	return l->bits[words - 1] != mark &&
	       (words == l->room / sizeof(mark) || l->bits[words] == mark);
}

static int find_slot(struct kvm_log *l)
{
	int found = -1, n = 0, logs = 0;

	for (int slot = 0; slot < MAX_SLOTS; slot++) {
		int err = get(l, slot);

		if (err && err != -ENOENT && err != -EINVAL)
			return err_sys(err, "KVM does not give the dirty log of slot %d", slot);
		logs += !err;
		if (err || !has_length(l))
			continue;
		found = slot;
		n++;
	}
	if (!logs)
		return -ENOENT;
	if (n != 1)
		return err_say(-ESRCH, "%d memory slots of KVM look like the guest's RAM", n);
	l->slot = found;
	return 0;
}

int kvm_log_read(struct kvm_log *l)
{
	uint64_t *was = l->was;
	int err = l->slot < 0 ? find_slot(l) : 0;

	if (err)
		return err;
	l->was = l->bits;
	l->bits = was;
	err = get(l, l->slot);
	if (!err || err == -ENOENT)
		return err;
	return err_sys(err, "KVM does not give its dirty log");
}

bool kvm_log_has_shrunk(const struct kvm_log *l)
{
	for (uint64_t i = 0; i < (l->pages + 63) / 64; i++)
		if (l->was[i] & ~l->bits[i])
			return true;
	return false;
}
