// SPDX-License-Identifier: GPL-2.0-only
/* main.c - the command table, and in which place a run takes place. */
#include <errno.h>

#include "base/signals.h"
#include "cli/commands.h"
#include "compare/main.h"
#include "compare/report.h"
#include "lab/lab.h"
#include "lab/qemu.h"
#include "cli/doctor.h"
#include "cli/list.h"
#include "cli/opts.h"
#include "cli/preflight.h"
#include "compare/plan_main.h"
#include "cli/recover.h"
#include "report/page.h"
#include "report/show.h"
#include "result/result.h"
#include "run/main.h"
#include "watch/watch.h"

/* `host-stress run`: here or, by way of the lab, inside an L1. Exit code. */
static int main_run(const struct opts *o, int argc, char **argv)
{
	enum place place = preflight_place(o);

	if (opts_check_place(o, place, argc, argv))
		return VERDICT_ERROR;
	if (place == PLACE_LAB)
		return lab_main(o, argc, argv);
	return run_main(o, argc, argv);
}

/* `host-stress doctor`. Exit code. */
static int main_doctor(const struct opts *o, int argc, char **argv)
{
	(void)argc, (void)argv;
	return doctor_main(o, labqemu_memory(o));
}

static const struct command command_table[] = {
	{
		.name = "run",
		.help = "stress a guest and judge the kernel",
		.run = main_run,
		.takes = FOR_RUN,
		.about = "Boots a guest, takes it through an idle phase and one phase per source, "
			 "and says what the\nwindows did to it. On a host with KVM, as root, the "
			 "running kernel is judged; else, or with\n--place lab, a kernel that is "
			 "booted in an emulated machine.\n",
		.examples =
			"host-stress --duration 30s\n"
			"host-stress --sources ksm-merge,migrate --phase-time 5s --memory 128M\n"
			"host-stress --sources ksm-merge+migrate --write-share 10% --stall 50us "
			"--json result.json\n"
			"host-stress --place lab --seed 7 --duration 10s\n"
			"host-stress --sources migrate --fail-if 'stall.p999 > 200us' --ktap\n",
	},
	{
		.name = "lab",
		.help = "boot a kernel in the lab and run host-stress, or the program behind --, "
			"in it",
		.run = lab_main,
		.takes = FOR_LAB | FOR_PROGRAM,
		.program = true,
		.about = "The lab is a machine in QEMU with nested paging, in which the kernel "
			 "under test has KVM. Its\ntimes are virtual: they compare kernels "
			 "(docs/lab.md).\n",
		.examples = "host-stress lab --verify --duration 4s\n"
			    "host-stress lab -- /bin/sh -c 'uname -r; ls /sys/kernel/mm/ksm'\n",
	},
	{
		.name = "compare",
		.help = "what separates the results of two kernels",
		.run = compare_main,
		.takes = FOR_COMPARE,
		.operands = "GOOD BAD [NEW...]",
		.least = 2,
		.most = 2 + COMPARE_MAX_NEW,
		.about = "Each of GOOD, BAD and NEW is a stored result or several, FILE,FILE... "
			 "With NEW it is said\nwhich side each is nearer to (docs/compare.md).\n",
		.examples = "host-stress compare good.json bad.json\n"
			    "host-stress compare good-1.json,good-2.json bad-1.json,bad-2.json "
			    "new.json\n"
			    "host-stress compare good.json bad.json new.json --by "
			    "migrate.touch.p999\n",
	},
	{
		.name = "show",
		.help = "a stored result again: the answer, or all --tables",
		.run = show_main,
		.takes = FOR_SHOW,
		.operands = "RESULT...",
		.least = 1,
		.most = OPTS_MAX_OPERANDS,
		.about = "A run keeps its result in host-stress-results/. Nothing is judged "
			 "again.\n",
		.examples = "host-stress show --tables result.json\n",
	},
	{
		.name = "report",
		.help = "stored results as a page to look at, several over each other",
		.run = report_main,
		.takes = FOR_REPORT,
		.operands = "RESULT...",
		.least = 1,
		.most = REPORT_MOST,
		.about =
			"One HTML file with everything in it: each result's answer, where the "
			"guest's time went, and\nthe distributions of touches and windows. gnuplot "
			"draws them.\n",
		.examples = "host-stress report good.json bad.json --output report.html\n"
			    "host-stress report result.json --hgrm curves\n",
	},
	{
		.name = "watch",
		.help = "a VM that is already running, of any VMM: its windows, faults and "
			"vCPUs",
		.run = watch_main,
		.takes = FOR_WATCH,
		.operands = "PID|NAME",
		.least = 1,
		.most = 1,
		.about = "Loads the probes and nothing else: nothing is forced, no setting is "
			 "changed. Needs root, and\nLinux 5.17 or later. Until ^C, --duration, or "
			 "the VM's end (docs/watch.md).\n",
		.examples = "host-stress watch qemu-system-x86 --duration 10s\n"
			    "host-stress watch 4711 --json watched.json --trace watched.trace\n",
	},
	{
		.name = "plan",
		.help = "check the options and print the phases and figures of such a run; start "
			"nothing",
		.run = plan_main,
		.takes = FOR_RUN,
		.about = "Takes the options of a run.\n",
		.examples = "host-stress plan --sources migrate --fail-if 'faults.total > 30K'\n",
	},
	{
		.name = "doctor",
		.help = "what this machine has for such a run, and what mends what it lacks",
		.run = main_doctor,
		.takes = FOR_RUN,
		.about = "Takes the options of a run, starts and changes nothing. Exit code 0: a "
			 "run can start; 125: not.\n",
		.examples = "host-stress doctor\n"
			    "sudo host-stress doctor --place host --sources migrate\n",
	},
	{
		.name = "list",
		.help = "the sources, and what proves that they worked",
		.run = list_main,
	},
	{
		.name = "figures",
		.help = "every figure of a result, for limits and comparisons",
		.run = figures_main,
		.operands = "[schema]",
		.most = 1,
		.about = "As a table (docs/limits.md), or as the schema of their JSON "
			 "(docs/result.schema.json).\n",
	},
	{
		.name = "recover",
		.help = "put back the knobs that a killed run left changed",
		.run = recover_main,
		.about = "Needs root. The next run does the same before it starts "
			 "(docs/knobs.md).\n",
		.examples = "host-stress recover\n",
	},
	{
		.name = "help",
		.help = "of all, or of one command",
		.run = help_main,
		.operands = "[COMMAND|man|completion]",
		.most = 1,
		.about = "man: the manual page. completion: a script for bash.\n",
		.examples = "host-stress help compare\n"
			    "host-stress help man | man -l -\n",
	},
	{.name = NULL},
};

int main(int argc, char **argv)
{
	static struct opts o;
	int res;

	signals_prepare();
	res = opts_parse(&o, command_table, argc, argv);

	if (res)
		return res < 0 ? VERDICT_ERROR : VERDICT_PASS;
	return o.command->run(&o, argc, argv);
}
