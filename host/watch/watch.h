/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch.h - `host-stress watch PID|NAME`: a VM that somebody else runs, seen by the probes alone.
 * Nothing is forced and no setting is changed; what needs the guest's clock is not seen.
 */
#ifndef WATCH_H
#define WATCH_H

#include "cli/opts.h"

int watch_main(const struct opts *o, int argc, char **argv); /* exit code */

#endif
