/* SPDX-License-Identifier: GPL-2.0-only */
/* help.c - what --help and --version print (opts_table.h). */
#include "base/build.h"
#include "base/out.h"
#include "commands.h"
#include "paths.h"
#include "result/result.h"
#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

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
	"Options stand before or after the other words.\n"
	"\n"
	"Exit codes (docs/exit-codes.md):\n"
	"  0    every phase was exercised, and no limit exceeded\n"
	"  1    a limit was exceeded, the run was nearer to the bad baseline, the guest's data "
	"was\n"
	"       corrupted, or it or its kernel died under stress\n"
	"  125  cannot judge: a phase was not exercised, the kernel does not boot, inconclusive\n"
	"  128  usage, a missing part, an error of host-stress itself, or interrupted\n";

/* Text that was not written is an error: a script may read it. */
static int printed(void)
{
	return out_end_standard("the help") ?: 1;
}

/* @c NULL: all commands. What a run takes when nothing is given is none of another command's. */
static void print_option(const struct option_spec *s, const struct command *c)
{
	const char *def = s->def ? s->def : !c || (c->takes & FOR_RUN) ? s->shown : NULL;
	char left[48];

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

/* The options of @c, NULL: all. A group's title stands before the first of it that is shown. */
static void print_options(const struct command *c)
{
	const char *group = NULL;

	for (const struct option_spec *s = option_table; s->name; s++) {
		if (s->group)
			group = s->group;
		if (s->hidden || (c && !option_for(s, c)))
			continue;
		if (group)
			printf("\n%s:\n", group);
		group = NULL;
		print_option(s, c);
	}
}

static void print_examples(const struct command *c)
{
	for (const char *line = c->examples; line && *line; line += strcspn(line, "\n") + 1)
		printf("  %.*s\n", (int)strcspn(line, "\n"), line);
}

static void print_command(const struct command *c)
{
	printf("usage: host-stress %s%s%s [OPTIONS]%s\n\n%s: %s.\n%s", c->name,
	       c->operands ? " " : "", c->operands ?: "",
	       c->program ? " [-- PROGRAM ARGUMENTS]" : "", c->name, c->help, c->about ?: "");
	print_options(c);
	if (!c->examples)
		return;
	printf("\nExamples:\n");
	print_examples(c);
}

static void print_all(const struct command *commands)
{
	printf("%s\nCommands (help COMMAND says more):\n", intro);
	for (const struct command *c = commands; c->name; c++) {
		char left[48];

		snprintf(left, sizeof(left), "%s%s%s", c->name, c->operands ? " " : "",
			 c->operands ?: "");
		printf("  %-24s %s%s\n", left, c->help, c == commands ? " [default]" : "");
	}
	print_options(NULL);
	print_sources();
	printf("%s\nExamples:\n", outro);
	for (const struct command *c = commands; c->name; c++)
		print_examples(c);
}

int opts_help(const struct command *commands, const struct command *c)
{
	if (c)
		print_command(c);
	else
		print_all(commands);
	return printed();
}

int help_main(const struct opts *o, int argc, char **argv)
{
	const struct command *c = NULL;

	(void)argc, (void)argv;
	if (o->noperands && !strcmp(o->operand[0], "man"))
		return man_print(o->commands) || printed() != 1 ? VERDICT_ERROR : VERDICT_PASS;
	if (o->noperands && !strcmp(o->operand[0], "completion"))
		return completion_print(o->commands) || printed() != 1 ? VERDICT_ERROR
								       : VERDICT_PASS;
	for (const struct command *t = o->commands; o->noperands && t->name; t++)
		if (!strcmp(t->name, o->operand[0]))
			c = t;
	if (o->noperands && !c)
		return -err_say(-VERDICT_ERROR, "no command is called '%s'; try --help",
				o->operand[0]);
	return opts_help(o->commands, c) == 1 ? VERDICT_PASS : VERDICT_ERROR;
}

/* Which QEMU a run here would take; the lab's where there is one. */
static void print_qemu(void)
{
	static const struct opts none;
	struct paths paths = {0};
	char *version = NULL;

	if (!paths_find_qemu(&paths, &none))
		version = qemu_version(paths.qemu);
	printf("QEMU     %s\n", version ?: "none; make image builds it");
	free(version);
	paths_free(&paths);
}

int opts_version(void)
{
	printf("host-stress %s\n", HS_VERSION);
	printf("commit   %s\n", build_commit);
	printf("build    %s\n", build_program);
	print_qemu();
	printf("libbpf   %s\n", libbpf_version_string());
	return printed();
}
