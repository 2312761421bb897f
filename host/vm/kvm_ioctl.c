// SPDX-License-Identifier: GPL-2.0-only
/* kvm_ioctl.c - see kvm_ioctl.h. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "inject.h"
#include "kvm_ioctl.h"

/* QEMU's number of the descriptor that is its VM. -ENOENT: it has none. */
static int find_vm(pid_t qemu)
{
	auto_free char *path = str_format("/proc/%d/fd", (int)qemu);
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;
	int fd = -ENOENT;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		char link[64];
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		link[len > 0 ? len : 0] = '\0';
		if (!strcmp(link, "anon_inode:kvm-vm"))
			fd = (int)strtol(entry->d_name, NULL, 10);
	}
	if (dir)
		closedir(dir);
	return fd;
}

int kvm_ioctl_open(struct kvm_ioctl *k, pid_t qemu, uint64_t room)
{
	const uint64_t arg[6] = {0, PAGE_BYTES + room, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1ull};
	int64_t at = 0;
	int err, fd = find_vm(qemu);

	if (fd < 0)
		return err_say(fd, "QEMU (%d) has no descriptor of a KVM VM", qemu);
	err = inject_call_soon(qemu, SYS_mmap, arg, &at);
	if (err || (at < 0 && at > -4096))
		return err_sys(err ?: (int)at, "QEMU's mmap");
	*k = (struct kvm_ioctl){qemu, fd, (uint64_t)at, PAGE_BYTES + room};
	return 0;
}

void kvm_ioctl_close(struct kvm_ioctl *k, bool dead)
{
	const uint64_t arg[6] = {k->page, k->bytes};
	int64_t ret;

	if (k->bytes && !dead)
		(void)!inject_call_soon(k->pid, SYS_munmap, arg, &ret);
	k->bytes = 0;
}

uint64_t kvm_ioctl_room(const struct kvm_ioctl *k)
{
	return k->page + PAGE_BYTES;
}

int kvm_ioctl_read(const struct kvm_ioctl *k, uint64_t hva, void *to, size_t bytes)
{
	struct iovec here = {to, bytes}, there = {(void *)(uintptr_t)hva, bytes};
	ssize_t got = process_vm_readv(k->pid, &here, 1, &there, 1, 0);

	return got == (ssize_t)bytes ? 0 : got < 0 ? -errno : -EFAULT;
}

int kvm_ioctl_write(const struct kvm_ioctl *k, uint64_t hva, const void *from, size_t bytes)
{
	struct iovec here = {(void *)(uintptr_t)from, bytes};
	struct iovec there = {(void *)(uintptr_t)hva, bytes};
	ssize_t got = process_vm_writev(k->pid, &here, 1, &there, 1, 0);

	return got == (ssize_t)bytes ? 0 : got < 0 ? -errno : -EFAULT;
}

int kvm_ioctl_call(const struct kvm_ioctl *k, unsigned long number, const void *arg, size_t bytes)
{
	const uint64_t args[6] = {(uint64_t)k->fd, number, k->page};
	int64_t ret = 0;
	int err = kvm_ioctl_write(k, k->page, arg, bytes);

	if (err)
		return err_sys(err, "cannot write to QEMU's memory");
	return inject_call_soon(k->pid, SYS_ioctl, args, &ret) ?: (int)ret;
}
