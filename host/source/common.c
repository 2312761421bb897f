/* SPDX-License-Identifier: GPL-2.0-only */
/* common.c - what several sources share. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <string.h>
#include <unistd.h>

#include "base/knobs.h"
#include "common.h"

#define NUMA_BALANCING "/proc/sys/kernel/numa_balancing"
#define THP "/sys/kernel/mm/transparent_hugepage/enabled"
#define SPLIT_AT_ONCE 64u

uint64_t source_needed(uint32_t pages)
{
	uint64_t part = pages / 8;

	if (part > 1000)
		return 1000;
	return part ? part : 1;
}

int source_knob(struct env *env, const char *path, const char *value)
{
	int err = knob_write(env->knobs, path, value);

	return err == -ENOENT ? 0 : err;
}

int source_calm(struct env *env)
{
	return env->balances ? 0 : source_knob(env, NUMA_BALANCING, "0");
}

int source_thp_never(struct env *env, struct source_thp *thp)
{
	if (backend_is_huge(env->backend))
		return 0;
	if (knob_read(env->knobs, THP, thp->old, sizeof(thp->old)) <= 0)
		*thp->old = '\0';
	return *thp->old ? source_knob(env, THP, "never") : 0;
}

int source_thp_restore(struct env *env, const struct source_thp *thp)
{
	return *thp->old ? source_knob(env, THP, thp->old) : 0;
}

int source_has(const struct env *env, const char *path, char *why, size_t size)
{
	char text[256];
	ssize_t len = -EACCES;

	if (env && env->knobs)
		len = knob_read(env->knobs, path, text, sizeof(text));
	else if (access(path, F_OK))
		len = -errno;
	if (len != -ENOENT)
		return 0; /* there, if only for writing */
	snprintf(why, size, "this kernel has no %s%s", path,
		 strncmp(path, "/sys/kernel/debug/", 18)
			 ? ""
			 : " (or: mount -t debugfs none /sys/kernel/debug)");
	return -ENOENT;
}

int source_not_hugetlb(const struct env *env, const char *what, char *why, size_t size)
{
	if (!env || env->backend != BACKEND_HUGETLB)
		return 0;
	snprintf(why, size, "huge pages of hugetlb %s (--backend)", what);
	return -EINVAL;
}

uint64_t source_hva(const struct env *env, uint32_t page, uint32_t *left)
{
	size_t low = 0, high = env->nruns;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (env->runs[middle].page <= page)
			low = middle;
		else
			high = middle;
	}
	*left = env->runs[low].page + env->runs[low].pages - page;
	return env->runs[low].hva + (uint64_t)(page - env->runs[low].page) * PAGE_BYTES;
}

uint64_t env_hva(const struct env *env, uint32_t page)
{
	uint32_t left;

	return source_hva(env, page, &left);
}

uint64_t source_random(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

int source_madvise(const struct env *env, const struct iovec *ranges, size_t n, int advice)
{
	auto_close int pidfd = (int)syscall(SYS_pidfd_open, env->qemu_pid, 0);

	if (pidfd < 0)
		return -errno;
	return syscall(SYS_process_madvise, pidfd, ranges, n, advice, 0) < 0 ? -errno : 0;
}

void source_split(const struct env *env, uint64_t hva, uint64_t bytes)
{
	uint64_t at = hva, end = hva + bytes;

	while (at < end) {
		struct iovec page[SPLIT_AT_ONCE];
		size_t n = 0;

		for (; at < end && n < SPLIT_AT_ONCE; n++) {
			page[n] = (struct iovec){(void *)(uintptr_t)at, PAGE_BYTES};
			at = (at / SOURCE_HUGE + 1) * SOURCE_HUGE;
		}
		/* What cannot be split stays whole: the sources count what moves, not this. */
		(void)!source_madvise(env, page, n, MADV_COLD);
	}
}

void source_split_all(const struct env *env)
{
	for (size_t i = 0; i < env->nruns && !backend_is_huge(env->backend); i++)
		source_split(env, env->runs[i].hva, (uint64_t)env->runs[i].pages * PAGE_BYTES);
}
