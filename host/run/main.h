/* SPDX-License-Identifier: GPL-2.0-only */
/* main.h - a run, from the options to the exit code. */
#ifndef RUN_MAIN_H
#define RUN_MAIN_H

#include "cli/opts.h"

/* `host-stress run`: on this kernel. Exit code. */
int run_main(const struct opts *o, int argc, char **argv);

#endif
