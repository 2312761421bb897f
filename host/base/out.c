/* SPDX-License-Identifier: GPL-2.0-only */
/* out.c - see out.h. */
#include <errno.h>
#include <poll.h>

#include "out.h"

/*
 * Of a write that failed while the text was made, stdio remembers that it did, not why. A pipe
 * says it at any time. A stream in memory has a descriptor of -1, which poll() passes over.
 */
static bool reader_has_left(FILE *out)
{
	struct pollfd p = {.fd = fileno(out), .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

int out_end(FILE *out)
{
	if (!fflush(out) && !ferror(out))
		return 0;
	if (errno == EPIPE || reader_has_left(out))
		return -EPIPE;
	return errno ? -errno : -EIO;
}

int out_said(int err, const char *what)
{
	if (!err || err == -EPIPE)
		return 0;
	return err_sys(err, "writing %s to standard output", what);
}

int out_end_standard(const char *what)
{
	return out_said(out_end(stdout), what);
}
