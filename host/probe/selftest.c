// SPDX-License-Identifier: GPL-2.0-only
/* selftest.c - see selftest.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "selftest.h"

#define VIDEO_GPA 0xb0000ull
#define VIDEO_PAGES 4

void selftest_begin(struct selftest *t, pid_t qemu, uint64_t ram_hva, uint64_t taken, bool shadow)
{
	*t = (struct selftest){.qemu = qemu, .ram_hva = ram_hva, .taken = taken, .shadow = shadow};
}

void selftest_event(struct selftest *t, const struct probe_event *e)
{
	t->faults += e->type == PROBE_FAULT;
	t->windows += e->type == PROBE_START && e->thread == THREAD_AGENT && t->forced &&
		      e->address < t->ram_hva + VIDEO_GPA + VIDEO_PAGES * PAGE_BYTES &&
		      e->address + e->length > t->ram_hva + VIDEO_GPA;
}

/* One byte of QEMU's, read or written. */
static int touch(const struct selftest *t, uint64_t hva, bool write)
{
	char byte = 0;
	struct iovec ours = {&byte, 1}, theirs = {(void *)(uintptr_t)hva, 1};
	ssize_t n = write ? process_vm_writev(t->qemu, &ours, 1, &theirs, 1, 0)
			  : process_vm_readv(t->qemu, &ours, 1, &theirs, 1, 0);

	if (n != 1)
		return n < 0 ? -errno : -EFAULT;
	return !write && byte ? -EBUSY : 0; /* somebody uses it after all */
}

/* Makes the kernel split a huge page that @hva may lie in. Harmless if there is none. */
static int cool(const struct selftest *t, uint64_t hva)
{
	struct iovec theirs = {(void *)(uintptr_t)hva, PAGE_BYTES};
	int pidfd = (int)syscall(SYS_pidfd_open, t->qemu, 0);
	ssize_t res = pidfd < 0 ? -1 : process_madvise(pidfd, &theirs, 1, MADV_COLD, 0);
	int err = res < 0 ? -errno : 0;

	util_close(&pidfd);
	return err;
}

/*
 * Shared memory has no empty page to be copied at the first write: there all of QEMU's memory is
 * zapped (fs/proc/task_mmu.c clear_refs_write()).
 */
static int zap_all(const struct selftest *t)
{
	auto_free char *path = str_format("/proc/%d/clear_refs", t->qemu);

	return path ? file_write(path, "4") : -ENOMEM;
}

int selftest_force(struct selftest *t, bool shared)
{
	int err = 0;

	t->forced = true;
	for (unsigned int i = 0; i < VIDEO_PAGES && !err; i++) {
		uint64_t hva = t->ram_hva + VIDEO_GPA + (uint64_t)i * PAGE_BYTES;

		err = touch(t, hva, false);
		if (!err && !shared) /* hugetlb would refuse it */
			err = cool(t, hva);
		if (!err)
			err = touch(t, hva, true);
	}
	if (!err && shared)
		err = zap_all(t);
	return err ? err_sys(err, "forcing a window on QEMU's memory (process_vm_writev, "
				  "process_madvise; CAP_SYS_PTRACE, CAP_SYS_NICE)")
		   : 0;
}

int selftest_judge(const struct selftest *t, uint64_t taken, char *text, size_t size)
{
	uint64_t faults = taken - t->taken;

	if (!t->windows) {
		snprintf(text, size,
			 "the window probe is silent: it did not see the window that was "
			 "forced on guest RAM");
		return -ENODATA;
	}
	if (t->shadow) {
		snprintf(text, size,
			 "shadow paging (ept=0, npt=0): the guest's faults do not go through "
			 "kvm_tdp_page_fault(), which is watched; --probes counters does without");
		return -ENODATA;
	}
	if (faults && !t->faults) {
		snprintf(text, size,
			 "the fault probe is silent: KVM took %" PRIu64 " faults while "
			 "the guest filled its memory, it saw none (shadow paging?)",
			 faults);
		return -ENODATA;
	}
	snprintf(text, size,
		 "passed: %" PRIu64 " window%s forced and seen, %" PRIu64 " faults seen of %" PRIu64
		 " that KVM took",
		 t->windows, t->windows == 1 ? "" : "s", t->faults, faults);
	return 0;
}
