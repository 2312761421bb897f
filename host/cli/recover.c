/* SPDX-License-Identifier: GPL-2.0-only */
/* recover.c - `host-stress recover`: puts back what a killed run has left (docs/knobs.md). */
#include "recover.h"
#include "base/knobs.h"
#include "base/out.h"
#include "result/result.h"

#include <errno.h>
#include <stdio.h>

int recover_main(const struct opts *o, int argc, char **argv)
{
	unsigned int knobs;

	(void)o, (void)argc, (void)argv;
	if (knobs_recover("", KNOBS_JOURNAL, &knobs))
		return VERDICT_ERROR;
	if (knobs)
		printf("put back %u knob%s of a killed run\n", knobs, knobs == 1 ? "" : "s");
	else
		printf("nothing to put back\n");
	return out_end_standard("that all is back") ? VERDICT_ERROR : VERDICT_PASS;
}
