// SPDX-License-Identifier: GPL-2.0-only
/* kmsg.c - see kmsg.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"

#define RECORD_BYTES 8192 /* kernel/printk/printk.c CONSOLE_EXT_LOG_MAX, PRINTK_MESSAGE_MAX */

int kmsg_open(struct kmsg *k)
{
	k->lost = 0;
	k->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (k->fd < 0)
		return -errno;
	if (lseek(k->fd, 0, SEEK_END) < 0) {
		int err = -errno;

		kmsg_close(k);
		return err;
	}
	return 0;
}

char *kmsg_text(char *record)
{
	char *text = strchr(record, ';');

	if (!text)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text + 1;
}

/* EPIPE: the oldest records are gone, the next read goes on with those that are left. */
int kmsg_read(struct kmsg *k, void (*take)(void *arg, const char *text), void *arg)
{
	char record[RECORD_BYTES + 1], *text;

	for (;;) {
		ssize_t n = read(k->fd, record, RECORD_BYTES);

		if (n < 0 && errno == EPIPE) {
			k->lost++;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 || errno == EAGAIN ? 0 : -errno;
		record[n] = '\0';
		text = kmsg_text(record);
		if (text)
			take(arg, text);
	}
}

void kmsg_close(struct kmsg *k)
{
	util_close(&k->fd);
}
