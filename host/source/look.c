/* SPDX-License-Identifier: GPL-2.0-only */
/* look.c - see look.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "look.h"

#define KPF_THP (1ull << 22) /* include/uapi/linux/kernel-page-flags.h */

uint32_t look_page(const struct look *l, uint32_t i)
{
	return i / LOOK_BLOCK * LOOK_BLOCK * l->stride + i % LOOK_BLOCK;
}

int look_at(const struct look *l, uint64_t hva, uint32_t n, uint64_t *entry)
{
	off_t at = (off_t)(hva / PAGE_BYTES * sizeof(*entry));
	ssize_t got = n ? pread(l->fd, entry, n * sizeof(*entry), at) : 0;

	if (n && got < (ssize_t)sizeof(*entry))
		return err_sys(got < 0 ? -errno : -ESRCH, "cannot read the page map of QEMU");
	return (int)((size_t)got / sizeof(*entry));
}

/* As many entries from @i on as lie in one piece; their number or -errno (said). */
static int look_piece(struct look *l, const struct env *env, uint32_t i)
{
	uint32_t left, n = LOOK_BLOCK - i % LOOK_BLOCK;
	uint64_t hva = source_hva(env, look_page(l, i), &left);

	n = n < left ? n : left;
	n = n < l->n - i ? n : l->n - i;
	return look_at(l, hva, n, l->now + i);
}

int look_again(struct look *l, const struct env *env)
{
	uint64_t *before = l->before;

	l->before = l->now;
	l->now = before;
	for (uint32_t i = 0; i < l->n;) {
		int n = look_piece(l, env, i);

		if (n < 0)
			return n;
		i += (uint32_t)n;
	}
	return 0;
}

int look_open(struct look *l, const struct env *env, uint32_t max)
{
	auto_free char *path = str_format("/proc/%d/pagemap", env->qemu_pid);
	int err;

	if (!env->pages || !env->nruns)
		return err_say(-EINVAL, "the guest has told of no test pages");
	l->n = env->pages < max ? env->pages : max;
	l->stride = env->pages / l->n;
	l->fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (l->fd < 0)
		return err_sys(path ? -errno : -ENOMEM, "cannot open the page map of QEMU");
	l->now = calloc(l->n, sizeof(*l->now));
	l->before = calloc(l->n, sizeof(*l->before));
	err = l->now && l->before ? look_again(l, env)
				  : err_say(-ENOMEM, "no memory to look at %u pages", l->n);
	if (err)
		look_close(l);
	return err;
}

void look_close(struct look *l)
{
	if (!l->now && !l->before)
		return;
	util_close(&l->fd);
	free(l->now);
	free(l->before);
	l->now = l->before = NULL;
}

uint64_t look_left(const struct look *l, uint64_t first, uint64_t frames)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < l->n; i++)
		n += l->before[i] & l->now[i] & LOOK_PRESENT &&
		     LOOK_PFN(l->before[i]) - first < frames &&
		     LOOK_PFN(l->now[i]) - first >= frames;
	return n;
}

int look_is_huge(const struct look *l, uint64_t hva)
{
	auto_close int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t entry, flags;

	if (pread(l->fd, &entry, sizeof(entry), (off_t)(hva / PAGE_BYTES * sizeof(entry))) !=
	    sizeof(entry))
		return err_sys(-ESRCH, "cannot read the page map of QEMU");
	if (!(entry & LOOK_PRESENT))
		return 0;
	if (fd < 0 || pread(fd, &flags, sizeof(flags), (off_t)(LOOK_PFN(entry) * sizeof(flags))) !=
			      sizeof(flags))
		return err_sys(fd < 0 ? -errno : -EIO, "cannot read /proc/kpageflags");
	return !!(flags & KPF_THP);
}
