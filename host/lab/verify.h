/* SPDX-License-Identifier: GPL-2.0-only */
/* verify.h - `host-stress lab --verify`: does the same run give the same bytes? */
#ifndef VERIFY_H
#define VERIFY_H

#include "cli/opts.h"

/*
 * Runs the same lab command twice and compares result, output and L1's console; the first report
 * goes to stdout. Exit code: 0 equal, 1 different (the first difference is said), 125 nothing to
 * compare, 128 error or interrupted.
 */
int verify_main(const struct opts *o, int argc, char **argv);

#endif
