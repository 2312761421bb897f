// SPDX-License-Identifier: GPL-2.0-only
/* lines.c - see lines.h. */
#include <string.h>

#include "lines.h"

int lines_end(struct lines *l)
{
	size_t len = l->fill;

	l->fill = 0;
	return len ? l->emit(l->arg, l->held, len) : 0;
}

int lines_put(struct lines *l, const char *text, size_t len)
{
	int err = 0;

	while (len && !err) {
		size_t room = LINES_ROOM - l->fill;
		size_t part = len < room ? len : room;
		const char *newline = memrchr(text, '\n', part);

		if (newline)
			part = (size_t)(newline - text) + 1;
		memcpy(l->held + l->fill, text, part);
		l->fill += part;
		text += part;
		len -= part;
		if (newline || l->fill == LINES_ROOM)
			err = lines_end(l);
	}
	return err;
}
