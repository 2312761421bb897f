// SPDX-License-Identifier: GPL-2.0-only
/* main.c - the command table. */
#include "compare/main.h"
#include "lab/lab.h"
#include "cli/list.h"
#include "cli/opts.h"
#include "compare/plan_main.h"
#include "cli/recover.h"
#include "result/result.h"
#include "run/run.h"

const struct command command_table[] = {
	{"run", "stress a guest and judge the kernel", run_main},
	{"lab", "boot a kernel in the lab and run host-stress, or the program behind --, in it",
	 lab_main},
	{"compare", "what separates the results of two kernels: GOOD BAD [NEW...]", compare_main},
	{"recover", "put back the knobs that a killed run left changed", recover_main},
	{"plan", "check the options and print the phases and figures of such a run; start nothing",
	 plan_main},
	{"list", "the sources, and what proves that they worked", list_main},
	{NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
	static struct opts o;
	int res = opts_parse(&o, argc, argv);

	if (res)
		return res < 0 ? VERDICT_ERROR : VERDICT_PASS;
	return o.command->run(&o, argc, argv);
}
