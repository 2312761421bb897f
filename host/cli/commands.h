/* SPDX-License-Identifier: GPL-2.0-only */
/* commands.h - the small commands that only print. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "opts.h"

/* `host-stress help [COMMAND]`. Exit code. */
int help_main(const struct opts *o, int argc, char **argv);

/* `host-stress figures [schema]`. Exit code. */
int figures_main(const struct opts *o, int argc, char **argv);

/* What `help man` and `help completion` print: host-stress(1) in troff, a script for bash. 0. */
int man_print(const struct command *commands);
int completion_print(const struct command *commands);

#endif
