// SPDX-License-Identifier: GPL-2.0-only
/* list.c - see list.h. */
#include <stdio.h>

#include "base/out.h"
#include "list.h"
#include "result/result.h"

int list_main(const struct opts *o, int argc, char **argv)
{
	(void)o, (void)argc, (void)argv;
	for (const struct source *const *s = source_table; *s; s++) {
		char why[160] = "";

		printf("%-14s %s\n%-14s proof: %s\n", (*s)->name, (*s)->help, "", (*s)->proof_help);
		if ((*s)->probe(NULL, why, sizeof(why)))
			printf("%-14s cannot work on this kernel: %s\n", "", why);
	}
	return out_end_standard("the list") ? VERDICT_ERROR : VERDICT_PASS;
}
