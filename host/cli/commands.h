/* SPDX-License-Identifier: GPL-2.0-only */
/* commands.h - the small commands that only print. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "opts.h"

/* `host-stress help [COMMAND]`. Exit code. */
int help_main(const struct opts *o, int argc, char **argv);

/* `host-stress figures [schema]`. Exit code. */
int figures_main(const struct opts *o, int argc, char **argv);

#endif
