/* SPDX-License-Identifier: GPL-2.0-only */
/* list.h - `host-stress list`: the sources and their proof. */
#ifndef LIST_H
#define LIST_H

#include "opts.h"

int list_main(const struct opts *o, int argc, char **argv); /* exit code */

#endif
