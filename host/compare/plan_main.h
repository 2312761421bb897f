/* SPDX-License-Identifier: GPL-2.0-only */
/* plan_main.h - `host-stress plan [OPTIONS]`: what a run with these options would do and judge. */
#ifndef PLAN_MAIN_H
#define PLAN_MAIN_H

#include "cli/opts.h"

/*
 * Prints, a line each, "phase NAME" and then "figure NAME" for what the limits rest on, --by names,
 * and kernels are told apart by in each phase. Nothing is started. Exit code: 0, or 128 with what
 * is wrong about the options.
 */
int plan_main(const struct opts *o, int argc, char **argv);

#endif
