/* SPDX-License-Identifier: GPL-2.0-only */
/* lines.h - a stream that comes in pieces, handed on in whole lines. */
#ifndef HS_LINES_H
#define HS_LINES_H

#include <stddef.h>

#define LINES_ROOM 4096

/* Zeroed, but for @emit and @arg, before the first lines_put(). */
struct lines {
	int (*emit)(void *arg, const char *text, size_t len); /* 0, or what ends lines_put() */
	void *arg;
	size_t fill;
	char held[LINES_ROOM];
};

/*
 * Emits all of what is held and of @text that ends in a newline, and holds the rest back: another
 * writer to the same terminal or pipe then never stands in the midst of a line. A line longer than
 * LINES_ROOM goes on in pieces; no byte is lost. 0, or the first of emit()'s that was not 0.
 */
int lines_put(struct lines *l, const char *text, size_t len);

/* Emits what is held: the stream has ended. */
int lines_end(struct lines *l);

#endif
