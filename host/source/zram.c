/* SPDX-License-Identifier: GPL-2.0-only */
/* zram.c - Documentation/admin-guide/blockdev/zram.rst; the header is union swap_header of
 * include/linux/swap.h, version 1. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "zram.h"

#define CONTROL "/sys/class/zram-control/"
#define SWAP_MAGIC "SWAPSPACE2"
#define SWAP_FIRST_BYTES 1024 /* for boot loaders */

static struct {
	char device[32]; /* "/dev/zram1" */
	char reset[48];	 /* its file in /sys */
	unsigned int users;
} the_zram;

int zram_probe(const struct env *env, char *why, size_t size)
{
	char swaps[4096];
	ssize_t len = file_read("/proc/swaps", swaps, sizeof(swaps));

	(void)env;
	if (len < 0) {
		snprintf(why, size, "this kernel cannot swap (CONFIG_SWAP)");
		return -ENOENT;
	}
	if (strchr(swaps, '/')) { /* a line of the table, after its heading */
		snprintf(why, size,
			 "this host swaps already: its pages and ours would mix (swapoff -a)");
		return -EBUSY;
	}
	if (access(CONTROL "hot_add", F_OK)) {
		snprintf(why, size, "the module zram is not loaded (modprobe zram)");
		return -ENOENT;
	}
	return 0;
}

static int write_header(const char *device, uint64_t bytes)
{
	struct {
		uint32_t version, last_page, bad_pages;
	} info = {1, (uint32_t)(bytes / PAGE_BYTES - 1), 0};
	auto_close int fd = open(device, O_WRONLY | O_CLOEXEC);
	char page[PAGE_BYTES] = "";

	memcpy(page + SWAP_FIRST_BYTES, &info, sizeof(info));
	memcpy(page + PAGE_BYTES - strlen(SWAP_MAGIC), SWAP_MAGIC, strlen(SWAP_MAGIC));
	if (fd < 0)
		return -errno;
	return write_full(fd, page, sizeof(page)) ?: fsync(fd) ? -errno : 0;
}

static int owe(struct env *env, const char *number)
{
	int err = knob_owe_write(env->knobs, CONTROL "hot_remove", number);

	if (!err)
		err = knob_owe_write(env->knobs, the_zram.reset, "1");
	return err ? err : knob_owe_swapoff(env->knobs, the_zram.device);
}

static int make_device(struct env *env, uint64_t bytes)
{
	auto_free char *disksize = NULL;
	char number[16], size[32];
	int err;

	/* Reading makes one. */
	if (file_read(CONTROL "hot_add", number, sizeof(number)) <= 0)
		return err_say(-EIO, "zram gives no new device (" CONTROL "hot_add)");
	snprintf(the_zram.device, sizeof(the_zram.device), "/dev/zram%.10s", number);
	snprintf(the_zram.reset, sizeof(the_zram.reset), "/sys/block/zram%.10s/reset", number);
	disksize = str_format("/sys/block/zram%s/disksize", number);
	snprintf(size, sizeof(size), "%" PRIu64, bytes);
	err = disksize ? owe(env, number) : -ENOMEM;
	if (!err)
		err = knob_trigger(env->knobs, disksize, size);
	if (err)
		return err;
	err = write_header(the_zram.device, bytes);
	if (!err && swapon(the_zram.device, 0))
		err = -errno;
	return err ? err_sys(err, "cannot swap to %s", the_zram.device) : 0;
}

int zram_make(struct zram *z, struct env *env, uint64_t bytes)
{
	int err = the_zram.users ? 0 : make_device(env, bytes);

	z->used = true; /* what there is of it has to go, too */
	the_zram.users++;
	return err;
}

int zram_end(struct zram *z, struct env *env)
{
	int err;

	if (!z->used)
		return 0;
	z->used = false;
	if (--the_zram.users)
		return 0;
	err = knob_pay(env->knobs, the_zram.device);
	if (!err)
		err = knob_pay(env->knobs, the_zram.reset);
	if (!err)
		err = knob_pay(env->knobs, CONTROL "hot_remove");
	return err;
}
