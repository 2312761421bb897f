/* SPDX-License-Identifier: GPL-2.0-only */
/* show.c - see show.h. What was judged is stored too: nothing is judged again. */
#include <stdio.h>

#include "outcome.h"
#include "result/read.h"
#include "show.h"

static int show_file(const struct opts *o, const char *path)
{
	auto_free char *text = NULL;
	struct result r;
	size_t len;
	int err = file_slurp_most(path, RESULT_MOST, &text, &len);

	if (err)
		return err_sys(err, "%s", path);
	err = result_read(&r, text, len, path);
	if (!err) {
		err = outcome_print(&r, o, path);
		result_free(&r);
	}
	return err;
}

int show_main(const struct opts *o, int argc, char **argv)
{
	(void)argc, (void)argv;
	for (size_t i = 0; i < o->noperands; i++) {
		if (o->noperands > 1 && !o->ktap && !o->junit && !o->lava)
			printf("%s%s:\n", i ? "\n" : "", o->operand[i]);
		if (show_file(o, o->operand[i]))
			return VERDICT_ERROR;
	}
	return VERDICT_PASS;
}
