/* SPDX-License-Identifier: GPL-2.0-only */
/* show.h - `host-stress show RESULT...`: stored results, as a run would have shown them. */
#ifndef SHOW_H
#define SHOW_H

#include "cli/opts.h"

int show_main(const struct opts *o, int argc, char **argv); /* exit code */

#endif
