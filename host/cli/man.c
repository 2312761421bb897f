/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * man.c - host-stress(1) and bash's completion, from the tables that --help is made of: what is in
 * one is in the others (tests/cli.t compares).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "table.h"

/* Text in troff: hyphens that are hyphens, no backslash, no dot or quote that is a request. */
static void put(const char *text)
{
	bool first = true;

	for (; *text; text++) {
		if (first && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			fputc(*text, stdout);
		first = *text == '\n';
	}
}

static void put_option(const struct option_spec *s)
{
	const char *def = s->def ?: s->shown;

	printf(".TP\n.B \\-\\-");
	put(s->name);
	if (s->arg)
		printf(" \\fI%s\\fR", s->arg);
	fputc('\n', stdout);
	put(s->help);
	for (int i = 0; i < OPTS_MAX_CHOICES && s->choices[i]; i++) {
		printf("%s", i ? ", " : "; one of ");
		put(s->choices[i]);
	}
	if (s->min) {
		printf("; from ");
		put(s->min);
		printf(" to ");
		put(s->max);
	}
	if (def) {
		printf("; default ");
		put(def);
	}
	printf(".\n");
}

static void put_examples(const struct command *c)
{
	for (const char *line = c->examples; line && *line; line += strcspn(line, "\n") + 1) {
		char text[256];

		snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
		printf(".PP\n.RS 4\n.EX\n");
		put(text);
		printf("\n.EE\n.RE\n");
	}
}

static void put_command(const struct command *c)
{
	printf(".SS ");
	put(c->name);
	if (c->operands) {
		fputc(' ', stdout);
		put(c->operands);
	}
	if (c->program)
		printf(" [\\-\\- PROGRAM ARGUMENTS]");
	printf("\n");
	put(c->help);
	printf(".\n");
	if (c->about)
		put(c->about);
	put_examples(c);
}

int man_print(const struct command *commands)
{
	printf(".TH HOST\\-STRESS 1 \"\" \"host\\-stress\" \"User Commands\"\n.SH NAME\n"
	       "host\\-stress \\- stress the windows in which a KVM guest can only fault\n"
	       ".SH SYNOPSIS\n.B host\\-stress\n[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR] "
	       "[\\fIWORDS\\fR]\n"
	       ".SH DESCRIPTION\n"
	       "Runs a QEMU guest on a real kernel's KVM, takes its memory away by KSM merges, "
	       "unmerges, COW\nbreaks, migrations and more, and says how long the guest could only "
	       "fault, how often it stalled\nand why, and whether its data survived. Without "
	       "hardware virtualisation and without root the\nkernel under test is booted in an "
	       "emulated machine, the lab.\n.SH COMMANDS\nWithout one, run.\n");
	for (const struct command *c = commands; c->name; c++)
		put_command(c);
	printf(".SH OPTIONS\nThey stand before or after other words. An option that means nothing "
	       "to "
	       "the command, or at the\nplace, is refused.\n");
	for (const struct option_spec *s = option_table; s->name; s++) {
		if (s->group) {
			printf(".SS ");
			put(s->group);
			printf("\n");
		}
		if (!s->hidden)
			put_option(s);
	}
	printf(".SH SOURCES\n");
	for (size_t i = 0; source_table[i]; i++) {
		printf(".TP\n.B ");
		put(source_table[i]->name);
		printf("\n");
		put(source_table[i]->help);
		printf(".\n");
	}
	printf(".SH EXIT STATUS\n.TP\n.B 0\nEvery phase was exercised, and no limit exceeded.\n"
	       ".TP\n.B 1\nA limit was exceeded, the run was nearer to the bad baseline, the "
	       "guest's "
	       "data were corrupted, or it\nor its kernel died under stress.\n"
	       ".TP\n.B 125\nCannot judge: a phase was not exercised, the kernel does not boot, "
	       "inconclusive.\n"
	       ".TP\n.B 128\nUsage, a missing part, an error of host\\-stress itself, or "
	       "interrupted.\n"
	       ".SH FILES\n.TP\n.I host\\-stress\\-results/\nEvery run's result, unless "
	       "\\fB\\-\\-json\\fR "
	       "or \\fB\\-\\-no\\-save\\fR is given.\n"
	       ".TP\n.I ~/.cache/host\\-stress/pace\nHow long runs took here, for the time that is "
	       "left.\n"
	       ".SH SEE ALSO\n.BR host\\-stress\\-bisect (1),\n.BR host\\-stress\\-bisect\\-run "
	       "(1),\n"
	       ".BR host\\-stress\\-bisect\\-debian (1),\n.BR host\\-stress\\-kernel (1),\n"
	       ".BR host\\-stress\\-matrix (1)\n");
	return 0;
}

static void list_options(const struct command *c)
{
	for (const struct option_spec *s = option_table; s->name; s++)
		if (!s->hidden && option_for(s, c))
			printf(" --%s", s->name);
}

static bool is_path(const struct option_spec *s)
{
	switch (s->kind) {
	case OPT_FILE:
	case OPT_DIR:
	case OPT_PROGRAM:
	case OPT_OUTPUT:
		return true;
	default: /* lists of files */
		return s->arg && !strcmp(s->arg, "FILES");
	}
}

/* What stands behind an option that takes a value: its choices, files, sources, or nothing known.
 */
static void complete_values(void)
{
	for (const struct option_spec *s = option_table; s->name; s++) {
		if (s->hidden || !s->arg)
			continue;
		printf("\t--%s) ", s->name);
		if (s->choices[0]) {
			printf("COMPREPLY=($(compgen -W \"");
			for (int i = 0; i < OPTS_MAX_CHOICES && s->choices[i]; i++)
				printf("%s%s", i ? " " : "", s->choices[i]);
			printf("\" -- \"$cur\"))");
		} else if (s->kind == OPT_SOURCES) {
			printf("COMPREPLY=($(compgen -W \"");
			for (size_t i = 0; source_table[i]; i++)
				printf("%s%s", i ? " " : "", source_table[i]->name);
			printf("\" -- \"$cur\"))");
		} else if (is_path(s)) {
			printf("compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))");
		} else {
			printf(":");
		}
		printf("; return ;;\n");
	}
}

int completion_print(const struct command *commands)
{
	printf("# bash completion for host-stress; made by `host-stress help completion`\n"
	       "_host_stress() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} "
	       "prev=${COMP_WORDS[COMP_CWORD-1]} word command=%s i options\n\tCOMPREPLY=()\n"
	       "\tcase $prev in\n",
	       commands->name);
	complete_values();
	printf("\tesac\n\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	       "\t\tword=${COMP_WORDS[i]}\n\t\tcase $word in\n\t\t");
	for (const struct command *c = commands; c->name; c++)
		printf("%s%s", c == commands ? "" : "|", c->name);
	printf(") command=$word; break ;;\n\t\tesac\n\tdone\n\tcase $command in\n");
	for (const struct command *c = commands; c->name; c++) {
		printf("\t%s) options=\"", c->name);
		list_options(c);
		printf("\" ;;\n");
	}
	printf("\tesac\n\tif [[ $cur == -* ]]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
	       "\telif ((i == COMP_CWORD)); then\n\t\tCOMPREPLY=($(compgen -W \"");
	for (const struct command *c = commands; c->name; c++)
		printf("%s%s", c == commands ? "" : " ", c->name);
	printf("\" -- \"$cur\"))\n\telse\n\t\tcompopt -o filenames\n"
	       "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tfi\n}\n"
	       "complete -F _host_stress host-stress ./host-stress\n");
	return 0;
}
