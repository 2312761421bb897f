// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe_tracefs_learn.c - finds out, instead of concluding it from a version, how this kernel lays
 * out struct mmu_notifier_range and which mm is the VM's.
 *
 * The layout: a VM without vCPUs or memory is enough for KVM to watch our own mm
 * (virt/kvm/kvm_main.c kvm_init_mmu_notifier()). An madvise(MADV_DONTNEED) or munmap() of one page
 * then is an invalidation of which everything is known. The mm: mm_access(), which
 * process_vm_readv() calls (mm/process_vm_access.c), returns the one of the process asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe_tracefs.h"

#define PAGE 4096

int own_window_open(struct own_window *w)
{
	auto_close int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	*w = (struct own_window){.vm = -1, .page = MAP_FAILED};
	if (kvm < 0)
		return -errno;
	w->vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (w->vm < 0)
		return -errno;
	w->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	return w->page == MAP_FAILED ? -errno : 0;
}

void own_window_close(struct own_window *w)
{
	util_close(&w->vm);
	if (w->page != MAP_FAILED)
		munmap(w->page, PAGE);
}

int own_window_clear(struct own_window *w)
{
	return madvise(w->page, PAGE, MADV_DONTNEED) ? -errno : 0;
}

int own_window_unmap(struct own_window *w)
{
	int err = munmap(w->page, PAGE) ? -errno : 0;

	w->page = MAP_FAILED;
	return err;
}

/* The last record of a kind. */
struct catch
{
	enum record_kind kind;
	struct record record;
	unsigned int count;
};

static void catch_record(void *arg, const struct record *r)
{
	struct catch *c = arg;

	if (r->kind != c->kind)
		return;
	c->record = *r;
	c->count++;
}

static int enable_mine(struct setup *s, enum record_kind kind)
{
	char filter[64];
	pid_t self = gettid();
	int err = filter_pids(filter, sizeof(filter), "common_pid", &self, 1);

	return err ?: setup_enable(s, kind, filter);
}

static int check_look(const struct catch *c, const struct own_window *w, struct range_layout *l,
		      char *why, size_t size)
{
	uint64_t page = (uintptr_t)w->page;

	if (!c->count) {
		snprintf(why, size,
			 "tracefs: a kprobe event on __mmu_notifier_invalidate_range_start "
			 "stayed silent at an invalidation of our own");
		return -EOPNOTSUPP;
	}
	if (layout_find(c->record.value, page, page + PAGE, l)) {
		snprintf(why, size,
			 "tracefs: struct mmu_notifier_range of this kernel is not known");
		return -EOPNOTSUPP;
	}
	return 0;
}

int learn_layout(struct setup *s, struct own_window *w, struct range_layout *l, uint64_t *mm,
		 char *why, size_t size)
{
	struct catch c = {.kind = RECORD_LOOK};
	int err = setup_kprobe(s, RECORD_LOOK, "__mmu_notifier_invalidate_range_start",
			       "w0=+0(%di):x64 w1=+8(%di):x64 w2=+16(%di):x64 w3=+24(%di):x64 "
			       "w4=+32(%di):x64");

	if (!err)
		err = enable_mine(s, RECORD_LOOK);
	if (!err)
		err = own_window_clear(w);
	if (!err)
		err = stream_read(s->stream, UINT64_MAX, catch_record, &c);
	if (!err)
		err = check_look(&c, w, l, why, size);
	if (!err)
		*mm = c.record.value[l->mm / 8];
	return err ?: setup_drop(s, RECORD_LOOK);
}

/* Address 0 is nobody's: the call fails after it has taken the mm, and touches nothing. */
int learn_mm(struct setup *s, pid_t pid, uint64_t *mm)
{
	struct catch c = {.kind = RECORD_MM};
	char byte;
	struct iovec local = {&byte, 1}, remote = {NULL, 1};
	int err = setup_kprobe(s, RECORD_MM, "mm_access", "mm=$retval:x64");

	if (!err)
		err = enable_mine(s, RECORD_MM);
	if (!err && process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0 && errno != EFAULT)
		err = -errno;
	if (!err)
		err = stream_read(s->stream, UINT64_MAX, catch_record, &c);
	if (!err && (c.count != 1 || c.record.value[0] >= (uint64_t)-4096 || !c.record.value[0]))
		err = -EPROTO;
	*mm = c.record.value[0];
	return err ?: setup_drop(s, RECORD_MM);
}
