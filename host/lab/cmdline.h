/* SPDX-License-Identifier: GPL-2.0-only */
/* cmdline.h - the command line of L1's kernel, in either lab. */
#ifndef CMDLINE_H
#define CMDLINE_H

#include "machine.h"

#define CMDLINE_BYTES 2048 /* COMMAND_LINE_SIZE of x86 */

/* Into @buf of CMDLINE_BYTES, which it answers. What is too long is cut: see cmdline_fits(). */
const char *cmdline(char *buf, const struct lab_machine *m, const struct opts *o);
/* -E2BIG (said) when --kvm-param makes it too long. */
must_check int cmdline_fits(const struct lab_machine *m, const struct opts *o);

#endif
