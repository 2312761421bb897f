/* SPDX-License-Identifier: GPL-2.0-only */
/* table.h - the table of options, shared by parse.c, check.c and help.c (--help). */
#ifndef OPTS_TABLE_H
#define OPTS_TABLE_H

#include "opts.h"

#define OPTS_MAX_CHOICES 6

enum option_kind {
	OPT_TIME,
	OPT_SIZE,
	OPT_SHARE,
	OPT_COUNT,
	OPT_CHOICE,  /* an enum: the index in choices */
	OPT_NAME,    /* a string: one of choices */
	OPT_FILE,    /* can be read */
	OPT_DIR,     /* can be read */
	OPT_PROGRAM, /* can be executed */
	OPT_OUTPUT,  /* can be made or replaced */
	OPT_TEXT,
	OPT_TEXTS, /* may be given OPTS_MAX_TEXTS times */
	OPT_SOURCES,
	OPT_FLAG, /* becomes true */
	OPT_SET,  /* an enum: becomes .set */
	OPT_HELP,
	OPT_VERSION,
};

struct option_spec {
	const char *name; /* without the "--" */
	const char *arg;  /* NULL: takes no value */
	enum option_kind kind;
	size_t offset;	       /* of the field in struct opts */
	const char *min, *max; /* of the four kinds of numbers, as a user would write them */
	const char *def;       /* parsed before the command line */
	const char *shown;     /* default that is found later, in words */
	const char *group;     /* starts a group in --help */
	const char *help;
	const char *choices[OPTS_MAX_CHOICES];
	int set;
	bool or_dir;	 /* OPT_FILE: a directory will do as well */
	unsigned int of; /* of enum option_set; 0: FOR_RUN */
	bool inside;	 /* goes on to the host-stress in the lab */
	bool hidden;
};

extern const struct option_spec option_table[]; /* ends with a NULL name */

/* The option that is called by the @len bytes at @name; NULL: none is. */
const struct option_spec *option_find(const char *name, size_t len);

/* The next option of @argv from *@i on, which goes behind it; NULL: no more. */
const struct option_spec *option_next(int argc, char **argv, int *i);
/* What it is for, of enum option_set. */
unsigned int option_sets(const struct option_spec *s);

/* What the options say together; completes @o. check.c. 0 or -EINVAL (said). */
must_check int opts_check(struct opts *o, int argc, char **argv);
/* Limits and baselines; judge.c. 0 or -EINVAL (said). */
must_check int opts_check_judgement(const struct opts *o);
/* What the lab's machine takes; lab.c. 0 or -EINVAL (said). */
must_check int opts_check_lab(const struct opts *o);

/* Whether @c takes the option. */
bool option_for(const struct option_spec *s, const struct command *c);

/* Print on stdout; @c: help of that command alone, NULL: of all. 1, or -EIO (said). */
must_check int opts_help(const struct command *commands, const struct command *c);
must_check int opts_version(void);

#endif
