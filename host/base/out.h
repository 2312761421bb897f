/* SPDX-License-Identifier: GPL-2.0-only */
/* out.h - the end of what is written for a reader, who may have left before (| head, | grep -q). */
#ifndef OUT_H
#define OUT_H

#include <stdio.h>

#include "util.h"

/*
 * Writes out what @out still holds. 0; -EPIPE: nobody reads it any more, by whatever a write has
 * failed; or another -errno, of a write before, too.
 */
must_check int out_end(FILE *out);

/*
 * The same of a command's text on standard output. A reader that has left had enough, and the
 * command ends as if it had read all: 0. Else -errno (said: what could not be written is @what).
 */
must_check int out_end_standard(const char *what);

/* @err as of out_end(), for a text that is no command's whole one: 0 for -EPIPE, else as it is
 * (said). */
must_check int out_said(int err, const char *what);

#endif
