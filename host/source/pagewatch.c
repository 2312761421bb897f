/* SPDX-License-Identifier: GPL-2.0-only */
/* pagewatch.c - reads /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pagewatch.h"

#define PM_PFN ((1ull << 55) - 1)
#define PM_EXCLUSIVE (1ull << 56) /* mapped exactly once, 4.2 */
#define PM_FILE (1ull << 61)
#define PM_PRESENT (1ull << 63)
#define READ_PAGES 512u

uint32_t watch_state(uint64_t entry)
{
	uint32_t pfn = (uint32_t)(entry & PM_PFN) & ~WATCH_MERGED;

	if (!(entry & PM_PRESENT) || entry & PM_FILE || !pfn)
		return 0;
	return pfn | (entry & PM_EXCLUSIVE ? 0 : WATCH_MERGED);
}

void watch_note(struct watch *w, uint32_t i, uint32_t now, bool count)
{
	uint32_t before = w->seen[i];
	bool was = before & WATCH_MERGED, is = now & WATCH_MERGED;

	if (!now || now == before)
		return;
	w->seen[i] = now;
	w->merged_now += is;
	w->merged_now -= was;
	if (!before || !count)
		return;
	/* Merged both times at two places: merged anew or migrated, nobody knows. */
	w->merged += is && !was;
	w->unmerged += was && !is;
	w->moved += !was && !is;
}

uint32_t watch_page(const struct watch *w, uint32_t i)
{
	return i / WATCH_BLOCK * WATCH_BLOCK * w->stride + i % WATCH_BLOCK;
}

/* Reads from page @i on as many as lie in one piece, at most @max. Their number or -errno (said).
 */
static int look(struct watch *w, const struct env *env, uint32_t i, uint32_t max, bool count)
{
	uint64_t entry[READ_PAGES];
	uint32_t n, block = w->stride > 1 ? WATCH_BLOCK - i % WATCH_BLOCK : READ_PAGES;
	uint64_t hva = source_hva(env, watch_page(w, i), &n);
	ssize_t got;

	n = n < block ? n : block;
	n = n < max ? n : max;
	got = pread(w->fd, entry, n * sizeof(*entry), (off_t)(hva / PAGE_BYTES * sizeof(*entry)));
	if (got < (ssize_t)sizeof(*entry))
		return err_sys(got < 0 ? -errno : -ESRCH, "cannot read the page map of QEMU (%d)",
			       env->qemu_pid);
	n = (uint32_t)((size_t)got / sizeof(*entry));
	for (uint32_t j = 0; j < n; j++)
		watch_note(w, i + j, watch_state(entry[j] & ~w->ignore), count);
	return (int)n;
}

static int watch_until(struct watch *w, const struct env *env, uint64_t until_ns, bool count)
{
	for (uint32_t seen = 0; seen < w->n;) {
		uint32_t rest = w->n - (seen > w->cursor ? seen : w->cursor);
		int n = look(w, env, w->cursor, rest, count);

		if (n < 0)
			return n;
		seen += (uint32_t)n;
		w->cursor = (w->cursor + (uint32_t)n) % w->n;
		if (mono_ns() >= until_ns)
			break;
	}
	return 0;
}

int watch_for(struct watch *w, const struct env *env, uint64_t ns)
{
	return watch_until(w, env, mono_ns() + ns, true);
}

int watch_all(struct watch *w, const struct env *env, bool count)
{
	return watch_until(w, env, UINT64_MAX, count);
}

int watch_open(struct watch *w, const struct env *env)
{
	char path[64];
	int err;

	if (!env->pages || !env->nruns)
		return err_say(-EINVAL, "the guest has told of no test pages");
	w->n = env->pages < WATCH_MAX_PAGES ? env->pages : WATCH_MAX_PAGES;
	w->stride = env->pages / w->n;
	w->cursor = 0;
	w->ignore = backend_is_shared(env->backend) ? PM_FILE : 0;
	snprintf(path, sizeof(path), "/proc/%d/pagemap", env->qemu_pid);
	w->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (w->fd < 0)
		return err_sys(-errno, "cannot open %s", path);
	w->seen = calloc(w->n, sizeof(*w->seen));
	err = w->seen ? watch_all(w, env, false)
		      : err_say(-ENOMEM, "no memory to watch %u pages", w->n);
	if (err) {
		free(w->seen);
		w->seen = NULL;
		util_close(&w->fd);
	}
	return err;
}

void watch_close(struct watch *w)
{
	if (!w->seen)
		return;
	util_close(&w->fd);
	free(w->seen);
	w->seen = NULL;
}

int watch_probe(char *why, size_t size)
{
	uint64_t entry = 0;
	auto_close int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	off_t at = (off_t)((uintptr_t)&entry / PAGE_BYTES * sizeof(entry));

	if (fd >= 0 && pread(fd, &entry, sizeof(entry), at) == sizeof(entry) && watch_state(entry))
		return 0;
	snprintf(why, size, "%s",
		 fd < 0 ? "no /proc/PID/pagemap (CONFIG_PROC_PAGE_MONITOR)"
			: "/proc/PID/pagemap hides page frames (it takes CAP_SYS_ADMIN)");
	return fd < 0 ? -ENOENT : -EPERM;
}
