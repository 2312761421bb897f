/* SPDX-License-Identifier: GPL-2.0-only */
/* page.h - `host-stress report RESULT... --output FILE`: results to look at. */
#ifndef PAGE_H
#define PAGE_H

#include "cli/opts.h"
#include "report.h"

int report_main(const struct opts *o, int argc, char **argv); /* exit code */

#endif
