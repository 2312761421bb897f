/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lab.h - boots a kernel under test as L1 in QEMU and runs this same program in it, so that the
 * stressed VM is L2 (docs/lab.md). No root, no hardware virtualisation.
 */
#ifndef LAB_H
#define LAB_H

#include "cli/opts.h"

/*
 * `host-stress lab [options] [-- PROGRAM ARGS]` and every run whose place is the lab. Runs
 * host-stress with the options that concern the stress, or PROGRAM, inside; its output, result file
 * and exit code are handed through. Exit code.
 */
int lab_main(const struct opts *o, int argc, char **argv);

#endif
