/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmsg.h - what the kernel says from now on, record by record (/dev/kmsg,
 * Documentation/ABI/testing/dev-kmsg).
 */
#ifndef KMSG_H
#define KMSG_H

#include "util.h"

struct kmsg {
	int fd;
	uint64_t lost; /* times that the kernel had overwritten records before they were read */
};

/* Behind all that has been said so far. 0 or -errno: no right, no such device. */
must_check int kmsg_open(struct kmsg *k);
/* Calls @take with each record's text that has come, without its continuation lines. 0 or -errno.
 */
must_check int kmsg_read(struct kmsg *k, void (*take)(void *arg, const char *text), void *arg);
void kmsg_close(struct kmsg *k);

/* The text of one record "PRIORITY,SEQUENCE,TIME,FLAGS;TEXT\n KEY=VALUE\n…", cut in place; NULL: it
 * is none. */
char *kmsg_text(char *record);

#endif
