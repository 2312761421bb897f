/* SPDX-License-Identifier: GPL-2.0-only */
/* main.h - `host-stress compare [OPTIONS] GOOD BAD [NEW...]` (docs/compare.md). */
#ifndef COMPARE_MAIN_H
#define COMPARE_MAIN_H

#include "cli/opts.h"

/* Exit code. */
int compare_main(const struct opts *o, int argc, char **argv);

#endif
