/* SPDX-License-Identifier: GPL-2.0-only */
/* capture.h - for unit tests: what the code under test writes to stdout or stderr. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct capture {
	int fd; /* the one that is captured */
	int saved;
	int from;
	char text[16384];
};

static inline void capture_begin(struct capture *c, int fd)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fflush(stdout);
	c->fd = fd;
	c->saved = dup(fd);
	assert_int_equal(dup2(fds[1], fd), fd);
	close(fds[1]);
	c->from = fds[0];
}

/* The text stays in c->text. A pipe holds 64 KiB: what is captured never waits for us. */
static inline const char *capture_end(struct capture *c)
{
	size_t len = 0;
	ssize_t n;

	fflush(stdout);
	dup2(c->saved, c->fd);
	close(c->saved);
	while ((n = read(c->from, c->text + len, sizeof(c->text) - 1 - len)) > 0)
		len += n;
	close(c->from);
	c->text[len] = '\0';
	return c->text;
}

static inline size_t capture_lines(const struct capture *c)
{
	size_t lines = 0;

	for (const char *p = c->text; (p = strchr(p, '\n')); p++)
		lines++;
	return lines;
}

#endif
