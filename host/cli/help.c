/* SPDX-License-Identifier: GPL-2.0-only */
/* help.c - what --help and --version print (opts_table.h). */
#include "table.h"

#include <errno.h>
#include <stdio.h>

#ifndef HS_VERSION
#define HS_VERSION "0.1"
#endif

static const char intro[] =
	"usage: host-stress [COMMAND] [OPTIONS]\n"
	"\n"
	"Runs a QEMU guest on a real kernel's KVM, takes its memory away by KSM merges, unmerges, "
	"COW\n"
	"breaks and page migrations, and counts the guest's stalls and KVM's page faults.\n";

static const char outro[] =
	"\n"
	"Units: sizes K M G T (powers of 1024), times ns us ms s m h, shares 2% or 0.02.\n"
	"\n"
	"Exit codes (docs/exit-codes.md):\n"
	"  0    every phase was exercised, and no limit exceeded\n"
	"  1    a limit was exceeded, the run was nearer to the bad baseline, the guest's data "
	"was\n"
	"       corrupted, or it or its kernel died under stress\n"
	"  125  cannot judge: a phase was not exercised, the kernel does not boot, inconclusive\n"
	"  128  usage, a missing part, an error of host-stress itself, or interrupted\n"
	"\n"
	"Examples:\n"
	"  host-stress --duration 30s\n"
	"  host-stress --sources ksm-merge,migrate --phase-time 5s --memory 128M\n"
	"  host-stress --sources ksm-merge+migrate --write-share 10% --stall 50us --json "
	"result.json\n"
	"  host-stress --place lab --seed 7 --duration 10s\n"
	"  host-stress --sources migrate --fail-if 'stall.p999 > 200us' --ktap\n"
	"  host-stress --by migrate.touch.p999 compare good.json bad.json new.json\n"
	"  host-stress recover\n";

/* Text that was not written is an error: a script may read it. */
static int printed(void)
{
	if (fflush(stdout) || ferror(stdout))
		return err_sys(-EIO, "cannot write to the standard output");
	return 1;
}

static void print_option(const struct option_spec *s)
{
	const char *def = s->def ? s->def : s->shown;
	char left[48];

	if (s->group)
		printf("\n%s:\n", s->group);
	snprintf(left, sizeof(left), "--%s%s%s", s->name, s->arg ? " " : "", s->arg ? s->arg : "");
	printf("  %-24s %s", left, s->help);
	if (s->choices[0]) {
		printf(" (%s", s->choices[0]);
		for (int i = 1; i < OPTS_MAX_CHOICES && s->choices[i]; i++)
			printf(" %s", s->choices[i]);
		printf(")");
	}
	if (s->min)
		printf(" (%s..%s)", s->min, s->max);
	if (def)
		printf("%s[%s]", s->kind == OPT_SOURCES ? "\n                           " : " ",
		       def);
	printf("\n");
}

static void print_sources(void)
{
	printf("\nSources:\n");
	for (size_t i = 0; source_table[i]; i++)
		printf("  %-24s %s\n", source_table[i]->name, source_table[i]->help);
}

int opts_help(void)
{
	printf("%s\nCommands:\n", intro);
	for (const struct command *c = command_table; c->name; c++)
		printf("  %-24s %s%s\n", c->name, c->help, c == command_table ? " [default]" : "");
	for (const struct option_spec *s = option_table; s->name; s++)
		if (!s->hidden)
			print_option(s);
	print_sources();
	printf("%s", outro);
	return printed();
}

int opts_version(void)
{
	printf("host-stress %s\n", HS_VERSION);
	return printed();
}
