/* SPDX-License-Identifier: GPL-2.0-only */
/* recover.h - the command `host-stress recover`. */
#ifndef RECOVER_H
#define RECOVER_H

#include "opts.h"

/* Puts back what a killed run has left. 0: done or nothing to do; 128: said. */
int recover_main(const struct opts *o, int argc, char **argv);

#endif
