/* SPDX-License-Identifier: GPL-2.0-only */
/* opts_made.h - command lines as they are typed, for the tests of options. */
#ifndef OPTS_MADE_H
#define OPTS_MADE_H

#include "capture.h"
#include "cli/commands.h"
#include "cli/opts.h"
#include "cli/table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MAX_ARGS 80

static const struct source fakes[] = {
	{.name = "null", .help = "nothing"},	     {.name = "ksm-merge", .help = "merges"},
	{.name = "ksm-unmerge", .help = "unmerges"}, {.name = "cow", .help = "breaks"},
	{.name = "migrate", .help = "moves"},	     {.name = "compact", .help = "compacts"},
	{.name = "ksm02", .help = "fills"},
};

const struct source *const source_table[] = {
	&fakes[0], &fakes[1], &fakes[2], &fakes[3], &fakes[4], &fakes[5], &fakes[6], NULL,
};

const struct source *source_find(const char *name, size_t len)
{
	for (size_t i = 0; source_table[i]; i++)
		if (strlen(source_table[i]->name) == len &&
		    !memcmp(source_table[i]->name, name, len))
			return source_table[i];
	return NULL;
}

static inline int fake_run(const struct opts *o, int argc, char **argv)
{
	(void)o, (void)argc, (void)argv;
	return 0;
}

static const struct command command_table[] = {
	{.name = "run",
	 .help = "stress a guest",
	 .run = fake_run,
	 .takes = FOR_RUN,
	 .examples = "host-stress --sources migrate --fail-if 'stall.p999 > 200us' --ktap\n"
		     "host-stress --duration 30s\n"},
	{.name = "lab",
	 .help = "boot",
	 .run = fake_run,
	 .takes = FOR_LAB | FOR_PROGRAM,
	 .program = true},
	{.name = "plan", .help = "check", .run = fake_run, .takes = FOR_RUN},
	{.name = "recover", .help = "put back", .run = fake_run},
	{.name = "help", .help = "of all", .run = help_main, .operands = "[COMMAND]", .most = 1},
	{.name = "report",
	 .help = "to look at",
	 .run = fake_run,
	 .takes = FOR_REPORT,
	 .operands = "RESULT...",
	 .most = 8},
	{.name = "watch",
	 .help = "from outside",
	 .run = fake_run,
	 .takes = FOR_WATCH,
	 .operands = "PID|NAME",
	 .most = 1},
	{.name = "show",
	 .help = "again",
	 .run = fake_run,
	 .takes = FOR_SHOW,
	 .operands = "RESULT...",
	 .most = 9},
	{.name = "compare",
	 .help = "before and after",
	 .run = fake_run,
	 .takes = FOR_COMPARE,
	 .operands = "GOOD BAD [NEW...]",
	 .least = 2,
	 .most = 4,
	 .about = "Of stored results.\n",
	 .examples = "host-stress compare a b --by c\n"},
	{0},
};

/* Words separated by single spaces, but for those within '…'; the strings live in @store. */
static inline int split(char *store, size_t size, const char *line, char **argv)
{
	int argc = 1;

	argv[0] = (char *)"host-stress";
	assert_true(strlen(line) < size);
	strcpy(store, line);
	for (char *word = store + strspn(store, " "); *word;) {
		char *end = word + strcspn(word, *word == '\'' ? "" : " ");

		if (*word == '\'')
			end = strchr(++word, '\'');
		assert_true(argc < MAX_ARGS && end);
		argv[argc++] = word;
		if (!*end)
			break;
		*end = '\0';
		word = end + 1 + strspn(end + 1, " ");
	}
	argv[argc] = NULL;
	return argc;
}

static inline struct opts taken(const char *line)
{
	static char store[1024]; /* the options point into it */
	char *argv[MAX_ARGS + 1];
	struct opts o;
	int argc = split(store, sizeof(store), line, argv);

	assert_int_equal(opts_parse(&o, command_table, argc, argv), 0);
	return o;
}

/* Refused in one line that contains all of @words (separated by |). */
static inline void refused(const char *line, const char *words)
{
	char store[1024], expect[512], *argv[MAX_ARGS + 1];
	int argc = split(store, sizeof(store), line, argv), err;
	struct capture c;
	struct opts o;

	capture_begin(&c, STDERR_FILENO);
	err = opts_parse(&o, command_table, argc, argv);
	capture_end(&c);
	if (err != -EINVAL || capture_lines(&c) != 1)
		fail_msg("'%s': %d, says '%s'", line, err, c.text);
	snprintf(expect, sizeof(expect), "%s", words);
	for (char *word = strtok(expect, "|"); word; word = strtok(NULL, "|"))
		if (!strstr(c.text, word))
			fail_msg("'%s' says '%s', without '%s'", line, c.text, word);
}

#endif
